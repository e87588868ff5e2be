"""Message templates: `{field}` and `{field|default}`, filled in for one customer.

`{name}` is replaced by the customer's value, written the way people read it: money with its currency, dates
as "5 March 2025". A field that is missing takes the default after the bar; where there is none, the message
can't be rendered for that person, who is then skipped with that reason. Nothing of it is ever evaluated: a
template is cut into text and fields once, and a value is only ever inserted.
"""

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crm.errors import FieldError, InvalidInput
from crm.fields import FIELDS, Field, FieldType

DEFAULT_TEMPLATE = "Hi {name|there}, here's 10% off on your next order!"
"""What the API sends when a campaign comes without a message."""

LIMIT = 5_000  # characters of a template; a longer one is a mistake, not a message
_SLOT = re.compile(r"\{\{([^{}]*)\}\}|\{([^{}]*)\}")
_SYMBOLS = {
    "INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "KRW": "₩", "ILS": "₪",
    "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "BRL": "R$", "MXN": "MX$",
    "VND": "₫", "PHP": "₱", "NGN": "₦", "UAH": "₴", "TRY": "₺",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to fill in: a field of the catalogue, and what stands there when it is missing."""

    field: Field
    default: str | None


@dataclass(frozen=True, slots=True)
class Style:
    """How values are written: the shop's currency and its time zone."""

    currency: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message for one customer, or the fields that it lacks; then `body` is None."""

    body: str | None
    missing: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it can't be sent, as the books write it."""
        verb = "is" if len(self.missing) == 1 else "are"
        return f"not renderable: {' and '.join(self.missing)} {verb} missing"


@dataclass(frozen=True, slots=True)
class Template:
    """A message cut into text and slots. Made by `parse`."""

    text: str
    parts: tuple[str | Slot, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it names, once, in order."""
        return tuple(dict.fromkeys(part.field.name for part in self.parts if isinstance(part, Slot)))

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which it can't be rendered: those that stand somewhere without a default."""
        needed = (part for part in self.parts if isinstance(part, Slot) and part.default is None)
        return tuple(dict.fromkeys(part.field.name for part in needed))


def parse(text: str) -> Template:
    """Cut a template into its parts. Raises InvalidInput that names the field it does not know.

    `{{name}}` means the same as `{name}`. A brace that opens no field is refused: it is a slip of the pen
    more often than a wish to print one.
    """
    if not text.strip():
        raise _refused("the message is empty")
    if len(text) > LIMIT:
        raise _refused(f"the message has {len(text):,} characters; {LIMIT:,} are allowed")
    parts: list[str | Slot] = []
    end = 0
    for match in _SLOT.finditer(text):
        _append_text(parts, text[end : match.start()])
        parts.append(_slot(match.group(1) if match.group(1) is not None else match.group(2)))
        end = match.end()
    _append_text(parts, text[end:])
    return Template(text, tuple(parts))


def _append_text(parts: list[str | Slot], text: str) -> None:
    for brace, other in (("{", "closed"), ("}", "opened")):
        if brace in text:
            around = text[max(0, text.index(brace) - 15) : text.index(brace) + 16].strip()
            raise _refused(f"a brace is never {other} near “{around}”; write a field as {{name}}")
    if text:
        parts.append(text)


def _slot(inside: str) -> Slot:
    name, bar, default = inside.partition("|")
    name = name.strip()
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.5)
        hint = f"; did you mean {{{near[0]}}}?" if near else ""
        raise _refused(f"“{name}” is not a field{hint}" if name else "a field is missing between the braces")
    return Slot(FIELDS[name], default.strip() if bar else None)


def _refused(reason: str) -> InvalidInput:
    return InvalidInput(f"The message can't be sent: {reason}.", [FieldError("messageTemplate", reason)])


def render(template: Template, customer: Mapping[str, Any], style: Style) -> Rendered:
    """The message for this customer (a document with the catalogue's names)."""
    pieces: list[str] = []
    missing: list[str] = []
    for part in template.parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        text = written(part.field, customer.get(part.field.name), style)
        if text is None:
            text = part.default
        if text is None:
            missing.append(part.field.name)
        else:
            pieces.append(text)
    if missing:
        return Rendered(None, tuple(dict.fromkeys(missing)))
    return Rendered("".join(pieces))


def written(field: Field, value: Any, style: Style) -> str | None:
    """A value as people read it, or None where it counts as missing: absent, empty, or of another type."""
    match field.type:
        case FieldType.TEXT:
            return (value.strip() or None) if isinstance(value, str) else None
        case FieldType.TAGS:
            tags = [tag for tag in value if isinstance(tag, str) and tag] if isinstance(value, list) else []
            return ", ".join(tags) or None
        case FieldType.BOOLEAN:
            return {True: "yes", False: "no"}[value] if isinstance(value, bool) else None
        case FieldType.DATE:
            return _day(value, style.zone) if isinstance(value, datetime) else None
        case _:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                return None
            return money(value, style.currency) if field.type is FieldType.MONEY else _number(value)


def money(amount: float, currency: str) -> str:
    """`₹1,234.50`, and `₹1,234` where there are no cents."""
    cents = 0 if round(amount, 2) == int(round(amount, 2)) else 2
    sign = "−" if amount < 0 else ""
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{abs(amount):,.{cents}f}"


def _number(value: float) -> str:
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def _day(at: datetime, zone: ZoneInfo) -> str:
    utc = at.astimezone(UTC)
    local = utc if utc.time() == time.min else at.astimezone(zone)  # midnight UTC: a day without a time
    return f"{local.day} {local:%B %Y}"
