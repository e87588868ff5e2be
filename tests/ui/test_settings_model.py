"""Settings → Language model: a key is set, tried and never seen again."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from crm import model_key
from crm.settings import settings
from crm.stores.connection import Stores
from tests.groq_server import GroqServer, completion, groq_server
from tests.ui.conftest import Opener

KEY = "gsk_0123456789abcdefWXYZ"


@pytest.fixture
def server(installation: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[GroqServer]:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with groq_server() as running:
        running.replies = [completion('{"answer": "ready"}')]
        monkeypatch.setenv("GROQ_BASE_URL", running.url)
        settings.cache_clear()
        yield running


def press(app: AppTest, key: str) -> AppTest:
    next(one for one in app.button if one.key and one.key.endswith(key)).click().run()
    assert not app.exception
    return app


def text_of(app: AppTest) -> str:
    return " ".join(str(each.value) for each in (*app.success, *app.info, *app.error, *app.caption))


def test_a_key_is_tried_kept_and_never_shown_again(
    installation: Stores, server: GroqServer, open_page: Opener
) -> None:
    app = open_page("settings", role="administrator")
    assert "No key is set" in text_of(app)
    app.text_input(key="model_key").set_value(KEY)
    press(app, "model_test")
    assert "answers" in text_of(app) and server.keys == [f"Bearer {KEY}"]
    press(app, "model_save")
    assert "WXYZ" in text_of(app) and "set by Administrator" in text_of(app)
    assert app.text_input(key="model_key").value == ""
    assert KEY not in str(app)
    assert model_key.model_of(installation, settings()) is not None


def test_a_mistake_is_named_and_the_environment_is_said_to_win(
    installation: Stores, server: GroqServer, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_of_the_environment_1234")
    settings.cache_clear()
    app = open_page("settings", role="administrator")
    assert "1234" in text_of(app) and "wins over one that is set here" in text_of(app)
    assert "gsk_of_the_environment" not in str(app)
    app.text_input(key="model_key").set_value("too short")
    press(app, "model_save")
    assert "That is no key" in text_of(app)
