"""Batches of accepted records: how they go onto the streams, and what a worker makes of an entry."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from crm.fields import fold
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.records import DATES, Record, Refusal
from crm.stores import groups, streams
from crm.stores.connection import Stores

UPDATE, FILL, SKIP = "update", "fill", "skip"
EXISTING = (UPDATE, FILL, SKIP)
"""What an import does with customers we have: change what differs, fill what is empty, or nothing."""

_STREAMS = {CUSTOMERS: streams.CUSTOMERS, PRODUCTS: streams.PRODUCTS}


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to 500 accepted records of one kind on their way.

    `version` is when they were accepted, in microseconds since 1970: of two versions of one record the
    newer counts. `rows` says which row of its file, or which record of its request, each of them was.
    `after` is what these may refer to: streams and their newest entries when these were published.
    `existing` is what becomes of customers who are there already, one of `EXISTING`. `corrects` says that
    these are refused rows of the import that somebody has corrected. `refused` are records that were taken
    out of it, to be booked with the rest. `since` is the first version of the file whose rows these are: what
    has a version from then on was said in the same file. `own` says that these are a shopper's, who may amend
    his own orders alone.
    """

    kind: str
    id: str
    version: int
    rows: Sequence[int]
    records: Sequence[Record]
    import_id: str | None = None
    after: Mapping[str, str] = field(default_factory=dict)
    existing: str = UPDATE
    corrects: bool = False
    since: int | None = None
    refused: Sequence[tuple[int, Record, Refusal]] = ()
    own: bool = False
    accepted_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        whole, micro = divmod(self.version, 1_000_000)
        at = datetime.fromtimestamp(whole, UTC).replace(microsecond=micro // 1000 * 1000)
        object.__setattr__(self, "accepted_at", at)

    def payload(self) -> dict[str, Any]:
        payload = {
            "kind": self.kind,
            "batch": self.id,
            "version": self.version,
            "after": self.after,
            "rows": self.rows,
            "records": self.records,
        }
        if self.existing != UPDATE:
            payload["existing"] = self.existing
        if self.corrects:
            payload["corrects"] = True
        if self.since is not None:
            payload["since"] = self.since
        if self.own:
            payload["own"] = True
        return payload if self.import_id is None else payload | {"importId": self.import_id}

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Self:
        """The batch that an entry carries, its moments as datetimes again."""
        kind, records = payload["kind"], payload["records"]
        for name in DATES[kind]:
            for record in records:
                if name in record:
                    record[name] = datetime.fromisoformat(record[name])
        return cls(
            kind,
            payload["batch"],
            payload["version"],
            payload["rows"],
            records,
            payload.get("importId"),
            payload["after"],
            payload.get("existing", UPDATE),
            payload.get("corrects", False),
            payload.get("since"),
            own=payload.get("own", False),
        )


def version_of(now: datetime) -> int:
    return int(now.timestamp() * 1_000_000)


Row = tuple[int, Record]


def cut(kind: str, rows: Iterable[Row], **of_each: Any) -> Iterator[tuple[str, Batch]]:
    """Batches of these records with the stream of each. Orders of one customer go onto one stream.

    `of_each` is what all have in common; `id` is the beginning of every batch's id.
    """
    first = of_each.pop("id")
    shares: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        shares[_stream(kind, row[1])].append(row)
    for stream, share in shares.items():
        size = -(-len(share) // -(-len(share) // streams.BATCH_SIZE))  # as few as hold them, all alike
        for start in range(0, len(share), size):
            part = share[start : start + size]
            name = f"{first}:{stream.rpartition(':')[2]}:{start // size}"
            yield (
                stream,
                Batch(kind, name, rows=[row for row, _ in part], records=[one for _, one in part], **of_each),
            )


def _stream(kind: str, record: Record) -> str:
    if kind == ORDERS:
        # The e-mail first: it is what most shops give with all their orders.
        whose = record.get("customerEmail") or record.get("customerId") or record["orderReference"]
        return streams.orders_stream(fold(whose))
    return _STREAMS[kind]


def _referred_to(kind: str, rows: Iterable[Row]) -> tuple[str, ...]:
    """Streams that carry what these records may refer to: an order's customer, an amendment's order."""
    if kind != ORDERS:
        return ()
    if any("total" not in record for _, record in rows):
        return (streams.CUSTOMERS, *streams.ORDERS)
    # An e-mail address that nobody has makes a customer, so such an order never waits for one.
    return (streams.CUSTOMERS,) if any("customerEmail" not in record for _, record in rows) else ()


def publish(stores: Stores, kind: str, rows: Sequence[Row], *, id: str, version: int,
            import_id: str | None = None, existing: str = UPDATE, corrects: bool = False,
            since: int | None = None, own: bool = False) -> int:  # fmt: skip
    """Put records onto their streams; returns how many batches it made of them. Durable when it returns."""
    referred_to = _referred_to(kind, rows)
    after = groups.newest(stores, referred_to) if referred_to else {}
    batches: dict[str, list[dict[str, Any]]] = defaultdict(list)
    source = {"import_id": import_id, "existing": existing, "corrects": corrects, "since": since}
    of_each = {"id": id, "version": version, "after": after, "own": own, **source}
    for stream, batch in cut(kind, rows, **of_each):
        batches[stream].append(batch.payload())
    streams.publish_all(stores, batches)
    return sum(len(payloads) for payloads in batches.values())


@dataclass(slots=True)
class Tally:
    """What became of the records of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[int, Record, Refusal]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        accepted = self.created + self.updated + self.unchanged
        return {
            "read": accepted + len(self.refused),
            "accepted": accepted,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.refused),
        }
