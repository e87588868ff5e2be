"""Where Streamlit serves, and where it should: its own options on one side, the product's on the other."""

import os
import sys
from dataclasses import dataclass

from streamlit import config

from crm.settings import Settings

_ANY = {"0.0.0.0", "::"}  # noqa: S104  # to be recognised, not to be bound


@dataclass(frozen=True, slots=True)
class Place:
    """An address and a port to listen on."""

    address: str
    port: int

    @property
    def url(self) -> str:
        """How a browser on this machine reaches it."""
        address = "127.0.0.1" if self.address in _ANY else self.address
        return f"http://{f'[{address}]' if ':' in address else address}:{self.port}"


def bound() -> Place:
    """Where this process listens: Streamlit takes its port before any code of ours runs."""
    return Place(config.get_option("server.address") or "0.0.0.0", int(config.get_option("server.port")))  # noqa: S104


def wanted(settings: Settings) -> Place:
    """Where it should: what the command line of `streamlit run` says, else CRM_ADDRESS and CRM_PORT."""
    here = bound()
    return Place(
        here.address if _on_command_line("server.address") else settings.address,
        here.port if _on_command_line("server.port") else settings.port,
    )


def move_to(place: Place) -> None:
    """Become `streamlit run` at another place. Does not return; nothing may have been started yet."""
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {
        **os.environ,
        "STREAMLIT_SERVER_ADDRESS": place.address,
        "STREAMLIT_SERVER_PORT": str(place.port),
    }
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606  # no shell is meant


def _on_command_line(option: str) -> bool:
    return config.get_where_defined(option).startswith(("command-line", "environment"))
