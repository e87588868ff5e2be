"""Who gets in, in a real browser: the first administrator, deep links, sign-out, roles, Google."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from crm import accounts, auth, keys
from crm.moment import utc_now
from crm.settings import Endpoints
from crm.stores.connection import Stores, connect
from embedded import ports
from tests.acceptance.installation import ROOT, Installation, started
from tests.browser.chromium import PATIENCE, settle
from tests.waiting import until

PAGES = sorted(page.stem for page in (ROOT / "pages").glob("*.py"))
PASSWORD = "a long enough password"
SLOW = 60_000  # ms


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a local OpenID Connect provider with three people."""
    people = [
        {"sub": "boss", "email": "Boss@shop.example", "email_verified": True, "name": "The Boss"},
        {"sub": "new", "email": "new@shop.example", "email_verified": True, "name": "Somebody New"},
        {"sub": "shady", "email": "boss@shop.example", "email_verified": False, "name": "Mallory"},
    ]
    claims = [part for one in people for part in ("--user-claims", json.dumps(one))]
    port = ports.free()
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(url).status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Installation]:
    """A process that nobody has opened a page of yet, with a sign-in provider and no accounts."""
    environment = {
        "CRM_OIDC_CLIENT_ID": "mini-crm",
        "CRM_OIDC_CLIENT_SECRET": "a secret",
        "CRM_OIDC_METADATA_URL": f"{provider}/.well-known/openid-configuration",
    }
    with started(tmp_path_factory.mktemp("fresh") / "data", environment=environment) as running:
        yield running


@pytest.fixture
def stores(fresh: Installation) -> Iterator[Stores]:
    running = fresh.running()
    stores = connect(Endpoints(running["mongodbUri"], running["redisUrl"]), "crm", "crm:")
    yield stores
    stores.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def boss(stores: Stores) -> accounts.Account:
    """The administrator, whom the first test makes; made here when that one does not run."""
    if not accounts.has_staff(stores):
        accounts.create_first_administrator(
            stores, email="boss@shop.example", name="The Boss", password=PASSWORD, now=utc_now()
        )
    return accounts.find(stores, "boss@shop.example")


def words(page: Page) -> list[str]:
    """Everything a person can read of the page, line by line."""
    settle(page)
    return [line for line in page.get_by_test_id("stMain").inner_text().splitlines() if line.strip()]


def enter(page: Page, email: str = "boss@shop.example", password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email, timeout=SLOW)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def by_google(page: Page, person: str) -> None:
    page.get_by_role("button", name="Continue with Google").wait_for(timeout=SLOW)
    settle(page)
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name=person, exact=True).first.click(timeout=SLOW)


def choose(page: Page, menu: str, action: str) -> None:
    page.locator(f".st-key-{menu}").get_by_role("button").locator("visible=true").click()
    page.get_by_role("menuitem", name=action).click()


def cookie(page: Page) -> dict[str, Any] | None:
    return next((each for each in page.context.cookies() if each["name"] == "crm_session"), None)


def test_with_no_accounts_a_deep_link_creates_the_first_administrator_and_goes_on(
    fresh: Installation, stores: Stores, page: Page
) -> None:
    page.goto(f"{fresh.url}/settings")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible(timeout=SLOW)
    assert page.get_by_role("button", name="Continue with Google").count() == 0
    page.get_by_label("Your name").fill("The Boss")
    page.get_by_label("E-mail").fill("Boss@shop.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=SLOW)
    assert page.url == f"{fresh.url}/settings"
    kept = until(lambda: cookie(page))
    assert 0 < kept["expires"] - utc_now().timestamp() <= 86_400
    page.reload()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize("name", PAGES)
def test_signed_out_a_deep_link_shows_the_sign_in_form_and_nothing_else(
    fresh: Installation, stores: Stores, page: Page, name: str
) -> None:
    boss(stores)
    page.goto(f"{fresh.url}/{name}?customer=1&segment=1")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Continue with Google")).to_be_visible(timeout=SLOW)
    shown = [line for line in words(page) if line not in ("mail", "visibility", "login")]  # icons' names
    assert shown == ["Sign in", "E-mail", "Password", "Sign in", "Continue with Google"]
    assert page.get_by_test_id("stSidebar").count() == 0


def test_a_deep_link_outlives_the_sign_in_and_a_cookie_outlives_nothing(
    fresh: Installation, stores: Stores, page: Page, chromium: Browser
) -> None:
    boss(stores)
    page.goto(f"{fresh.url}/customers?customer=nobody")
    enter(page)
    expect(page.get_by_text("There is no such customer.")).to_be_visible(timeout=SLOW)
    assert page.url == f"{fresh.url}/customers?customer=nobody"
    until(lambda: cookie(page))
    stolen = page.context.storage_state()
    other = page.context.new_page()  # another tab
    other.goto(f"{fresh.url}/upload")
    expect(other.get_by_role("heading", name="Upload")).to_be_visible(timeout=SLOW)

    choose(page, "account_menu", "Sign out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    until(lambda: cookie(page) is None)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    replay = chromium.new_context(storage_state=stolen)
    again = replay.new_page()
    again.goto(f"{fresh.url}/settings")
    expect(again.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    replay.close()


def test_a_new_password_keeps_this_browser_and_ends_the_others(
    fresh: Installation, stores: Stores, page: Page, chromium: Browser
) -> None:
    person = accounts.create_account(
        stores,
        email="ana@shop.example",
        name="Ana",
        role="analyst",
        password=PASSWORD,
        by=None,
        now=utc_now(),
    )
    elsewhere = chromium.new_context()
    other = elsewhere.new_page()
    for each in (page, other):
        each.goto(f"{fresh.url}/explore")
        enter(each, person.email)
        expect(each.get_by_role("heading", name="Explore")).to_be_visible(timeout=SLOW)
        until(lambda each=each: cookie(each))
    choose(page, "account_menu", "Change password")
    dialog = page.get_by_test_id("stDialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("New password", exact=True).fill("an even longer password")
    dialog.get_by_label("New password again").fill("an even longer password")
    before = cookie(page)["value"]
    dialog.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible(timeout=SLOW)
    until(lambda: (cookie(page) or {}).get("value", before) != before)
    page.reload()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible(timeout=SLOW)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    elsewhere.close()


def test_google_signs_an_account_in_and_goes_on_to_the_page_asked_for(
    fresh: Installation, stores: Stores, page: Page
) -> None:
    boss(stores)
    page.goto(f"{fresh.url}/customers?customer=nobody")
    by_google(page, "boss")
    expect(page.get_by_text("There is no such customer.")).to_be_visible(timeout=SLOW)
    assert page.url == f"{fresh.url}/customers?customer=nobody"
    stolen = page.context.storage_state()
    choose(page, "account_menu", "Sign out")
    page.get_by_role("button", name="End session").click(timeout=SLOW)  # at the provider
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    page.context.add_cookies(stolen["cookies"])  # the provider's identity, used again
    page.goto(f"{fresh.url}/settings")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("The session has ended. Sign in again.")).to_be_visible(timeout=SLOW)


def test_an_unknown_google_account_sees_nothing_until_it_has_a_role(
    fresh: Installation, stores: Stores, page: Page
) -> None:
    chief = boss(stores)
    page.goto(f"{fresh.url}/explore")
    by_google(page, "new")
    expect(page.get_by_text("no role yet")).to_be_visible(timeout=SLOW)
    assert page.get_by_test_id("stSidebar").count() == 0
    waiting = accounts.find(stores, "new@shop.example")
    assert waiting.role is None
    accounts.change_role(stores, waiting.id, "analyst", by=chief, now=utc_now())
    page.goto(f"{fresh.url}/explore")
    expect(page.get_by_role("heading", name="Explore")).to_be_visible(timeout=SLOW)
    page.goto(f"{fresh.url}/settings")
    expect(page.get_by_text("Not for your role")).to_be_visible(timeout=SLOW)


def test_an_address_that_the_provider_has_not_verified_is_nobodys(
    fresh: Installation, stores: Stores, page: Page
) -> None:
    boss(stores)
    page.goto(fresh.url)
    by_google(page, "shady")
    expect(page.get_by_text("not verified")).to_be_visible(timeout=SLOW)
    assert page.get_by_test_id("stSidebar").count() == 0


def test_an_uploader_sees_the_upload_page_and_no_other(
    fresh: Installation, stores: Stores, page: Page
) -> None:
    boss(stores)
    accounts.create_account(
        stores,
        email="up@shop.example",
        name="Uma",
        role="uploader",
        password=PASSWORD,
        by=None,
        now=utc_now(),
    )
    page.goto(fresh.url)
    enter(page, "up@shop.example")
    expect(page.get_by_role("heading", name="Upload")).to_be_visible(timeout=SLOW)
    assert page.get_by_test_id("stSidebarNavLink").count() <= 1
    until(lambda: cookie(page))
    page.goto(f"{fresh.url}/customers")
    expect(page.get_by_text("Not for your role")).to_be_visible(timeout=SLOW)


def test_an_administrator_adds_an_account_and_hands_its_password_over(
    fresh: Installation, stores: Stores, page: Page, chromium: Browser, tmp_path: Path
) -> None:
    boss(stores)
    page.goto(f"{fresh.url}/settings")
    enter(page)
    expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=SLOW)
    settle(page)
    page.get_by_role("button", name="Add an account").click(timeout=SLOW)
    dialog = page.get_by_test_id("stDialog")
    dialog.get_by_label("Name").fill("Meera *Iyer*")
    dialog.get_by_label("E-mail").fill("meera@shop.example")
    dialog.get_by_role("button", name="Create account").click()
    shown = dialog.get_by_test_id("stCode").inner_text(timeout=SLOW)
    email, password = [line for line in shown.splitlines() if line.strip()][:2]
    dialog.get_by_label("Close").click()
    expect(page.get_by_text("Meera *Iyer*")).to_be_visible(timeout=SLOW)
    theirs = chromium.new_context()
    other = theirs.new_page()
    other.goto(fresh.url)
    enter(other, email, password)
    expect(other.get_by_test_id("stSidebarNav")).to_be_visible(timeout=SLOW)
    assert "Settings" not in other.get_by_test_id("stSidebarNav").inner_text()
    theirs.close()


def test_an_administrator_resets_a_password_deletes_an_account_makes_and_revokes_a_key(
    fresh: Installation, stores: Stores, page: Page
) -> None:
    boss(stores)
    person = accounts.create_account(
        stores, email="tom@shop.example", name="Tom", role="analyst", password=PASSWORD, by=None,
        now=utc_now(),
    )  # fmt: skip
    page.goto(f"{fresh.url}/settings")
    enter(page)
    expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=SLOW)
    settle(page)
    dialog = page.get_by_test_id("stDialog")

    def act(action: str) -> None:
        choose(page, f"more_{person.id}", action)

    act("New password")
    dialog.get_by_role("button", name="Set a new password").click(timeout=SLOW)
    password = dialog.get_by_test_id("stCode").inner_text(timeout=SLOW).split()[-1]
    assert auth.authenticate(stores, person.email, password, address="x", now=utc_now())
    dialog.get_by_label("Close").click()
    settle(page)
    act("Delete")
    dialog.get_by_role("button", name="Delete the account").click(timeout=SLOW)
    expect(page.get_by_text("tom@shop.example")).to_have_count(0, timeout=SLOW)
    assert person.email not in [account.email for account in accounts.listing(stores)]

    page.get_by_role("tab", name="API keys").click()
    page.get_by_role("button", name="Make a key").click()
    dialog.get_by_label("Name").fill("Web shop")
    dialog.get_by_role("button", name="Make the key").click()
    key = dialog.get_by_test_id("stCode").inner_text(timeout=SLOW).strip()
    assert auth.account_of_key(stores, key).role == "uploader"
    dialog.get_by_label("Close").click()
    page.get_by_role("button", name="Revoke").click(timeout=SLOW)
    dialog.get_by_role("button", name="Revoke the key").click(timeout=SLOW)
    expect(page.get_by_text("Revoked", exact=False)).to_be_visible(timeout=SLOW)
    assert keys.listing(stores)[0]["revokedAt"] is not None
