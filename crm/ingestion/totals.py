"""What a customer's totals are: the opening balance, and the orders after it.

- `orderCount` and `totalOrderValue` take every order that is not cancelled, `totalSpent` the same less what
  was refunded.
- Totals that came with the customer are an opening balance as of `opening.at`: orders dated later add to
  it, earlier ones are contained in it.
- `firstPurchaseDate` and `lastOrdered` look at every order that is not cancelled, and at the two dates that
  came with the customer, if any.

Sums are rounded to four decimals at each step, so that they stay exact in whatever order they are made.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]

DECIMALS = 4
SUMS = ("orderCount", "totalOrderValue", "totalSpent")
DATES = ("firstPurchaseDate", "lastOrdered")
NOTHING: dict[str, Any] = {"totalSpent": 0.0, "totalOrderValue": 0.0, "orderCount": 0}


def counts(order: Document) -> bool:
    return bool(order["status"] != "cancelled")


def contained(order: Document, opening: Document | None) -> bool:
    """Whether the opening balance has this order in it already."""
    at = opening.get("at") if opening else None
    return at is not None and order["createdAt"] <= at


def sums(
    start: Document, opening: Document | None, *, gone: Iterable[Document] = (), come: Iterable[Document] = ()
) -> dict[str, Any]:
    """The three sums when, beginning at `start`, some orders go and others come."""
    number, value, spent = start["orderCount"], start["totalOrderValue"], start["totalSpent"]
    until = opening.get("at") if opening else None
    for sign, orders in ((-1, gone), (1, come)):
        for order in orders:
            if order["status"] == "cancelled" or (until is not None and order["createdAt"] <= until):
                continue
            number += sign
            total, refunded = order["total"], order.get("refunded")
            alike = value == spent and not refunded
            value = round(value + sign * total, DECIMALS)
            spent = value if alike else round(spent + sign * (total - (refunded or 0.0)), DECIMALS)
    return {"orderCount": number, "totalOrderValue": value + 0.0, "totalSpent": spent + 0.0}


def dates(orders: Iterable[Document], opening: Document | None) -> dict[str, datetime | None]:
    """The first and the last date; None where there is neither an order nor a date that was given."""
    days = [order["createdAt"] for order in orders if counts(order)]
    first, last = list(days), list(days)
    if opening:
        first += [opening["firstPurchaseDate"]] if "firstPurchaseDate" in opening else []
        last += [opening["lastOrdered"]] if "lastOrdered" in opening else []
    return {"firstPurchaseDate": min(first, default=None), "lastOrdered": max(last, default=None)}


def widened(customer: Document, come: Iterable[Document]) -> dict[str, datetime | None]:
    """Those of the two dates that are others after some orders came and none went that was first or last."""
    was_first, was_last = customer.get("firstPurchaseDate"), customer.get("lastOrdered")
    first, last = was_first, was_last
    for order in come:
        if order["status"] != "cancelled":
            day = order["createdAt"]
            if first is None or day < first:
                first = day
            if last is None or day > last:
                last = day
    changed: dict[str, datetime | None] = {}
    if first is not was_first:
        changed["firstPurchaseDate"] = first
    if last is not was_last:
        changed["lastOrdered"] = last
    return changed


def at_an_end(customer: Document, gone: Iterable[Document]) -> bool:
    """Whether one of these orders was the first or the last, so that the dates must be looked for anew."""
    ends = (customer.get("firstPurchaseDate"), customer.get("lastOrdered"))
    return any(counts(order) and order["createdAt"] in ends for order in gone)


def given_opening(record: dict[str, Any]) -> dict[str, Any]:
    """Take the totals and dates out of a customer's record: `{name: value}`, zeros being no balance.

    Where only one of the two amounts was given, the other is taken to be the same.
    """
    opening = {name: value for name in SUMS if (value := record.pop(name, None))}
    if "totalSpent" in opening or "totalOrderValue" in opening:
        opening.setdefault("totalOrderValue", opening.get("totalSpent"))
        opening.setdefault("totalSpent", opening["totalOrderValue"])
    for name in DATES:
        if name in record:
            opening[name] = record.pop(name)
    return opening


def opened(old: Document | None, given: Document, at: datetime) -> dict[str, Any] | None:
    """The opening balance after `given` came at that time, or None when it stays as it is.

    The same amounts again are the same balance, of the same time; an older upload never replaces a newer.
    Sums that were not given are missing in a new balance until `anew` finds them.
    """
    old = old or {}
    new = dict(old)
    amounts = {name: given[name] for name in SUMS if name in given}
    if any(old.get(name) != amount for name, amount in amounts.items()) and old.get("at", at) <= at:
        new = {name: old[name] for name in DATES if name in old} | amounts | {"at": at}
    new |= {name: given[name] for name in DATES if name in given}
    return new if new != old else None


def anew(
    old: Document | None, opening: Document, orders: Sequence[Document]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The opening balance, completed, and all totals and dates that follow from it and from all orders.

    A sum that did not come with the balance is what was known at its time, from `old` and the orders.
    """
    completed = dict(opening)
    if "at" in opening:
        before = {name: (old or {}).get(name, NOTHING[name]) for name in SUMS}
        known = sums(before, old, come=[order for order in orders if contained(order, opening)])
        completed = {**known, **opening}
    start = {name: completed.get(name, NOTHING[name]) for name in SUMS}
    return completed, sums(start, opening, come=orders) | dates(orders, opening)
