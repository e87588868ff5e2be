"""What the product asks of a language model: a rule tree for a prompt, or what it needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from crm.fields import Field


@dataclass(frozen=True, slots=True)
class Proposal:
    """A model's answer: `rules` as JSON that nobody has checked yet, or None and a `question`.

    `unknown_terms` are words of the prompt that it could not place; `assumptions` what it took for granted.
    """

    rules: dict[str, Any] | None
    question: str = ""
    unknown_terms: tuple[str, ...] = field(default=())
    assumptions: tuple[str, ...] = field(default=())


class ModelFailed(Exception):
    """No usable answer. `reason` completes the sentence "The language model …"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Model(Protocol):
    """A language model. It is given the prompt and the field catalogue, never customers."""

    name: str

    def propose(
        self, text: str, *, fields: Mapping[str, Field], now: datetime, zone: ZoneInfo, currency: str
    ) -> Proposal:
        """One proposal for a prompt; `fields` are those its rules may use. Raises ModelFailed."""
        ...
