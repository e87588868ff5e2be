"""TCP ports on this machine."""

import contextlib
import socket
from pathlib import Path


def free(address: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(_family(address)) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(_family(address)) as probe:
        # As servers do: a port whose last connections still linger is free, one with a listener is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def remembered(folder: Path) -> int:
    """The port that this folder's server had last time, if it is free now; else any free one."""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        port = int(folder.with_suffix(".port").read_text())
        if is_free(port):
            return port
    return free()


def remember(folder: Path, port: int) -> None:
    """Keep the port for the next start, so that who knew the address finds the server again."""
    folder.with_suffix(".port").write_text(f"{port}\n")


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
