"""Other rules that a prompt could mean: one for each other reading of what was taken for granted.

Each is a whole rule, read by the grammar like the one that is offered: a click can put it in its place.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from crm.errors import InvalidRule
from crm.grammar import choices, languages, turns
from crm.grammar.choices import LONGEST_PROMPT, Chosen
from crm.grammar.reading import Reading
from crm.grammar.refining import narrowed
from crm.grammar.values import Values

START_ANEW = "Start anew instead"
NARROW = "Narrow what was there instead"
FOLLOWED = "This is read as a change of the rules that stood there."
ANEW = "This is read as a new audience."
_MOST = 8

Rules = dict[str, Any]
Read = Callable[[str], Reading]
Parse = Callable[[Rules], Any]  # raises InvalidRule


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another rule: `about` is the assumption that it does without, `label` what it takes instead."""

    about: str
    label: str
    rules: Rules


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it was `given` and as its answers made it, those answers, and the rule that stood there."""

    given: str
    text: str
    chosen: tuple[Chosen, ...]
    current: Rules | None


def sentence(chosen: Chosen) -> str:
    """What is said of an answer that was given."""
    return f"“{chosen.words}” is taken as “{chosen.answer}”."


def offered(
    prompt: Prompt,
    reading: Reading,
    rules: Rules | None,
    values: Values,
    parse: Parse,
    read: Read,
    plainly: Read,
) -> tuple[Alternative, ...]:
    """The other rules, those that the rule language takes and that differ from `rules`.

    `read` goes by the rule that stood there, `plainly` reads a prompt by itself.
    """
    if len(prompt.text) > LONGEST_PROMPT:
        return ()
    found: list[Alternative] = []
    for one in _candidates(prompt, reading, values, read, plainly):
        new = all(one.rules != other for other in (rules, *(kept.rules for kept in found)))
        if new and len(found) < _MOST and _parses(one.rules, parse):
            found.append(one)
    return tuple(found)


def _candidates(
    prompt: Prompt, reading: Reading, values: Values, read: Read, plainly: Read
) -> Iterator[Alternative]:
    yield from _of_answers(prompt, values, read)
    for assumed in reading.assumptions:
        for way in assumed.ways:
            text = reading.text[: assumed.start] + way + reading.text[assumed.end :]
            if (tree := read(text).tree) is not None:
                yield Alternative(assumed.sentence, way, tree)
    if prompt.current is not None:
        yield from _of_turn(prompt, reading, values, plainly)


def _of_answers(prompt: Prompt, values: Values, read: Read) -> Iterator[Alternative]:
    for chosen in prompt.chosen:
        for other in chosen.others:
            answers = {one.words: one.answer for one in prompt.chosen} | {chosen.words: other}
            text, _ = choices.completed(
                prompt.given, answers, values, lambda one: languages.guess(one, values), read
            )
            if (tree := read(text).tree) is not None:
                yield Alternative(sentence(chosen), other, tree)


def _of_turn(prompt: Prompt, reading: Reading, values: Values, plainly: Read) -> Iterator[Alternative]:
    """A new audience instead of a change, a change instead of a new audience."""
    if reading.turn:
        turn = turns.turn(prompt.text, languages.guess(prompt.text, values).language)
        said = prompt.text[turn.start : turn.end] if turn else ""
        tree = plainly(prompt.text).tree or plainly(said).tree
        if tree is not None:
            yield Alternative(FOLLOWED, START_ANEW, tree)
    elif reading.tree is not None and prompt.current is not None:
        yield Alternative(ANEW, NARROW, narrowed(prompt.current, reading.tree))


def _parses(rules: Rules, parse: Parse) -> bool:
    try:
        parse(rules)
    except InvalidRule:
        return False
    return True
