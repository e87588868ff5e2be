"""Every page shows itself to those who may see it, and nothing to anybody else."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from crm import accounts, auth
from crm.auth import CAPABILITIES, STAFF, Role
from crm.moment import utc_now
from crm.stores.connection import Stores
from tests.ui.conftest import FRAME, Opener
from ui import screens

PAGES = sorted((FRAME.parent.parent / "pages").glob("*.py"))
NAMES = [page.stem for page in PAGES]
CAPABILITY = {screen.name: screen.capability for screen in screens.SCREENS}
PASSWORD = "a long enough password"


def staff(stores: Stores, role: str = "administrator", name: str = "Anna") -> auth.Account:
    return auth.create_account(
        stores, email=f"{role}@crm.example", name=name, role=role, password=PASSWORD, by=None, now=utc_now()
    )


SIGN_IN_FORM = [
    "image ['data:image/svg+xml;base64,PHN2Zy",
    "header Sign in",
    "text_input E-mail",
    "text_input Password",
    "button Sign in",
]
UNSEEN = ("space", "empty", "component_instance")


def drawn(app: AppTest) -> list[str]:
    """What is on the page and in the sidebar, in order: each element's kind and label."""
    assert not app.exception
    elements = [each for block in (app.main, app.sidebar) for each in block if not isinstance(each, Block)]
    shown = [each for each in elements if each.type not in UNSEEN]
    return [f"{each.type} {getattr(each, 'label', '') or getattr(each, 'value', '')}"[:40] for each in shown]


def test_every_page_is_in_the_menu_with_a_capability() -> None:
    assert sorted(CAPABILITY) == NAMES
    assert set(CAPABILITY.values()) <= set(CAPABILITIES)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_signed_out_a_page_is_the_sign_in_form_and_nothing_else(installation: Stores, page: Path) -> None:
    staff(installation)
    app = AppTest.from_file(str(FRAME), default_timeout=30).run()
    assert drawn(app) == SIGN_IN_FORM
    assert drawn(app.switch_page(f"../pages/{page.name}").run()) == SIGN_IN_FORM
    # The page's own guard, as when it is reached past the frame.
    assert drawn(AppTest.from_file(str(page), default_timeout=30).run()) == SIGN_IN_FORM


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("role", STAFF)
def test_a_role_sees_the_pages_of_its_capabilities(open_page: Opener, role: str, page: str) -> None:
    app = open_page(page, role=role)
    assert not app.exception
    refused = [title.value for title in app.title] == ["Not for your role"]
    allowed = role == Role.ADMINISTRATOR or role in CAPABILITIES[CAPABILITY[page]].roles
    assert refused != allowed
    if refused:
        assert not (app.main.button or app.main.text_input or app.dataframe or app.metric or app.selectbox)
        [way_on] = app.main.get("page_link")
        assert way_on.proto.page == ("upload" if role == Role.UPLOADER else "overview")


@pytest.mark.parametrize("role", [Role.SHOPPER, None])
def test_who_is_not_of_the_staff_gets_no_page(
    installation: Stores, open_page: Opener, role: str | None
) -> None:
    staff(installation)
    made = staff(installation, "analyst")
    app = AppTest.from_file(str(FRAME), default_timeout=30)
    app.session_state["username"] = f"{made.id}:{made.session_version}"
    app.session_state["authentication_status"] = True
    installation.db.accounts.update_one({"_id": made.id}, {"$set": {"role": role}})
    assert drawn(app.run()) == SIGN_IN_FORM


def test_with_no_staff_every_page_offers_to_create_the_first_administrator(installation: Stores) -> None:
    for page in PAGES:
        app = AppTest.from_file(str(page), default_timeout=30).run()
        assert not app.exception
        assert [field.label for field in app.text_input] == [
            "Your name", "E-mail", "Password", "Password again",
        ]  # fmt: skip
        assert not app.title


def test_the_first_administrator_is_created_and_signed_in(installation: Stores) -> None:
    app = AppTest.from_file(str(FRAME), default_timeout=30).run()
    for key, value in (("name", "Anna"), ("email", "anna@crm.example"), ("password", PASSWORD)):
        app.text_input(key=f"first_{key}").set_value(value)
    app.text_input(key="first_again").set_value("something else")
    app.button[0].click().run()
    assert app.error[0].value == "The two passwords differ."
    app.text_input(key="first_again").set_value(PASSWORD)
    app.button[0].click().run()
    assert not app.exception
    assert (
        auth.authenticate(installation, "anna@crm.example", PASSWORD, address="x", now=utc_now()).role
        == "administrator"
    )
    assert not app.text_input


def sign_in(app: AppTest, email: str, password: str = PASSWORD) -> AppTest:
    app.text_input(key="signin_email").set_value(email)
    app.text_input(key="signin_password").set_value(password)
    return app.button[0].click().run()


def test_a_wrong_password_says_so_and_too_many_say_when_to_come_back(installation: Stores) -> None:
    staff(installation)
    app = AppTest.from_file(str(FRAME), default_timeout=30).run()
    for _ in range(5):
        sign_in(app, "administrator@crm.example", "not this one")
        assert app.error[0].value == "The e-mail address or the password is wrong."
    sign_in(app, "administrator@crm.example")
    assert app.error[0].value == "Too many attempts. Try again in 15 minutes."
    assert [header.value for header in app.header] == ["Sign in"]


@pytest.mark.parametrize("password", ["", "x" * 100, "null\x00character"])
def test_no_password_breaks_the_form(installation: Stores, password: str) -> None:
    staff(installation)
    app = AppTest.from_file(str(FRAME), default_timeout=30).run()
    sign_in(app, "administrator@crm.example", password)
    assert not app.exception
    assert app.error[0].value == "The e-mail address or the password is wrong."


def test_shoppers_and_disabled_accounts_are_turned_away_at_the_door(installation: Stores) -> None:
    boss = staff(installation)
    made = staff(installation, "analyst")
    accounts.disable(installation, made.id, by=boss, now=utc_now())
    auth.register_shopper(
        installation, email="sue@shop.example", name="Sue", password=PASSWORD, now=utc_now()
    )
    for email, says in (("analyst@crm.example", "disabled"), ("sue@shop.example", "staff")):
        app = AppTest.from_file(str(FRAME), default_timeout=30).run()
        sign_in(app, email)
        assert says in app.error[0].value
        assert drawn(app.run()) == SIGN_IN_FORM


def test_a_session_ends_with_the_next_run_once_it_is_ended_elsewhere(
    installation: Stores, open_page: Opener
) -> None:
    app = open_page("explore", role="analyst")
    made = accounts.find(installation, "analyst@crm.example")
    assert app.title
    auth.sign_out(installation, made, now=utc_now())
    assert drawn(app.run()) == SIGN_IN_FORM


def test_another_role_is_in_force_with_the_next_run(installation: Stores, open_page: Opener) -> None:
    app = open_page("explore", role="analyst")
    installation.db.accounts.update_one({"email": "analyst@crm.example"}, {"$set": {"role": "uploader"}})
    app.run()
    assert [title.value for title in app.title] == ["Not for your role"]


def test_signing_out_ends_the_session_and_leaves_nothing_of_it(
    installation: Stores, open_page: Opener
) -> None:
    app = open_page("explore", role="analyst")
    app.session_state["draft"] = "something of the analyst's"
    app.menu_button(key="account_menu").click("sign_out").run()
    assert drawn(app) == SIGN_IN_FORM
    assert "draft" not in app.session_state
    assert accounts.find(installation, "analyst@crm.example").session_version == 1
