"""Whatever happens to a campaign, in whatever order and however often: the books balance after every step."""

import os
import random
import uuid
from collections import Counter
from datetime import timedelta

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

from crm import campaigns, carriers, delivery, launching, ledger, planning, suppressed
from crm.errors import IllegalTransition
from crm.lifecycle import NOT_BEGUN, CampaignAction, allows
from crm.stores import indexes, streams, tallies
from crm.stores.connection import connect
from crm.stores.deliveries import UNCLEAR
from crm.stores.tallies import Kind
from crm.variants import Lots
from tests.crowd import EVERYONE, HANDLERS, MARKETER, Hands, crowd

FULL = os.environ.get("CRM_FULL_SIZE") == "1"
STEPS = st.sampled_from([*HANDLERS])
ACTIONS = st.sampled_from(["pause", "resume", "cancel", "retry", "launch", "unschedule"])
FAULTS = st.sampled_from(
    [
        {},
        {"temporary": 0.3},
        {"lost": 0.2, "late": 0.2},
        {"batch": 60, "calls": 3, "duplicate": 0.5},
        {"outage": True},
    ]
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "holdout": st.sampled_from([0.1, 0.6]),
        "variants": st.just([{"name": "A", "share": 1}, {"name": "B", "share": 2}]),
        "frequencyCap": st.just({"messages": 1, "days": 1}),
        "errorBudget": st.just(0.12),
        "channel": st.just("email"),
    },
)


class Machine(RuleBasedStateMachine):
    """One campaign to some hundred people; streams, people and vendor do as they please."""

    endpoints = None

    @initialize(size=st.integers(1, 1_150), nameless=st.integers(0, 40), options=OPTIONS, later=st.booleans())
    def launch(self, size, nameless, options, later):
        name = f"machine_{uuid.uuid4().hex[:12]}"
        self.stores = connect(self.endpoints, database=name, prefix=f"{name}:")
        indexes.ensure(self.stores)
        self.people = crowd(self.stores, size) + crowd(self.stores, nameless, name=None)
        self.hands = Hands(self.stores)
        given = {
            "name": "x", "rules": EVERYONE, "template": "Hi {name}", "options": options, "account": MARKETER,
            "now": self.now(),
        }  # fmt: skip
        if later:
            made = campaigns.schedule_new(self.stores, at=self.now() + timedelta(hours=1), **given)
        else:
            made = campaigns.launch_new(self.stores, **given)
        self.campaign_id = made["_id"]
        self.lots = Lots(self.campaign_id, options.get("holdout", 0), [1])
        self.attempts, self.variants = {}, {}
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

    @rule(seconds=st.sampled_from([1, 40, 4_000]))
    def let_time_pass(self, seconds):
        """And with it do what workers do now and then."""
        self.hands.skip(seconds=seconds)
        launching.start_due(self.stores, self.now())

    @rule(faults=FAULTS)
    def change_the_vendor(self, faults):
        wanted = {
            "temporary": 0,
            "lost": 0,
            "late": 0,
            "batch": 500,
            "calls": 1,
            "duplicate": 0,
            "outage": False,
        }
        carriers.configure(
            self.stores, carriers.DEFAULT, wanted | faults | {"tries": 20}, account=MARKETER, now=self.now()
        )

    @rule(index=st.integers(0, 2_000), many=st.integers(1, 60))
    def suppress(self, index, many):
        """People complain at any moment."""
        chosen = [self.people[(index + each) % len(self.people)] for each in range(many)]
        emails = [one["email"] for one in self.stores.collection("customers").find({"_id": {"$in": chosen}})]
        if emails:
            suppressed.add(self.stores, emails, reason="complained", account=MARKETER, now=self.now())

    @rule(variant=st.sampled_from([None, "A", "B"]), by_reason=st.booleans())
    def retry_a_slice(self, variant, by_reason):
        found = ledger.reasons(self.stores, self.campaign_id, "failed")
        reason = next(iter(found), None) if by_reason else None
        before = self.status()
        try:
            campaigns.retry(
                self.stores,
                self.campaign_id,
                reason=reason,
                variant=variant,
                account=MARKETER,
                now=self.now(),
            )
        except IllegalTransition:
            return
        assert found
        assert allows(before, CampaignAction.RETRY)

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
    def tallies_are_those_of_the_rows(self):
        if "audienceSize" not in self.stores.collection("campaigns").find_one({}):
            return
        rows = self.stores.collection("deliveries").find({"campaignId": self.campaign_id})
        kinds = [Kind(row["state"], row.get("variant"), row.get("reason")) for row in rows]
        assert tallies.of(self.stores, self.campaign_id) == Counter(kinds)

    @precondition(lambda self: hasattr(self, "campaign_id"))
    @invariant()
    def attempts_never_go_back(self):
        found = self.stores.collection("deliveries").find({}, {"attempt": 1})
        now = {row["_id"]: row["attempt"] for row in found}
        assert now.keys() >= self.attempts.keys()
        assert all(now[key] >= attempt for key, attempt in self.attempts.items())
        self.attempts = now

    @precondition(lambda self: hasattr(self, "campaign_id"))
    @invariant()
    def nobody_is_messaged_who_is_not_to_be(self):
        handed = {"state": {"$in": ["sent", "failed", "pending"]}}
        for row in self.stores.collection("deliveries").find(handed, {"customerId": 1, "variant": 1}):
            assert not self.lots.held_out(row["customerId"])
            assert self.variants.setdefault(row["_id"], row.get("variant")) == row.get("variant")

    def teardown(self):
        if not hasattr(self, "campaign_id"):
            return
        try:
            self.change_the_vendor({})
            if self.status() in NOT_BEGUN:
                campaigns.launch(self.stores, self.campaign_id, account=MARKETER, now=self.now())
            for _ in range(30):
                self.hands.finish()
                self.hands.skip(minutes=5)
                if self.status() == "paused":
                    campaigns.resume(self.stores, self.campaign_id, account=MARKETER, now=self.now())
                planning.resume_stuck(self.stores, self.now())
            assert self.status() in ("finished", "cancelled")
            assert not any(
                reason.startswith(UNCLEAR)
                for reason in ledger.reasons(self.stores, self.campaign_id, "failed")
            )
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
