"""The catalogue of customer fields that a rule may use."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FieldType(StrEnum):
    """What the values of a field are, which decides its operators and how values are read and written."""

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
    `options` are the values people usually choose from; other values are allowed. `key` is what a custom
    attribute is stored under, made by us and never of its name; a key has one type for ever. A field of
    the catalogue has none.
    """

    name: str
    type: FieldType
    label: str
    options: tuple[str, ...] = ()
    key: str | None = None

    @property
    def path(self) -> str:
        """Where its value is in a customer's document."""
        return f"attributes.{self.key}" if self.key else self.name

    @property
    def folded(self) -> str | None:
        """Where its text is in the form that rules compare; None for what is no text."""
        leaf = self.key or self.name
        return f"folded.{leaf}" if self.type in (FieldType.TEXT, FieldType.TAGS) else None

    @property
    def column(self) -> str:
        """Its column in the snapshot. An attribute's says its type, so that a column explains itself."""
        return f"{self.key}.{self.type}" if self.key else self.name


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

_FOLDED = tuple(field for field in _CATALOGUE if field.folded)
_FOLDED_TEXTS = tuple(field.name for field in _FOLDED if field.type is FieldType.TEXT)
_FOLDED_TAGS = tuple(field.name for field in _FOLDED if field.type is not FieldType.TEXT)


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """What a document has at a path of names with dots between them; None where there is nothing."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def folded_document(
    customer: Mapping[str, Any], attributes: Iterable[Field] = ()
) -> dict[str, str | list[str]]:
    """What is stored under `folded` beside a customer's text and tags, the form that rules compare by.

    Field name, or the key of one of `attributes` → folded text, or a list of distinct folded texts for
    tags, in their order. A field is left out where it is missing, empty, only blanks, or of another type
    than the catalogue says, so a name is in here exactly when the customer has a value there in the eyes of
    every rule.
    """
    folded: dict[str, str | list[str]] = {}
    for name in _FOLDED_TEXTS:
        if isinstance(value := customer.get(name), str) and (text := fold(value)):
            folded[name] = text
    for name in _FOLDED_TAGS:
        _fold_into(folded, name, FieldType.TAGS, customer.get(name))
    for field in attributes:
        if field.folded and field.key:
            _fold_into(folded, field.key, field.type, value_at(customer, field.path))
    return folded


def _fold_into(folded: dict[str, str | list[str]], name: str, kind: FieldType, value: object) -> None:
    if kind is FieldType.TEXT:
        if isinstance(value, str) and (text := fold(value)):
            folded[name] = text
    elif isinstance(value, list | tuple):
        texts = [fold(tag) for tag in value if isinstance(tag, str)]
        if tags := [tag for tag in dict.fromkeys(texts) if tag]:
            folded[name] = tags
