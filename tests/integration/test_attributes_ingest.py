"""What customers say beyond the fixed fields, from the API to MongoDB."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm import attributes, audiences, imports, ingest, rulebook
from crm.attributes import Found
from crm.fields import FieldType
from crm.ingest import Rejection
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import Document, Stores
from tests.integration.working import working
from tests.waiting import until
from workers import roles

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
EMAIL = "asha@x.example"


def accept(stores: Stores, *records: Any, now: datetime = NOW) -> tuple[Rejection, ...]:
    return ingest.accept_customers(stores, records, now=now).rejected


def work(stores: Stores) -> None:
    """Persist what lies on the customers' stream, oldest first, as a worker would."""
    key = streams.key(stores, streams.CUSTOMERS)
    for entry, fields in stores.redis.xrange(key):
        ingest.persist(stores, [streams.payload(fields)], now=NOW)
        stores.redis.xdel(key, entry)


def asha(stores: Stores) -> Document:
    found = stores.db.customers.find_one({"folded.email": EMAIL})
    assert found is not None
    return found


def own(stores: Stores) -> dict[str, Any]:
    """Asha's attributes by name."""
    names = {field.key: name for name, field in attributes.fields(stores).items()}
    return {names[key]: value for key, value in asha(stores).get("attributes", {}).items()}


def selected(stores: Stores, field: str, operator: str, value: Any) -> int:
    rule = rulebook.parse(stores, {"type": "condition", "field": field, "operator": operator, "value": value})
    return audiences.count(stores, rule, now=NOW, zone=UTC)


def test_unknown_keys_become_attributes_of_the_type_their_values_suggest(stores: Stores):
    given = {"favouriteColour": " Red", "shoe size": 42, "is member": True, "renews": "2026-03-01",
             "likes": ["Tea", "tea", "Go"], "postcode": "01234", "address": {"street": "x"}}  # fmt: skip
    assert accept(stores, {"email": EMAIL, **given}) == ()
    work(stores)
    assert {name: field.type for name, field in attributes.fields(stores).items()} == {
        "favouriteColour": FieldType.TEXT, "shoe size": FieldType.NUMBER, "is member": FieldType.BOOLEAN,
        "renews": FieldType.DATE, "likes": FieldType.TAGS, "postcode": FieldType.TEXT,
    }  # fmt: skip
    assert own(stores) == {
        "favouriteColour": "Red", "shoe size": 42, "is member": True,
        "renews": datetime(2026, 3, 1, tzinfo=UTC), "likes": ["Tea", "Go"], "postcode": "01234",
    }  # fmt: skip
    assert selected(stores, "favouriteColour", "equals", "RED") == 1
    assert selected(stores, "likes", "containsAny", ["TEA"]) == 1
    assert selected(stores, "renews", "inTheNext", {"last": {"months": 2}}) == 1


def test_attributes_may_be_given_by_name_under_their_own_key(stores: Stores):
    assert accept(stores, {"email": EMAIL, "attributes": {"Colour": "red", "empty": None}}) == ()
    assert accept(stores, {"email": EMAIL, "colour": "blue"}, now=NOW + timedelta(seconds=1)) == ()
    work(stores)
    assert own(stores) == {"Colour": "blue"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"attributes": ["red"]}, "attributes", "not_an_object"),
        ({"attributes": {"city": "Pune"}}, "city", "taken"),
        ({"attributes": {"address": {"street": "x"}}}, "address", "not_a_value"),
        ({"attributes": {"x" * 70: 1}}, "x" * 60, "bad_name"),
        ({"attributes": {"\u0000": 1}}, "\u0000", "bad_name"),
        ({"size": "large"}, "size", "not_a_number"),
        ({"size": [1]}, "size", "not_a_number"),
        ({"size": 1e300}, "size", "too_large"),
        ({"colour": "x" * 501}, "colour", "too_long"),
    ],
)
def test_what_is_no_attribute_is_refused_with_its_field(
    stores: Stores, given: dict[str, Any], field: str, code: str
):
    accept(stores, {"email": "first@x.example", "size": 5, "colour": "red"})
    refused = accept(stores, {"email": EMAIL, **given})
    assert [(one.row, one.field, one.code) for one in refused] == [(1, field, code)]


def test_a_value_of_another_type_than_its_attribute_refuses_the_record_and_says_why(stores: Stores):
    accept(stores, {"email": "first@x.example", "size": 5})
    (refused,) = accept(stores, {"email": EMAIL, "size": "large"})
    assert refused.reason == "“large” is not a number (this attribute holds numbers)"
    assert accept(stores, {"email": EMAIL, "size": "5.5"}) == ()  # a text that is a number is one
    work(stores)
    assert own(stores) == {"size": 5.5}


def test_names_that_would_do_harm_as_keys_are_stored_under_ours(stores: Stores):
    names = ["$where", "a.b", "__proto__", "<b>x</b>", "😀", "=cmd|' /C calc'!A0"]
    assert accept(stores, {"email": EMAIL, "attributes": dict.fromkeys(names, "x")}) == ()
    work(stores)
    assert set(asha(stores)["attributes"]) == {f"a{number}" for number in range(1, 7)}
    assert all(selected(stores, name, "equals", "X") == 1 for name in names)


def test_our_own_answer_comes_back_without_new_attributes(stores: Stores, client):
    accept(stores, {"email": EMAIL, "colour": "red"})
    work(stores)
    answer = client("analyst").get(f"/api/customers/{asha(stores)['_id']}").json()
    assert answer["attributes"] == {"colour": "red"}
    assert accept(stores, answer) == ()
    assert list(attributes.fields(stores)) == ["colour"]


def test_the_same_again_changes_nothing_and_a_new_value_leaves_the_others(stores: Stores):
    record = {"email": EMAIL, "colour": "red", "size": 5}
    accept(stores, record)
    work(stores)
    before = asha(stores)
    accept(stores, record, now=NOW + timedelta(seconds=1))
    work(stores)
    assert {**asha(stores), "version": 0} == {**before, "version": 0}
    accept(stores, {"email": EMAIL, "size": 6}, now=NOW + timedelta(seconds=2))
    accept(stores, {"email": EMAIL, "size": 1, "likes": "tea"}, now=NOW - timedelta(seconds=9))  # late
    work(stores)
    assert own(stores) == {"colour": "red", "size": 6, "likes": "tea"}
    assert asha(stores)["folded"] == {"email": EMAIL, "a1": "red", "a3": "tea"}


def started(stores: Stores, content: str, *, confirm: bool = False) -> str:
    return ingest.start_import(
        stores, io.BytesIO(content.encode()), kind=None, filename="shop.csv", account_id="a", now=utc_now(),
        confirm=confirm,
    )  # fmt: skip


def came_to(stores: Stores, import_id: str, state: str) -> Document:
    """The import once a worker has brought it to this state."""
    with working(stores, (*roles.KINDS["imports"], *roles.KINDS["ingest"])):
        until(lambda: ingest.import_status(stores, import_id)["state"] == state)
    return ingest.import_status(stores, import_id)


def imported(stores: Stores, content: str) -> Document:
    return came_to(stores, started(stores, content), "finished")


def test_a_dry_run_counts_new_attributes_and_makes_none(stores: Stores):
    accept(stores, {"email": EMAIL})
    work(stores)
    import_id = started(stores, f"email,colour\n{EMAIL},red\n", confirm=True)
    asking = came_to(stores, import_id, "asking")
    assert asking["counts"]["updated"] == 1
    assert asking["notes"] == ["New custom attribute: “colour” (text)."]
    assert attributes.fields(stores) == {}
    imports.confirm_import(stores, import_id, now=utc_now())
    assert came_to(stores, import_id, "finished")["counts"]["updated"] == 1
    assert own(stores) == {"colour": "red"}


def test_unknown_columns_of_a_file_become_attributes_of_the_type_all_its_rows_suggest(stores: Stores):
    content = (
        f"email,$where,shoe.size,renews,level\n{EMAIL},Red,42,2026-03-01,1\nb@x.example,Blue,n/a,,gold\n"
    )
    status = imported(stores, content)
    assert status["message"] == "2 customers: 2 created."
    assert status["notes"] == [
        "New custom attributes: “$where” (text), “shoe.size” (number), “renews” (date), “level” (text)."
    ]
    assert own(stores) == {
        "$where": "Red", "shoe.size": 42, "renews": datetime(2026, 3, 1, tzinfo=UTC), "level": "1",
    }  # fmt: skip
    assert selected(stores, "shoe.size", "isNotSet", None) == 1
    again = imported(stores, content)
    assert again["message"] == "Nothing changed: all 2 customers were already there as in this file."
    assert again["notes"] == []


def test_a_row_whose_value_is_not_of_its_attribute_is_refused_by_name(stores: Stores):
    accept(stores, {"email": EMAIL, "size": 5})
    work(stores)
    status = imported(stores, f"email,Size\n{EMAIL},6\nb@x.example,large\n")
    assert [(one["row"], one["field"], one["code"]) for one in status["rejections"]] == [
        (2, "size", "not_a_number")
    ]
    assert own(stores) == {"size": 6}


def test_columns_beyond_the_most_attributes_are_left_out_and_named(stores: Stores):
    attributes.discover(
        stores, [Found(f"n{number}", FieldType.TEXT) for number in range(attributes.MOST)], now=NOW
    )
    content = f"email,n1,one more\n{EMAIL},x,y\n"
    tried = came_to(stores, started(stores, content, confirm=True), "asking")
    status = imported(stores, content)
    assert own(stores) == {"n1": "x"}
    assert (
        status["notes"]
        == tried["notes"]
        == [
            "The column “one more” can't be a new attribute and will be left out: there are 200 attributes "
            "already, and an administrator can remove those that nobody needs."
        ]
    )
