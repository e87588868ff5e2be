"""The one place that asks the clock; everything below takes `now` as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This instant, aware, in UTC, in whole milliseconds (what MongoDB keeps)."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
