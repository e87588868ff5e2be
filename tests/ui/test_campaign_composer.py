"""Writing a campaign."""

from datetime import datetime, time, timedelta

from crm import attributes, campaigns, library, lists, suppressed
from crm.attributes import Found
from crm.fields import FieldType
from crm.moment import utc_now
from crm.settings import settings
from tests.crowd import MARKETER, NOW, Hands
from tests.ui.campaigning import DELHI, buttons, texts
from ui import format as fmt


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
