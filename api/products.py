"""The catalogue."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.answers import Accepted, PageOf, acceptance
from api.bodies import ManyRecords
from api.repeats import Repeatable
from api.room import room_for
from api.security import StoresDep, requires
from crm import auth, directory, ingest
from crm.moment import utc_now

router = APIRouter(prefix="/products", tags=["products"])


@router.get("")
def catalogue(
    stores: StoresDep,
    account: Annotated[auth.Account, Depends(requires("products"))],
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Products by id."""
    return PageOf.of(directory.products(stores, limit=limit, cursor=cursor))


@router.post("/bulk", status_code=202, response_model=Accepted, dependencies=[room_for("products")])
def upsert_many(
    stores: StoresDep,
    account: Annotated[auth.Account, Depends(requires("upload"))],
    records: ManyRecords,
    once: Repeatable,
) -> Any:
    """Create or update products: a JSON array, or NDJSON."""
    return once(lambda seed: acceptance(ingest.accept_products(stores, records, now=utc_now(), seed=seed)))
