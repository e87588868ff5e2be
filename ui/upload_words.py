"""What fields, formats and ways of writing are called on the Upload page."""

import re

from crm.fields import FIELDS, FieldType
from crm.ingestion import files, moments, numbers
from crm.ingestion.files import Table
from crm.ingestion.reading import ATTRIBUTE, WORDS, Column
from crm.ingestion.records import DATES, NUMBERS, WHOLE

KINDS = {"customers": "Customers", "orders": "Orders", "products": "Products"}
FORMATS = {
    files.DELIMITED: "CSV",
    files.NDJSON: "NDJSON",
    files.EXCEL: "Excel",
    files.PARQUET: "Parquet",
}
DELIMITERS = {",": "Commas", ";": "Semicolons", "\t": "Tabs", "|": "Bars"}
WAYS: dict[str | None, str] = {
    None: "2025-01-31, or in words",
    moments.DAY_FIRST: "Day first (31/01/2025)",
    moments.MONTH_FIRST: "Month first (01/31/2025)",
    moments.YEAR_FIRST: "Year first (25/01/31)",
    moments.SERIAL: "A spreadsheet's days (45688)",
    moments.EPOCH: "Seconds since 1970",
}
_WAY = {
    moments.DAY_FIRST: "day first",
    moments.MONTH_FIRST: "month first",
    moments.YEAR_FIRST: "year first",
    moments.SERIAL: "a spreadsheet's days",
    moments.EPOCH: "seconds since 1970",
}
DECIMALS: dict[str | None, str] = {
    None: "As each value has it",
    numbers.POINT: "Point (1,234.50)",
    numbers.COMMA: "Comma (1.234,50)",
}
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LABELS = {"externalId": "External id", "customerId": "Customer's id", "customerEmail": "Customer's e-mail"}


def field_label(kind: str, field: str) -> str:
    """A field's name as people say it."""
    if field.startswith(ATTRIBUTE):
        return f"Attribute “{field.removeprefix(ATTRIBUTE)}”"
    if kind == "customers" and field in FIELDS:
        label = FIELDS[field].label
    else:
        label = _LABELS.get(field) or _HUMP.sub(" ", field).lower()
    return label[:1].upper() + label[1:]


def holds(kind: str, column: Column) -> FieldType:
    """The type of what a column's values become."""
    if column.attribute is not None:
        return column.attribute
    if column.field in DATES[kind]:
        return FieldType.DATE
    if column.field in NUMBERS[kind]:
        return FieldType.MONEY
    if column.field in WHOLE[kind]:
        return FieldType.INTEGER
    return FieldType.TEXT


def reads_as(kind: str, column: Column) -> str:
    """How a column is read, in a few words."""
    match holds(kind, column):
        case FieldType.DATE:
            how = f"Date, {_WAY[column.dates]}" if column.dates else "Date"
            return f"{how}, {column.zone}" if column.zone else how
        case FieldType.MONEY | FieldType.NUMBER:
            sign = {numbers.POINT: ", decimal point", numbers.COMMA: ", decimal comma"}
            return f"Number{sign.get(column.decimal or '', '')}"
        case FieldType.INTEGER:
            return "Whole number"
        case of:
            return WORDS[of][:1].upper() + WORDS[of][1:]


def described(table: Table, encoding: str | None) -> str:
    """What a file is, in one line."""
    parts = [FORMATS[table.format]]
    if table.packing:
        parts.append(f"in {table.packing}")
    if table.sheet:
        parts.append(f"sheet “{table.sheet}”")
    if table.format == files.DELIMITED:
        parts.append(DELIMITERS.get(table.delimiter, f"“{table.delimiter}”").lower())
    if encoding:
        parts.append(encoding)
    count = len(table.columns)
    parts.append(f"{count:,} column{'' if count == 1 else 's'}")
    return " · ".join(parts)
