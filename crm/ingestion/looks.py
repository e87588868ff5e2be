"""What a column's values look like, and what they say of how dates and numbers are written in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from crm.ingestion import moments, numbers, values
from crm.ingestion.cells import Cell, is_blank
from crm.ingestion.refused import Refused

EMPTY, TEXT, EMAIL, DATE, NUMBER, AMOUNT, YES_NO, PRODUCTS = (
    "empty", "text", "email", "date", "number", "amount", "yes/no", "products",
)  # fmt: skip
_MOSTLY = 0.9  # a column is of a kind if this share of what is given in it is
_WORDS = frozenset({"true", "false", "yes", "no"})
_LONGEST = 60  # characters of what may be a date or a number


@dataclass(frozen=True, slots=True)
class Look:
    """`type` is one of the constants above."""

    type: str
    given: int


def look(cells: Iterable[Cell]) -> Look:
    """What these values of one column mostly are."""
    counts = Counter(_type(cell) for cell in cells if not is_blank(cell))
    given = sum(counts.values())
    if not given:
        return Look(EMPTY, 0)
    if counts[NUMBER] + counts[AMOUNT] >= _MOSTLY * given:
        return Look(AMOUNT if counts[AMOUNT] else NUMBER, given)
    found, times = counts.most_common(1)[0]
    return Look(found if times >= _MOSTLY * given else TEXT, given)


def _type(cell: Cell) -> str:
    if not isinstance(cell, str):
        return _type_of_value(cell)
    written = cell.strip()
    if "@" in written:
        try:
            values.email(written)
        except Refused:
            return TEXT
        return EMAIL
    if written.lower() in _WORDS:
        return YES_NO
    if written.startswith("[{"):
        return PRODUCTS
    if len(written) > _LONGEST or not any(map(str.isdigit, written)):
        return TEXT
    says = numbers.evidence(written)
    if says is not None:
        return AMOUNT if says or numbers.has_a_sign(written) else NUMBER
    return DATE if moments.evidence(written) is not None else TEXT


def _type_of_value(cell: Cell) -> str:
    if isinstance(cell, bool):
        return YES_NO
    if isinstance(cell, int):
        return NUMBER
    if isinstance(cell, float):
        return NUMBER if cell.is_integer() else AMOUNT
    if isinstance(cell, list | dict):
        return PRODUCTS
    return DATE


class Evidence:
    """What the rows of a column, one after the other, say of how its dates or numbers are written.

    `undecided` until a row has said it: `choice` is the decimal sign or the way of dates then. `open` where
    none did and some value could be read in two ways. One that is not `patient` is undecided only while it
    is open: to read a whole file for the decimals of numbers that have none costs a tenth of importing it.
    """

    def __init__(self, *, dates: bool, patient: bool = True) -> None:
        self._says = moments.evidence if dates else numbers.evidence
        self.dates = dates
        self._patient = patient
        self._counts: Counter[str | None] = Counter()
        self.example: str | None = None

    def see(self, cell: Cell) -> None:
        if is_blank(cell):
            return
        if not isinstance(cell, str):
            self._counts[self._of_value(cell)] += 1
            return
        written = cell.strip()
        if not self.dates and written.isdecimal():
            return
        says = self._says(written[:_LONGEST])
        self._counts[says] += 1
        if says == moments.EITHER and self.example is None:
            self.example = written[:_LONGEST]

    def _of_value(self, cell: Cell) -> str:
        if not self.dates:
            return numbers.POINT
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return moments.evidence(f"{cell:.6f}".rstrip("0").rstrip(".")) or moments.PLAIN
        return moments.PLAIN

    @property
    def undecided(self) -> bool:
        if self._found() or self._counts[moments.PLAIN]:
            return False
        return self._patient or self.open

    @property
    def choice(self) -> str | None:
        """None where nothing, or the contrary, was said too."""
        found = self._found()
        return found[0] if len(found) == 1 else None

    @property
    def open(self) -> bool:
        return self.choice is None and self._counts[moments.EITHER] > 0

    def _found(self) -> list[str]:
        sure = (moments.DAY_FIRST, moments.MONTH_FIRST) if self.dates else (numbers.POINT, numbers.COMMA)
        found = [one for one in sure if self._counts[one]]
        if found or not self.dates or self._counts[moments.PLAIN] or self._counts[moments.EITHER]:
            return found
        # Numbers are dates only where nothing else stands in the column.
        return [one for one in (moments.SERIAL, moments.EPOCH) if self._counts[one]]


def is_data(headers: Iterable[str]) -> bool:
    """Whether what stands in the place of headers is a record: an address, a date or an amount in it."""
    looks = [(header, _type(header)) for header in headers if header]
    return any(
        found in (EMAIL, DATE, PRODUCTS) or (found == AMOUNT and not any(map(str.isalpha, header)))
        for header, found in looks  # Q1 is a quarter's name before it is an amount of a currency Q
    )
