"""An import's life by the API: tried, confirmed, corrected, undone."""

from datetime import UTC, datetime

import orjson
import pytest

from crm import accounts, directory, imports, refused_files
from crm.auth import Account
from crm.moment import utc_now
from crm.stores import streams
from tests.integration.working import working
from tests.waiting import until
from workers import roles

ROLES = (*roles.KINDS["imports"], *roles.KINDS["ingest"])
FILE = b"name,email,age\nAsha,asha@x.example,30\nRavi,nobody,31\n"


@pytest.fixture
def uploader(client, stores):
    with working(stores, ROLES):
        yield client("uploader")


def uploaded(uploader, state, query=""):
    answer = uploader.post(f"/api/imports?filename=shop.csv{query}", content=FILE)
    assert answer.status_code == 202
    return wait(uploader, answer.json()["importId"], state)


def wait(uploader, import_id, state):
    def there():
        found = uploader.get(f"/api/imports/{import_id}").json()
        return found if found["state"] == state else None

    return until(there)


def test_a_file_is_tried_and_confirmed(uploader, stores):
    status = uploaded(uploader, "asking", "&confirm=true&existing=fill&totals=ignore")
    assert status["counts"] == {
        "read": 2, "accepted": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1,
    }  # fmt: skip
    assert (status["existing"], status["totals"], stores.db.customers.count_documents({})) == (
        "fill",
        "ignore",
        0,
    )
    assert uploader.post(f"/api/imports/{status['_id']}/confirm").status_code == 202
    done = wait(uploader, status["_id"], "finished")
    assert done["counts"] == status["counts"]
    assert {"rowsPerSecond", "secondsLeft"} <= done.keys()
    again = uploader.post(f"/api/imports/{status['_id']}/confirm")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_transition")


def test_refused_rows_are_listed_and_corrected(uploader, stores):
    path = f"/api/imports/{uploaded(uploader, 'finished')['_id']}"
    [listed] = uploader.get(f"{path}/rejections?field=email").json()["items"]
    assert (listed["row"], listed["values"][1]) == (2, {"column": "email", "value": "nobody"})
    answer = uploader.post(
        f"{path}/rejections", json={"rows": [{"row": 2, "values": {"email": "r@x.example"}}]}
    )
    assert answer.json()["results"][0]["accepted"] is True
    until(lambda: uploader.get(path).json()["counts"]["created"] == 2)
    assert uploader.get(f"{path}/rejections").json()["items"] == []
    assert uploader.post(f"{path}/rejections", json={"rows": []}).status_code == 422


def test_an_import_is_undone_after_a_look_at_what_that_means(uploader, stores):
    path = f"/api/imports/{uploaded(uploader, 'finished')['_id']}"
    assert uploader.get(f"{path}/undo").json() == {"removed": 1, "restored": 0, "kept": 0}
    assert uploader.post("/api/customers", json={"email": "asha@x.example", "name": "A"}).status_code == 202
    until(lambda: streams.backlog(stores, streams.CUSTOMERS) == 0)
    assert uploader.post(f"{path}/undo").status_code == 202
    until(lambda: uploader.get(path).json()["state"] == "undone")
    [kept] = uploader.get(f"{path}/kept").json()["items"]
    assert (kept["kind"], kept["label"], kept["reason"]) == ("customers", "A", "it was changed since")
    assert uploader.post(f"{path}/undo").status_code == 409


@pytest.mark.parametrize("query", ["existing=replace", "totals=double", "kind=orders&existing=skip"])
def test_choices_that_there_are_not_are_refused(client, query):
    assert client("uploader").post(f"/api/imports?{query}", content=FILE).status_code == 422


SHOP = b"Kontakt;Seit;Umsatz;Farbe;Notiz\na@x.example;03/04/2025 00:00;1.234;rot;x\n"
SAID = {
    "Kontakt": "email",
    "Seit": {"field": "accountCreated", "dates": "mdy", "zone": "Asia/Kolkata"},
    "Umsatz": {"field": "totalSpent", "decimal": ","},
    "Farbe": {"field": "attributes.Lieblingsfarbe", "attribute": "tags"},
    "Notiz": None,
}


def test_what_is_said_of_columns_is_how_they_are_read(uploader, stores):
    params = {"kind": "customers", "delimiter": ";", "columns": orjson.dumps(SAID).decode()}
    answer = uploader.post("/api/imports", content=SHOP, params=params)
    assert answer.status_code == 202
    status = wait(uploader, answer.json()["importId"], "finished")
    assert [one["field"] for one in status["mapping"]] == [
        "email", "accountCreated", "totalSpent", "attributes.Lieblingsfarbe", None,
    ]  # fmt: skip
    [customer] = directory.customers(stores).items
    assert (customer["totalSpent"], customer["attributes"]) == (1234, {"Lieblingsfarbe": ["rot"]})
    assert customer["accountCreated"] == datetime(2025, 3, 3, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "customers", "columns": "{"}, "columns"),
        ({"kind": "customers", "columns": "[1]"}, "columns"),
        ({"columns": '{"name": "city"}'}, "kind"),
        ({"kind": "customers", "columns": '{"Name": "city"}'}, "columns.Name"),
        ({"kind": "customers", "columns": '{"name": 1}'}, "columns.name"),
        ({"kind": "customers", "columns": '{"name": "total"}'}, "columns.name.field"),
        ({"kind": "customers", "columns": '{"name": {"field": 1}}'}, "columns.name.field"),
        ({"kind": "customers", "columns": '{"name": "attributes.email"}'}, "columns.name.field"),
        ({"kind": "customers", "columns": '{"name": "attributes."}'}, "columns.name.field"),
        ({"kind": "orders", "columns": '{"name": "attributes.x"}'}, "columns.name.field"),
        ({"kind": "customers", "columns": '{"name": "city", "age": "city"}'}, "columns.age.field"),
        ({"kind": "customers", "columns": '{"name": {"attribute": "text"}}'}, "columns.name.attribute"),
        ({"kind": "customers", "columns": '{"age": {"dates": "dmy"}}'}, "columns.age.dates"),
        ({"kind": "customers", "columns": '{"age": {"zone": "Moon"}}'}, "columns.age.zone"),
        ({"kind": "customers", "columns": '{"name": {"decimal": ","}}'}, "columns.name.decimal"),
        ({"kind": "customers", "columns": '{"age": {"decimal": ";"}}'}, "columns.age.decimal"),
        ({"kind": "customers", "columns": '{"age": {"$where": "1"}}'}, "columns.age.$where"),
        ({"encoding": "rot13"}, "encoding"),
        ({"delimiter": '"'}, "delimiter"),
        ({"sheet": "More"}, "sheet"),
    ],
)
def test_what_does_not_fit_the_file_is_refused_at_its_field(client, stores, said, field):
    answer = client("uploader").post("/api/imports", content=FILE, params=said)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["error"]["fields"]] == [field]
    assert stores.db.imports.count_documents({}) == 0


def test_a_body_that_says_it_is_no_table_is_415(client):
    caller = client("uploader")
    for content_type in ("multipart/form-data; boundary=x", "image/png", "application/pdf"):
        answer = caller.post("/api/imports", content=FILE, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
        assert "send the file itself" in answer.json()["error"]["message"]


def test_a_file_is_taken_as_whatever_program_sends_it(uploader):
    for content_type in ("text/csv", "application/octet-stream", "application/x-www-form-urlencoded"):
        answer = uploader.post("/api/imports", content=FILE, headers={"Content-Type": content_type})
        assert answer.status_code == 202


def test_the_customers_that_an_import_made_are_found_page_by_page(uploader, stores):
    uploaded(uploader, "finished")  # Asha, whom the next one only changes
    rows = "".join(f"Person {number},p{number}@x.example\n" for number in range(5))
    answer = uploader.post("/api/imports?kind=customers", content=f"name,email\n{rows}Asha,asha@x.example\n")
    made = wait(uploader, answer.json()["importId"], "finished")
    first = directory.customers(stores, import_id=made["_id"], limit=3)
    rest = directory.customers(stores, import_id=made["_id"], limit=3, cursor=first.next)
    found = [one["email"] for page in (first, rest) for one in page.items]
    assert sorted(found) == [f"p{number}@x.example" for number in range(5)]
    assert rest.next is None


def test_customers_of_other_times_than_an_import_are_not_looked_at(uploader, stores):
    made = uploaded(uploader, "finished")
    for at in (f"{1_000_000_000:08x}{0:016x}", "f" * 24):  # before it, and after it
        other = {"_id": at, "importId": made["_id"], "folded": {}}
        stores.db.customers.insert_one(other)  # nobody makes one so; it shows where is looked
    found = directory.customers(stores, import_id=made["_id"]).items
    assert [one["email"] for one in found] == ["asha@x.example"]


def test_the_customers_of_an_import_from_before_their_places_were_kept_are_found(uploader, stores):
    made = uploaded(uploader, "finished")
    stores.db.importBatches.update_many({}, {"$unset": {"made": ""}})
    found = directory.customers(stores, import_id=made["_id"]).items
    assert [one["email"] for one in found] == ["asha@x.example"]


def test_customers_that_an_import_made_at_several_times_are_each_found_once(uploader, stores):
    made = uploaded(uploader, "finished")
    path = f"/api/imports/{made['_id']}"
    for number in range(3):
        uploaded(uploader, "finished")
        rows = "".join(f"P,p{number}x{one}@x.example\n" for one in range(2))
        answer = uploader.post("/api/imports?kind=customers", content=f"name,email\n{rows}")
        wait(uploader, answer.json()["importId"], "finished")
    corrected = {"rows": [{"row": 2, "values": {"email": "r@x.example"}}]}
    assert uploader.post(f"{path}/rejections", json=corrected).status_code == 202
    until(lambda: uploader.get(path).json()["counts"]["created"] == 2)
    first = directory.customers(stores, import_id=made["_id"], limit=1)
    rest = directory.customers(stores, import_id=made["_id"], limit=1, cursor=first.next)
    assert [one["email"] for one in (*first.items, *rest.items)] == ["r@x.example", "asha@x.example"]


def test_a_file_sent_again_with_its_key_is_one_import(client, stores):
    caller, key = client("uploader"), {"Idempotency-Key": "shop-1"}
    first, again = (caller.post("/api/imports?kind=customers", content=FILE, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() and again.headers["Idempotency-Replayed"] == "true"
    assert stores.db.imports.count_documents({}) == 1
    for query, content in (("?kind=customers", FILE + b"x,x@x.example,1\n"), ("?kind=orders", FILE)):
        assert caller.post(f"/api/imports{query}", content=content, headers=key).status_code == 422
    assert stores.db.imports.count_documents({}) == 1


def test_no_file_is_taken_while_too_many_wait(client, stores, monkeypatch):
    monkeypatch.setattr(imports, "MOST_WAITING", 2)
    caller = client("uploader")
    for _ in range(2):
        assert caller.post("/api/imports", content=FILE).status_code == 202
    full = caller.post("/api/imports", content=FILE)
    assert (full.status_code, full.json()["error"]["code"]) == (429, "too_busy")
    assert int(full.headers["Retry-After"]) > 0
    assert stores.db.imports.count_documents({}) == 2


def test_refused_rows_are_downloaded_by_a_ticket_that_ends_with_the_role(uploader, client, stores):
    made = uploaded(uploader, "finished")
    account = accounts.create_account(
        stores, email="u@crm.example", name="U", role="uploader", password="a long enough password", by=None,
        now=utc_now(),
    )  # fmt: skip
    link = f"/api/exports/refused/{refused_files.offer(stores, account, made['_id'])}"
    answer = client(None).get(link)
    assert (answer.status_code, answer.text.count("Ravi")) == (200, 1)
    assert answer.text == uploader.get(f"/api/imports/{made['_id']}/rejections.csv").text
    administrator = Account("x" * 24, "", "", "administrator")
    accounts.change_role(stores, account.id, "analyst", by=administrator, now=utc_now())
    assert client(None).get(link).status_code == 403


def test_a_correction_of_a_row_that_is_not_refused_says_so_and_the_others_are_taken(uploader):
    import_id = uploaded(uploader, "finished")["_id"]
    rows = [{"row": 99, "values": {"age": "3"}}, {"row": 2, "values": {"email": "ravi@x.example"}}]
    answer = uploader.post(f"/api/imports/{import_id}/rejections", json={"rows": rows})
    assert answer.status_code == 202
    assert [(one["row"], one["code"]) for one in answer.json()["results"]] == [
        (99, "not_refused"), (2, None),
    ]  # fmt: skip


def test_corrections_may_be_numbers_and_name_each_row_once(uploader):
    import_id = uploaded(uploader, "finished")["_id"]
    path = f"/api/imports/{import_id}/rejections"
    twice = [{"row": 2, "values": {"email": "ravi@x.example"}}] * 2
    answer = uploader.post(path, json={"rows": twice})
    assert (answer.status_code, answer.json()["error"]["fields"]) == (
        422, [{"field": "rows", "reason": "row 2 is there twice"}],
    )  # fmt: skip
    empty = uploader.post(path, json={"rows": [{"row": 2, "values": {"age": None}}]})
    assert [one["field"] for one in empty.json()["error"]["fields"]] == [
        "rows[0].values",
        "rows[0].values.age",
    ]
    huge = uploader.post(path, json={"rows": [{"row": 2, "values": {"age": 10**25}}]})
    assert [one["accepted"] for one in huge.json()["results"]] == [False]
    mended = uploader.post(
        path, json={"rows": [{"row": 2, "values": {"email": "ravi@x.example", "age": 31}}]}
    )
    assert [one["accepted"] for one in mended.json()["results"]] == [True]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("..%2F..%2Fshops%2Fmay.csv", "may.csv"), ("C:%5Cmay%0A%00.csv", "may.csv"), ("%2F", "upload.csv")],
)
def test_a_file_is_called_by_its_own_name_alone(client, given, kept):
    caller = client("uploader")
    import_id = caller.post(f"/api/imports?filename={given}", content=FILE).json()["importId"]
    assert caller.get(f"/api/imports/{import_id}").json()["filename"] == kept
