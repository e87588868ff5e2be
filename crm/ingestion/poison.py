"""Finding the records that spoil a batch, so that they alone are put aside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm.errors import NotYet
from crm.ingestion.batches import Batch
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.records import Record, Refusal, from_json
from crm.settings import settings
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from crm.stores.transactions import rehearsal

Payload = dict[str, Any]
Persist = Callable[[Stores, Sequence[Batch], datetime], None]

NOT_PERSISTED = "not_persisted"
NO_FAULT = Refusal(
    None,
    NOT_PERSISTED,
    "it could not be stored, though nothing seems wrong with it; an administrator can send it once more on "
    "the Settings page under System",
)
_ATTRIBUTES = "attributes"


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
        (payload["rows"][place], _values(records[place]), refusal(payload["kind"], records[place]))
        for place in bad
    ]
    persist(stores, [replace(rest, refused=refused)], now)
    return [(_letter(payload, place), reason) for place, reason in bad.items()]


def refusal(kind: str, record: Any) -> Refusal:
    """Why a record that was fine at the edge is refused after all; the exception is in its dead letter."""
    fault = fault_of(kind, record)
    return Refusal(fault.field, NOT_PERSISTED, fault.reason) if fault else NO_FAULT


def fault_of(kind: str, raw: Any) -> Refusal | None:
    """What is wrong with a record that is on its way; None where nothing seems to be."""
    try:
        checked(kind, raw)
    except Refusal as fault:
        return fault
    return None


def checked(kind: str, raw: Any) -> Record:
    """A record from what is on its way, which is under our names already. Raises Refusal."""
    own = raw.get(_ATTRIBUTES) if kind == CUSTOMERS and isinstance(raw, dict) else None
    record = from_json(kind, raw, settings().zone)
    if kind == ORDERS and "orderReference" not in record:
        raise Refusal("orderReference", "missing", "an order on its way has a reference: keep it")
    if own is not None:
        if not isinstance(own, dict) or not all(isinstance(name, str) for name in own):
            raise Refusal(_ATTRIBUTES, "not_an_object", "is not an object of attributes by key")
        record[_ATTRIBUTES] = own
    return record


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
