"""Prompts by the real groq SDK against a local server that speaks its protocol."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm.fields import FIELDS, Field, FieldType
from crm.prompts import Answer, Values, understand
from crm.vendors.groq_model import GroqModel
from crm.vendors.proposed_schema import answer as schema
from tests.groq_server import GroqServer, Reply, completion, groq_server, node, proposal
from tests.prompt_trees import VALUES, brief

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
PROMPT = "ordered in 6 months and spent over ₹1000"
BY_GRAMMAR = "(lastOrdered inTheLast 6 months AND totalSpent greaterThan 1000)"
CONDITION = node(1, None, field="totalSpent", operator="greaterThan", values=["5"])


@pytest.fixture
def server() -> Iterator[GroqServer]:
    with groq_server() as running:
        yield running


def ask(server: GroqServer, *replies: Reply, prompt: str = PROMPT, timeout: float = 10) -> Answer:
    server.replies = list(replies)
    model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=timeout)
    return understand(prompt, now=NOW, zone=ZoneInfo("Asia/Kolkata"), values=VALUES, model=model)


def assert_grammar(answer: Answer, reason: str) -> None:
    assert answer.source == "grammar"
    assert answer.rules and brief(answer.rules) == BY_GRAMMAR
    assert answer.notice and reason in answer.notice


def test_a_tree_of_flat_nodes_becomes_a_checked_rule(server: GroqServer) -> None:
    answer = ask(
        server,
        proposal(
            node(7, None, "AND"),
            node(3, 7, field="lastOrdered", operator="inTheLast", amount=6, unit="months"),
            node(4, 7, "NOT"),
            node(5, 4, field="city", operator="in", values=["Pune", "Mumbai"]),
            node(6, 4, field="totalSpent", operator="between", values=["1000", "2000.5"]),
            node(8, 7, field="email", operator="isSet"),
            node(9, 7, field="isInactive", operator="equals", values=["false"]),
            assumptions=["Both ends are included."],
        ),
    )
    assert answer.kind == "segment" and answer.source == "groq" and answer.notice is None
    assert answer.rules and brief(answer.rules) == (
        "(lastOrdered inTheLast 6 months AND NOT(city in Pune/Mumbai, totalSpent between 1000/2000.5) "
        "AND email isSet AND isInactive equals false)"
    )
    assert answer.assumptions == ("Both ends are included.",)


def test_the_model_is_told_fields_date_zone_and_currency_and_nothing_of_the_data(server: GroqServer) -> None:
    ask(server, proposal(CONDITION))
    (request,) = server.requests
    system, user = (message["content"] for message in request["messages"])
    assert user == PROMPT
    assert "2026-11-23" in system and "Asia/Kolkata" in system and "INR" in system and "lastOrdered" in system
    assert not any(value in system for value in ("Mumbai", "wholesale", "Bengaluru"))
    assert request["response_format"]["json_schema"] == {
        "name": "segment",
        "strict": True,
        "schema": schema(FIELDS),
    }
    assert request["temperature"] == 0
    assert server.keys == ["Bearer gsk-test"]


def test_the_model_may_use_custom_attributes_by_their_names(server: GroqServer) -> None:
    name = 'colour\n- "evil'
    own = Field(name, FieldType.TEXT, "colour", key="a1")
    server.replies = [proposal(node(1, None, field=name, operator="equals", values=["red"]))]
    model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=10)
    answer = understand("red ones", now=NOW, zone=ZoneInfo("UTC"), values=Values.of({}, [own]), model=model)
    assert answer.rules and answer.rules["conditions"][0]["field"] == name
    (request,) = server.requests
    assert '\n- "colour\\n- \\"evil", text, "colour": equals' in request["messages"][0]["content"]


@pytest.mark.parametrize(
    ("wrong", "mistake"),
    [
        ([node(4, None, "AND"), node(9, 4, field="age", operator="between", values=["30", "20"])],
         "node 9: The first value must not be greater"),
        ([node(4, None, "top", n=0, by="age", direction="desc"), node(5, 4, "everyone")],
         "node 4: Give a whole number of people"),
        ([node(4, None, "AND"), node(9, 8, "everyone")], "some nodes hang on no node"),
        (["$where"], "every node has an id"),
    ],
)  # fmt: skip
def test_a_rule_that_can_not_be_used_is_sent_back_once_with_the_mistake_at_its_node(
    server: GroqServer, wrong: list[Any], mistake: str
) -> None:
    told: list[str] = []
    server.replies = [proposal(*wrong), proposal(CONDITION)]
    model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=10)
    answer = understand(PROMPT, now=NOW, zone=ZoneInfo("UTC"), model=model, progress=told.append)
    assert answer.source == "groq" and answer.rules and brief(answer.rules) == "totalSpent greaterThan 5"
    first, second = server.requests
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "user"]
    assert second["messages"][:2] == first["messages"]
    assert mistake in second["messages"][3]["content"]
    assert told == ["Asking the model", "Its answer has a mistake; asking it to mend that"]


def test_a_rule_is_sent_back_no_more_than_once(server: GroqServer) -> None:
    assert_grammar(ask(server, proposal(node(1, None, "AND"))), "The group is empty")
    assert len(server.requests) == 2


def test_what_was_cut_off_or_is_too_long_is_not_sent_back(server: GroqServer) -> None:
    ask(server, completion("{", finish_reason="length"))
    ask(server, completion("x" * 200_000))
    assert len(server.requests) == 2


def test_the_rule_that_stands_there_goes_along_where_it_is_to_be_changed(server: GroqServer) -> None:
    current = {"id": 1, "type": "group", "operator": "AND", "conditions": [
        {"id": 2, "type": "condition", "field": "lastOrdered", "operator": "inTheLast",
         "value": {"last": {"days": 30}}}]}  # fmt: skip
    server.replies = [
        proposal(node(1, None, field="lastOrdered", operator="inTheLast", amount=90, unit="days"))
    ]
    model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=10)
    answer = understand(
        "stretch the window to 90 days", now=NOW, zone=ZoneInfo("UTC"), model=model, current=current
    )
    assert answer.rules and brief(answer.rules) == "lastOrdered inTheLast 90 days"
    asked = server.requests[0]["messages"][1]["content"]
    assert '{"id":2,"parent":1,"kind":"condition","field":"lastOrdered"' in asked
    assert asked.endswith("stretch the window to 90 days")


def test_a_rule_that_names_single_people_is_not_sent_along(server: GroqServer) -> None:
    one = {"id": 2, "type": "condition", "field": "email", "operator": "equals", "value": "asha@private.test"}
    current = {"id": 1, "type": "group", "operator": "AND", "conditions": [one]}
    server.replies = [proposal(CONDITION)]
    model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=10)
    for prompt in ("spent over 5", "only those who blorf"):
        understand(prompt, now=NOW, zone=ZoneInfo("UTC"), values=VALUES, model=model, current=current)
    assert "private.test" not in json.dumps(server.requests)


def test_goods_that_nobody_bought_are_pointed_out(server: GroqServer) -> None:
    bought = node(
        1, None, "behaviour", measure="count", operator="greaterThanOrEqual", values=["2"],
        where=[{"field": "product", "operator": "in", "values": ["Mug", "Sofa"]}],
        within={"time": "last", "amount": 60, "unit": "days"},
    )  # fmt: skip
    answer = ask(server, proposal(bought))
    assert answer.rules and brief(answer.rules) == ("count greaterThanOrEqual 2 product in Mug/Sofa 60 days")
    assert len(answer.assumptions) == 1 and "Sofa" in answer.assumptions[0]


def test_a_segment_that_nobody_knows_is_asked_about(server: GroqServer) -> None:
    answer = ask(server, proposal(node(1, None, "segment", name="Whales", inside=True)))
    assert answer.kind == "clarify" and answer.unknown == ("segment Whales",)
    assert len(server.requests) == 1


def test_what_the_model_can_not_place_is_asked(server: GroqServer) -> None:
    answer = ask(server, proposal(status="ask", unknown_terms=["whales"], question="How much is much?"))
    assert answer.kind == "clarify" and answer.source == "groq"
    assert "whales" in answer.message and "How much is much?" in answer.message
    assert answer.unknown == ("whales",)


def test_a_tree_with_unknown_terms_is_no_tree(server: GroqServer) -> None:
    answer = ask(server, proposal(CONDITION, unknown_terms=["whales"]))
    assert answer.kind == "clarify" and answer.rules is None


def test_everyone_is_not_taken_from_a_model_unless_it_was_said(server: GroqServer) -> None:
    assert ask(server, proposal(node(1, None, "everyone"))).kind == "clarify"
    hidden = (node(1, None, "OR"), node(2, 1, field="city", operator="equals", values=["Pune"]))
    assert ask(server, proposal(*hidden, node(3, 1, "everyone"))).kind == "clarify"
    assert ask(server, proposal(node(1, None, "everyone")), prompt="all customers").kind == "segment"


def test_values_that_nobody_has_are_pointed_out(server: GroqServer) -> None:
    tagged = node(1, None, field="tags", operator="containsAny", values=["vip", "platinum"])
    answer = ask(server, proposal(tagged))
    assert answer.kind == "segment"
    assert len(answer.assumptions) == 1 and "platinum" in answer.assumptions[0]


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [node(1, None, "AND")],
        [node(1, None, field="totalSpent", operator="greaterThan")],
        [node(1, None, field="password", operator="equals", values=["x"])],
        [node(1, None, field="$where", operator="equals", values=["sleep(1000)"])],
        [node(1, None, field="totalSpent", operator="$gt", values=["1"])],
        [node(1, None, field="totalSpent", operator="greaterThan", values=["1000; drop"])],
        [node(1, None, field="lastOrdered", operator="inTheLast", amount=-6, unit="months")],
        [node(1, None, field="lastOrdered", operator="inTheLast", amount=6, unit="fortnights")],
        [CONDITION, {**CONDITION, "id": 2}],
        [CONDITION, CONDITION],
        [node(1, None, "AND"), node(2, 9, field="email", operator="isSet")],
        [node(1, None, "AND"), node(2, 3, "AND"), node(3, 2, "OR"), CONDITION | {"id": 4, "parent": 1}],
        [CONDITION, node(2, 1, field="email", operator="isSet")],
        [{"id": "1", "parent": None}],
        ["$where"],
        [node(number, number - 1 or None, "AND") for number in range(1, 150)],
        [node(1, None, "AND"), *(node(2 + at, 1, field="email", operator="isSet") for at in range(5000))],
        [node(1, None, "$where")],
        [node(1, None, "top", n=5, by="totalSpent", direction="desc")],
        [node(1, None, "top", n=5, by="name", direction="desc"), node(2, 1, "everyone")],
        [node(1, None, "behaviour", measure="count", operator="equals", values=["1"], where=[], within=None)],
        [node(1, None, "behaviour", measure="$sum", operator="equals", values=["1"], where=[{"$where": "1"}],
              within={"time": "always"})],
        [node(1, None, "behaviour", measure="count", operator="equals", values=["1"], where="x", within={})],
        [node(1, None, "segment", name="", inside=True)],
        [node(1, None, "campaign", name=None, state="sent", variant="")],
    ],
)  # fmt: skip
def test_a_tree_that_is_none_falls_back_to_the_grammar(server: GroqServer, nodes: list[Any]) -> None:
    assert_grammar(ask(server, proposal(*nodes)), "can't be used")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "[]",
        "not json",
        '{"status": "ok"}',
        '{"$where": "1"}',
        '{"nodes": []}',
        "[" * 100_000,
        " " * 200_000,
    ],
)
def test_text_that_is_no_answer_falls_back(server: GroqServer, content: str) -> None:
    assert_grammar(ask(server, completion(content)), "can't be used")


def test_ten_megabytes_fall_back(server: GroqServer) -> None:
    assert_grammar(
        ask(server, completion('{"status": "ok", "x": "' + "y" * 10_000_000 + '"}')), "can't be used"
    )


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls"])
def test_an_answer_that_was_cut_off_falls_back(server: GroqServer, reason: str) -> None:
    whole = json.loads(proposal(CONDITION).body)["choices"][0]["message"]["content"]
    assert_grammar(ask(server, completion(whole, finish_reason=reason)), "can't be used")


def test_a_page_of_html_falls_back(server: GroqServer) -> None:
    page = Reply(body=b"<html>Sign in to the hotel's network</html>", content_type="text/html")
    assert_grammar(ask(server, page), "can't be used")


def test_json_that_is_cut_off_falls_back(server: GroqServer) -> None:
    whole = proposal(CONDITION).body
    assert_grammar(ask(server, Reply(body=whole[:80])), "can't be used")
    assert_grammar(ask(server, Reply(body=whole[:80], cut=True)), "")


def test_a_rate_limit_with_a_long_wait_falls_back_at_once(server: GroqServer) -> None:
    started = time.monotonic()
    limited = Reply(429, b'{"error": {"message": "slow down"}}', headers={"retry-after": "30"})
    assert_grammar(ask(server, limited), "rate limit")
    assert len(server.requests) == 1
    assert time.monotonic() - started < 5


def test_a_short_trouble_is_tried_once_more(server: GroqServer) -> None:
    busy = Reply(503, b'{"error": {"message": "busy"}}', headers={"retry-after": "0.01"})
    assert ask(server, busy, proposal(CONDITION)).source == "groq"
    assert len(server.requests) == 2
    assert_grammar(ask(server, busy), "503")
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "refused the key"), (404, "404"), (413, "413"), (498, "498")]
)
def test_other_errors_fall_back_without_another_try(server: GroqServer, status: int, reason: str) -> None:
    assert_grammar(ask(server, Reply(status, b'{"error": {"message": "no"}}')), reason)
    assert len(server.requests) == 1


def test_a_model_that_takes_no_schema_is_told_it_in_words_and_the_next_time_at_once(
    server: GroqServer,
) -> None:
    refused = Reply(
        400, b'{"error": {"message": "This model does not support response format `json_schema`"}}'
    )
    server.replies = [refused, proposal(CONDITION)]
    model = GroqModel(key="gsk-test", model="other", base_url=server.url, timeout=10)
    for _ in range(2):
        answer = understand(PROMPT, now=NOW, zone=ZoneInfo("UTC"), values=VALUES, model=model)
        assert answer.source == "groq"
    assert [request["response_format"]["type"] for request in server.requests] == [
        "json_schema", "json_object", "json_object"
    ]  # fmt: skip
    assert '"additionalProperties":false' in server.requests[2]["messages"][0]["content"]


def test_a_request_that_is_refused_either_way_falls_back_and_is_tried_with_the_schema_again(
    server: GroqServer,
) -> None:
    server.replies = [Reply(400, b"{}")]
    model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=10)
    for _ in range(2):
        answer = understand(PROMPT, now=NOW, zone=ZoneInfo("Asia/Kolkata"), values=VALUES, model=model)
        assert_grammar(answer, "400")
    assert [request["response_format"]["type"] for request in server.requests] == [
        "json_schema", "json_object", "json_schema", "json_object"
    ]  # fmt: skip


def test_a_server_that_does_not_answer_is_not_waited_for(server: GroqServer) -> None:
    started = time.monotonic()
    assert_grammar(ask(server, Reply(hold=True), timeout=0.2), "within 0.2 seconds")
    assert time.monotonic() - started < 5


def test_no_server_falls_back() -> None:
    with groq_server() as gone:
        pass
    assert_grammar(ask(gone, Reply()), "could not be reached")


def test_the_notice_stands_beside_a_question_too(server: GroqServer) -> None:
    answer = ask(server, Reply(500, b"{}"), prompt="who blorf")
    assert answer.kind == "clarify" and "blorf" in answer.message and answer.notice


@pytest.mark.parametrize("prompt", ["", "😀", "a" * 10_001, "delete all customers", '{"$where": 1}'])
def test_some_prompts_never_reach_the_model(server: GroqServer, prompt: str) -> None:
    assert ask(server, proposal(CONDITION), prompt=prompt).kind in ("clarify", "refused")
    assert server.requests == []


def test_a_base_url_may_end_with_the_path_that_the_sdk_adds(server: GroqServer) -> None:
    server.replies = [proposal(CONDITION)]
    model = GroqModel(key="k", model="other", base_url=f"{server.url}/openai/v1/", timeout=5)
    assert understand(PROMPT, now=NOW, zone=ZoneInfo("UTC"), model=model).source == "groq"
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is False
