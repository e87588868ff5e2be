"""What campaigns brought about."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.security import StoresDep, requires
from crm import auth, lift
from crm.moment import utc_now

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

Reader = Annotated[auth.Account, Depends(requires("history"))]
Days = Annotated[int, Query(ge=1, le=lift.MOST_DAYS)]


@router.get("/{campaign_id}/lift")
def one(stores: StoresDep, account: Reader, campaign_id: str, days: Days = lift.DAYS) -> dict[str, Any]:
    """Orders of those the campaign was meant for against those held out, in a window of so many days.

    `{days, asOf, complete, from, until, waiting, treated, heldOut, lift, attributed, messaged, variants}`.
    `lift` has the difference a person in buyersShare, ordersPerPerson and revenuePerPerson, each
    `{value, low, high, apart}` with its 95 % interval; `attributed` the same times the people treated, so
    what the campaign brought in. Both are null without a holdout. See the page about results.
    """
    return lift.shown(lift.of(stores, campaign_id, days=days, now=utc_now()))
