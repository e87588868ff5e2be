"""The states of a campaign and of a delivery, and every arrow between them.

The tables are the one place that says what may follow what. The stores hand `allowed_from` to the database,
which referees each change; the pages ask `allows` before they offer a button; the documentation's diagrams
are compared with them by a test.
"""

from dataclasses import dataclass
from enum import StrEnum


class CampaignStatus(StrEnum):
    """Where a campaign is in its life; `CAMPAIGN` has the ways between them."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PLANNING = "planning"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class CampaignAction(StrEnum):
    """What moves a campaign from one status to another."""

    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    LAUNCH = "launch"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    CANCEL = "cancel"
    RETRY = "retry"


class DeliveryState(StrEnum):
    """What became of one message; `DELIVERY` has the ways between them."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: `action` leads from `source` to `target`. `why` is what the documentation says of it."""

    action: str
    source: str
    target: str
    why: str


_D = CampaignStatus

CAMPAIGN: tuple[Transition, ...] = (
    Transition("schedule", _D.DRAFT, _D.SCHEDULED, "it is launched by itself at a chosen time"),
    Transition("unschedule", _D.SCHEDULED, _D.DRAFT, "it was called back, or could not be launched in time"),
    Transition("launch", _D.DRAFT, _D.PLANNING, "rules, message and the instant are frozen"),
    Transition("launch", _D.SCHEDULED, _D.PLANNING, "its time has come, or somebody would not wait"),
    Transition("start", _D.PLANNING, _D.RUNNING, "the audience is written down; its size is fixed"),
    Transition("pause", _D.RUNNING, _D.PAUSED, "no further batch is handed to the vendor"),
    Transition("resume", _D.PAUSED, _D.RUNNING, "unfinished batches are published again"),
    Transition("finish", _D.RUNNING, _D.FINISHED, "nobody is pending any more"),
    Transition("finish", _D.PAUSED, _D.FINISHED, "the last answers came in while it was paused"),
    Transition("retry", _D.RUNNING, _D.RUNNING, "failed messages become pending again"),
    Transition("retry", _D.PAUSED, _D.PAUSED, "failed messages become pending, and wait for resume"),
    Transition("retry", _D.FINISHED, _D.RUNNING, "failed messages become pending again"),
    Transition("cancel", _D.DRAFT, _D.CANCELLED, "it was never launched"),
    Transition("cancel", _D.SCHEDULED, _D.CANCELLED, "it was never launched"),
    Transition("cancel", _D.PLANNING, _D.CANCELLED, "nobody was written down, nobody is messaged"),
    Transition("cancel", _D.RUNNING, _D.CANCELLED, "whoever was not handed to the vendor is cancelled"),
    Transition("cancel", _D.PAUSED, _D.CANCELLED, "whoever was not handed to the vendor is cancelled"),
)

NEW = "new"
_S = DeliveryState

DELIVERY: tuple[Transition, ...] = (
    Transition("plan", NEW, _S.PENDING, "the person is in the audience that was written down"),
    Transition("receipt", _S.PENDING, _S.SENT, "the vendor says so"),
    Transition("receipt", _S.PENDING, _S.FAILED, "the vendor refused it for good"),
    Transition("skip", _S.PENDING, _S.SKIPPED, "it can't be sent: deleted since, or a field is missing"),
    Transition("cancel", _S.PENDING, _S.CANCELLED, "the campaign was cancelled before the vendor had it"),
    Transition("retry", _S.FAILED, _S.PENDING, "another attempt, with its own idempotency key"),
)

UNFINISHED = frozenset({_D.DRAFT, _D.SCHEDULED, _D.PLANNING, _D.RUNNING, _D.PAUSED})
NOT_BEGUN = frozenset({_D.DRAFT, _D.SCHEDULED})
"""Statuses before a launch."""

MOVING = frozenset({_D.PLANNING, _D.RUNNING})
"""Statuses in which a campaign changes by itself."""


def allowed_from(action: CampaignAction) -> tuple[str, ...]:
    """The statuses from which this action may be taken."""
    return tuple(arrow.source for arrow in CAMPAIGN if arrow.action == action)


def target_of(action: CampaignAction, source: str) -> CampaignStatus | None:
    """Where the action leads from this status; None where it is not allowed."""
    for arrow in CAMPAIGN:
        if arrow.action == action and arrow.source == source:
            return CampaignStatus(arrow.target)
    return None


def allows(status: str, action: CampaignAction) -> bool:
    """Whether a campaign in this status may be taken through this action."""
    return target_of(action, status) is not None
