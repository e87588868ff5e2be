"""The private mongod and Valkey are real, and each test has stores of its own."""

import os
from pathlib import Path

import pytest
from pymongo import MongoClient

from crm.stores.connection import Stores
from embedded import ports
from embedded.mongod import Mongod
from embedded.process import launch
from embedded.supervisor import default_cache_gb


def test_a_transaction_works(stores: Stores) -> None:
    with stores.session() as session, session.start_transaction():
        stores.db.products.insert_one({"_id": "P1"}, session=session)
    assert stores.db.products.count_documents({}) == 1


def test_valkey_keeps_an_append_only_file_and_evicts_nothing(stores: Stores) -> None:
    assert stores.redis.info("persistence")["aof_enabled"] == 1
    assert stores.redis.info("memory")["maxmemory_policy"] == "noeviction"


def test_a_mongod_takes_up_its_data_on_another_port(tmp_path: Path) -> None:
    for run in (1, 2):
        mongod = Mongod(tmp_path / "data", ports.free(), cache_gb=0.25)
        process = launch(mongod.command(), tmp_path / "mongod.log", grace=mongod.grace)
        try:
            mongod.await_ready(process)
            with MongoClient(mongod.address) as client:
                client.crm.runs.insert_one({"_id": run})
                assert client.crm.runs.count_documents({}) == run
        finally:
            process.stop()


@pytest.mark.parametrize(("machine", "cache"), [(1, 0.25), (8, 1.0), (16, 2.0), (64, 2.0)])
def test_mongod_gets_an_eighth_of_the_memory_within_bounds(
    monkeypatch: pytest.MonkeyPatch, machine: int, cache: float
) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": machine * 2**30 // 4096}
    monkeypatch.setattr(os, "sysconf", sizes.get)
    assert default_cache_gb() == cache


def test_mongod_lets_changed_pages_stay_in_its_cache(stores: Stores) -> None:
    options = stores.client.admin.command("getCmdLineOpts")["parsed"]["storage"]["wiredTiger"]
    assert "eviction_dirty_trigger=75" in options["engineConfig"]["configString"]
