"""Numbers as people write them: 5,000 · 1,50,000 · 10k · 1.5 lakh · twenty-five hundred."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crm.grammar.lexicon import Entry, Kind, Lexicon
from crm.grammar.tokens import Token, TokenKind

_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_WESTERN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})*,\d{3}(?:\.\d+)?")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_MOST = 1e15


@dataclass(frozen=True, slots=True)
class Number:
    """`year` says that the digits may be a calendar year, `ordinal` that it was written "5th".

    `scale` is what its last word multiplies by: 1000 in "5k".
    """

    value: int | float
    year: bool = False
    ordinal: bool = False
    scale: int = 1


def read_number(tokens: Sequence[Token], at: int, words: Lexicon) -> tuple[int, Number | None] | None:
    """A number at `at`: how many tokens it takes, and its value or None where it is malformed.

    None where no number begins. `1.500` is malformed too: in half the world that is 1,500.
    """
    if tokens[at].kind is TokenKind.NUMBER:
        return _digits(tokens, at, words)
    if _entry(tokens, at, words, Kind.NUMERAL) or _entry(tokens, at, words, Kind.SCALE):
        return _spoken(tokens, at, words)
    return None


def _digits(tokens: Sequence[Token], at: int, words: Lexicon) -> tuple[int, Number | None]:
    value, length = _value(tokens[at].key), 1
    if _attached(tokens, at + 1) and tokens[at + 1].key in _ORDINALS:
        return 2, Number(value, ordinal=True) if isinstance(value, int) else None
    scales = 1
    while scale := _entry(tokens, at + length, words, Kind.SCALE):
        if tokens[at + length].key == "m" and not _attached(tokens, at + length):
            break
        scales *= scale.value
        length += 1
    if value is None or (scales == 1 and _looks_foreign(tokens[at].key)):
        return length, None
    year = length == 1 and tokens[at].key.isdigit() and 1900 <= value <= 2100
    return length, _number(value * scales, year, scale=scales)


def _value(text: str) -> int | float | None:
    if _PLAIN.fullmatch(text) or _WESTERN.fullmatch(text) or _INDIAN.fullmatch(text):
        plain = text.replace(",", "")
        return float(plain) if "." in plain else int(plain)
    return None


def _looks_foreign(text: str) -> bool:
    return "," not in text and len(text.rpartition(".")[2]) == 3 and "." in text


def _number(value: int | float, year: bool = False, *, scale: int = 1) -> Number | None:
    value = round(value, 4)
    if value > _MOST:
        return None
    return Number(int(value) if value == int(value) else value, year, scale=scale)


def _spoken(tokens: Sequence[Token], at: int, words: Lexicon) -> tuple[int, Number | None]:
    """Number words. "two hundred and five" is malformed: the "and" may begin another condition."""
    total, current, last, limit, i = 0, 0, 0, float("inf"), at
    while i < len(tokens):
        numeral = _entry(tokens, i, words, Kind.NUMERAL)
        scale = _entry(tokens, i, words, Kind.SCALE)
        if numeral and (i == at or last >= 100 or (last >= 20 and last % 10 == 0 and 0 < numeral.value < 10)):
            current, last = current + numeral.value, numeral.value
        elif scale and scale.value == 100 and current < 100:
            current, last = max(current, 1) * 100, 100
        elif scale and scale.value >= 1000 and scale.value < limit and (current or i == at):
            total, current, last, limit = total + max(current, 1) * scale.value, 0, scale.value, scale.value
        else:
            break
        i += 1
    joined = last >= 100 and i + 1 < len(tokens) and tokens[i].key == "and"
    if joined and _entry(tokens, i + 1, words, Kind.NUMERAL):
        return i + 2 - at, None
    return i - at, _number(total + current, scale=1 if current else last)


def _entry(tokens: Sequence[Token], at: int, words: Lexicon, kind: Kind) -> Entry | None:
    if at >= len(tokens):
        return None
    entry = words.entries.get((tokens[at].key,))
    return entry if entry and entry.kind is kind else None


def _attached(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].start == tokens[at - 1].end
