"""The catalogue of customer fields that a rule may use."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    TAGS = "tags"


NUMERIC = frozenset({FieldType.NUMBER, FieldType.INTEGER, FieldType.MONEY})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a customer: its JSON name, where it is stored, its type and what people call it.

    `folded` is the path of the form that text is compared by (see `fold`), None for other types.
    `options` are the values people usually choose from; other values are allowed.
    """

    name: str
    type: FieldType
    label: str
    options: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.name

    @property
    def folded(self) -> str | None:
        return f"folded.{self.name}" if self.type in (FieldType.TEXT, FieldType.TAGS) else None


def fold(text: str) -> str:
    """The form in which text is compared: NFC, trimmed, case-folded, NFC again (folding can undo it)."""
    if text.isascii():  # most text is, and there all of this is lower case
        return text.strip().lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().casefold())


_CATALOGUE = (
    Field("name", FieldType.TEXT, "name"),
    Field("email", FieldType.TEXT, "e-mail"),
    Field("phone", FieldType.TEXT, "phone"),
    Field("externalId", FieldType.TEXT, "external id"),
    Field("city", FieldType.TEXT, "city"),
    Field("country", FieldType.TEXT, "country"),
    Field("gender", FieldType.TEXT, "gender", ("female", "male", "other")),
    Field("age", FieldType.INTEGER, "age"),
    Field("birthDate", FieldType.DATE, "birth date"),
    Field("tags", FieldType.TAGS, "tags"),
    Field("totalSpent", FieldType.MONEY, "total spent"),
    Field("totalOrderValue", FieldType.MONEY, "total order value"),
    Field("orderCount", FieldType.INTEGER, "number of orders"),
    Field("visitCount", FieldType.INTEGER, "number of visits"),
    Field("loginCount", FieldType.INTEGER, "number of log-ins"),
    Field("lastActive", FieldType.DATE, "last active"),
    Field("lastLogin", FieldType.DATE, "last log-in"),
    Field("lastOrdered", FieldType.DATE, "last order"),
    Field("firstPurchaseDate", FieldType.DATE, "first order"),
    Field("accountCreated", FieldType.DATE, "signed up"),
    Field("isInactive", FieldType.BOOLEAN, "inactive"),
    Field("bucket", FieldType.INTEGER, "random bucket (0–9999)"),
)

FIELDS: dict[str, Field] = {field.name: field for field in _CATALOGUE}

LINE_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("product", FieldType.TEXT, "product"),
        Field("productId", FieldType.TEXT, "product id"),
        Field("category", FieldType.TEXT, "category"),
    )
}
ORDER_FIELDS: dict[str, Field] = {
    **LINE_FIELDS,
    "status": Field(
        "status",
        FieldType.TEXT,
        "order status",
        ("placed", "paid", "shipped", "delivered", "cancelled", "refunded"),
    ),
    "total": Field("total", FieldType.MONEY, "order total"),
}
"""What a behaviour may ask of an order, and (the first three) of a line of it."""

_TEXTS = tuple(field.name for field in _CATALOGUE if field.type is FieldType.TEXT)
_LISTS = tuple(field.name for field in _CATALOGUE if field.type is FieldType.TAGS)


def folded_document(customer: Mapping[str, object]) -> dict[str, str | list[str]]:
    """What is stored under `folded` beside a customer's text and tags, the form that rules compare by.

    Field name → folded text, or a list of distinct folded texts for tags, in their order. A field is
    left out where it is missing, empty, only blanks, or of another type than the catalogue says, so a
    name is in here exactly when the customer has a value there in the eyes of every rule.
    """
    folded: dict[str, str | list[str]] = {}
    for name in _TEXTS:
        value = customer.get(name)
        if isinstance(value, str) and (text := fold(value)):
            folded[name] = text
    for name in _LISTS:
        value = customer.get(name)
        if isinstance(value, list | tuple):
            texts = [fold(tag) for tag in value if isinstance(tag, str)]
            if tags := [tag for tag in dict.fromkeys(texts) if tag]:
                folded[name] = tags
    return folded
