"""The case file of rules × customers × who matches, for the suites that read it."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crm.fields import FIELDS, Field, FieldType
from tests.oracle import World

_FILE = Path(__file__).parent / "cases" / "segments.json"


@dataclass(frozen=True)
class Case:
    name: str
    rule: dict[str, Any]
    matches: list[str]
    zone: ZoneInfo
    now: datetime

    def __str__(self) -> str:
        return self.name


def _dates(found: dict[str, Any]) -> Any:
    return datetime.fromisoformat(found["$date"]) if set(found) == {"$date"} else found


_CONTENT = json.loads(_FILE.read_text(encoding="utf-8"), object_hook=_dates)

NOW: datetime = datetime.fromisoformat(_CONTENT["now"])
CUSTOMERS: dict[str, dict[str, Any]] = _CONTENT["customers"]
ATTRIBUTES: dict[str, Field] = {
    name: Field(name, FieldType(one["type"]), name, key=one["key"])
    for name, one in _CONTENT["attributes"].items()
}
WORLD = World(
    CUSTOMERS, _CONTENT["orders"], _CONTENT["segments"], _CONTENT["campaigns"], _CONTENT["lists"],
    FIELDS | ATTRIBUTES,
)  # fmt: skip
CASES = [
    Case(
        case["name"], case["rule"], case["matches"], ZoneInfo(case.get("zone", "UTC")), case.get("asOf", NOW)
    )
    for case in _CONTENT["cases"]
]
