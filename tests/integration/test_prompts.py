"""Prompts over a shop's own data: its values, its count, its filter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from bson import json_util

from crm import attributes, library
from crm.asking import answer_query, known_values
from crm.attributes import Found
from crm.fields import FieldType, folded_document
from crm.settings import Settings
from crm.stores.connection import Stores
from tests.crowd import MARKETER, crowd
from tests.groq_server import Reply, groq_server, node, proposal

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    return Settings(time_zone="Asia/Kolkata")


def ask(stores: Stores, text: str, settings: Settings) -> dict[str, Any]:
    return answer_query(stores, text, now=NOW, zone=settings.zone, settings=settings)


def test_an_answer_has_the_rule_its_filter_its_sentence_and_the_exact_count(
    stores: Stores, settings: Settings
) -> None:
    crowd(stores, 3, city="Mumbai", orderCount=3, totalSpent=1500.0, lastOrdered=NOW - timedelta(days=30))
    crowd(stores, 2, city="Mumbai", orderCount=1, totalSpent=900.0, lastOrdered=NOW - timedelta(days=300))
    crowd(stores, 5, city="Pune", orderCount=3, totalSpent=10.0, lastOrdered=NOW - timedelta(days=10))
    crowd(stores, 7, city="Delhi")
    for prompt, count in (
        ("People who have ordered in 6 months and spent over ₹1000", 3),
        ("customers from Mumbai or Pune with at least 3 orders", 8),
        ("never ordered", 7),
        ("haven't ordered in 6 months", 9),
        ("everyone", 17),
    ):
        answer = ask(stores, prompt, settings)
        assert (answer["type"], answer["count"], answer["source"]) == ("segment", count, "grammar")
        assert answer["description"]
        found = json_util.loads(orjson.dumps(answer["query"]).decode())
        assert stores.collection("customers").count_documents(found) == count


def test_an_attribute_that_has_just_come_in_is_asked_by_its_name(stores: Stores, settings: Settings) -> None:
    crowd(stores, 3)
    assert ask(stores, "favourite colour is dark red", settings)["type"] == "clarify"
    (field,) = attributes.discover(stores, [Found("favouriteColour", FieldType.TEXT)], now=NOW).values()
    person = {"_id": "x", "attributes": {field.key: "Dark Red"}}
    stores.db.customers.insert_one({**person, "folded": folded_document(person, [field])})
    answer = ask(stores, "favourite colour is dark red", settings)
    assert (answer["count"], answer["description"]) == (1, "Customers who have the favourite colour Dark Red")
    assert json_util.loads(orjson.dumps(answer["query"]).decode())


def test_a_question_and_a_refusal_carry_no_rule(stores: Stores, settings: Settings) -> None:
    asked, refused = ask(stores, "spent 5k", settings), ask(stores, "delete all customers", settings)
    assert (asked["type"], refused["type"]) == ("clarify", "refused")
    assert "rules" not in asked and "rules" not in refused
    assert "spent 5k" in asked["message"]


def test_a_city_that_was_just_imported_is_known_at_once(stores: Stores, settings: Settings) -> None:
    assert ask(stores, "from Kochi", settings)["type"] == "clarify"
    crowd(stores, 2, city="Kochi", tags=["Onam sale"])
    assert ask(stores, "from kochi", settings)["count"] == 2
    assert ask(stores, "tagged onam sale", settings)["rules"]["conditions"][0]["value"] == ["Onam sale"]


def test_values_that_are_no_text_are_passed_over(stores: Stores) -> None:
    crowd(stores, 1, city="Pune", tags=["vip", 5, None, ""])
    stores.collection("customers").insert_one({"_id": "x", "city": {"$gt": ""}, "tags": "vip"})
    assert known_values(stores, newest=True).find("pune", "city") == "Pune"


def test_with_a_key_the_model_answers_and_without_its_server_the_grammar(stores: Stores) -> None:
    crowd(stores, 4, city="Pune")
    with groq_server() as server:
        settings = Settings(groq_api_key="gsk-test", groq_base_url=server.url, groq_timeout=5)
        server.replies = [proposal(node(1, None, field="city", operator="equals", values=["Pune"]))]
        answer = ask(stores, "los de Pune", settings)
        assert (answer["source"], answer["count"]) == ("groq", 4)
        sent = orjson.dumps(server.requests).decode()
        assert "@shop.example" not in sent and "Person 0" not in sent
        server.replies = [Reply(status=401, body=b"{}")]
        fallen = ask(stores, "from Pune", settings)
        assert (fallen["source"], fallen["count"]) == ("grammar", 4)
        assert "refused the key" in fallen["notice"]


def test_a_count_can_come_from_elsewhere(stores: Stores, settings: Settings) -> None:
    answer = answer_query(
        stores, "everyone", now=NOW, zone=settings.zone, settings=settings, count=lambda rule: 42
    )
    assert answer["count"] == 42


def test_a_model_names_segments_lists_and_campaigns_as_people_do(
    stores: Stores, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(stores, 3, city="Pune")
    crowd(stores, 2, city="Delhi")
    pune = {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}
    kept = library.save(stores, name="From Pune", rules=pune, account=MARKETER, now=NOW, zone=UTC)
    with groq_server() as server:
        server.replies = [
            proposal(node(7, None, "NOT"), node(8, 7, "segment", name="from pune", inside=True))
        ]
        monkeypatch.setenv("GROQ_API_KEY", "gsk-test")
        monkeypatch.setenv("GROQ_BASE_URL", server.url)
        answer = ask(stores, "not in From Pune", Settings())
        server.replies = [proposal(node(1, None, "list", name="Friends", inside=False))]
        asked = ask(stores, "not on Friends", Settings())
    assert answer["count"] == 2
    assert answer["rules"]["conditions"] == [
        {"id": 2, "type": "segment", "segmentId": kept["_id"], "in": True}
    ]
    assert asked["type"] == "clarify" and "list Friends" in asked["message"]


def test_no_customer_and_no_value_of_a_customer_is_sent_to_the_model(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(stores, 1, name="Asha Secretwala", email="asha@private.test", city="Hiddenpur",
          phone="+919999900000", tags=["hush"])  # fmt: skip
    with groq_server() as server:
        wrong = node(1, None, field="age", operator="between", values=["9", "1"])
        server.replies = [proposal(wrong), proposal(node(1, None, field="email", operator="isSet"))]
        monkeypatch.setenv("GROQ_API_KEY", "gsk-test")
        monkeypatch.setenv("GROQ_BASE_URL", server.url)
        assert ask(stores, "customers with an e-mail", Settings())["source"] == "groq"
        sent = orjson.dumps(server.requests).decode().casefold()
    assert len(server.requests) == 2
    for secret in ("secretwala", "private.test", "hiddenpur", "9999900000", "hush"):
        assert secret not in sent


def test_a_segment_that_was_just_saved_is_known_by_its_name(stores: Stores, settings: Settings) -> None:
    crowd(stores, 2, city="Pune")
    crowd(stores, 3, city="Delhi")
    assert ask(stores, "in segment Monsoon folk", settings)["type"] == "clarify"
    rules = {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}
    library.save(stores, name="Monsoon folk", rules=rules, account=MARKETER, now=NOW, zone=UTC)
    counts = [
        ask(stores, text, settings)["count"] for text in ("Monsoon folk", "not in segment Monsoon folk")
    ]
    assert counts == [2, 3]
