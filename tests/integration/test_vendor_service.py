"""The simulated vendor as a service of its own: taken over HTTP, told by receipts to the API."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
import uvicorn

from api.application import build
from crm import campaigns, carriers, keys, ledger
from crm.errors import InvalidInput, Unavailable
from crm.settings import settings
from crm.stores import streams
from crm.vendors.http import HttpVendor
from crm.vendors.protocol import EMAIL, Message, Verdict
from crm.vendors.simulated import BUSY, Faults, SimulatedVendor
from embedded import ports
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.waiting import until
from vendor.service import served

NOWHERE = "http://127.0.0.1:9/api/delivery-receipt"


def message(key, **more):
    return Message(key, EMAIL, "ann@crm.test", "Hi", **more)


@contextmanager
def serving(tmp_path, vendor, *, receipts=NOWHERE, **more):
    log = tmp_path / "vendor.log"
    with served(vendor, log=log, receipts_url=receipts, api_key=more.pop("api_key", ""), **more) as (
        url,
        desk,
    ):
        yield url, desk, log


@pytest.fixture
def api(stores, monkeypatch, tmp_path):
    """The API on a port, and an API key of role vendor."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    _, key = keys.create(stores, name="vendor", role="vendor", by=None, now=NOW)
    port = ports.free()
    config = uvicorn.Config(
        build(lambda: stores), port=port, lifespan="off", ws="none", log_level="critical", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{port}/api/delivery-receipt", key
    server.should_exit = True
    thread.join()
    settings.cache_clear()


FAULTS = Faults(latency=0.01, temporary=0.2, duplicate=0.3, late=0.3, late_by=0.3, lost=0.2, seed=7)


def test_a_campaign_over_a_faulty_service_ends_as_the_service_says(stores, api, tmp_path):
    receipts, api_key = api
    crowd(stores, 160)
    simulated = SimulatedVendor(faults=FAULTS)
    with serving(tmp_path, simulated, receipts=receipts, api_key=api_key, token="t") as (url, desk, log):
        desk.vendor = replace(simulated, faults=replace(FAULTS, outage=True))
        wanted = {"url": url, "token": "t", "tries": 20, "batch": 40, "answerWithin": 10}
        carriers.configure(stores, "http", wanted, account=MARKETER, now=NOW)
        campaign_id = campaigns.launch_new(
            stores, name="x", rules=EVERYONE, template="Hi {name}", options={"vendor": "http"},
            account=MARKETER, now=NOW,
        )["_id"]  # fmt: skip
        hands = Hands(stores)
        hands.step(streams.PLAN)
        hands.step(streams.SEND)
        desk.vendor = simulated

        def finished():
            hands.finish()
            hands.skip(seconds=5)
            books = ledger.books(stores, campaign_id)
            assert books.problems == ()
            return campaigns.get(stores, campaign_id)["status"] == "finished"

        until(finished)
        hands.finish()
    taken = log.read_text().split()
    assert len(taken) == len(set(taken)) == 160
    true = {one.key.removesuffix(":1"): str(one.verdict) for one in SimulatedVendor(faults=FAULTS).ask(taken)}
    rows = stores.collection("deliveries").find({})
    assert {row["_id"]: row["state"] for row in rows} == true
    assert set(true.values()) == {"sent", "failed"}


def test_a_key_is_taken_once_and_known_after_a_restart(tmp_path):
    batch = [message("c:p:1"), message("c:q:1"), message("c:p:1")]
    with serving(tmp_path, SimulatedVendor(refused=0)) as (url, _, log):
        first = HttpVendor(url).submit(batch)
        again = HttpVendor(url).submit(batch[:1])
    with log.open("a") as file:
        file.write("c:cut")  # a kill in the middle of a line
    with serving(tmp_path, SimulatedVendor(refused=0)) as (url, _, log):
        later = HttpVendor(url).submit([*batch, message("c:r:1")])
        told = HttpVendor(url).ask(["c:p:1", "c:cut", "c:stranger:1"])
    assert {one.verdict for one in first} == {Verdict.ACCEPTED}
    assert [(one.key, one.verdict) for one in again] == [("c:p:1", Verdict.SENT)]
    assert {one.key: one.verdict for one in later} == {
        "c:p:1": Verdict.SENT, "c:q:1": Verdict.SENT, "c:r:1": Verdict.ACCEPTED,
    }  # fmt: skip
    assert [(one.key, one.verdict) for one in told] == [("c:p:1", Verdict.SENT)]
    assert log.read_text().split() == ["c:p:1", "c:q:1", "c:r:1"]


def test_a_service_that_is_away_or_refuses_the_token_takes_nothing(tmp_path):
    away = SimulatedVendor(faults=Faults(outage=True))
    with serving(tmp_path, away, token="t") as (url, _, log):
        with pytest.raises(Unavailable, match="refuses the token"):
            HttpVendor(url, "wrong").submit([message("k")])
        for call in (lambda: HttpVendor(url, "t").submit([message("k")]), HttpVendor(url, "t").check):
            with pytest.raises(Unavailable, match="does not answer"):
                call()
    with pytest.raises(Unavailable, match="can't be reached"):
        HttpVendor(url).ask(["k"])
    assert log.read_text() == ""


def test_a_service_that_is_throttled_puts_messages_off(tmp_path):
    slow = SimulatedVendor(faults=Faults(throttle=0.5))
    with serving(tmp_path, slow) as (url, _, _):
        assert httpx.post(f"{url}/messages", json={"messages": [message("k")._asdict()]}).status_code == 429
        [answer] = HttpVendor(url).submit([message("k")])
    assert (answer.verdict, answer.reason) == (Verdict.TEMPORARY, BUSY)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"messages": [{"key": 1}]}', b'{"messages": [{"key": "a\\nb", "text": ""}]}']
)
def test_a_request_that_makes_no_sense_is_refused(tmp_path, body):
    with serving(tmp_path, SimulatedVendor()) as (url, _, log):
        assert httpx.post(f"{url}/messages", content=body).status_code in (400, 422)
    assert log.read_text() == ""


@pytest.mark.parametrize("url", ["ftp://x.test", "http://", "javascript:alert(1)", "http://x.test/?a=b", ""])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidInput):
        carriers.registry.build("http", {"url": url})


def test_the_program_serves_until_it_is_asked_to_stop(tmp_path):
    port = ports.free()
    command = [sys.executable, "-m", "vendor", "--port", str(port), "--log", str(tmp_path / "keys"),
               "--faults", '{"refused": 0}']  # fmt: skip
    program = subprocess.Popen(command, env=os.environ | {"VENDOR_TOKEN": "t"}, stderr=subprocess.DEVNULL)
    try:

        def ready():
            try:
                return HttpVendor(f"http://127.0.0.1:{port}", "t").check()
            except Unavailable:
                return None

        assert until(ready) == "The vendor answers."
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(60) == 0
