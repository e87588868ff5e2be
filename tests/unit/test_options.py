"""What a campaign may be given, and the message that comes of it."""

from zoneinfo import ZoneInfo

import pytest

from crm import content, options
from crm.errors import InvalidInput
from crm.messages import Style

TWO = [{"name": "A", "share": 60, "messageTemplate": "A {name}"}, {"name": " B ", "share": 40}]
STYLE = Style("INR", ZoneInfo("UTC"))


def test_options_are_kept_in_one_form():
    given = {
        "channel": "email", "subject": "Hi", "variants": TWO, "holdout": 0.1, "rateLimit": 5,
        "frequencyCap": {"messages": 2, "days": 7}, "include": {"lists": ["l", "l"]}, "errorBudget": None,
    }  # fmt: skip
    kept = options.read(given)
    assert kept["variants"][1] == {"name": "B", "share": 40.0}
    assert kept["include"] == {"segments": [], "lists": ["l"]}
    assert (kept["rateLimit"], kept["errorBudget"]) == (5.0, None)
    assert options.read({**kept}) == kept


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"colour": "red"}, "colour"),
        ({"holdout": 0.95}, "holdout"),
        ({"holdout": True}, "holdout"),
        ({"rateLimit": 0}, "rateLimit"),
        ({"rateLimit": float("nan")}, "rateLimit"),
        ({"frequencyCap": {"messages": 0, "days": 1}}, "frequencyCap.messages"),
        ({"frequencyCap": {"messages": 1}}, "frequencyCap"),
        ({"include": {"people": []}}, "include"),
        ({"exclude": {"segments": [{"$ne": 1}]}}, "exclude.segments"),
        ({"variants": [TWO[0]]}, "variants"),
        ({"variants": [TWO[0], TWO[0]]}, "variants"),
        ({"variants": [{"name": "", "share": 1}, TWO[0]]}, "variants[0].name"),
        ({"variants": [TWO[0], {"name": "B", "share": -1}]}, "variants[1].share"),
        ({"subject": 7}, "subject"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(given, field):
    with pytest.raises(InvalidInput) as caught:
        options.read(given)
    assert [each.field for each in caught.value.fields] == [field]


def made(**more):
    return content.read({"_id": "c1", "messageTemplate": "Hi {name}"} | more)


def test_a_variant_says_its_own_words_and_the_campaigns_where_it_has_none():
    found = made(variants=options.read({"variants": TWO})["variants"], subject="For {name}")
    said = {version.name: content.compose(version, {"name": "Asha"}, STYLE) for version in found.versions}
    assert {name: (each.subject, each.text) for name, each in said.items()} == {
        "A": ("For Asha", "A Asha"), "B": ("For Asha", "Hi Asha"),
    }  # fmt: skip


def test_what_any_part_of_an_e_mail_lacks_is_the_reason():
    found = made(subject="To {city}", html="<p>{country}</p>")
    composed = content.compose(found.versions[0], {"name": "Asha"}, STYLE)
    assert composed.reason == "not renderable: city and country are missing"
    assert found.required == ("city", "name", "country")


def test_a_subject_is_one_line():
    composed = content.compose(made(subject="Hi {name}").versions[0], {"name": "A\r\nBcc: x"}, STYLE)
    assert composed.subject == "Hi A Bcc: x"


def test_a_mistake_in_a_variant_is_named_by_its_place():
    bad = [{"name": "A", "share": 1}, {"name": "B", "share": 1, "html": "<p>{nme}</p>"}]
    with pytest.raises(InvalidInput) as caught:
        made(variants=bad)
    assert caught.value.fields[0].field == "variants[1].html"


def test_a_text_message_has_no_subject():
    with pytest.raises(InvalidInput, match="no subject"):
        made(channel="sms", subject="x")


@pytest.mark.parametrize(
    ("channel", "address"), [("email", "a@x.example"), ("sms", "+91 98"), (None, "a@x.example")]
)
def test_a_message_goes_where_its_channel_leads(channel, address):
    customer = {"email": "a@x.example", "phone": "+91 98", "externalId": "c1"}
    assert made(channel=channel).address(customer) == address
    lonely = made(channel=channel).address({"externalId": "c1"})
    assert lonely == (None if channel else "c1")
