"""Rule trees in which a segment may be named."""

from collections.abc import Iterator

from crm.rules.mentions import segments_in
from crm.stores.connection import Document, Session, Stores


def open_campaigns(
    stores: Stores, settled: tuple[str, ...], session: Session | None = None
) -> Iterator[Document]:
    """Campaigns in none of the settled statuses: `_id`, name, status, and what `named_by` reads."""
    shown = dict.fromkeys(("name", "status", "segmentId", "rules", "include", "exclude"), 1)
    query = {"status": {"$nin": list(settled)}}
    yield from stores.collection("campaigns").find(query, shown, session=session).sort("_id", 1)


def named_by(campaign: Document) -> set[str]:
    """Segments that a campaign, or a change of one, goes by: its own, those included or excluded, and those
    that its rules name."""
    found = segments_in(campaign.get("rules"))
    if campaign.get("segmentId"):
        found.add(campaign["segmentId"])
    for chosen in (campaign.get("include"), campaign.get("exclude")):
        found.update((chosen or {}).get("segments") or ())
    return found


def trees(stores: Stores, session: Session | None = None) -> Iterator[Document]:
    """`_id`, name and rules of every segment."""
    shown = {"name": 1, "rules": 1}
    yield from stores.collection("segments").find({}, shown, session=session).sort("_id", 1)
