"""The editor of a campaign's message: its channel, subject, text and HTML, with a chip for each field."""

from collections.abc import Mapping

import streamlit as st

from crm import messages, sms
from crm.content import EMAIL, LINKS, SMS, SUBJECT_LIMIT
from crm.fields import Field
from ui import campaign_options as options
from ui import campaign_variants
from ui import format as fmt
from ui.campaign_draft import MESSAGE_KEY

_FIRST_FIELDS = ("name", "city", "totalSpent", "orderCount", "lastOrdered")
_CHIP = "campaign field"
_LINK = "unsubscribeUrl"
_PLACEHOLDER = "Hi {name|there}, here's 10% off on your next order!"


def draw(fields: Mapping[str, Field]) -> None:
    """The card in which the message is written."""
    with st.container(border=True, key="campaign-message"):
        st.markdown("**Message**")
        channel = st.segmented_control(
            "Channel", list(options.CHANNELS), key=options.CHANNEL, format_func=options.CHANNELS.__getitem__,
            required=True, persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        if channel != SMS:
            st.text_input(
                "Subject", key=options.SUBJECT, max_chars=SUBJECT_LIMIT, persist_state="session",
                placeholder="Subject of the e-mail", label_visibility="collapsed",
            )  # fmt: skip
        st.text_area(
            "Message", key=MESSAGE_KEY, height=190, placeholder=_PLACEHOLDER, label_visibility="collapsed",
            max_chars=messages.LIMIT, persist_state="session",
        )  # fmt: skip
        if channel == SMS:
            _length(st.session_state.get(MESSAGE_KEY) or "")
        _fields({**fields, _LINK: LINKS[_LINK]})
        if channel != SMS:
            _html()
        if channel == EMAIL:
            _footer()
        campaign_variants.draw(sms=channel == SMS)


def _length(text: str) -> None:
    """How many parts the text takes as it is written; values make each customer's longer or shorter."""
    length = sms.measure(text)
    parts = f"{fmt.count(length.parts, 'part')}, {fmt.number(length.left)} left in the last"
    st.caption(
        f":material/sms: {fmt.count(length.units, 'character')} as written · {parts} · {length.encoding}"
    )
    if length.odd:
        odd = fmt.plain(" ".join(length.odd[:10]))
        st.caption(f"A part has room for 70 characters instead of 160 because of: {odd}")


def _fields(fields: Mapping[str, Field]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        _chips("Insert a field", _FIRST_FIELDS, "first", fields)
        others = tuple(
            name for name in fields if name not in (*_FIRST_FIELDS, "bucket") and messages.fits_a_slot(name)
        )
        with st.popover("More fields", type="tertiary"):
            _chips("More fields", others, "more", fields)
    st.caption(
        "`{name|there}` writes “there” for those whose name is missing. Without such a default they are "
        "skipped, and counted here before you launch. "
        "`{% if orderCount > 3 %}…{% else %}…{% endif %}` writes one thing or the other."
    )


def _html() -> None:
    written = bool((st.session_state.get(options.HTML) or "").strip())
    with st.expander("HTML of the e-mail", icon=":material/code:", expanded=written):
        st.text_area(
            "HTML", key=options.HTML, height=190, max_chars=messages.HTML_LIMIT, persist_state="session",
            placeholder="<p>Hi {name|there},</p>", label_visibility="collapsed",
        )  # fmt: skip
        st.caption("Goes with the text above, which is shown where HTML is not. Values in it are escaped.")


def _footer() -> None:
    """Whether those who get the e-mail are told how to get no more of them."""
    added = st.checkbox(
        "Add a line to unsubscribe where the message has none", key=options.FOOTER, persist_state="session",
        help="Below the text and the HTML. To write it yourself, insert the field “unsubscribe link”. Mail "
        "programs offer to unsubscribe as well, by a header that every e-mail has.",
    )  # fmt: skip
    written = " ".join(str(st.session_state.get(key) or "") for key in (MESSAGE_KEY, options.HTML))
    if not added and not any(name in written for name in LINKS):
        st.warning("This e-mail does not say how to unsubscribe.", icon=":material/unsubscribe:")


def _chips(label: str, names: tuple[str, ...], place: str, fields: Mapping[str, Field]) -> None:
    key = f"{_CHIP} {place}"
    st.pills(
        label, names, key=key, format_func=lambda name: fmt.plain(fields[name].label), on_change=_insert,
        args=(key,), label_visibility="collapsed", wrap=True,
    )  # fmt: skip


def _insert(key: str) -> None:
    """Put the chosen field behind the text and let go of the chip."""
    name = st.session_state.get(key)
    st.session_state[key] = None
    if name is None:
        return
    text = st.session_state.get(MESSAGE_KEY) or ""
    slot = "{name|there}" if name == "name" else f"{{{name}}}"
    gap = "" if not text or text[-1].isspace() else " "
    st.session_state[MESSAGE_KEY] = f"{text}{gap}{slot}"
