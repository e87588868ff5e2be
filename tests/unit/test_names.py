"""Names of segments, campaigns and lists."""

import pytest

from crm import names
from crm.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Big\tspenders\n", "Big spenders"),
        ("👨‍👩‍👧 families", "👨‍👩‍👧 families"),
        ("\u202bقائمة", "\u202bقائمة"),
    ],
)
def test_a_name_is_one_line_of_any_script(given: str, kept: str) -> None:
    assert names.checked(given, "list") == kept


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (" \n", "A list needs a name."),
        ("x" * 121, "A name has at most 120 characters."),
        ("x\x00", "A name can't have control characters."),
        ("\x1b[31m", "A name can't have control characters."),
        ("\ud83d", "A name can't have control characters."),
    ],
)
def test_a_name_that_nobody_could_read_is_refused_at_its_field(given: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        names.checked(given, "list")
    assert [(each.field, each.reason) for each in refused.value.fields] == [("name", reason)]
