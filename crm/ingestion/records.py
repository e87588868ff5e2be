"""What a customer, an order and a product must be: raw names and values → a record of ours, or a reason.

A record holds only what was given, under our names and in our types; `orjson` can write it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from functools import lru_cache, partial
from typing import Any

import orjson

from crm.fields import fold
from crm.ingestion import values
from crm.ingestion.headers import CUSTOMERS, KINDS, ORDERS, PRODUCTS, field_of
from crm.ingestion.values import Refused

Record = dict[str, Any]
Take = Callable[[Any], Any]

MOST_LINES = 1000
COLUMNS_OF_A_LINE = ("productId", "product", "category", "quantity", "price")
_FOLDED_OF_A_LINE = ("productId", "name", "category")
_IN_A_LINE = frozenset(COLUMNS_OF_A_LINE)

_STATUSES = {
    "placed": "placed", "new": "placed", "open": "placed", "pending": "placed", "processing": "placed",
    "paid": "paid", "confirmed": "paid",
    "shipped": "shipped", "dispatched": "shipped",
    "delivered": "delivered", "completed": "delivered", "complete": "delivered", "fulfilled": "delivered",
    "closed": "delivered",
    "cancelled": "cancelled", "canceled": "cancelled", "void": "cancelled", "voided": "cancelled",
    "refunded": "refunded", "returned": "refunded",
}  # fmt: skip


class Refusal(Refused):
    """A record that can't be taken: the field at fault (None for the whole), a code and a sentence.

    `faults` are all fields at fault, each with its own reason, where the sentence is of several.
    """

    def __init__(
        self, field: str | None, code: str, reason: str, faults: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(code, reason)
        self.field = field
        self.faults = tuple(faults) or ((field or "record", reason),)

    def document(self) -> dict[str, Any]:
        """What a rejection keeps of it: `{field, code, reason, faults: [{field, reason}]}`."""
        faults = [{"field": field, "reason": reason} for field, reason in self.faults]
        return {"field": self.field or "record", "code": self.code, "reason": self.reason, "faults": faults}


def _status(value: Any) -> str:
    if type(value) is str and value in _STATUSES:
        return _STATUSES[value]
    word = values.text(value).lower()
    if word not in _STATUSES:
        raise Refused("unknown_status", f"“{word}” is none of {', '.join(sorted(set(_STATUSES.values())))}")
    return _STATUSES[word]


def _currency(value: Any) -> str:
    code = values.text(value).upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Refused("unknown_currency", f"“{code[:20]}” is not a currency code such as INR")
    return code


def _products(value: Any) -> list[Record]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise Refused("invalid_products", "is not a JSON list of products") from None
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
        raise Refused("invalid_products", "is not a list of products")
    if len(value) > MOST_LINES:
        raise Refused("too_many", f"has more than {MOST_LINES} products")
    return [_line(line, number) for number, line in enumerate(value, 1)]


def _place(number: int | None) -> str:
    return f"product {number}: " if number else ""


# What a line of an order may say, under all its names.
_LINE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "productId": ("productId", values.text), "sku": ("productId", values.text),
    "name": ("name", values.text), "product": ("name", values.text), "productName": ("name", values.text),
    "category": ("category", values.text),
    "quantity": ("quantity", values.quantity), "qty": ("quantity", values.quantity),
    "price": ("price", values.money), "amount": ("price", values.money), "unitPrice": ("price", values.money),
}  # fmt: skip


def _line(raw: Record, number: int | None) -> Record:
    """One line of an order; `number` is its place in a list of them."""
    line: Record = {}
    for name, value in raw.items():
        known = _LINE.get(name)
        if isinstance(value, str):
            value = value.strip()
        if known is None or known[0] in line or (not value and _is_empty(value)):
            continue
        try:
            line[known[0]] = known[1](value)
        except Refused as refused:
            raise Refused(refused.code, f"{_place(number)}{name} {refused.reason}") from None
    if "productId" not in line and "name" not in line:
        raise Refused("invalid_products", f"{_place(number)}it has neither a name nor a productId")
    line.setdefault("quantity", 1)
    return line


def folded_line(line: Mapping[str, Any]) -> dict[str, str]:
    """What is stored under `folded` in a line of an order, the form that rules compare by.

    `productId`, `name` and `category` folded; left out where missing, blank or no text. All lines of one
    product share it: it is not to be changed.
    """
    product, name, category = line.get("productId"), line.get("name"), line.get("category")
    return _folded_line(
        product if isinstance(product, str) else "",
        name if isinstance(name, str) else "",
        category if isinstance(category, str) else "",
    )


@lru_cache(maxsize=4096)  # a shop's products come again and again
def _folded_line(*texts: str) -> dict[str, str]:
    folded = zip(_FOLDED_OF_A_LINE, map(fold, texts), strict=True)
    return {name: text for name, text in folded if text}


_TAKE: dict[str, dict[str, Callable[[Any], Any]]] = {
    CUSTOMERS: {
        "externalId": values.identifier,
        "name": values.text,
        "firstName": values.text,
        "lastName": values.text,
        "email": values.email,
        "phone": values.identifier,
        "city": values.text,
        "country": values.text,
        "gender": values.gender,
        "age": values.age,
        "birthDate": values.moment,
        "tags": values.tags,
        "totalSpent": values.money,
        "totalOrderValue": values.money,
        "orderCount": values.count,
        "visitCount": values.count,
        "loginCount": values.count,
        "lastActive": values.moment,
        "lastLogin": values.moment,
        "lastOrdered": values.moment,
        "firstPurchaseDate": values.moment,
        "accountCreated": values.moment,
        "isInactive": values.boolean,
    },
    ORDERS: {
        "orderReference": values.identifier,
        "customerEmail": values.email,
        "customerId": values.identifier,
        "customerName": values.text,
        "createdAt": values.moment,
        "total": values.money,
        "refunded": values.money,
        "currency": _currency,
        "status": _status,
        "products": _products,
        "productId": values.identifier,
        "product": values.text,
        "category": values.text,
        "quantity": values.quantity,
        "price": values.money,
    },
    PRODUCTS: {
        "productId": values.identifier,
        "name": values.text,
        "category": values.text,
        "price": values.money,
    },
}


def _is_empty(value: Any) -> bool:
    """Whether a value (text without blanks around it) says nothing. Zero and false do."""
    return value is None or value == "" or value == []


def from_json(kind: str, raw: Any, zone: tzinfo = UTC) -> Record:
    """A record from a JSON object under any of the names that are understood. Raises Refusal.

    A day without a time is its midnight in `zone`.
    """
    if not isinstance(raw, dict):
        raise Refusal(None, "not_an_object", "the record is not a JSON object")
    return from_fields(kind, under_our_names(kind, raw), takers(kind, zone))


def under_our_names(kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a JSON object says of our fields, as it says it. Our own name counts, else the first one there."""
    given: dict[str, Any] = {}
    for name, value in raw.items():
        field = field_of(kind, name)
        if field is not None and (field not in given or name == field):
            given[field] = value
    return given


@lru_cache(maxsize=64)
def takers(kind: str, zone: tzinfo = UTC) -> Mapping[str, Take]:
    """Field → what makes its value of what was given, or raises Refused. Not to be changed."""
    dated = partial(values.moment, zone=zone)
    return {field: dated if take is values.moment else take for field, take in _TAKE[kind].items()}


def from_fields(kind: str, given: Mapping[str, Any], takers: Mapping[str, Take]) -> Record:
    """A record from values under our field names, empty ones being not given. Raises Refusal."""
    record: Record = {}
    for field, value in given.items():
        if isinstance(value, str):
            value = value.strip()
        if not value and _is_empty(value):
            continue
        try:
            record[field] = takers[field](value)
        except Refused as refused:
            raise Refusal(field, refused.code, refused.reason) from None
    return _CHECK[kind](record)


def checked(kind: str, record: Record) -> Record:
    """The record of these fields, names and lines put together. Raises Refusal where they are not enough."""
    return _CHECK[kind](record)


def _customer(record: Record) -> Record:
    first, last = record.pop("firstName", None), record.pop("lastName", None)
    if "name" not in record and (first or last):
        record["name"] = " ".join(part for part in (first, last) if part)
    elif last and not first and not record["name"].endswith(last):
        record["name"] = f"{record['name']} {last}"
    if "email" not in record and "externalId" not in record:
        raise Refusal("email", "no_key", "a customer needs an e-mail address or an external id")
    return record


def _order(record: Record) -> Record:
    lines = _single_line(record)
    if lines and "products" not in record:
        record["products"] = lines
    if "total" not in record and record.get("products"):
        lines = record["products"]
        if all("price" in line for line in lines):
            total = sum(round(line["price"] * line["quantity"], values.DECIMALS) for line in lines)
            record["total"] = values.money(total)
    if "total" in record and record.get("refunded", 0) > record["total"]:
        raise Refusal("refunded", "impossible", "more was refunded than the order is worth")
    amends = (
        "orderReference" in record and "total" not in record and ("status" in record or "refunded" in record)
    )
    if not amends:
        if "total" not in record:
            raise Refusal("total", "no_total", "an order needs its total, or products with prices")
        if "customerEmail" not in record and "customerId" not in record:
            raise Refusal(
                "customerEmail", "no_customer", "an order needs its customer's e-mail address or id"
            )
    return record


def _single_line(record: Record) -> list[Record]:
    """The one line that an order given in columns has."""
    if _IN_A_LINE.isdisjoint(record):
        return []
    given: Record = {name: record.pop(name) for name in COLUMNS_OF_A_LINE if name in record}
    if "productId" not in given and "product" not in given:
        if "price" in given and "total" not in record:
            record["total"] = values.money(given["price"] * given.get("quantity", 1))
        return []
    if "product" in given:
        given["name"] = given.pop("product")
    return [{"quantity": 1, **given}]


def _product(record: Record) -> Record:
    if "productId" not in record:
        raise Refusal("productId", "no_key", "a product needs its id")
    return record


_CHECK: dict[str, Callable[[Record], Record]] = {CUSTOMERS: _customer, ORDERS: _order, PRODUCTS: _product}

NUMBERS: dict[str, tuple[str, ...]] = {
    kind: tuple(field for field, take in _TAKE[kind].items() if take in (values.money, values.quantity))
    for kind in KINDS
}
"""Kind → the fields that hold numbers with decimals."""
WHOLE: dict[str, tuple[str, ...]] = {
    kind: tuple(field for field, take in _TAKE[kind].items() if take in (values.count, values.age))
    for kind in KINDS
}
"""Kind → the fields that hold whole numbers."""
DATES: dict[str, tuple[str, ...]] = {
    kind: tuple(field for field, take in _TAKE[kind].items() if take is values.moment) for kind in KINDS
}
"""Kind → the fields that hold moments; JSON on a stream has them as text."""
