"""The link to unsubscribe: in messages, in the headers of e-mails, and the page behind it."""

import re

import pytest

from crm import campaigns, carriers, delivery, links, suppressed, unsubscribing
from crm.errors import InvalidInput
from crm.settings import settings
from crm.stores import streams
from crm.vendors.protocol import Answer, Limits, Verdict
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.smtp_server import mail_server

MAIL = {"channel": "email", "subject": "News"}


@pytest.fixture
def anybody(client):
    return client(None)


def sent(stores, template="Hi", size=1, **options):
    """A campaign that was carried to its end, and its rows."""
    crowd(stores, size)
    made = campaigns.launch_new(
        stores, name="News", rules=EVERYONE, template=template, options=options, account=MARKETER, now=NOW
    )["_id"]
    Hands(stores).finish()
    return made, list(stores.collection("deliveries").find({"campaignId": made}).sort("_id", 1))


def path_of(row):
    """The path of the link in a message's text."""
    (found,) = re.findall(r"https?://[^\s/]+(/unsubscribe/\S+)", row["body"])
    return found


def test_the_page_changes_nothing_until_its_button_is_pressed_and_can_be_taken_back(stores, anybody):
    campaign, (row,) = sent(stores, **MAIL)
    path = path_of(row)
    page = anybody.get(path)
    assert page.status_code == 200
    assert "Unsubscribe from our messages?" in page.text
    assert suppressed.find(stores, row["email"]) is None
    assert row["email"] not in page.text  # who has the link by chance does not learn the address
    assert "You are unsubscribed" in anybody.post(path).text
    found = suppressed.find(stores, row["email"])
    assert (found["reason"], found["campaignId"]) == ("unsubscribed", campaign)
    assert campaigns.get(stores, campaign)["unsubscribedCount"] == 1
    assert "You are unsubscribed" in anybody.get(path).text
    assert "You are subscribed again" in anybody.post(f"{path}/undo").text
    assert suppressed.find(stores, row["email"]) is None
    assert campaigns.get(stores, campaign)["unsubscribedCount"] == 0


def test_a_mail_programs_one_click_unsubscribes_and_a_second_one_changes_nothing(stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    for _ in range(2):
        answer = anybody.post(path_of(row), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert suppressed.counts(stores) == {"unsubscribed": 1}
    assert stores.db.audit.count_documents({"action": "unsubscribed"}) == 1


def test_nobody_who_unsubscribed_is_messaged_by_the_next_campaign_nor_by_one_under_way(stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    under_way = campaigns.launch_new(stores, name="Next", rules=EVERYONE, account=MARKETER, now=NOW)["_id"]
    hands = Hands(stores)
    hands.step(streams.PLAN)
    anybody.post(path_of(row))
    hands.finish()
    assert campaigns.reasons(stores, under_way, "skipped") == {"suppressed: unsubscribed": 1}


def test_a_link_that_was_not_made_here_is_refused_and_asks_no_store(stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    token = path_of(row).removeprefix("/unsubscribe/")
    payload, _, signature = token.partition(".")
    other = "A" if signature[0] != "A" else "B"
    forged = [payload, f"{payload}.", f".{signature}", f"{payload}.{other}{signature[1:]}", "x", "é.é",
              f"{payload[:-2]}.{signature}", "a" * 3_000]  # fmt: skip
    for each in forged:
        for answer in (anybody.get(f"/unsubscribe/{each}"), anybody.post(f"/unsubscribe/{each}"),
                       anybody.post(f"/unsubscribe/{each}/undo")):  # fmt: skip
            assert answer.status_code in (404, 422), each
    assert "This link does not work" in anybody.get("/unsubscribe/x").text
    assert suppressed.counts(stores) == {}


def test_a_token_of_another_installation_is_none(monkeypatch, stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    monkeypatch.setenv("CRM_SECRET_KEY", "another")
    settings.cache_clear()
    assert anybody.get(path_of(row)).status_code == 404


def test_the_page_is_left_alone_by_scripts_frames_caches_and_search_engines(stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    headers = anybody.get(path_of(row)).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_what_was_suppressed_for_another_reason_is_not_let_go_by_its_owner(stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    suppressed.add(stores, [row["email"]], reason="complained", account=MARKETER, now=NOW)
    assert "You get no messages from us" in anybody.get(path_of(row)).text
    anybody.post(f"{path_of(row)}/undo")
    assert suppressed.find(stores, row["email"])["reason"] == "complained"


def test_somebody_who_was_erased_is_told_that_he_is_on_no_list(stores, anybody):
    _, (row,) = sent(stores, **MAIL)
    stores.db.customers.delete_many({})
    stores.db.deliveries.update_many({}, {"$unset": {"email": "", "address": ""}})
    assert "You are not on our list" in anybody.post(path_of(row)).text
    assert suppressed.counts(stores) == {}


def test_an_e_mail_without_a_link_gets_a_footer_with_one_unless_it_is_not_wanted(stores, anybody):
    html = "<html><body><p>İİ, hi</p></BODY></html>"  # İ in lower case is two characters
    _, (row,) = sent(stores, html=html, **MAIL)
    assert row["body"].startswith("Hi\n\nTo get no more of these e-mails: http")
    footer = r'<a href="http[^"]+/unsubscribe/[^"]+"[^>]*>unsubscribe</a>.*</p></BODY></html>'
    assert re.search(footer, row["html"])
    _, rows = sent(stores, unsubscribeFooter=False, **MAIL)
    assert {row["body"] for row in rows} == {"Hi"}


def test_a_message_that_names_the_link_itself_gets_no_footer(stores, anybody):
    _, (row,) = sent(
        stores, "Hi {name|you}. {% if orderCount > 1 %}x{% endif %}No more: {{ unsubscribe_url }}", **MAIL
    )
    assert row["body"].count("/unsubscribe/") == 1
    assert row["body"].endswith(path_of(row))


def test_a_text_message_gets_no_footer_and_may_name_the_link(stores, anybody):
    crowd(stores, 1, phone="+91 98000 00001")
    made = campaigns.launch_new(
        stores, name="Texts", rules=EVERYONE, template="Hi. Stop: {unsubscribeUrl}",
        options={"channel": "sms"}, account=MARKETER, now=NOW,
    )["_id"]  # fmt: skip
    Hands(stores).finish()
    row = stores.db.deliveries.find_one({"campaignId": made})
    page = anybody.post(path_of(row)).text
    assert "You are unsubscribed" in page
    assert "•••01" in page
    assert suppressed.find(stores, "+919800000001")["reason"] == "unsubscribed"


def test_a_letter_has_the_headers_for_one_click(stores, anybody, monkeypatch):
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.shop.example/with/a/path/")
    settings.cache_clear()
    with mail_server() as box:
        where = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "shop@crm.test"}
        carriers.configure(stores, "smtp", where, account=MARKETER, now=NOW)
        _, (row,) = sent(stores, vendor="smtp", subject="News")
        [(_, letter)] = box.taken
    link = letter["List-Unsubscribe"]
    assert link.startswith("<https://crm.shop.example/with/a/path/unsubscribe/")
    assert link[1:-1] in row["body"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = link[1:-1].rsplit("/", 1)[1]
    assert links.read(token) == (row["campaignId"], row["customerId"])


class Listening:
    """A vendor that takes everything and remembers it."""

    name, channels, honours_keys, limits = "listening", frozenset({"email", "sms"}), True, Limits()

    def __init__(self):
        self.heard = []

    def submit(self, messages):
        self.heard += messages
        return [Answer(message.key, Verdict.SENT) for message in messages]

    def ask(self, keys):
        return []

    def check(self):
        return ""


def test_every_vendor_is_given_the_link_of_an_e_mail_and_none_for_a_text_message(stores, anybody):
    crowd(stores, 1)
    crowd(stores, 1, email=None, phone="+91 98000 00001")
    campaigns.launch_new(stores, name="Both", rules=EVERYONE, template="Hi", account=MARKETER, now=NOW)
    hands, vendor = Hands(stores), Listening()
    hands.step(streams.PLAN)
    delivery.send(stores, hands.take(streams.SEND), now=hands.now(), vendor=vendor)
    given = {message.channel: message.unsubscribe for message in vendor.heard}
    assert "/unsubscribe/" in given["email"]
    assert not given["sms"]
    assert all(message.text == "Hi" for message in vendor.heard)


def test_a_preview_shows_an_example_that_does_nothing(stores, anybody, client):
    (who,) = crowd(stores, 1)
    body = {"customerId": who, "messageTemplate": "Hi", "channel": "email"}
    text = client("marketer").post("/api/campaigns/preview", json=body).json()["versions"][0]["text"]
    path = path_of({"body": text})
    assert "This is an example" in anybody.get(path).text
    assert "This is an example" in anybody.post(path).text
    assert suppressed.counts(stores) == {}


def test_an_address_is_masked():
    assert unsubscribing.masked("ann@shop.example") == "a•••@shop.example"
    assert unsubscribing.masked("+91 98765") == "•••65"


def test_a_footer_is_wanted_or_not(stores):
    with pytest.raises(InvalidInput, match="unsubscribeFooter"):
        campaigns.create(stores, name="x", options={"unsubscribeFooter": "yes"}, account=MARKETER, now=NOW)
