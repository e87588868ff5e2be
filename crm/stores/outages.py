"""Telling a store that is away from a mistake of ours."""

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

_REDIS_AWAY = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError)

# ShutdownInProgress, PrimarySteppedDown, NotWritablePrimary, InterruptedAtShutdown,
# InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary
_MONGODB_AWAY = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})

_UNDECIDED = ("TransientTransactionError", "UnknownTransactionCommitResult")


def is_outage(error: BaseException) -> bool:
    """Whether the same call may well succeed later: the server was away, or too busy to decide."""
    if isinstance(error, (*_REDIS_AWAY, ConnectionFailure)):
        return True
    if isinstance(error, OperationFailure) and error.code in _MONGODB_AWAY:
        return True
    return isinstance(error, PyMongoError) and any(error.has_error_label(label) for label in _UNDECIDED)
