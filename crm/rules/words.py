"""The words for fields and values, from which sentences about rules are made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from crm.fields import Field, FieldType
from crm.rules.values import MONTHS, Age, Moment, Span, Unit

_SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_PLAIN_TEXT = re.compile(r"[\w@.+'’/-]+|[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*)*")
_LAST_OF_DAY = time(23, 59, 59, 999_000)  # the last instant that is kept of a day


class Form(StrEnum):
    """Which of a field's phrases an operator's words are put into."""

    EQUAL = "equal"  # the text itself
    MATCHING = "matching"  # containing …
    AMOUNT = "amount"  # more than 3 orders
    NOUGHT = "nought"  # exactly 0
    RECENT = "recent"  # in the last 6 months
    WHEN = "when"  # before 1 January 2026
    DATED = "dated"  # in the next 30 days
    ANNIVERSARY = "anniversary"  # in the next 7 days
    FLAG = "flag"  # yes
    UNFLAG = "unflag"  # no
    TAGGED = "tagged"  # vip or gold
    KNOWN = "known"  # has a value at all


Phrase = tuple[str, str]  # where it holds, and where it does not; `{}` stands for the operator's words


@dataclass(frozen=True, slots=True)
class Wording:
    """How one field is spoken of: its noun, its unit (one, many), and phrases better than the usual."""

    noun: str
    unit: tuple[str, str] | None = None
    phrases: tuple[tuple[Form, Phrase], ...] = ()


_F = Form
_WORDINGS = {
    "name": Wording("name"),
    "email": Wording("e-mail address"),
    "phone": Wording("phone number"),
    "externalId": Wording("external id"),
    "city": Wording("city", None, ((_F.EQUAL, ("live in {}", "do not live in {}")),)),
    "country": Wording("country", None, ((_F.EQUAL, ("live in {}", "do not live in {}")),)),
    "gender": Wording("gender", None, ((_F.EQUAL, ("are {}", "are not {}")),)),
    "age": Wording("age", ("year old", "years old"), ((_F.AMOUNT, ("are {}", "are not {}")),)),
    "birthDate": Wording(
        "birthday",
        None,
        (
            (_F.RECENT, ("were born {}", "were not born {}")),
            (_F.WHEN, ("were born {}", "were not born {}")),
            (_F.DATED, ("have a birth date {}", "have no birth date {}")),
            (_F.ANNIVERSARY, ("have a birthday {}", "have no birthday {}")),
        ),
    ),
    "tags": Wording("tag", None, ((_F.KNOWN, ("have a tag", "have no tag")),)),
    "totalSpent": Wording(
        "total spent",
        None,
        (
            (_F.AMOUNT, ("spent {}", "did not spend {}")),
            (_F.NOUGHT, ("spent nothing", "spent something")),
        ),
    ),
    "totalOrderValue": Wording(
        "total order value",
        None,
        (
            (_F.AMOUNT, ("placed orders worth {} in all", "did not place orders worth {} in all")),
            (_F.NOUGHT, ("placed orders worth nothing", "placed orders worth something")),
        ),
    ),
    "orderCount": Wording(
        "number of orders",
        ("order", "orders"),
        (
            (_F.AMOUNT, ("placed {}", "did not place {}")),
            (_F.NOUGHT, ("never ordered", "ordered at least once")),
        ),
    ),
    "visitCount": Wording(
        "number of visits", ("time", "times"), ((_F.AMOUNT, ("visited {}", "did not visit {}")),)
    ),
    "loginCount": Wording(
        "number of log-ins", ("time", "times"), ((_F.AMOUNT, ("logged in {}", "did not log in {}")),)
    ),
    "lastActive": Wording(
        "activity",
        None,
        (
            (_F.RECENT, ("were active {}", "were not active {}")),
            (_F.WHEN, ("were last active {}", "have no last activity {}")),
        ),
    ),
    "lastLogin": Wording(
        "log-in",
        None,
        (
            (_F.RECENT, ("had a log-in {}", "had no log-in {}")),
            (_F.WHEN, ("last logged in {}", "have no last log-in {}")),
        ),
    ),
    "lastOrdered": Wording(
        "last order",
        None,
        (
            (_F.RECENT, ("ordered {}", "have not ordered {}")),
            (_F.WHEN, ("last ordered {}", "have no last order {}")),
        ),
    ),
    "firstPurchaseDate": Wording(
        "first order",
        None,
        (
            (_F.RECENT, ("first ordered {}", "have no first order {}")),
            (_F.WHEN, ("first ordered {}", "have no first order {}")),
        ),
    ),
    "accountCreated": Wording(
        "sign-up date",
        None,
        (
            (_F.RECENT, ("signed up {}", "did not sign up {}")),
            (_F.WHEN, ("signed up {}", "did not sign up {}")),
        ),
    ),
    "isInactive": Wording(
        "mark as active or inactive",
        None,
        (
            (_F.FLAG, ("are inactive", "are not inactive")),
            (_F.UNFLAG, ("are marked as active", "are not marked as active")),
        ),
    ),
    "bucket": Wording("random bucket"),
    "orders.count": Wording("number of orders", ("order", "orders")),
    "orders.quantity": Wording("number of items", ("item", "items")),
    "orders.products": Wording("number of products", ("different product", "different products")),
}


def phrase(field: Field, form: Form) -> Phrase:
    """The pair of phrases for a field in a form: its own, or the usual ones made from its noun."""
    wording = _wording(field)
    own = dict(wording.phrases).get(form)
    if own:
        return own
    noun, one = wording.noun, _with_article(wording.noun)
    match form:
        case Form.EQUAL:
            return f"have the {noun} {{}}", f"do not have the {noun} {{}}"
        case Form.AMOUNT | Form.NOUGHT:
            return f"have {_with_article(noun)} of {{}}", f"have no {noun} of {{}}"
        case Form.FLAG | Form.UNFLAG:
            return f"are marked as {field.label}: {{}}", f"are not marked as {field.label}: {{}}"
        case Form.TAGGED:
            return "are tagged {}", "are not tagged {}"
        case Form.KNOWN:
            return f"have a known {noun}", f"have no known {noun}"
        case Form.ANNIVERSARY:
            return f"have an anniversary of the {noun} {{}}", f"have no anniversary of the {noun} {{}}"
        case Form.MATCHING | Form.RECENT | Form.WHEN | Form.DATED:
            return f"have {one} {{}}", f"have no {noun} {{}}"


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts values into words for one field. Absolute dates are given as the rule has them."""

    field: Field
    currency: str

    def text(self, value: str) -> str:
        """Somebody's text: bare where it can't be taken for a part of the sentence, else in quotes."""
        value = value.strip()
        return value if _PLAIN_TEXT.fullmatch(value) and value not in ("or", "and") else self.quoted(value)

    def quoted(self, value: str) -> str:
        return quoted(value)

    def any_of(self, values: Sequence[str]) -> str:
        return joined([self.text(value) for value in values], "or")

    def all_of(self, values: Sequence[str]) -> str:
        listed = joined([self.text(value) for value in values], "and")
        return listed if len(values) == 1 else f"all of {listed}"

    def amount(self, value: float) -> str:
        unit = _wording(self.field).unit
        return f"{self._figure(value)} {unit[0] if value == 1 else unit[1]}" if unit else self._figure(value)

    def amounts(self, values: Sequence[float], word: str) -> str:
        """Several amounts, the unit after the last."""
        if len(values) == 1:
            return self.amount(values[0])
        unit = _wording(self.field).unit
        listed = joined([self._figure(value) for value in values], word)
        return f"{listed} {unit[1]}" if unit else listed

    def _figure(self, value: float) -> str:
        figure = f"{abs(value):,}"
        if isinstance(value, float):
            figure = f"{abs(value):,.10f}".rstrip("0").rstrip(".")
        if self.field.type is FieldType.MONEY:
            figure = _SYMBOLS.get(self.currency, f"{self.currency}\u00a0") + figure
        return f"−{figure}" if value < 0 else figure

    def length(self, value: Span | Age) -> str:
        """`1 day`, `90 days`."""
        amount, unit = (value.days, "days") if isinstance(value, Age) else (value.amount, str(value.unit))
        return f"{amount:,} {unit.removesuffix('s') if amount == 1 else unit}"

    def span(self, value: Span) -> str:
        """`day`, `90 days`: what follows “in the last”."""
        return self.length(value).removeprefix("1 ") if value.amount == 1 else self.length(value)

    def days(self, value: Span, where: str) -> str:
        """`today`, `in the next 7 days`: whole days, of which today is one."""
        one = value.amount == 1 and value.unit is Unit.DAYS
        return "today" if one else f"in the {where} {self.span(value)}"

    def months(self, value: Sequence[int]) -> str:
        return f"in {joined([MONTHS[number - 1] for number in sorted(value)], 'or')}"

    def moment(self, value: Moment) -> str:
        day = f"{value.day} {value:%B} {value.year}"
        if not isinstance(value, datetime):
            return day
        if value.tzinfo is None and value.time() == _LAST_OF_DAY:
            return f"the end of {day}"
        clock = f"{value:%H:%M:%S}" if value.second or value.microsecond else f"{value:%H:%M}"
        fraction = f"{value.microsecond / 1e6:.6f}".rstrip("0")[1:] if value.microsecond else ""
        offset = value.tzname() if value.tzinfo else ""
        return f"{day} {clock}{fraction} {offset}".rstrip()

    def start(self, value: Moment) -> str:
        """As `moment`, saying that a date means the instant at which it begins."""
        return self.moment(value) if isinstance(value, datetime) else f"the start of {self.moment(value)}"

    def on(self, value: Moment | Age) -> str:
        if isinstance(value, Age):
            return f"{self.length(value)} ago" if value.days else "within the last 24 hours"
        return f"at {self.moment(value)}" if isinstance(value, datetime) else f"on {self.moment(value)}"

    def aged(self, value: Moment | Age, older: str, later: str, *, start: bool) -> str:
        """Days ago, or the comparison with a date; `start` where a date's beginning must be named."""
        if isinstance(value, Age):
            return f"{older} {self.length(value)} ago"
        return f"{later} {self.start(value) if start else self.moment(value)}"

    def period(self, value: tuple[Moment | Age, Moment | Age]) -> str:
        low, high = value
        if isinstance(low, Age) or isinstance(high, Age):
            days = [each.days for each in value if isinstance(each, Age)]
            return f"between {days[0]:,} and {days[1]:,} days ago"
        return f"between {self.moment(low)} and {self.start(high)}"


def quoted(value: str) -> str:
    return f"“{value.strip()}”"


def joined(parts: Sequence[str], word: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}" if len(parts) > 1 else parts[0]


def _wording(field: Field) -> Wording:
    if field.key is not None:
        return _of_attribute(field)
    return _WORDINGS.get(field.name) or Wording(field.label)


def _of_attribute(field: Field) -> Wording:
    """Somebody's own words for a field need not be a noun, and braces in them stand for nothing."""
    noun = field.label.replace("{}", "{ }")
    named = f"“{noun}”"
    dated = (f"have {named} {{}}", f"do not have {named} {{}}")
    return Wording(
        noun,
        None,
        (
            (_F.TAGGED, (f"have {{}} among {named}", f"do not have {{}} among {named}")),
            (_F.FLAG, (f"have {named} marked {{}}", f"do not have {named} marked {{}}")),
            (_F.UNFLAG, (f"have {named} marked {{}}", f"do not have {named} marked {{}}")),
            (_F.RECENT, dated),
            (_F.WHEN, dated),
            (_F.DATED, dated),
            (
                _F.ANNIVERSARY,
                (f"have an anniversary of {named} {{}}", f"have no anniversary of {named} {{}}"),
            ),
            (_F.KNOWN, (f"have {named}", f"do not have {named}")),
        ),
    )


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
