"""Campaigns before anybody is sent anything: rehearsed over their audience, and as one customer gets them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import auth, dry_run, options, trial_messages
from crm.dry_run import DryRun
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

Marketer = Annotated[auth.Account, Depends(requires("campaigns"))]
Format = Literal["json", "ndjson"]


@router.post("/check", response_model=None)
def check(stores: StoresDep, account: Marketer, body: OneRecord, format: Format = "json") -> Any:
    """Rehearse a campaign that is not kept, `{segmentId | rules, messageTemplate, …}`, over everybody.

    Says who would be skipped and why, which fields are missing, and how many each variant reaches. As NDJSON
    it tells how far it is, a line about every second, the last with `finished`.
    """
    return _answer(dry_run.over(stores, _given(body), now=utc_now()), format)


@router.post("/{campaign_id}/check", response_model=None)
def check_kept(stores: StoresDep, account: Marketer, campaign_id: str, format: Format = "json") -> Any:
    """The same for a draft or a scheduled campaign."""
    return _answer(dry_run.over(stores, dry_run.draft(stores, campaign_id), now=utc_now()), format)


@router.post("/preview")
def preview(stores: StoresDep, account: Marketer, body: OneRecord) -> dict[str, Any]:
    """The message as one customer would get it: `{customerId, messageTemplate, …}`, or with `campaignId`."""
    customer_id, campaign_id = body.get("customerId"), body.get("campaignId")
    if not isinstance(customer_id, str):
        raise InvalidInput("customerId is missing.", [FieldError("customerId", "is missing")])
    kept = dry_run.draft(stores, campaign_id) if isinstance(campaign_id, str) else {}
    return dry_run.as_customer(stores, {**kept, **_given(body)}, customer_id)


@router.post("/test")
def test(stores: StoresDep, account: Marketer, body: OneRecord) -> dict[str, Any]:
    """Send a test, outside the books: `{customerId, to?, variant?, campaignId? | messageTemplate, …}`.

    To the caller's own address, unless `to` is another. Answers `{to, channel, vendor, verdict, message}`,
    with the vendor's verdict.
    """
    texts = {name: body.get(name) for name in ("customerId", "campaignId", "to", "variant")}
    for name, text in texts.items():
        if text is not None and not isinstance(text, str):
            raise InvalidInput(f"{name} must be text.", [FieldError(name, "must be text")])
    if texts["customerId"] is None:
        raise InvalidInput("customerId is missing.", [FieldError("customerId", "is missing")])
    kept = dry_run.draft(stores, texts["campaignId"]) if texts["campaignId"] else {}
    return trial_messages.send(
        stores, {**kept, **_given(body)}, texts["customerId"], to=texts["to"], variant=texts["variant"],
        account=account, now=utc_now(),
    )._asdict()  # fmt: skip


def _given(body: dict[str, Any]) -> dict[str, Any]:
    given = options.read({name: body[name] for name in options.OPTIONS if name in body})
    for name in ("segmentId", "messageTemplate"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise InvalidInput(f"{name} must be text.", [FieldError(name, "must be text")])
    return given | {name: body[name] for name in ("segmentId", "rules", "messageTemplate") if name in body}


def _answer(states: Iterator[DryRun], format: Format) -> Any:
    if format == "json":
        *_, last = states
        return last.shown()
    lines = (orjson.dumps(state.shown()) + b"\n" for state in states)
    return StreamingResponse(lines, media_type="application/x-ndjson")
