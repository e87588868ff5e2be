"""Drafts that are made of other campaigns, and drafts that are brought back after they were deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm import auth, campaigns, library, names
from crm.auth import Account
from crm.errors import IllegalTransition, NotFound
from crm.lifecycle import CampaignStatus
from crm.options import OPTIONS
from crm.stores import campaigns as store
from crm.stores.connection import Document, Stores

_COPY = "Copy of "


def copy(stores: Stores, campaign_id: str, *, account: Account, now: datetime) -> dict[str, Any]:
    """A new draft with segment, message and options of a campaign in any status. Raises NotFound.

    Its segment is read anew at the launch; one that is gone is left to be chosen.
    """
    found = campaigns.get(stores, campaign_id)
    name = found["name"] if found["name"].startswith(_COPY) else f"{_COPY}{found['name']}"
    selects = bool(found["segmentId"] or found["include"])
    return campaigns.create(
        stores, name=name[: names.LONGEST], segment_id=_segment(stores, found),
        rules=None if selects else found["rules"], template=found["messageTemplate"],
        options={each: found[each] for each in OPTIONS if found[each] is not None}, account=account, now=now,
    )  # fmt: skip


def _segment(stores: Stores, campaign: Mapping[str, Any]) -> str | None:
    try:
        return str(library.get(stores, campaign["segmentId"])["_id"]) if campaign["segmentId"] else None
    except NotFound:
        return None


def bring_back(stores: Stores, draft: Document, *, account: Account, now: datetime) -> None:
    """Keep a draft again as `campaigns.delete` gave it back. Raises IllegalTransition where it is there."""
    if draft["status"] != CampaignStatus.DRAFT or store.find(stores, draft["_id"]) is not None:
        raise IllegalTransition("This draft is there already.")
    store.insert(stores, draft)
    auth.log(stores, account, "campaign brought back", draft["_id"], now=now)
