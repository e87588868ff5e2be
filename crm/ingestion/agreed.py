"""What a program says of a file that it sends, held against the file: each thing that is wrong has its field.

A page can ask; a program that names a column which is not there, or writes dates in a way that there is not,
gets its file back instead of an import that does something else.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO
from zoneinfo import available_timezones

from crm.attributes import is_ours, name_problem
from crm.errors import FieldError, InvalidInput
from crm.fields import FieldType
from crm.ingestion import encodings, files, moments, numbers, uploads
from crm.ingestion.choices import Choices, Recall, Said
from crm.ingestion.delimited import DELIMITERS
from crm.ingestion.files import Overrules
from crm.ingestion.headers import CUSTOMERS, FIELDS
from crm.ingestion.reading import ATTRIBUTE, WORDS, Column, Reading
from crm.ingestion.records import DATES, NUMBERS, WHOLE
from crm.ingestion.uploads import Attributes

_SHOWN = 12
_KEYS = ("field", "attribute", "dates", "decimal", "zone")


def read(
    file: BinaryIO,
    kind: str | None,
    overrules: Overrules,
    columns: Mapping[str, Any],
    known: Attributes,
    recall: Recall,
) -> Reading:
    """How the file is read with what is said of it.

    `columns` is header → a field's name, None to leave the column out, or an object of any of `field`,
    `attribute` (the type of a new attribute), `dates`, `decimal` and `zone`. Of columns of one name the first
    is meant. Raises InvalidInput with every field at fault, and for a file that can't be read so.
    """
    _refuse([*_wrong_of_file(overrules), *_wrong_of_kind(kind, columns)])
    table = files.inspect(file, overrules)
    if overrules.sheet is not None and table.sheet != overrules.sheet:
        _refuse([FieldError("sheet", f"there is no such sheet with something in it: {_list(table.sheets)}")])
    said = {header: _as_object(value) for header, value in columns.items()}
    _refuse(
        [error for header, one in said.items() for error in _wrong(kind or "", table.columns, header, one)]
    )
    _refuse(list(_twice(said)))
    places = {table.columns.index(header): one for header, one in said.items()}
    reading = uploads.read(file, Choices(kind, overrules, places), known, recall)
    _refuse([error for at, one in places.items() for error in _idle(reading, reading.columns[at], one)])
    uploads.check(reading)
    return reading


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput("The file can't be read as you say.", errors)


def _wrong_of_file(overrules: Overrules) -> Iterator[FieldError]:
    if overrules.encoding is not None and overrules.encoding not in encodings.OFFERED:
        yield FieldError("encoding", f"must be one of {', '.join(encodings.OFFERED)}")
    if overrules.delimiter is not None and overrules.delimiter not in list(DELIMITERS):
        yield FieldError("delimiter", "must be a comma, a semicolon, a tab or a bar")


def _wrong_of_kind(kind: str | None, columns: Mapping[str, Any]) -> Iterator[FieldError]:
    if columns and kind is None:
        yield FieldError("kind", "say what the file holds where you say what its columns are")


def _as_object(value: Any) -> Any:
    return {"field": value} if value is None or isinstance(value, str) else value


def _wrong(kind: str, headers: Sequence[str], header: str, said: Any) -> Iterator[FieldError]:
    place = f"columns.{header}"
    if header not in headers:
        yield FieldError(place, f"there is no such column: the file has {_list(headers)}")
    elif not isinstance(said, dict):
        yield FieldError(place, "must be a field's name, null, or an object that says more")
    else:
        for name, value in said.items():
            if problem := _problem(kind, said, name, value):
                yield FieldError(f"{place}.{name}", problem)


def _problem(kind: str, said: Said, name: str, value: Any) -> str | None:
    """What is wrong with one thing that is said of a column; None when nothing is."""
    match name:
        case "field":
            return None if value is None else _problem_of_field(kind, value)
        case "attribute":
            if not str(said.get("field")).startswith(ATTRIBUTE):
                return f"is for a column whose field is {ATTRIBUTE}… and a name"
            return _unless(value, list(WORDS))
        case "dates":
            return _unless(value, moments.WAYS)
        case "decimal":
            return _unless(value, (numbers.POINT, numbers.COMMA))
        case "zone":
            known = isinstance(value, str) and value in available_timezones()
            return None if known else "must be a time zone such as Asia/Kolkata"
        case _:
            return f"is nothing that can be said: {', '.join(_KEYS)} are"


def _problem_of_field(kind: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be a field's name or null"
    if value in FIELDS[kind]:
        return None
    if kind != CUSTOMERS or not value.startswith(ATTRIBUTE):
        own = f", or {ATTRIBUTE}… and a name" if kind == CUSTOMERS else ""
        return f"is no field of {kind}: {', '.join(FIELDS[kind])}{own}"
    name = value.removeprefix(ATTRIBUTE)
    return "is the name of a field, not of an attribute" if is_ours(name) else name_problem(name)


def _unless(value: Any, known: Sequence[str]) -> str | None:
    return None if isinstance(value, str) and value in known else f"must be one of {', '.join(known)}"


def _twice(said: Mapping[str, Said]) -> Iterator[FieldError]:
    """Fields that two columns go to."""
    taken: dict[str, str] = {}
    for header, one in said.items():
        field = one.get("field")
        if field is not None and field in taken:
            yield FieldError(f"columns.{header}.field", f"the column “{taken[field]}” goes to it already")
        elif field is not None:
            taken[field] = header


def _idle(reading: Reading, column: Column, said: Said) -> Iterator[FieldError]:
    """What is said of how a column is written that is none of such values."""
    kind, place = reading.kind, f"columns.{column.header}"
    dated = column.field in DATES[kind] or column.attribute == FieldType.DATE
    numeric = column.field in (*NUMBERS[kind], *WHOLE[kind]) or column.attribute == FieldType.NUMBER
    for name in ("dates", "zone"):
        if name in said and not dated:
            yield FieldError(f"{place}.{name}", f"its field holds no dates: {column.taken_as}")
    if "decimal" in said and not numeric:
        yield FieldError(f"{place}.decimal", f"its field holds no numbers: {column.taken_as}")


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:40]}”" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
