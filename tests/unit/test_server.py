"""Where the product listens, how it is reached, and what sign-in by a provider is told."""

import socket

import pytest

from crm.settings import Settings
from ui import oidc
from ui.server import Place, answer_at_once, wanted


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::", "http://127.0.0.1:8501"),
        ("::1", "http://[::1]:8501"),
        ("crm.example.com", "http://crm.example.com:8501"),
    ],
)
def test_the_url_is_one_that_a_browser_on_this_machine_can_open(address: str, url: str) -> None:
    assert Place(address, 8501).url == url


def test_the_settings_choose_the_place() -> None:
    assert wanted(Settings(CRM_PORT=9123, CRM_ADDRESS="127.0.0.2")) == Place("127.0.0.2", 9123)


def test_answers_are_sent_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening, socket.socket() as client:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        assert answer_at_once(port) == 1
        listening.listen()
        client.connect(("127.0.0.1", port))
        with listening.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_without_a_provider_there_are_no_secrets() -> None:
    assert oidc.secrets(Settings(), "http://127.0.0.1:8501") == {}


def test_a_provider_is_told_to_come_back_to_the_public_url() -> None:
    settings = Settings(
        CRM_OIDC_CLIENT_ID="id",
        CRM_OIDC_CLIENT_SECRET="secret",
        CRM_SECRET_KEY="root",
        CRM_PUBLIC_URL="https://crm.example.com/",
    )
    auth = oidc.secrets(settings, "http://127.0.0.1:8501")["auth"]
    assert auth["redirect_uri"] == "https://crm.example.com/oauth2callback"
    assert len(str(auth["cookie_secret"])) == 64
    assert auth["google"] == {
        "client_id": "id",
        "client_secret": "secret",
        "server_metadata_url": settings.oidc_metadata_url,
    }
