"""One figure: a row of JSON on standard output."""

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

UNITS = {
    "preview_1m": "ms",
    "preview_text_1m": "ms",
    "preview_vs_facet": "x",
    "preview_text_vs_facet": "x",
    "behaviour_1m": "ms",
    "overview_reports": "ms of processor",
    "explore_reports": "ms of processor",
    "edit_to_number": "ms",
    "snapshot_memory": "MB",
    "snapshot_refresh_10k": "s",
    "snapshot_open": "s",
    "preview_100k": "ms",
    "preview_10m": "ms",
    "orders_stream": "orders/s",
    "orders_stream_hot": "orders/s",
    "customers_csv_1m": "rows/s",
    "orders_csv_1m": "rows/s",
    "import_memory": "MB",
    "read_customers": "µs of processor",
    "read_orders": "µs of processor",
    "read_xlsx": "µs of processor",
    "post_order": "requests/s",
    "orders_ndjson": "orders/s",
    "edit_while_importing": "s",
    "deliver_1m": "messages/s",
    "deliver_memory": "x",
    "plan_1m": "s",
    "first_message": "s",
    "fair_share": "share",
    "rate_held": "messages/s",
    "lift_1m": "s",
}
"""Name → unit of every figure. What each one measures is written down in docs/performance.md."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, of `n` things. `limit` is what a bare loop reached in the same run."""

    name: str
    value: float
    n: int
    limit: float | None = None

    @property
    def unit(self) -> str:
        return UNITS[self.name]

    @property
    def ratio(self) -> float | None:
        """Value over limit; None where there is no limit."""
        return self.value / self.limit if self.limit else None

    def line(self) -> str:
        """`{"name","value","unit","limit","ratio","n"}` as one line of JSON, numbers to four digits."""
        row = {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "limit": _short(self.limit),
            "ratio": _short(self.ratio),
            "n": self.n,
        }
        return orjson.dumps(row).decode()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values does not exceed: never between two.

    Raises ValueError where there are no values.
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    return statistics.median(values)


def size(full: int, scale: float, least: int = 1) -> int:
    """A size at this scale, and not below `least`."""
    return max(least, round(full * scale))


def note(text: str) -> None:
    """Say how far it is, on standard error: standard output carries figures only."""
    print(f"  {text}", file=sys.stderr, flush=True)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
