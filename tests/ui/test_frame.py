"""What the frame around every page does besides drawing."""

from datetime import timedelta

import pytest

from crm import snapshot
from crm.settings import settings
from tests.ui.conftest import Opener

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("role", "page", "looks"), [("analyst", "customers", True), ("uploader", "upload", False)]
)
def test_the_snapshot_is_kept_for_those_who_may_see_it(
    open_page: Opener, role: str, page: str, looks: bool
) -> None:
    open_page(page, role=role)
    assert snapshot.shelf_of(settings()).asked(MINUTE) is looks
