"""What is cut out of a prompt before the rest of it is read, and stands there as one condition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.grammar import anniversaries, attributes
from crm.grammar.attributes import Clause
from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Kind, Lexicon, Vague, WholeCondition
from crm.grammar.values import Values

_MARK = attributes.MARK


@dataclass(frozen=True, slots=True)
class Cut:
    """A prompt and the clauses that were cut out of it. `plain` has marks as long in their place."""

    plain: str
    clauses: tuple[Clause, ...] = ()

    @classmethod
    def of(cls, text: str, values: Values, words: Lexicon, today: date) -> "Cut":
        """The days of the year first: an attribute's name may be what they are of."""
        yearly = tuple(anniversaries.clauses(text, values, today))
        plain = _marked(text, yearly)
        if not values.attributes:
            return cls(plain, yearly)
        known = frozenset(key[0] for key in words.entries if len(key) == 1) - anniversaries.WORDS
        own = tuple(attributes.clauses(plain, values, known))
        return cls(_marked(plain, own), (*yearly, *own))

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
    condition = WholeCondition(clause.field.name, clause.operator, clause.value, clause.means)
    return Chunk(Kind.CONDITION, condition, clause.start, clause.end)
