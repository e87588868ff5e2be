"""Visits of customers to the shop, which count on their record."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.bodies import OneRecord
from api.repeats import Repeatable
from api.security import StoresDep, requires
from crm import auth, visits
from crm.errors import NotAllowed
from crm.moment import utc_now

router = APIRouter(prefix="/visits", tags=["customers"])


class Visited(BaseModel):
    """The customer's visits by now."""

    visitCount: int


@router.post("", response_model=Visited)
def visit(
    stores: StoresDep,
    account: Annotated[auth.Account, Depends(requires("order"))],
    record: OneRecord,
    once: Repeatable,
) -> Any:
    """Count a visit: a shopper's own, or, by staff and keys, that of `{customerId | customerEmail, at?}`.

    Counts on `visitCount`; `lastActive` moves to `at` (now, where it is left out) unless it is later already.
    """
    whose = {**record}
    if account.role == "shopper":
        if not account.customer_id:
            raise NotAllowed("This account is not linked to a customer yet: its e-mail address is unproven.")
        whose = {"customerId": account.customer_id}
    return once(lambda _: {"visitCount": visits.count(stores, whose, now=utc_now())}, status=200)
