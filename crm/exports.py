"""An audience as a file: who is in it at an instant, with chosen fields, as CSV or NDJSON, piece by piece.

A page gives out a ticket (`crm.tickets`), and whoever follows the link with it gets the file:

    ticket = offer(stores, account, Export(...))
    account, export = redeem(stores, ticket)
    for piece in pieces(stores, export, zone=zone): ...
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from crm import audiences, auth, rulebook, tickets
from crm.auth import Account
from crm.errors import FieldError, InvalidInput
from crm.fields import Field, value_at
from crm.saved import usage
from crm.segments import Rule
from crm.spreadsheets import csv_pieces
from crm.stores.connection import Stores

FORMATS = ("csv", "ndjson")
DEFAULT_FIELDS = ("externalId", "email", "name")
_KIND = "audience"  # among tickets
_LINES = 500  # NDJSON lines a piece


@dataclass(frozen=True, slots=True)
class Export:
    """One file: whom the rules select as of `as_of`, with these fields (names), in one of FORMATS.

    `name` is what a person calls the audience, `segment_id` the saved segment it is, if it is one.
    """

    rules: Any
    fields: tuple[str, ...]
    format: str
    as_of: datetime
    name: str = "audience"
    segment_id: str | None = None


def fields_of(stores: Stores, names: Iterable[str]) -> list[Field]:
    """The fields of these names, each once; `_id` always comes and need not be named. Raises InvalidInput."""
    known = rulebook.fields(stores)
    wanted = [name for name in dict.fromkeys(names) if name != "_id"]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        reason = f"There is no field {unknown[0][:60]!r}."
        raise InvalidInput(reason, [FieldError("fields", reason)])
    return [known[name] for name in wanted]


def rows(
    stores: Stores,
    rule: Rule,
    fields: Sequence[Field],
    *,
    now: datetime,
    zone: ZoneInfo,
    after: str | None = None,
    limit: int = 0,
) -> Iterator[dict[str, Any]]:
    """Whom the rule selects as of `now`, by `_id`: `_id` and what each has of these fields, by name.

    `after` resumes behind an id; limit 0 is all.
    """
    paths = [field.path for field in fields]
    found = audiences.members(stores, rule, paths, now=now, zone=zone, after=after, limit=limit)
    return (_row(person, fields) for person in found)


def _row(person: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    values = {field.name: value_at(person, field.path) for field in fields}
    return {"_id": person["_id"]} | {name: value for name, value in values.items() if value is not None}


def pieces(stores: Stores, export: Export, *, zone: ZoneInfo) -> Iterator[str]:
    """The file, piece by piece; no cell of a CSV is a formula. Whatever is wrong is raised by this call.

    Raises InvalidRule for rules that can't be evaluated, InvalidInput for a field that is not there.
    """
    rule = rulebook.parse(stores, export.rules, own_id=export.segment_id)
    fields = fields_of(stores, export.fields)
    everybody = rows(stores, rule, fields, now=export.as_of, zone=zone)
    if export.format == "csv":
        header = ["_id", *(field.name for field in fields)]
        found = csv_pieces(header, ([row.get(column) for column in header] for row in everybody))
    else:
        found = _lines(everybody)
    first = next(found, "")  # asked for now, so that a store that is away is no file that breaks off
    return _led_by(first, found)


def _led_by(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    while piece := list(islice(rows, _LINES)):
        yield "".join(orjson.dumps(row, option=orjson.OPT_UTC_Z).decode() + "\n" for row in piece)


def begun(stores: Stores, export: Export, account: Account, *, now: datetime) -> None:
    """Write down who takes a file of whom: in the audit log, and as a use of the segment."""
    auth.log(stores, account, "audience_exported", export.segment_id or "unsaved rules", now=now)
    if export.segment_id:
        usage.note(stores, export.segment_id, usage.EXPORT, now=now)


def offer(stores: Stores, account: Account, export: Export) -> str:
    """A ticket for this file, good for ten minutes, and only while the account's session lasts.

    Raises InvalidInput for a field or a format that is not there.
    """
    fields_of(stores, export.fields)
    if export.format not in FORMATS:
        raise InvalidInput("A file is csv or ndjson.", [FieldError("format", "is csv or ndjson")])
    asked = {
        "rules": export.rules,
        "fields": list(export.fields),
        "format": export.format,
        "asOf": export.as_of.astimezone(UTC).isoformat(),
        "name": export.name,
        "segmentId": export.segment_id,
    }
    return tickets.offer(stores, account, _KIND, asked)


def redeem(stores: Stores, ticket: str) -> tuple[Account, Export]:
    """Who asked for what. Raises NotFound for a ticket that has run out, NotAllowed where he may no more."""
    account, asked = tickets.redeem(stores, ticket, _KIND, "segments")
    as_of = datetime.fromisoformat(asked["asOf"])
    fields, name, segment_id = tuple(asked["fields"]), asked["name"], asked["segmentId"]
    return account, Export(asked["rules"], fields, asked["format"], as_of, name, segment_id)
