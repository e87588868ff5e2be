"""Customers, orders, products and files by REST, taken in by a worker."""

import pytest

from crm.stores import streams
from tests.integration.working import working
from tests.waiting import until
from workers import roles

CUSTOMERS = [
    {"externalId": "C1", "name": "Asha", "email": "Asha@Shop.example", "city": "Pune", "tags": ["vip"]},
    {"email": "bo@shop.example"},
]
ORDER = {
    "orderReference": "R1",
    "customerEmail": "asha@shop.example",
    "products": [{"productId": "p1", "quantity": 2, "price": 50}],
    "totalAmount": 100,
    "createdAt": "2025-05-01T10:00:00Z",
}


@pytest.fixture
def worker(stores):
    with working(stores, [*roles.KINDS["imports"], *roles.KINDS["ingest"]]):
        yield


@pytest.fixture
def uploader(client):
    return client("uploader")


def asha(stores):
    return stores.db.customers.find_one({"folded.email": "asha@shop.example"})


def test_customers_and_orders_end_as_one_record_with_exact_totals(stores, worker, uploader):
    answer = uploader.post("/api/customers/bulk", json=CUSTOMERS)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": []})
    until(lambda: asha(stores))
    placed = uploader.post("/api/orders", json=ORDER)
    assert placed.status_code == 202
    assert placed.json()["orderReference"] == "R1"
    found = until(lambda: (one := asha(stores)) and one["orderCount"] and one)
    assert (found["orderCount"], found["totalSpent"], found["name"]) == (1, 100, "Asha")


def test_a_repeated_reference_is_one_order(stores, worker, uploader):
    for _ in range(3):
        assert uploader.post("/api/orders", json=ORDER).status_code == 202
    uploader.post("/api/orders", json={**ORDER, "orderReference": "R2"})
    found = until(lambda: (one := asha(stores)) and one["orderCount"] == 2 and one)
    assert found["totalSpent"] == 200
    assert stores.db.orders.count_documents({}) == 2


@pytest.mark.parametrize(
    ("said", "known_as"),
    [
        ({"orderId": " A-7 "}, "A-7"),
        ({"Invoice number": 17}, "17"),
        ({"orderReference": 0}, "0"),
        ({"id": "x", "orderReference": "A-8"}, "A-8"),
    ],
)
def test_an_order_is_known_by_the_reference_that_it_gives_under_any_name(uploader, stores, said, known_as):
    order = {"customerEmail": "asha@x.example", "totalAmount": 5, **said}
    answers = [uploader.post("/api/orders", json=order).json()["orderReference"] for _ in range(2)]
    assert answers == [known_as] * 2
    record = last_published(stores)
    assert record["orderReference"] == known_as


def last_published(stores):
    """The record that was published last."""
    found = [
        entry
        for name in streams.ORDERS
        for entry in stores.redis.xrevrange(streams.key(stores, name), count=1)
    ]
    return streams.payload(max(found)[1])["records"][0]


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_an_order_with_a_blank_reference_gets_one_and_is_answered_with_it(uploader, stores, blank):
    order = {"customerEmail": "asha@x.example", "totalAmount": 5, "orderReference": blank}
    answer = uploader.post("/api/orders", json=order).json()
    assert answer["orderReference"] == last_published(stores)["orderReference"]


def test_refused_rows_are_named_and_the_others_taken(stores, worker, uploader):
    rows = [CUSTOMERS[1], {"name": "nobody"}, {"email": "no-address"}, 7]
    body = uploader.post("/api/customers/bulk", json=rows).json()
    assert body["accepted"] == 1
    assert [row["row"] for row in body["rejected"]] == [2, 3, 4]
    assert body["rejected"][1]["field"] == "email"
    until(lambda: stores.db.customers.count_documents({}) == 1)


def test_ndjson_is_taken_line_by_line(stores, worker, uploader):
    body = b'{"email": "a@x.example"}\nnot json\n\n{"email": "b@x.example"}\n'
    answer = uploader.post(
        "/api/customers/bulk", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.json()["accepted"] == 2
    assert [row["row"] for row in answer.json()["rejected"]] == [2]
    until(lambda: stores.db.customers.count_documents({}) == 2)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/customers", b"{"),
        ("/api/customers", b"[]"),
        ("/api/customers", b'{"name": "no key"}'),
        ("/api/customers/bulk", b"{}"),
        ("/api/orders", b'{"totalAmount": "many", "customerEmail": "a@x.example"}'),
        ("/api/orders", b'{"totalAmount": 5}'),
        ("/api/imports?kind=people", b"a,b"),
    ],
)
def test_a_bad_body_is_422_and_leaves_nothing(stores, uploader, path, body):
    answer = uploader.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}
    assert stores.db.customers.count_documents({}) == 0


def test_an_operator_in_a_record_is_data_or_refused(stores, worker, uploader):
    rows = [{"email": "a@x.example", "name": '{"$where": "1"}', "$where": "1", "a.b": 1}]
    uploader.post("/api/customers/bulk", json=rows)
    found = until(lambda: stores.db.customers.find_one({}))
    assert found["name"] == '{"$where": "1"}'
    assert not [name for name in found if "$" in name or "." in name]


def test_a_file_is_imported_twice_and_says_that_nothing_changed(stores, worker, uploader):
    content = b"name,email\nAsha,a@x.example\nBo,not-an-address\n"
    messages = []
    for _ in range(2):
        import_id = uploader.post("/api/imports?kind=customers&filename=c.csv", content=content).json()[
            "importId"
        ]
        done = until(lambda at=import_id: (one := status(uploader, at))["state"] == "finished" and one)
        messages.append(done["message"])
        assert done["counts"]["rejected"] == 1
        assert done["rejections"][0]["row"] == 2
    assert done["counts"]["unchanged"] == 1
    assert messages[0] != messages[1]
    refused = uploader.get(f"/api/imports/{import_id}/rejections.csv")
    assert refused.headers["content-type"].startswith("text/csv")
    assert "not-an-address" in refused.text


def status(caller, import_id):
    return caller.get(f"/api/imports/{import_id}").json()


def test_an_unknown_import_is_404(uploader):
    assert uploader.get("/api/imports/nope").status_code == 404
    assert uploader.get("/api/imports/nope/rejections.csv").status_code == 404
    assert uploader.post("/api/imports/nope/cancel").status_code == 404


def test_pages_of_customers_and_orders_end(stores, worker, client):
    uploader, analyst = client("uploader"), client("analyst")
    uploader.post("/api/customers/bulk", json=[{"email": f"p{n}@x.example"} for n in range(7)])
    until(lambda: stores.db.customers.count_documents({}) == 7)
    orders = [{**ORDER, "orderReference": f"R{n}", "customerEmail": "p1@x.example"} for n in range(5)]
    uploader.post("/api/orders/bulk", json=orders)
    until(lambda: stores.db.orders.count_documents({}) == 5)
    assert len(walk(analyst, "/api/customers?limit=3")) == 7
    assert len(walk(analyst, "/api/orders?limit=2")) == 5


def walk(caller, path):
    ids, cursor = [], ""
    while cursor is not None:
        page = caller.get(f"{path}&cursor={cursor}").json()
        ids += [item["_id"] for item in page["items"]]
        cursor = page["next"]
    assert len(set(ids)) == len(ids)
    return ids


def test_only_an_administrator_erases_a_customer(stores, worker, client):
    client("uploader").post("/api/customers", json=CUSTOMERS[0])
    customer_id = until(lambda: asha(stores))["_id"]
    assert client("marketer").delete(f"/api/customers/{customer_id}").status_code == 403
    administrator = client("administrator")
    assert administrator.delete(f"/api/customers/{customer_id}").status_code == 204
    assert administrator.get(f"/api/customers/{customer_id}").status_code == 404


def test_a_shopper_sees_and_places_only_his_own_orders(stores, worker, client):
    client("uploader").post("/api/orders", json=ORDER)
    until(lambda: stores.db.orders.find_one({"_id": "R1"}))
    shopper = client(None)
    registered = {"name": "Sam", "email": "sam@shop.example", "password": "a long enough password"}
    assert shopper.post("/api/auth/register", json=registered).status_code == 201
    token = shopper.post("/api/auth/login", json=registered).json()["token"]
    shopper.headers["Authorization"] = f"Bearer {token}"
    assert shopper.get("/api/orders").json()["items"] == []
    assert shopper.get("/api/orders/R1").status_code == 404
    mine = {"products": [{"productId": "p1", "quantity": 1, "price": 5}], "totalAmount": 5}
    answer = shopper.post("/api/orders", json={**mine, "customerEmail": "asha@shop.example"})
    assert answer.status_code == 202
    until(lambda: len(shopper.get("/api/orders").json()["items"]) == 1)
    refused = shopper.post("/api/orders", json={**mine, "orderId": "R1"})
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["error"]["fields"]] == ["orderReference"]
    his = shopper.get("/api/orders").json()["items"][0]["_id"]
    assert shopper.post("/api/orders", json={**mine, "totalAmount": 7, "orderReference": his}).is_success
    until(lambda: shopper.get(f"/api/orders/{his}").json()["total"] == 7)
    assert asha(stores)["orderCount"] == 1


@pytest.mark.parametrize(
    ("path", "record", "fields"),
    [
        (
            "customers",
            {"email": "x", "age": "old", "Date of birth": "31/02/1990", "totalSpent": -3, "city": "Pune"},
            ["email", "age", "birthDate", "totalSpent"],
        ),
        (
            "orders",
            {"customerEmail": "x", "totalAmount": -1, "createdAt": "03/04/2025", "status": "lost"},
            ["customerEmail", "total", "createdAt", "status"],
        ),
        ("orders", {"products": [{"quantity": 1}]}, ["products"]),
        ("orders", {"total": 5, "customerId": "9.19E+11"}, ["customerId"]),
        ("customers", {"age": "old"}, ["age", "email"]),
    ],
)
def test_a_refused_record_is_told_all_that_is_wrong_with_it(uploader, path, record, fields):
    answer = uploader.post(f"/api/{path}", json=record)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["error"]["fields"]] == fields
