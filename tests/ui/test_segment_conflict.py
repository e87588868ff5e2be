"""An open segment that somebody else saves, renames or deletes meanwhile."""

import pytest

from crm import library
from crm.auth import Account
from crm.moment import utc_now
from crm.saved import trash, versions
from crm.settings import settings

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")


def more(amount):
    return {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": amount}


@pytest.fixture
def shop(installation):
    installation.db.accounts.insert_one({"_id": ANNA.id, "name": "Anna", "email": "anna@example.com"})
    return installation


@pytest.fixture
def opened(shop, open_page):
    """The workbench with a segment open, and the segment's id."""
    zone = settings().zone
    at = library.save(shop, name="Big", rules=more(1000), account=ANNA, now=utc_now(), zone=zone)["_id"]
    return open_page("segments", role="marketer", segment=at), at


def theirs(stores, at, amount=77, **other):
    given = {"account": ANNA, "now": utc_now(), "zone": settings().zone}
    return library.update(stores, at, rules=more(amount), **given, **other)


def amount(app):
    assert not app.exception
    return app.number_input[0].value


def edit(app, value):
    app.number_input[0].set_value(value).run()
    return app


def test_theirs_is_shown_at_once_where_nothing_is_unsaved(opened, shop):
    app, at = opened
    theirs(shop, at, name="Bigger")
    app.run()
    assert (amount(app), app.text_input(key="segment name").value) == (77, "Bigger")
    assert app.button(key="segment-save").label == "Saved"


def test_a_change_that_touches_no_rule_is_in_nobodys_way(opened, shop):
    app, at = opened
    library.update(shop, at, description="x", account=ANNA, now=utc_now(), zone=settings().zone)
    edit(app, 9.0).button(key="segment-save").click().run()
    assert library.get(shop, at)["rules"]["conditions"][0]["value"] == 9


def test_who_takes_theirs_gets_his_own_back_with_one_undo(opened, shop):
    app, at = opened
    edit(app, 9.0)
    theirs(shop, at)
    app.run()
    assert any("Anna saved another version" in element.value for element in app.markdown)
    app.button(key="conflict-theirs").click().run()
    assert amount(app) == 77
    next(button for button in app.button if button.label == "Undo").click().run()
    assert amount(app) == 9


def test_who_keeps_his_own_saves_it_over_theirs_which_stays_a_version(opened, shop):
    app, at = opened
    edit(app, 9.0)
    theirs(shop, at)
    app.run()
    app.button(key="conflict-mine").click().run()
    assert amount(app) == 9
    app.button(key="segment-save").click().run()
    rules = [one["rules"] for one in versions.listing(shop, at)[0]]
    assert rules[0]["conditions"][0]["value"] == 9
    assert rules[1:] == [more(77), more(1000)]


def test_a_segment_deleted_under_an_editor_is_brought_back_with_his_work(opened, shop):
    app, at = opened
    edit(app, 9.0)
    trash.delete(shop, at, account=ANNA, now=utc_now())
    app.run()
    app.button(key="conflict-restore").click().run()
    assert amount(app) == 9
    app.button(key="segment-save").click().run()
    assert library.get(shop, at)["version"] == 2
