"""Whatever happens to a campaign, in whatever order and however often: the books balance after every step."""

import os
import random
import uuid

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm import campaigns, delivery, ledger, planning
from crm.errors import IllegalTransition
from crm.lifecycle import CampaignAction, allows
from crm.stores import indexes, streams
from crm.stores.connection import connect
from tests.crowd import EVERYONE, HANDLERS, MARKETER, NOW, Hands, crowd

FULL = os.environ.get("CRM_FULL_SIZE") == "1"
STEPS = st.sampled_from([*HANDLERS])
ACTIONS = st.sampled_from(["pause", "resume", "cancel", "retry"])


class Machine(RuleBasedStateMachine):
    """One campaign to some hundred people; streams, people and vendor do as they please."""

    endpoints = None

    @initialize(size=st.integers(1, 1_150), nameless=st.integers(0, 40))
    def launch(self, size, nameless):
        name = f"machine_{uuid.uuid4().hex[:12]}"
        self.stores = connect(self.endpoints, database=name, prefix=f"{name}:")
        indexes.ensure(self.stores)
        self.people = crowd(self.stores, size) + crowd(self.stores, nameless, name=None)
        self.campaign_id = campaigns.launch_new(
            self.stores, name="x", rules=EVERYONE, template="Hi {name}", account=MARKETER, now=NOW
        )["_id"]
        self.hands = Hands(self.stores)
        self.attempts = {}
        self.total = 0

    def now(self):
        return self.hands.now()

    def status(self):
        return campaigns.stats(self.stores, self.campaign_id)["status"]

    @rule(stream=STEPS, count=st.integers(1, 3), times=st.integers(1, 2))
    def work(self, stream, count, times):
        """A worker handles entries, perhaps twice."""
        self.hands.step(stream, count, times)

    @rule(stream=STEPS)
    def lose_a_worker(self, stream):
        """A worker takes an entry, handles it, and dies before it says so: it is handled again later."""
        for payload in self.hands.take(stream, 1):
            HANDLERS[stream](self.stores, [payload], self.hands.now())
            streams.publish(self.stores, stream, [payload])

    @rule(action=ACTIONS)
    def act(self, action):
        before = self.status()
        try:
            getattr(campaigns, action)(self.stores, self.campaign_id, account=MARKETER, now=self.now())
        except IllegalTransition:
            if action != "retry":
                assert not allows(before, CampaignAction(action))
        else:
            assert allows(before, CampaignAction(action))

    @rule(seed=st.integers(0, 1_000))
    def replay_old_entries(self, seed):
        """Entries of any age are delivered again, in any order."""
        chance = random.Random(seed)
        for stream in HANDLERS:
            entries = self.stores.redis.xrange(
                streams.key(self.stores, stream), "-", self.hands._last(stream)
            )
            for _, fields in chance.sample(entries, min(2, len(entries))):
                HANDLERS[stream](self.stores, [streams.payload(fields)], self.hands.now())

    @rule(index=st.integers(0, 2_000), state=st.sampled_from(["SENT", "FAILED"]), times=st.integers(1, 2))
    def report(self, index, state, times):
        """The vendor speaks up through the API, of any delivery that has a row."""
        log_id = f"{self.campaign_id}:{self.people[index % len(self.people)]}"
        if self.stores.collection("deliveries").find_one({"_id": log_id}):
            for _ in range(times):
                delivery.report(self.stores, log_id, state)

    @rule(index=st.integers(0, 2_000))
    def delete_a_customer(self, index):
        self.stores.collection("customers").delete_one({"_id": self.people[index % len(self.people)]})

    @rule()
    def look_for_stuck_ones(self):
        planning.resume_stuck(self.stores, self.now())

    @precondition(lambda self: hasattr(self, "campaign_id"))
    @invariant()
    def books_balance(self):
        books = ledger.books(self.stores, self.campaign_id)
        assert books.problems == ()
        stats = campaigns.stats(self.stores, self.campaign_id)
        counted = {state: stats[state] for state in books.counts}
        assert counted == books.counts
        assert stats["total"] == sum(counted.values())
        assert stats["total"] in (0, self.total or stats["total"]) or stats["status"] == "planning"
        self.total = self.total or stats["total"]

    @precondition(lambda self: hasattr(self, "campaign_id"))
    @invariant()
    def attempts_never_go_back(self):
        found = self.stores.collection("deliveries").find({}, {"attempt": 1})
        now = {row["_id"]: row["attempt"] for row in found}
        assert now.keys() >= self.attempts.keys()
        assert all(now[key] >= attempt for key, attempt in self.attempts.items())
        self.attempts = now

    def teardown(self):
        if not hasattr(self, "campaign_id"):
            return
        try:
            if self.status() == "paused":
                self.act("resume")
            self.hands.finish()
            assert self.status() in ("finished", "cancelled")
            counts = ledger.books(self.stores, self.campaign_id).counts
            assert counts["pending"] == 0
            self.books_balance()
        finally:
            self.stores.client.drop_database(self.stores.db.name)
            keys = list(self.stores.redis.scan_iter(match=f"{self.stores.prefix}*", count=1000))
            if keys:
                self.stores.redis.delete(*keys)
            self.stores.close()


@pytest.mark.slow
def test_the_books_balance_whatever_happens(endpoints):
    machine = type("Bound", (Machine,), {"endpoints": endpoints})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=150 if FULL else 10,
            stateful_step_count=20,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
