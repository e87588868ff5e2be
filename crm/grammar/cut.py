"""What is cut out of a prompt before the rest of it is read, and stands there as one condition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.grammar import anniversaries, attributes, saved
from crm.grammar.attributes import Clause
from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Kind, Lexicon, Vague, WholeCondition
from crm.grammar.pieces import Assumption
from crm.grammar.saved import Passed
from crm.grammar.values import Values

_MARK = attributes.MARK


@dataclass(frozen=True, slots=True)
class Cut:
    """A prompt and the clauses that were cut out of it. `plain` has marks as long in their place."""

    plain: str
    clauses: tuple[Clause, ...] = ()
    passed: tuple[Passed, ...] = ()

    @classmethod
    def of(cls, text: str, values: Values, words: Lexicon, today: date) -> "Cut":
        """The days of the year first: an attribute's name may be what they are of."""
        yearly = tuple(anniversaries.clauses(text, values, today))
        plain = _marked(text, yearly)
        own: tuple[Clause, ...] = ()
        if values.attributes:
            known = frozenset(key[0] for key in words.entries if len(key) == 1) - anniversaries.WORDS
            own = tuple(attributes.clauses(plain, values, known))
            plain = _marked(plain, own)
        found = list(saved.clauses(plain, values, words))
        segments = [one for one in found if isinstance(one, Clause)]
        passed = tuple(one for one in found if isinstance(one, Passed))
        return cls(_marked(plain, segments), (*yearly, *own, *segments), passed)

    def doubts(self) -> list[Assumption]:
        """What is to be said of names of segments that were passed over."""
        return [
            Assumption(
                f"“{one.name}” is taken for what it says, not for the segment of this name.",
                one.start,
                one.end,
                ((f"in the segment {one.name}",),),
            )
            for one in self.passed
        ]

    def placed(self, chunks: list[Chunk]) -> list[Chunk]:
        """The chunks of `plain`, each clause as a condition in the place of its mark, or as a question."""
        found = {one.start: one for one in self.clauses}
        return [_chunk(found[one.start]) if one.start in found else one for one in chunks]


def _marked(text: str, found: Iterable[Clause]) -> str:
    for one in found:
        text = f'{text[: one.start]}"{_MARK * (one.end - one.start - 2)}"{text[one.end :]}'
    return text


def _chunk(clause: Clause) -> Chunk:
    if not clause.operator:
        return Chunk(Kind.VAGUE, clause.asks or Vague(attributes.hint(clause)), clause.start, clause.end)
    field = saved.FIELD if clause.operator == saved.FIELD else clause.field.name
    condition = WholeCondition(field, clause.operator, clause.value, clause.means)
    return Chunk(Kind.CONDITION, condition, clause.start, clause.end)
