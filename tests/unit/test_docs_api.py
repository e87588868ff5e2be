"""The reference of the API says what the API says of itself."""

from pathlib import Path

from api import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def test_the_page_is_the_one_that_the_api_writes():
    assert PAGE.read_text() == reference.markdown(), "run `python -m api.reference > docs/api.md`"
