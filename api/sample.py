"""Sample data: a made-up shop, for trying the product out."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.security import StoresDep, requires
from crm import auth, sample, sample_shop
from crm.moment import utc_now

router = APIRouter(tags=["sample data"])

Administrator = Annotated[auth.Account, Depends(requires("administer"))]

# What is published while the caller waits: about half a minute. Larger shops are made by the command.
MOST_CUSTOMERS = 200_000
MOST_ORDERS = 1_000_000


class SampleIn(BaseModel):
    """How large a shop; the same numbers again change nothing."""

    customers: Annotated[int, Field(ge=1, le=MOST_CUSTOMERS)] = sample_shop.DEFAULT_CUSTOMERS
    orders: Annotated[int, Field(ge=0, le=MOST_ORDERS)] = sample_shop.DEFAULT_ORDERS
    seed: Annotated[int, Field(ge=0, lt=2**31)] = sample_shop.DEFAULT_SEED


class SampleOut(BaseModel):
    """What was published; the workers persist it."""

    customers: int
    orders: int
    products: int
    seed: int


@router.post("/generate-sample-data", status_code=202)
def generate(stores: StoresDep, account: Administrator, body: SampleIn | None = None) -> SampleOut:
    """Add a made-up shop: customers, their orders over 24 months, a catalogue. Nothing is ever deleted."""
    size = body or SampleIn()
    now = utc_now()
    made = sample.generate(stores, customers=size.customers, orders=size.orders, seed=size.seed, now=now)
    auth.log(stores, account, "sample data made", made.key, now=now)
    return SampleOut(customers=made.customers, orders=made.orders, products=made.products, seed=made.seed)
