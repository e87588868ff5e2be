"""`python -m benchmarks [suite...]`: measure these suites, or all, and print one line of JSON a figure."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from benchmarks import delivery, ingest, segments
from benchmarks.figure import Figure

SUITES: dict[str, Callable[[float], Iterator[Figure]]] = {
    "segments": segments.run,
    "ingest": ingest.run,
    "delivery": delivery.run,
}
"""Suite → what measures it, one figure after the other, at a scale of 0 to 1."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"of {', '.join(SUITES)}; default: all")
    parser.add_argument(
        "--scale",
        type=float,
        default=float(os.environ.get("CRM_BENCH_SCALE", "1")),
        help="divide all sizes: 0.1 measures a tenth (default: CRM_BENCH_SCALE, else 1)",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.suites if name not in SUITES]:
        parser.error(f"unknown suite {unknown[0]!r}; there are {', '.join(SUITES)}")
    if not 0 < options.scale <= 1:
        parser.error("the scale is more than 0 and at most 1")
    for name in options.suites or SUITES:
        for figure in SUITES[name](options.scale):
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
