"""What the product asks of a language model: a rule tree for a prompt, or what it needs to know."""

from collections.abc import Callable, Mapping, Sequence
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


Check = Callable[[dict[str, Any]], None]
"""Raises InvalidRule for a tree that means nothing, with the path of the bad node."""


class Model(Protocol):
    """A language model. It is given the prompt and the field catalogue, never customers."""

    name: str

    def propose(
        self,
        text: str,
        *,
        fields: Mapping[str, Field],
        now: datetime,
        zone: ZoneInfo,
        currency: str,
        check: Check,
        current: Sequence[dict[str, Any]] = (),
        progress: Callable[[str], None] | None = None,
    ) -> Proposal:
        """One proposal for a prompt, whose rules `check` has taken; `fields` are those they may use.

        `current` are the nodes of the rule that stands there, as the prompt may be about changing it.
        `progress` is told in a sentence what is being waited for. Raises ModelFailed.
        """
        ...
