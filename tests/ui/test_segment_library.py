"""The list of saved segments: tags, order, who goes by one, deleting and undoing it."""

import pytest

from crm import exports, library
from crm.auth import Account
from crm.moment import utc_now
from crm.saved import trash
from crm.settings import settings
from ui import segment_panels

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
MORE = {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}


@pytest.fixture
def shop(installation, monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    installation.db.customers.insert_many([{"_id": "1", "totalSpent": 5000.0}, {"_id": "2"}])
    return installation


def saved(stores, name, rules=MORE, **other) -> str:
    zone = settings().zone
    return library.save(stores, name=name, rules=rules, account=ANNA, now=utc_now(), zone=zone, **other)[
        "_id"
    ]


def listed(app) -> list[str]:
    assert not app.exception
    return [button.label.strip("*") for button in app.button if str(button.key).startswith("open-")]


def texts(app) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.warning])


def test_the_list_is_narrowed_by_tags_and_sorted(shop, open_page):
    saved(shop, "Beta", tags=["vip", "May"])
    saved(shop, "Alpha", tags=["vip"])
    saved(shop, "Gamma")
    app = open_page("segments", role="analyst")
    assert listed(app) == ["Gamma", "Alpha", "Beta"]
    app.multiselect(key="segment-tags").set_value(["vip"]).run()
    app.selectbox(key="segment-order").set_value("name").run()
    assert listed(app) == ["Alpha", "Beta"]
    assert "2 of 3 segments" in texts(app)


def test_a_description_stands_on_the_card_as_it_was_written(shop, open_page):
    saved(shop, "Alpha", description="For *May*")
    assert r"For \*May\*" in texts(open_page("segments", role="analyst"))


def test_a_description_stands_in_the_workbench_with_the_way_to_change_it(shop, open_page):
    app = open_page("segments", role="analyst", segment=saved(shop, "Alpha", description="For May"))
    assert "For May" in texts(app)
    app.button(key="segment-describe").click().run()
    assert not app.exception
    assert [area.value for area in app.text_area] == ["For May"]


def test_the_table_has_a_row_a_segment_with_its_line_of_sizes(shop, open_page):
    at = saved(shop, "Alpha", tags=["vip"])
    saved(shop, "Beta")
    library.update(shop, at, rules={"type": "everyone"}, account=ANNA, now=utc_now(), zone=settings().zone)
    app = open_page("segments", role="analyst")
    app.segmented_control(key="segment-view").set_value("table").run()
    table = app.dataframe[0].value.set_index("name")
    assert (list(table.loc["Alpha", "trend"]), table.loc["Alpha", "share"]) == ([1, 2], 1.0)
    assert list(table.loc["Alpha", "tags"]) == ["vip"]


def test_a_segment_in_use_shows_by_what_and_is_not_deleted(shop, open_page):
    at = saved(shop, "Inner")
    saved(shop, "Outer", {"type": "segment", "segmentId": at, "in": True})
    app = open_page("segments", role="analyst")
    app.menu_button(key=f"menu-{at}").click("delete").run()
    assert "is in use and stays" in texts(app)
    assert app.button(key="segment-delete").disabled


def test_a_deletion_is_undone_at_once_or_later(shop, open_page):
    first, second = saved(shop, "First"), saved(shop, "Second")
    app = open_page("segments", role="analyst")
    for at in (first, second):
        trash.delete(shop, at, account=ANNA, now=utc_now())
    app.session_state["segment just deleted"] = (second, "Second")
    app.run()
    assert listed(app) == []
    app.button(key="segment-undelete").click().run()
    app.button(key=f"undelete-{first}").click().run()
    assert sorted(listed(app)) == ["First", "Second"]
    assert trash.listing(shop) == []


def test_segments_are_compared_and_a_region_is_opened_as_a_new_one(shop, open_page):
    rich, everyone = saved(shop, "Rich"), saved(shop, "Everyone", {"type": "everyone"})
    app = open_page("segments", role="analyst", overlap=f"{rich},{everyone}")
    assert not app.exception
    assert app.selectbox(key="overlap-region").options[:2] == [
        "Only Everyone (1)", "In all 2: Rich and Everyone (1)",
    ]  # fmt: skip
    app.button(key="overlap-open").click().run()
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["Customers"] == "1"
    named = {(node["segmentId"], node["in"]) for node in app.session_state["rule draft"].tree["conditions"]}
    assert named == {(rich, False), (everyone, True)}


def test_members_are_exported_by_a_link_that_leads_to_the_chosen_file(shop, open_page):
    at = saved(shop, "Rich")
    app = open_page("segments", role="analyst")
    app.menu_button(key=f"menu-{at}").click("export").run()
    assert not app.exception
    [link] = app.get("link_button")
    _, export = exports.redeem(shop, link.proto.url.removeprefix("/api/exports/"))
    assert (export.segment_id, export.fields, export.format) == (at, exports.DEFAULT_FIELDS, "csv")


@pytest.fixture
def history(shop, open_page):
    """The workbench with a segment of two versions, its history open; and the segment's id."""
    at = saved(shop, "Rich")
    less = {**MORE, "value": 10}
    library.update(shop, at, rules=less, account=ANNA, now=utc_now(), zone=settings().zone)
    app = open_page("segments", role="marketer", segment=at)
    app.session_state[segment_panels.OPEN] = segment_panels.HISTORY
    return app.run(), at


def test_the_history_says_what_changed_and_restores_with_one_undo_back(history, shop):
    app, at = history
    assert not app.exception
    assert "~~spent more than ₹1,000~~ is now **spent more than ₹10**" in texts(app)
    app.button(key="restore-1").click().run()
    assert not app.exception
    assert library.get(shop, at)["version"] == 3
    assert library.get(shop, at)["rules"]["value"] == 1000
    assert app.button(key="segment-save").label == "Saved"
    assert app.session_state["rule draft"].past


def test_restoring_over_somebody_elses_change_is_refused(history, shop):
    app, at = history
    library.rename(shop, at, "Theirs", account=ANNA, now=utc_now())
    app.button(key="restore-1").click().run()
    assert library.get(shop, at)["version"] == 2
    assert any("Somebody changed" in toast.value for toast in app.toast)
