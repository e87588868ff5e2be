"""A vendor without a network: sends nine in ten, refuses one in ten for good.

The verdict is a hash of the idempotency key (campaign, customer, attempt): the same message always gets the
same answer, however often it is handed over, another attempt gets a verdict of its own, and a test can tell
both beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from crm.vendors.protocol import Message, Receipt

REASONS = ("the address does not exist", "the mailbox is full", "refused by the recipient's provider")
_SCALE = 1 << 64


@dataclass(frozen=True, slots=True)
class SimulatedVendor:
    """`refused` is the share of messages that fail for good, 0 to 1."""

    refused: float = 0.1
    name: str = "simulated"

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Answers at once, in the order of the messages."""
        threshold = int(self.refused * _SCALE)
        receipts = []
        for message in messages:
            draw = int.from_bytes(blake2b(message.key.encode(), digest_size=8).digest(), "big")
            if draw < threshold:
                reason = REASONS[draw % len(REASONS)]
                receipts.append(Receipt(message.customer_id, message.attempt, "failed", reason))
            else:
                receipts.append(Receipt(message.customer_id, message.attempt, "sent"))
        return receipts
