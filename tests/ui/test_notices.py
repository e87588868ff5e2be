"""What was just done is said by the first run whose page stands."""

from tests.ui.conftest import Opener


def test_a_notice_is_shown_once_by_the_run_that_follows(open_page: Opener) -> None:
    app = open_page("explore", role="analyst")
    app.session_state["notices"] = [("The password is changed.", ":material/check:")]
    assert [toast.value for toast in app.run().toast] == ["The password is changed."]
    assert not app.run().toast
