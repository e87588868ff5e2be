"""A campaign's life: written as a draft, launched, paused, resumed, cancelled, retried, looked at.

Every change of status is one conditional update, refereed by the database: two people who press at once
can't both win. What follows from a change is done by the workers, who are asked for it here.

A campaign is handed out in the API's form: `_id`, name, status, segmentId, segmentName, rules, description
(the rules as a sentence), messageTemplate, scheduledAt, freeze ("start" or "now": which rules of its segments
count), problem (why it could not be launched at its time), expectedSize (counted at launch), audienceSize
(fixed when the audience is written down), sentCount, failedCount, skippedCount, cancelledCount, pendingCount,
unsubscribedCount (people who stay unsubscribed by its link), and when and by whom what happened.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crm import (
    auth,
    cursors,
    launching,
    library,
    messages,
    names,
    planning,
    rulebook,
    segments,
    unsubscribing,
)
from crm.auth import Account
from crm.errors import FieldError, IllegalTransition, InvalidInput, NotFound
from crm.ledger import books, by_variant, deliveries, deliveries_csv, reasons, tally
from crm.lifecycle import CampaignAction, CampaignStatus, allowed_from, allows, target_of
from crm.options import OPTIONS
from crm.options import read as _read
from crm.stores import campaigns as store
from crm.stores import deliveries as delivery_store
from crm.stores import lanes
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores, new_id
from crm.stores.deliveries import Slice
from crm.stores.plan import COUNTED

__all__ = [
    "books", "by_variant", "cancel", "create", "delete", "deliveries", "deliveries_csv", "edit", "get",
    "launch", "launch_new", "listing", "pause", "reasons", "resume", "retry", "schedule", "schedule_new",
    "stats", "tally", "unschedule",
]  # fmt: skip

Campaign = dict[str, Any]

MAX_PAGE = 100
_DRAFT = (CampaignStatus.DRAFT,)
_SHOWN = (
    "segmentId", "segmentName", "rules", "description", "expectedSize", "audienceSize", "createdBy",
    "createdAt", "updatedAt", "scheduledAt", "freeze", "frozenAt", "problem", "pausedBecause", "launchedAt",
    "startedAt", "finishedAt", "firstFinishedAt", "cancelledAt",
)  # fmt: skip


def create(
    stores: Stores,
    *,
    name: str,
    account: Account,
    now: datetime,
    segment_id: str | None = None,
    rules: Any = None,
    template: str = "",
    options: Mapping[str, Any] | None = None,
) -> Campaign:
    """Keep a draft. It may lack everything but a name; what is missing is said when it is launched.

    `options` are those of `crm.options`, by their JSON names. Raises InvalidInput for the name or an option,
    NotFound for a segment that is not there, InvalidRule for bad rules.
    """
    draft = _draft(stores, name, segment_id, rules, template, options, account, now)
    store.insert(stores, draft)
    auth.log(stores, account, "campaign created", draft["_id"], now=now)
    return _public(draft, None)


def launch_new(
    stores: Stores,
    *,
    name: str,
    account: Account,
    now: datetime,
    segment_id: str | None = None,
    rules: Any = None,
    template: str = messages.DEFAULT_TEMPLATE,
    options: Mapping[str, Any] | None = None,
) -> Campaign:
    """Create a campaign and launch it at once; nothing is kept where it can't be. Raises as `launch`."""
    draft = _draft(stores, name, segment_id, rules, template, options, account, now)
    frozen = launching.freeze(stores, draft, now)
    store.insert(stores, draft)
    return _start(stores, draft, frozen, account, now)


def schedule_new(
    stores: Stores,
    *,
    name: str,
    at: Any,
    account: Account,
    now: datetime,
    freeze: str = launching.START,
    segment_id: str | None = None,
    rules: Any = None,
    template: str = messages.DEFAULT_TEMPLATE,
    options: Mapping[str, Any] | None = None,
) -> Campaign:
    """Create a campaign and schedule it; nothing is kept where it can't be. Raises as `schedule`."""
    draft = _draft(stores, name, segment_id, rules, template, options, account, now)
    scheduled = launching.scheduled(stores, draft, at, freeze, account=account, now=now)
    store.insert(stores, draft | scheduled)
    auth.log(stores, account, "campaign scheduled", draft["_id"], now=now)
    return _public(draft | scheduled, None)


def _draft(
    stores: Stores,
    name: str,
    segment_id: str | None,
    rules: Any,
    template: str,
    options: Mapping[str, Any] | None,
    account: Account,
    now: datetime,
) -> Document:
    draft = _read(options or {}) | {
        "_id": new_id(),
        "name": names.checked(name, "campaign"),
        "segmentId": segment_id,
        "segmentName": library.get(stores, segment_id)["name"] if segment_id else None,
        "rules": None if rules is None else segments.dump(rulebook.parse(stores, rules)),
        "messageTemplate": template,
        "status": CampaignStatus.DRAFT.value,
        "createdBy": account.id,
        "createdAt": now,
        "updatedAt": now,
    }
    return {key: value for key, value in draft.items() if value is not None}


def edit(
    stores: Stores,
    campaign_id: str,
    *,
    account: Account,
    now: datetime,
    name: str | None = None,
    segment_id: str | None = None,
    template: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Campaign:
    """Change what is given of a draft; an option that is null goes back to its default.

    Raises IllegalTransition once it has been launched or scheduled.
    """
    changes: Document = _read(options or {}) | {"updatedAt": now}
    if name is not None:
        changes["name"] = names.checked(name, "campaign")
    if segment_id is not None:
        changes |= {
            "segmentId": segment_id,
            "segmentName": library.get(stores, segment_id)["name"],
            "rules": None,
        }
    if template is not None:
        changes["messageTemplate"] = template
    campaign = store.change(stores, campaign_id, _DRAFT, changes)
    if campaign is None:
        raise _refused(stores, campaign_id, "changed", "Only a draft can be changed.")
    auth.log(stores, account, "campaign changed", campaign_id, now=now)
    return _public(campaign, None)


def delete(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> Document:
    """Delete a draft; returns what `drafts.bring_back` takes.

    Raises IllegalTransition for a campaign that was launched: its books are kept.
    """
    draft = store.delete(stores, campaign_id, _DRAFT)
    if draft is None:
        raise _refused(stores, campaign_id, "deleted", "Only a draft can be deleted.")
    auth.log(stores, account, "campaign deleted", campaign_id, now=now)
    return draft


def launch(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> Campaign:
    """Freeze rules, message and this instant, and have the audience written down.

    Raises InvalidRule (with the path of the bad node) for rules that can't be evaluated, InvalidInput for a
    message that can't be sent or an audience of nobody, IllegalTransition where it has begun, NotFound.
    """
    campaign = _found(stores, campaign_id)
    if not allows(campaign["status"], CampaignAction.LAUNCH):
        raise _refused(stores, campaign_id, "launched", "Only a draft can be launched.")
    return _start(stores, campaign, launching.freeze(stores, campaign, now), account, now)


def _start(stores: Stores, campaign: Document, frozen: Document, account: Account, now: datetime) -> Campaign:
    begun = launching.start(stores, campaign, frozen, account.id)
    if begun is None:
        raise _refused(stores, campaign["_id"], "launched", "Only a draft can be launched.")
    auth.log(stores, account, "campaign launched", campaign["_id"], now=now)
    return _public(begun, None)


def schedule(
    stores: Stores,
    campaign_id: str,
    at: Any,
    *,
    account: Account,
    now: datetime,
    freeze: str = launching.START,
) -> Campaign:
    """Have a draft launched by itself at `at`: ISO 8601 text, in the account's zone if it has no offset.

    `freeze` says which rules of its segments count: "start" those they have then, "now" those they have now.
    Raises as `launch`, but takes an audience of nobody, and InvalidInput for a time that has passed.
    """
    campaign = _found(stores, campaign_id)
    if not allows(campaign["status"], CampaignAction.SCHEDULE):
        raise _refused(stores, campaign_id, "scheduled", "Only a draft can be scheduled.")
    scheduled = launching.schedule(stores, campaign, at, freeze, account=account, now=now)
    if scheduled is None:
        raise _refused(stores, campaign_id, "scheduled", "Only a draft can be scheduled.")
    auth.log(stores, account, "campaign scheduled", campaign_id, now=now)
    return _public(scheduled, None)


def unschedule(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> Campaign:
    """Make a scheduled campaign a draft again. Raises IllegalTransition, NotFound."""
    draft = launching.unschedule(stores, _found(stores, campaign_id), now=now)
    if draft is None:
        raise _refused(stores, campaign_id, "called back", "Only a scheduled campaign can be.")
    auth.log(stores, account, "campaign unscheduled", campaign_id, now=now)
    return _public(draft, None)


def pause(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> Campaign:
    """Hand nothing more to the vendor. What it has is carried to its end."""
    paused = _take(stores, campaign_id, CampaignAction.PAUSE, {"updatedAt": now}, account)
    lanes.close_lane(stores, campaign_id)
    return paused


def resume(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> Campaign:
    """Go on where `pause` stopped. The error budget is counted anew from here."""
    counts = _counts(stores, [_found(stores, campaign_id)]).get(campaign_id) or {}
    base = {state: counts.get(state, 0) for state in ("sent", "failed")}
    changes = {"updatedAt": now, "budgetFrom": base, "pausedBecause": None}
    campaign = _take(stores, campaign_id, CampaignAction.RESUME, changes, account)
    planning.publish(stores, campaign_id)
    return campaign


def cancel(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> Campaign:
    """End it for good: whoever the vendor was not given is cancelled, the others get their answers."""
    changes = {"updatedAt": now, "cancelledAt": now, "closing": True}
    campaign = _take(stores, campaign_id, CampaignAction.CANCEL, changes, account)
    lanes.close_lane(stores, campaign_id)
    planning.publish(stores, campaign_id)
    return campaign


def retry(
    stores: Stores,
    campaign_id: str,
    *,
    account: Account,
    now: datetime,
    reason: str | None = None,
    variant: str | None = None,
) -> Campaign:
    """Send what has failed once more, as another attempt: all of it, or of one reason, of one variant.

    What failed as unclear may have been sent: it is only sent again where its reason is given. Raises
    IllegalTransition if there is no such failure.
    """
    _found(stores, campaign_id)
    which = Slice(reason, variant)
    if not delivery_store.failed(stores, campaign_id, which):
        such = " with this reason or variant" if reason or variant else ""
        raise IllegalTransition(f"No message of this campaign{such} has failed in a way that can be retried.")
    asked = {"id": new_id(), "at": now, "reason": reason, "variant": variant}
    changes = {"updatedAt": now, "retry": asked}
    campaign = _take(stores, campaign_id, CampaignAction.RETRY, changes, account, without="retry")
    planning.publish(stores, campaign_id)
    return campaign


def _take(
    stores: Stores,
    campaign_id: str,
    action: CampaignAction,
    changes: Document,
    account: Account,
    without: str | None = None,
) -> Campaign:
    """Take the campaign through an action if its status allows it, else raise IllegalTransition."""
    for source in allowed_from(action):
        change = changes | {"status": target_of(action, source)}
        campaign = store.change(stores, campaign_id, [source], change, without=without)
        if campaign is not None:
            auth.log(stores, account, f"campaign {action}", campaign_id, now=changes["updatedAt"])
            return _public(campaign, _counts(stores, [campaign]).get(campaign_id))
    present = _found(stores, campaign_id)
    if without and present.get(without):
        raise IllegalTransition("The failed messages are being sent again already.")
    raise IllegalTransition(f"A campaign that is {present['status']} can't be {_PAST[action]}.")


_PAST = {
    CampaignAction.PAUSE: "paused",
    CampaignAction.RESUME: "resumed",
    CampaignAction.CANCEL: "cancelled",
    CampaignAction.RETRY: "retried",
}


def get(stores: Stores, campaign_id: str) -> Campaign:
    """One campaign with its counts. Raises NotFound."""
    campaign = _found(stores, campaign_id)
    return _public(campaign, _counts(stores, [campaign]).get(campaign_id))


def listing(
    stores: Stores, *, limit: int = 20, cursor: str | None = None, statuses: Iterable[str] | None = None
) -> dict[str, Any]:
    """Campaigns, newest first, with their counts: `{items, next}`. Raises InvalidInput for a bad limit."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(f"The limit is 1 to {MAX_PAGE}.", [FieldError("limit", f"is 1 to {MAX_PAGE}")])
    found = store.newest(stores, limit + 1, cursors.read("campaigns", cursor, str), statuses)
    counts = _counts(stores, found[:limit])
    items = [_public(campaign, counts.get(campaign["_id"])) for campaign in found[:limit]]
    following = cursors.written("campaigns", items[-1]["_id"]) if len(found) > limit else None
    return {"items": items, "next": following}


def stats(stores: Stores, campaign_id: str) -> dict[str, Any]:
    """`{status, total, sent, failed, skipped, cancelled, pending}`; total is their sum. Raises NotFound."""
    campaign = _found(stores, campaign_id)
    counts = _counts(stores, [campaign]).get(campaign_id) or {}
    books = {state: counts.get(state, 0) for state in COUNTED}
    return {"status": campaign["status"], "total": campaign.get("audienceSize", 0), **books}


def _counts(stores: Stores, campaigns: Iterable[Document]) -> dict[str, plan_store.Counts]:
    """Counts of those campaigns whose audience is fixed; until then a plan is unfinished work.

    Beside the states: `unsubscribed`.
    """
    planned = [campaign["_id"] for campaign in campaigns if "audienceSize" in campaign]
    if not planned:
        return {}
    left = unsubscribing.counts(stores, planned)
    found = plan_store.counts(stores, planned)
    return {each: counts | {"unsubscribed": left.get(each, 0)} for each, counts in found.items()}


def _public(campaign: Document, counts: plan_store.Counts | None) -> Campaign:
    counted = counts or {}
    return (
        {"_id": campaign["_id"], "name": campaign["name"], "status": campaign["status"]}
        | {"messageTemplate": campaign.get("messageTemplate", "")}
        | {name: campaign.get(name) for name in (*_SHOWN, *OPTIONS)}
        | {f"{state}Count": counted.get(state, 0) for state in (*COUNTED, "unsubscribed")}
    )


def _found(stores: Stores, campaign_id: str) -> Document:
    campaign = store.find(stores, campaign_id)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def _refused(stores: Stores, campaign_id: str, past: str, rule: str) -> IllegalTransition:
    present = _found(stores, campaign_id)
    return IllegalTransition(f"A campaign that is {present['status']} can't be {past}. {rule}")
