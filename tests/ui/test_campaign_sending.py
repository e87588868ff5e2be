"""How a campaign goes out, as it is chosen while it is written."""

import pytest

from crm import campaigns, carriers, library
from crm.settings import settings
from crm.stores import samples
from tests.crowd import EVERYONE, MARKETER, NOW, crowd
from tests.ui.test_campaigns import buttons, texts


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
