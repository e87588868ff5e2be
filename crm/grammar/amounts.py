"""Numbers compared: "over ₹1000", "between 5 and 10", "3 or more", "exactly twice"."""

from dataclasses import replace

from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Kind
from crm.grammar.numbers import Number
from crm.grammar.pieces import Amount, Cursor, Unclear, Way

_BARE = "bare"


class Amounts:
    """Reads amounts at a cursor. Amounts of money are in `currency` (an ISO code) or they are asked about."""

    def __init__(self, cursor: Cursor, text: str, currency: str) -> None:
        self._at = cursor
        self._text = text
        self._currency = currency

    def read(self) -> Amount | None:
        """The amount that begins here, or None with the cursor where it was. Raises Unclear."""
        start = self._at.at
        for reader in (self._between, self._from_to, self._compared):
            found = reader()
            if found is not None:
                return found
            self._at.at = start
        return None

    def behind_noun(self, amount: Amount) -> Amount:
        """The amount with a comparison that stands behind its noun: "3 orders or more"."""
        if amount.comparison == _BARE and (behind := self._at.accept(Kind.COMPARED)):
            return replace(amount, comparison=behind.value, end=behind.end)
        return amount

    def _between(self) -> Amount | None:
        start = self._at.peek()
        if not start or not self._at.accept(Kind.PREPOSITION, "between"):
            return None
        low = self._number()
        joined = low and (self._at.accept(Kind.AND) or self._at.accept(Kind.PREPOSITION, "to"))
        high = self._number() if joined else None
        return self._range(start, low, high) if low and high else None

    def _from_to(self) -> Amount | None:
        """from 5 to 10, 5-10"""
        start = self._at.peek()
        self._at.accept(Kind.PREPOSITION, "from")
        low = self._number()
        high = self._number() if low and self._at.accept(Kind.PREPOSITION, "to") else None
        return self._range(start, low, high) if start and low and high else None

    def _range(self, start: Chunk, low: Amount, high: Amount) -> Amount:
        if low.low > high.low:
            raise Unclear(start.start, high.end, "The second number is smaller than the first.")
        if low.scale == 1 and 0 < low.low * high.scale < high.low and high.scale > 1:
            raise Unclear(start.start, high.end, "Write the first number in full too: 1000, 1k or 1 lakh?")
        if low.unit and high.unit and low.unit != high.unit:
            raise Unclear(start.start, high.end, "The two numbers are of different things.")
        return Amount(
            start=start.start, end=high.end, comparison="between", low=low.low, high=high.low,
            unit=high.unit or low.unit,
        )  # fmt: skip

    def _compared(self) -> Amount | None:
        start = self._at.peek()
        only = self._at.accept(Kind.ONLY)
        before = self._at.accept(Kind.COMPARE)
        number = self._number()
        if start is None or number is None:
            return None
        if before is None and only is None:
            behind = self._at.accept(Kind.COMPARED)
            number = self._unit(number)
            comparison = behind.value if behind else _BARE
            return replace(number, comparison=comparison, start=start.start, end=self._at.end())
        if before is None:
            return replace(number, comparison="eq", start=start.start)
        if only is not None and before.value != "eq":
            raise Unclear(start.start, number.end, "“Only” and a comparison do not go together.")
        sign = not self._text[before.start].isalpha()
        comparison, of_age = before.value.removesuffix("_age"), before.value.endswith("_age")
        return replace(number, comparison=comparison, symbolic=sign, of_age=of_age, start=start.start)

    def _number(self) -> Amount | None:
        """₹1,000 · 1000 rupees · 3 times · twice · 25 years old"""
        start, here = self._at.peek(), self._at.at
        if self._at.sees(Kind.NUMBER, ahead=1) or self._at.sees(Kind.BAD_NUMBER, ahead=1):
            self._at.accept(Kind.ARTICLE)
        currency = self._money()
        if bad := self._at.accept(Kind.BAD_NUMBER):
            self._unit(Amount(start=bad.start, end=bad.end, comparison=_BARE, low=0))
            hint = "Write the number in plain digits, such as 1500 or 1,500.50."
            raise Unclear(bad.start, bad.end, hint, ways=_plain_digits(self._text[bad.start : bad.end]))
        apiece = self._at.accept(Kind.APIECE)
        number = apiece or self._at.accept(Kind.NUMBER)
        if start is None or number is None or (currency and apiece):
            self._at.at = here
            return None
        value = apiece.value if apiece else self._plain(number.value, number)
        scale = 1 if apiece else number.value.scale
        found = Amount(start=start.start, end=number.end, comparison=_BARE, low=value, scale=scale)
        if apiece:
            return replace(found, unit="times")
        return self._unit(replace(found, unit="money" if currency else None))

    def _unit(self, amount: Amount) -> Amount:
        if amount.unit:
            return amount
        if self._money():
            return replace(amount, unit="money", end=self._at.end())
        if self._at.accept(Kind.TIMES):
            return replace(amount, unit="times", end=self._at.end())
        if self._at.accept(Kind.UNIT, "age"):
            return replace(amount, unit="age", end=self._at.end())
        return amount

    def _plain(self, number: Number, chunk: Chunk) -> int | float:
        if number.ordinal:
            raise Unclear(chunk.start, chunk.end, "I can't use this number here.")
        return number.value

    def _money(self) -> bool:
        chunk = self._at.accept(Kind.CURRENCY)
        if chunk is None:
            return False
        if chunk.value != self._currency:
            words = self._text[chunk.start : chunk.end]
            hint = f"Amounts are in {self._currency} here, and {words} is not converted."
            raise Unclear(chunk.start, chunk.end, hint)
        behind = self._at.peek()
        if behind and self._text[behind.start : behind.end] == "." and behind.start == chunk.end:
            self._at.at += 1  # "Rs. 500"
        return True


def _plain_digits(text: str) -> list[Way]:
    """What a number with odd separators may be: 1500 and 1.5 for "1.500"."""
    digits = text.replace(".", "").replace(",", "")
    if not digits.isdecimal():
        return []
    return [(digits,), *([(str(float(text)),)] if text.count(".") == 1 and "," not in text else [])]
