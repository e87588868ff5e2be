"""What an order and its lines are worth, and what a line is called: expressions for aggregations."""

from typing import Any

from crm.scope import NO_CATEGORY, NO_PRODUCT, Catalogue
from crm.stores.connection import Document, Stores

_CATALOGUE_LIMIT = 5_000  # products whose names are looked up for order lines without one

_TOTAL = {"$ifNull": ["$total", 0]}
_REFUND = {"$ifNull": ["$refunded", {"$cond": [{"$eq": ["$status", "refunded"]}, _TOTAL, 0]}]}
# What counts of an order that was not cancelled.
NET: Document = {"$subtract": [_TOTAL, _REFUND]}


def net(order: Document) -> float:
    """The same of one order that was read."""
    total = order.get("total") or 0.0
    refunded = order.get("refunded")
    if refunded is None:
        refunded = total if order.get("status") == "refunded" else 0.0
    return float(total - refunded)


LINES: Document = {"$ifNull": ["$products", []]}


def quantity(line: str) -> Document:
    """The expression of a line's quantity: 1 where it has none."""
    return {"$ifNull": [f"{line}.quantity", 1]}


def _amount(line: str) -> Document:
    return {"$multiply": [quantity(line), {"$ifNull": [f"{line}.price", 0]}]}


def _sum(of: Any, lines: Any) -> Document:
    return {"$sum": {"$map": {"input": lines, "as": "one", "in": of}}}


def weights(lines: Any) -> Document:
    """`{amount, quantity, lines}` of all lines of an order: what its value is shared out by."""
    return {
        "amount": _sum(_amount("$$one"), lines),
        "quantity": _sum(quantity("$$one"), lines),
        "lines": {"$size": lines},
    }


def part(line: str) -> Document:
    """What a line brought in; the whole order where it has no lines."""
    by_amount = {"$divide": [_amount(line), "$weight.amount"]}
    by_quantity = {"$divide": [quantity(line), "$weight.quantity"]}
    share = {
        "$switch": {
            "branches": [
                {"case": {"$gt": ["$weight.amount", 0]}, "then": by_amount},
                {"case": {"$gt": ["$weight.quantity", 0]}, "then": by_quantity},
                {"case": {"$gt": ["$weight.lines", 0]}, "then": {"$divide": [1, "$weight.lines"]}},
            ],
            "default": 1,
        }
    }
    return {"$multiply": ["$net", share]}


def wanted_part(lines: Document) -> Document:
    """What these lines of an order brought in together."""
    return _sum(part("$$one"), lines)


# What a line is called, by itself or by the catalogue


def read_catalogue(stores: Stores) -> Catalogue:
    """What the catalogue calls its products, for order lines that only carry an id."""
    found = list(stores.collection("products").find({}, {"name": 1, "category": 1}).limit(_CATALOGUE_LIMIT))
    return Catalogue(
        [product["_id"] for product in found],
        [product.get("name") for product in found],
        [product.get("category") for product in found],
    )


def _looked_up(line: str, ids: list[str], values: list[Any]) -> Document:
    """The catalogue's value for a line's product id, null where it is not there."""
    position = {"$indexOfArray": [{"$literal": ids}, f"{line}.productId"]}
    found = {"$arrayElemAt": [{"$literal": values}, "$$position"]}
    known = {"$cond": [{"$gte": ["$$position", 0]}, found, None]}
    return {"$let": {"vars": {"position": position}, "in": known}}


def category(line: str, catalogue: Catalogue) -> Document:
    """The expression of a line's category: its own, else the catalogue's, else NO_CATEGORY."""
    known = _looked_up(line, catalogue.ids, catalogue.categories)
    return {"$ifNull": [f"{line}.category", known, NO_CATEGORY]}


def product(line: str, catalogue: Catalogue) -> Document:
    """The expression of a line's product: its name, else the catalogue's, its id, or NO_PRODUCT."""
    known = _looked_up(line, catalogue.ids, catalogue.names)
    return {"$ifNull": [f"{line}.name", known, f"{line}.productId", NO_PRODUCT]}


def wanted_lines(catalogue: Catalogue, categories: tuple[str, ...], products: tuple[str, ...]) -> Document:
    """An order's lines in any of these categories and any of these products; an empty tuple takes all."""
    conditions: list[Document] = []
    if categories:
        conditions.append({"$in": [category("$$line", catalogue), {"$literal": list(categories)}]})
    if products:
        conditions.append({"$in": [product("$$line", catalogue), {"$literal": list(products)}]})
    return {"$filter": {"input": LINES, "as": "line", "cond": {"$and": conditions}}} if conditions else LINES
