"""Templates are text and fields; values are written the way people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.errors import InvalidInput
from crm.fields import FIELDS, FieldType
from crm.messages import DEFAULT_TEMPLATE, LIMIT, Style, parse, render

RUPEES = Style("INR", ZoneInfo("Asia/Kolkata"))
SAMPLES = {
    FieldType.TEXT: ("Asha", "Asha"),
    FieldType.INTEGER: (1200, "1,200"),
    FieldType.NUMBER: (2.5, "2.5"),
    FieldType.MONEY: (1234.5, "₹1,234.50"),
    FieldType.DATE: (datetime(2025, 3, 5, 19, 0, tzinfo=UTC), "6 March 2025"),
    FieldType.BOOLEAN: (True, "yes"),
    FieldType.TAGS: (["vip", "early"], "vip, early"),
}


def say(text, **customer):
    return render(parse(text), customer, RUPEES).body


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_every_field_of_the_catalogue_can_be_written(field):
    value, text = SAMPLES[field.type]
    assert say(f"<{{{field.name}}}>", **{field.name: value}) == f"<{text}>"


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize(
    "absent", [None, "", "  ", [], {}, object()], ids=["none", "empty", "blank", "list", "dict", "object"]
)
def test_what_counts_as_missing_takes_the_default(field, absent):
    assert say(f"{{{field.name}|x}}", **{field.name: absent}) == "x"
    assert say(f"{{{field.name}|x}}") == "x"


def test_a_missing_field_without_a_default_makes_the_message_not_renderable():
    rendered = render(parse("Hi {name} of {city}, {name}"), {"city": "Pune"}, RUPEES)
    assert rendered.body is None
    assert rendered.reason == "not renderable: name is missing"


def test_several_missing_fields_are_all_named():
    rendered = render(parse("{name} {city}"), {}, RUPEES)
    assert rendered.reason == "not renderable: name and city are missing"


def test_an_empty_default_is_a_default():
    assert say("Hi{name|}!") == "Hi!"


def test_a_value_of_another_type_is_missing():
    assert say("{age|?} {name|?} {isInactive|?}", age="12", name=7, isInactive=1) == "? ? ?"
    assert say("{totalSpent|?}", totalSpent=float("nan")) == "?"


def test_double_braces_and_spaces_mean_the_same():
    assert say("Hi {{ name }} and { name }", name="Ben") == "Hi Ben and Ben"


def test_whole_amounts_have_no_cents_and_a_currency_without_a_sign_has_its_code():
    assert say("{totalSpent}", totalSpent=1000.0) == "₹1,000"
    assert (
        render(parse("{totalSpent}"), {"totalSpent": 9.5}, Style("CHF", ZoneInfo("UTC"))).body == "CHF 9.50"
    )


def test_a_day_without_a_time_is_that_day_in_every_zone():
    style = Style("USD", ZoneInfo("America/New_York"))
    assert render(parse("{birthDate}"), {"birthDate": datetime(1990, 3, 5, tzinfo=UTC)}, style).body == (
        "5 March 1990"
    )


def test_an_unknown_field_is_refused_by_its_name_with_a_suggestion():
    with pytest.raises(InvalidInput) as caught:
        parse("You spent {totalSpend}")
    assert caught.value.fields[0].reason == "“totalSpend” is not a field; did you mean {totalSpent}?"
    assert caught.value.fields[0].field == "messageTemplate"


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "Hi {", "Hi } there", "{}", "{name", "{na{me}}", "x" * (LIMIT + 1), "{name.__class__}"],
)
def test_a_message_that_makes_no_sense_is_refused(text):
    with pytest.raises(InvalidInput):
        parse(text)


def test_a_value_is_inserted_and_never_read_as_a_template():
    assert say("Hi {name}", name="{email} {0.__class__} {{x}}") == "Hi {email} {0.__class__} {{x}}"


def test_the_fields_and_the_required_ones_are_known():
    template = parse("{name|you} {city} {name} {age|0}")
    assert template.fields == ("name", "city", "age")
    assert template.required == ("city", "name")


def test_the_message_that_the_api_adds_suits_everybody():
    assert parse(DEFAULT_TEMPLATE).required == ()
    assert say(DEFAULT_TEMPLATE, name="Asha").startswith("Hi Asha, ")
