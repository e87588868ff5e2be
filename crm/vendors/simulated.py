"""A vendor without a network: sends nine in ten, refuses one in ten for good, and has every fault on demand.

All that looks like chance is a hash of the idempotency key (campaign, customer, attempt), the seed and the
fault's name: the same message always gets the same answer, however often it is handed over, another attempt
gets a verdict of its own, and a test can tell both beforehand.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from crm.errors import Unavailable
from crm.vendors.protocol import CHANNELS, Answer, Limits, Message, Verdict

NAME = "simulated"
REASONS = ("the address does not exist", "the mailbox is full", "refused by the recipient's provider")
BUSY = "the vendor is busy"
_SCALE = 1 << 64


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, each share 0 to 1 of the messages.

    `latency` is seconds a call; in an `outage` no call is answered; beyond `throttle` messages a second the
    rest of a call is put off. `temporary` is the share that is put off, decided anew for each try.
    Receipts: the share that comes twice, comes `late_by` seconds late, and never comes.
    """

    latency: float = 0.0
    outage: bool = False
    throttle: float | None = None
    temporary: float = 0.0
    duplicate: float = 0.0
    late: float = 0.0
    late_by: float = 5.0
    lost: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SimulatedVendor:
    """`refused` is the share of messages that fail for good, 0 to 1."""

    refused: float = 0.1
    faults: Faults = Faults()
    limits: Limits = field(default_factory=Limits)
    name: str = NAME
    channels: frozenset[str] = frozenset(CHANNELS)
    honours_keys: bool = True
    _window: "_Window" = field(default_factory=lambda: _Window(), compare=False)

    def submit(self, messages: Sequence[Message]) -> list[Answer]:
        """Answers for each message; raises Unavailable in an outage."""
        if self.faults.latency:
            time.sleep(self.faults.latency)
        if self.faults.outage:
            raise Unavailable("The vendor does not answer.")
        room = self._window.take(len(messages), self.faults.throttle)
        if room == len(messages) and not (self.faults.temporary or self._tells_later):
            return [self._verdict(message.key) for message in messages]
        answers = [Answer(message.key, Verdict.TEMPORARY, BUSY) for message in messages[room:]]
        for message in messages[:room]:
            if self.faults.temporary and self._draw(message.key, f"try {message.tries}") < self._share(
                self.faults.temporary
            ):
                answers.append(Answer(message.key, Verdict.TEMPORARY, "try again later"))
            else:
                answers += self._told(message.key)
        return answers

    def ask(self, keys: Sequence[str]) -> list[Answer]:
        """The verdicts: they follow from the keys."""
        if self.faults.outage:
            raise Unavailable("The vendor does not answer.")
        return [self._verdict(key) for key in keys]

    def check(self) -> str:
        """Whether there is an outage."""
        if self.faults.outage:
            raise Unavailable("The vendor does not answer.")
        return "The simulated vendor answers. It reaches nobody."

    @property
    def _tells_later(self) -> bool:
        """Whether an answer may be anything but the verdict, once and at once."""
        return bool(self.faults.lost or self.faults.duplicate or self.faults.late)

    def _told(self, key: str) -> list[Answer]:
        """The verdict, and how it gets here."""
        verdict, faults = self._verdict(key), self.faults
        if faults.lost and self._draw(key, "lost") < self._share(faults.lost):
            return [Answer(key, Verdict.ACCEPTED)]
        times = 2 if faults.duplicate and self._draw(key, "twice") < self._share(faults.duplicate) else 1
        if faults.late and self._draw(key, "late") < self._share(faults.late):
            return [Answer(key, Verdict.ACCEPTED), *[verdict._replace(after=faults.late_by)] * times]
        return [verdict] * times

    def _verdict(self, key: str) -> Answer:
        draw = self._draw(key)
        if draw < self._share(self.refused):
            return Answer(key, Verdict.FAILED, REASONS[draw % len(REASONS)])
        return Answer(key, Verdict.SENT)

    def _draw(self, key: str, purpose: str = "") -> int:
        seed = self.faults.seed
        text = f"{key}|{purpose}|{seed}" if purpose or seed else key
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

    @staticmethod
    def _share(share: float) -> int:
        return int(share * _SCALE)


class Configuration(BaseModel):
    """What Settings may say of the simulated vendor, by its JSON names (`lateBy`, `answerWithin`)."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)
    refused: float = Field(0.1, ge=0, le=1)
    latency: float = Field(0.0, ge=0, le=30)
    outage: bool = False
    throttle: float | None = Field(None, gt=0)
    temporary: float = Field(0.0, ge=0, le=1)
    duplicate: float = Field(0.0, ge=0, le=1)
    late: float = Field(0.0, ge=0, le=1)
    late_by: float = Field(5.0, ge=0, le=86_400)
    lost: float = Field(0.0, ge=0, le=1)
    seed: int = 0
    rate: float | None = Field(None, gt=0)
    batch: int = Field(500, ge=1, le=500)
    calls: int = Field(1, ge=1, le=200)
    tries: int = Field(5, ge=1, le=20)
    answer_within: float = Field(60.0, gt=0, le=7 * 86_400)


def build(configuration: Mapping[str, Any]) -> SimulatedVendor:
    """The vendor that this configuration describes. Raises pydantic's ValidationError."""
    given = Configuration.model_validate(dict(configuration))
    faults = Faults(
        **given.model_dump(
            include={
                "latency", "outage", "throttle", "temporary", "duplicate", "late", "late_by", "lost", "seed"
            }
        )
    )  # fmt: skip
    limits = Limits(**given.model_dump(include={"rate", "batch", "calls", "tries", "answer_within"}))
    return SimulatedVendor(refused=given.refused, faults=faults, limits=limits)


class _Window:
    """How many messages were taken in the second that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second = 0
        self._taken = 0

    def take(self, wanted: int, per_second: float | None) -> int:
        if per_second is None:
            return wanted
        with self._lock:
            second = int(time.monotonic())
            if second != self._second:
                self._second, self._taken = second, 0
            granted = max(0, min(wanted, int(per_second) - self._taken))
            self._taken += granted
            return granted
