"""Taking an import back: what it created goes, what it changed is as it was before.

Transaction by transaction of the import, the latest first, each in one of our own, which also removes its
entry from the journal. So an undo that is interrupted goes on where it was, and takes nothing back twice.
A record that anything else has touched since, be it an import, the API or an order, is left alone and
written down. What the import only found as it was is no touch.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from crm.errors import NotYet
from crm.ingestion import journal as stamps
from crm.ingestion import settling, words
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.people import People
from crm.stores import customers, groups, orders, products, streams
from crm.stores import imports as store
from crm.stores import journal as store_journal
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact

_SOURCES = (streams.CUSTOMERS, streams.PRODUCTS, *streams.ORDERS)
_CHANGED = "it was changed since"
_HAS_ORDERS = "orders of this customer came since"
_TAKEN = "another customer has its e-mail address or external id by now"
_NOBODY = "the customer of this order is gone"


@dataclass(slots=True)
class _Outcome:
    """What one transaction takes back. `kept` is `(kind, record, reason)`."""

    removed: int = 0
    restored: int = 0
    kept: list[tuple[str, Document, str]] = field(default_factory=list)


def run(
    stores: Stores, document: Document, now: Callable[[], datetime], pause: Callable[[float], None]
) -> None:
    """Undo what is left of an import that is to be undone. Raises NotYet while batches of it are at work."""
    _wait_for_batches(stores, document)
    while entries := store_journal.newest(stores, document["_id"]):
        transact(stores, partial(_take_back, stores, entries, now()), look_again=True)
        pause(0)
    found = store.get(stores, document["_id"])
    if found is not None and found["state"] != "undone":
        done = {
            "state": "undone",
            "undo.endedAt": now(),
            "message": words.undone(
                found["kind"], found["undo"], store_journal.count_kept(stores, found["_id"])
            ),
        }
        store.change(stores, document["_id"], done, states=("finished", "failed", "cancelled"))


def _wait_for_batches(stores: Stores, document: Document) -> None:
    """From when it was asked no batch of the import begins; those that had begun have to end."""
    if not document["undo"]["begun"]:
        after = groups.newest(stores, _SOURCES)
        waits = [{"stream": stream, "entry": entry} for stream, entry in after.items()]
        changed = {"undo.begun": True, "undo.after": waits}
        document = (
            store.change(stores, document["_id"], changed, states=("finished", "failed", "cancelled"))
            or document
        )
    for one in document["undo"].get("after", []):
        if not groups.finished(stores, one["stream"], one["entry"]):
            raise NotYet("batches that were published before the undo are still under way")


def _take_back(stores: Stores, entries: list[Document], now: datetime, session: Session) -> None:
    ids = [entry["_id"] for entry in entries]
    if store_journal.remove(stores, session, ids) < len(ids):
        return  # another worker was first with some of them: look again
    import_id, kind, stamp = entries[0]["importId"], entries[0]["kind"], entries[0]["stamp"]
    work = _Work(
        stores, session, import_id, stamp, now,
        created={one for entry in entries for one in entry.get("created", ())},
        before={one["_id"]: one for entry in entries for one in entry["before"]},
        new_customers={one for entry in entries for one in entry.get("newCustomers", ())},
        moved={one["_id"]: one["was"] for entry in entries for one in entry.get("moved", ())},
    )  # fmt: skip
    outcome = _TAKE_BACK[kind](work)
    store_journal.unsee(stores, session, kind, [one for entry in entries for one in entry.get("seen", ())])
    kept = [_kept(import_id, *one) for one in outcome.kept]
    store_journal.keep(stores, session, kept)
    counts = {"removed": outcome.removed, "restored": outcome.restored, "entries": len(ids)}
    store.count_undone(stores, session, import_id, counts)


def _kept(import_id: str, kind: str, record: Document, reason: str) -> Document:
    label = record.get("name") or record.get("email") or record.get("externalId") or record["_id"]
    return {
        "_id": f"{import_id}:{kind}:{record['_id']}",
        "importId": import_id,
        "kind": kind,
        "id": record["_id"],
        "label": str(label),
        "reason": reason,
    }


@dataclass(frozen=True, slots=True)
class _Work:
    """One transaction of an import that is to be taken back, and the session to do it with."""

    stores: Stores
    session: Session
    import_id: str
    stamp: datetime
    now: datetime
    created: set[str]
    before: dict[str, Document]
    new_customers: set[str]
    moved: dict[str, datetime | None]

    def untouched(self, record: Document) -> bool:
        return bool(record.get("updatedAt") == self.stamp)

    def count_restored(self, records: Iterable[Document]) -> int:
        """Without what the import made itself and changed later: that goes in the end."""
        return sum(one.get("importId") != self.import_id for one in records)


def _customers(work: _Work) -> _Outcome:
    outcome = _Outcome()
    found = customers.find(work.stores, work.session, ids=work.created | work.before.keys())
    owners = orders.owners(work.stores, work.session, work.created)
    remove: list[str] = []
    restore: list[Document] = []
    for one in found:
        if one["_id"] in owners:
            outcome.kept.append((CUSTOMERS, one, _HAS_ORDERS))
        elif not work.untouched(one):
            outcome.kept.append((CUSTOMERS, one, _CHANGED))
        elif one["_id"] in work.created:
            remove.append(one["_id"])
        else:
            restore.append(work.before[one["_id"]])
    customers.delete(work.stores, work.session, remove)
    taken = _taken(work, restore)
    outcome.kept += [(CUSTOMERS, one, _TAKEN) for one in restore if one["_id"] in taken]
    restore = [one for one in restore if one["_id"] not in taken]
    customers.restore(work.stores, work.session, restore)
    outcome.removed, outcome.restored = len(remove), work.count_restored(restore)
    return outcome


def _taken(work: _Work, restore: list[Document]) -> set[str]:
    """Those whose former e-mail address or external id somebody else has."""
    emails = {email: one["_id"] for one in restore if (email := one.get("folded", {}).get("email"))}
    external_ids = {key: one["_id"] for one in restore if (key := one.get("externalId"))}
    fields = ("externalId", "folded.email")
    now = customers.find(
        work.stores, work.session, emails=emails.keys(), external_ids=external_ids.keys(), fields=fields
    )
    ours = {one["_id"] for one in restore}
    taken: set[str] = set()
    for one in now:
        if one["_id"] not in ours:
            taken.add(emails.get(one.get("folded", {}).get("email", ""), ""))
            taken.add(external_ids.get(one.get("externalId", ""), ""))
    return taken


def _orders(work: _Work) -> _Outcome:
    outcome = _Outcome()
    found = orders.find(work.stores, work.session, work.created | work.before.keys())
    whose = {order["customerId"] for order in (*found, *work.before.values())}
    people = People.load(
        work.stores, work.session, ids=whose | work.moved.keys() | work.new_customers, fields=settling.FIELDS
    )
    there = {customer["_id"]: customer.get("updatedAt") for customer in people.found}
    gone: list[Document] = []
    come: list[Document] = []
    for order in found:
        old = work.before.get(order["_id"])
        if not work.untouched(order):
            outcome.kept.append((ORDERS, order, _CHANGED))
        elif order["customerId"] not in there or (old is not None and old["customerId"] not in there):
            outcome.kept.append((ORDERS, order, _NOBODY))
        else:
            gone.append(order)
            come += [old] if old is not None else []
    orders.delete(work.stores, work.session, [one["_id"] for one in gone if one["_id"] not in work.before])
    settling.settle(
        work.stores, work.session, people, gone=gone, come=come, at=stamps.stamp(work.now, people.found)
    )
    orders.replace(work.stores, work.session, come)
    outcome.removed, outcome.restored = len(gone) - len(come), work.count_restored(come)
    _settle_people(work, people, there, outcome)
    return outcome


def _settle_people(work: _Work, people: People, there: dict[str, Any], outcome: _Outcome) -> None:
    """Customers that nothing else has touched are as if the orders had never been; those made for them go."""
    untouched = {one for one, updated in there.items() if updated == work.stamp}
    made = work.new_customers & untouched
    remove = made - orders.owners(work.stores, work.session, made)
    for one in untouched & work.moved.keys():
        people.move(people[one], {"updatedAt": work.moved[one]})
    for one in remove:
        people.leave(one)
    people.write(work.stores, work.session)
    customers.delete(work.stores, work.session, remove)
    kept = [people[one] for one in work.new_customers - remove if one in there]
    outcome.kept += [(CUSTOMERS, one, _CHANGED) for one in kept]


def _products(work: _Work) -> _Outcome:
    outcome = _Outcome()
    found = products.find(work.stores, work.session, work.created | work.before.keys())
    mine = [one["_id"] for one in found if work.untouched(one)]
    outcome.kept = [(PRODUCTS, one, _CHANGED) for one in found if not work.untouched(one)]
    restore = [work.before[one] for one in mine if one in work.before]
    products.delete(work.stores, work.session, [one for one in mine if one in work.created])
    products.save(work.stores, work.session, restore)
    outcome.removed, outcome.restored = len(mine) - len(restore), len(restore)
    return outcome


_TAKE_BACK: dict[str, Callable[[_Work], _Outcome]] = {
    CUSTOMERS: _customers,
    ORDERS: _orders,
    PRODUCTS: _products,
}


def estimate(stores: Stores, import_id: str, most: int) -> dict[str, int] | None:
    """`{removed, restored, kept}`, as an undo would have it now; None beyond `most` records."""
    stands: dict[str, Any] = {}  # record → its `updatedAt` after what was gone through, None for gone
    removed: set[str] = set()
    restored: set[str] = set()
    kept: set[str] = set()
    for entry in store_journal.entries(stores, import_id):
        created = set(entry.get("created", ()))
        before = {one["_id"]: one.get("updatedAt") for one in entry["before"]}
        if len(stands) + len(created) + len(before) > most:
            return None
        stands |= store_journal.stamps(stores, entry["kind"], (created | before.keys()) - stands.keys())
        for one in created | before.keys():
            if stands.get(one) is None:
                continue
            if stands[one] != entry["stamp"]:
                kept.add(one)
            else:
                (removed if one in created else restored).add(one)
                stands[one] = before.get(one)
    restored -= removed
    return {"removed": len(removed), "restored": len(restored - kept), "kept": len(kept)}
