"""Write it for me: drafts from a brief, taken into the composer, as two variants, and taken back."""

import json

import pytest

from crm import campaigns, library
from crm.settings import settings
from tests.crowd import EVERYONE, MARKETER, NOW, crowd
from tests.groq_server import completion, groq_server

BRIEF = "Win them back: 20% off with code BACK20"


@pytest.fixture
def segment(installation, monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    settings.cache_clear()
    crowd(installation, 8)
    crowd(installation, 2, name=None)
    return library.save(
        installation, name="All", rules=EVERYONE, account=MARKETER, now=NOW, zone=settings().zone
    )["_id"]


@pytest.fixture
def app(open_page, segment):
    return open_page("campaigns", role="marketer", segment=segment)


def press(app, key):
    next(one for one in app.button if one.key and one.key.endswith(key)).click().run()
    assert not app.exception
    return app


def written(app, brief=BRIEF):
    app.text_area(key="writer brief").set_value(brief)
    return press(app, "writer-write")


def texts(app):
    return " ".join(
        str(each.value) for kind in ("text", "caption", "error", "warning") for each in app.get(kind)
    )


def test_a_draft_is_shown_as_somebody_reads_it_taken_and_taken_back(app):
    app.text_area(key="campaign message").set_value("My own words").run()
    written(app)
    assert "BACK20" in texts(app) and "{" not in " ".join(each.value for each in app.text)
    assert "Rendered for all 10 customers · 2 without name read the default" in texts(app)
    press(app, "writer-use-0")
    assert "{name|" in app.text_area(key="campaign message").value
    assert "20% off" in app.text_input(key="campaign subject").value
    press(app, "writer-undo")
    assert app.text_area(key="campaign message").value == "My own words"
    assert app.text_input(key="campaign subject").value == ""


def test_two_drafts_become_the_variants_a_and_b_of_a_draft(app, installation):
    written(app)
    for number in (0, 2):
        app.checkbox(key=f"writer chosen {number}").set_value(True).run()
    press(app, "writer-use-both")
    press(app, "writer-undo")
    assert app.text_area(key="campaign message").value == ""
    written(app)
    for number in (0, 2):
        app.checkbox(key=f"writer chosen {number}").set_value(True).run()
    press(app, "writer-use-both")
    app.text_input(key="campaign name").set_value("Come back").run()
    press(app, "campaign-save")
    (kept,) = campaigns.listing(installation)["items"]
    assert kept["status"] == "draft"
    first, second = kept["variants"]
    assert (first["name"], second["name"]) == ("A", "B") and "messageTemplate" not in first
    assert second["messageTemplate"] != kept["messageTemplate"]
    assert "20% off" in second["messageTemplate"] and "20% off" in kept["messageTemplate"]


def test_a_text_message_is_written_as_one(app):
    app.segmented_control(key="campaign channel").set_value("sms").run()
    written(app)
    assert "at most 1 part" in texts(app)
    press(app, "writer-use-0")
    assert "\n" not in app.text_area(key="campaign message").value


def test_what_is_missing_is_said(open_page, segment, app):
    written(app, "")
    assert "Say what the message is about" in texts(app)


def test_what_the_model_wrote_is_offered_and_a_fall_back_says_why(open_page, segment, monkeypatch):
    with groq_server() as server:
        one = {"subject": "Come back", "text": "Hi {name}, 20% off with BACK20"}
        server.replies = [completion(json.dumps({"messages": [one]})), completion("no")]
        monkeypatch.setenv("GROQ_API_KEY", "gsk-test")
        monkeypatch.setenv("GROQ_BASE_URL", server.url)
        settings.cache_clear()
        app = written(open_page("campaigns", role="marketer", segment=segment))
        assert "Subject: Come back" in texts(app) and "template" not in texts(app)
        written(app)
        assert "these are templates" in texts(app)
