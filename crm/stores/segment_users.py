"""Rule trees in which a segment may be named."""

from collections.abc import Iterator

from crm.stores.connection import Document, Session, Stores


def open_campaigns(
    stores: Stores, settled: tuple[str, ...], session: Session | None = None
) -> Iterator[Document]:
    """Campaigns in none of the settled statuses: `_id`, name, status, segmentId, rules."""
    shown = {"name": 1, "status": 1, "segmentId": 1, "rules": 1}
    query = {"status": {"$nin": list(settled)}}
    yield from stores.collection("campaigns").find(query, shown, session=session).sort("_id", 1)


def trees(stores: Stores, session: Session | None = None) -> Iterator[Document]:
    """`_id`, name and rules of every segment."""
    shown = {"name": 1, "rules": 1}
    yield from stores.collection("segments").find({}, shown, session=session).sort("_id", 1)
