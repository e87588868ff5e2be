"""Receipts on their way to the product: posted one by one, late where they are to be late."""

import heapq
import itertools
import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from crm.vendors.protocol import Answer

log = logging.getLogger(__name__)

_POSTMEN = 4
_TRIES = 5
_PAUSE = 0.2  # seconds after the first post that failed; doubled each time


@dataclass(frozen=True, slots=True)
class _Due:
    answer: Answer
    tries: int = 0


class Receipts:
    """`post` returns at once; what can't be posted in five tries is lost, and the product has to ask."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._client = httpx.Client(headers={"X-API-Key": key}, timeout=10)
        self._waiting: list[tuple[float, int, _Due]] = []
        self._order = itertools.count()
        self._change = threading.Condition()
        self._ended = False
        self._postmen = [threading.Thread(target=self._work, daemon=True) for _ in range(_POSTMEN)]
        for each in self._postmen:
            each.start()

    def post(self, answer: Answer) -> None:
        """Have the receipt of this answer posted when it is due."""
        self._add(_Due(answer), answer.after)

    def close(self) -> None:
        """Post nothing more; what waits is lost."""
        with self._change:
            self._ended = True
            self._change.notify_all()
        for each in self._postmen:
            each.join()
        self._client.close()

    def _add(self, due: _Due, after: float) -> None:
        with self._change:
            heapq.heappush(self._waiting, (time.monotonic() + after, next(self._order), due))
            self._change.notify()

    def _next(self) -> _Due | None:
        with self._change:
            while not self._ended:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._change.wait(wait)
            return None

    def _work(self) -> None:
        while due := self._next():
            if not self._posted(due.answer) and due.tries + 1 < _TRIES:
                self._add(_Due(due.answer, due.tries + 1), _PAUSE * 2**due.tries)

    def _posted(self, answer: Answer) -> bool:
        """Whether there is nothing more to do: it was taken, or refused for good."""
        receipt = {
            "communicationLogId": answer.key,
            "status": str(answer.verdict).upper(),
            "vendorMessageId": answer.message_id,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        if answer.reason:
            receipt["reason"] = answer.reason
        try:
            status = self._client.post(self._url, json=receipt).status_code
        except httpx.HTTPError:
            return False
        if 400 <= status < 500 and status != 429:
            log.warning("receipt refused", extra={"action": "receipt_refused", "status": status})
            return True
        return status < 400
