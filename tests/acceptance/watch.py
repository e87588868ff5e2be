"""Looking at a campaign's books while things are killed, and afterwards at how they came about."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crm import campaigns
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from crm.stores.transactions import transact

STATES = ("sent", "failed", "skipped", "cancelled", "pending")
ENDS = ("sent", "failed", "skipped", "cancelled")
_EVERY = 0.1  # seconds between two looks


@dataclass
class Watch:
    """Looks at the books from a thread of its own, a look after another, while the block runs.

    `looks` has what was seen of those that a store answered; `wrong` is what did not balance.
    """

    stores: Stores
    campaign_id: str
    seed: int
    looks: list[dict[str, Any]] = field(default_factory=list)
    batches: int = 0
    wrong: list[str] = field(default_factory=list)
    _failure: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> "Watch":
        self._chance = random.Random(self.seed)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(120)
        assert not self._thread.is_alive()
        if self._failure:
            raise self._failure[0]

    def _run(self) -> None:
        try:
            while not self._done.wait(_EVERY):
                try:
                    self._look()
                except Exception as error:
                    if not is_outage(error):
                        raise
        except BaseException as failure:
            self._failure.append(failure)

    def _look(self) -> None:
        seen = campaigns.stats(self.stores, self.campaign_id)
        if seen["total"] != sum(seen[state] for state in STATES):
            self.wrong.append(f"audience {seen}")
        self.looks.append(seen)
        if seen["total"]:
            self.wrong += transact(self.stores, self._one_batch)
            self.batches += 1

    def _one_batch(self, session: Any) -> list[str]:
        """What is wrong with one batch, by chance, at one instant: its counts, and its people's rows."""
        find = {"campaignId": self.campaign_id}
        plan, rows = self.stores.collection("plan"), self.stores.collection("deliveries")
        many = plan.count_documents(find, session=session)
        number = self._chance.randrange(many)
        batch = plan.find_one(find | {"number": number}, session=session)
        people = {f"{self.campaign_id}:{one}" for one in batch["customerIds"]} if batch else set()
        found = list(rows.find({"_id": {"$in": list(people)}}, {"state": 1}, session=session))
        if batch is None:
            return [f"there is no batch {number} of {many}"]
        counted = Counter({state: batch["counts"][state] for state in STATES})
        rowless = Counter(pending=len(people) - len(found))
        same = counted == Counter(one["state"] for one in found) + rowless
        return [] if same else [f"batch {number}: {batch['counts']}, rows {len(found)}"]


def endings(stores: Stores) -> Counter[str]:
    """How often each delivery was given an end, by mongod's own log of all writes since it was made."""
    log = stores.client["local"]["oplog.rs"]
    counted: Counter[str] = Counter()
    for entry in log.find({}, {"op": 1, "ns": 1, "o": 1, "o2": 1}):
        for write in _writes(entry):
            if write["ns"] == f"{stores.db.name}.deliveries":
                counted.update(_ended(write))
    return counted


def _writes(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Single writes of a log entry: a transaction's are in one, or in several."""
    if entry["op"] in ("i", "u"):
        yield entry
    for write in entry["o"].get("applyOps", ()) if entry["op"] == "c" else ():
        yield from _writes(write)


def _ended(write: dict[str, Any]) -> list[str]:
    if write["op"] == "i":
        return [write["o"]["_id"]] if write["o"]["state"] in ENDS else []
    changes = write["o"].get("diff", {})
    state = {**changes.get("u", {}), **changes.get("i", {})}.get("state")
    return [write["o2"]["_id"]] if state in ENDS else []
