"""What an uploaded file is understood as, before anything of it is imported."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import islice
from typing import Any, BinaryIO

from crm import attributes
from crm.errors import InvalidInput
from crm.fields import Field, FieldType
from crm.ingestion import columns, files, headers
from crm.ingestion.cells import Cell, shown
from crm.ingestion.choices import NO_CHOICES, Choices, Recall, Said, nothing_said
from crm.ingestion.files import Table
from crm.ingestion.guesses import Guess
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.looks import Evidence
from crm.ingestion.reading import ATTRIBUTE, CHOSEN, NO_ROOM, REMEMBERED, Column, Reading
from crm.ingestion.records import DATES, NUMBERS, Record, Refusal
from crm.ingestion.rows import Reader

SAMPLED_ROWS = 1000
Rows = Iterator[Sequence[Cell]]
Attributes = Mapping[str, Field]
NO_ATTRIBUTES: Attributes = {}
_GUESSED = ("attribute", "dates", "decimal", "asks")
_NAMED = 8  # column names in a message
_SHOWN_OF_CELL = 60  # characters of a refused row's cell
_KEYS = {
    CUSTOMERS: "an e-mail address or an external id",
    ORDERS: "the order's total and its customer's e-mail address or id",
    PRODUCTS: "a product id",
}


@dataclass(frozen=True, slots=True)
class FilePreview:
    """A file as it will be understood.

    `kind` is None where nothing tells what it holds. `mapping` is column → field, without the columns that
    mean nothing to us; it is empty where the file can't be imported. `rows` are the first rows as records,
    a refused one as it is written, with its reason under `problem`. `problems` are sentences for the
    person. `reading` is how all of it will be read, None where nothing tells what it holds; `samples` are
    the first values of each column.
    """

    kind: str | None
    columns: tuple[str, ...]
    mapping: dict[str, str]
    rows: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    reading: Reading | None = None
    samples: tuple[tuple[str, ...], ...] = ()


def read(
    file: BinaryIO,
    choices: Choices = NO_CHOICES,
    known: Attributes = NO_ATTRIBUTES,
    recall: Recall = nothing_said,
) -> Reading:
    """How a file is read. Reads on in it as long as some column does not say how its values are written.

    `known` are the custom attributes that there are, by `crm.attributes.identity` of their names. The types
    of new ones are guessed from the first rows: `all_seen` looks at all. `recall` tells what was said last
    of a file with the same headers: it holds where `choices` say nothing.

    Raises InvalidInput for what is no table, and where nothing tells what its rows are.
    """
    table = files.inspect(file, choices.file)
    sample = list(islice(files.rows(file, table), SAMPLED_ROWS))
    return _read(file, table, sample, choices, known, recall)


def _read(
    file: BinaryIO,
    table: Table,
    sample: Sequence[Sequence[Cell]],
    choices: Choices,
    known: Attributes,
    recall: Recall,
) -> Reading:
    recalled = (recall(table.columns) if table.header else None) or NO_CHOICES
    if choices.kind not in (None, recalled.kind):
        recalled = NO_CHOICES
    kind = choices.kind or recalled.kind or columns.guess_kind(table.columns, sample)
    if kind is None:
        raise InvalidInput(
            f"Nothing tells whether these are customers or orders: the columns are {_list(_own(table))}. "
            "Customers need a column such as email, orders one such as orderId, and total."
        )
    found = columns.understand(kind, table.columns, sample)
    found = _as_said(found, recalled.columns, REMEMBERED, sample, known)
    found = _as_said(found, choices.columns, CHOSEN, sample, known)
    if kind == CUSTOMERS and table.header:
        found = columns.within_room(columns.as_attributes(found, sample, known), known)
    written = _as_written(kind, found, sample, lambda: files.rows(file, table))
    for position, column in enumerate(written):
        column = _overruled(column, _still_open(column, recalled.columns.get(position, {})))
        written[position] = _overruled(column, choices.columns.get(position, {}))
    return Reading(kind, table, tuple(written))


def _as_said(
    found: Sequence[Column],
    said: Mapping[int, Said],
    by: str,
    sample: Sequence[Sequence[Cell]],
    known: Attributes,
) -> list[Column]:
    """The columns with the fields that were said. A column that has one of these loses it."""
    fields = {at: one["field"] for at, one in said.items() if "field" in one and at < len(found)}
    taken = set(fields.values()) - {None}
    result = [
        replace(column, field=None, by=by) if column.field in taken and at not in fields else column
        for at, column in enumerate(found)
    ]
    for at in fields:
        result[at] = _chosen(result[at], said[at], by, _cells(sample, at), known)
    return result


def _chosen(column: Column, said: Said, by: str, cells: Iterable[Cell], known: Attributes) -> Column:
    field = said["field"]
    column = replace(column, field=field, by=by, attribute=None, key=None)
    if field is None or not field.startswith(ATTRIBUTE):
        return column
    found = columns.as_attribute(replace(column, field=None), column.name, cells, known)
    kind = said.get("attribute")
    return replace(found, attribute=FieldType(kind)) if kind and found.key is None else found


def all_seen(reading: Reading, file: BinaryIO) -> tuple[Reading, dict[str, tuple[str, ...]]]:
    """The reading with the types and ways of its attributes as all rows of the file have them.

    Types of attributes that there are, and those that a person chose, stay. New ones whose values are none,
    such as texts of any length, are left out. With it, some values by name.
    """
    guesses = {at: Guess(one.name) for at, one in enumerate(reading.columns) if one.attribute}
    undecided = dict(guesses)
    for number, cells in enumerate(files.rows(file, reading.table) if guesses else (), 1):
        for position, guess in undecided.items():
            if position < len(cells):
                guess.see(cells[position])
        if number % SAMPLED_ROWS == 0:
            undecided = {position: one for position, one in undecided.items() if one.undecided}
            if not undecided:
                break
    for position, guess in guesses.items():
        column = reading.columns[position]
        if column.is_new and column.by not in (CHOSEN, REMEMBERED):
            if guess.type is None:
                reading = reading.with_column(position, field=None, attribute=None, key=None)
                continue
            column = replace(column, attribute=guess.type)
        column = column if column.dates or column.decimal else columns.styled(column, guess)
        reading = reading.with_column(position, **{name: getattr(column, name) for name in _GUESSED})
    return reading, {reading.columns[at].name: tuple(one.examples) for at, one in guesses.items()}


def _as_written(
    kind: str, found: Sequence[Column], sample: Sequence[Sequence[Cell]], rows: Callable[[], Rows]
) -> list[Column]:
    """The columns with what their rows, the sample first, say of how dates and numbers are written."""
    evidence = {
        position: Evidence(dates=column.field in DATES[kind], patient=column.field != "quantity")
        for position, column in enumerate(found)
        if column.field in DATES[kind] or column.field in NUMBERS[kind]
    }
    undecided = _gather(iter(sample), evidence)
    if undecided and len(sample) == SAMPLED_ROWS:
        _gather(islice(rows(), SAMPLED_ROWS, None), undecided)
    return [
        _styled(column, evidence[position]) if position in evidence else column
        for position, column in enumerate(found)
    ]


def _gather(rows: Rows, undecided: dict[int, Evidence]) -> dict[int, Evidence]:
    """Let columns see rows until they are decided. Those that are not."""
    for number, cells in enumerate(rows, 1):
        width = len(cells)
        for position, evidence in undecided.items():
            if position < width:
                evidence.see(cells[position])
        if number % SAMPLED_ROWS == 0:
            undecided = {position: one for position, one in undecided.items() if one.undecided}
            if not undecided:
                break
    return undecided


def _styled(column: Column, evidence: Evidence) -> Column:
    if evidence.dates:
        return replace(column, dates=evidence.choice, asks=evidence.example if evidence.open else None)
    return replace(column, decimal=evidence.choice, asks=evidence.example if evidence.open else None)


def _overruled(column: Column, said: Said) -> Column:
    style: dict[str, Any] = {name: said[name] for name in ("dates", "decimal", "zone") if name in said}
    answered = bool(style.get("dates") or style.get("decimal"))
    return replace(column, **style, asks=None if answered else column.asks)


def _still_open(column: Column, said: Said) -> Said:
    """What was said of another file holds where this one's rows say nothing else."""
    known = {"dates": column.dates, "decimal": column.decimal}
    return {name: value for name, value in said.items() if not known.get(name)}


def check(reading: Reading) -> None:
    """Raises InvalidInput where the columns are not enough to import anything."""
    if _is_enough({column.field for column in reading.columns if column.field}, reading.kind):
        return
    own = _own(reading.table)
    other = headers.guess_kind(own)
    hint = f" It looks like a file of {other}." if other not in (None, reading.kind) else ""
    if not reading.table.header:
        hint = " The file has no line of headers: add one that names the columns."
    raise InvalidInput(
        f"No column is understood as {_KEYS[reading.kind]}: the columns are {_list(own)}.{hint}"
    )


def _own(table: Table) -> Sequence[str]:
    return table.columns[: headers.of_the_file(table.columns)]


def _is_enough(fields: set[str], kind: str) -> bool:
    if kind == CUSTOMERS:
        return bool(fields & {"email", "externalId"})
    if kind == PRODUCTS:
        return "productId" in fields
    amends = "orderReference" in fields and bool(fields & {"status", "refunded"})
    whole = bool(fields & {"customerEmail", "customerId"}) and bool(fields & {"total", "products", "price"})
    return whole or amends


def preview(
    file: BinaryIO,
    *,
    choices: Choices = NO_CHOICES,
    known: Attributes = NO_ATTRIBUTES,
    recall: Recall = nothing_said,
    first: int,
    zone: tzinfo,
) -> FilePreview:
    """What a file's first rows are. Raises InvalidInput for a file that is no table."""
    table = files.inspect(file, choices.file)
    sample = list(islice(files.rows(file, table), SAMPLED_ROWS))
    samples = tuple(_values(sample, position) for position in range(len(table.columns)))
    try:
        reading = _read(file, table, sample, choices, known, recall)
    except InvalidInput as error:
        return FilePreview(choices.kind, table.columns, {}, (), (error.message,), None, samples)
    try:
        check(reading)
    except InvalidInput as error:
        problems = (error.message, *table.notes)
        return FilePreview(reading.kind, table.columns, {}, (), problems, reading, samples)
    reader = Reader(reading, zone)
    names = {column.key: column.name for column in reading.columns if column.key}
    rows = tuple(_shown(reading, reader, cells, names) for cells in sample[:first])
    problems = notes(reading) if rows else (*notes(reading), "The file has a header and no rows.")
    understood = {column.header: column.field for column in reading.columns if column.field}
    return FilePreview(reading.kind, table.columns, understood, rows, problems, reading, samples)


def notes(reading: Reading) -> tuple[str, ...]:
    """What a person should know of how the file is understood."""
    found = [*reading.table.notes, *columns.notes(reading.columns), *asked(reading)]
    if no_room := [column.header for column in reading.columns if column.by == NO_ROOM]:
        one = len(no_room) == 1
        found.append(
            f"{'The column' if one else 'The columns'} {_list(no_room)} can't be "
            f"{'a new attribute' if one else 'new attributes'} and will be left out: {attributes.FULL}."
        )
    unused = [
        column.header
        for column in reading.columns[: len(_own(reading.table))]
        if not column.field and column.by not in (CHOSEN, REMEMBERED, NO_ROOM)
    ]
    if unused:
        one = len(unused) == 1
        found.append(
            f"{'The column' if one else 'The columns'} {_list(unused)} "
            f"{'is' if one else 'are'} not understood and will be left out."
        )
    return tuple(found)


def asked(reading: Reading) -> list[str]:
    """What nothing in the file tells, a sentence a column."""
    found = []
    for column in reading.asks:
        is_date = column.field in DATES[reading.kind] or column.attribute == FieldType.DATE
        what = "day from month" if is_date else "thousands from decimals"
        found.append(
            f"The rows of the column “{column.header}” don't tell {what}, as in “{column.asks}”: "
            "those with such values will be refused, unless you say how the column is written."
        )
    return found


def _cells(sample: Sequence[Sequence[Cell]], position: int) -> list[Cell]:
    return [cells[position] for cells in sample if position < len(cells)]


def _values(sample: Sequence[Sequence[Cell]], position: int, most: int = 3) -> tuple[str, ...]:
    """The first different values of a column."""
    found: dict[str, None] = {}
    for cells in sample:
        if position < len(cells) and (value := shown(cells[position], 60).strip()):
            found[value] = None
        if len(found) == most:
            break
    return tuple(found)


def _shown(
    reading: Reading, reader: Reader, cells: Sequence[Cell], names: Mapping[str, str]
) -> dict[str, Any]:
    try:
        return _plain(reader.record(cells), names)
    except Refusal as refusal:
        return _values_of(reading, cells) | {"problem": _named(reading, refusal)}


def _named(reading: Reading, refusal: Refusal) -> str:
    """What is wrong, after the header of the column that it is wrong in."""
    headers_at_fault = (column.header for column in reading.columns if column.field == refusal.field)
    where = next(headers_at_fault, refusal.field) if refusal.field else None
    return f"{where}: {refusal.reason}" if where else refusal.reason


def _values_of(reading: Reading, cells: Sequence[Cell]) -> dict[str, Any]:
    """The beginnings of a refused row's cells, under the names that they would have had."""
    return {
        column.name: shown(cell, _SHOWN_OF_CELL)
        for column, cell in zip(reading.columns, cells, strict=False)
        if column.field and cell not in (None, "")
    }


def _plain(record: Record, names: Mapping[str, str]) -> dict[str, Any]:
    """A record as it is shown; `names` are those of attributes by key."""
    shown = dict(record)
    shown |= {
        names.get(key, key): ", ".join(value) if isinstance(value, list) else value
        for key, value in shown.pop("attributes", {}).items()
    }
    if lines := shown.get("products"):
        shown["products"] = ", ".join(
            f"{line['quantity']} × {line.get('name') or line.get('productId')}" for line in lines
        )
    if tags := shown.get("tags"):
        shown["tags"] = ", ".join(tags)
    return shown


def _list(columns: Iterable[str]) -> str:
    columns = list(columns)
    shown = ", ".join(f"“{column[:40]}”" for column in columns[:_NAMED])
    return shown if len(columns) <= _NAMED else f"{shown} and {len(columns) - _NAMED} more"
