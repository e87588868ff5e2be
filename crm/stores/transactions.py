"""Several writes that happen together or not at all."""

import time
from collections.abc import Callable
from typing import TypeVar

from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from crm.stores.connection import Stores

T = TypeVar("T")

_PATIENCE = 30.0  # seconds to go on trying; past that the entry is redelivered anyway
_PAUSE = 0.005


def transact(stores: Stores, work: Callable[[ClientSession], T]) -> T:
    """Run `work` in a transaction, again where it met another one, and return its result.

    `work` must do all its reads and writes with the session it is given, and may run several times. When
    this returns, a majority of the replica set has the writes. An exception of `work` aborts it.
    """
    deadline = time.monotonic() + _PATIENCE
    attempt = 0
    with stores.session() as session:
        while True:
            try:
                session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"))
                result = work(session)
                _commit(session, deadline)
            except PyMongoError as error:
                if session.in_transaction:
                    session.abort_transaction()
                if not _passing(error) or time.monotonic() > deadline:
                    raise
                attempt += 1
                time.sleep(min(_PAUSE * 2**attempt, 0.5))  # the other transaction needs a moment to end
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


def _passing(error: PyMongoError) -> bool:
    return error.has_error_label("TransientTransactionError")
