"""`python -m benchmarks [suite...]`: measure these suites, or all, and print one line of JSON a figure."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import delivery, ingest, results, segments
from benchmarks.figure import Figure

SUITES: dict[str, Callable[[float], Iterator[Figure]]] = {
    "segments": segments.run,
    "ingest": ingest.run,
    "delivery": delivery.run,
    "results": results.run,
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
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="figure",
        default=(),
        help="of ingest, measure these figures alone",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.suites if name not in SUITES]:
        parser.error(f"unknown suite {unknown[0]!r}; there are {', '.join(SUITES)}")
    if not 0 < options.scale <= 1:
        parser.error("the scale is more than 0 and at most 1")
    if unknown := [name for name in options.only if name not in ingest.FIGURES]:
        parser.error(
            f"{unknown[0]!r} can't be measured alone; of ingest these can: {', '.join(ingest.FIGURES)}"
        )
    if options.only and options.suites != ["ingest"]:
        parser.error("only the figures of ingest can be measured alone: name that suite")
    suites = SUITES | {"ingest": partial(ingest.run, only=options.only)}
    for name in options.suites or suites:
        for figure in suites[name](options.scale):
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
