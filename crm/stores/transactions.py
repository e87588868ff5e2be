"""Several writes that happen together or not at all."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from crm.stores.connection import Stores

T = TypeVar("T")

_PATIENCE = 30.0  # seconds to go on trying; past that the entry is redelivered anyway
_PAUSE = 0.005
_LONGEST_PAUSE = 0.1
_LOOKS = 20  # duplicates met before they are taken for real
_DUPLICATE_KEY = 11000


_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Within it, transactions of this thread are taken back at their end instead of being committed."""
    token = _rehearsing.set(True)
    try:
        yield
    finally:
        _rehearsing.reset(token)


def transact(stores: Stores, work: Callable[[ClientSession], T], *, look_again: bool = False) -> T:
    """Run `work` in a transaction, again where it met another one, and return its result.

    `work` must do all its reads and writes with the session it is given, and may run several times. When
    this returns, a majority of the replica set has the writes. An exception of `work` aborts it.
    With `look_again`, a duplicate key too makes it run again, a few times: where `work` looks before it
    inserts, another transaction has inserted the key since.
    """
    deadline = time.monotonic() + _PATIENCE
    attempt = duplicates = 0
    with stores.session() as session:
        while True:
            try:
                session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"))
                result = work(session)
                if _rehearsing.get():
                    session.abort_transaction()
                else:
                    _commit(session, deadline)
            except PyMongoError as error:
                if session.in_transaction:
                    session.abort_transaction()
                duplicate = look_again and _is_duplicate(error)
                duplicates += duplicate
                passing = duplicates <= _LOOKS if duplicate else _passing(error)
                if not passing or time.monotonic() > deadline:
                    raise
                attempt += 1
                # The other transaction needs a moment to end; chance keeps two from meeting again and again.
                time.sleep(min(_PAUSE * 2**attempt, _LONGEST_PAUSE) * random.random())  # noqa: S311
            except BaseException:
                if session.in_transaction:
                    session.abort_transaction()
                raise
            else:
                return result


def _commit(session: ClientSession, deadline: float) -> None:
    """Commit, asking again while the answer is not known: a commit that happened is not done twice."""
    while True:
        try:
            session.commit_transaction()
        except (OperationFailure, ConnectionFailure) as error:
            if error.has_error_label("UnknownTransactionCommitResult") and time.monotonic() < deadline:
                continue
            raise
        return


def _is_duplicate(error: PyMongoError) -> bool:
    if isinstance(error, BulkWriteError):
        return any(item["code"] == _DUPLICATE_KEY for item in error.details.get("writeErrors", ()))
    return isinstance(error, OperationFailure) and error.code == _DUPLICATE_KEY


def _passing(error: PyMongoError) -> bool:
    return error.has_error_label("TransientTransactionError")
