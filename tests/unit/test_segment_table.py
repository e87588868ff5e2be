"""The table of saved segments, as a frame."""

from datetime import UTC, datetime

import pandas as pd

from ui import segment_table

AT = datetime(2026, 5, 15, tzinfo=UTC)
POINTS = [{"at": AT, "size": size, "total": 10} for size in (3, 5)]


def segment(name: str, **fields: object) -> dict[str, object]:
    return {"_id": name, "name": name, "lastSize": 5, "lastTotal": 10, "updatedAt": AT} | fields


def test_a_row_has_size_share_trend_tags_and_last_use():
    used = segment("A", lastUsedAt=AT, tags=["vip"])
    [row] = segment_table.frame([used], {"A": POINTS}, {"A": "Customers who …"}).to_dict("records")
    assert (row["size"], row["share"], row["trend"], row["tags"]) == (5, 0.5, [3, 5], ["vip"])
    assert row["used"] == pd.Timestamp(AT)


def test_what_is_not_known_of_a_segment_is_missing():
    plain = segment("A", lastTotal=None)
    table = segment_table.frame([plain], {}, {"A": ""})
    assert table["used"].isna().all() and table["share"].isna().all()
    assert table["trend"][0] == table["tags"][0] == []
