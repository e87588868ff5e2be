"""How often a process looks for reference cycles."""

import gc

Pace = tuple[int, int, int]

WORKER: Pace = (100_000, 50, 100)
"""A batch is some ten thousand small objects that hold no cycles and go by their counts."""
WEB: Pace = (700, 10, 10)
"""Python's own: sessions of people do hold cycles, and memory counts. What the start has made is the most."""


def tend(pace: Pace) -> None:
    """Look for cycles at this pace, and never among what is there by now. Called once all is imported.

    At Python's own pace that was half of a worker's processor time (54 against 28 µs an order), and for the
    web process, which has most to look through, two fifths of what taking an order in costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*pace)
