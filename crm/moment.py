"""The one place that asks the clock; everything below takes `now` as an argument."""

from datetime import UTC, datetime


def stored(at: datetime) -> datetime:
    """The instant as MongoDB keeps it, in whole milliseconds, so that what we return equals what we read."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def utc_now() -> datetime:
    """This instant, aware, in UTC, in whole milliseconds (what MongoDB keeps)."""
    return stored(datetime.now(UTC))
