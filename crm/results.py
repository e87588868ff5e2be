"""Everything that is known of a launched campaign in numbers, and several campaigns side by side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm import campaigns, lift, proportions
from crm.errors import FieldError, InvalidInput
from crm.ledger import Tally
from crm.lift import DAYS, Lift
from crm.spreadsheets import csv_pieces
from crm.stores.connection import Stores

MOST_COMPARED = 5

_COLUMNS = (
    "_id", "name", "status", "segmentName", "launchedAt", "finishedAt", "seconds", "perSecond", "audience",
    "sent", "failed", "skipped", "cancelled", "pending", "sentShare", "sentShareLow", "sentShareHigh",
    "commonestFailure", "unsubscribed", "days", "complete", "toBeMessaged", "buyers", "heldOut",
    "heldOutBuyers", "buyersLift", "buyersLiftLow", "buyersLiftHigh", "revenueBroughtIn",
    "revenueBroughtInLow", "revenueBroughtInHigh", "orderedAfterAMessage",
)  # fmt: skip

_KEPT = (
    "_id", "name", "status", "channel", "segmentName", "launchedAt", "startedAt", "finishedAt",
    "firstFinishedAt", "unsubscribedCount",
)  # fmt: skip
_FAR = 10 * 365 * 86_400  # seconds: no end is foreseen beyond


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a campaign took, or takes so far, in seconds, and how many it settled in one.

    `finishes` is when it will be done at this pace; None where it does not move or can't be told.
    """

    seconds: float
    per_second: float
    finishes: datetime | None


def of(stores: Stores, campaign_id: str, *, days: int = DAYS, now: datetime) -> dict[str, Any]:
    """All numbers of one campaign, as the API hands them out. Raises NotFound, and InvalidInput for the days.

    `{_id, name, status, channel, segmentName, launchedAt, startedAt, finishedAt, firstFinishedAt,
    unsubscribedCount, asOf, books, sentShare, pace, reasons, variants, funnel, orders}`: `books` are audience
    = sent + failed + skipped + cancelled + pending, `sentShare` is of those answered, `{value, low, high}`,
    `reasons` are by state, `orders` as `lift.shown`.
    """
    campaign = campaigns.get(stores, campaign_id)
    return described(stores, campaign, lift.of(stores, campaign_id, days=days, now=now), now)


def described(stores: Stores, campaign: Mapping[str, Any], found: Lift, now: datetime) -> dict[str, Any]:
    """The same of a campaign (`campaigns.get`) whose orders have been read."""
    at = campaign["_id"]
    went, counted = pace(campaign, now), campaigns.tally(stores, at)
    return {name: campaign[name] for name in _KEPT} | {
        "asOf": now,
        "books": books(campaign),
        "sentShare": share_sent(campaign["sentCount"], campaign["failedCount"]),
        "pace": went and {
            "seconds": went.seconds, "perSecond": went.per_second, "finishes": went.finishes
        },
        "reasons": {state: counted.reasons(state) for state in ("failed", "skipped")},
        "variants": _variants(counted, campaign),
        "funnel": funnel(campaign, found),
        "orders": lift.shown(found),
    }  # fmt: skip


def books(campaign: Mapping[str, Any]) -> dict[str, int]:
    """`{audience, sent, failed, skipped, cancelled, pending}`; the first is the sum of the others."""
    states = ("sent", "failed", "skipped", "cancelled", "pending")
    return {"audience": campaign["audienceSize"] or 0} | {each: campaign[f"{each}Count"] for each in states}


def share_sent(sent: int, failed: int) -> dict[str, float] | None:
    """The share sent of those answered, with its 95 % interval; None where nobody was."""
    answered = sent + failed
    if not answered:
        return None
    low, high = proportions.interval(sent, answered)
    return {"value": sent / answered, "low": low, "high": high}


def pace(campaign: Mapping[str, Any], now: datetime) -> Pace | None:
    """From the start to the end, or to now; None before the start. People who were skipped when the audience
    was written down count as settled at once. A later retry of what failed makes it no slower."""
    start = campaign["startedAt"]
    end = campaign.get("firstFinishedAt") or campaign["finishedAt"] or campaign["cancelledAt"] or now
    if start is None or end <= start:
        return None
    seconds = (end - start).total_seconds()
    counted = books(campaign)
    rate = (counted["audience"] - counted["pending"]) / seconds
    left = counted["pending"] / rate if campaign["status"] == "running" and rate else 0.0
    return Pace(seconds, rate, now + timedelta(seconds=left) if 0 < left < _FAR else None)


def funnel(campaign: Mapping[str, Any], found: Lift | None) -> list[dict[str, Any]]:
    """`[{stage, people}]` from the audience to those who bought in their window; without these where None."""
    counted = books(campaign)
    stages = {
        "audience": counted["audience"],
        "reachable": counted["audience"] - counted["skipped"],
        "answered": counted["sent"] + counted["failed"],
        "sent": counted["sent"],
    }
    if found is not None:
        stages["bought"] = found.messaged.buyers
    return [{"stage": stage, "people": people} for stage, people in stages.items()]


def _variants(tally: Tally, campaign: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not campaign["variants"]:
        return []
    by_variant = tally.by_variant()
    rows = []
    for each in campaign["variants"]:
        counts = by_variant.get(each["name"], {})
        share = share_sent(counts.get("sent", 0), counts.get("failed", 0))
        rows.append({"name": each["name"], **counts, "sentShare": share})
    return rows


def compare(
    stores: Stores, campaign_ids: Sequence[str], *, days: int = DAYS, now: datetime
) -> list[dict[str, Any]]:
    """Several launched campaigns, in this order, each as `of`.

    Raises as `comparable` and `lift.of`.
    """
    found = comparable(stores, campaign_ids)
    return [described(stores, each, lift.of(stores, each["_id"], days=days, now=now), now) for each in found]


def comparable(stores: Stores, campaign_ids: Sequence[str]) -> list[dict[str, Any]]:
    """These campaigns, each once. Raises NotFound, and InvalidInput for none, for more than MOST_COMPARED and
    for one that was not launched."""
    wanted = list(dict.fromkeys(campaign_ids))
    if not 1 <= len(wanted) <= MOST_COMPARED:
        reason = f"names 1 to {MOST_COMPARED} campaigns"
        raise InvalidInput(f"Compare 1 to {MOST_COMPARED} campaigns.", [FieldError("ids", reason)])
    found = [campaigns.get(stores, each) for each in wanted]
    for campaign in found:
        if campaign["launchedAt"] is None:
            reason = f"{campaign['name']} was not launched"
            raise InvalidInput(f"{reason}.", [FieldError("ids", reason)])
    return found


def as_csv(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Campaigns as `compare` gives them as CSV, a line each, safe to open in a spreadsheet."""
    return csv_pieces(_COLUMNS, ([_flat(each)[name] for name in _COLUMNS] for each in found))


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """One line of it; what there is not is None."""
    orders = found["orders"]
    treated, held_out = orders["treated"], orders["heldOut"] or {}
    buyers = (orders["lift"] or {}).get("buyersShare") or {}
    revenue = (orders["attributed"] or {}).get("revenue") or {}
    share, went = found["sentShare"] or {}, found["pace"] or {}
    kept = ("_id", "name", "status", "segmentName", "launchedAt", "finishedAt")
    return {name: found[name] for name in kept} | dict(found["books"]) | {
        "seconds": went.get("seconds"), "perSecond": went.get("perSecond"),
        "sentShare": share.get("value"), "sentShareLow": share.get("low"), "sentShareHigh": share.get("high"),
        "unsubscribed": found["unsubscribedCount"],
        "commonestFailure": next(iter(found["reasons"]["failed"]), None),
        "days": orders["days"], "complete": orders["complete"],
        "toBeMessaged": treated["people"], "buyers": treated["buyers"],
        "heldOut": held_out.get("people"), "heldOutBuyers": held_out.get("buyers"),
        "buyersLift": buyers.get("value"), "buyersLiftLow": buyers.get("low"),
        "buyersLiftHigh": buyers.get("high"), "revenueBroughtIn": revenue.get("value"),
        "revenueBroughtInLow": revenue.get("low"), "revenueBroughtInHigh": revenue.get("high"),
        "orderedAfterAMessage": orders["messaged"]["revenue"],
    }  # fmt: skip
