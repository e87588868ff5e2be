"""Waiting for a condition, never for a time."""

import inspect
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(condition: Callable[[], Value], timeout: float = 60, interval: float = 0.02) -> Value:
    """Ask until the answer is true and return it; fail, with the last answer, after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {_wording(condition)}; last answer: {answer!r}")
        time.sleep(interval)


def _wording(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
