"""How numbers, money and times are written on every page.

Digits are grouped by thousands in every currency, rupees too: chart axes and table cells can't group by
lakh and crore, and one amount must not read in two ways on one page.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NOTHING = "–"

_SYMBOLS = {
    "INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "KRW": "₩", "ILS": "₪",
    "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "BRL": "R$", "MXN": "MX$",
    "VND": "₫", "PHP": "₱", "NGN": "₦", "UAH": "₴", "TRY": "₺",
}  # fmt: skip
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX"})
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:])")
_STEPS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K"))
_SPANS = (
    (365 * 86_400, "year"),
    (30 * 86_400, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
)


def symbol(currency: str) -> str:
    """The sign before an amount: `₹`, or the code and a no-break space where a currency has no sign."""
    return _SYMBOLS.get(currency, f"{currency}\u00a0")


def money(amount: float | None, currency: str, *, short: bool = False) -> str:
    """`₹1,234.50`; short `₹1.2K`; a dash for None."""
    if amount is None:
        return NOTHING
    sign = "−" if amount < 0 else ""
    if short:
        return f"{sign}{symbol(currency)}{_shortened(abs(amount))}"
    decimals = 0 if currency in _WITHOUT_CENTS else 2
    return f"{sign}{symbol(currency)}{abs(amount):,.{decimals}f}"


def headline(amount: float | None, currency: str) -> tuple[str, str | None]:
    """Money as wide as a card has room for, and the exact amount where that is another text.

    `₹1,234.50`, `₹1,234,567` from a hundred thousand on, `₹39.7M` from ten million on.
    """
    exact = money(amount, currency)
    if amount is None or abs(amount) < 100_000:
        return exact, None
    text = money(amount, currency, short=True) if abs(amount) >= 10_000_000 else exact.partition(".")[0]
    return text, None if text == exact else exact


def number(value: float | None, *, short: bool = False) -> str:
    """`12,345`, with two decimals at most; short `12.3K`; a dash for None."""
    if value is None:
        return NOTHING
    sign = "−" if value < 0 else ""
    if short:
        return sign + _shortened(abs(value))
    text = f"{abs(value):,.2f}"
    return sign + text.rstrip("0").rstrip(".")


def percent(share: float | None) -> str:
    """`12.3 %` of 0.123; a share that is small but not nothing is `< 0.1 %`, never `0 %`."""
    if share is None:
        return NOTHING
    if 0 < share < 0.001:
        return "< 0.1\u00a0%"
    if 0.999 < share < 1:
        return "> 99.9\u00a0%"
    return f"{share * 100:.1f}".removesuffix(".0") + "\u00a0%"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """`1 customer`, `2,357 customers`."""
    return f"{number(value)} {singular if value == 1 else plural or singular + 's'}"


def day(at: datetime | None, zone: ZoneInfo) -> str:
    """`5 Jan 2026`, in this zone."""
    if at is None:
        return NOTHING
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """`5 Jan 2026, 14:05`, in this zone."""
    return NOTHING if at is None else f"{day(at, zone)}, {at.astimezone(zone):%H:%M}"


def ago(at: datetime | None, now: datetime) -> str:
    """`just now`, `5 minutes ago`, `in 2 days`; `never` for None."""
    if at is None:
        return "never"
    seconds = (now.astimezone(UTC) - at.astimezone(UTC)).total_seconds()
    for length, unit in _SPANS:
        if abs(seconds) >= length:
            span = count(int(abs(seconds) // length), unit)
            return f"{span} ago" if seconds > 0 else f"in {span}"
    return "just now"


def size(length: int) -> str:
    """`12 KB` of a length in bytes, as file managers write it."""
    for step, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if length >= step:
            return f"{length / step:.1f}".removesuffix(".0") + f" {unit}"
    return count(length, "byte")


def plain(text: str) -> str:
    """Text of a person's for st.markdown and labels, shown as it is: nothing in it becomes formatting."""
    return _MARKDOWN.sub(r"\\\1", text)


def _shortened(value: float) -> str:
    for step, letter in _STEPS:
        if value >= step * 0.99995:
            return f"{value / step:.1f}".removesuffix(".0") + letter
    return f"{value:.1f}".removesuffix(".0")
