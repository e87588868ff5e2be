"""kill -9 of the worker in the middle of a campaign: nobody is missed, nobody is messaged twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm import campaigns, ledger
from crm.stores import streams
from crm.stores.connection import new_id
from crm.vendors.protocol import EMAIL, Message
from crm.vendors.simulated import SimulatedVendor
from tests.crowd import EVERYONE, MARKETER, NOW, crowd
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
FULL = os.environ.get("CRM_FULL_SIZE") == "1"
SIZE = 20_000 if FULL else 2_000
KILLED_AT = (streams.PLAN, streams.SEND, streams.RECEIPTS) + (streams.SEND, streams.RECEIPTS) * FULL


@contextmanager
def worker(stores, endpoints, tmp_path):
    """A worker process for delivery on this test's stores."""
    environment = {
        "MONGODB_URI": endpoints.mongodb_uri,
        "REDIS_URL": endpoints.redis_url,
        "CRM_DATABASE": stores.db.name,
        "CRM_PREFIX": stores.prefix,
        "CRM_DATA_DIR": str(tmp_path),
        "CRM_CLAIM_AFTER": "1",
    }
    with (tmp_path / f"worker-{new_id()}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers", "delivery"],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def in_hand(stores, stream):
    """Entries that a worker has taken and not acknowledged."""
    key = streams.key(stores, stream)
    if not stores.redis.exists(key) or not stores.redis.xinfo_groups(key):
        return 0
    return stores.redis.xpending(key, streams.GROUP)["pending"]


def kill_with_work_in_hand(stores, process, stream):
    """Stop the worker while it has entries of this stream in hand, see that it has, and kill it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if in_hand(stores, stream):
            process.send_signal(signal.SIGSTOP)
            if pending := in_hand(stores, stream):
                process.send_signal(signal.SIGKILL)
                process.wait()
                assert in_hand(stores, stream) == pending
                return pending
            process.send_signal(signal.SIGCONT)
    raise AssertionError(f"the worker never had an entry of {stream} in hand")


@pytest.mark.slow
def test_a_killed_worker_loses_nobody_and_messages_nobody_twice(stores, endpoints, tmp_path):
    for _ in range(0, SIZE, 1_000):
        crowd(stores, 1_000)
    campaign_id = campaigns.launch_new(
        stores, name="Chaos", rules=EVERYONE, template="Hi {name}", account=MARKETER, now=NOW
    )["_id"]
    for stream in KILLED_AT:
        with worker(stores, endpoints, tmp_path) as process:
            assert kill_with_work_in_hand(stores, process, stream) > 0
        stats = campaigns.stats(stores, campaign_id)
        counted = sum(stats[state] for state in ("sent", "failed", "skipped", "cancelled", "pending"))
        assert stats["total"] == counted
        assert stats["status"] in ("planning", "running")
        assert ledger.books(stores, campaign_id).problems == ()
    with worker(stores, endpoints, tmp_path):
        until(lambda: campaigns.stats(stores, campaign_id)["status"] == "finished", timeout=120)
    assert_everybody_settled_once(stores, campaign_id)


def assert_everybody_settled_once(stores, campaign_id):
    rows = list(stores.collection("deliveries").find({"campaignId": campaign_id}))
    people = {customer["_id"] for customer in stores.collection("customers").find({}, {"_id": 1})}
    assert len(rows) == len(people) == SIZE
    assert {row["customerId"] for row in rows} == people
    assert {row["attempt"] for row in rows} == {1}
    messages = [Message(f"{row['_id']}:1", EMAIL, None, row["body"]) for row in rows]
    verdicts = {answer.key.split(":")[1]: answer.verdict for answer in SimulatedVendor().submit(messages)}
    assert {row["customerId"]: row["state"] for row in rows} == verdicts
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    assert {state: many for state, many in books.counts.items() if many} == Counter(verdicts.values())
