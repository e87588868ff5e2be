"""Searching customers gives the same with a snapshot and without one, and knows what came since."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm import customer_search, directory, snapshot
from crm.fields import folded_document
from crm.settings import settings
from crm.snapshot import Keeper
from crm.stores import directory as store
from crm.stores.connection import Document, Stores, new_id

ASKED = ("meera", "@a.example", "+91 98", "x-1", ".*", "nobody", "e", "a\0b", "x" * 40_000)


def person(name: str, number: int) -> Document:
    given = {
        "name": name,
        "email": f"{name}{number}@{'ab'[number % 2]}.example".replace(" ", ""),
        "phone": f"+91 9{number:03d}",
        "externalId": f"X-{number}",
    }
    return {"_id": new_id(), **given, "totalSpent": 0.0, "folded": folded_document(given)}


@pytest.fixture
def shop(stores: Stores, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stores]:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    names = ("Meera Rao", "Amit Shah", "Meera Iyer", "Zoë Å.*")
    stores.db.customers.insert_many([person(names[number % 4], number) for number in range(60)])
    yield stores
    settings.cache_clear()


def keep(shop: Stores) -> None:
    """Write the snapshot, in several parts."""
    Keeper(shop, snapshot.shelf_of(settings()), at_once=25).rebuild()


def names(shop: Stores, asked: str, size: int = 7) -> list[str]:
    """Everybody who is found, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = directory.customers(shop, search=asked, limit=size, cursor=cursor)
        found += [one["name"] + one["phone"] for one in page.items]
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: ascii(asked)[:12])
def test_a_search_finds_alike_with_a_snapshot(shop: Stores, asked: str):
    without = names(shop, asked)
    keep(shop)
    assert names(shop, asked) == without


def test_who_came_left_or_was_renamed_since_is_found_as_he_is(shop: Stores):
    keep(shop)
    newest = shop.db.customers.find_one({"name": "Meera Iyer"}, sort=[("_id", -1)])
    assert newest is not None
    shop.db.customers.update_one(
        {"_id": newest["_id"]}, {"$set": {"name": "Asha", "folded.name": "asha", "folded.email": "asha"}}
    )
    shop.db.customers.delete_one({"name": "Meera Rao"})
    shop.db.customers.insert_one(person("Meera New", 77))
    found = names(shop, "meera")
    assert found[0] == "Meera New+91 9077"
    assert len(found) == 30 - 2 + 1


def test_a_snapshot_leaves_next_to_nobody_to_look_at(shop: Stores, monkeypatch: pytest.MonkeyPatch):
    keep(shop)
    asked: list[dict[str, object]] = []
    real = store.customers
    monkeypatch.setattr(store, "customers", lambda *one, **more: asked.append(more) or real(*one, **more))
    customer_search.found(shop, "meera", before=None, limit=5)
    assert [("among" in one, "since" in one) for one in asked] == [(True, False), (False, True)]
