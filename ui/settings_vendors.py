"""Vendors: which one carries the messages, how each is reached, and the faults of the simulated one."""

from typing import Any

import streamlit as st

from crm import carriers
from crm.auth import Account
from crm.errors import CrmError, InvalidInput
from crm.moment import utc_now
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices
from ui.vendor_fields import FIELDS, NAMES, Part


def draw(stores: Stores, user: Account) -> None:
    _choice(stores, user)
    name = st.segmented_control(
        "Configure", list(carriers.VENDORS), default=carriers.DEFAULT, required=True,
        format_func=lambda each: NAMES[each].label, key="vendor_shown",
    )  # fmt: skip
    st.caption(NAMES[name].means)
    for warning in carriers.warnings(stores, name):
        st.warning(warning, icon=":material/outgoing_mail:")
    _form(stores, user, name)


def _choice(stores: Stores, user: Account) -> None:
    chosen = carriers.chosen(stores)
    names = list(carriers.VENDORS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.selectbox(
            "Campaigns go out by", names, index=names.index(chosen), key="vendor_chosen",
            format_func=lambda each: NAMES[each].label,
            help="Those launched from now on that name no vendor. Campaigns under way keep theirs.",
        )  # fmt: skip
        asked = st.button("Use it", key="vendor_choose", disabled=wanted == chosen, type="primary")
    if not asked:
        return
    try:
        carriers.choose(stores, wanted, account=user, now=utc_now())
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    notices.say(f"Campaigns go out by {NAMES[wanted].label} from now on.")
    st.rerun()


def _form(stores: Stores, user: Account, name: str) -> None:
    known = carriers.configuration(stores, name)
    changes: dict[str, Any] = {}
    with st.form(f"vendor_form_{name}"):
        for heading, parts in FIELDS[name].items():
            st.markdown(f"**{heading}**")
            columns = st.columns(min(3, len(parts)))
            for number, part in enumerate(parts):
                with columns[number % len(columns)]:
                    _ask(name, part, known[part.key], changes)
        with st.container(horizontal=True):
            save = st.form_submit_button(
                "Save", type="primary", icon=":material/save:", key=f"vendor_save_{name}"
            )
            test = st.form_submit_button(
                "Test connection", icon=":material/network_check:", key=f"vendor_test_{name}",
                help="With what stands here, saved or not. Nothing is sent.",
            )  # fmt: skip
    try:
        if test:
            with st.spinner("Connecting…"):
                said = carriers.test(stores, name, changes)
            st.success(fmt.plain(said), icon=":material/check_circle:")
        elif save:
            carriers.configure(stores, name, changes, account=user, now=utc_now())
            notices.say(f"Saved. {NAMES[name].label} follows within a second.")
    except CrmError as error:
        _explain(name, error)
        return
    if save:
        st.rerun()


def _ask(name: str, part: Part, value: Any, changes: dict[str, Any]) -> None:
    """A widget for one field; what it says goes into the changes. A secret that is left empty stays."""
    key = f"vendor_{name}_{part.key}"
    match part.kind:
        case "secret":
            kept = "Kept; leave empty to keep it" if value else None
            given = st.text_input(
                part.label, type="password", help=part.help, key=key, placeholder=kept, autocomplete="off"
            )
            if given:
                changes[part.key] = given
        case "text":
            changes[part.key] = st.text_input(part.label, value, help=part.help, key=key).strip()
        case "yes":
            changes[part.key] = st.toggle(part.label, value, help=part.help, key=key)
        case "share":
            share = st.number_input(
                f"{part.label} (%)", 0.0, 100.0, round(value * 100, 4), step=1.0, help=part.help, key=key
            )
            changes[part.key] = share / 100
        case "whole":
            changes[part.key] = st.number_input(
                part.label, part.least, part.most, value, step=1, help=part.help, key=key
            )
        case "number":
            changes[part.key] = st.number_input(
                part.label, part.least, part.most, None if value is None else float(value),
                help=part.help, key=key, placeholder="no limit",
            )  # fmt: skip
        case "choice":
            choices = list(part.choices)
            changes[part.key] = st.selectbox(
                part.label, choices, index=choices.index(value), format_func=part.choices.__getitem__,
                help=part.help, key=key,
            )  # fmt: skip


def _explain(name: str, error: CrmError) -> None:
    labels = {part.key: part.label for parts in FIELDS[name].values() for part in parts}
    lines = [fmt.plain(error.message)]
    if isinstance(error, InvalidInput):
        lines += [f"- {labels.get(one.field, 'Together')}: {fmt.plain(one.reason)}" for one in error.fields]
    st.error("\n".join(lines), icon=":material/error:")
