"""What people do with an import: try it, import it, correct a refused row in the grid, undo it."""

from playwright.sync_api import Page, expect

from tests.browser.chromium import settle
from tests.browser.test_journeys import drop, picture
from tests.waiting import until

PEOPLE = "Full name,E-mail,Age\nAna,ana@undo.example,30\nBea,bea@undo.example,old\nCy,cy@undo.example,41\n"
OURS = {"email": {"$regex": "@undo.example$"}}


def type_into(page: Page, row: int, column: int, text: str) -> None:
    """Change a cell of the page's grid; rows and columns count from 0."""
    grid = page.get_by_test_id("stDataFrame").first
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + 35 * (row + 1) + 17)
    for _ in range(column):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    editor = page.locator("#portal textarea, .gdg-input").first
    editor.fill(text)
    editor.press("Enter")
    settle(page)


def test_a_file_is_tried_imported_mended_and_undone(signed_in, shop):
    page = signed_in("uploader", "")
    drop(page, "undo.csv", PEOPLE)
    page.get_by_role("button", name="Check first").click()
    expect(page.get_by_text("Nothing is written yet").first).to_be_visible(timeout=60_000)
    picture(page, "import-asking")
    assert shop.db.customers.count_documents(OURS) == 0
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 created").first).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Open", exact=True).first.click()
    page.get_by_role("heading", name="1 refused row").wait_for(timeout=60_000)
    settle(page)
    page.get_by_test_id("stDataFrame").first.hover()
    page.get_by_role("button", name="Fullscreen").first.wait_for()
    assert page.get_by_role("button", name="Download as CSV").count() == 0  # formulas would come out as such
    type_into(page, 0, 3, "33")
    picture(page, "import-mended")
    page.get_by_role("button", name="Resubmit 1 corrected row").click()
    expect(page.get_by_text("3 created").first).to_be_visible(timeout=60_000)
    assert {one["age"] for one in shop.db.customers.find(OURS)} == {30, 33, 41}
    settle(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("3 customers it created will go").wait_for(timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("Undone: 3 customers removed").first).to_be_visible(timeout=60_000)
    until(lambda: shop.db.customers.count_documents(OURS) == 0)
    picture(page, "import-undone")


def test_a_file_sent_straight_to_the_spool_is_imported(signed_in, shop):
    page = signed_in("uploader", "")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Send a large file").click()
    content = b"email,name\nlarge@undo.example,Lara\n"
    chooser.value.set_files({"name": "large.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_text("large.csv").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Import customers").click()
    until(lambda: shop.db.customers.find_one({"email": "large@undo.example"}), timeout=60)
