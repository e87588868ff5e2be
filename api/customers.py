"""Customers: upsert one or many, search, one with everything, erase."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.answers import Accepted, PageOf, acceptance, refuse_if_rejected
from api.bodies import ManyRecords, OneRecord
from api.repeats import Repeatable
from api.room import room_for
from api.security import StoresDep, requires
from crm import auth, directory, ingest
from crm.moment import utc_now

router = APIRouter(prefix="/customers", tags=["customers"])

Uploader = Annotated[auth.Account, Depends(requires("upload"))]
Reader = Annotated[auth.Account, Depends(requires("customers"))]
Administrator = Annotated[auth.Account, Depends(requires("administer"))]


@router.post("", status_code=202, response_model=Accepted, dependencies=[room_for("customers")])
def upsert(stores: StoresDep, account: Uploader, record: OneRecord, once: Repeatable) -> Any:
    """Create or update one customer, known by `externalId` or `email`.

    What he has beyond the known fields, or under `attributes`, becomes custom attributes.
    """

    def work(seed: str | None) -> Accepted:
        result = ingest.accept_customers(stores, [record], now=utc_now(), seed=seed)
        refuse_if_rejected(result, "customers", record)
        return acceptance(result)

    return once(work)


@router.post("/bulk", status_code=202, response_model=Accepted, dependencies=[room_for("customers")])
def upsert_many(stores: StoresDep, account: Uploader, records: ManyRecords, once: Repeatable) -> Any:
    """Create or update many: a JSON array, or NDJSON. Refused rows are listed, the others are taken."""
    return once(lambda seed: acceptance(ingest.accept_customers(stores, records, now=utc_now(), seed=seed)))


@router.get("")
def search(
    stores: StoresDep,
    account: Reader,
    search: str = "",
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Customers, newest first; `search` looks in name, e-mail, phone and external id."""
    return PageOf.of(directory.customers(stores, search=search, limit=limit, cursor=cursor))


@router.get("/{customer_id}")
def one(stores: StoresDep, account: Reader, customer_id: str) -> dict[str, Any]:
    """One customer by `_id` or `externalId`, with his latest orders and deliveries."""
    return directory.customer(stores, customer_id)


@router.delete("/{customer_id}", status_code=204)
def erase(stores: StoresDep, account: Administrator, customer_id: str) -> None:
    """Erase a customer and his orders for good."""
    directory.erase_customer(stores, customer_id)
    auth.log(stores, account, "customer_erased", customer_id)
