"""The settings that the documents list are the settings there are."""

import re
from pathlib import Path

from crm.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


def test_every_setting_is_documented_and_every_documented_one_exists():
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    table = PAGE.read_text().split("## Settings")[1].split("\n## ")[0]
    listed = {
        name
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([A-Z_]{6,})`", row.split("|")[1])
    }
    assert listed == known
