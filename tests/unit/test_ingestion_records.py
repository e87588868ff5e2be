"""What a customer, an order and a product must be, under which names."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crm.ingestion import headers
from crm.ingestion.headers import CUSTOMERS, ORDERS, PRODUCTS
from crm.ingestion.records import Refusal, from_json


def refusal(kind: str, raw: Any) -> tuple[str | None, str]:
    with pytest.raises(Refusal) as refused:
        from_json(kind, raw)
    return refused.value.field, refused.value.code


def test_a_customer_has_what_was_given_and_nothing_else() -> None:
    raw = {"email": "asha@x.example", "City": "Pune", "phone": "", "age": None, "shoe size": 9}
    assert from_json(CUSTOMERS, raw) == {"email": "asha@x.example", "city": "Pune"}


def test_first_and_last_name_make_a_name() -> None:
    assert (
        from_json(CUSTOMERS, {"email": "a@b.de", "first name": "Asha", "Last_Name": "Rao"})["name"]
        == "Asha Rao"
    )
    assert from_json(CUSTOMERS, {"email": "a@b.de", "name": "Asha", "surname": "Rao"})["name"] == "Asha Rao"
    assert (
        from_json(CUSTOMERS, {"email": "a@b.de", "name": "Asha Rao", "surname": "Rao"})["name"] == "Asha Rao"
    )


def test_a_customer_needs_a_key() -> None:
    assert refusal(CUSTOMERS, {"name": "Asha"}) == ("email", "no_key")
    assert from_json(CUSTOMERS, {"externalId": 17}) == {"externalId": "17"}


def test_a_refusal_names_the_field() -> None:
    assert refusal(CUSTOMERS, {"email": "a@b.de", "age": "old"}) == ("age", "not_a_number")
    assert refusal(CUSTOMERS, {"email": "a@b.de", "name": {"$gt": ""}}) == ("name", "not_text")
    assert refusal(CUSTOMERS, ["a@b.de"]) == (None, "not_an_object")


def test_an_order_goes_by_the_names_of_the_api_and_by_others() -> None:
    wanted = {
        "orderReference": "A1",
        "customerEmail": "a@b.de",
        "total": 12.5,
        "createdAt": datetime(2025, 1, 2, tzinfo=UTC),
    }
    assert from_json(ORDERS, {"orderReference": "A1", "customerEmail": "a@b.de", "totalAmount": "12.50",
                              "createdAt": "2025-01-02"}) == wanted  # fmt: skip
    assert (
        from_json(ORDERS, {"Order ID": "A1", "email": "a@b.de", "Amount": 12.5, "date": "2025-01-02"})
        == wanted
    )


def test_a_total_follows_from_products_with_prices() -> None:
    products = [{"productId": "P1", "quantity": 2, "price": 10}, {"sku": "P2", "qty": 1, "amount": "2.50"}]
    order = from_json(ORDERS, {"customerEmail": "a@b.de", "products": products})
    assert order["total"] == 22.5
    assert order["products"][1] == {"productId": "P2", "quantity": 1, "price": 2.5}


def test_columns_of_one_product_are_a_line() -> None:
    order = from_json(ORDERS, {"email": "a@b.de", "product": "Mug", "quantity": "3", "unit price": "4"})
    assert order["products"] == [{"name": "Mug", "quantity": 3, "price": 4.0}]
    assert order["total"] == 12


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"total": -1}, "total", "negative"),
        ({"total": "free"}, "total", "not_a_number"),
        ({"total": None}, "total", "no_total"),
        ({"customerEmail": ""}, "customerEmail", "no_customer"),
        ({"products": "[{"}, "products", "invalid_products"),
        ({"products": [1]}, "products", "invalid_products"),
        ({"products": [{"quantity": 1}]}, "products", "invalid_products"),
        ({"products": [{"name": "Mug", "quantity": 0}]}, "products", "not_a_quantity"),
        ({"status": "lost"}, "status", "unknown_status"),
        ({"currency": "rupees"}, "currency", "unknown_currency"),
        ({"refunded": 99}, "refunded", "impossible"),
        ({"createdAt": "03/04/2025"}, "createdAt", "ambiguous_date"),
    ],
)
def test_a_bad_order_is_refused_at_its_field(change: dict[str, Any], field: str, code: str) -> None:
    order = {"orderReference": "A1", "customerEmail": "a@b.de", "total": 10}
    assert refusal(ORDERS, order | change) == (field, code)


def test_an_order_that_is_known_may_be_amended_without_its_total() -> None:
    assert from_json(ORDERS, {"orderReference": "A1", "status": "Canceled"}) == {
        "orderReference": "A1",
        "status": "cancelled",
    }


def test_an_order_of_nothing_counts() -> None:
    assert from_json(ORDERS, {"customerEmail": "a@b.de", "total": "0.00"})["total"] == 0


def test_a_product_needs_an_id() -> None:
    assert refusal(PRODUCTS, {"name": "Mug"}) == ("productId", "no_key")
    assert from_json(PRODUCTS, {"SKU": "P1", "name": "Mug", "price": "₹99"}) == {
        "productId": "P1",
        "name": "Mug",
        "price": 99.0,
    }


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (["name", "email", "accountCreated"], CUSTOMERS),
        (["Customer ID", "Full Name", "E-Mail", "Total Spent", "Orders"], CUSTOMERS),
        (["id", "name", "email", "last order"], CUSTOMERS),
        (["orderId", "customerEmail", "orderDate", "total", "currency", "products"], ORDERS),
        (["email", "date", "amount"], ORDERS),
        (["SKU", "Product name", "Price"], PRODUCTS),
        (["foo", "bar"], None),
    ],
)
def test_what_a_file_holds_is_guessed_from_its_headers(columns: list[str], kind: str | None) -> None:
    assert headers.guess_kind(columns) == kind


def test_of_two_columns_for_one_field_the_better_name_has_it() -> None:
    mapping = headers.understand(CUSTOMERS, ["id", "Customer ID", "E-mail", "notes", "$where", "a.b"])
    assert mapping.fields == (None, "externalId", "email", None, None, None)
    assert mapping.unknown == ("id", "notes", "$where", "a.b")


def test_our_own_id_is_not_taken_for_the_shops() -> None:
    assert headers.understand(CUSTOMERS, ["_id", "email"]).fields == (None, "email")


@pytest.mark.parametrize(
    ("columns", "own"),
    [
        (["email", *headers.OF_REFUSED], 1),
        (["email", *headers.OF_REFUSED, *headers.OF_REFUSED], 1),
        (["row", "email", *headers.OF_REFUSED], 2),
        ([*headers.OF_REFUSED], 4),
        ([*headers.OF_REFUSED, *headers.OF_REFUSED], 4),
        ([*headers.OF_REFUSED, "email"], 5),
        ([], 0),
    ],
)
def test_what_downloads_have_behind_a_file_is_none_of_its_columns(columns: list[str], own: int) -> None:
    assert headers.of_the_file(columns) == own
