"""The running product with a sample shop, and pages of it that are signed in.

    def test_a_marketer_sees_segments(signed_in):
        page = signed_in("marketer", "segments")            # settled; light, 1280 wide
        page = signed_in("analyst", "explore", scheme="dark", width=390)

One installation serves all tests of a run: name what you make after your test, and leave the rest alone.
"""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from crm import accounts, sample
from crm.moment import utc_now
from crm.roles import STAFF
from crm.settings import Endpoints
from crm.stores.connection import Stores, connect
from tests.acceptance.installation import Installation, started
from tests.browser.chromium import PATIENCE, settle, sign_in
from tests.waiting import until

CUSTOMERS, ORDERS = 1_500, 6_000
PASSWORD = "a long enough password"

Opener = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`streamlit run app.py` on a data folder and a port of its own."""
    with started(tmp_path_factory.mktemp("installation") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def shop(installation: Installation) -> Iterator[Stores]:
    """The installation's stores, with an account for every role and a sample shop taken in by the worker."""
    running = installation.running()
    stores = connect(Endpoints(running["mongodbUri"], running["redisUrl"]), "crm", "crm:")
    for role in STAFF:
        accounts.create_account(
            stores, email=email_of(role), name=role.title(), role=role, password=PASSWORD, by=None,
            now=utc_now(),
        )  # fmt: skip
    sample.generate(stores, customers=CUSTOMERS, orders=ORDERS, now=utc_now())
    until(lambda: stores.db.orders.count_documents({}) == ORDERS, timeout=120)
    until(lambda: stores.db.customers.count_documents({}) == CUSTOMERS, timeout=120)
    try:
        yield stores
    finally:
        stores.close()


def email_of(role: str) -> str:
    return f"{role}@shop.example"


@pytest.fixture(scope="session")
def _sessions() -> dict[str, Any]:
    """Cookies by role: signing in takes seconds, and once a role is enough."""
    return {}


@pytest.fixture
def signed_in(
    installation: Installation, shop: Stores, chromium: Browser, _sessions: dict[str, Any]
) -> Iterator[Opener]:
    """`signed_in(role, path="segments", scheme="light", width=1280, height=900)`: a page of the product.

    At the end of the test, fails if any of its pages shows an exception.
    """
    contexts = []

    def opened(
        role: str, path: str = "", *, scheme: Any = "light", width: int = 1280, height: int = 900
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme,
            storage_state=_sessions.get(role),
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        if role not in _sessions:
            sign_in(page, installation.url, email_of(role), PASSWORD)
            until(lambda: any(cookie["name"] != "_streamlit_xsrf" for cookie in context.cookies()))
            _sessions[role] = context.storage_state()
        page.goto(f"{installation.url}/{path}")
        page.get_by_test_id("stSidebarContent").wait_for(state="attached")
        settle(page)
        return page

    yield opened
    shown = [text for context in contexts for page in context.pages for text in exceptions(page)]
    for context in contexts:
        context.close()
    assert not shown


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what every open page says to the report of a test that failed."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("chromium")
    if report.when == "call" and report.failed and browser is not None:
        for page in [page for context in browser.contexts for page in context.pages]:
            try:
                said = page.locator("body").aria_snapshot(timeout=5_000)
            except PlaywrightError as error:
                said = str(error)
            report.sections.append((f"the page at {page.url}", said))
    return report


def exceptions(page: Page) -> list[str]:
    """What the page shows of exceptions."""
    return page.get_by_test_id("stException").all_inner_texts()
