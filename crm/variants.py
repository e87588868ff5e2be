"""Chance that can be explained: who is held out, and who gets which variant. Pure.

Both are hashes of campaign and customer, drawn from different bits: a retry never changes them, and being
held out says nothing about the variant.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate

_SCALE = 1 << 64


@dataclass(frozen=True, slots=True)
class Draw:
    """Where a customer falls in a campaign: two independent numbers from 0 to 2⁶⁴−1."""

    holdout: int
    variant: int


def draw(campaign_id: str, customer_id: str) -> Draw:
    """The same for the same two ids, for ever."""
    digest = _digest(_begun(campaign_id), customer_id)
    return Draw(int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big"))


def _begun(campaign_id: str) -> blake2b:
    return blake2b(f"{campaign_id}:".encode(), digest_size=16, person=b"crm.draw")


def _digest(begun: blake2b, customer_id: str) -> bytes:
    hashed = begun.copy()  # half the time of beginning anew, a million times a plan
    hashed.update(customer_id.encode())
    return hashed.digest()


class Lots:
    """Draws for one campaign: a holdout share (0 to 1) and the weights of its variants."""

    __slots__ = ("_begun", "_edges", "_held", "campaign_id")

    def __init__(self, campaign_id: str, holdout: float, weights: Sequence[float]) -> None:
        self.campaign_id = campaign_id
        self._begun = _begun(campaign_id)
        self._held = int(holdout * _SCALE)
        total = sum(weights)
        self._edges = [int(edge / total * _SCALE) for edge in accumulate(weights)][:-1]

    def held_out(self, customer_id: str) -> bool:
        """Whether this customer is one of those who are not messaged, to compare with."""
        return bool(self._held) and self._held > int.from_bytes(_digest(self._begun, customer_id)[:8], "big")

    def variant(self, customer_id: str) -> int:
        """The index of this customer's variant; 0 where there is one message for all."""
        if not self._edges:
            return 0
        return bisect_right(self._edges, int.from_bytes(_digest(self._begun, customer_id)[8:], "big"))
