"""What the columns of a file go to: by their names, and where those say nothing by what is in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crm.attributes import MOST, identity, is_ours, name_problem, plain
from crm.fields import Field
from crm.ingestion import headers, looks
from crm.ingestion.cells import Cell
from crm.ingestion.files import nameless
from crm.ingestion.guesses import Guess
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.reading import ATTRIBUTE, BY_CONTENT, BY_NAME, CHOSEN, NO_ROOM, REMEMBERED, WORDS, Column

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
NO_PLACE = {"field": None, "by": NO_ROOM, "attribute": None, "key": None}
"""What a column is that is left out because there are too many attributes."""

_SAID = (CHOSEN, REMEMBERED)
_SHOWN = 12
_MAKE_A_TOTAL = frozenset({"total", "products", "price"})
_WHAT = {looks.EMAIL: "e-mail addresses", looks.DATE: "dates", looks.PRODUCTS: "lists of products",
         looks.AMOUNT: "amounts"}  # fmt: skip


def guess_kind(names: Sequence[str], sample: Sequence[Sequence[Cell]]) -> str | None:
    """What the rows are, by the headers, else by what looks like the key of a customer or an order."""
    names = names[: headers.of_the_file(names)]
    if kind := headers.guess_kind(names):
        return kind
    found = {looks.look(_cells(sample, position)).type for position in range(len(names))}
    if looks.EMAIL not in found:
        return None
    named = {kind: sum(map(bool, headers.understand(kind, names).fields)) for kind in (CUSTOMERS, ORDERS)}
    if named[CUSTOMERS] != named[ORDERS]:
        return max(named, key=named.__getitem__)
    return ORDERS if looks.PRODUCTS in found or {looks.DATE, looks.AMOUNT} <= found else CUSTOMERS


def understand(kind: str, names: Sequence[str], sample: Sequence[Sequence[Cell]]) -> list[Column]:
    """The columns with the fields they go to. The sample is of the first rows."""
    own = headers.of_the_file(names)
    fields = (*headers.understand(kind, names[:own]).fields, *[None] * (len(names) - own))
    found = [
        Column(name, field, BY_NAME if field else None, looks.look(_cells(sample, position)).type)
        for position, (name, field) in enumerate(zip(names, fields, strict=True))
    ]
    for look, field in _BY_LOOK.get(kind, {}).items():
        taken = {column.field for column in found}
        if field in taken or (field == "total" and taken & _MAKE_A_TOTAL):
            continue
        alike = [at for at, column in enumerate(found[:own]) if column.look == look and not column.field]
        if len(alike) == 1:
            found[alike[0]] = replace(found[alike[0]], field=field, by=BY_CONTENT)
    return found


def as_attributes(
    found: Sequence[Column], sample: Sequence[Sequence[Cell]], known: Mapping[str, Field]
) -> list[Column]:
    """The columns, those that are not used by now as custom attributes; `known` are these by identity.

    A column without a name or a value, one whose name is ours or can't be one, and the second of a name
    stay as they are.
    """
    taken = {identity(column.name) for column in found if column.attribute}
    own = headers.of_the_file([column.header for column in found])
    columns = []
    for position, column in enumerate(found):
        name = plain(column.header)
        is_free = (
            column.field is None and column.by not in _SAID and name != nameless(position) and position < own
        )
        fits = is_free and not is_ours(name) and not name_problem(name)
        if fits and identity(name) not in taken:
            column = as_attribute(column, name, _cells(sample, position), known)
            taken |= {identity(name)} if column.attribute else set()
        columns.append(column)
    return columns


def within_room(found: Sequence[Column], known: Mapping[str, Field]) -> list[Column]:
    """The columns, those left out that would be more new attributes than there may be beside the known."""
    said = {identity(column.name) for column in found if column.is_new and column.by in _SAID}
    free = MOST - len(known) - len(said)
    columns = []
    for column in found:
        if column.is_new and column.by not in _SAID:
            free -= 1
            column = column if free >= 0 else replace(column, **NO_PLACE)  # type: ignore[arg-type]
        columns.append(column)
    return columns


def as_attribute(column: Column, name: str, cells: Iterable[Cell], known: Mapping[str, Field]) -> Column:
    """The column going to the attribute of this name, of the type that it has or that these cells suggest."""
    guess = Guess(name)
    for cell in cells:
        guess.see(cell)
    field = known.get(identity(name))
    kind = field.type if field else guess.type
    if kind is None:
        return column
    column = replace(column, field=f"{ATTRIBUTE}{field.name if field else name}", by=column.by or BY_NAME)
    return styled(replace(column, attribute=kind, key=field.key if field else None), guess)


def styled(column: Column, guess: Guess) -> Column:
    """An attribute's column with what its cells say of how its dates or numbers are written."""
    evidence = guess.evidence_of(column.attribute) if column.attribute else None
    if evidence is None:
        return column
    style = {"dates" if evidence.dates else "decimal": evidence.choice}
    return replace(column, **style, asks=evidence.example if evidence.open else None)  # type: ignore[arg-type]


def notes(columns: Sequence[Column]) -> list[str]:
    """What was concluded from values, and which headers are there more than once."""
    found = [
        f"“{column.header}” is taken as {column.field}, for its values are {_WHAT[column.look]}."
        for column in columns
        if column.by == BY_CONTENT
    ]
    found += news(column for column in columns if column.is_new and not column.key)
    names = [column.header for column in columns]
    names = names[: headers.of_the_file(names)]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        found.append(f"The header “{name}” is there {names.count(name)} times; the first column counts.")
    return found


def news(columns: Iterable[Column]) -> list[str]:
    """What is said of columns that become new attributes."""
    named = [f"“{column.name}” ({WORDS[column.attribute]})" for column in columns if column.attribute]
    return (
        [f"New custom {'attribute' if len(named) == 1 else 'attributes'}: {_some(named)}."] if named else []
    )


def _some(items: Sequence[str]) -> str:
    shown = ", ".join(items[:_SHOWN])
    return shown if len(items) <= _SHOWN else f"{shown} and {len(items) - _SHOWN} more"


def _cells(sample: Sequence[Sequence[Cell]], position: int) -> list[Cell]:
    return [cells[position] for cells in sample if position < len(cells)]
