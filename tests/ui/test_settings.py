"""Settings: accounts, sample data, how the parts are. Its dialogs are tried in a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from crm import accounts, attributes, auth
from crm.attributes import Found
from crm.fields import FieldType
from crm.moment import utc_now
from crm.stores import streams
from crm.stores.connection import Stores
from tests.ui.conftest import Opener

PASSWORD = "a long enough password"


@pytest.fixture
def analyst(installation: Stores) -> auth.Account:
    return auth.create_account(
        installation, email="ana@crm.example", name="Ana *B*", role="analyst", password=PASSWORD, by=None,
        now=utc_now(),
    )  # fmt: skip


def settings_page(open_page: Opener) -> AppTest:
    app = open_page("settings", role="administrator")
    assert not app.exception
    return app


def test_another_role_is_given(installation: Stores, open_page: Opener, analyst: auth.Account) -> None:
    app = settings_page(open_page)
    app.selectbox(key=f"role_{analyst.id}_analyst").set_value("marketer").run()
    assert not app.exception
    found = accounts.find(installation, analyst.email)
    assert (found.role, found.session_version) == ("marketer", 1)
    assert [one.value for one in app.toast] == [r"Ana \*B\* is marketer from now on, and signs in anew."]


def test_somebody_who_waits_stands_first_and_is_given_a_role(
    installation: Stores, open_page: Opener, analyst: auth.Account
) -> None:
    installation.db.accounts.update_one({"_id": analyst.id}, {"$set": {"role": None}})
    app = settings_page(open_page)
    assert [each.value for each in app.subheader][:2] == ["Waiting for a role", "Staff"]
    app.selectbox(key=f"role_{analyst.id}_None").set_value("uploader").run()
    assert accounts.find(installation, analyst.email).role == "uploader"
    assert "Waiting for a role" not in [each.value for each in app.subheader]


def test_ones_own_role_and_account_are_left_alone(installation: Stores, open_page: Opener) -> None:
    app = settings_page(open_page)
    own = accounts.find(installation, "administrator@crm.example")
    assert app.selectbox(key=f"role_{own.id}_administrator").disabled
    assert app.menu_button(key=f"more_{own.id}").disabled


def test_an_account_is_disabled_and_enabled(
    installation: Stores, open_page: Opener, analyst: auth.Account
) -> None:
    app = settings_page(open_page)
    app.menu_button(key=f"more_{analyst.id}").click("disable").run()
    assert accounts.find(installation, analyst.email).disabled
    app.menu_button(key=f"more_{analyst.id}").click("enable").run()
    assert not accounts.find(installation, analyst.email).disabled


def test_sample_data_is_published(installation: Stores, open_page: Opener) -> None:
    app = settings_page(open_page)
    app.number_input(key="sample_customers").set_value(30)
    app.number_input(key="sample_orders").set_value(60)
    next(button for button in app.button if button.label == "Add sample data").click().run()
    assert not app.exception
    assert "being taken in" in app.info[0].value
    assert streams.backlog(installation, streams.CUSTOMERS) > 0


def test_the_system_says_what_waits_and_that_no_worker_runs(installation: Stores, open_page: Opener) -> None:
    streams.publish(installation, streams.ORDERS[3], [{}, {}])
    app = settings_page(open_page)
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Workers"] == "0"
    assert metrics["MongoDB"][0].isdigit()
    table = app.dataframe[0].value.set_index("Stream")
    assert table.loc["Orders to persist", "Waiting"] == 2
    assert any("No worker is running" in each.value for each in app.markdown)


def test_dead_letters_are_shown_with_their_reason_and_what_they_hold(
    installation: Stores, open_page: Opener
) -> None:
    record = {"orderReference": "R-7", "customerId": "7", "total": "<b>ten</b>"}
    payload = {"kind": "orders", "batch": "b", "version": 1, "after": {}, "rows": [1], "records": [record]}
    letter = {"d": streams.data(payload), "reason": "TypeError: must be real number"}
    installation.redis.xadd(streams.dead_key(installation, streams.ORDERS[1]), letter)
    app = settings_page(open_page)
    text = " ".join(one.value for one in (*app.markdown, *app.caption))
    assert r"r\-7" in text
    assert r"total\: “\<b\>ten" in text
    assert "TypeError" not in text
    assert [one.label for one in app.button if one.key.startswith(("mend_", "discard_"))] == [
        "Mend and send", "Discard",
    ]  # fmt: skip


def test_a_dead_letter_without_records_says_what_it_is_of(installation: Stores, open_page: Opener) -> None:
    letter = {"d": streams.data({"importId": "i"}), "reason": "KeyError: 'x'"}
    installation.redis.xadd(streams.dead_key(installation, streams.SMALL_IMPORTS), letter)
    app = settings_page(open_page)
    assert "**The import of a file**" in [one.value for one in app.markdown]
    assert "Send once more" in [one.label for one in app.button]


def test_where_nothing_was_given_up_on_settings_say_so(installation: Stores, open_page: Opener) -> None:
    app = settings_page(open_page)
    assert any("Nothing was given up on" in one.value for one in app.caption)


def test_custom_attributes_are_listed_with_type_examples_and_count(
    installation: Stores, open_page: Opener
) -> None:
    found = [Found("$where `x`", FieldType.TEXT, ("*red*", "blue")), Found("size", FieldType.NUMBER, (5,))]
    fields = attributes.discover(installation, found, now=utc_now())
    people = [{"_id": str(n), "attributes": {fields["size"].key: n}} for n in range(3)]
    installation.db.customers.insert_many(people)
    app = settings_page(open_page)
    said = [each.value for each in app.markdown]
    assert r"**\$where \`x\`**" in said
    assert "3 customers" not in said
    app.toggle(key="attributes_counted").set_value(True).run()
    assert not app.exception
    assert "3 customers" in [each.value for each in app.markdown]
