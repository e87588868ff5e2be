"""What an import did, would do or has taken back, in sentences."""

from crm.stores.connection import Document

_STORED = ("created", "updated", "unchanged")
GIVEN_UP = (
    "The import failed again and again and was given up. Rows persisted before stay: undo it to take them "
    "back, or upload the file once more. An administrator finds the technical detail in Settings, System."
)


def of(document: Document, counts: dict[str, int]) -> str | None:
    """What an import says of itself. One that finished or was cancelled says what it has done by now."""
    if document["state"] == "finished":
        return done(document["kind"], counts)
    if document["state"] == "cancelled":
        return cancelled(document["kind"], counts)
    said: str | None = document.get("message")
    return said


def done(kind: str, counts: dict[str, int]) -> str:
    """One sentence or two that say what an import did."""
    accepted, rejected = counts["accepted"], counts["rejected"]
    if not accepted:
        return f"Nothing was imported: {_number(rejected, 'row')} refused."
    if counts["unchanged"] == accepted:
        whole = f"Nothing changed: {_all(kind, accepted, 'was', 'were')} already there as in this file."
    else:
        whole = f"{_number(accepted, kind[:-1])}: {_parts(counts)}."
    return f"{whole} {_number(rejected, 'row')} refused." if rejected else whole


def cancelled(kind: str | None, counts: dict[str, int]) -> str:
    """What was in MongoDB when an import was stopped, and what can be done about it."""
    stored = sum(counts[name] for name in _STORED)
    if not stored:
        return "Cancelled. Nothing was written."
    after = f"Cancelled after {_number(stored, (kind or 'records')[:-1])}: {_parts(counts)}."
    changed = counts["created"] or counts["updated"]
    return f"{after} Undo the import to take that back." if changed else after


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in _STORED if counts[name])


def expectation(kind: str, counts: dict[str, int]) -> str:
    """What an import would do, in words."""
    rejected = _number(counts["rejected"], "row")
    if not counts["accepted"]:
        return f"Nothing would be imported: {rejected} would be refused."
    if counts["unchanged"] == counts["accepted"]:
        same = _all(kind, counts["accepted"], "is", "are")
        whole = f"Nothing would change: {same} already there as in this file"
    else:
        what = (("created", "be created"), ("updated", "be changed"), ("unchanged", "stay as they are"))
        parts = [f"{counts[name]:,} would {said}" for name, said in what if counts[name]]
        whole = f"Of {_number(counts['accepted'], kind[:-1])}, {', '.join(parts)}"
    refused = f" {rejected} would be refused." if counts["rejected"] else ""
    return f"{whole}.{refused} Nothing is written yet."


def _all(kind: str, count: int, one: str, many: str) -> str:
    return f"all {count:,} {kind} {many}" if count > 1 else f"the one {kind[:-1]} {one}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def undone(kind: str | None, undo: Document, kept: int) -> str:
    """What an undo did, in words, and how many records it left alone."""
    noun = (kind or "rows")[:-1]
    removed, restored = undo.get("removed"), undo.get("restored")
    done = [f"{_number(removed, noun)} removed"] if removed else []
    if restored:
        done.append(f"{_number(restored, noun)} as {'it was' if restored == 1 else 'they were'} before")
    if not done and not kept:
        return "Undone: it had changed nothing that is still there."
    whole = f"Undone: {', '.join(done) or 'nothing removed'}."
    left = "1 was touched since and is" if kept == 1 else f"{kept:,} were touched since and are"
    return f"{whole} {left} left alone." if kept else whole
