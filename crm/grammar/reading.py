"""The way in: a prompt to a rule tree, or to what has to be asked."""

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from crm.grammar import frames, languages, ranking, scope, spelling
from crm.grammar.chunks import Chunk, chunk
from crm.grammar.cut import Cut
from crm.grammar.expression import Expression
from crm.grammar.frames import Frame
from crm.grammar.lexicon import Kind, Lexicon
from crm.grammar.pieces import Assumption, Everybody, Say, Unclear, Way
from crm.grammar.reader import Reader
from crm.grammar.values import NONE, Values

LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """Words of the prompt that could not be used, and why or what to say instead.

    `start` and `end` are their place in the reading's text, `ways` texts that could stand there.
    """

    words: str
    hint: str
    start: int = 0
    end: int = 0
    ways: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Assumed:
    """A sentence about what was taken for granted, and texts that say it otherwise in its place."""

    sentence: str
    start: int = 0
    end: int = 0
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a prompt: exactly one of a tree, an order that is not carried out, or questions.

    `tree` is JSON of the rule language, not yet parsed. `unknown` and `questions` quote the prompt.
    `text` is the prompt as it was read, its misspelt words put right. `turn` is how it took up the rule that
    stood there (`crm.grammar.turns`), empty for a prompt of its own.
    """

    tree: dict[str, Any] | None = None
    ordered: str = ""
    unknown: list[Question] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    assumptions: list[Assumed] = field(default_factory=list)
    understood: bool = False
    text: str = ""
    turn: str = ""


def read(text: str, values: Values, *, today: date, currency: str = "INR") -> Reading:
    """Read a prompt of at most LONGEST characters; `today` is the date in the account's zone.

    Misspelt words are put right where that leaves less to ask, and each correction is an assumption.
    """
    text = unicodedata.normalize("NFC", text)
    words = languages.guess(text, values)
    text, unsure = languages.in_plain_digits(text, words)
    if unsure:
        hint = "Write the number in plain digits, such as 1500 or 1500.50."
        said = text[slice(*unsure)]
        number = Question(said, hint, *unsure, ways=(said.replace(",", ""), said.replace(",", ".")))
        return Reading(questions=[number], understood=True, text=text)
    first, chunks, spans = _read(text, words, values, today=today, currency=currency)
    first = replace(first, text=text)
    if not spans:
        return first
    corrected, corrections = spelling.correct(text, spans, chunks, words, values)
    if not corrections:
        return first
    second, _, left = _read(corrected, words, values, today=today, currency=currency)
    if second.ordered or len(left) >= len(spans):
        return first
    fixes = [Assumed(f"“{wrong}” is read as “{meant}”.") for wrong, meant in corrections]
    return replace(second, assumptions=[*fixes, *second.assumptions], text=corrected)


def _read(
    text: str, words: Lexicon, values: Values, *, today: date, currency: str
) -> tuple[Reading, list[Chunk], list[tuple[int, int]]]:
    """What a prompt says as it stands, its chunks, and the places of what is not known."""
    cut = Cut.of(text, values, words, today)
    chunks = cut.placed(chunk(cut.plain, words, values))
    command = next((one for one in chunks if one.kind is Kind.COMMAND), None)
    if command:
        return Reading(ordered=text[command.start : command.end]), chunks, []
    reader = Reader(chunks, text, words, values, cut, today=today, currency=currency)
    reader.read()
    if reader.unclear:
        understood = any(not isinstance(piece, Everybody) for piece in reader.pieces)
        spans = [(one.start, one.end) for one in reader.unclear if one.unknown]
        return _asked(text, reader.unclear, words, understood=understood), chunks, spans
    try:
        tree = _tree(reader, text)
    except Unclear as unclear:
        return _asked(text, [unclear], words, understood=True), chunks, []
    if tree is None:
        return Reading(), chunks, []
    once = {one.sentence: one for one in (*reader.assumptions, *cut.doubts())}
    said = [_assumed(one, text, words) for one in once.values()]
    return Reading(tree=numbered(tree), assumptions=said), chunks, []


def _tree(reader: Reader, text: str) -> dict[str, Any] | None:
    """The tree of what was read, None where nobody is spoken of. Raises Unclear."""
    ranked, by, pieces = ranking.apart(reader.pieces)
    items = scope.tidy(list(frames.gather(pieces)))
    among = None
    if any(isinstance(item, Frame) for item in items):
        frames.fill(items)
        scope.check(items)
        among = Expression(items, text, reader.assumptions).tree()
    elif items:
        return None
    if ranked is not None:
        return ranking.top(ranked, by, among, reader.assumptions)
    everyone = any(isinstance(piece, Everybody) for piece in pieces)
    return among or ({"type": "everyone"} if everyone else None)


def speaks_of_all(text: str) -> bool:
    """Whether a prompt has a word for all customers."""
    text = unicodedata.normalize("NFC", text)
    chunks = chunk(text, languages.guess(text, NONE), NONE)
    return any(one.kind is Kind.ALL for one in chunks)


def _asked(text: str, unclear: list[Unclear], words: Lexicon, *, understood: bool) -> Reading:
    unknown: list[Question] = []
    questions: list[Question] = []
    for one in unclear:
        said = " ".join(text[one.start : one.end].split())
        ways = tuple(dict.fromkeys(_spoken(way, text, words) for way in one.ways))
        question = Question(said, one.hint, one.start, one.end, ways, one.unknown)
        (unknown if one.unknown else questions).append(question)
    return Reading(unknown=unknown, questions=questions, understood=understood)


def _assumed(one: Assumption, text: str, words: Lexicon) -> Assumed:
    ways = (_spoken(way, text, words) for way in one.ways)
    return Assumed(one.sentence, one.start, one.end, tuple(dict.fromkeys(ways)))


def _spoken(way: Way, text: str, words: Lexicon) -> str:
    """A way as text of the prompt's language."""
    parts = []
    for part in way:
        match part:
            case Say():
                parts.append(_said(part, words))
            case str():
                parts.append(part)
            case start, end:
                parts.append(text[start:end])
    return " ".join(" ".join(parts).split()).replace("( ", "(").replace(" )", ")")


def _said(part: Say, words: Lexicon) -> str:
    """Our words with the length of time in their gap, without its number where one needs none."""
    one = part.length and f"{part.name}_one" in words.says and 1 in part.length.values()
    length = _length(part.length, words) if part.length else ""
    if one:
        return words.says[f"{part.name}_one"].replace("{}", length.removeprefix("1 "))
    return words.says.get(part.name, "").replace("{}", length)


def _length(length: dict[str, int], words: Lexicon) -> str:
    ((unit, amount),) = length.items()
    one, _, many = words.says.get(unit, unit).partition("|")
    return f"{amount} {one if amount == 1 or not many else many}"


def numbered(tree: dict[str, Any]) -> dict[str, Any]:
    """A tree without ids, with a group at its root, as the editor takes it, and an id on every node."""
    root = (
        tree
        if tree["type"] in ("group", "everyone")
        else {"type": "group", "operator": "AND", "conditions": [tree]}
    )
    count = 0

    def number(node: dict[str, Any]) -> dict[str, Any]:
        nonlocal count
        count += 1
        numbered = {"id": count, **node}
        if node["type"] == "group":
            numbered["conditions"] = [number(child) for child in node["conditions"]]
        if node["type"] == "top":
            numbered["of"] = number(node["of"])
        return numbered

    return number(root)
