"""What the product asks of whoever carries its messages."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """One message for one customer.

    `key` is the idempotency key, `campaign:customer:attempt`: a vendor that has seen it must not send again,
    but answer as it did before.
    """

    key: str
    customer_id: str
    attempt: int
    address: str | None
    body: str


class Receipt(NamedTuple):
    """What became of one message: `sent`, or `failed` for good with a reason."""

    customer_id: str
    attempt: int
    status: str
    reason: str | None = None
    message_id: str | None = None


class Vendor(Protocol):
    """A carrier of messages.

    `submit` takes charge of the messages and returns the receipts that are known already; the others come
    later, through the API, in any order and any number of times. Raises Unavailable when it took none.
    """

    @property
    def name(self) -> str: ...

    def submit(self, messages: Sequence[Message]) -> list[Receipt]: ...
