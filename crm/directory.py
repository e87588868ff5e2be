"""Who our customers are and what they ordered: search, pages, one person with everything about him."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm import attributes, cursors, customer_search
from crm.errors import FieldError, InvalidInput, NotFound
from crm.fields import fold
from crm.stores import directory as store
from crm.stores import journal, rejections
from crm.stores.connection import Document, Stores

MAX_PAGE = 500
_PROFILE_ROWS = 200
_Latest = tuple[cursors.Moment, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the cursor of the page after it, or None on the last one."""

    items: list[Document]
    next: str | None


def customers(
    stores: Stores,
    *,
    search: str = "",
    limit: int = 50,
    cursor: str | None = None,
    import_id: str | None = None,
) -> Page:
    """Customers newest first; `search` is looked for in name, e-mail, phone and external id.

    With `import_id` only those whom that import created.
    """
    before = cursors.read("customers", cursor, str)
    text, most = fold(search), _limit(limit) + 1
    if text and import_id is None:
        rows = customer_search.found(stores, text, before=before, limit=most)
    else:
        rows = store.customers(stores, search=text, before=before, limit=most, import_id=import_id)
    return _page("customers", attributes.named(stores, rows), limit, lambda row: row["_id"])


def customer(stores: Stores, customer_id: str) -> Document:
    """A customer by our id or external id, with his latest `orders` and `deliveries`. Raises NotFound.

    `attributes` are his custom attributes by name.
    """
    found = store.customer(stores, customer_id)
    if not found:
        raise NotFound("There is no such customer.")
    attributes.named(stores, [found])
    found["orders"] = store.orders(stores, customer_id=found["_id"], before=None, limit=_PROFILE_ROWS)
    found["deliveries"] = store.deliveries_of(stores, found["_id"], _PROFILE_ROWS)
    return found


def erase_customer(stores: Stores, customer_id: str) -> None:
    """Remove a customer and his orders for good; deliveries stay, without his name. Raises NotFound."""
    found = store.customer(stores, customer_id)
    if not found or not store.erase(stores, found["_id"]):
        raise NotFound("There is no such customer.")
    journal.forget_customer(stores, found["_id"])


def orders(
    stores: Stores, *, customer_id: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page:
    """Orders, the latest first, of one customer (our id) or of all."""
    before = cursors.read("orders", cursor, _Latest)
    rows = store.orders(stores, customer_id=customer_id, before=before, limit=_limit(limit) + 1)
    return _page("orders", rows, limit, lambda row: [row["createdAt"], row["_id"]])


def order(stores: Stores, reference: str, *, refusals: bool = True) -> Document:
    """An order by its reference. Raises NotFound, with the reason where it was taken and refused later."""
    found = store.order(stores, reference)
    if not found:
        refused = rejections.later(stores, fold(reference), before=None, limit=1) if refusals else []
        why = f" It was refused: {refused[0]['field']}, {refused[0]['reason']}." if refused else ""
        raise NotFound(f"There is no such order.{why}")
    return found


def refusals(stores: Stores, *, reference: str = "", limit: int = 50, cursor: str | None = None) -> Page:
    """What workers refused after it was taken, the latest first; of one reference where that is given."""
    before = cursors.read("rejections", cursor, _Latest)
    rows = rejections.later(stores, fold(reference), before=before, limit=_limit(limit) + 1)
    return _page("rejections", rows, limit, lambda row: [row["at"], row["_id"]])


def products(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> Page:
    """The catalogue, by product id."""
    after = cursors.read("products", cursor, str)
    rows = store.products(stores, after=after, limit=_limit(limit) + 1)
    return _page("products", rows, limit, lambda row: row["_id"])


def totals(stores: Stores) -> dict[str, int]:
    """`{customers, orders, products}`: how many there are."""
    return store.totals(stores)


def _limit(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(
            "The page size is out of range.", [FieldError("limit", f"must be between 1 and {MAX_PAGE}")]
        )
    return limit


def _page(of: str, rows: list[Document], limit: int, place: Callable[[Document], Any]) -> Page:
    items = rows[:limit]
    return Page(items, cursors.written(of, place(items[-1])) if len(rows) > limit else None)
