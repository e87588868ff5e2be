"""The values that stand in the data: a prompt can name them without saying which field they are of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from crm.fields import FIELDS, Field
from crm.grammar.tokens import tokenise

_SHORTEST_NAME, _MOST_WORDS = 3, 12  # of a segment that a prompt can name


def _no_values(field: Field) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Known:
    """One value of one field, as it is spelt in the data."""

    field: str
    value: str


@dataclass(frozen=True)
class Values:
    """Known values by the words they are written with; one text may be a city and a country.

    `attributes` are the custom attributes, `of_attribute` finds the values that customers have in one.
    `segments` are the saved segments by the words of their names: the name and the ids of those that have it.
    """

    by_words: dict[tuple[str, ...], tuple[Known, ...]]
    longest: int
    attributes: tuple[Field, ...] = ()
    of_attribute: Callable[[Field], tuple[str, ...]] = _no_values
    segments: Mapping[tuple[str, ...], tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def with_segments(self, named: Iterable[tuple[str, str]]) -> "Values":
        """These values, and saved segments by their ids and names."""
        found: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
        for segment_id, name in named:
            words = tuple(token.key or token.text.casefold() for token in tokenise(name))
            if len(name) >= _SHORTEST_NAME and any(map(str.isalpha, name)) and len(words) <= _MOST_WORDS:
                first, ids = found.get(words, (name, ()))
                found[words] = (first, (*ids, segment_id))
        return replace(self, segments=found)

    @property
    def fields(self) -> dict[str, Field]:
        """Every field that a rule may use, by name."""
        return {**FIELDS, **{field.name: field for field in self.attributes}}

    @classmethod
    def of(
        cls,
        fields: Mapping[str, Iterable[str]],
        attributes: Iterable[Field] = (),
        of_attribute: Callable[[Field], tuple[str, ...]] = _no_values,
    ) -> "Values":
        """From values by field name, such as {"city": [...], "country": [...], "tags": [...]}."""
        found: dict[tuple[str, ...], dict[str, Known]] = {}
        for name, values in fields.items():
            for value in values:
                words = tuple(token.key or token.text.casefold() for token in tokenise(value))
                if words:
                    found.setdefault(words, {}).setdefault(name, Known(name, value))
        by_words = {words: tuple(known.values()) for words, known in found.items()}
        return cls(by_words, max(map(len, by_words), default=0), tuple(attributes), of_attribute)

    def match(self, keys: list[str], at: int) -> tuple[int, tuple[Known, ...]] | None:
        """The longest value that begins at `at`: how many tokens, and what it may be."""
        for length in range(min(self.longest, len(keys) - at), 0, -1):
            known = self.by_words.get(tuple(keys[at : at + length]))
            if known:
                return length, known
        return None

    def find(self, text: str, field: str) -> str | None:
        """The spelling of a value in the data, None where no customer has it."""
        words = tuple(token.key or token.text.casefold() for token in tokenise(text))
        return next((known.value for known in self.by_words.get(words, ()) if known.field == field), None)

    def listed(self, field: str, limit: int = 8) -> list[str]:
        """A few values of a field, to suggest."""
        found = (known.value for knowns in self.by_words.values() for known in knowns if known.field == field)
        return [value for _, value in zip(range(limit), found, strict=False)]


NONE = Values({}, 0)
