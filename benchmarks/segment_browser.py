"""From a changed value to the new number painted, in a browser, as the person who edits sees it."""

from playwright.sync_api import Page, sync_playwright

from benchmarks.figure import Figure, note, percentile
from benchmarks.stage import ADMINISTRATOR, Stage
from crm import auth, library
from crm.moment import utc_now
from crm.settings import settings
from tests.browser.chromium import LAUNCH, settle, sign_in

EDITS = 30
_RULES = {
    "type": "group",
    "operator": "AND",
    "conditions": [
        {"type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000},
        {"type": "condition", "field": "age", "operator": "between", "value": [20, 70]},
        {"type": "condition", "field": "city", "operator": "in", "value": ["Pune", "Mumbai", "Delhi"]},
    ],
}
# Waits for another number than the one before and for the frame that paints it; milliseconds since `begun`.
_PAINTED = """before => new Promise(done => {
    const number = () => document.querySelector('[data-testid="stMetricValue"]')?.innerText;
    const look = () => number() && number() !== before
        ? requestAnimationFrame(() => done(performance.now() - window.begun)) : requestAnimationFrame(look);
    look();
})"""


def edit_to_number(stage: Stage, customers: int) -> Figure:
    """p95 over edits of one of three conditions' values."""
    assert stage.web is not None  # the suite measures on a whole stage
    email, password = ADMINISTRATOR
    account = auth.authenticate(stage.stores, email, password, address="bench", now=utc_now())
    segment = library.save(
        stage.stores, name="Timed", rules=_RULES, account=account, now=utc_now(), zone=settings().zone
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        # By its own address: the overview, where one lands otherwise, sums up every order there is.
        sign_in(page, f"{stage.web.url}/segments?segment={segment['_id']}", email, password)
        page.get_by_test_id("stMetricValue").first.wait_for(timeout=60_000)
        settle(page)
        times = [_edit(page, 1000 + 150 * number) for number in range(1, EDITS + 1)]
        browser.close()
    note(f"edits: {' '.join(f'{one:.0f}' for one in times)} ms")
    return Figure("edit_to_number", percentile(times, 0.95), customers)


def _edit(page: Page, value: int) -> float:
    before = page.get_by_test_id("stMetricValue").first.inner_text()
    field = page.locator("input[type=number]:visible").first
    field.fill(str(value))
    page.evaluate(
        "addEventListener('keydown', () => { window.begun = performance.now() }, {once: true, capture: true})"
    )
    field.press("Enter")
    took: float = page.evaluate(_PAINTED, before)
    settle(page)
    return took
