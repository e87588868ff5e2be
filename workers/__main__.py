"""`python -m workers [kind...]`: run the roles of these kinds, or all of them, until told to stop.

Run as many as you like, on as many machines: they share the work.
"""

import argparse
import logging
import signal
import sys
from types import FrameType

from crm import garbage
from crm.errors import NotRunning
from crm.settings import Settings, settings
from crm.stores import indexes
from crm.stores.connection import Stores, connect
from crm.stores.outages import is_outage
from workers import logs, roles
from workers.consumer import Policy
from workers.process import Worker

log = logging.getLogger("workers")

_STANDING_ENDS = 10.0  # seconds; whatever was being written then is left out by whoever reads


def main(arguments: list[str]) -> int:
    """0 after an orderly stop, 1 after a role died, 2 where there are no stores to work on."""
    known = [*roles.KINDS, *roles.STANDING]
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="kind", help=f"one of: {', '.join(known)}; default: all")
    kinds = parser.parse_args(arguments).kinds or known
    if unknown := [kind for kind in kinds if kind not in known]:
        parser.error(f"unknown kind {unknown[0]!r}; there are {', '.join(known)}")
    logs.configure()
    config = settings()
    try:
        stores = connect(config.endpoints(), config.database, config.prefix)
    except NotRunning as error:
        print(error.message, file=sys.stderr)  # noqa: T201  # the answer to whoever typed the command
        return 2
    return _work(config, stores, kinds)


def _work(config: Settings, stores: Stores, kinds: list[str]) -> int:
    chosen = [role for kind in dict.fromkeys(kinds) for role in roles.KINDS.get(kind, ())]
    worker = Worker(stores, chosen, Policy(config.claim_after, config.max_attempts))

    def stop(signum: int, frame: FrameType | None) -> None:
        worker.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    _prepare(stores, worker)
    garbage.tend(garbage.WORKER)
    log.info(
        "worker started",
        extra={"action": "worker_started", "consumer": worker.consumer, "kinds": kinds},
    )
    standing = [start(stores, config, worker.stop) for kind, start in roles.STANDING.items() if kind in kinds]
    healthy = worker.run() if chosen else worker.stop.wait()
    worker.stop.set()
    for thread in standing:
        thread.join(_STANDING_ENDS)
    log.info("worker stopped", extra={"action": "worker_stopped", "consumer": worker.consumer})
    stores.close()
    return 0 if healthy else 1


def _prepare(stores: Stores, worker: Worker) -> None:
    """Collections and indexes, as soon as MongoDB answers."""
    while not worker.stop.is_set():
        try:
            indexes.ensure(stores)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("waiting for the stores", extra={"action": "store_away", "error": repr(error)[:300]})
            worker.stop.wait(0.5)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
