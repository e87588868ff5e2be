"""What campaigns brought about."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from api.security import StoresDep, requires
from crm import auth, lift, results
from crm.moment import utc_now

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

Reader = Annotated[auth.Account, Depends(requires("history"))]
Days = Annotated[int, Query(ge=1, le=lift.MOST_DAYS)]


@router.get("/compare", response_model=None)
def compare(
    stores: StoresDep,
    account: Reader,
    ids: Annotated[str, Query(max_length=1_000)],
    days: Days = lift.DAYS,
    format: Literal["json", "csv"] = "json",
) -> Any:
    """Up to five launched campaigns side by side, `ids` joined by commas: `{items}`, each as `/figures`.

    As CSV, a line a campaign.
    """
    wanted = [each.strip() for each in ids.split(",") if each.strip()]
    found = results.compare(stores, wanted, days=days, now=utc_now())
    if format == "json":
        return {"items": found}
    return StreamingResponse(
        results.as_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="campaigns.csv"'},
    )


@router.get("/{campaign_id}/figures")
def figures(stores: StoresDep, account: Reader, campaign_id: str, days: Days = lift.DAYS) -> dict[str, Any]:
    """All numbers of a campaign: books, share sent, pace, reasons, variants, funnel, orders.

    `orders` is what `/lift` answers.
    """
    return results.of(stores, campaign_id, days=days, now=utc_now())


@router.get("/{campaign_id}/lift")
def one(stores: StoresDep, account: Reader, campaign_id: str, days: Days = lift.DAYS) -> dict[str, Any]:
    """Orders of those the campaign was meant for against those held out, in a window of so many days.

    `{days, asOf, complete, from, until, waiting, treated, heldOut, lift, attributed, messaged, variants}`.
    `lift` has the difference a person in buyersShare, ordersPerPerson and revenuePerPerson, each
    `{value, low, high, apart}` with its 95 % interval; `attributed` the same times the people treated, so
    what the campaign brought in. Both are null without a holdout. See the page about results.
    """
    return lift.shown(lift.of(stores, campaign_id, days=days, now=utc_now()))
