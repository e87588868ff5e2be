"""Where the pages are, for links between them."""

from pathlib import Path

_PAGES = Path(__file__).resolve().parent.parent / "pages"


def page(name: str) -> Path:
    """The page of this name, as st.page_link and st.switch_page take it."""
    return _PAGES / f"{name}.py"
