"""The words of a language, read from its data file, found by the longest phrase."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from crm.grammar.tokens import tokenise


class Kind(StrEnum):
    """What a run of words may be. The first block comes from `[words]` and has no value."""

    ARTICLE = "article"
    HAVE = "have"
    NOISE = "noise"
    LEAD = "lead"
    SUBJECT = "subject"
    ALL = "all"
    AND = "and"
    OR = "or"
    NOR = "nor"
    BUT = "but"
    WHO = "who"
    WITH = "with"
    NOT = "not"
    NEVER = "never"
    WITHOUT = "without"
    EXCEPT = "except"
    OUTSIDE = "outside"
    ONLY = "only"
    RANDOM = "random"
    PERCENT = "percent"
    AGO = "ago"
    PRESENT = "present"
    ABSENT = "absent"
    MAILBOX = "mailbox"
    NAMED = "named"
    TAGGED = "tagged"
    TIMES = "times"
    APIECE = "apiece"
    BY = "by"

    PREPOSITION = "preposition"
    COMPARE = "compare"
    COMPARED = "compared"  # a comparison behind its number: "or more"
    UNIT = "unit"
    WINDOW = "window"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    NUMERAL = "numeral"
    SCALE = "scale"
    CURRENCY = "currency"
    TEXT_OPERATOR = "text operator"
    TOPIC = "topic"
    CONDITION = "condition"
    VAGUE = "vague"
    COMMAND = "command"
    GOODS = "goods"
    RANK = "rank"

    # not from the lexicon
    NUMBER = "number"
    BAD_NUMBER = "bad number"
    DATE = "date"
    SLASHED = "slashed"
    QUOTED = "quoted"
    ADDRESS = "address"
    VALUE = "value"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    STOP = "stop"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase is, and what it stands for."""

    kind: Kind
    value: Any = None


@dataclass(frozen=True, slots=True)
class TopicWord:
    """A topic and how it is spoken of: `verb`, `noun` or `label`."""

    topic: str
    form: str


@dataclass(frozen=True, slots=True)
class WholeCondition:
    """Words that are a condition by themselves. `means` is said to the person where it is not obvious."""

    field: str
    operator: str
    value: Any
    means: str | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """A field to rank by and its direction, where nothing else is said. `means` is said to the person."""

    by: str
    direction: str
    means: str | None


@dataclass(frozen=True, slots=True)
class Vague:
    """Words that say too little: what to say instead, and answers to choose from.

    What stands in square brackets is left out where the prompt says it already: "[ordered] in the last week".
    "tagged *" stands for every tag of the data.
    """

    hint: str
    ways: tuple[str, ...] = ()


Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """The phrases of one language by their words; `longest` is how many words the longest has."""

    language: str
    entries: dict[Phrase, Entry]
    longest: int
    says: dict[str, str]
    decimal_comma: bool = False

    def match(self, keys: Sequence[str], at: int) -> tuple[int, Entry] | None:
        """The longest phrase that begins at `at`: how many tokens, and what it is."""
        for length in range(min(self.longest, len(keys) - at), 0, -1):
            entry = self.entries.get(tuple(keys[at : at + length]))
            if entry is not None:
                return length, entry
        return None


_GROUPS = {
    "prepositions": Kind.PREPOSITION,
    "units": Kind.UNIT,
    "windows": Kind.WINDOW,
    "days": Kind.DAY,
    "months": Kind.MONTH,
    "quarters": Kind.QUARTER,
    "currencies": Kind.CURRENCY,
    "text_operators": Kind.TEXT_OPERATOR,
    "goods": Kind.GOODS,
}
_COUNTED = frozenset({"days", "months", "quarters"})


@lru_cache(maxsize=8)
def lexicon(language: str = "english") -> Lexicon:
    """The lexicon of a language. Raises ValueError for a file in which a phrase stands twice.

    What a file `extends` holds where the file itself says nothing of a phrase.
    """
    raw = tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))
    entries: dict[Phrase, Entry] = {}
    for phrase, entry in _entries(raw):
        if entries.setdefault(phrase, entry) != entry:
            raise ValueError(f"{language}.toml: “{' '.join(phrase)}” is both {entries[phrase]} and {entry}")
    says = raw.get("says", {})
    if "extends" in raw:
        entries = lexicon(raw["extends"]).entries | entries
        says = lexicon(raw["extends"]).says | says
    return Lexicon(language, entries, max(map(len, entries)), says, raw.get("decimal_comma", False))


def phrases(pattern: str) -> set[Phrase]:
    """The phrases a pattern of the data file stands for: `in the? last|past` is four."""
    choices = []
    for word in pattern.split():
        optional = word.endswith("?") and len(word) > 1
        words = (
            word.removesuffix("?").split("|") if optional else word.split("|") if len(word) > 1 else [word]
        )
        choices.append([*words, ""] if optional else words)
    found = {" ".join(word for word in choice if word) for choice in product(*choices)}
    return {tuple(token.key for token in tokenise(text)) for text in found} - {()}


def _entries(raw: dict[str, Any]) -> Iterator[tuple[Phrase, Entry]]:
    for kind, patterns in raw.get("words", {}).items():
        for pattern in patterns:
            yield from _word(Kind(kind), pattern)
    for group, kind in _GROUPS.items():
        for value, patterns in raw.get(group, {}).items():
            yield from _all(patterns, Entry(kind, int(value) if group in _COUNTED else value))
    for name, patterns in raw.get("comparisons", {}).items():
        behind = name.endswith("_after")
        kind = Kind.COMPARED if behind else Kind.COMPARE
        yield from _all(patterns, Entry(kind, name.removesuffix("_after")))
    for word, number in raw.get("numbers", {}).items():
        yield (word,), Entry(Kind.NUMERAL, number)
    for word, number in raw.get("scales", {}).items():
        yield (word,), Entry(Kind.SCALE, number)
    for topic, forms in raw.get("topics", {}).items():
        for form, patterns in forms.items():
            yield from _all(patterns, Entry(Kind.TOPIC, TopicWord(topic, form)))
    for row in raw.get("conditions", []):
        whole = WholeCondition(
            row["field"], row.get("operator", "equals"), row.get("value"), row.get("means")
        )
        yield from _all(row["words"], Entry(Kind.CONDITION, whole))
    for row in raw.get("rankings", []):
        ranking = Ranking(row["by"], row["direction"], row.get("means"))
        yield from _all(row["words"], Entry(Kind.RANK, ranking))
    for row in raw.get("vague", []):
        yield from _all(row["words"], Entry(Kind.VAGUE, Vague(row["hint"], tuple(row.get("ways", ())))))
    yield from _all(raw.get("commands", {}).get("words", []), Entry(Kind.COMMAND))


def _word(kind: Kind, pattern: str) -> Iterator[tuple[Phrase, Entry]]:
    text, _, number = pattern.partition("=") if kind is Kind.APIECE else (pattern, "", "")
    yield from _all([text], Entry(kind, int(number) if number else None))


def _all(patterns: list[str], entry: Entry) -> Iterator[tuple[Phrase, Entry]]:
    for pattern in patterns:
        for phrase in phrases(pattern):
            yield phrase, entry
