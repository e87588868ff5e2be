"""What uses a segment, and when it was last used."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.errors import Conflict
from crm.rules.mentions import segments_in
from crm.stores import segment_users as store
from crm.stores import segments as library
from crm.stores.connection import Session, Stores

SETTLED = ("finished", "cancelled")
CAMPAIGN, EXPORT = "campaign", "export"
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Users:
    """Campaigns that have not ended (`_id`, name, status) and segments (`_id`, name) that go by a segment."""

    campaigns: list[dict[str, Any]] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.campaigns or self.segments)


def users(stores: Stores, segment_id: str, session: Session | None = None) -> Users:
    """Who would miss the segment. A campaign that was launched has its rules, yet is told by its name."""
    campaigns = [
        {key: campaign[key] for key in ("_id", "name", "status")}
        for campaign in store.open_campaigns(stores, SETTLED, session)
        if segment_id in store.named_by(campaign)
    ]
    segments = [
        {"_id": segment["_id"], "name": segment["name"]}
        for segment in store.trees(stores, session)
        if segment["_id"] != segment_id and segment_id in segments_in(segment["rules"])
    ]
    return Users(campaigns, segments)


def refuse_if_used(stores: Stores, segment_id: str, session: Session | None = None) -> None:
    """Raises Conflict, with the names of what uses the segment."""
    found = users(stores, segment_id, session)
    said = []
    if found.campaigns:
        names = [f"“{campaign['name']}” ({campaign['status']})" for campaign in found.campaigns]
        said.append(f"Campaigns still use this segment: {_listed(names)}. Finish or cancel them first.")
    if found.segments:
        names = [f"“{segment['name']}”" for segment in found.segments]
        said.append(f"Segments refer to this one: {_listed(names)}. Take it out of their rules first.")
    if said:
        raise Conflict(" ".join(said))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def note_launch(stores: Stores, campaign: dict[str, Any]) -> None:
    """Note that a campaign was launched with the segments that it goes by."""
    for segment_id in sorted(store.named_by(campaign)):
        note(stores, segment_id, CAMPAIGN, now=campaign["launchedAt"])


def note(stores: Stores, segment_id: str, purpose: str, *, now: datetime) -> None:
    """Note that a segment was used, for a campaign or an export."""
    library.note_use(stores, segment_id, now, purpose)
