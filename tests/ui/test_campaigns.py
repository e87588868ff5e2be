"""Campaigns that were launched: the history, and the page of each."""

from datetime import UTC, datetime, timedelta

from crm import campaigns, halts, log_files
from crm.log_files import LogFile
from crm.moment import utc_now
from crm.stores import streams
from tests.crowd import MARKETER, NOW, Hands
from tests.ui.campaigning import buttons, open_page_as, panel, texts


def test_history_lists_what_was_launched_newest_first(open_page, installation, launched):
    Hands(installation).finish()
    campaigns.create(installation, name="A draft", account=MARKETER, now=NOW)
    app = open_page("history", role="analyst")
    assert not app.exception
    assert [button.label for button in app.button if (button.key or "").startswith("open-")] == ["Monsoon"]
    assert "34 customers" in texts(app)
    assert "4 skipped" in texts(app)


def test_a_campaigns_page_has_its_numbers_funnel_message_and_log(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="marketer", campaign=launched)
    assert not app.exception
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Audience"] == "34"
    assert numbers["Skipped"] == "4"
    assert numbers["Pending"] == "0"
    assert len(app.get("plotly_chart")) == 2
    panel(app, "Message and audience")
    assert "Hi {name}" in texts(app)
    assert "live in Pune" in texts(app) or "Pune" in texts(app)
    panel(app, "Delivery log")
    log = app.dataframe[0].value
    assert len(log) == 34
    app.segmented_control(key=f"log-state-{launched}").set_value("skipped").run()
    assert set(app.dataframe[0].value["Why"]) == {"not renderable: name is missing"}
    app.text_input(key=f"log-search-{launched}").set_value("zzz").run()
    assert not app.dataframe


def test_each_number_of_a_campaign_leads_to_its_people_in_the_log(open_page, installation, launched):
    Hands(installation).finish()
    app = panel(open_page("history", role="analyst", campaign=launched), "Delivery log")
    app.text_input(key=f"log-search-{launched}").set_value("zzz").run()
    panel(app, "Results")
    buttons(app)["campaign-see-skipped"].click().run()
    assert not app.exception
    assert set(app.dataframe[0].value["Why"]) == {"not renderable: name is missing"}
    buttons(app)["campaign-see-all"].click().run()
    assert len(app.dataframe[0].value) == 34
    assert "campaign-see-pending" not in buttons(app)  # nobody is


def test_a_running_campaign_is_paused_and_resumed_on_its_page(open_page, installation, launched):
    Hands(installation).step(streams.PLAN)
    app = open_page("history", role="marketer", campaign=launched)
    buttons(app)["campaign-pause"].click().run()
    assert campaigns.stats(installation, launched)["status"] == "paused"
    buttons(app)["campaign-resume"].click().run()
    assert campaigns.stats(installation, launched)["status"] == "running"
    assert not app.exception


def test_an_analyst_sees_a_campaign_and_steers_nothing(open_page, installation, launched):
    Hands(installation).step(streams.PLAN)
    app = open_page("history", role="analyst", campaign=launched)
    assert not app.exception
    assert not {"campaign-pause", "campaign-cancel"} & set(buttons(app))
    app = open_page_as(app, "campaigns")
    assert app.title[0].value == "Not for your role"


def test_an_unknown_campaign_says_so(open_page):
    app = open_page("history", role="marketer", campaign="nobody")
    assert "no such campaign" in texts(app)


def test_a_campaign_that_paused_by_itself_says_why(open_page, installation, launched):
    halts.halt(installation, launched, "x", NOW)  # not running yet: nothing happens
    Hands(installation).step(streams.PLAN)
    assert halts.halt(installation, launched, "Too much of it *failed*.", NOW)
    app = open_page("history", role="analyst", campaign=launched)
    assert not app.exception
    assert "Too much of it" in texts(app)


def test_a_scheduled_campaign_shows_its_time_and_can_be_called_back(open_page, installation, segment):
    made = campaigns.schedule_new(
        installation, name="Later", segment_id=segment, template="Hi", at="2099-01-01T10:00",
        account=MARKETER, now=datetime(2098, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    app = open_page("history", role="marketer", campaign=made["_id"])
    assert "launched by itself" in texts(app)
    assert [each.value for each in app.text] == ["Hi"]  # what it will say
    app.button(key="campaign-call-back").click().run()
    assert not app.exception
    assert campaigns.get(installation, made["_id"])["status"] == "draft"


def test_a_scheduled_campaign_can_be_launched_early_and_says_to_how_many_first(
    open_page, installation, segment
):
    made = campaigns.schedule_new(
        installation, name="Later", segment_id=segment, template="Hi", at=utc_now() + timedelta(days=3),
        account=MARKETER, now=utc_now(),
    )  # fmt: skip
    app = open_page("history", role="marketer", campaign=made["_id"])
    buttons(app)["campaign-launch"].click().run()
    assert not app.exception
    assert buttons(app)["launch-now-yes"].label == "Send to 34 customers"


def test_scheduled_campaigns_are_listed_with_their_time(open_page, installation, segment):
    campaigns.schedule_new(
        installation, name="Later", segment_id=segment, template="Hi", at="2099-01-01T10:00",
        account=MARKETER, now=datetime(2098, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    app = open_page("campaigns", role="marketer")
    assert not app.exception
    assert "Scheduled" in [each.value for each in app.subheader]
    assert "1 Jan 2099, 10:00" in texts(app)


def test_a_campaign_that_was_cancelled_before_its_launch_says_so(open_page, installation, segment):
    made = campaigns.schedule_new(
        installation, name="Later", segment_id=segment, template="Hi", at="2099-01-01T10:00",
        account=MARKETER, now=datetime(2098, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    app = open_page("history", role="marketer", campaign=made["_id"])
    buttons(app)["campaign-cancel"].click().run()
    assert "before it was launched" in texts(app)
    campaigns.cancel(installation, made["_id"], account=MARKETER, now=NOW)
    app = open_page("history", role="analyst", campaign=made["_id"])
    assert not app.exception
    assert "before it was launched" in texts(app)


def test_an_address_opens_the_log_with_one_state(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="analyst", campaign=launched, state="skipped")
    assert not app.exception
    assert set(app.dataframe[0].value["Why"]) == {"not renderable: name is missing"}
    app.segmented_control(key=f"log-state-{launched}").set_value("all").run()
    assert len(app.dataframe[0].value) == 34


def test_the_log_is_narrowed_to_a_reason_and_its_link_leads_to_just_these_rows(
    open_page, installation, launched
):
    Hands(installation).finish()
    app = panel(open_page("history", role="analyst", campaign=launched), "Delivery log")
    reason = app.selectbox(key=f"log-reason-{launched}")
    assert "not renderable: name is missing (4)" in reason.options
    reason.set_value("not renderable: name is missing").run()
    assert not app.exception
    assert len(app.dataframe[0].value) == 4
    (link,) = app.get("link_button")
    _, file = log_files.redeem(installation, link.proto.url.removeprefix("/api/exports/log/"))
    assert file == LogFile(launched, reason="not renderable: name is missing")


def test_a_campaign_of_any_status_can_be_duplicated_from_its_page(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="marketer", campaign=launched)
    buttons(app)["campaign-duplicate"].click().run()
    assert not app.exception
    assert campaigns.listing(installation, statuses=["draft"])["items"][0]["name"] == "Copy of Monsoon"
