"""Every Redis key of the product, and how streams are written.

| key | type | holds |
|---|---|---|
| `stream:imports` | stream | one entry an uploaded file that is to be parsed: `{importId}` |
| `stream:imports:small` | stream | the same, of small files, so that none waits for a long one to be read |
| `stream:customers` | stream | batches of up to 500 accepted customer records |
| `stream:products` | stream | batches of accepted products |
| `stream:orders:<p>` | stream | batches of accepted orders, p = partition of the customer, 0–7 |
| `stream:plan` | stream | campaigns whose audience is to be written down: `{campaignId}` |
| `stream:send` | stream | plan batches to deliver: `{campaignId, number, attempt}` |
| `stream:receipts` | stream | batches of vendor's answers |
| `<stream>:dead` | stream | entries given up on, with the reason and the first failure's text |
| `worker:<consumer>` | flag | a worker process that lives, with expiry |
| `lease:<stream>` | text | the thread of a consumer that reads a partition, with expiry |
| `readers:<role>` | sorted set | those that want a share of its partitions, by when they expire |
| `download:<hash>` | text | what a ticket for a download stands for, with expiry |
| `signin:<what>` | counter | failed sign-ins of an account and address, with expiry |

All keys start with the installation's prefix. An entry has one field, `d`: its payload as JSON.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from redis.exceptions import ResponseError

from crm.stores.connection import Stores

GROUP = "workers"
PARTITIONS = 8
IMPORTS = "imports"
SMALL_IMPORTS = "imports:small"
FILES = (IMPORTS, SMALL_IMPORTS)
CUSTOMERS = "customers"
PRODUCTS = "products"
PLAN = "plan"
SEND = "send"
RECEIPTS = "receipts"
ORDERS = tuple(f"orders:{partition}" for partition in range(PARTITIONS))
ALL = (*FILES, CUSTOMERS, PRODUCTS, *ORDERS, PLAN, SEND, RECEIPTS)
BATCH_SIZE = 500  # records an entry; measured 8–10 times faster end to end than one record an entry
_PIPELINE = 100
_SMALL = 256 * 1024  # bytes: some thousand rows, which are read in a moment


def key(stores: Stores, stream: str) -> str:
    return stores.key("stream", stream)


def dead_key(stores: Stores, stream: str) -> str:
    return stores.key("stream", stream, "dead")


def orders_stream(customer_key: str) -> str:
    """The stream of this customer's orders: one customer's orders always take the same one."""
    return ORDERS[zlib.crc32(customer_key.encode()) % PARTITIONS]


def imports_stream(size: int) -> str:
    """The stream of an import whose file has so many bytes."""
    return SMALL_IMPORTS if size <= _SMALL else IMPORTS


def publish(stores: Stores, stream: str, payloads: Iterable[Any]) -> list[str]:
    """Append one entry a payload and return the entries' ids.

    When it returns, Redis holds the entries in its append-only file. A failure in the middle may leave
    some of them: publish again, consumers recognise what they have seen.
    """
    return publish_all(stores, {stream: payloads})


def publish_all(stores: Stores, payloads: Mapping[str, Iterable[Any]]) -> list[str]:
    """`publish` on several streams in as few round trips: `{stream: payloads}`."""
    ids: list[str] = []
    pipe = stores.redis.pipeline(transaction=False)
    pending = 0
    for stream, entries in payloads.items():
        for entry in entries:
            pipe.xadd(key(stores, stream), {"d": data(entry)})
            pending += 1
            if pending == _PIPELINE:
                ids += [made.decode() for made in pipe.execute()]
                pending = 0
    if pending:
        ids += [made.decode() for made in pipe.execute()]
    return ids


def data(payload: Any) -> bytes:
    """What an entry carries, as it is written."""
    return orjson.dumps(payload)


def payload(fields: dict[bytes, bytes]) -> Any:
    """What an entry carries. Raises ValueError when it is no JSON of ours."""
    if b"d" not in fields:
        raise ValueError("the entry has no payload")
    return orjson.loads(fields[b"d"])


def memory(stores: Stores, names: Iterable[str]) -> int:
    """About how many bytes these streams hold in Redis, what is acknowledged and not yet trimmed included."""
    pipe = stores.redis.pipeline(transaction=False)
    for name in names:
        pipe.memory_usage(key(stores, name))
    return sum(int(held or 0) for held in pipe.execute())


def backlog(stores: Stores, *names: str) -> int:
    """Entries of these streams that no worker has acknowledged yet (waiting or being handled)."""
    pipe = stores.redis.pipeline(transaction=False)
    for name in names:
        pipe.xinfo_groups(key(stores, name))
        pipe.xlen(key(stores, name))
    answers = pipe.execute(raise_on_error=False)
    return sum(map(_waiting, answers[::2], answers[1::2]))


def _waiting(groups: Any, length: Any) -> int:
    """Of one stream, from what Redis says of its groups: an error where there is no such stream."""
    if isinstance(length, Exception):
        raise length
    for group in () if isinstance(groups, ResponseError) else groups:
        if group["name"] in (GROUP, GROUP.encode()) and group.get("lag") is not None:
            return int(group["lag"]) + int(group["pending"])
    return int(length)
