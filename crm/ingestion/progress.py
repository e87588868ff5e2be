"""How far an import is: its counts at any moment, and its pace."""

from datetime import datetime
from typing import Any

from crm.stores.connection import Document

ASKED, CONFIRMED = "asked", "confirmed"
"""What an import that has to be confirmed is: to be tried and asked for, or agreed to."""


def counts_of(document: Document, counted: dict[str, int]) -> dict[str, int]:
    """An import's counts: what was read and refused by now, and what its batches did, or would do."""
    if document.get("confirm") == ASKED and "expected" in document:
        counted = document["expected"]
    rejected = document["refused"] + counted["rejected"]
    return {
        "read": document["rows"],
        "accepted": document["rows"] - rejected,
        "created": counted["created"],
        "updated": counted["updated"],
        "unchanged": counted["unchanged"],
        "rejected": rejected,
    }


def pace_of(document: Document, counts: dict[str, int], persisted: float) -> dict[str, Any] | None:
    """Since when, and from which row and share on, the file has been gone through, and where that is now.

    `{since, rows, share, rowsNow, shareNow}`, shares of 1; None while nothing moves. `persisted` is the share
    of the rows read that is in MongoDB.
    """
    taken = document.get("taken")
    if taken is None or document["state"] not in ("reading", "importing"):
        return None
    size = document["size"] or 1
    done = persisted if document.get("confirm") != ASKED else 1.0
    return {
        "since": taken["at"],
        "rows": taken["rows"],
        "share": taken["position"] / size,
        "rowsNow": int(document["rows"] * done),
        "shareNow": min(document["position"] * done / size, 1.0),
    }


def rate(pace: Document | None, now: datetime) -> dict[str, int | None]:
    """`{rowsPerSecond, secondsLeft}`, each None as long as it can't be told."""
    seconds = (now - pace["since"]).total_seconds() if pace else 0.0
    if pace is None or seconds <= 0:
        return {"rowsPerSecond": None, "secondsLeft": None}
    rows, share = pace["rowsNow"] - pace["rows"], pace["shareNow"] - pace["share"]
    left = round(seconds * (1 - pace["shareNow"]) / share) if share > 0 else None
    return {"rowsPerSecond": round(rows / seconds) if rows > 0 else None, "secondsLeft": left}
