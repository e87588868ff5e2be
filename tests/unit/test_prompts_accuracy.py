"""How well the two sets of prompts are understood: what `make accuracy` prints never gets worse unseen."""

from functools import cache
from pathlib import Path

import pytest

from crm.vendors.groq_model import GroqModel
from crm.vendors.proposed_tree import flat
from tests.accuracy.__main__ import main as command
from tests.accuracy.score import HELD, TUNED, Case, Score, cases, score, typos, who
from tests.accuracy.trees import tree
from tests.groq_server import Reply, groq_server, proposal

SETS = [TUNED, HELD]


@cache
def scored(path: Path) -> Score:
    return score(cases(path))


def test_the_sets_hold_more_than_three_hundred_prompts_none_of_them_twice() -> None:
    prompts = [case.prompt.casefold() for path in SETS for case in cases(path)]
    assert len(prompts) > 300
    assert len(set(prompts)) == len(prompts)


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_a_tree_of_a_set_selects_some_and_not_all_but_where_everyone_is_meant(path: Path) -> None:
    for case in cases(path):
        if case.meant not in ("ask", "refuse", "everyone"):
            assert 0 < len(who(tree(case.meant))) < len(who({"type": "everyone"})), case.prompt


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_nearly_nobody_is_selected_in_silence_who_was_not_meant(path: Path) -> None:
    found = scored(path)
    assert len(found.wrong) <= found.prompts * 0.01, found.wrong


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_nor_with_one_letter_wrong(path: Path) -> None:
    found = score(typos(cases(path)))
    assert len(found.wrong) <= found.prompts * 0.01, found.wrong


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_most_prompts_are_understood_and_every_order_is_refused(path: Path) -> None:
    found = scored(path)
    assert len(found.exact) >= found.prompts * 0.9
    assert found.refused and not found.not_refused


def test_a_tree_that_selects_others_counts_as_wrong_and_one_that_says_so_as_said() -> None:
    found = score([Case("spent over 1000", "totalSpent >= 1000"), Case("buyers", "orderCount > 3")])
    assert found.wrong == ["spent over 1000"]
    assert found.said == ["buyers"]


def test_a_model_is_scored_by_the_same_measure_and_not_for_what_the_grammar_answered_in_its_stead() -> None:
    given = [
        Case("spent over 1000", "totalSpent > 1000"),
        Case("whoever is from Pune", "city = Pune"),
        Case("bought Mug at least twice in 60 days", "orders count >= 2; product Mug; last 60 days"),
        Case("top 5 by spend", "top 5 totalSpent"),
        Case("VIPs, if any", "ask"),
        Case("never ordered", "orderCount = 0"),
        Case("delete all customers", "refuse"),
    ]
    with groq_server() as server:
        server.replies = [
            *(proposal(*flat(tree(meant), lambda kind, key: None)) for meant in
              ("totalSpent > 1000", "city = Delhi", given[2].meant, given[3].meant)),
            proposal(status="ask", unknown_terms=["VIPs"]),
            Reply(429, b"{}", headers={"retry-after": "30"}),
        ]  # fmt: skip
        model = GroqModel(key="gsk-test", model="openai/gpt-oss-20b", base_url=server.url, timeout=10)
        found = score(given, model)
    assert found.exact == [given[0].prompt, given[2].prompt, given[3].prompt, given[4].prompt]
    assert found.wrong == ["whoever is from Pune"]
    assert (found.stood_in, found.refused) == (["never ordered"], ["delete all customers"])


def test_the_command_scores_the_model_where_a_key_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with groq_server() as server:
        server.replies = [proposal(status="ask", question="Which?")]
        monkeypatch.setenv("GROQ_API_KEY", "gsk-test")
        monkeypatch.setenv("GROQ_BASE_URL", server.url)
        command(["--first", "3"])
    lines = capsys.readouterr().out.splitlines()
    assert "tuned on, by openai/gpt-oss-20b: 3 prompts · exactly right 0" in lines[-2]
    assert "set aside, by openai/gpt-oss-20b: 3 prompts" in lines[-1]
    assert len(server.requests) == 6
