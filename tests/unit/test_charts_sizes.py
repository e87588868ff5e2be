"""The line of a segment's sizes, and its differences in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from crm.saved.versions import Step
from ui import charts_sizes, segment_versions

AT = datetime(2026, 5, 15, 20, tzinfo=UTC)


def test_a_point_stands_at_its_instant_in_the_zone_with_its_share():
    points = [{"at": AT, "size": 5, "total": 10}, {"at": AT + timedelta(days=1), "size": 7, "total": None}]
    line = charts_sizes.figure(points, ZoneInfo("Asia/Kolkata")).data[0]
    assert list(line.y) == [5, 7]
    assert line.x[0].isoformat() == "2026-05-16T01:30:00"
    assert [one[0] for one in line.customdata] == ["50\u00a0%", "–"]


def test_differences_are_told_and_peoples_texts_are_no_formatting():
    steps = [
        Step("added", "rules", None, "live in *Pune*"),
        Step("changed", "rules", "spent more than ₹1", "spent more than ₹2"),
        Step("rejoined", "rules", "all of these", "any of these"),
    ]
    lines = segment_versions.told(steps).splitlines()
    assert len(lines) == 3
    assert r"live in \*Pune\*" in lines[0]
    assert "~~spent more than ₹1~~ is now **spent more than ₹2**" in lines[1]
    assert "**any of these**, before for all of these" in lines[2]
