"""What every tier shares: a real mongod and a real Valkey, and stores of one's own for each test."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt
import hypothesis
import pytest

from crm.settings import Endpoints
from crm.stores import indexes
from crm.stores.connection import Stores, connect
from embedded import ports
from embedded.mongod import Mongod
from embedded.process import launch
from embedded.valkey import Valkey
from tests import surroundings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

surroundings.forget()

# The same examples each time, so that a test that fails tells of the change that is tested; `make acceptance`
# looks at others. No deadline: how long an example takes is the machine's affair.
hypothesis.settings.register_profile("crm", deadline=None, derandomize=os.environ.get("CRM_FULL_SIZE") != "1")
hypothesis.settings.load_profile("crm")


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A private mongod and Valkey for this run (each pytest-xdist process has its own).

    CRM_TEST_MONGODB_URI and CRM_TEST_REDIS_URL, when both set, name servers to use instead.
    """
    given = os.environ.get("CRM_TEST_MONGODB_URI"), os.environ.get("CRM_TEST_REDIS_URL")
    if given[0] and given[1]:
        yield Endpoints(given[0], given[1])
        return
    folder: Path = tmp_path_factory.mktemp("stores")
    mongod = Mongod(folder / "mongod", ports.free(), cache_gb=0.25)
    valkey = Valkey(folder / "valkey", ports.free())
    running = []
    try:
        for program in (mongod, valkey):
            process = launch(program.command(), folder / f"{program.name}.log", grace=program.grace)
            running.append(process)
        mongod.await_ready(running[0])
        valkey.await_ready(running[1])
        yield Endpoints(mongod.address, valkey.address)
    finally:
        for process in running:
            process.ask_to_stop()
        for process in running:
            process.wait()


@pytest.fixture(scope="session")
def _free_databases() -> list[str]:
    """Databases that an earlier test has left, emptied; to make one anew costs ten times as much."""
    return []


@pytest.fixture
def stores(endpoints: Endpoints, _free_databases: list[str]) -> Iterator[Stores]:
    """Empty stores, seen by one test only: a database that nobody else uses and a key prefix of its own."""
    name = _free_databases.pop() if _free_databases else f"test_{uuid.uuid4().hex[:12]}"
    stores = connect(endpoints, database=name, prefix=f"{uuid.uuid4().hex[:12]}:")
    indexes.ensure(stores)
    try:
        yield stores
    finally:
        _empty(stores)
        _free_databases.append(name)
        stores.close()


def _empty(stores: Stores) -> None:
    """Leave nothing but empty collections with the product's indexes, and the database's own identity."""
    for name in stores.db.list_collection_names():
        if name not in indexes.INDEXES:
            stores.db.drop_collection(name)
        else:
            stores.db[name].delete_many({"_id": {"$ne": "data"}} if name == "installation" else {})
    keys = list(stores.redis.scan_iter(match=f"{stores.prefix}*", count=1000))
    if keys:
        stores.redis.delete(*keys)


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Passwords are hashed in a hundredth of the time. What the product asks for, `test_passwords` holds."""
    gensalt = bcrypt.gensalt
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "gensalt", lambda rounds=12: gensalt(4))
        yield


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """Headless Chromium. One for all tests of a process, which can't have a second Playwright beside it."""
    from playwright.sync_api import sync_playwright  # most tests do without, and begin sooner

    from tests.browser.chromium import LAUNCH

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        yield browser
        browser.close()
