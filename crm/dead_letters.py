"""Dead letters: what workers gave up on, to be looked at, mended and sent once more, or thrown away.

A letter of customers, orders or products holds one record, unless a batch could not be taken apart. A letter
as listed is `{_id, stream, kind, at, reason, detail, deliveries, references, records, payload}`: `reason`
says in plain words what is wrong and what to do, `detail` is the worker's own error; `records` are the
batch's, or null for other streams, and `payload` is the whole entry, or its text where it is no JSON.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field

from crm import cursors, given_up
from crm.directory import Page
from crm.errors import FieldError, IllegalTransition, InvalidInput, NotFound
from crm.ingestion import batches, outcomes, poison
from crm.ingestion.headers import KINDS
from crm.ingestion.imports import ACTIVE
from crm.ingestion.records import Refusal
from crm.roles import Account
from crm.stores import audit, imports, streams
from crm.stores import dead_letters as store
from crm.stores.connection import Document, Stores, new_id
from crm.stores.dead_letters import Letter

_GONE = "There is no such dead letter any more."
_LIST = "dead letters"
_Id = Annotated[str, Field(pattern=r"^[a-z:0-9]+:[0-9]{1,19}-[0-9]{1,19}$")]  # Valkey refuses another


def listing(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Letters of every stream, the latest first."""
    before = cursors.read(_LIST, cursor, _Id)
    found = store.newest(stores, streams.ALL, before=before, limit=limit + 1)
    page = found[:limit]
    following = cursors.written(_LIST, page[-1].id) if len(found) > limit else None
    return Page([_document(letter) for letter in page], following)


def count(stores: Stores) -> int:
    """How many letters there are."""
    return store.count(stores, streams.ALL)


def get(stores: Stores, letter_id: str) -> Document:
    """One letter. Raises NotFound."""
    return _document(_letter(stores, letter_id))


def resubmit(
    stores: Stores, letter_id: str, records: Sequence[Any] | None = None, *, by: Account, now: datetime
) -> None:
    """Send a letter once more, as it is or with `records` in place of its own, and remove it.

    Records are validated as any that come in, and are as new as the ones they replace: what has changed
    since stays changed. Raises NotFound; and, while the letter stays, InvalidInput, field by field, and
    IllegalTransition for an import that has ended.
    """
    letter = _letter(stores, letter_id)
    payload = _payload(letter)
    if _is_batch(payload):
        _publish(stores, payload, payload["records"] if records is None else records)
        store.remove(stores, letter)
    elif records is not None:
        raise InvalidInput("This letter holds no records: send it as it is, or discard it.")
    elif letter.stream in streams.FILES and not _goes_on(stores, payload):
        raise IllegalTransition("The import has ended: upload the file once more, and discard this.")
    elif not store.put_back(stores, letter):
        raise NotFound(_GONE)
    audit.write(stores, by.id, "dead_letter_resubmitted", letter_id, now)


def discard(stores: Stores, letter_id: str, *, by: Account, now: datetime) -> None:
    """Throw a letter away for good. Raises NotFound."""
    if not store.remove(stores, _letter(stores, letter_id)):
        raise NotFound(_GONE)
    audit.write(stores, by.id, "dead_letter_discarded", letter_id, now)


def _goes_on(stores: Stores, payload: Any) -> bool:
    """Whether a worker would do something with an import, or with its undo."""
    document = imports.get(stores, str(payload.get("importId"))) if isinstance(payload, dict) else None
    if document is None:
        return False
    return document["state"] in ACTIVE or ("undo" in document and document["state"] != "undone")


def _publish(stores: Stores, payload: Document, records: Sequence[Any]) -> None:
    kind = payload["kind"]
    if len(records) != len(payload["records"]):
        raise InvalidInput(
            "Keep the number of records.", [FieldError("records", f"must be {len(payload['records'])}")]
        )
    problems: list[FieldError] = []
    rows: list[batches.Row] = []
    for place, raw in enumerate(records):
        try:
            rows.append((payload["rows"][place], poison.checked(kind, raw)))
        except Refusal as refusal:
            problems.append(FieldError(f"records[{place}].{refusal.field or 'record'}", refusal.reason))
    if problems:
        raise InvalidInput("The letter can't be sent as it is: mend it first.", problems)
    batches.publish(
        stores, kind, rows, id=new_id(), version=payload["version"], own=payload.get("own", False)
    )


def _letter(stores: Stores, letter_id: str) -> Letter:
    known = letter_id.rpartition(":")[0] in streams.ALL
    letter = store.get(stores, letter_id) if known else None
    if letter is None:
        raise NotFound(_GONE)
    return letter


def _payload(letter: Letter) -> Any:
    try:
        return orjson.loads(letter.data)
    except orjson.JSONDecodeError:
        return letter.data.decode(errors="replace")


def _is_batch(payload: Any) -> bool:
    return (
        isinstance(payload, dict)
        and payload.get("kind") in KINDS
        and isinstance(payload.get("records"), list)
        and isinstance(payload.get("rows"), list)
        and len(payload["records"]) == len(payload["rows"])
        and isinstance(payload.get("version"), int)
    )


def _document(letter: Letter) -> Document:
    payload = _payload(letter)
    batch = payload if _is_batch(payload) else None
    records = batch["records"] if batch else None
    return {
        "_id": letter.id,
        "stream": letter.stream,
        "kind": batch["kind"] if batch else letter.stream.partition(":")[0],
        "at": letter.at,
        "reason": given_up.reason(letter.stream, batch),
        "detail": letter.reason,
        "deliveries": letter.deliveries,
        "references": [
            one
            for record in records or ()
            if batch and isinstance(record, dict)
            for one in outcomes.references(batch["kind"], record)
        ],
        "records": records,
        "payload": payload,
    }
