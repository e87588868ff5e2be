"""Custom attributes: discovered from the data, known by one name, stored under a key of ours."""

import threading
from datetime import UTC, datetime

from crm import attributes, rulebook
from crm.attributes import MOST, Found
from crm.fields import FieldType
from crm.stores.connection import Stores

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def text(*names: str) -> list[Found]:
    return [Found(name, FieldType.TEXT) for name in names]


def test_a_new_attribute_is_a_field_that_rules_may_use(stores: Stores):
    attributes.discover(stores, [Found("favouriteColour", FieldType.TEXT, ("red",))], now=NOW)
    rule = rulebook.parse(
        stores, {"type": "condition", "field": "favouriteColour", "operator": "equals", "value": "red"}
    )
    assert (rule.field.type, rule.field.label) == (FieldType.TEXT, "favourite colour")


def test_writings_of_one_name_are_one_attribute_that_keeps_its_type(stores: Stores):
    attributes.discover(stores, [Found("Favourite Colour", FieldType.TEXT)], now=NOW)
    found = attributes.discover(
        stores,
        [Found("favourite_colour", FieldType.NUMBER), Found("FAVOURITECOLOUR", FieldType.DATE)],
        now=NOW,
    )
    assert list(found) == ["favouritecolour"]
    assert [(one.name, one.type) for one in attributes.fields(stores).values()] == [
        ("Favourite Colour", FieldType.TEXT)
    ]


def test_names_that_would_do_harm_as_keys_are_harmless_names(stores: Stores):
    names = ["$where", "a.b.c", "__proto__", "<script>alert(1)</script>", "😀👨‍👩‍👧", "=cmd|' /C calc'!A0"]
    found = attributes.discover(stores, text(*names), now=NOW)
    assert [field.name for field in found.values()] == names
    assert {field.path for field in found.values()} == {f"attributes.a{n}" for n in range(1, 7)}


def test_names_that_are_ours_or_no_text_are_no_attributes(stores: Stores):
    bad = ["totalSpent", "TOTAL SPENT", "_id", "bucket", "folded", "", "  ", "x" * 61, "a\x00b", "\u202egnp"]
    assert attributes.discover(stores, text(*bad), now=NOW) == {}
    assert attributes.fields(stores) == {}


def test_there_are_at_most_so_many(stores: Stores):
    found = attributes.discover(stores, text(*(f"n{number}" for number in range(MOST + 5))), now=NOW)
    assert len(found) == MOST
    assert attributes.discover(stores, text("n0", "one more"), now=NOW).keys() == {"n0"}


def test_two_that_discover_one_at_once_agree(stores: Stores):
    names = [f"n{number}" for number in range(20)]
    together = threading.Barrier(4)
    found: list[dict[str, str | None]] = []

    def discover(number: int) -> None:
        together.wait()
        mine = attributes.discover(stores, text(*names[number:], *names[:number]), now=NOW)
        found.append({name: field.key for name, field in mine.items()})

    threads = [threading.Thread(target=discover, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one == found[0] for one in found)
    assert len(set(found[0].values())) == len(names) == len(attributes.fields(stores))
