"""Which kinds of work there are, and what each one reads. One line a role."""

import threading
from collections.abc import Callable

from crm.settings import Settings
from crm.stores import streams
from crm.stores.connection import Stores
from workers import imports, ingest, plan, receipts, segments, send, snapshot
from workers.role import Role

_MANY = 32  # entries at a time: single records, which come one an entry, shall not take a transaction each
_LINGER = 0.03  # seconds; at some hundred requests a second this makes one transaction of ten

READERS = 3
"""Threads of a process that read files, each one at a time; one more reads small ones alone."""

PERSISTERS = 2
"""Threads of a process that persist orders, each from streams of its own."""

SENDERS = 3
"""Threads of a process that hand batches over."""

KINDS: dict[str, tuple[Role, ...]] = {
    "imports": (
        Role(
            "imports", (streams.IMPORTS,), imports.handle, count=1, buried=imports.buried, tend=imports.tend
        ),
        # While one reads a long file, the others take the next ones.
        *(
            Role(f"imports-{number}", (streams.IMPORTS,), imports.handle, count=1, buried=imports.buried)
            for number in range(2, READERS + 1)
        ),
        # While all of them read long files, a short one does not wait.
        Role("imports-small", (streams.SMALL_IMPORTS,), imports.handle, count=1, buried=imports.buried),
    ),
    "ingest": (
        # Orders may have to wait for customers, so each has a thread of its own.
        Role(
            "customers",
            (streams.PRODUCTS, streams.CUSTOMERS),
            ingest.handle,
            count=_MANY,
            buried=ingest.buried,
            isolate=ingest.isolate,
            linger=_LINGER,
        ),
        # While one waits for a commit, another goes on.
        *(
            Role(
                f"orders-{number}",
                streams.ORDERS,
                ingest.handle,
                count=_MANY,
                buried=ingest.buried,
                isolate=ingest.isolate,
                leased=True,
                readers="orders",
                most_bytes=4_000_000,  # more orders than share a transaction
                linger=_LINGER,
            )
            for number in range(1, PERSISTERS + 1)
        ),
    ),
    "delivery": (
        Role("plan", (streams.PLAN,), plan.handle, count=1, tend=plan.tend),
        Role("send", (streams.SEND,), send.handle, count=4, tend=send.tend, tend_every=1.0),
        # While one waits for a slow vendor, or for a rate, the others go on.
        *(Role(f"send-{number}", (streams.SEND,), send.handle, count=4) for number in range(2, SENDERS + 1)),
        # Receipts come one an entry from outside: those of one batch are settled together.
        Role(
            "receipts",
            (streams.RECEIPTS,),
            receipts.handle,
            count=64,
            tend=receipts.tend,
            tend_every=1.0,
            linger=_LINGER,
        ),
    ),
}
"""Kind, as named on the command line → its roles; each role is a thread."""

STANDING: dict[str, Callable[[Stores, Settings, threading.Event], threading.Thread]] = {
    "snapshot": snapshot.start,
    "segments": segments.start,
}
"""Kinds that read no stream, each a thread until the worker stops: one keeps the columnar copy of customers
and orders, one counts the saved segments once a day."""
