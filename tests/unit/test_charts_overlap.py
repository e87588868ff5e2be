"""The chart of the regions of several segments."""

from datetime import UTC, datetime

from crm.saved.overlap import Overlap, Region
from ui import charts_overlap, segment_overlap

AT = datetime(2026, 5, 15, tzinfo=UTC)
SEGMENTS = tuple(
    {"_id": key, "name": name, "size": 9} for key, name in zip("abc", ("<b>Big", "VIP", "New"), strict=True)
)
REGIONS = (
    Region((), 50),
    Region(("a",), 20),
    Region(("a", "c"), 9),
    Region(("a", "b", "c"), 1),
    Region(("b",), 0),
)


def overlap(regions: tuple[Region, ...] = REGIONS) -> Overlap:
    return Overlap(SEGMENTS, regions, 80, AT, AT, "mongodb")


def test_a_region_with_anybody_in_a_segment_is_a_bar_largest_first():
    bars = charts_overlap.figure(overlap()).data[0]
    assert (list(bars.y), [one[0] for one in bars.customdata]) == ([20, 9, 1], [1, 2, 3])


def test_dots_below_a_bar_are_strong_for_the_segments_it_is_in():
    dots = charts_overlap.figure(overlap()).data[2]
    strong = [(x, y) for x, y, o in zip(dots.x, dots.y, dots.marker.opacity, strict=True) if o == 1]
    assert strong == [(0, 0), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)]
    assert len(dots.x) == 9


def test_names_are_text_and_no_markup():
    figure = charts_overlap.figure(overlap())
    assert "&lt;b&gt;" in figure.layout.yaxis2.ticktext[0]
    assert "<b>Big" not in str(figure.data[0].customdata)


def test_a_region_is_named_by_what_it_is_in_and_what_not():
    found = overlap()
    names = [charts_overlap.name(found, region) for region in REGIONS]
    assert names == [
        "In none of them", "Only <b>Big", "<b>Big and New, not VIP", "In all 3: <b>Big, VIP and New",
        "Only VIP",
    ]  # fmt: skip


def test_no_more_bars_than_can_be_told_apart():
    many = overlap(tuple(Region(("a",), size) for size in range(40, 0, -1)))
    assert len(charts_overlap.figure(many).data[0].y) == charts_overlap.MOST_SHOWN


def test_the_table_has_every_region_with_its_share():
    table = segment_overlap.frame(overlap())
    assert (list(table["size"]), table["share"][1]) == ([50, 20, 9, 1, 0], 0.25)
