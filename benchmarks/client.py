"""A small HTTP client, cheap enough not to be what is measured: one connection, kept open."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson

from benchmarks.stage import ADMINISTRATOR, Stage
from crm import keys
from crm.moment import utc_now


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


class Connection:
    """Requests to the web process, one after the other."""

    def __init__(self, stage: Stage, headers: dict[str, str]) -> None:
        if stage.web is None:
            raise ValueError("this stage has no web process")
        self._connection = HTTPConnection("127.0.0.1", stage.web.port, timeout=600)
        self._connection.connect()
        self._headers = headers

    def post(self, path: str, body: bytes, kind: str = "application/json") -> Answer:
        """Send a body and read the answer. Raises AssertionError unless it is 2xx."""
        self._connection.request("POST", path, body, {**self._headers, "Content-Type": kind})
        return self._answer()

    def post_file(self, path: str, file: Path) -> Answer:
        """Send a file as the body, piece by piece."""
        headers = {**self._headers, "Content-Type": "text/csv", "Content-Length": str(file.stat().st_size)}
        with file.open("rb") as body:
            self._connection.request("POST", path, body, headers)
            return self._answer()

    def close(self) -> None:
        self._connection.close()

    def _answer(self) -> Answer:
        response = self._connection.getresponse()
        body = response.read()
        if not 200 <= response.status < 300:
            raise AssertionError(f"the answer is {response.status}: {body[:500]!r}")
        return Answer(response.status, orjson.loads(body) if body else None)


def as_system(stage: Stage) -> dict[str, str]:
    """The headers of a system that loads records."""
    _, key = keys.create(stage.stores, name="benchmark", role="uploader", by=None, now=utc_now())
    return {"X-API-Key": key}


def as_person(stage: Stage) -> dict[str, str]:
    """The headers of a person who has signed in."""
    email, password = ADMINISTRATOR
    connection = Connection(stage, {})
    body = orjson.dumps({"email": email, "password": password})
    token = connection.post("/api/auth/login", body).body["token"]
    connection.close()
    return {"Authorization": f"Bearer {token}"}


def together(connections: Sequence[Connection], work: Callable[[Connection, int], None]) -> float:
    """Run `work(connection, index)` for all connections at once; seconds until the last one is done."""
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            work(connections[index], index)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(connections))]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        raise failures[0]
    return elapsed
