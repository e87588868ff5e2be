"""What the product asks of whoever carries its messages.

A vendor answers each message with one of the verdicts below, at once or later. Three kinds fit:

- one that answers at once (`sent`, `failed`, `temporary`): the simulated one, SMTP;
- one that takes charge (`accepted`) and tells the rest by receipts through the API: a message service;
- a mixture of both.

`docs/delivery.md` says what becomes of each verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

EMAIL, SMS = "email", "sms"
CHANNELS = (EMAIL, SMS)


class Verdict(StrEnum):
    """What a vendor says of one message."""

    ACCEPTED = "accepted"  # in charge; a receipt says the rest
    SENT = "sent"
    FAILED = "failed"  # refused for good
    TEMPORARY = "temporary"  # not taken; the same key may be tried again later
    UNCLEAR = "unclear"  # perhaps taken, and there is no way to find out


class Message(NamedTuple):
    """One message for one customer.

    `key` is the idempotency key, `campaign:customer:attempt`: a vendor that has seen it must not send again,
    but answer as it did before. `tries` says how often this key was put off as `temporary` before. `text` is
    the plain body; `subject` and `html` come with e-mail alone. `unsubscribe` is the link by which its
    receiver unsubscribes (a POST to it does so at once), for the headers of an e-mail.
    """

    key: str
    channel: str
    address: str | None
    text: str
    subject: str | None = None
    html: str | None = None
    tries: int = 0
    unsubscribe: str | None = None


class Answer(NamedTuple):
    """What became of the message with this key. `after`: seconds from now until it may be known."""

    key: str
    verdict: Verdict
    reason: str | None = None
    message_id: str | None = None
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vendor can take.

    `batch` messages a call, `calls` at the same time from one process, `rate` messages a second from all
    processes together (None: as fast as it goes). A message put off as temporary is tried `tries` times in
    all. An accepted one without a receipt after `answer_within` seconds is asked for.
    """

    batch: int = 500
    calls: int = 1
    rate: float | None = None
    tries: int = 5
    answer_within: float = 60.0


class Vendor(Protocol):
    """A carrier of messages. Used from several threads at once.

    `submit` takes at most `limits.batch` messages. It answers for each of them, in any order and perhaps more
    than once, or raises Unavailable when it took none; any other exception leaves open which it took. `ask`
    says what became of keys that were accepted; one that the vendor has never seen is left out.

    Where `honours_keys` is false, nothing is submitted a second time by itself: a message whose answer is
    lost fails as unclear.

    `check` tries the connection and sends nothing: a sentence for people, or Unavailable with the reason.
    """

    @property
    def name(self) -> str: ...

    @property
    def channels(self) -> frozenset[str]: ...

    @property
    def honours_keys(self) -> bool: ...

    @property
    def limits(self) -> Limits: ...

    def submit(self, messages: Sequence[Message]) -> list[Answer]: ...

    def ask(self, keys: Sequence[str]) -> list[Answer]: ...

    def check(self) -> str: ...
