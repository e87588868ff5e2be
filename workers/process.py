"""One worker process: a thread a role, one heart for all of them, and an orderly end."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from crm.stores import groups
from crm.stores.connection import Stores
from crm.stores.outages import is_outage
from workers.consumer import Loop, Policy, Role

log = logging.getLogger(__name__)

_POLL = 0.2


def consumer_name() -> str:
    """A name that no other worker process has or had: the machine, the process and some chance."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


@dataclass(slots=True)
class Worker:
    """Runs roles until `stop` is set. Usable in a thread of a test as well as in a process of its own."""

    stores: Stores
    roles: Sequence[Role]
    policy: Policy = field(default_factory=Policy)
    stop: threading.Event = field(default_factory=threading.Event)
    consumer: str = field(default_factory=consumer_name)
    _failed: bool = field(default=False, init=False)

    def run(self) -> bool:
        """Work until `stop` is set. False when a role died of a mistake, which stops the others too."""
        loops = [Loop(self.stores, role, self.consumer, self.policy, self.stop) for role in self.roles]
        self._beat(loops)
        threads = [
            threading.Thread(target=self._role, args=(loop,), name=f"role-{loop.role.name}", daemon=True)
            for loop in loops
        ]
        done = threading.Event()
        heart = threading.Thread(target=self._heart, args=(loops, done), name="heart", daemon=True)
        for thread in (*threads, heart):
            thread.start()
        for thread in threads:
            while thread.is_alive():  # in slices, so that the main thread still sees signals
                thread.join(_POLL)
        done.set()
        heart.join()
        self._leave()
        return not self._failed

    def _role(self, loop: Loop) -> None:
        try:
            loop.run()
        except Exception:
            self._failed = True
            log.exception("a role died", extra={"action": "role_died", "role": loop.role.name})
        finally:
            self.stop.set()

    def _heart(self, loops: Sequence[Loop], done: threading.Event) -> None:
        # It beats until the loops are done, so that a long last batch is not taken for abandoned.
        while not done.wait(self.policy.beat_lasts / 4):
            self._beat(loops)

    def _beat(self, loops: Sequence[Loop]) -> None:
        try:
            groups.beat(self.stores, self.consumer, self.policy.beat_lasts)
            for loop in loops:
                loop.hold()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("could not show life", extra={"action": "beat_missed", "error": repr(error)[:300]})

    def _leave(self) -> None:
        try:
            groups.leave(self.stores, self.consumer)
        except Exception as error:
            if not is_outage(error):
                raise
