"""What the columns of a file go to: by their names, and where those say nothing by what is in them."""

from collections.abc import Sequence
from dataclasses import replace

from crm.ingestion import headers, looks
from crm.ingestion.cells import Cell
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.reading import BY_CONTENT, BY_NAME, Column

# Kind → look → the field that the only column of that look is taken for, if no header names it.
_BY_LOOK = {
    CUSTOMERS: {looks.EMAIL: "email"},
    ORDERS: {
        looks.EMAIL: "customerEmail",
        looks.DATE: "createdAt",
        looks.PRODUCTS: "products",
        looks.AMOUNT: "total",
    },
}
_MAKE_A_TOTAL = frozenset({"total", "products", "price"})
_WHAT = {looks.EMAIL: "e-mail addresses", looks.DATE: "dates", looks.PRODUCTS: "lists of products",
         looks.AMOUNT: "amounts"}  # fmt: skip


def guess_kind(names: Sequence[str], sample: Sequence[Sequence[Cell]]) -> str | None:
    """What the rows are, by the headers, else by what looks like the key of a customer or an order."""
    if kind := headers.guess_kind(names):
        return kind
    found = {looks.look(_cells(sample, position)).type for position in range(len(names))}
    if looks.EMAIL not in found:
        return None
    return ORDERS if looks.PRODUCTS in found or {looks.DATE, looks.AMOUNT} <= found else CUSTOMERS


def understand(kind: str, names: Sequence[str], sample: Sequence[Sequence[Cell]]) -> list[Column]:
    """The columns with the fields they go to. The sample is of the first rows."""
    fields = headers.understand(kind, names).fields
    found = [
        Column(name, field, BY_NAME if field else None, looks.look(_cells(sample, position)).type)
        for position, (name, field) in enumerate(zip(names, fields, strict=True))
    ]
    for look, field in _BY_LOOK.get(kind, {}).items():
        taken = {column.field for column in found}
        if field in taken or (field == "total" and taken & _MAKE_A_TOTAL):
            continue
        alike = [
            position for position, column in enumerate(found) if column.look == look and not column.field
        ]
        if len(alike) == 1:
            found[alike[0]] = replace(found[alike[0]], field=field, by=BY_CONTENT)
    return found


def notes(columns: Sequence[Column]) -> list[str]:
    """What was concluded from values, and which headers are there more than once."""
    found = [
        f"“{column.header}” is taken as {column.field}, for its values are {_WHAT[column.look]}."
        for column in columns
        if column.by == BY_CONTENT
    ]
    names = [column.header for column in columns]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        found.append(f"The header “{name}” is there {names.count(name)} times; the first column counts.")
    return found


def _cells(sample: Sequence[Sequence[Cell]], position: int) -> list[Cell]:
    return [cells[position] for cells in sample if position < len(cells)]
