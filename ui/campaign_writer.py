"""“Write it for me”: messages from a brief, for a person to take into the composer, and to take back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import streamlit as st

from crm import writing
from crm.errors import CrmError
from crm.fields import Field
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.wording.brief import LONGEST
from crm.wording.templates import language
from crm.writing import Offered, Wish, Written
from ui import campaign_draft, campaign_variants, notices
from ui import campaign_options as options
from ui import format as fmt
from ui.campaign_draft import MESSAGE_KEY, Content

BRIEF, TONE, LANGUAGE, GOAL = "writer brief", "writer tone", "writer language", "writer goal"
_FOUND, _BEFORE = "writer found", "writer before"
_TONES = {"warm": "Warm", "plain": "Plain", "lively": "Lively"}
_GOALS = {
    "winBack": "Win back", "newArrivals": "New arrivals", "birthday": "Birthday", "thanks": "Thank you",
    "atRisk": "At risk, unfinished", "vip": "Best customers", "review": "Ask for a review",
    "festival": "Festival or sale", "restock": "Back in stock", "welcome": "Welcome",
}  # fmt: skip
_PLACEHOLDER = "Win back customers who have not ordered for months: 20% off with code BACK20 until Sunday"


@dataclass(frozen=True, slots=True)
class _Found:
    """What was written for whom; it is shown only while the same people are to be reached the same way."""

    written: Written
    asked_for: bytes


def draw(stores: Stores, settings: Settings, address: str, fields: Mapping[str, Field]) -> None:
    """The panel above the message of the draft at this address."""
    content = campaign_draft.current()
    audience = _audience(content, address)
    found: _Found | None = st.session_state.get(_FOUND)
    shown = found.written if found is not None and found.asked_for == audience else None
    with st.expander(
        "Write it for me", icon=":material/edit_note:", expanded=shown is not None, key="writer"
    ):
        if _form(ready=bool(content.segment_id)):
            _write(stores, settings, content, address, audience)
        if shown is not None:
            _offer(shown, fields, address)
    _undo(address)


def _audience(content: Content, address: str) -> bytes:
    """What a draft fits: whom it reaches, by which channel, in which campaign."""
    kept = {name: content.options.get(name) for name in ("channel", "include", "exclude")}
    return orjson.dumps([address, content.segment_id, kept])


def _form(*, ready: bool) -> bool:
    """The brief and how it is to sound. Whether it is to be written now."""
    with st.form("writer-form", border=False):
        st.text_area(
            "What is it about?", key=BRIEF, height=80, max_chars=LONGEST, placeholder=_PLACEHOLDER,
            persist_state="session",
            help="An occasion, an offer, a code, an end, a product. Nothing else is promised to anybody.",
        )  # fmt: skip
        with st.container(horizontal=True):
            st.segmented_control(
                "Tone", list(_TONES), key=TONE, default="warm", format_func=_TONES.__getitem__,
                persist_state="session",
            )  # fmt: skip
            st.selectbox(
                "Language", writing.LANGUAGES, key=LANGUAGE, index=None, placeholder="As the brief",
                format_func=lambda key: language(key).name, width=170, persist_state="session",
            )  # fmt: skip
            st.selectbox(
                "Occasion", writing.GOALS, key=GOAL, index=None, placeholder="From the brief",
                format_func=_GOALS.__getitem__, width=190, persist_state="session",
            )  # fmt: skip
        return st.form_submit_button(
            "Write", icon=":material/auto_awesome:", key="writer-write", disabled=not ready,
            help=None if ready else "Choose whom to reach first.",
        )  # fmt: skip


def _write(stores: Stores, settings: Settings, content: Content, address: str, audience: bytes) -> None:
    state = st.session_state
    slot = st.empty()
    wish = Wish(
        state.get(BRIEF) or "", content.options.get("channel"), state.get(TONE), state.get(LANGUAGE),
        state.get(GOAL),
    )  # fmt: skip
    try:
        written = writing.write(
            stores, wish, campaign=content.as_campaign(address), now=utc_now(), settings=settings,
            progress=lambda sentence, share: slot.progress(share, text=f"{sentence} …"),
        )  # fmt: skip
    except CrmError as error:
        slot.error(fmt.plain(error.message), icon=":material/error:")
        state.pop(_FOUND, None)
        return
    state[_FOUND] = _Found(written, audience)
    for number in range(len(written.drafts)):
        state.pop(_chosen_key(number), None)
    st.rerun()


def _offer(written: Written, fields: Mapping[str, Field], address: str) -> None:
    """The drafts as somebody of the audience will read them, each to be taken, or two of them."""
    by_model = written.source == "groq"
    goal = f"Templates: {_GOALS[written.goal].lower()}" if written.goal else "Templates"
    said = (
        fmt.plain(written.notice) if written.notice else "Written by the language model" if by_model else goal
    )
    st.caption(f":material/info: {said}. {language(written.language).name}.".replace("..", "."))
    if not written.drafts:
        st.warning(
            "Nothing fits everybody of this audience. Say it in other words.", icon=":material/edit_off:"
        )
        return
    for number, offered in enumerate(written.drafts):
        with st.container(border=True, key=f"writer-draft-{number}"):
            _reads(offered)
            st.caption(_fits(offered, fields))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "Use this", icon=":material/check:", key=f"writer-use-{number}", on_click=_use,
                    args=(address, [offered]),
                )  # fmt: skip
                st.checkbox("For an A/B test", key=_chosen_key(number))
    chosen = [one for number, one in enumerate(written.drafts) if st.session_state.get(_chosen_key(number))]
    if len(chosen) == 2:
        st.button(
            "Use both as variants A and B", icon=":material/science:", type="primary", key="writer-use-both",
            on_click=_use, args=(address, chosen),
        )  # fmt: skip
    elif len(chosen) > 2:
        st.caption("Choose two for the variants A and B.")


def _reads(offered: Offered) -> None:
    example = offered.fit.example
    if example is None:
        return
    if example.subject:
        st.text(f"Subject: {example.subject}")
    st.text(example.text)


def _fits(offered: Offered, fields: Mapping[str, Field]) -> str:
    """For whom it was rendered, and who reads a default."""
    people = fmt.count(offered.fit.written, "customer")
    said = [f"Rendered for all {people}" if offered.fit.written > 1 else "Rendered for the one customer"]
    said += [
        f"{fmt.number(many)} without {fmt.plain(fields[name].label)} read the default"
        for name, many in offered.fit.defaulted.most_common()
        if name in fields
    ]
    if offered.draft.subject is None:
        said.append(f"at most {fmt.count(offered.fit.parts, 'part')}")
    return " · ".join(said)


def _use(address: str, chosen: Sequence[Offered]) -> None:
    """Put the first into the composer; with a second, both are its variants."""
    state = st.session_state
    sms = not chosen[0].draft.subject
    state[_BEFORE] = address, {
        MESSAGE_KEY: state.get(MESSAGE_KEY), options.SUBJECT: state.get(options.SUBJECT),
        options.HTML: state.get(options.HTML),
    }, campaign_variants.current(sms=sms)  # fmt: skip
    first = chosen[0].draft
    _put(
        {MESSAGE_KEY: first.text, options.SUBJECT: first.subject or "", options.HTML: ""},
        [_variant(letter, one, first=one is chosen[0]) for letter, one in zip("AB", chosen, strict=False)]
        if len(chosen) > 1
        else [],
    )
    state.pop(_FOUND, None)
    notices.say("The message is in the composer. Read it before it goes out.")


def _variant(name: str, offered: Offered, *, first: bool) -> dict[str, Any]:
    """The first is what stands above it, so that a change there is a change to it."""
    texts = {} if first else {"subject": offered.draft.subject or "", "messageTemplate": offered.draft.text}
    return {"name": name, "share": 50.0, **texts}


def _put(texts: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> None:
    for key, text in texts.items():
        st.session_state[key] = text or ""
    campaign_variants.fill(variants)


def _undo(address: str) -> None:
    before = st.session_state.get(_BEFORE)
    if before is not None and before[0] == address:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The message was written for you.", width="content")
            st.button(
                "Undo", icon=":material/undo:", type="tertiary", key="writer-undo", on_click=_take_back,
                args=before[1:],
            )  # fmt: skip


def _take_back(texts: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> None:
    st.session_state.pop(_BEFORE, None)
    _put(texts, variants)


def _chosen_key(number: int) -> str:
    return f"writer chosen {number}"
