"""How a campaign goes out, as it is chosen while it is written."""

from datetime import time

import pytest

from crm import campaigns, carriers, library
from crm.moment import utc_now
from crm.settings import settings
from crm.stores import samples, streams
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.ui.campaigning import buttons, texts


@pytest.fixture
def segment(installation):
    crowd(installation, 12)
    return library.save(
        installation, name="All", rules=EVERYONE, account=MARKETER, now=NOW, zone=settings().zone
    )["_id"]


@pytest.fixture
def composer(open_page, segment):
    app = open_page("campaigns", role="marketer", segment=segment)
    app.text_input(key="campaign name").set_value("Monsoon").run()
    app.text_area(key="campaign message").set_value("Hi").run()
    return app


def test_vendor_rate_and_error_budget_are_chosen_kept_and_repeated_before_the_launch(composer, installation):
    box = composer.selectbox(key="campaign vendor")
    assert box.options == ["As Settings say: Simulated vendor", "Simulated vendor"]  # the others are off
    box.set_value("simulated").run()
    composer.number_input(key="campaign rate").set_value(50.0).run()
    composer.number_input(key="campaign budget").set_value(20.0).run()
    assert not composer.exception
    buttons(composer)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    assert (kept["vendor"], kept["rateLimit"], kept["errorBudget"]) == ("simulated", 50.0, 0.2)
    assert buttons(composer)["campaign-save"].label == "Saved"
    buttons(composer)["campaign-review"].click().run()
    assert "By Simulated vendor, at most 50 a second; pauses if more than 20\u00a0% fail." in texts(composer)


def test_a_draft_without_choices_is_kept_without_them(composer, installation):
    buttons(composer)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    assert (kept["vendor"], kept["rateLimit"], kept["errorBudget"]) == (None, None, None)


def test_a_channel_that_the_vendor_has_not_is_said_while_writing(composer, installation):
    mail = {"host": "mail.test", "sender": "shop@mail.test"}
    carriers.configure(installation, "smtp", mail, account=MARKETER, now=NOW)
    composer.segmented_control(key="campaign channel").set_value("sms").run()
    composer.selectbox(key="campaign vendor").set_value("smtp").run()
    assert "The vendor can't send by sms." in texts(composer)
    assert buttons(composer)["campaign-review"].disabled


def test_real_e_mail_on_sample_data_is_warned_of_before_the_launch(composer, installation):
    mail = {"host": "mail.test", "sender": "shop@mail.test"}
    carriers.configure(installation, "smtp", mail, account=MARKETER, now=NOW)
    samples.made_at(installation, "a shop", NOW)
    composer.run()
    composer.selectbox(key="campaign vendor").set_value("smtp").run()
    buttons(composer)["campaign-review"].click().run()
    assert "sample data was added here" in texts(composer)


def test_an_e_mail_gets_a_line_to_unsubscribe_that_can_be_written_by_hand_or_left_out(composer, installation):
    composer.segmented_control(key="campaign channel").set_value("email").run()
    assert "To get no more of these e-mails: http://127.0.0.1:8501/unsubscribe/preview" in texts(composer)
    composer.checkbox(key="campaign footer").uncheck().run()
    assert "does not say how to unsubscribe" in texts(composer)
    composer.pills(key="campaign field more").set_value("unsubscribeUrl").run()
    assert composer.session_state["campaign message"] == "Hi {unsubscribeUrl}"
    assert "does not say how to unsubscribe" not in texts(composer)
    buttons(composer)["campaign-save"].click().run()
    assert not composer.exception
    assert campaigns.listing(installation)["items"][0]["unsubscribeFooter"] is False
    assert buttons(composer)["campaign-save"].label == "Saved"


def test_sending_hours_are_chosen_kept_and_repeated_before_the_launch(composer, installation):
    composer.toggle(key="campaign window").set_value(True).run()
    assert "Nobody's time zone is known, so these are hours of UTC." in texts(composer)
    composer.time_input(key="campaign window from").set_value(time(10)).run()
    composer.time_input(key="campaign window to").set_value(time(0)).run()
    composer.pills(key="campaign window days").set_value([1, 2, 3, 4, 5]).run()
    assert not composer.exception
    buttons(composer)["campaign-save"].click().run()
    kept = campaigns.listing(installation)["items"][0]
    assert kept["sendWindow"] == {"from": "10:00", "to": "24:00", "days": [1, 2, 3, 4, 5]}
    assert buttons(composer)["campaign-save"].label == "Saved"
    buttons(composer)["campaign-review"].click().run()
    assert "from 10:00 to 24:00, Mon to Fri, in each receiver's own time zone" in texts(composer)


def test_before_the_launch_stands_how_many_will_wait_for_their_hours(composer):
    now = utc_now()
    shut = next(hour for hour in (4, 16) if abs(now.hour - hour) > 3)  # an hour that is not now
    composer.toggle(key="campaign window").set_value(True).run()
    composer.time_input(key="campaign window from").set_value(time(shut)).run()
    composer.time_input(key="campaign window to").set_value(time(shut, 30)).run()
    hour = f"{shut:02}"
    said = f"will wait for their sending hours ({hour}:00 to {hour}:30). The first begin at {hour}:00 on"
    assert said in texts(composer)
    buttons(composer)["campaign-review"].click().run()
    assert not composer.exception
    assert texts(composer).count(said) == 2  # in the dialog, too


def test_e_mails_without_a_subject_are_warned_of_while_writing_and_before_the_launch(composer):
    said = "see no subject"
    assert said in texts(composer)
    buttons(composer)["campaign-review"].click().run()
    assert texts(composer).count(said) == 2


def test_hours_that_end_before_they_begin_are_said_while_writing(composer):
    composer.toggle(key="campaign window").set_value(True).run()
    composer.time_input(key="campaign window from").set_value(time(21)).run()
    assert "sendWindow begins before it ends" in texts(composer)
    assert buttons(composer)["campaign-review"].disabled


def test_a_campaigns_page_says_how_many_wait_for_their_hours(open_page, installation):
    crowd(installation, 5)
    now = utc_now()
    shut = next(f"{hour:02}" for hour in (4, 16) if abs(now.hour - hour) > 3)  # hours that are not now
    window = {"from": f"{shut}:00", "to": f"{shut}:30"}
    made = campaigns.launch_new(
        installation, name="Night", rules=EVERYONE, template="Hi", options={"sendWindow": window},
        account=MARKETER, now=now,
    )["_id"]  # fmt: skip
    hands = Hands(installation)
    for stream in (streams.PLAN, streams.SEND):
        hands.step(stream)
    app = open_page("history", role="marketer", campaign=made)
    assert not app.exception
    assert f"5 customers wait for their sending hours ({shut}:00 to {shut}:30)" in texts(app)
    assert f"The next begin at {shut}:00 on" in texts(app)


def test_a_test_is_offered_to_the_writers_own_address_or_a_phone_number(composer):
    composer.segmented_control(key="campaign channel").set_value("email").run()
    buttons(composer)["campaign-test"].click().run()
    assert not composer.exception
    assert composer.text_input(key="campaign test to").value == "marketer@crm.example"
    assert "by Simulated vendor" in texts(composer)
    composer.segmented_control(key="campaign channel").set_value("sms").run()
    buttons(composer)["campaign-test"].click().run()
    assert composer.text_input(key="campaign test to").label == "Phone number"
