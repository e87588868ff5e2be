"""The instant that the workbench looks at an audience from: now, or a past one that somebody chose.

What it moves are relative dates and what people had ordered by then; customers' own values are as they are.
Saving knows nothing of it.
"""

from datetime import UTC, datetime

import streamlit as st

from crm.moment import utc_now
from crm.settings import Settings
from ui import format as fmt

_CHOSEN = "segment moment"
_INPUT = "segment moment input"
_FIRST = datetime(2000, 1, 1)  # noqa: DTZ001  # the widget's dates are of the shop's zone, without saying so


def chosen() -> datetime | None:
    """The past instant to look from; None for now."""
    return st.session_state.get(_CHOSEN)


def forget() -> None:
    """Back to now."""
    st.session_state.pop(_CHOSEN, None)


def picker(settings: Settings) -> None:
    """The button that opens the choice of an instant."""
    opener = st.popover(
        "",
        icon=":material/history:",
        type="tertiary",
        help="Look at a past instant",
        key="segment-moment",
        on_change="rerun",
    )
    if not opener.open:
        return
    zone, at = settings.zone, chosen()
    local = (at or utc_now()).astimezone(zone).replace(tzinfo=None)
    with opener:
        st.datetime_input(
            "See the audience as of",
            value=local.replace(second=0, microsecond=0),
            min_value=_FIRST,
            max_value=utc_now().astimezone(zone).replace(tzinfo=None),
            key=_INPUT,
            on_change=_choose,
            args=(settings,),
        )
        st.caption(
            f"Time zone {settings.time_zone}. Relative dates and orders are counted as of then; "
            "profiles are as they are today."
        )


def ask(settings: Settings, key: str) -> datetime | None:
    """Ask for a past instant for one thing alone; None, where nothing is given, for now."""
    given = st.datetime_input(
        "As of",
        value=None,
        min_value=_FIRST,
        max_value=utc_now().astimezone(settings.zone).replace(tzinfo=None),
        key=key,
        width=240,
        help=f"Empty for now. Relative dates and orders are counted as of then ({settings.time_zone}); "
        "profiles are as they are today.",
    )
    return None if given is None else given.replace(tzinfo=settings.zone).astimezone(UTC)


def banner(settings: Settings) -> None:
    """The mark that what is shown is not of now, and the way back."""
    if chosen() is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="segment-past"):
        mark(settings)
        st.button("Back to now", type="tertiary", key="segment-now", on_click=forget)


def mark(settings: Settings) -> None:
    """The instant that is looked at, where it is not now."""
    at = chosen()
    if at is not None:
        st.badge(f"As of {fmt.moment(at, settings.zone)}", icon=":material/history:", color="orange")


def _choose(settings: Settings) -> None:
    local = st.session_state.get(_INPUT)
    if not isinstance(local, datetime):
        return
    at = local.replace(tzinfo=settings.zone).astimezone(UTC)
    if at < utc_now():
        st.session_state[_CHOSEN] = at
    else:
        forget()
