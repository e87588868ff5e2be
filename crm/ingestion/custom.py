"""Custom attributes in what comes in: found in records, made known, and read as the type they have.

A record on its way carries them by key: `{"attributes": {"a1": "red"}}`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, BinaryIO

from crm import attributes
from crm.attributes import Found, identity, is_ours, name_problem
from crm.fields import Field, FieldType
from crm.ingestion import attribute_types, columns, uploads
from crm.ingestion.headers import CUSTOMERS, FIELDS, field_of
from crm.ingestion.reading import ATTRIBUTE, TRIAL, Reading
from crm.ingestion.records import Record, Refusal
from crm.ingestion.values import Refused
from crm.stores import attributes as store
from crm.stores.connection import Document, Session, Stores

_NAMED = "attributes"


def complete(
    stores: Stores, customers: Iterable[tuple[Mapping[str, Any], Record]], *, now: datetime, zone: tzinfo
) -> list[Refusal | None]:
    """Give each record the attributes that its JSON has, making new ones known; what is refused, and why.

    New ones get the type that all their values here suggest. A value that is not of its attribute's type
    refuses its record.
    """
    customers = list(customers)
    given: list[dict[str, Any]] = []
    refusals: list[Refusal | None] = []
    for raw, _ in customers:
        try:
            given.append(unknown(raw))
            refusals.append(None)
        except Refusal as refusal:
            given.append({})
            refusals.append(refusal)
    if not any(given):
        return refusals
    known = attributes.discover(stores, _found(given), now=now)
    for number, ((_, record), own) in enumerate(zip(customers, given, strict=True)):
        try:
            if own:
                record[_NAMED] = _read(own, known, zone)
        except Refusal as refusal:
            refusals[number] = refusal
    return refusals


def registered(
    stores: Stores, reading: Reading, file: BinaryIO, *, now: datetime, trial: bool = False
) -> tuple[Reading, list[str]]:
    """The reading of a file with its new attributes made known, and what a person should know of that.

    Their types are what all rows of the file suggest. Those beyond the most there may be are left out. In a
    `trial` nothing is made known: new ones get keys that are good for it alone.
    """
    wanted = {at: column for at, column in enumerate(reading.columns) if column.attribute}
    if not any(column.is_new for column in wanted.values()):
        return reading, []
    reading, examples = uploads.all_seen(reading, file)
    found = [
        Found(column.name, kind, examples[column.name])
        for column in (reading.columns[at] for at in wanted)
        if (kind := column.attribute)
    ]
    known = _on_trial(stores, found) if trial else attributes.discover(stores, found, now=now)
    new = []
    for at in wanted:
        column = reading.columns[at]
        if column.attribute is None:
            continue
        field = known.get(identity(column.name))
        if field is None:
            reading = reading.with_column(at, **columns.NO_PLACE)
            continue
        changes = {"field": f"{ATTRIBUTE}{field.name}", "attribute": field.type, "key": field.key}
        reading = reading.with_column(at, **changes)
        if column.is_new:
            new.append(reading.columns[at])
    return reading, columns.news(new)


def _on_trial(stores: Stores, found: Sequence[Found]) -> dict[str, Field]:
    known = attributes.by_identity(stores)
    free = attributes.MOST - len(known)
    for number, one in enumerate(one for one in found if identity(one.name) not in known):
        if number < free:
            known[identity(one.name)] = Field(one.name, one.type, one.name, key=f"{TRIAL}{number}")
    return known


def unknown(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Name → value of what a JSON customer says beyond the fixed fields, and under `attributes`.

    Objects and lists of objects beside the fields are left out. Raises Refusal.
    """
    found = {
        name: value
        for name, value in raw.items()
        if field_of(CUSTOMERS, name) is None and not is_ours(name) and _is_value(value)
    }
    named = raw.get(_NAMED)
    if named is not None:
        if not isinstance(named, dict):
            raise Refusal(_NAMED, "not_an_object", "is not an object of names and values")
        for name, value in named.items():
            if name in FIELDS[CUSTOMERS] or is_ours(name):
                raise Refusal(name, "taken", "is the name of a field, not of an attribute")
            if not _is_empty(value) and not _is_value(value):
                raise Refusal(name, "not_a_value", "is no text, number, date, yes or no, or list of texts")
            found[name] = value
    given: dict[str, Any] = {}
    for name, value in found.items():
        if _is_empty(value):
            continue
        if problem := name_problem(name):
            raise Refusal(name[: attributes.LONGEST_NAME], "bad_name", problem)
        given[name] = value
    return given


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in value)
    return isinstance(value, str | int | float)


def _found(given: Sequence[Mapping[str, Any]]) -> list[Found]:
    values: dict[str, tuple[str, list[Any]]] = {}
    for one in given:
        for name, value in one.items():
            values.setdefault(identity(name), (name, []))[1].append(value)
    found = []
    for name, seen in values.values():
        kind = attribute_types.guess(seen)
        if kind is not None:
            found.append(Found(name, kind, _examples(seen)))
    return found


def _examples(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple({str(value): value for value in values}.values())[: attributes.EXAMPLES]


def _read(given: Mapping[str, Any], known: Mapping[str, Field], zone: tzinfo) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in given.items():
        field = known.get(identity(name))
        if field is None or field.key is None:
            raise Refusal(name, "too_many_attributes", attributes.FULL)
        try:
            read[field.key] = attribute_types.read(field.type, value, zone)
        except Refused as refused:
            raise Refusal(name, refused.code, f"{refused.reason} ({_kind(field.type)})") from None
    return read


def _kind(kind: FieldType) -> str:
    return f"this attribute holds {_HOLDS[kind]}"


_HOLDS = {
    FieldType.TEXT: "text",
    FieldType.NUMBER: "numbers",
    FieldType.DATE: "dates",
    FieldType.BOOLEAN: "yes or no",
    FieldType.TAGS: "lists of texts",
}


class Settled:
    """The attributes as one transaction sees them: what records carry by key, as it is to be stored.

    A value whose attribute was given another type on the way is read as that; one that can't be, and one
    of an attribute that was removed, is let go.
    """

    def __init__(self, stores: Stores, session: Session | None, records: Iterable[Record]) -> None:
        self.fields = tuple(attributes.fields(stores, session).values())
        self._by_key = {field.key: field for field in self.fields}
        carried = {key for record in records for key in record.get(_NAMED, ())}
        self._became: dict[str, str | None] = {}
        gone = carried - self._by_key.keys()
        while gone:
            self._became |= dict.fromkeys(gone) | store.retired(stores, session, gone)
            gone = {key for key in self._became.values() if key} - self._became.keys() - self._by_key.keys()

    def of(self, record: Record) -> dict[str, Any]:
        """What a record says of attributes, by key, taken out of it."""
        found: dict[str, Any] = {}
        for key, value in record.pop(_NAMED, {}).items():
            if key.startswith(TRIAL):
                found[key] = value
                continue
            now: str | None = key
            while now is not None and now not in self._by_key:
                now = self._became.get(now)
            if now is None:
                continue
            kind = self._by_key[now].type
            try:
                found[now] = (
                    attribute_types.stored(kind, value)
                    if now == key
                    else attribute_types.converted(kind, value)
                )
            except Refused:
                continue
        return found


def merged(customer: Document, given: Mapping[str, Any], *, newer: bool) -> dict[str, Any]:
    """A customer's attributes after these came. What came earlier than his last change only fills gaps."""
    held: dict[str, Any] = customer.get(_NAMED) or {}
    return held | {key: value for key, value in given.items() if newer or key not in held}
