"""How a campaign's status, progress and pace are written and coloured. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from crm.lifecycle import MOVING, CampaignStatus, DeliveryState
from ui import format as fmt

Color = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]
Campaign = dict[str, Any]

_SOON, _FAR = 120, 3650 * 86_400  # seconds: what ends before or after is told no clock time

SETTLED = ("sent", "failed", "skipped", "cancelled")


@dataclass(frozen=True, slots=True)
class Mark:
    """The look of a status or state: its word, icon and colour."""

    label: str
    icon: str
    color: Color


STATUS: dict[str, Mark] = {
    CampaignStatus.DRAFT: Mark("Draft", ":material/edit_note:", "gray"),
    CampaignStatus.SCHEDULED: Mark("Scheduled", ":material/schedule_send:", "violet"),
    CampaignStatus.PLANNING: Mark("Planning", ":material/pending:", "blue"),
    CampaignStatus.RUNNING: Mark("Running", ":material/play_circle:", "blue"),
    CampaignStatus.PAUSED: Mark("Paused", ":material/pause_circle:", "orange"),
    CampaignStatus.FINISHED: Mark("Finished", ":material/check_circle:", "green"),
    CampaignStatus.CANCELLED: Mark("Cancelled", ":material/cancel:", "gray"),
}

STATE: dict[str, Mark] = {
    DeliveryState.SENT: Mark("Sent", ":material/check:", "green"),
    DeliveryState.FAILED: Mark("Failed", ":material/error:", "red"),
    DeliveryState.SKIPPED: Mark("Skipped", ":material/block:", "gray"),
    DeliveryState.CANCELLED: Mark("Cancelled", ":material/cancel:", "orange"),
    DeliveryState.PENDING: Mark("Pending", ":material/schedule:", "blue"),
}


def count(campaign: Campaign, state: str) -> int:
    return int(campaign[f"{state}Count"])


def settled(campaign: Campaign) -> int:
    """How many recipients are not pending any more."""
    return sum(count(campaign, state) for state in SETTLED)


def share(campaign: Campaign) -> float:
    """How far it got: the share that was sent, failed or skipped, 0–1; 0 while there is no audience yet."""
    size = campaign["audienceSize"] or 0
    return (settled(campaign) - count(campaign, "cancelled")) / size if size else 0.0


def moves(campaign: Campaign) -> bool:
    """Whether it changes by itself: it is planned or sent, or its last answers are still to come."""
    ended = campaign["status"] == CampaignStatus.CANCELLED
    return campaign["status"] in MOVING or (ended and count(campaign, "pending") > 0)


def summary(campaign: Campaign) -> str:
    """`1,111 sent · 123 failed`, with the states that hold somebody."""
    if campaign["status"] == CampaignStatus.PLANNING:
        return f"Writing the audience down: about {fmt.count(campaign['expectedSize'] or 0, 'customer')}"
    parts = [
        f"{fmt.number(count(campaign, state))} {STATE[state].label.lower()}"
        for state in (*SETTLED, "pending")
        if count(campaign, state)
    ]
    return " · ".join(parts) or "Nobody was sent anything"


@dataclass(frozen=True, slots=True)
class Sample:
    """How many were settled at an instant (seconds on any clock that does not go back)."""

    at: float
    settled: int


def pace(samples: list[Sample], window: float = 12.0) -> float | None:
    """Recipients settled a second over the last `window` seconds; None before two samples."""
    recent = [sample for sample in samples if samples[-1].at - sample.at <= window] if samples else []
    if len(recent) < 2 or recent[-1].at <= recent[0].at:
        return None
    return max(0.0, (recent[-1].settled - recent[0].settled) / (recent[-1].at - recent[0].at))


def time_left(pending: int, rate: float | None) -> str:
    """`about 2 minutes left`, or an empty text where it can't be told."""
    if not pending or not rate:
        return ""
    seconds = pending / rate
    if seconds < 3:
        return "almost done"
    if seconds < 90:
        return f"about {fmt.count(max(1, round(seconds)), 'second')} left"
    if seconds < 90 * 60:
        return f"about {fmt.count(round(seconds / 60), 'minute')} left"
    return f"about {fmt.count(round(seconds / 3600), 'hour')} left"


def ends(pending: int, rate: float | None, now: datetime, zone: ZoneInfo) -> str:
    """`done about 14:05`, with the day where it is another one; empty where it is soon, far or not known."""
    if not pending or not rate or not _SOON <= pending / rate < _FAR:
        return ""
    end = (now + timedelta(seconds=pending / rate)).astimezone(zone)
    day = "" if end.date() == now.astimezone(zone).date() else f"{fmt.day(end, zone)}, "
    return f"done about {day}{end:%H:%M}"


def lasted(start: datetime | None, end: datetime | None) -> str:
    """`12 s`, `3 min 5 s`, `2 h 10 min`; a dash where it has not both ends."""
    if start is None or end is None:
        return fmt.NOTHING
    seconds = max(0.0, (end - start).total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
