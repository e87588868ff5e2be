"""Orders: place one, load many, read them back. A shopper sees and places only his own."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.answers import Accepted, PageOf, Placed, acceptance, refuse_if_rejected
from api.bodies import ManyRecords, OneRecord
from api.repeats import Repeatable
from api.room import room_for
from api.security import StoresDep, requires
from crm import auth, directory, ingest
from crm.errors import FieldError, InvalidInput, NotAllowed, NotFound
from crm.moment import utc_now
from crm.stores.connection import Stores

router = APIRouter(prefix="/orders", tags=["orders"])

Buyer = Annotated[auth.Account, Depends(requires("order"))]
Reader = Annotated[auth.Account, Depends(requires("orders"))]


@router.post("", status_code=202, response_model=Placed, dependencies=[room_for("orders")])
def place(stores: StoresDep, account: Buyer, record: OneRecord, once: Repeatable) -> Any:
    """Place an order. A repeated `orderReference` is the same order; with other content it amends it.

    A shopper amends his own orders alone.
    """
    shopper = account.role == "shopper"
    given = _own(record, account) if shopper else record

    def work(seed: str | None) -> dict[str, str]:
        order, reference = ingest.referenced(given, seed)
        if shopper:
            _refuse_anothers(stores, reference, _customer_of(account))
        result = ingest.accept_orders(stores, [order], now=utc_now(), seed=seed, own=shopper)
        refuse_if_rejected(result, "orders", order)
        return {"message": "Order accepted", "orderReference": reference}

    return once(work)


@router.post("/bulk", status_code=202, response_model=Accepted, dependencies=[room_for("orders")])
def place_many(
    stores: StoresDep,
    account: Annotated[auth.Account, Depends(requires("upload"))],
    records: ManyRecords,
    once: Repeatable,
) -> Any:
    """Load many orders: a JSON array, or NDJSON. Refused rows are listed, the others are taken."""
    return once(lambda seed: acceptance(ingest.accept_orders(stores, records, now=utc_now(), seed=seed)))


@router.get("")
def listing(
    stores: StoresDep,
    account: Reader,
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Orders, the latest first."""
    return PageOf.of(directory.orders(stores, customer_id=_visible_to(account), limit=limit, cursor=cursor))


@router.get("/{reference}")
def one(stores: StoresDep, account: Reader, reference: str) -> dict[str, Any]:
    """One order by its reference. 404 tells the reason where the order was taken and refused later."""
    own = _visible_to(account)
    order = directory.order(stores, reference, refusals=own is None)
    if own and order["customerId"] != own:
        raise NotFound("There is no such order.")
    return order


def _visible_to(account: auth.Account) -> str | None:
    """The customer whose orders alone this account may see, None for all. Raises NotAllowed."""
    return _customer_of(account) if account.role == "shopper" else None


def _customer_of(account: auth.Account) -> str:
    if not account.customer_id:
        raise NotAllowed("This account is not linked to a customer yet: its e-mail address is unproven.")
    return account.customer_id


def _refuse_anothers(stores: Stores, reference: str, customer_id: str) -> None:
    """Say at once what a worker would refuse. Raises InvalidInput."""
    with suppress(NotFound):
        if directory.order(stores, reference, refusals=False)["customerId"] != customer_id:
            raise InvalidInput("The order is refused.", [FieldError("orderReference", ingest.NOT_YOURS)])


def _own(record: dict[str, Any], account: auth.Account) -> dict[str, Any]:
    """The order as this shopper's, whoever it names."""
    others = {key: value for key, value in record.items() if key not in ("customerEmail", "customerId")}
    return {**others, "customerId": _customer_of(account)}
