"""The prompts that an account asked: kept, searched, cleared, gone with the account."""

from datetime import UTC, datetime, timedelta

from crm import accounts, prompt_history
from crm.auth import Account

NOW = datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)
ASHA = Account("a" * 24, "a@shop.example", "Asha", "marketer")
BO = Account("b" * 24, "b@shop.example", "Bo", "analyst")


def asked(stores, *texts, account=ASHA):
    for number, text in enumerate(texts):
        prompt_history.remember(stores, account, text, "segment", now=NOW + timedelta(minutes=number))


def texts(stores, search="", account=ASHA):
    return [one.text for one in prompt_history.of(stores, account, search)]


def test_the_newest_prompt_is_first_and_one_that_comes_again_moves_there(stores):
    asked(stores, "from Pune", "vip", "from  Pune")
    assert texts(stores) == ["from Pune", "vip"]


def test_fifty_prompts_are_kept(stores):
    asked(stores, *(f"spent over {number}" for number in range(53)))
    assert texts(stores)[0] == "spent over 52"
    assert len(texts(stores)) == 50


def test_a_prompt_says_how_many_it_selected_then(stores):
    at = prompt_history.remember(stores, ASHA, "vip", "segment", now=NOW + timedelta(microseconds=7))
    prompt_history.counted(stores, ASHA, at, 12)
    assert prompt_history.of(stores, ASHA)[0].size == 12


def test_a_search_takes_its_text_as_it_is(stores):
    asked(stores, "from Pune", "spent over 5k (vip)", "STRASSE is fine")
    assert texts(stores, "PUNE") == ["from Pune"]
    assert texts(stores, "(vip)") == ["spent over 5k (vip)"]
    assert texts(stores, ".*") == []
    assert texts(stores, "straße") == ["STRASSE is fine"]


def test_an_empty_prompt_is_not_kept_and_a_long_one_is_cut(stores):
    asked(stores, "   ", "x" * 5_000)
    assert [len(text) for text in texts(stores)] == [prompt_history.LONGEST]


def test_accounts_see_their_own_and_clearing_leaves_the_others(stores):
    asked(stores, "from Pune")
    asked(stores, "vip", account=BO)
    prompt_history.clear(stores, ASHA)
    assert (texts(stores), texts(stores, account=BO)) == ([], ["vip"])


def test_the_prompts_go_with_the_account(stores):
    made = accounts.create_account(
        stores, email="c@shop.example", name="C", role="marketer", password="a long enough password", by=None,
        now=NOW,
    )  # fmt: skip
    asked(stores, "from Pune", account=made)
    accounts.delete(stores, made.id, by=BO, now=NOW)
    assert stores.db.promptHistory.count_documents({}) == 0
