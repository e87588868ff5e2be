"""Stored lists, through the API."""

from crm import lists
from crm.auth import Account
from crm.stores import lists as store
from crm.stores.connection import Stores
from tests.crowd import NOW

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")


def test_a_list_is_kept_shown_and_removed(client, stores: Stores):
    marketer = client("marketer")
    text = "Asha <ASHA@x.example>\nasha@x.example\nb-77\nno, address"
    made = marketer.post("/api/lists", json={"name": " The  fair ", "text": text})
    assert made.status_code == 201
    made = made.json()
    assert (made["name"], made["entries"], made["duplicates"], made["unreadable"]) == ("The fair", 2, 1, 1)
    assert made["ignored"][0]["line"] == 4
    assert list(store.entries(stores, made["_id"])) == ["asha@x.example", "b-77"]
    assert [one["name"] for one in marketer.get("/api/lists").json()["items"]] == ["The fair"]
    assert marketer.get(f"/api/lists/{made['_id']}").json()["entries"] == 2
    assert marketer.delete(f"/api/lists/{made['_id']}").status_code == 204
    assert marketer.get(f"/api/lists/{made['_id']}").status_code == 404
    assert stores.collection("listEntries").count_documents({}) == 0


def test_a_file_is_a_list(client):
    headers = {"Content-Type": "text/csv"}
    made = client("marketer").post("/api/lists?name=File", content=b"email\na@x.example\n", headers=headers)
    assert (made.status_code, made.json()["entries"]) == (201, 1)


def test_what_is_no_list_is_refused_and_nothing_kept(client, stores: Stores):
    marketer = client("marketer")
    for body in (
        {"name": "", "text": "a"},
        {"name": "x", "text": " "},
        {"name": "x"},
        {"name": 5, "text": "a"},
        [],
    ):
        assert marketer.post("/api/lists", json=body).status_code == 422
    assert (
        marketer.post("/api/lists", content=b"{", headers={"Content-Type": "application/json"}).status_code
        == 422
    )
    assert stores.collection("lists").count_documents({}) == 0
    assert stores.collection("listEntries").count_documents({}) == 0


def test_a_name_is_used_once(client, stores: Stores):
    marketer = client("marketer")
    assert marketer.post("/api/lists", json={"name": "Fair", "text": "a"}).status_code == 201
    assert marketer.post("/api/lists", json={"name": "FAIR", "text": "b"}).status_code == 409
    assert stores.collection("listEntries").count_documents({}) == 1


def test_a_list_that_a_segment_asks_about_is_not_deleted(client, stores: Stores):
    marketer = client("marketer")
    made = marketer.post("/api/lists", json={"name": "Fair", "text": "a"}).json()["_id"]
    rules = {"type": "group", "operator": "NOT", "conditions": [{"type": "list", "listId": made, "in": True}]}
    stores.collection("segments").insert_one({"_id": "s", "name": "Not from the fair", "rules": rules})
    refused = marketer.delete(f"/api/lists/{made}")
    assert refused.status_code == 409
    assert "Not from the fair" in refused.json()["error"]["message"]
    assert lists.get(stores, made)["entries"] == 1


def test_a_list_grows_and_is_renamed(client, stores: Stores):
    made = lists.create(stores, name="Fair", text="a\nb", account=ANNA, now=NOW)
    grown = lists.add(stores, made["_id"], "b\nc", account=ANNA, now=NOW)
    assert (grown["entries"], grown["added"]) == (3, 1)
    assert lists.rename(stores, made["_id"], "Market", account=ANNA, now=NOW)["name"] == "Market"


def test_a_long_list_is_kept_whole(stores: Stores):
    text = "\n".join(f"person{number}@x.example" for number in range(30_000))
    made = lists.create(stores, name="Long", text=text, account=ANNA, now=NOW)
    assert made["entries"] == store.count_entries(stores, made["_id"]) == 30_000


def test_shoppers_have_no_lists(client):
    assert client("shopper").get("/api/lists").status_code == 403


def test_a_list_that_an_open_campaign_leaves_out_is_not_deleted(client, stores: Stores):
    marketer = client("marketer")
    made = marketer.post("/api/lists", json={"name": "Fair", "text": "a"}).json()["_id"]
    draft = {"_id": "c", "name": "May sale", "status": "draft", "exclude": {"lists": [made]}}
    stores.collection("campaigns").insert_one(draft)
    refused = marketer.delete(f"/api/lists/{made}")
    assert (refused.status_code, "May sale" in refused.json()["error"]["message"]) == (409, True)
    stores.collection("campaigns").update_one({"_id": "c"}, {"$set": {"status": "cancelled"}})
    assert marketer.delete(f"/api/lists/{made}").status_code == 204
