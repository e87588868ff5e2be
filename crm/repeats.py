"""Requests that are sent again: the same key and body get the same answer, and take effect once."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.errors import Conflict, FieldError, InvalidInput
from crm.stores import idempotency as store
from crm.stores.connection import Stores

KEPT = timedelta(days=1)
LONGEST = 200  # characters of a key
_GIVEN_UP = timedelta(minutes=1)  # a request without an answer by then died with its process


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, as JSON; `repeated` where it was answered before."""

    json: bytes
    repeated: bool


def once(
    stores: Stores,
    *,
    caller: str,
    route: str,
    key: str,
    body: bytes,
    now: datetime,
    work: Callable[[str], bytes],
) -> Answer:
    """Answer a request, the first time by `work(seed)`, afterwards, for one day, by what that said.

    `seed` is the same text each time that one request is worked on, so that what is derived from it is the
    same even where the process died before the answer was kept. An exception of `work` frees the key.
    Raises InvalidInput where the key came with another body or is no key, Conflict while the first request
    is still being worked on.
    """
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        raise _refused(f"must be 1 to {LONGEST} printable characters")
    seed = hashlib.sha256("\n".join((caller, route, key)).encode()).hexdigest()[:32]
    begun = now.replace(microsecond=now.microsecond // 1000 * 1000)
    known = store.begin(
        stores, {"_id": seed, "body": digest(body), "begunAt": begun, "expiresAt": begun + KEPT}
    )
    if known is not None:
        if known["body"] != digest(body):
            raise _refused("was used with another body before: take a new key for another request")
        if "answer" in known:
            return Answer(zlib.decompress(known["answer"]), repeated=True)
        alone = begun - known["begunAt"] > _GIVEN_UP
        if not (alone and store.take_over(stores, seed, begun=known["begunAt"], now=begun)):
            raise Conflict("The first request with this Idempotency-Key is still being worked on. Ask again.")
    try:
        answer = work(seed)
    except BaseException:
        store.forget(stores, seed)
        raise
    store.finish(stores, seed, zlib.compress(answer, 1))
    return Answer(answer, repeated=False)


def digest(body: bytes) -> str:
    """What a body is told from others by."""
    return hashlib.sha256(body).hexdigest()


def _refused(reason: str) -> InvalidInput:
    return InvalidInput("The Idempotency-Key can't be taken.", [FieldError("Idempotency-Key", reason)])
