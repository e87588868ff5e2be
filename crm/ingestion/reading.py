"""How one file is read: what it is, what each of its columns goes to, and how their values are written.

It is stored with the import, so that what a person saw and agreed to is what the worker does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, tzinfo
from functools import partial
from typing import Any, Self
from zoneinfo import ZoneInfo

from crm.fields import FieldType
from crm.ingestion import attribute_types, numbers, values
from crm.ingestion.files import Table
from crm.ingestion.records import DATES, NUMBERS, WHOLE, Take, takers
from crm.ingestion.refused import Refused, short

ATTRIBUTE = "attributes."  # a column's field is this and a name where it goes to a custom attribute
TRIAL = "+"  # how the key of an attribute begins that only a dry run knows
BY_NAME, BY_CONTENT, REMEMBERED, CHOSEN = "name", "content", "remembered", "chosen"
NO_ROOM = "no room"  # what says that a column is left out: there are as many attributes as there may be


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `field` is the record's field it goes to, None where it is left out, and `by` what says so. `dates` is
    the way its dates are written (`moments.WAYS`), `decimal` the decimal sign of its numbers, None where
    each value has to say it itself. `zone` names the time zone of its days and times; without it days are
    the account's and times UTC. `asks` is a value that could be two, where nothing says which it is.

    Where it goes to a custom attribute, `attribute` is the attribute's type, and `key` its key once it is
    known; without one it is new.
    """

    header: str
    field: str | None = None
    by: str | None = None
    look: str = ""
    dates: str | None = None
    decimal: str | None = None
    zone: str | None = None
    asks: str | None = None
    attribute: FieldType | None = None
    key: str | None = None

    @property
    def name(self) -> str:
        """The name of the attribute it goes to."""
        return (self.field or "").removeprefix(ATTRIBUTE)

    @property
    def is_new(self) -> bool:
        """Whether its attribute is not known yet."""
        return self.attribute is not None and (self.key is None or self.key.startswith(TRIAL))

    @property
    def taken_as(self) -> str:
        """What people are told of where it goes."""
        if self.field is None:
            return "not used"
        if self.attribute is None:
            return self.field
        return f"{'new attribute' if self.is_new else 'attribute'} “{self.name}”, {WORDS[self.attribute]}"

    def take(self, zone: tzinfo) -> Take:
        """What makes a value of a cell for its attribute. `zone` is the account's."""
        match self.attribute:
            case FieldType.DATE:
                own = ZoneInfo(self.zone) if self.zone else None
                return partial(values.moment, zone=own or zone, clock=own or UTC, way=self.dates)
            case FieldType.NUMBER:
                return partial(_number, attribute_types.number, self.decimal)
            case kind:
                return partial(attribute_types.read, kind or FieldType.TEXT)


WORDS = {
    FieldType.TEXT: "text",
    FieldType.NUMBER: "number",
    FieldType.DATE: "date",
    FieldType.BOOLEAN: "yes or no",
    FieldType.TAGS: "tags",
}
"""What the types of attributes are called."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`document()` is JSON; `of` makes the same reading of it again."""

    kind: str
    table: Table
    columns: tuple[Column, ...]

    @property
    def asks(self) -> tuple[Column, ...]:
        """Columns in use with values that could be two, where nothing says which."""
        return tuple(column for column in self.columns if column.field and column.asks)

    def mapping(self) -> list[dict[str, str | None]]:
        """`[{"column", "field"}]` in the file's order."""
        return [{"column": column.header, "field": column.field} for column in self.columns]

    def document(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "table": asdict(self.table),
            "columns": [asdict(column) for column in self.columns],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            document["kind"],
            Table.of(document["table"]),
            tuple(_column(column) for column in document["columns"]),
        )

    def with_column(self, position: int, **changes: Any) -> "Reading":
        columns = list(self.columns)
        columns[position] = replace(columns[position], **changes)
        return replace(self, columns=tuple(columns))

    def takers(self, zone: tzinfo) -> dict[str, Take]:
        """Field → what makes a value of a cell of its column. `zone` is the account's."""
        found = dict(takers(self.kind, zone))
        for column in self.columns:
            if column.field in DATES[self.kind]:
                own = ZoneInfo(column.zone) if column.zone else None
                found[column.field] = partial(
                    values.moment, zone=own or zone, clock=own or UTC, way=column.dates
                )
            elif column.field in WHOLE[self.kind]:
                found[column.field] = partial(_whole, found[column.field], column.decimal)
            elif column.field in NUMBERS[self.kind]:
                found[column.field] = partial(_number, found[column.field], column.decimal)
        return found


def _column(document: Mapping[str, Any]) -> Column:
    kind = document.get("attribute")
    return Column(**{**document, "attribute": FieldType(kind) if kind else None})


_FEW = 10  # digits that are one number whatever the decimal sign is


def _number(take: Take, decimal: str | None, value: Any) -> Any:
    if not isinstance(value, str):
        return take(value)
    if len(value) < _FEW and value.isascii() and value.isdecimal():
        return take(int(value))
    number = numbers.read(value, decimal)
    try:
        return take(number)
    except Refused as refused:
        if refused.code == "negative":  # (12.00) is, and the file's owner looks for what he has written
            raise Refused(refused.code, f"{short(value)} is negative") from None
        raise


def _whole(take: Take, decimal: str | None, value: Any) -> Any:
    if not isinstance(value, str) or value.isdecimal():
        return take(value)
    return take(numbers.read_whole(value, decimal))
