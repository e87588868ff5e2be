"""Message templates: `{field}` and `{field|default}`, and conditions, filled in for one customer.

`{name}` is replaced by the customer's value, written the way people read it: money with its currency, dates
as "5 March 2025". A field that is missing takes the default after the bar; where there is none, the message
can't be rendered for that person, who is then skipped with that reason. A template without conditions is cut
into text and fields once, and a value is only ever inserted; one with `{% if orderCount > 3 %}` or filters
runs in the sandbox of `crm.templating`.
"""

import difflib
import html
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crm import templating
from crm.errors import FieldError, InvalidInput
from crm.fields import FIELDS, Field, FieldType
from crm.templating import FILTERS, Program, Refused

DEFAULT_TEMPLATE = "Hi {name|there}, here's 10% off on your next order!"
"""What the API sends when a campaign comes without a message."""

LIMIT = 5_000  # characters of a template; a longer one is a mistake, not a message
HTML_LIMIT = 100_000
_SLOT = re.compile(r"\{\{([^{}]*)\}\}|\{([^{}]*)\}")
_DOUBLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_TAGS = re.compile(r"(\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\})", re.DOTALL)
_NAMED = re.compile(r"\s*\w[\w .-]*(\|.*)?", re.DOTALL)
_WORD = re.compile(r"\s*(\w+)\s*(\()?")
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
    """A message for one customer; or, with `body` None, the fields that it lacks or what else went wrong."""

    body: str | None
    missing: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def reason(self) -> str:
        """Why it can't be sent, as the books write it."""
        if not self.missing:
            return f"not renderable: {self.problem}"
        verb = "is" if len(self.missing) == 1 else "are"
        return f"not renderable: {' and '.join(self.missing)} {verb} missing"


@dataclass(frozen=True, slots=True)
class Template:
    """A message cut into text and slots, or one with conditions. Made by `parse`."""

    text: str
    parts: tuple[str | Slot, ...]
    escaped: bool = False
    program: Program | None = None
    named: tuple[Field, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it names, once, in order."""
        return tuple(field.name for field in self.named)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where these fields are stored."""
        return tuple(field.path for field in self.named)

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which it can't be rendered: those that stand somewhere without a default.

        Of a template with conditions: those that may be needed, as the conditions turn out.
        """
        if self.program is not None:
            return tuple(name for name in self.program.names if name not in self.program.optional)
        needed = (part for part in self.parts if isinstance(part, Slot) and part.default is None)
        return tuple(dict.fromkeys(part.field.name for part in needed))


def parse(
    text: str,
    fields: Mapping[str, Field] = FIELDS,
    *,
    as_html: bool = False,
    name: str = "messageTemplate",
    limit: int = LIMIT,
) -> Template:
    """Cut a template into its parts. Raises InvalidInput that names the field it does not know.

    `{{name}}` means the same as `{name}`. A brace that opens no field is refused: it is a slip of the pen
    more often than a wish to print one. In HTML, where styles have braces, it is text; there the values
    that are filled in are escaped. `name` is what the error calls the template.
    """
    if not text.strip():
        raise _refused("the message is empty", name)
    if len(text) > limit:
        raise _refused(f"the message has {len(text):,} characters; {limit:,} are allowed", name)
    try:
        if _has_program(text):
            program = Program(_as_program(text, fields, as_html), fields, autoescape=as_html)
            named = tuple(fields[each] for each in program.names)
            return Template(text, (), as_html, program, named)
        parts = _cut(text, fields, as_html)
    except Refused as error:
        raise _refused(str(error) + _hint(str(error), fields), name) from None
    slots = [part.field for part in parts if isinstance(part, Slot)]
    return Template(text, tuple(parts), as_html, None, tuple({each.name: each for each in slots}.values()))


def _cut(text: str, fields: Mapping[str, Field], as_html: bool) -> list[str | Slot]:
    parts: list[str | Slot] = []
    end = 0
    for match in _SLOT.finditer(text):
        inside = match.group(1) if match.group(1) is not None else match.group(2)
        if as_html and not _NAMED.fullmatch(inside):
            continue
        _append_text(parts, text[end : match.start()], as_html)
        parts.append(_slot(inside, fields))
        end = match.end()
    _append_text(parts, text[end:], as_html)
    return parts


def _append_text(parts: list[str | Slot], text: str, as_html: bool) -> None:
    for brace, other in () if as_html else (("{", "closed"), ("}", "opened")):
        if brace in text:
            around = text[max(0, text.index(brace) - 15) : text.index(brace) + 16].strip()
            raise Refused(f"a brace is never {other} near “{around}”; write a field as {{name}}")
    if text:
        parts.append(text)


def _slot(inside: str, fields: Mapping[str, Field]) -> Slot:
    name, bar, default = inside.partition("|")
    name = name.strip()
    if name not in fields:
        raise Refused(f"“{name}” is not a field" if name else "a field is missing between the braces")
    return Slot(fields[name], default.strip() if bar else None)


def fits_a_slot(name: str) -> bool:
    """Whether a field of this name can be written in a message: braces and bars mean something there."""
    return not set(name) & set("{}|")


def _hint(reason: str, fields: Mapping[str, Field]) -> str:
    name = reason.removeprefix("“").removesuffix("” is not a field")
    near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5) if reason.endswith("not a field") else []
    return f"; did you mean {{{near[0]}}}?" if near else ""


def _has_program(text: str) -> bool:
    """Whether a template has more than fields with defaults: a tag, or an expression in double braces."""
    if "{%" in text or "{#" in text:
        return True
    return any(_is_expression(match.group(1)) for match in _DOUBLE.finditer(text))


def _is_expression(inside: str) -> bool:
    name, bar, rest = inside.partition("|")
    if bar:
        word = _WORD.match(rest)
        return word is not None and (word.group(1) in FILTERS or bool(word.group(2)))
    return not _NAMED.fullmatch(name)


def _as_program(text: str, fields: Mapping[str, Field], as_html: bool) -> str:
    """The template for the sandbox: fields in single braces, and defaults after a bar, put in its words."""
    pieces: list[str] = []
    for piece in _TAGS.split(text):
        if piece.startswith(("{%", "{#")) or (
            piece.startswith("{{") and _is_for_sandbox(piece[2:-2], fields)
        ):
            pieces.append(piece)
            continue
        for part in _cut(piece, fields, as_html):
            pieces.append(part if isinstance(part, str) else _spelled(part))
    return "".join(pieces)


def _is_for_sandbox(inside: str, fields: Mapping[str, Field]) -> bool:
    """Whether it is an expression, or perhaps the name of a loop's tag."""
    return _is_expression(inside) or ("|" not in inside and inside.strip() not in fields)


def _spelled(slot: Slot) -> str:
    if not slot.field.name.isidentifier():
        raise Refused(f"“{slot.field.name}” can't stand in a message with conditions: its name has blanks")
    if slot.default is None:
        return f"{{{{ {slot.field.name} }}}}"
    quoted = slot.default.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"{{{{ {slot.field.name}|default('{quoted}') }}}}"


def _refused(reason: str, name: str) -> InvalidInput:
    return InvalidInput(f"The message can't be sent: {reason}.", [FieldError(name, reason)])


def render(template: Template, customer: Mapping[str, Any], style: Style) -> Rendered:
    """The message for this customer (a document as it is stored)."""
    if template.program is not None:
        return _run(template, template.program, customer, style)
    pieces: list[str] = []
    missing: list[str] = []
    for part in template.parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        field = part.field
        raw = customer.get(field.name) if field.key is None else stored(customer, field)
        if field.type is FieldType.TEXT:
            text = raw.strip() or None if isinstance(raw, str) else None
        else:
            text = written(field, raw, style)
        if text is None:
            text = part.default
        if text is None:
            missing.append(part.field.name)
        else:
            pieces.append(html.escape(text) if template.escaped else text)
    if missing:
        return Rendered(None, tuple(dict.fromkeys(missing)))
    return Rendered("".join(pieces))


def stored(customer: Mapping[str, Any], field: Field) -> Any:
    """A field's value as it stands in a customer's document, whatever its type; None where there is none."""
    if field.key is None:
        return customer.get(field.name)
    given = customer.get("attributes")
    return given.get(field.key) if isinstance(given, dict) else None


def _run(template: Template, program: Program, customer: Mapping[str, Any], style: Style) -> Rendered:
    values: dict[str, Any] = {}
    for field in template.named:
        raw = stored(customer, field)
        text = written(field, raw, style)
        if text is not None:
            values[field.name] = templating.value(field, raw, text)
    missing: list[str] = []
    while True:  # once more for each field that is missing, to name them all
        try:
            body = program.run(values)
        except templating.Missing as error:
            if error.name in missing or error.name not in template.fields:
                return Rendered(None, tuple(missing), f"{error.name} is missing")
            missing.append(error.name)
            values[error.name] = templating.Blank()
        except templating.TooLong:
            return Rendered(None, problem=f"it is longer than {templating.LONGEST:,} characters")
        except (TypeError, ValueError, ArithmeticError) as error:
            if missing:
                return Rendered(None, tuple(missing))
            return Rendered(None, problem=f"a condition does not fit the values ({type(error).__name__})")
        else:
            return Rendered(None, tuple(missing)) if missing else Rendered(body)


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
