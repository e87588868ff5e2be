"""What a person says of a file, over what is found in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crm.ingestion.files import Overrules

Said = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Choices:
    """`columns` is position → what is said of that column: `field` (None leaves it out), `attribute` (the
    type of a new one), `dates`, `decimal`, `zone`, each only where something is said.
    """

    kind: str | None = None
    file: Overrules = field(default_factory=Overrules)
    columns: Mapping[int, Said] = field(default_factory=dict)

    def over(self, before: "Choices") -> "Choices":
        """These and, where they say nothing of a column, what was said before. Fields are taken once."""
        taken = {said["field"] for said in self.columns.values() if said.get("field")}
        kept = {
            position: {name: value for name, value in said.items() if name != "field" or value not in taken}
            for position, said in before.columns.items()
        }
        columns = {at: {**kept.get(at, {}), **self.columns.get(at, {})} for at in {*kept, *self.columns}}
        return replace(self, kind=self.kind or before.kind, columns=columns)


Recall = Callable[[Sequence[str]], Choices | None]
"""Headers → what was said last of a file with the same ones."""
NO_CHOICES = Choices()


def nothing_said(headers: Sequence[str]) -> Choices | None:
    """Of no file."""
