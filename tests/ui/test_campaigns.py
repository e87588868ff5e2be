"""Writing a campaign, and what became of it."""

from datetime import UTC, datetime, time, timedelta

import pytest

from crm import attributes, campaigns, halts, library, lists, log_files, suppressed
from crm.attributes import Found
from crm.fields import FieldType
from crm.log_files import LogFile
from crm.moment import utc_now
from crm.settings import settings
from crm.stores import streams
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from ui import campaign_lift
from ui import format as fmt

PUNE = {"type": "group", "operator": "AND", "conditions": [
    {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}]}  # fmt: skip

DELHI = {"type": "group", "operator": "AND", "conditions": [
    {"type": "condition", "field": "city", "operator": "equals", "value": "Delhi"}]}  # fmt: skip


@pytest.fixture
def segment(installation):
    crowd(installation, 30)
    crowd(installation, 4, name=None)
    crowd(installation, 6, city="Delhi")
    return library.save(
        installation, name="Pune *people*", rules=PUNE, account=MARKETER, now=NOW, zone=settings().zone
    )["_id"]


@pytest.fixture
def launched(installation, segment):
    campaign = campaigns.launch_new(
        installation, name="Monsoon", segment_id=segment, template="Hi {name}", account=MARKETER, now=NOW
    )
    return campaign["_id"]


def texts(app):
    return " ".join(
        str(element.value)
        for kind in ("markdown", "caption", "text", "warning", "error")
        for element in app.get(kind)
    )


def buttons(app):
    return {button.key: button for button in app.button}


def test_a_campaign_is_written_with_a_live_size_a_preview_and_a_count_of_missing_names(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    assert not app.exception
    assert app.query_params["draft"] in ("new", ["new"])
    assert "34 customers" in texts(app)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.text_area(key="campaign message").set_value("Hi {name} in {city}").run()
    assert not app.exception
    shown = texts(app)
    assert "4 customers of 34 would be skipped" in shown
    assert "`{name|there}`" in shown
    assert "in Pune" in shown
    assert not buttons(app)["campaign-review"].disabled


def test_a_message_with_an_unknown_field_can_not_be_launched(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.text_area(key="campaign message").set_value("You spent {totalSpend}").run()
    assert "did you mean {totalSpent}?" in texts(app)
    assert buttons(app)["campaign-review"].disabled


def test_a_field_is_put_behind_the_text_by_its_chip(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_area(key="campaign message").set_value("Hi").run()
    app.pills(key="campaign field first").set_value("name").run()
    assert app.text_area(key="campaign message").value == "Hi {name|there}"
    assert not app.exception


def test_a_message_may_name_a_custom_attribute_from_its_chip_to_the_person(open_page, installation, segment):
    (field,) = attributes.discover(installation, [Found("favouriteColour", FieldType.TEXT)], now=NOW).values()
    installation.db.customers.update_many({"city": "Pune"}, {"$set": {field.path: "deep *red*"}})
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Colours").run()
    app.text_area(key="campaign message").set_value("We have it in").run()
    app.pills(key="campaign field more").set_value("favouriteColour").run()
    assert not app.exception
    assert app.session_state["campaign message"] == "We have it in {favouriteColour}"
    assert "We have it in deep *red*" in texts(app)
    launched = campaigns.launch_new(
        installation, name="Colours", segment_id=segment, template="In {favouriteColour}", account=MARKETER,
        now=NOW,
    )  # fmt: skip
    Hands(installation).finish()
    bodies = installation.db.deliveries.distinct("body", {"campaignId": launched["_id"], "state": "sent"})
    assert bodies == ["In deep *red*"]


def test_a_draft_is_kept_and_opened_again(open_page, installation, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Diwali").run()
    buttons(app)["campaign-save"].click().run()
    assert not app.exception
    draft = campaigns.listing(installation)["items"][0]
    assert (draft["name"], draft["status"], draft["segmentName"]) == ("Diwali", "draft", "Pune *people*")
    buttons(app)["drafts-all"].click().run()
    assert r"To “Pune \*people\*”" in texts(app)
    buttons(app)[f"open-{draft['_id']}"].click().run()
    assert app.text_input(key="campaign name").value == "Diwali"


def test_unsaved_work_comes_back(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_area(key="campaign message").set_value("Half a thought").run()
    buttons(app)["drafts-all"].click().run()
    buttons(app)["draft-continue"].click().run()
    assert app.text_area(key="campaign message").value == "Half a thought"


def test_the_launch_asks_with_the_exact_number(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.text_area(key="campaign message").set_value("Hi {name}").run()
    buttons(app)["campaign-review"].click().run()
    assert not app.exception
    assert buttons(app)["launch-yes"].label == "Send to 30 customers"
    assert "Message can't be written" in texts(app)
    assert "−4" in texts(app)


def test_a_draft_that_is_gone_says_so(open_page, launched):
    app = open_page("campaigns", role="marketer", draft=launched)
    assert "launched or deleted" in texts(app)


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


def panel(app, name):
    """Open a panel of a campaign's page, as clicking on its name does."""
    app.session_state["campaign panel"] = name
    return app.run()


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


def open_page_as(app, page):
    return app.switch_page(f"../pages/{page}.py").run()


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


def test_an_e_mail_has_a_subject_and_html_and_is_kept_with_them(open_page, installation, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.segmented_control(key="campaign channel").set_value("email").run()
    app.text_input(key="campaign subject").set_value("For {name|you}").run()
    app.text_area(key="campaign html").set_value("<p>{city}</p>").run()
    app.text_area(key="campaign message").set_value("Hi from {city}").run()
    assert not app.exception
    assert "Subject: For " in texts(app)
    (frame,) = app.get("iframe")
    assert 'sandbox="" title="The e-mail" srcdoc="&lt;p&gt;Pune&lt;/p&gt;' in frame.proto.srcdoc
    buttons(app)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    assert (kept["channel"], kept["subject"], kept["html"]) == ("email", "For {name|you}", "<p>{city}</p>")
    buttons(app)["drafts-all"].click().run()
    buttons(app)[f"open-{kept['_id']}"].click().run()
    assert app.text_input(key="campaign subject").value == "For {name|you}"


def test_a_text_message_is_counted_in_parts_and_has_no_subject(open_page, installation, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Short").run()
    app.text_input(key="campaign subject").set_value("Left behind").run()
    app.segmented_control(key="campaign channel").set_value("sms").run()
    app.text_area(key="campaign message").set_value("नमस्ते" + "!" * 80).run()
    assert not app.exception
    assert "86 characters as written · 2 parts" in texts(app)
    assert "UCS-2" in texts(app)
    buttons(app)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    assert (kept["channel"], kept["subject"]) == ("sms", None)


def test_the_message_is_shown_as_any_customer_who_is_looked_for(open_page, installation, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_area(key="campaign message").set_value("You live in {city}").run()
    delhi = installation.db.customers.find_one({"city": "Delhi"})
    app.text_input(key="campaign preview search").set_value(delhi["email"]).run()
    assert not app.exception
    assert "You live in Delhi" in texts(app)


def test_segments_and_lists_are_added_and_left_out_and_everybody_who_is_not_messaged_is_counted(
    open_page, installation, segment
):
    delhi = library.save(installation, name="Delhi", rules=DELHI, account=MARKETER, now=NOW,
                         zone=settings().zone)["_id"]  # fmt: skip
    some = installation.db.customers.find({"city": "Pune", "name": {"$ne": None}}).limit(3)
    left_out = lists.create(
        installation, name="Staff", text="\n".join(each["email"] for each in some), account=MARKETER, now=NOW
    )["_id"]
    bounced = installation.db.customers.find_one({"city": "Delhi"})["email"]
    suppressed.add(installation, [bounced], reason="bounced", account=MARKETER, now=NOW)
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.text_area(key="campaign message").set_value("Hi").run()
    app.multiselect(key="campaign include segments").set_value([delhi]).run()
    app.multiselect(key="campaign exclude lists").set_value([left_out]).run()
    app.number_input(key="campaign cap messages").set_value(2).run()
    app.number_input(key="campaign holdout").set_value(50.0).run()
    assert not app.exception
    shown = texts(app)
    assert "**37**" in shown  # 34 in Pune and 6 in Delhi, without 3
    assert "Suppressed −1" in shown
    assert "Held out" in shown
    buttons(app)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    assert kept["include"]["segments"] == [delhi]
    assert kept["exclude"]["lists"] == [left_out]
    assert (kept["frequencyCap"], kept["holdout"]) == ({"messages": 2, "days": 7}, 0.5)
    assert buttons(app)["campaign-save"].label == "Saved"


def test_the_launch_offers_a_time_in_the_accounts_zone(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.text_area(key="campaign message").set_value("Hi").run()
    day = datetime.now(settings().zone).date() + timedelta(days=3)
    app.session_state["launch-when"] = "At a time"
    app.session_state["launch-day"], app.session_state["launch-time"] = day, time(9, 30)
    buttons(app)["campaign-review"].click().run()
    assert not app.exception
    at = datetime.combine(day, time(9, 30), settings().zone)
    assert buttons(app)["launch-yes"].label == f"Send {fmt.moment(at, settings().zone)}"
    assert app.radio(key="launch-freeze").value == "start"


def test_variants_are_written_with_shares_and_kept(open_page, installation, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Two ways").run()
    app.text_area(key="campaign message").set_value("Hello from {city}").run()
    buttons(app)["campaign-variant-add"].click().run()
    app.text_area(key="campaign variant 1 messageTemplate").set_value("Bye from {city}").run()
    app.number_input(key="campaign variant 1 share").set_value(150.0).run()
    assert not app.exception
    assert "of them A" in texts(app)
    buttons(app)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    second = {"name": "B", "share": 150.0, "messageTemplate": "Bye from {city}"}
    assert kept["variants"] == [{"name": "A", "share": 50.0}, second]
    assert buttons(app)["campaign-save"].label == "Saved"
    app.text_input(key="campaign variant 1 name").set_value("a").run()
    assert "two of the same name" in " ".join(error.value for error in app.error)
    buttons(app)["campaign-variant-remove-0"].click().run()
    assert "campaign-variant-remove-1" not in buttons(app)


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


def test_suppressed_addresses_are_listed_with_their_reason_and_searched(open_page, installation):
    suppressed.add(installation, ["asha@shop.example"], reason="complained", note="by *post*",
                   account=MARKETER, now=NOW)  # fmt: skip
    suppressed.add(installation, ["bo@shop.example"], reason="bounced", account=MARKETER, now=NOW)
    app = open_page("campaigns", role="marketer")
    assert not app.exception
    assert "asha@shop.example" in texts(app)
    assert r"by \*post\*" in texts(app)
    app.text_input(key="suppressions search").set_value("bo@").run()
    assert "bo@shop.example" in texts(app)
    assert "asha@shop.example" not in texts(app)


def test_an_address_is_suppressed_by_hand(open_page, installation):
    app = open_page("campaigns", role="marketer")
    app.session_state["suppress-addresses"] = "Asha <asha@shop.example>, bo@shop.example"
    buttons(app)["suppress"].click().run()
    buttons(app)["suppress-yes"].click().run()
    assert not app.exception
    found = suppressed.find(installation, "bo@shop.example")
    assert found["reason"] == "manual"
    assert "2 addresses: 2 by hand" in app.expander[0].label


def test_letting_an_address_go_asks_first_and_warns_where_its_owner_asked_for_it(open_page, installation):
    suppressed.add(installation, ["asha@shop.example"], reason="unsubscribed", account=MARKETER, now=NOW)
    app = open_page("campaigns", role="marketer")
    at = suppressed.listing(installation)["items"][0]["_id"]
    buttons(app)[f"unsuppress-{at}"].click().run()
    assert not app.exception
    assert "asked not to be written to" in texts(app)
    assert suppressed.find(installation, "asha@shop.example")
    buttons(app)["unsuppress-yes"].click().run()
    assert not app.exception
    assert not suppressed.find(installation, "asha@shop.example")


@pytest.fixture
def two_ways(installation, segment):
    variants = [{"name": "A", "share": 1}, {"name": "B", "share": 1, "messageTemplate": "Bye"}]
    campaign = campaigns.launch_new(
        installation, name="Two", segment_id=segment, template="Hi", options={"variants": variants},
        account=MARKETER, now=NOW,
    )  # fmt: skip
    Hands(installation).finish()
    return campaign["_id"]


def test_variants_stand_side_by_side_on_the_campaigns_page(open_page, installation, two_ways):
    app = open_page("history", role="analyst", campaign=two_ways)
    assert not app.exception
    table = app.dataframe[0].value.set_index("Variant")
    books = campaigns.stats(installation, two_ways)
    assert list(table.index) == ["A", "B"]
    assert (table["Sent"].sum(), table["Failed"].sum()) == (books["sent"], books["failed"])
    assert table["Sent"].min() > 0
    panel(app, "Message and audience")
    assert "Bye" in [each.value for each in app.text]
    assert "As above." in texts(app)  # the other variant says nothing of its own


def test_a_retry_says_how_many_of_a_reason_it_sends_again(open_page, installation, two_ways):
    reasons = campaigns.reasons(installation, two_ways, "failed")
    reason, many = next(iter(reasons.items()))
    app = open_page("history", role="marketer", campaign=two_ways)
    app.session_state["retry-reason"] = reason
    buttons(app)["campaign-retry"].click().run()
    assert not app.exception
    assert buttons(app)["retry-yes"].label == f"Send {fmt.count(many, 'message')} again"
    assert app.selectbox(key="retry-variant").options == ["Every variant", "A", "B"]


def bought(stores, campaign_id, share_treated, share_held, total=100.0):
    """Let this share of each group order a minute after their turn."""
    rows = list(stores.db.deliveries.find({"campaignId": campaign_id}, {"customerId": 1, "reason": 1}))
    held = [row["customerId"] for row in rows if row.get("reason") == "held out"]
    treated = [row["customerId"] for row in rows if row.get("reason") != "held out"]
    chosen = treated[: round(share_treated * len(treated))] + held[: round(share_held * len(held))]
    stores.db.orders.insert_many(
        {"_id": f"o-{who}", "customerId": who, "createdAt": utc_now() + timedelta(minutes=1), "total": total,
         "status": "delivered"}
        for who in chosen
    )  # fmt: skip


def test_a_campaigns_page_says_what_it_brought_in_against_those_held_out(open_page, installation):
    crowd(installation, 400)
    made = campaigns.launch_new(
        installation, name="Sale", rules=EVERYONE, template="Hi", account=MARKETER, now=NOW,
        options={"holdout": 0.4, "variants": [{"name": "A", "share": 1}, {"name": "B", "share": 1}]},
    )  # fmt: skip
    Hands(installation).finish()
    bought(installation, made["_id"], 0.5, 0.1)
    app = open_page("history", role="analyst", campaign=made["_id"])
    assert not app.exception
    shown = texts(app)
    assert "More people bought" in shown
    assert "Not over yet" in shown
    assert "The intervals of the 2 variants are widened" in shown
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["More buyers, in points"].startswith("+")
    app.segmented_control(key=f"lift-days-{made['_id']}").set_value(30).run()
    assert not app.exception
    assert "Orders within 30 days" in texts(app)


def test_without_a_holdout_the_page_says_how_to_have_one(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="analyst", campaign=launched)
    shown = texts(app)
    assert "Nobody was held out of this campaign" in shown
    assert "Hold out" in shown


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


def test_the_composer_says_what_a_holdout_is_large_enough_to_show(open_page, installation, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_area(key="campaign message").set_value("Hi").run()
    assert "Nobody is held out" in texts(app)
    some = installation.db.customers.find({"city": "Pune"}).limit(10)
    installation.db.orders.insert_many(
        {"_id": f"o-{each['_id']}", "customerId": each["_id"], "createdAt": utc_now() - timedelta(days=2),
         "total": 10.0, "status": "delivered", "products": []}
        for each in some
    )  # fmt: skip
    app.number_input(key="campaign holdout").set_value(50.0).run()
    assert not app.exception
    shown = texts(app)
    assert "29.4\u00a0% of this audience ordered in the last 7 days" in shown
    assert "Too small to see 5\u00a0% more buyers" in shown
    app.selectbox(key="campaign power days").set_value(1).run()
    assert "0\u00a0% of this audience ordered in the last 1 day" in texts(app)


def test_campaigns_are_compared_side_by_side_by_an_address(open_page, installation, segment):
    ids = []
    for name, holdout in (("Monsoon", 0.5), ("Monsoon", None)):
        made = campaigns.launch_new(
            installation, name=name, segment_id=segment, template="Hi", options={"holdout": holdout},
            account=MARKETER, now=NOW,
        )  # fmt: skip
        Hands(installation).finish()
        ids.append(made["_id"])
    app = open_page("history", role="analyst", compare=",".join(ids), days="30")
    assert not app.exception
    table = app.dataframe[0].value.set_index("Figure")
    assert list(table.columns) == ["Monsoon", "Monsoon (2)"]
    assert list(table.loc["Audience"]) == ["34", "34"]
    assert table.loc["Revenue brought in", "Monsoon (2)"] == "nobody held out"
    assert app.segmented_control(key="compare days").value == 30
    app.multiselect(key="compare campaigns").set_value(ids[:1]).run()
    assert list(app.dataframe[0].value.columns) == ["Figure", "Monsoon"]
    assert app.query_params["compare"] in (ids[0], [ids[0]])


def test_the_way_to_a_comparison_and_back_is_on_the_history_page(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="analyst")
    buttons(app)["campaigns-compare"].click().run()
    assert "Choose two to five campaigns" in texts(app)
    buttons(app)["compare-back"].click().run()
    assert app.title[0].value == "History"
    buttons(app)[f"open-{launched}"].click().run()
    buttons(app)["lift-compare"].click().run()
    assert not app.exception
    assert app.title[0].value == "Compare campaigns"
    assert app.multiselect(key="compare campaigns").value == [launched]


def test_a_comparison_of_a_campaign_that_is_gone_says_so(open_page):
    app = open_page("history", role="analyst", compare="nobody")
    assert "no such campaign" in texts(app)


def test_the_orders_of_a_large_audience_are_read_when_somebody_asks(
    open_page, installation, launched, monkeypatch
):
    Hands(installation).finish()
    monkeypatch.setattr(campaign_lift, "_AT_ONCE", 10)
    app = open_page("history", role="analyst", campaign=launched)
    assert "Ordered after a message" not in {metric.label for metric in app.metric}
    app.button(key="lift-read").click().run()
    assert not app.exception
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Ordered after a message"] == "₹0.00"
    somebody = installation.db.deliveries.find_one({"campaignId": launched, "state": "sent"})
    installation.db.orders.insert_one(
        {"_id": "late", "customerId": somebody["customerId"], "createdAt": utc_now(), "total": 99.0}
    )
    app.button(key="lift-again").click().run()
    assert {metric.label: metric.value for metric in app.metric}["Ordered after a message"] == "₹99.00"


def test_variants_without_a_holdout_are_compared_with_the_first(open_page, installation, segment):
    made = campaigns.launch_new(
        installation, name="Two", segment_id=segment, template="Hi", account=MARKETER, now=NOW,
        options={"variants": [{"name": "A", "share": 1}, {"name": "B", "share": 1}]},
    )  # fmt: skip
    Hands(installation).finish()
    app = open_page("history", role="analyst", campaign=made["_id"])
    assert not app.exception
    (table,) = (each.value for each in app.dataframe if "Revenue a person" in each.value)
    assert list(table["Group"]) == ["To be messaged", "Variant A", "Variant B"]
    assert [bool(each) for each in table["More buyers than variant A"]] == [False, False, True]


def test_a_draft_is_duplicated_and_one_that_was_deleted_is_brought_back(open_page, installation):
    draft = campaigns.create(installation, name="Diwali", template="Hi", account=MARKETER, now=NOW)
    app = open_page("campaigns", role="marketer")
    app.session_state["draft deleted last"] = campaigns.delete(
        installation, draft["_id"], account=MARKETER, now=NOW
    )
    app.run()
    assert "“Diwali” is deleted" in texts(app)
    buttons(app)["draft-undo"].click().run()
    assert not app.exception
    assert "draft-undo" not in buttons(app)
    buttons(app)[f"copy-{draft['_id']}"].click().run()
    assert not app.exception
    assert app.text_input(key="campaign name").value == "Copy of Diwali"


def test_a_campaign_of_any_status_can_be_duplicated_from_its_page(open_page, installation, launched):
    Hands(installation).finish()
    app = open_page("history", role="marketer", campaign=launched)
    buttons(app)["campaign-duplicate"].click().run()
    assert not app.exception
    assert campaigns.listing(installation, statuses=["draft"])["items"][0]["name"] == "Copy of Monsoon"
