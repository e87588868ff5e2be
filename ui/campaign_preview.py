"""A campaign's message as one customer after the other will get it, whoever is looked for."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from crm import directory, dry_run
from crm.content import SMS
from crm.errors import CrmError
from crm.stores.connection import Stores
from ui import format as fmt

_FOUND = 20
_HTML_HEIGHT = 360  # pixels
_SEARCH = "campaign preview search"

Campaign = Mapping[str, Any]


def draw(stores: Stores, campaign: Campaign, sample: Sequence[str]) -> str | None:
    """The message as the customers of the sample would get it, or as those who are searched for would.

    Returns the customer who is shown.
    """
    text = st.text_input(
        "Preview as", key=_SEARCH, type="search", placeholder="Preview as any customer: name, e-mail, phone",
        label_visibility="collapsed",
    )  # fmt: skip
    people = sample
    if text and text.strip():
        people = [
            each["_id"] for each in directory.customers(stores, search=text.strip(), limit=_FOUND).items
        ]
        if not people:
            st.caption(f"Nobody is found for “{fmt.plain(text.strip())}”.")
            return None
    slot = st.container()
    number = 1
    if len(people) > 1:
        number = st.pagination(len(people), key="campaign-reading", max_visible_pages=5)
    shown = people[min(number, len(people)) - 1]
    with slot:
        one(stores, campaign, shown)
    return shown


def one(stores: Stores, campaign: Campaign, customer_id: str, place: str = "preview") -> None:
    """The message as this customer would get it, or why he would not."""
    try:
        found = dry_run.as_customer(stores, campaign, customer_id)
    except CrmError as error:
        st.warning(error.message, icon=":material/error:")
        return
    to = " · ".join(part for part in (found["name"], found["address"]) if part)
    st.text(f"To {to or 'a customer without name and address'}")  # not markdown: it would link addresses
    _version(found["versions"], found["variant"], place, sms=campaign.get("channel") == SMS)


def _version(versions: Sequence[dict[str, Any]], his: str | None, place: str, *, sms: bool) -> None:
    shown = next((each for each in versions if each["name"] == his), versions[0])
    if len(versions) > 1:
        named = {each["name"]: each for each in versions}
        chosen = st.segmented_control(
            "Variant", list(named), default=his, key=f"campaign-{place}-variant-{his}", required=True,
            format_func=lambda name: f"{fmt.plain(name)} (gets this)" if name == his else fmt.plain(name),
            label_visibility="collapsed",
        )  # fmt: skip
        shown = named.get(chosen or "", shown)
    if shown["reason"]:
        st.warning(f"Skipped: {fmt.plain(shown['reason'])}.", icon=":material/block:")
        return
    with st.container(border=True):
        if shown["subject"]:
            st.text(f"Subject: {shown['subject']}")
        if shown["html"]:
            rich, plain = st.tabs(["HTML", "Text"])
            with rich:
                _sandboxed(shown["html"])
            plain.text(shown["text"])
        else:
            st.text(shown["text"])
    if sms:
        length = shown["sms"]
        st.caption(f"{fmt.count(length['units'], 'character')} in {fmt.count(length['parts'], 'part')}")


def _sandboxed(page: str) -> None:
    """HTML that a person wrote, in a frame that runs no script and reaches nothing of ours.

    Streamlit's own frame may run scripts, so what it gets is a page of ours with one frame in it whose
    sandbox allows nothing. The inner page inherits the policy of the outer one.
    """
    inner = html.escape(page, quote=True)
    st.iframe(
        "<!doctype html><html><head>"
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data: https:; frame-src 'self'\">"
        "<style>html,body{margin:0;height:100%}"
        "iframe{border:0;width:100%;height:100%;background:#fff;color-scheme:light}</style></head>"
        f'<body><iframe sandbox="" title="The e-mail" srcdoc="{inner}"></iframe></body></html>',
        height=_HTML_HEIGHT,
        alt="The e-mail as it will look",
    )
