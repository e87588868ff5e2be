"""Headless Chromium for the journeys, and the two things that every one of them does."""

import os
import re
import shutil
from typing import Any

from playwright.sync_api import Page

LAUNCH: dict[str, Any] = {
    "executable_path": os.environ.get("CRM_CHROMIUM")
    or next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    ),
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
}
_IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 60_000  # ms; far beyond what a page takes, for machines that do other things as well


def wait_until_idle(page: Page) -> None:
    """Wait until the script's run has ended and no element of the page still waits for its content."""
    page.wait_for_selector(_IDLE, timeout=PATIENCE)
    page.wait_for_function(
        """() => !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')
              && [...document.querySelectorAll('.js-plotly-plot')].every(one => one.querySelector('svg'))""",
        timeout=PATIENCE,
    )


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """Sign in on the page that `url` shows, and wait until the page behind it is there."""
    page.goto(url)
    page.get_by_label("E-mail").fill(email, timeout=PATIENCE)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name=re.compile("^Sign in$")).click()
    # Attached is enough: a phone keeps the menu folded, and who may see one page only has none.
    page.get_by_test_id("stSidebarContent").wait_for(state="attached", timeout=PATIENCE)
    wait_until_idle(page)


def settle(page: Page, quiet: int = 300) -> None:
    """Wait until the page has been idle for `quiet` milliseconds on end.

    After a click the run begins a moment later; the page still looks idle until then.
    """
    page.evaluate("window.idleSince = null")
    page.wait_for_function(
        """([idle, quiet]) => {
            const still = document.querySelector(idle) && !document.querySelector('[data-stale="true"]');
            window.idleSince = still ? window.idleSince ?? performance.now() : null;
            return still && performance.now() - window.idleSince >= quiet;
        }""",
        arg=[_IDLE, quiet],
        polling=20,
        timeout=PATIENCE,
    )
