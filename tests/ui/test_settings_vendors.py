"""Settings → Vendors: which one is used, how it is configured, whether it answers."""

import pytest
from streamlit.testing.v1 import AppTest

from crm import campaigns, carriers
from crm.moment import utc_now
from crm.stores.connection import Stores
from crm.vendors.simulated import NAME, Faults, SimulatedVendor
from tests.crowd import EVERYONE, MARKETER, crowd
from tests.smtp_server import mail_server
from tests.ui.conftest import Opener
from ui.vendor_fields import FIELDS, NAMES


def vendors_page(open_page: Opener) -> AppTest:
    app = open_page("settings", role="administrator")
    assert not app.exception
    return app


def shown(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="vendor_shown").set_value(name).run()
    assert not app.exception
    return app


def press(app: AppTest, action: str, name: str) -> AppTest:
    next(one for one in app.button if one.key and one.key.endswith(f"vendor_{action}_{name}")).click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", carriers.VENDORS)
def test_every_setting_of_every_vendor_has_a_field(name: str) -> None:
    asked = [part.key for parts in FIELDS[name].values() for part in parts]
    assert sorted(asked) == sorted(carriers.registry.defaults(name))
    assert name in NAMES


def test_the_faults_of_the_simulated_vendor_are_set(installation: Stores, open_page: Opener) -> None:
    app = vendors_page(open_page)
    app.number_input(key="vendor_simulated_temporary").set_value(25.0)
    app.number_input(key="vendor_simulated_latency").set_value(0.5)
    app.number_input(key="vendor_simulated_seed").set_value(7)
    app.toggle(key="vendor_simulated_outage").set_value(True)
    press(app, "save", NAME)
    faults = Faults(temporary=0.25, latency=0.5, seed=7, outage=True)
    assert carriers.vendor(installation) == SimulatedVendor(faults=faults)
    press(app, "test", NAME)
    assert "does not answer" in app.error[0].value


def test_a_mail_server_is_tried_saved_and_chosen(installation: Stores, open_page: Opener) -> None:
    crowd(installation, 1)
    app = vendors_page(open_page)
    app.selectbox(key="vendor_chosen").set_value("smtp").run()
    app.button(key="vendor_choose").click().run()
    assert "E\\-mail is off" in app.error[0].value
    shown(app, "smtp")
    with mail_server() as box:
        app.text_input(key="vendor_smtp_host").set_value("127.0.0.1")
        app.number_input(key="vendor_smtp_port").set_value(box.port)
        app.selectbox(key="vendor_smtp_security").set_value("none")
        app.text_input(key="vendor_smtp_sender").set_value("shop@crm.test")
        press(app, "test", "smtp")
        assert "answers" in app.success[0].value
        press(app, "save", "smtp")
    app.button(key="vendor_choose").click().run()
    assert carriers.chosen(installation) == "smtp"
    made = campaigns.launch_new(
        installation, name="x", rules=EVERYONE, template="Hi", account=MARKETER, now=utc_now()
    )
    assert (made["vendor"], made["channel"]) == ("smtp", "email")


def test_a_secret_is_kept_unseen_and_a_mistake_is_named(installation: Stores, open_page: Opener) -> None:
    app = shown(vendors_page(open_page), "http")
    app.text_input(key="vendor_http_url").set_value("ftp://x.test")
    press(app, "save", "http")
    assert "Address: is an address such as" in app.error[0].value
    app.text_input(key="vendor_http_url").set_value("http://127.0.0.1:9")
    app.text_input(key="vendor_http_token").set_value("open sesame")
    press(app, "save", "http")
    assert carriers.vendor(installation, "http").token == "open sesame"
    press(app, "test", "http")
    assert "reached" in app.error[0].value
    app.session_state["vendor_http_token"] = ""
    press(app, "save", "http")
    assert carriers.vendor(installation, "http").token == "open sesame"
