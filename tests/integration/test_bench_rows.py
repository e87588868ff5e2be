"""Every figure once, tiny, on one stage: each row is there, whole, and of the size that it says."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from benchmarks import bare, delivery, ingest, posts, reading, results, uploads
from benchmarks.figure import UNITS, Figure
from benchmarks.stage import Stage, whole_stage

ROOT = Path(__file__).resolve().parents[2]
SCALE = 0.001
# Those of the segments' suite need a browser and the snapshot of a shop of some size.
ELSEWHERE = {"orders_stream_hot", "edit_to_number", "behaviour_1m", "overview_reports", "explore_reports"} | {
    name for name in UNITS if name.startswith(("preview_", "snapshot_"))
}
LIMITED = {"orders_stream", "orders_csv_1m", "post_order", "deliver_1m", "rate_held"}


def figures(stage: Stage) -> Iterator[Figure]:
    """Everything that the suites measure, without their many rounds."""
    yield from reading.run(SCALE, reading.FIGURES)
    yield from uploads.run(stage, SCALE)
    yield from posts.run(stage, SCALE, rounds=1)
    stage.clear()
    yield ingest.orders_stream(stage, "orders_stream", 500, 500, skew=0.8, rounds=1)
    stage.clear()
    bare.load_customers(stage, 1000)
    yield from delivery.deliver(stage, 1000)
    yield delivery.plan(stage, 1000)
    yield delivery.first_message(stage, 1000, launches=1)
    yield delivery.rate_held(stage, 1000)
    yield delivery.fair_share(stage, 100, many=3, seconds=2)  # so slow that none of them ends meanwhile
    yield results.lift_1m(stage, 1000)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    with whole_stage() as stage:
        return [orjson.loads(figure.line()) for figure in figures(stage)]


def test_every_figure_has_a_row(rows: list[dict[str, object]]) -> None:
    names = [row["name"] for row in rows]
    assert sorted(names) == sorted(UNITS.keys() - ELSEWHERE)


def test_every_row_is_whole(rows: list[dict[str, object]]) -> None:
    for row in rows:
        assert list(row) == ["name", "value", "unit", "limit", "ratio", "n"]
        assert row["value"] > 0 or row["name"] == "fair_share"  # nought where all had the same
        assert 0 < row["n"] <= 1000
        assert (row["limit"] is not None) == (row["ratio"] is not None) == (row["name"] in LIMITED)


def test_a_suite_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"], cwd=ROOT, capture_output=True, timeout=120
    )
    assert done.returncode == 2
    assert b"'nothing'" in done.stderr
    assert not done.stdout


def test_a_figure_that_is_not_there_is_named() -> None:
    asked = [sys.executable, "-m", "benchmarks", "ingest", "--only", "nothing"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == 2
    assert b"'nothing'" in done.stderr
