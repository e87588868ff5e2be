"""What a prompt is made of once its words are understood one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Kind, Ranking, WholeCondition


@dataclass(frozen=True, slots=True)
class Say:
    """Words of the prompt's language, by their name in `[says]` of its file; `length` fills their gap."""

    name: str
    length: dict[str, int] | None = None


# What could stand in the place of words that can't be used: texts, words of ours, stretches of the prompt.
Way = tuple[str | Say | tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A sentence about what was taken for granted. `ways` could stand at its place to say it otherwise."""

    sentence: str
    start: int = 0
    end: int = 0
    ways: tuple[Way, ...] = ()


class Unclear(Exception):
    """Words that can't be used. `hint`: why, or what to say instead; `unknown`: they mean nothing to us.

    `ways` could stand in their place: each is one answer to the question. Not all of them need make sense.
    """

    def __init__(
        self, start: int, end: int, hint: str, *, unknown: bool = False, ways: Sequence[Way] = ()
    ) -> None:
        super().__init__(hint)
        self.start, self.end, self.hint, self.unknown = start, end, hint, unknown
        self.ways = tuple(ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where it stands in the prompt."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Piece):
    """A number compared. `comparison` is gt ge lt le eq ne between, or bare where nothing says which.

    `unit` is money, times, age or none; `symbolic` a comparison by sign; `of_age` one by "older than";
    `scale` what the number's last word multiplies by.
    """

    comparison: str
    low: int | float
    high: int | float | None = None
    unit: str | None = None
    symbolic: bool = False
    of_age: bool = False
    scale: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Piece):
    """What is spoken of. `evidence`: something says that having it is meant ("with a phone")."""

    name: str
    form: str
    evidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Piece):
    """An amount right before its noun: "3 orders"."""

    amount: Amount
    topic: Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class When(Piece):
    """A time. What is set depends on `kind`:

    rolling (the last `last`) · span (continuously for `last`) · older (more than `last` ago) · ago (`last`
    ago, unclear how) · ages (between `near` and `last` ago) · period (`first`–`final`, whole days; `current`
    where it has not ended) · before (before `first`) · onward (from `first` on). `last` is such as
    {"months": 6}. `yearless`: the year was not said.
    """

    kind: str
    last: dict[str, int] | None = None
    near: dict[str, int] | None = None
    first: date | None = None
    final: date | None = None
    current: bool = False
    yearless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Piece):
    """Values of one field that stand in the data, and how they are joined: "", and, or, nor, list.

    `first` is where the first of the values stands, behind "from" or "tagged".
    """

    field: str
    values: tuple[str, ...]
    joiner: str = ""
    first: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Piece):
    """Text to compare with. `field` where the text itself says which; `domain` for a bare gmail.com."""

    operator: str
    text: str
    field: str | None = None
    domain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Piece):
    """Words that are a condition by themselves."""

    condition: WholeCondition


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(Piece):
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Piece):
    """`word` is not, never, without, except or nor."""

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint(Piece):
    """`word` is and, or, but, who, with, comma, stop; `comma` before it; `subject` named anew behind it."""

    word: str
    comma: bool = False
    subject: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket(Piece):
    opens: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Everybody(Piece):
    """All customers are spoken of: the whole rule where nothing narrows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked(Piece):
    """The first `many` of a ranking."""

    many: int
    ranking: Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedBy(Piece):
    field: str


class Cursor:
    """A place in a list of chunks that moves on only over what was accepted."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = chunks
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.chunks)

    def peek(self, ahead: int = 0) -> Chunk | None:
        at = self.at + ahead
        return self.chunks[at] if 0 <= at < len(self.chunks) else None

    def sees(self, kind: Kind, *values: Any, ahead: int = 0) -> bool:
        """Whether the chunk so far ahead is of this kind and, where values are given, one of them."""
        found = self.peek(ahead)
        return found is not None and found.kind is kind and (not values or found.value in values)

    def accept(self, kind: Kind, *values: Any) -> Chunk | None:
        """The chunk here, if it is of the kind and has one of the values; the cursor is then behind it."""
        if self.at >= len(self.chunks):
            return None
        found = self.chunks[self.at]
        if found.kind is not kind or (values and found.value not in values):
            return None
        self.at += 1
        return found

    def skip(self, *kinds: Kind) -> None:
        """Pass by all chunks of these kinds."""
        while any(self.sees(kind) for kind in kinds):
            self.at += 1

    def end(self) -> int:
        """Where the last accepted chunk ends."""
        return self.chunks[self.at - 1].end if self.at else 0
