"""Answers to choose from: what could stand in the place of words that a prompt was asked about.

Every answer offered was read again in its place: it leaves no question about these words. An answer is text
like the prompt itself, so that what is chosen, typed or sent by a program takes one path.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from crm.grammar.lexicon import Kind, Lexicon
from crm.grammar.reading import Question, Reading
from crm.grammar.tokens import tokenise
from crm.grammar.values import Values

LONGEST_PROMPT = 400  # characters; every answer costs a reading
_MOST_READINGS = 40
_OF_FOLLOW_UP = 16  # each is several readings itself
_MOST_QUESTIONS, _MOST_CHOICES, _MOST_NAMES = 4, 6, 3
_NEAR = 0.85
_SHORTEST_NAME = 4  # letters
_TAGGED = "tagged *"
_OPTIONAL = re.compile(r"\[(.*?)\]")

Read = Callable[[str], Reading]


@dataclass(frozen=True, slots=True)
class Asked:
    """Words of a prompt, what is asked about them, and answers that could stand in their place.

    An answer may be empty: then the words are left out.
    """

    words: str
    hint: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """An answer that was given, and the others there were."""

    words: str
    answer: str
    others: tuple[str, ...]


def offered(reading: Reading, values: Values, words: Lexicon, read: Read) -> tuple[Asked, ...]:
    """The questions of a reading, with those answers that the grammar understands in their place."""
    questions = (*reading.unknown, *reading.questions)[:_MOST_QUESTIONS]
    if not questions and reading.text:  # nobody is spoken of
        said = " ".join(reading.text.split())
        return (Asked(said, "", (words.says["everyone"],)),) if len(said) <= LONGEST_PROMPT else ()
    left = 0 if len(reading.text) > LONGEST_PROMPT else _OF_FOLLOW_UP if reading.turn else _MOST_READINGS
    asked = []
    for question in questions:
        answers: list[str] = []
        for way in _ways(question, values):
            if left <= 0 or len(answers) == _MOST_CHOICES:
                break
            for prompt, at in _completions(reading.text, question, way, words):
                left -= 1
                if _settles(read(prompt), reading, question, at):
                    answers.append(_plain(way))
                    break
        asked.append(Asked(question.words, question.hint, tuple(dict.fromkeys(answers))))
    return tuple(asked)


def completed(
    text: str, answers: Mapping[str, str], values: Values, lexicon_of: Callable[[str], Lexicon], read: Read
) -> tuple[str, tuple[Chosen, ...]]:
    """The prompt with its answers in it, and what was chosen.

    An answer to words that the prompt does not have is passed over.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) > LONGEST_PROMPT:  # put in as they are: every look at another place costs a reading
        there = [(words, answer) for words, answer in answers.items() if _place(words, text)]
        return put(text, answers), tuple(Chosen(words, answer, ()) for words, answer in there)
    chosen = []
    for words, answer in answers.items():
        reading = read(text)
        if _place(words, text) is None and _place(words, reading.text) is not None:
            text = reading.text  # its misspelt words put right
        place = _place(words, text)
        if place is None:
            continue
        lexicon = lexicon_of(text)
        same = (one for one in (*reading.unknown, *reading.questions) if one.words == words)
        question = next(same, Question(words, "", *place))
        offers = next(
            (one.answers for one in offered(reading, values, lexicon, read) if one.words == words), ()
        )
        way = next((way for way in _ways(question, values) if _plain(way) == answer), answer)
        candidates = list(_completions(text, Question(words, question.hint, *place), way, lexicon))
        text = next(
            (prompt for prompt, at in candidates if _settles(read(prompt), reading, question, at)),
            candidates[0][0],
        )
        chosen.append(Chosen(words, answer, tuple(other for other in offers if other != answer)))
    return text, tuple(chosen)


def put(text: str, answers: Mapping[str, str]) -> str:
    """The text with each answer in the place of its words, as it is."""
    for words, answer in answers.items():
        if (place := _place(words, text)) is not None:
            text = text[: place[0]] + answer + text[place[1] :]
    return text


def _place(words: str, text: str) -> tuple[int, int] | None:
    """Where the words stand in the text, as whole words."""
    parts = r"\s+".join(map(re.escape, words.split()))
    if not parts:
        return None
    begin = r"\b" if words[0].isalnum() else ""
    end = r"\b" if words[-1].isalnum() else ""
    found = re.search(begin + parts + end, text, re.IGNORECASE)
    return found.span() if found else None


def _plain(way: str) -> str:
    """The answer as it is shown and sent: "in the last 30 days"."""
    return " ".join(_OPTIONAL.sub("", way).split())


def _ways(question: Question, values: Values) -> Iterator[str]:
    """Candidates for an answer: those of the question, names that are near, and leaving the words out."""
    if question.unknown and len(question.words) >= _SHORTEST_NAME:
        yield from _names(question.words, values)
    for way in question.ways:
        if way == _TAGGED:
            yield from (f"tagged {tag}" for tag in values.listed("tags", _MOST_NAMES))
        else:
            yield way
    if question.unknown and not question.hint:
        yield ""


def _names(words: str, values: Values) -> list[str]:
    """Values of the data that are written much like the words."""
    named = {" ".join(key): known[0].value for key, known in values.by_words.items()}
    near = process.extract(
        words.casefold(), list(named), scorer=JaroWinkler.similarity, score_cutoff=_NEAR, limit=_MOST_NAMES
    )
    return [named[name] for name, _, _ in near]


def _completions(
    text: str, question: Question, way: str, words: Lexicon
) -> Iterator[tuple[str, tuple[int, int]]]:
    """The prompt with the answer in the place of the words, or behind it: "customers who …".

    With each goes the place of the answer in it.
    """
    before, behind = text[: question.start].rstrip(), text[question.end :].lstrip()
    short, full = _plain(way), " ".join(_OPTIONAL.sub(r"\1", way).split())
    rest = " ".join(part for part in (before, behind) if part)
    moved = [_joined(rest, f"{words.says['who']} {full}"), _joined(rest, f"{words.says['and']} {full}")]
    placed = [_joined(before, form, behind) for form in dict.fromkeys((short, full))]
    if not way:
        yield _joined(before, behind)
    elif not rest:
        yield full, (0, len(full))
    elif _names_people(behind, words):
        yield from (*moved, *placed)
    else:
        yield from (*placed, *moved)


def _joined(before: str, form: str = "", behind: str = "") -> tuple[str, tuple[int, int]]:
    start = len(before) + bool(before)
    text = " ".join(part for part in (before, form, behind) if part)
    return text, (start, start + len(form))


def _names_people(behind: str, words: Lexicon) -> bool:
    """Whether a word for people follows, as in "new customers"."""
    keys = [token.key for token in tokenise(behind[:60])]
    found = words.match(keys, 0) if keys else None
    return found is not None and found[1].kind is Kind.SUBJECT


def _settles(reading: Reading, before: Reading, question: Question, at: tuple[int, int]) -> bool:
    """Whether the words are no question any more, and none about the answer came instead."""
    if reading.ordered:
        return False
    if reading.tree is not None:
        return True
    asked = (*reading.unknown, *reading.questions)
    earlier = len(before.unknown) + len(before.questions)
    if at[0] == at[1]:
        return bool(asked) and len(asked) < earlier and reading.understood
    new = any(one.start < at[1] and at[0] < one.end for one in asked)
    return bool(asked) and not new and len(asked) <= earlier and reading.understood
