"""How a campaign sets out: at once, or by itself at a time in the account's zone.

Each change is one conditional update. A campaign whose time has come is looked for by every worker, and
launched by the one whose update the database took.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from crm import audiences, carriers, content, library, planning, quiet_hours, rulebook, segments
from crm.auth import Account
from crm.errors import FieldError, InvalidInput, NotFound
from crm.lifecycle import CampaignAction, CampaignStatus, allowed_from
from crm.saved import usage
from crm.segments import Rule
from crm.settings import settings
from crm.stores import audit
from crm.stores import campaigns as store
from crm.stores.connection import Document, Stores

log = logging.getLogger(__name__)

START, NOW = "start", "now"
LATEST = timedelta(days=730)
_DUE = 100  # campaigns that one look launches


def freeze(stores: Stores, campaign: Document, now: datetime) -> Document:
    """What a launch writes into the campaign: everything that delivery depends on, as it is now.

    Raises InvalidRule (with the path of the bad node), InvalidInput for a message that can't be sent or an
    audience of nobody, NotFound for a segment that is gone.
    """
    changes, rule = _frozen_rules(stores, campaign)
    changes["vendor"] = campaign.get("vendor") or carriers.chosen(stores)
    changes["channel"] = carriers.way(stores, changes["vendor"], campaign.get("channel"))
    fields = rulebook.fields(stores)
    changes["attributes"] = content.attributes(content.read(campaign, fields))
    if campaign.get("sendWindow"):
        changes["zonePath"] = quiet_hours.zone_path(fields)
    size = audiences.count(stores, rule, now=now, zone=settings().zone)
    if size == 0:
        reason = "selects nobody at this moment"
        raise InvalidInput("There is nobody to send this to: the segment selects no customer.",
                           [FieldError("segmentId", reason)])  # fmt: skip
    return changes | {
        "expectedSize": size,
        "currency": settings().currency,
        "timeZone": settings().time_zone,
        "publicUrl": settings().base_url,
        "launchedAt": now,
        "updatedAt": now,
    }


def _frozen_rules(stores: Stores, campaign: Document) -> tuple[Document, Rule]:
    """The rules with every segment in them as it is now, and what is written of them."""
    changes: Document = {}
    if campaign.get("frozenAt"):
        return changes, rulebook.parse(stores, campaign["rules"])
    if campaign.get("segmentId"):
        changes["segmentName"] = library.get(stores, campaign["segmentId"])["name"]
    tree = audience_tree(stores, campaign)
    if tree is None:
        raise InvalidInput("Choose whom to reach first.", [FieldError("segmentId", "is missing")])
    rule = rulebook.parse(stores, tree, own_id=None if _is_selection(campaign) else campaign.get("segmentId"))
    changes["rules"] = segments.dump(segments.frozen(rule))  # whatever becomes of the segments in it
    changes["description"] = segments.describe(rule, currency=settings().currency)
    return changes, rule


def _is_selection(campaign: Document) -> bool:
    """Whether more is chosen than one segment or one set of rules."""
    chosen = [campaign.get(name) or {} for name in ("include", "exclude")]
    return any(each.get(kind) for each in chosen for kind in ("segments", "lists"))


def audience_tree(stores: Stores, campaign: Document) -> Any:
    """The rules that a draft stands for: in any that it includes, in none that it excludes; None for nothing.

    Raises NotFound for a segment that is gone.
    """
    if not _is_selection(campaign):
        if campaign.get("segmentId"):
            return library.get(stores, campaign["segmentId"])["rules"]
        return campaign.get("rules")
    include, exclude = campaign.get("include") or {}, campaign.get("exclude") or {}
    own = [campaign["segmentId"]] if campaign.get("segmentId") else []
    wanted = _chosen([*own, *include.get("segments", ())], include.get("lists", ()))
    if campaign.get("rules") and not own:
        wanted.append(campaign["rules"])
    if not wanted:
        return None
    tree = wanted[0] if len(wanted) == 1 else _group("OR", wanted)
    unwanted = _chosen(exclude.get("segments", ()), exclude.get("lists", ()))
    return _group("AND", [tree, _group("NOT", unwanted)]) if unwanted else tree


def _chosen(segment_ids: Iterable[str], list_ids: Iterable[str]) -> list[Document]:
    nodes: list[Document] = [
        {"type": "segment", "segmentId": each, "in": True} for each in dict.fromkeys(segment_ids)
    ]
    return nodes + [{"type": "list", "listId": each, "in": True} for each in dict.fromkeys(list_ids)]


def _group(operator: str, nodes: list[Any]) -> Document:
    return {"type": "group", "operator": operator, "conditions": nodes}


def start(
    stores: Stores, campaign: Document, frozen: Document, by: str | None, where: Document | None = None
) -> Document | None:
    """Let planning begin. None where the campaign is in no status for it, or differs from `where`."""
    changes = frozen | {"status": CampaignStatus.PLANNING, "launchedBy": by}
    begun = store.change(
        stores, campaign["_id"], allowed_from(CampaignAction.LAUNCH), changes, where=where, drop=("problem",)
    )
    if begun is not None:
        planning.publish(stores, campaign["_id"])
        usage.note_launch(stores, begun)
    return begun


def schedule(
    stores: Stores, campaign: Document, at: Any, freeze_rules: str, *, account: Account, now: datetime
) -> Document | None:
    """Have a draft launched at `at`; None where it is no draft. Raises as `scheduled`."""
    changes = scheduled(stores, campaign, at, freeze_rules, account=account, now=now)
    return store.change(
        stores, campaign["_id"], allowed_from(CampaignAction.SCHEDULE), changes, drop=("problem",)
    )


def scheduled(
    stores: Stores, campaign: Document, at: Any, freeze_rules: str, *, account: Account, now: datetime
) -> Document:
    """What scheduling writes into a campaign.

    `at` is text (ISO 8601; without an offset in the account's zone) or an aware datetime. Raises as `freeze`,
    except for an audience of nobody: there may be somebody then; InvalidInput for a time that has passed.
    """
    when = moment(at, now)
    if freeze_rules not in (START, NOW):
        raise InvalidInput("freeze is start or now.", [FieldError("freeze", "is start or now")])
    frozen, _ = _frozen_rules(stores, campaign)
    content.read(campaign, rulebook.fields(stores))
    carriers.way(stores, campaign.get("vendor"), campaign.get("channel"))
    changes: Document = {
        "status": CampaignStatus.SCHEDULED,
        "scheduledAt": when,
        "scheduledBy": account.id,
        "freeze": freeze_rules,
        "updatedAt": now,
    }
    if freeze_rules == NOW:
        return changes | frozen | {"frozenAt": now}
    shown = ("segmentName", "description")  # as they are now, to be seen; read again when it starts
    return changes | {name: frozen[name] for name in shown if name in frozen}


def moment(at: Any, now: datetime) -> datetime:
    """The instant to launch at. Raises InvalidInput where it can't be read, has passed or is years away."""
    when = at if isinstance(at, datetime) else _read(at, now)
    if when <= now:
        raise _bad_time("has passed already")
    if when > now + LATEST:
        raise _bad_time("is more than two years away")
    return when


def _read(at: Any, now: datetime) -> datetime:
    if not isinstance(at, str) or not at.strip():
        raise _bad_time("is a date and time such as 2026-01-31T18:00")
    return audiences.instant(at, now=now, zone=settings().zone, field="scheduledAt")


def _bad_time(reason: str) -> InvalidInput:
    return InvalidInput(f"The time of the launch {reason}.", [FieldError("scheduledAt", reason)])


_SCHEDULE = ("scheduledAt", "scheduledBy", "freeze", "frozenAt")


def unschedule(
    stores: Stores, campaign: Document, *, now: datetime, problem: str | None = None
) -> Document | None:
    """Make a scheduled campaign a draft again; None where it is not scheduled any more."""
    changes: Document = {"status": CampaignStatus.DRAFT, "updatedAt": now}
    if problem:
        changes["problem"] = problem
    if campaign.get("frozenAt") and (campaign.get("segmentId") or _is_selection(campaign)):
        changes["rules"] = None  # a draft's segment speaks for itself again
    return store.change(
        stores,
        campaign["_id"],
        allowed_from(CampaignAction.UNSCHEDULE),
        changes,
        where={"scheduledAt": campaign["scheduledAt"]} if campaign.get("scheduledAt") else None,
        drop=_SCHEDULE,
    )


def start_due(stores: Stores, now: datetime) -> int:
    """Launch the scheduled campaigns whose time has come. Returns how many this call launched.

    One that can't be launched becomes a draft again, with the reason in `problem`.
    """
    launched = 0
    for campaign in store.due(stores, now, _DUE):
        extra = {"campaign_id": campaign["_id"]}
        try:
            frozen = freeze(stores, campaign, now)
        except (InvalidInput, NotFound) as error:
            if unschedule(stores, campaign, now=now, problem=error.message):
                log.warning("campaign not launched", extra={"action": "campaign_not_launched", **extra})
            continue
        same = {"scheduledAt": campaign["scheduledAt"]}
        if start(stores, campaign, frozen, campaign.get("scheduledBy"), same):
            launched += 1
            log.info("campaign launched", extra={"action": "campaign_launched", **extra})
            audit.write(stores, campaign["scheduledBy"], "campaign launched", campaign["_id"], now)
    return launched
