"""Tokens grouped into chunks: each the longest thing that the lexicon or the data know it to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.grammar.lexicon import Entry, Kind, Lexicon
from crm.grammar.numbers import read_number
from crm.grammar.tokens import Token, TokenKind, tokenise
from crm.grammar.values import Known, Values


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of characters `start`–`end` and what it may be. `also` are known values with the same words."""

    kind: Kind
    value: Any
    start: int
    end: int
    also: tuple[Known, ...] = ()


# Words that are never names of things: a city called "And" has to be quoted.
_FUNCTION = frozenset(Kind) - {Kind.TOPIC, Kind.CONDITION, Kind.VAGUE, Kind.COMMAND, Kind.UNKNOWN, Kind.LEAD}
_AMBIGUOUS = frozenset({Kind.TOPIC, Kind.CONDITION})
_WHOLE = {
    TokenKind.DATE: Kind.DATE,
    TokenKind.SLASHED: Kind.SLASHED,
    TokenKind.QUOTED: Kind.QUOTED,
    TokenKind.ADDRESS: Kind.ADDRESS,
    TokenKind.STOP: Kind.STOP,
}
_SAYS_NOTHING = frozenset({Kind.ARTICLE, Kind.NOISE})
_RUN = 6
_MARKS = {"(": Kind.OPEN, "[": Kind.OPEN, ")": Kind.CLOSE, "]": Kind.CLOSE, ",": Kind.COMMA}
# Words before the request proper: "please show me all …".
_LEADING = frozenset({Kind.LEAD, Kind.NOISE, Kind.ARTICLE, Kind.COMMA})


def chunk(text: str, words: Lexicon, values: Values, *, start: int = 0) -> list[Chunk]:
    """The chunks of a prompt from `start` on; neighbouring unknown words are one chunk."""
    tokens = [token for token in tokenise(text) if token.start >= start]
    keys = [token.key for token in tokens]
    found: list[Chunk] = []
    at = 0
    while at < len(tokens):
        length, new = _next(tokens, keys, at, words, values, leading=not start and _leads(found))
        at += length
        if found and new.kind is found[-1].kind is Kind.UNKNOWN:
            new = Chunk(Kind.UNKNOWN, None, found.pop().start, new.end)
        elif new.kind in _SAYS_NOTHING and len(found) >= _RUN and _idle(found[-_RUN:]):
            new = Chunk(new.kind, None, found.pop().start, new.end)  # no reader looks behind a long run twice
        found.append(new)
    return found


def rechunk(first: Chunk, text: str, words: Lexicon, values: Values) -> list[Chunk]:
    """The prompt from this chunk on with its first word by itself: "or more", "than" as "or", "more than"."""
    token = next(token for token in tokenise(text) if token.start == first.start)
    entry = words.entries.get((token.key,), Entry(Kind.UNKNOWN))
    return [
        Chunk(entry.kind, entry.value, token.start, token.end),
        *chunk(text, words, values, start=token.end),
    ]


def _idle(run: list[Chunk]) -> bool:
    return all(chunk_.kind in _SAYS_NOTHING for chunk_ in run)


def _leads(found: list[Chunk]) -> bool:
    return all(chunk_.kind in _LEADING for chunk_ in found)


def _next(
    tokens: Sequence[Token], keys: list[str], at: int, words: Lexicon, values: Values, *, leading: bool
) -> tuple[int, Chunk]:
    token = tokens[at]
    if token.kind in _WHOLE:
        return 1, Chunk(_WHOLE[token.kind], token.text, token.start, token.end)
    if token.key in _MARKS:
        return 1, Chunk(_MARKS[token.key], None, token.start, token.end)
    phrase, value = _phrase(keys, at, words), values.match(keys, at)
    number = read_number(tokens, at, words)
    longest = max(phrase[0] if phrase else 0, value[0] if value else 0)
    if number and number[0] >= longest:
        kind = Kind.BAD_NUMBER if number[1] is None else Kind.NUMBER
        return number[0], Chunk(kind, number[1], token.start, tokens[at + number[0] - 1].end)
    length = max(longest, 1)
    end = tokens[at + length - 1].end
    if value and value[0] == length and not (phrase and phrase[0] == length and phrase[1].kind in _FUNCTION):
        entry = phrase[1] if phrase and phrase[0] == length else None
        if entry and entry.kind in _AMBIGUOUS:
            return length, Chunk(entry.kind, entry.value, token.start, end, _others(entry, value[1]))
        return length, Chunk(Kind.VALUE, value[1], token.start, end)
    return length, _known(phrase[1] if phrase else Entry(Kind.UNKNOWN), token.start, end, leading)


def _phrase(keys: list[str], at: int, words: Lexicon) -> tuple[int, Entry] | None:
    """The longest phrase here, but not "or more" out of "or more than"."""
    found = words.match(keys, at)
    if found and found[1].kind is Kind.COMPARED and found[0] > 1:
        inner = words.match(keys, at + 1)
        if inner and inner[1].kind is Kind.COMPARE and 1 + inner[0] > found[0]:
            first = words.entries.get((keys[at],))
            return (1, first) if first else None
    return found


def _others(entry: Entry, known: tuple[Known, ...]) -> tuple[Known, ...]:
    """Values that differ from what the lexicon says: the gender "Female" is the word "female"."""
    if entry.kind is Kind.CONDITION:
        return tuple(one for one in known if one.field != entry.value.field)
    return known


def _known(entry: Entry, start: int, end: int, leading: bool) -> Chunk:
    if entry.kind is Kind.LEAD and not leading:
        return Chunk(Kind.UNKNOWN, None, start, end)
    if entry.kind is Kind.COMMAND and not leading:
        return Chunk(Kind.UNKNOWN, None, start, end)
    return Chunk(entry.kind, entry.value, start, end)
