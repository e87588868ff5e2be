"""A worker for the length of a test, in threads of the test's own process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from crm.stores.connection import Stores
from workers.consumer import Policy, Role
from workers.process import Worker


@contextmanager
def working(stores: Stores, roles: Sequence[Role], policy: Policy | None = None) -> Iterator[Worker]:
    """Run these roles until the block ends; fails where a role died of a mistake."""
    worker = Worker(stores, roles, policy or Policy(claim_after=1.0, max_attempts=3))
    healthy: list[bool] = []
    thread = threading.Thread(target=lambda: healthy.append(worker.run()))
    thread.start()
    try:
        yield worker
    finally:
        worker.stop.set()
        thread.join()
    assert healthy == [True]
