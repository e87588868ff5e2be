"""Tests of a message, sent to the person who writes it."""

import pytest

from crm import carriers, suppressed, trial_messages
from crm.errors import InvalidInput, NotFound, TooManyAttempts, Unavailable
from crm.settings import settings
from tests.crowd import MARKETER, NOW, crowd
from tests.smtp_server import mail_server

MESSAGE = {"messageTemplate": "Hi {name}", "subject": "For {name}", "channel": "email"}


@pytest.fixture(autouse=True)
def _secret(monkeypatch, tmp_path):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def quiet_vendor(stores):
    """The simulated vendor, refusing nothing."""
    carriers.configure(stores, "simulated", {"refused": 0}, account=MARKETER, now=NOW)


def send(stores, campaign=MESSAGE, who=None, **more):
    who = who or crowd(stores, 1, name="Ann <b>")[0]
    return trial_messages.send(stores, campaign, who, account=MARKETER, now=NOW, **more)


def test_it_goes_to_the_writers_own_address_by_the_campaigns_vendor_and_is_in_no_books(stores):
    with mail_server() as box:
        where = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "shop@crm.test"}
        carriers.configure(stores, "smtp", where, account=MARKETER, now=NOW)
        sent = send(stores, MESSAGE | {"vendor": "smtp", "html": "<p>{name}</p>"})
        [(address, letter)] = box.taken
    assert (sent.verdict, sent.to, address) == ("sent", MARKETER.email, MARKETER.email)
    assert letter["Subject"] == "[Test] For Ann <b>"
    assert letter.get_body(("plain",)).get_content().startswith("Hi Ann <b>")
    assert "<p>Ann &lt;b&gt;</p>" in letter.get_body(("html",)).get_content()
    assert letter.get_body(("plain",)).get_content().strip().endswith("/unsubscribe/preview")
    assert stores.collection("deliveries").count_documents({}) == 0
    logged = stores.db.audit.find_one({"action": "test message sent"})
    assert logged["account"] == MARKETER.id


def test_another_address_may_be_typed_if_it_is_one(stores, quiet_vendor):
    assert send(stores, to=" ann@shop.example ").to == "ann@shop.example"
    assert send(stores, MESSAGE | {"channel": "sms", "subject": None}, to="+91 98765 43210").channel == "sms"
    for campaign, to in ((MESSAGE, "ann"), (MESSAGE, "a@b.example\nBcc: c@d.example"),
                         (MESSAGE | {"channel": "sms", "subject": None}, None)):  # fmt: skip
        with pytest.raises(InvalidInput, match="to send the test to"):
            send(stores, campaign, to=to)


def test_a_suppressed_address_is_not_written_to_even_as_a_test(stores, quiet_vendor):
    suppressed.add(stores, ["gone@shop.example"], reason="unsubscribed", account=MARKETER, now=NOW)
    with pytest.raises(InvalidInput, match="suppressed: unsubscribed"):
        send(stores, to="gone@shop.example")


def test_a_message_that_the_customer_would_not_get_is_not_sent(stores, quiet_vendor):
    (nameless,) = crowd(stores, 1, name=None)
    with pytest.raises(InvalidInput, match="name is missing"):
        send(stores, who=nameless)
    with pytest.raises(NotFound):
        send(stores, who="nobody")


def test_any_variant_can_be_tried(stores, quiet_vendor):
    campaign = MESSAGE | {
        "variants": [{"name": "A", "share": 1}, {"name": "B", "share": 1, "subject": "{name}!"}]
    }
    assert send(stores, campaign, variant="B").verdict == "sent"
    with pytest.raises(InvalidInput, match="no such variant"):
        send(stores, campaign, variant="C")


def test_what_the_vendor_refuses_and_that_it_is_away_is_said(stores):
    carriers.configure(stores, "simulated", {"refused": 1}, account=MARKETER, now=NOW)
    sent = send(stores)
    assert not sent.went_out
    assert sent.message.startswith("The vendor refuses it: ")
    carriers.configure(stores, "simulated", {"outage": True}, account=MARKETER, now=NOW)
    with pytest.raises(Unavailable):
        send(stores)


def test_there_is_an_end_to_tests(stores, quiet_vendor):
    (who,) = crowd(stores, 1)
    for _ in range(trial_messages.MOST):
        send(stores, who=who)
    with pytest.raises(TooManyAttempts) as refused:
        send(stores, who=who)
    assert 0 < refused.value.retry_after <= 600


def test_a_test_is_sent_by_api(stores, client, quiet_vendor):
    (who,) = crowd(stores, 1)
    marketer = client("marketer")
    body = {"customerId": who, "messageTemplate": "Hi {name}", "channel": "email"}
    sent = marketer.post("/api/campaigns/test", json=body).json()
    assert (sent["to"], sent["verdict"], sent["vendor"]) == ("marketer@shop.example", "sent", "simulated")
    bad = marketer.post("/api/campaigns/test", json=body | {"to": "nowhere"})
    assert (bad.status_code, bad.json()["error"]["fields"][0]["field"]) == (422, "to")
    assert marketer.post("/api/campaigns/test", json={"to": "a@b.example"}).status_code == 422
    assert client("analyst").post("/api/campaigns/test", json=body).status_code == 403
