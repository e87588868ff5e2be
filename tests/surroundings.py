"""Tests see the product's own defaults and loopback, whatever the shell that starts them has set."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_OURS = ("CRM_", "MONGODB_", "REDIS_", "GROQ_", "STREAMLIT_", "VENDOR_")
_OF_TESTS = ("CRM_TEST_", "CRM_FULL_SIZE", "CRM_CHROMIUM")  # these choose how tests run


def forget() -> None:
    """Take settings of the product and proxies out of the environment of this process."""
    for name in list(os.environ):
        setting = name.startswith(_OURS) and not name.startswith(_OF_TESTS)
        if setting or name.lower().endswith("_proxy"):
            del os.environ[name]


@contextmanager
def signals_heard() -> Iterator[None]:
    """Programs that are started in here end by Ctrl-C and by a closed terminal.

    A program inherits what its starter ignores: a hang-up under `nohup`, Ctrl-C behind a script's `&`.
    """
    former = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT)}
    ignored = [number for number, handler in former.items() if handler == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
