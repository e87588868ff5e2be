"""Campaigns: write, launch, steer, look at; and the receipts that vendors send."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.answers import PageOf
from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import auth, campaigns, delivery, drafts, launching
from crm.errors import FieldError, InvalidInput
from crm.messages import DEFAULT_TEMPLATE
from crm.moment import utc_now
from crm.options import OPTIONS

router = APIRouter(tags=["campaigns"])

Marketer = Annotated[auth.Account, Depends(requires("campaigns"))]
Reader = Annotated[auth.Account, Depends(requires("history"))]
VendorKey = Annotated[auth.Account, Depends(requires("receipts"))]
Campaign = dict[str, Any]
State = Literal["pending", "sent", "failed", "skipped", "cancelled"]

_TIMES = ("scheduledAt", "launchAt", "sendAt")


class StatsOut(BaseModel):
    """The books: total = sent + failed + skipped + cancelled + pending. 0 until the audience is fixed."""

    status: str
    total: int
    sent: int
    failed: int
    skipped: int
    cancelled: int
    pending: int


class Message(BaseModel):
    message: str


@router.post("/campaigns", status_code=201)
def create(stores: StoresDep, account: Marketer, body: OneRecord) -> Campaign:
    """Create a campaign: `{name, segmentId | rules, messageTemplate?, status?, scheduledAt?, freeze?}`.

    It is launched at once, unless `status` is `draft` or a time is given: `scheduledAt` is ISO 8601, in the
    account's zone if it has no offset; `freeze` says which rules of its segments count, those they have
    when it starts (`start`) or have `now`. A rule that can't be evaluated is 422 with the path
    of the bad node, and nothing is kept. Without a message, `{name|there}` is offered 10 % off.

    Options: `channel`, `subject`, `html`, `variants`, `include`, `exclude`, `holdout`, `frequencyCap`,
    `rateLimit`, `errorBudget`, `sendWindow`, `unsubscribeFooter`, `vendor`; see the page about campaigns.
    """
    given = _given(body)
    at = _time(body)
    if at is not None:
        given["template"] = DEFAULT_TEMPLATE if given["template"] is None else given["template"]
        freeze = _text(body, "freeze") or launching.START
        return campaigns.schedule_new(stores, **given, at=at, freeze=freeze, account=account, now=utc_now())
    if _only_a_draft(body):
        template = given.pop("template") or ""
        return campaigns.create(stores, **given, template=template, account=account, now=utc_now())
    given["template"] = DEFAULT_TEMPLATE if given["template"] is None else given["template"]
    return campaigns.launch_new(stores, **given, account=account, now=utc_now())


@router.get("/campaigns")
def listing(
    stores: StoresDep,
    account: Reader,
    limit: Annotated[int, Query(ge=1, le=campaigns.MAX_PAGE)] = 20,
    cursor: str | None = None,
) -> PageOf:
    """Campaigns, newest first, with their counts."""
    return PageOf(**campaigns.listing(stores, limit=limit, cursor=cursor))


@router.get("/campaigns/{campaign_id}")
def one(stores: StoresDep, account: Reader, campaign_id: str) -> Campaign:
    """One campaign with its counts."""
    return campaigns.get(stores, campaign_id)


@router.put("/campaigns/{campaign_id}")
def edit(stores: StoresDep, account: Marketer, body: OneRecord, campaign_id: str) -> Campaign:
    """Change name, segment, message or options of a draft; what is not given stays.

    409 once it was launched.
    """
    return campaigns.edit(
        stores,
        campaign_id,
        name=_text(body, "name"),
        segment_id=_text(body, "segmentId"),
        template=_text(body, "messageTemplate"),
        options=_options(body),
        account=account,
        now=utc_now(),
    )


@router.delete("/campaigns/{campaign_id}", status_code=204)
def delete(stores: StoresDep, account: Marketer, campaign_id: str) -> None:
    """Delete a draft. 409 once it was launched: its books are kept."""
    campaigns.delete(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/duplicate", status_code=201)
def duplicate(stores: StoresDep, account: Marketer, campaign_id: str) -> Campaign:
    """A new draft with segment, message and options of a campaign in any status."""
    return drafts.copy(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/launch")
def launch(stores: StoresDep, account: Marketer, campaign_id: str) -> Campaign:
    """Launch a draft, or a scheduled campaign early: rules, message and this instant are frozen."""
    return campaigns.launch(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/schedule")
def schedule(stores: StoresDep, account: Marketer, body: OneRecord, campaign_id: str) -> Campaign:
    """Have a draft launched by itself: `{scheduledAt, freeze?}`."""
    return campaigns.schedule(
        stores,
        campaign_id,
        _needed(body, "scheduledAt"),
        freeze=_text(body, "freeze") or launching.START,
        account=account,
        now=utc_now(),
    )


@router.post("/campaigns/{campaign_id}/unschedule")
def unschedule(stores: StoresDep, account: Marketer, campaign_id: str) -> Campaign:
    """Make a scheduled campaign a draft again."""
    return campaigns.unschedule(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/pause")
def pause(stores: StoresDep, account: Marketer, campaign_id: str) -> Campaign:
    """Hand no further batch to the vendor."""
    return campaigns.pause(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/resume")
def resume(stores: StoresDep, account: Marketer, campaign_id: str) -> Campaign:
    """Go on where it was paused."""
    return campaigns.resume(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/cancel")
def cancel(stores: StoresDep, account: Marketer, campaign_id: str) -> Campaign:
    """End it for good; whoever the vendor was not given is cancelled."""
    return campaigns.cancel(stores, campaign_id, account=account, now=utc_now())


@router.post("/campaigns/{campaign_id}/retry")
def retry(
    stores: StoresDep,
    account: Marketer,
    campaign_id: str,
    reason: str | None = None,
    variant: str | None = None,
) -> Campaign:
    """Send what has failed once more, as another attempt: all of it, or of one `reason`, of one `variant`.

    What failed as unclear may have been sent: it is only sent again where its reason is given.
    """
    return campaigns.retry(
        stores, campaign_id, reason=reason, variant=variant, account=account, now=utc_now()
    )


@router.get("/campaigns/{campaign_id}/stats")
def stats(stores: StoresDep, account: Reader, campaign_id: str) -> StatsOut:
    """Status and books of one campaign."""
    return StatsOut(**campaigns.stats(stores, campaign_id))


@router.get("/campaigns/{campaign_id}/deliveries", response_model=PageOf)
def deliveries(
    stores: StoresDep,
    account: Reader,
    campaign_id: str,
    state: State | None = None,
    search: str | None = None,
    reason: str | None = None,
    variant: str | None = None,
    format: Literal["json", "csv"] = "json",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> Any:
    """The delivery log, a row a recipient: JSON page by page, or the whole of it as CSV.

    `search` is text within the name or the e-mail address; `reason` and `variant` are whole ones.
    """
    chosen = {"state": state, "search": search, "reason": reason, "variant": variant}
    if format == "json":
        return PageOf(**campaigns.deliveries(stores, campaign_id, **chosen, limit=limit, cursor=cursor))
    content = campaigns.deliveries_csv(stores, campaign_id, **chosen)
    disposition = f'attachment; filename="campaign-{campaign_id}.csv"'
    return StreamingResponse(
        content, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


@router.post("/delivery-receipt", status_code=202)
def receipt(stores: StoresDep, account: VendorKey, body: OneRecord) -> Message:
    """What a vendor says became of a message: `{communicationLogId, status, vendorMessageId?, reason?}`.

    `communicationLogId` is a delivery's `_id`, or the key that the vendor was given (`_id:attempt`); `status`
    is SENT or FAILED. It may come twice and in any order; one for an earlier attempt changes nothing.
    """
    delivery.report(
        stores,
        _needed(body, "communicationLogId"),
        _needed(body, "status"),
        message_id=_text(body, "vendorMessageId"),
        reason=_text(body, "reason"),
    )
    return Message(message="The receipt is taken.")


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": _needed(body, "name"),
        "segment_id": _text(body, "segmentId"),
        "rules": body.get("rules"),
        "template": _text(body, "messageTemplate"),
        "options": _options(body),
    }


def _options(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in OPTIONS if name in body}


def _only_a_draft(body: dict[str, Any]) -> bool:
    """Whether the campaign is to be kept and not launched. Raises InvalidInput for what we can't do."""
    status = body.get("status")
    if status not in (None, "draft"):
        raise _bad("status", "is draft, or left out to launch at once")
    return status == "draft"


def _time(body: dict[str, Any]) -> Any:
    """When the campaign is to be launched by itself; None where no time is given."""
    given = next((body[name] for name in _TIMES if body.get(name) is not None), None)
    if given is not None and body.get("status") not in (None, "scheduled"):
        raise _bad("status", "is scheduled, or left out, where a time is given")
    return given


def _needed(body: dict[str, Any], key: str) -> str:
    value = _text(body, key)
    if not value or not value.strip():
        raise _bad(key, "is missing")
    return value


def _text(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise _bad(key, "must be text")
    return value


def _bad(key: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{key} {reason}.", [FieldError(key, reason)])
