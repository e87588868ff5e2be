"""What people said of a file is remembered for every file with the same set of headers."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from crm.fields import fold
from crm.ingestion.choices import NO_CHOICES, Choices
from crm.ingestion.headers import of_the_file
from crm.stores import mappings
from crm.stores.connection import Stores


def remember(
    stores: Stores,
    headers: Sequence[str],
    kind: str,
    choices: Choices,
    *,
    account_id: str | None,
    now: datetime,
) -> None:
    """Keep what was said of the columns, together with what was said before and still holds."""
    before = recall(stores, headers)
    if before is not None and before.kind == kind:
        choices = choices.over(before)
    elif choices == NO_CHOICES:
        return
    said = [
        {"header": header, "nth": nth, "said": dict(choices.columns[position])}
        for position, (header, nth) in enumerate(_numbered(headers))
        if choices.columns.get(position)
    ]
    document = {"_id": _digest(headers), "kind": kind, "columns": said, "savedBy": account_id, "savedAt": now}
    mappings.put(stores, document)


def forget(stores: Stores, headers: Sequence[str]) -> None:
    """Let files with these headers be read as they say themselves again."""
    mappings.forget(stores, _digest(headers))


def recall(stores: Stores, headers: Sequence[str]) -> Choices | None:
    """What was said last of a file with these headers, in whatever order they stand; None if nothing was."""
    found = mappings.get(stores, _digest(headers))
    if found is None:
        return None
    said = {(fold(one["header"]), one["nth"]): one["said"] for one in found["columns"]}
    columns = {
        position: said[fold(header), nth]
        for position, (header, nth) in enumerate(_numbered(headers))
        if (fold(header), nth) in said
    }
    return Choices(kind=found["kind"], columns=columns)


def _numbered(headers: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each header, and whether it is the first of its name, the second …"""
    seen: Counter[str] = Counter()
    for header in headers:
        seen[fold(header)] += 1
        yield header, seen[fold(header)]


def _digest(headers: Sequence[str]) -> str:
    own = headers[: of_the_file(headers)]  # refused rows that were corrected are read as their file was
    said = "\x1f".join(sorted(map(fold, own)))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
