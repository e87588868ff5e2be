"""Pages by AppTest, on stores of the test's own, signed in in any role."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from crm import auth
from crm.settings import Endpoints, settings
from crm.stores.connection import Stores

FRAME = Path(__file__).resolve().parent.parent.parent / "ui" / "frame.py"

Opener = Callable[..., AppTest]


@pytest.fixture
def installation(
    stores: Stores, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Stores]:
    """Settings that lead the pages to this test's stores."""
    monkeypatch.setenv("MONGODB_URI", endpoints.mongodb_uri)
    monkeypatch.setenv("REDIS_URL", endpoints.redis_url)
    monkeypatch.setenv("CRM_DATABASE", stores.db.name)
    monkeypatch.setenv("CRM_PREFIX", stores.prefix)
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()
    yield stores
    settings.cache_clear()


@pytest.fixture
def open_page(installation: Stores) -> Opener:
    """`open_page("explore", role="analyst", segment="…")`: the page as this role sees it."""

    def opened(page: str, *, role: str, **query: str) -> AppTest:
        made = auth.create_account(
            installation, email=f"{role}@crm.example", name=role.title(), role=role,
            password="a long enough password", by=None, now=datetime.now(UTC),
        )  # fmt: skip
        app = AppTest.from_file(str(FRAME), default_timeout=30)
        app.session_state["username"] = f"{made.id}:{made.session_version}"
        app.session_state["authentication_status"] = True
        app.run()
        app.switch_page(f"../pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return opened
