"""Finding the records that spoil a batch, so that they alone are put aside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm.errors import NotYet
from crm.ingestion.batches import Batch
from crm.ingestion.records import Refusal
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from crm.stores.transactions import rehearsal

Payload = dict[str, Any]
Persist = Callable[[Stores, Sequence[Batch], datetime], None]


def isolate(
    stores: Stores, payload: Payload, persist: Persist, *, now: datetime
) -> list[tuple[Payload, str]]:
    """Persist what of a failing batch can be; each record that can't, as a batch of its own with the reason.

    The batch is halved until each bad record is alone, in transactions that are taken back. Then the others
    are persisted, and the bad ones booked as refused, in the batch's one transaction: it takes effect once,
    as any other does. Raises NotYet where it must wait, and what `persist` raises where no record is bad.
    """
    records = payload["records"]
    bad: dict[int, str] = {}

    def search(places: Sequence[int]) -> None:
        try:
            with rehearsal():
                persist(stores, [Batch.of(_part(payload, places))], now)
        except Exception as error:
            if isinstance(error, NotYet) or is_outage(error):
                raise
            if len(places) == 1:
                bad[places[0]] = f"{type(error).__name__}: {error}"[:1000]
                return
            middle = len(places) // 2
            search(places[:middle])
            search(places[middle:])

    search(range(len(records)))
    rest = Batch.of(_part(payload, [place for place in range(len(records)) if place not in bad]))
    refused = [
        (payload["rows"][place], _values(records[place]), Refusal(None, "not_persisted", sentence(reason)))
        for place, reason in bad.items()
    ]
    persist(stores, [replace(rest, refused=refused)], now)
    return [(_letter(payload, place), reason) for place, reason in bad.items()]


def sentence(reason: str) -> str:
    """Why a record that was fine at the edge is refused after all."""
    return f"it could not be stored ({reason})"


def _part(payload: Payload, places: Sequence[int]) -> Payload:
    # Copies, since a batch reads the moments of its records in place.
    records = [payload["records"][place] for place in places]
    return {
        **payload,
        "rows": [payload["rows"][place] for place in places],
        "records": [dict(record) if isinstance(record, dict) else record for record in records],
    }


def _values(record: Any) -> dict[str, Any]:
    return record if isinstance(record, dict) else {"record": record}


def _letter(payload: Payload, place: int) -> Payload:
    """One record in a batch of its own. It is its import's no more: there it is booked as refused."""
    alone = _part(payload, [place]) | {"batch": f"{payload['batch']}#{payload['rows'][place]}"}
    alone.pop("corrects", None)
    import_id = alone.pop("importId", None)
    return alone if import_id is None else alone | {"fromImport": import_id}
