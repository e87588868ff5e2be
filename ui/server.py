"""Where Streamlit serves, and where it should: its own options on one side, the product's on the other."""

import gc
import os
import socket
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

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


def move_where_wanted(settings: Settings) -> None:
    """Under `streamlit run`, start over at the place that is wanted, where it is another one and free.

    Returns where there is nothing to do; does not return when it starts over.
    """
    place = wanted(settings)
    if place == bound() or not _is_streamlit_run() or not _is_free(place):
        return
    environment = {
        **os.environ,
        "STREAMLIT_SERVER_ADDRESS": place.address,
        "STREAMLIT_SERVER_PORT": str(place.port),
    }
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606  # no shell is meant


def answer_at_once(port: int) -> int:
    """Have no answer from this port wait to be sent; how many sockets were found there.

    Streamlit makes its socket without naming the protocol, and asyncio then does not switch off Nagle's
    algorithm: on a kept connection each answer would wait for the client's acknowledgement, some 40 ms.
    Connections inherit the option from the socket that accepts them. Nothing hands that socket out, so it
    is looked for among all objects.
    """
    found = [one for one in gc.get_objects() if type(one) is socket.socket and _is_bound(one, port)]
    for one in found:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return len(found)


def _is_bound(candidate: socket.socket, port: int) -> bool:
    try:
        return candidate.family in (socket.AF_INET, socket.AF_INET6) and candidate.getsockname()[1] == port
    except OSError:
        return False  # closed


def _is_streamlit_run() -> bool:
    words = [Path(word).stem for word in sys.orig_argv]
    return any(pair == ("streamlit", "run") for pair in pairwise(words))


def _is_free(place: Place) -> bool:
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.address, place.port))
        except OSError:
            return False
    return True


def _on_command_line(option: str) -> bool:
    return config.get_where_defined(option).startswith(("command-line", "environment"))
