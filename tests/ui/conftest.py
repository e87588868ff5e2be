"""Pages by AppTest, on stores of the test's own, signed in in any role."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from crm import auth, campaigns, library
from crm.settings import Endpoints, settings
from crm.stores.connection import Stores
from tests.crowd import MARKETER, NOW, crowd
from tests.shop import customer
from tests.ui.campaigning import PUNE
from tests.ui.workbench import widgets

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


@pytest.fixture
def segment(installation: Stores) -> str:
    """The id of a segment of 34 people in Pune, four without a name; six more are in Delhi."""
    crowd(installation, 30)
    crowd(installation, 4, name=None)
    crowd(installation, 6, city="Delhi")
    return library.save(
        installation, name="Pune *people*", rules=PUNE, account=MARKETER, now=NOW, zone=settings().zone
    )["_id"]


@pytest.fixture
def launched(installation: Stores, segment: str) -> str:
    """The id of a campaign to that segment, of which nothing is planned yet."""
    campaign = campaigns.launch_new(
        installation, name="Monsoon", segment_id=segment, template="Hi {name}", account=MARKETER, now=NOW
    )
    return campaign["_id"]


@pytest.fixture
def shop(installation: Stores) -> Stores:
    """Ten people; the first four live in Pune, the others in Mumbai, and N spent N * 500 on N orders."""
    for number in range(10):
        customer(installation, f"c{number}", "Pune" if number < 4 else "Mumbai", name=f"N{number}",
                 totalSpent=500.0 * number, orderCount=number)  # fmt: skip
    return installation


@pytest.fixture
def builder(shop: Stores, open_page: Opener) -> AppTest:
    """The workbench with a new segment and one condition, total spent is more than 1000."""
    app = open_page("segments", role="marketer", segment="new")
    widgets(app, "button", "add")[0].click().run()
    widgets(app, "number_input", "value")[0].set_value(1000.0).run()
    return app
