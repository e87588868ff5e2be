"""What administrators do with custom attributes: another label, another type, removal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crm import attribute_care, attributes, audiences, campaigns, ingest, library, rulebook
from crm.auth import Account
from crm.errors import Conflict, InvalidInput, NotFound
from crm.fields import Field, FieldType
from crm.settings import settings
from crm.stores import streams
from crm.stores.connection import Stores

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
ADMIN = Account(id="a" * 24, email="ada@shop.example", name="Ada", role="administrator")
TEXT, NUMBER, DATE, YES_NO, TAGS = (
    FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN, FieldType.TAGS,
)  # fmt: skip


def given(stores: Stores, *values: Any) -> Field:
    """The attribute `size`, which customers have with these values."""
    ingest.accept_customers(
        stores, [{"email": f"p{number}@x.example", "size": one} for number, one in enumerate(values)], now=NOW
    )
    work(stores)
    return attributes.fields(stores)["size"]


def work(stores: Stores) -> None:
    key = streams.key(stores, streams.CUSTOMERS)
    for entry, fields in stores.redis.xrange(key):
        ingest.persist(stores, [streams.payload(fields)], now=NOW)
        stores.redis.xdel(key, entry)


def kept(stores: Stores, field: Field) -> list[Any]:
    found = stores.db.customers.find({field.path: {"$exists": True}}).sort("email", 1)
    return [one["attributes"][field.key] for one in found]


def asked(operator: str, value: Any) -> dict[str, Any]:
    return {"type": "condition", "field": "size", "operator": operator, "value": value}


def selected(stores: Stores, operator: str, value: Any) -> int:
    rule = rulebook.parse(stores, asked(operator, value))
    return audiences.count(stores, rule, now=NOW, zone=settings().zone)


def test_they_are_listed_with_how_many_have_them(stores: Stores):
    given(stores, 5, 6, None)
    [found] = attribute_care.listing(stores, now=NOW)
    assert (found.field.name, found.customers, found.first_seen, found.examples) == (
        "size",
        2,
        NOW,
        ("5", "6"),
    )


def test_another_label_is_shown_and_the_name_stays(stores: Stores):
    field = given(stores, 5)
    attribute_care.rename(stores, str(field.key), "Shoe size", account=ADMIN, now=NOW)
    assert attributes.fields(stores)["size"].label == "Shoe size"
    with pytest.raises(Conflict):
        attribute_care.rename(stores, str(field.key), "TOTAL spent", account=ADMIN, now=NOW)
    with pytest.raises(InvalidInput):
        attribute_care.rename(stores, str(field.key), "  ", account=ADMIN, now=NOW)
    with pytest.raises(NotFound):
        attribute_care.rename(stores, "a99", "Anything", account=ADMIN, now=NOW)


@pytest.mark.parametrize(
    ("values", "kind", "result"),
    [
        ([5, 6.5], TEXT, ["5", "6.5"]),
        (["5", "6,5 "], NUMBER, [5, 6.5]),
        (["5", "n/a"], NUMBER, [5]),
        (["yes", "no"], YES_NO, [True, False]),
        ([True, False], NUMBER, [1, 0]),
        ([1, 0], YES_NO, [True, False]),
        ([["a", "b"], ["c"]], TEXT, ["a; b", "c"]),
        (["a; b", "c"], TAGS, [["a", "b"], ["c"]]),
        (["2026-03-01T00:00:00Z"], TEXT, ["2026-03-01"]),
    ],
)
def test_another_type_converts_every_value(
    stores: Stores, values: list[Any], kind: FieldType, result: list[Any]
):
    before = given(stores, *values)
    after = attribute_care.retype(stores, str(before.key), kind, account=ADMIN, now=NOW)
    assert attributes.fields(stores) == {"size": after}
    assert (after.type, kept(stores, after), kept(stores, before)) == (kind, result, [])
    assert selected(stores, "isSet", None) == len(result)


def test_values_that_cant_be_converted_refuse_another_type_with_numbers(stores: Stores):
    field = given(stores, "5", "large", "6")
    with pytest.raises(Conflict, match=r"1 of 3 values can't be converted to number, such as “large”"):
        attribute_care.retype(stores, str(field.key), NUMBER, account=ADMIN, now=NOW)
    assert kept(stores, field) == ["5", "large", "6"]


def test_what_was_on_its_way_under_the_old_type_arrives_as_the_new_one(stores: Stores):
    field = given(stores, "5")
    ingest.accept_customers(stores, [{"email": "late@x.example", "size": "7"}], now=NOW)
    after = attribute_care.retype(stores, str(field.key), NUMBER, account=ADMIN, now=NOW)
    work(stores)
    assert sorted(kept(stores, after)) == [5, 7]


def test_a_change_that_was_cut_short_is_finished_later(stores: Stores):
    field = given(stores, "5")
    after = attribute_care.retype(stores, str(field.key), NUMBER, account=ADMIN, now=NOW)
    stores.db.customers.insert_one({"_id": "x", "attributes": {field.key: "8"}, "folded": {field.key: "8"}})
    attribute_care.finish(stores, now=NOW)
    assert sorted(kept(stores, after)) == [5, 8]
    assert stores.db.customers.find_one({"_id": "x"})["folded"] == {}


def test_an_attribute_that_nobody_asks_about_is_removed_with_its_values(stores: Stores):
    field = given(stores, "5")
    attribute_care.remove(stores, str(field.key), account=ADMIN, now=NOW)
    assert attributes.fields(stores) == {}
    assert kept(stores, field) == []
    assert given(stores, 9).key != field.key  # and never takes up the old values again


def test_a_segment_that_asks_about_it_keeps_it_and_its_type(stores: Stores):
    field = given(stores, 5)
    tree = {"type": "group", "operator": "NOT", "conditions": [asked("greaterThan", 3)]}
    library.save(stores, name="Large", rules=tree, account=ADMIN, now=NOW, zone=settings().zone)
    with pytest.raises(Conflict, match="Segments ask about it: “Large”"):
        attribute_care.remove(stores, str(field.key), account=ADMIN, now=NOW)
    with pytest.raises(Conflict, match="“Large”"):
        attribute_care.retype(stores, str(field.key), TEXT, account=ADMIN, now=NOW)


def test_a_campaign_that_has_not_ended_keeps_it(stores: Stores):
    field = given(stores, 5)
    everyone = library.save(
        stores, name="All", rules={"type": "everyone"}, account=ADMIN, now=NOW, zone=settings().zone
    )
    campaigns.launch_new(
        stores, name="Sizes", segment_id=everyone["_id"], template="Size {size|?}", account=ADMIN, now=NOW
    )
    with pytest.raises(Conflict, match="“Sizes”"):
        attribute_care.remove(stores, str(field.key), account=ADMIN, now=NOW)
    with pytest.raises(Conflict, match="“Sizes”"):
        attribute_care.retype(stores, str(field.key), TEXT, account=ADMIN, now=NOW)
