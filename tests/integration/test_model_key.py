"""The language model's key: kept sealed, followed at once by every process, never handed out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from crm import model_key
from crm.asking import understand_shop
from crm.errors import InvalidInput, NotFound, Unavailable
from crm.settings import Settings, settings
from crm.stores.connection import Stores
from tests.crowd import MARKETER
from tests.groq_server import GroqServer, Reply, completion, groq_server, node, proposal
from tests.waiting import until

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = "gsk_0123456789abcdefWXYZ"
READY = completion('{"answer": "ready"}')


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[GroqServer]:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    with groq_server() as running:
        monkeypatch.setenv("GROQ_BASE_URL", running.url)
        settings.cache_clear()
        yield running
    settings.cache_clear()


def keep(stores: Stores, key: str = KEY) -> None:
    model_key.set_key(stores, key, account=MARKETER, now=NOW)


def test_a_key_is_kept_sealed_and_only_its_end_is_told(stores: Stores, server: GroqServer) -> None:
    keep(stores)
    known = model_key.kept(stores)
    assert known and (known.ending, known.by, known.at, known.usable) == ("WXYZ", MARKETER.name, NOW, True)
    everything = [list(stores.db[name].find()) for name in stores.db.list_collection_names()]
    assert KEY[:-4] not in str(everything)
    assert "language model key set" in str(everything)


def test_a_key_that_was_set_is_used_at_once_and_no_more_once_it_is_removed(
    stores: Stores, server: GroqServer
) -> None:
    def source() -> str:
        return understand_shop(
            stores, "spent over 1000", now=NOW, zone=settings().zone, settings=settings()
        ).source

    server.replies = [proposal(node(1, None, field="totalSpent", operator="greaterThan", values=["1000"]))]
    assert source() == "grammar"
    keep(stores)
    assert source() == "groq" and server.keys == [f"Bearer {KEY}"]
    keep(stores, "gsk_another_key_0000")
    assert source() == "groq" and server.keys[1] == "Bearer gsk_another_key_0000"
    model_key.remove(stores, account=MARKETER, now=NOW)
    assert source() == "grammar" and model_key.kept(stores) is None
    with pytest.raises(NotFound):
        model_key.remove(stores, account=MARKETER, now=NOW)


def test_another_process_follows_within_a_second(stores: Stores, server: GroqServer) -> None:
    assert model_key.model_of(stores, settings()) is None
    remembered = dict(model_key._seen)
    keep(stores)
    model_key._seen.update(remembered)  # as in a process that did not set the key itself
    until(lambda: model_key.model_of(stores, settings()) is not None)


def test_the_key_of_the_environment_wins(
    stores: Stores, server: GroqServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(stores)
    monkeypatch.setenv("GROQ_API_KEY", "gsk_from_outside")
    server.replies = [READY]
    assert model_key.test(stores, Settings()) == "openai/gpt-oss-20b answers."
    assert server.keys == ["Bearer gsk_from_outside"]


def test_a_key_that_was_sealed_with_another_secret_is_none_and_says_so(
    stores: Stores, server: GroqServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(stores)
    monkeypatch.setenv("CRM_SECRET_KEY", "another secret")
    settings.cache_clear()
    known = model_key.kept(stores)
    assert known and not known.usable
    model_key._forget(stores)
    assert model_key.model_of(stores, settings()) is None


@pytest.mark.parametrize(
    "key", ["", "  ", "short", "with blanks in the middle", "gsk_" + "x" * 500, "gsk_é" * 5]
)
def test_what_can_be_no_key_is_refused(stores: Stores, server: GroqServer, key: str) -> None:
    with pytest.raises(InvalidInput):
        keep(stores, key)
    assert model_key.kept(stores) is None


def test_a_test_says_what_is_wrong(stores: Stores, server: GroqServer) -> None:
    with pytest.raises(InvalidInput, match="no key to try"):
        model_key.test(stores, settings())
    server.replies = [Reply(401, orjson.dumps({"error": {"message": "Invalid API Key"}}))]
    with pytest.raises(Unavailable, match="refused the key"):
        model_key.test(stores, settings(), KEY)
    assert model_key.kept(stores) is None
