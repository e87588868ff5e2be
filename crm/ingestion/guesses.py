"""What type the column of a file suggests that becomes a custom attribute."""

from collections import Counter
from datetime import datetime

from crm.attributes import EXAMPLES, label_of
from crm.fields import FieldType
from crm.ingestion import moments, numbers
from crm.ingestion.cells import Cell, is_blank, shown
from crm.ingestion.looks import Evidence
from crm.ingestion.values import FALSE, LONGEST_TEXT, TRUE

# What people and programs write where there is nothing; of text it is kept, for it may be one.
NOTHING = frozenset({"n/a", "na", "#n/a", "null", "none", "nil", "nan", "-", "--", "–", "?", "unknown"})
_CODES = frozenset(
    {"id", "code", "zip", "postcode", "pincode", "pin", "phone", "mobile", "tel", "sku", "ean", "iban",
     "no", "nr", "number", "ref", "reference"}
)  # fmt: skip
_ASKING = frozenset({"is", "has", "was", "had", "can"})
_DIGITS = {"0", "1"}
_LONGEST_NUMBER = 15  # digits: longer ones are numbers of cards and parcels
_LONGEST_TAG = 40
_NUMBER_ALONE = {FieldType.NUMBER}
_ENOUGH = 1000  # values that tell text from lists
_CUTS = (";", "|")


def says_nothing(cell: Cell) -> bool:
    """Whether a cell is empty, or a word for nothing stands in it."""
    return is_blank(cell) or cell == [] or (isinstance(cell, str) and cell.strip().lower() in NOTHING)


class Guess:
    """Sees the cells of one column, and says what they all are."""

    def __init__(self, header: str) -> None:
        words = label_of(header).lower().split()
        self._is_code = bool(words) and words[-1] in _CODES
        self._asks = bool(words) and words[0] in _ASKING
        self._possible = {FieldType.BOOLEAN, FieldType.NUMBER, FieldType.DATE}
        if self._is_code:
            self._possible.discard(FieldType.NUMBER)
        self._evidence = {FieldType.DATE: Evidence(dates=True), FieldType.NUMBER: Evidence(dates=False)}
        self._given = self._lists = self._unfit = self._cut = 0
        self._pieces: Counter[str] = Counter()
        self.examples: list[str] = []

    def see(self, cell: Cell) -> None:
        self._unfit += _is_unfit(cell)
        if self._given >= _ENOUGH:
            if not self._possible:
                return
            if self._possible == _NUMBER_ALONE and _is_plain_number(cell):
                return  # it says nothing that was not known: files have such columns by the million
        if says_nothing(cell):
            return
        self._given += 1
        if len(self.examples) < EXAMPLES and (example := shown(cell, 60)) not in self.examples:
            self.examples.append(example)
        self._lists += isinstance(cell, list)
        kinds = self._kinds_of_text(cell.strip()) if isinstance(cell, str) else _kinds_of_value(cell)
        self._possible &= kinds
        for kind, evidence in self._evidence.items():
            if kind in kinds:
                evidence.see(cell)

    def _kinds_of_text(self, written: str) -> set[FieldType]:
        kinds = set()
        word = written.lower()
        if word in TRUE | FALSE and (self._asks or word not in _DIGITS):
            kinds.add(FieldType.BOOLEAN)
        if _is_number(written):
            kinds.add(FieldType.NUMBER)
        if FieldType.DATE in self._possible and moments.evidence(written) not in (
            None,
            moments.SERIAL,
            moments.EPOCH,
        ):
            kinds.add(FieldType.DATE)
        if not self._possible & kinds:
            self._see_pieces(written)
        return kinds

    def _see_pieces(self, written: str) -> None:
        cut = next((sign for sign in _CUTS if sign in written), None)
        self._cut += cut is not None
        for piece in written.split(cut) if cut else [written]:
            self._pieces[piece.strip().lower()[: _LONGEST_TAG + 1]] += 1

    @property
    def undecided(self) -> bool:
        """Whether a later cell could still change the type. Text stays text, if it is not too long."""
        return not self._unfit

    @property
    def type(self) -> FieldType | None:
        """None where nothing was given, or what is no value of an attribute: objects, texts of any length."""
        if not self._given or self._unfit:
            return None
        if self._lists:
            return FieldType.TAGS if self._lists == self._given else FieldType.TEXT
        for kind in (FieldType.BOOLEAN, FieldType.NUMBER, FieldType.DATE):
            if kind in self._possible:
                return kind
        return FieldType.TAGS if self._are_tags() else FieldType.TEXT

    def _are_tags(self) -> bool:
        """Lists cut by a sign whose pieces are short and come again."""
        return (
            self._cut > 0
            and all(len(piece) <= _LONGEST_TAG for piece in self._pieces)
            and len(self._pieces) < self._pieces.total()
        )

    def evidence_of(self, kind: FieldType) -> Evidence | None:
        """What the cells say of how dates or numbers are written, None for other types."""
        return self._evidence.get(kind)


def _is_unfit(cell: Cell) -> bool:
    if isinstance(cell, str):
        return len(cell) > LONGEST_TEXT
    return isinstance(cell, dict) or (isinstance(cell, list) and any(isinstance(one, dict) for one in cell))


def _is_plain_number(cell: Cell) -> bool:
    is_digits = isinstance(cell, str) and cell.isdecimal() and len(cell) <= _LONGEST_NUMBER
    return is_digits and (cell[0] != "0" or len(cell) == 1)


def _is_number(written: str) -> bool:
    digits = sum(map(str.isdigit, written))
    if not digits or digits > _LONGEST_NUMBER or any(map(str.isalpha, written)):
        return False
    if written[0] == "0" and written[1:2].isdigit():
        return False  # 0123 is a code
    return numbers.evidence(written) is not None


def _kinds_of_value(cell: Cell) -> set[FieldType]:
    if isinstance(cell, bool):
        return {FieldType.BOOLEAN}
    if isinstance(cell, int | float):
        return {FieldType.NUMBER}
    return {FieldType.DATE} if isinstance(cell, datetime) else set()
