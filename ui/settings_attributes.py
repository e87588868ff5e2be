"""Custom attributes: what the data has beyond the fixed fields, their labels and types, and their removal."""

import streamlit as st

from crm import attribute_care, attributes
from crm.attribute_care import Listed
from crm.attributes import LONGEST_NAME, TYPES
from crm.auth import Account
from crm.errors import CrmError
from crm.fields import Field
from crm.ingestion.reading import WORDS
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import notices


def draw(stores: Stores, user: Account) -> None:
    known = attributes.fields(stores)
    st.write(
        "What customers carry beyond the known fields, as it came with files and by the API. Every attribute "
        "can be asked for in segments, charts, exports and messages."
    )
    if not known:
        st.caption(
            "There are no custom attributes yet. A column of a customer file that is no known field becomes "
            "one, and so does an unknown key of `POST /api/customers`."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{fmt.number(len(known))} of at most {fmt.number(attributes.MOST)}", width="stretch")
        counted = st.toggle("Count customers", key="attributes_counted")
    with st.spinner("Counting customers…"):
        found = attribute_care.listing(stores, now=utc_now(), count=counted)
    for one in found:
        _card(stores, user, one)


def _card(stores: Stores, user: Account, one: Listed) -> None:
    field = one.field
    with st.container(border=True, key=f"attribute_{field.key}"):
        what, kind, people, action = st.columns([5, 2, 3, 2], vertical_alignment="center")
        with what:
            st.markdown(f"**{fmt.plain(field.label)}**")
            examples = f" · such as {fmt.plain(', '.join(one.examples))}" if one.examples else ""
            st.caption(f"`{_code(field.name)}`{examples}")
        kind.badge(WORDS[field.type])
        with people:
            if one.customers is not None:
                st.markdown(fmt.count(one.customers, "customer"))
            st.caption(f"Since {fmt.day(one.first_seen, settings().zone)}")
        if action.button("Change", key=f"change_{field.key}", width="stretch"):
            _change(stores, user, one)


def _code(name: str) -> str:
    """A name that stands between back-ticks; they end code, and nothing else in it means anything."""
    return name.replace("`", "ˋ")


@st.dialog("Change an attribute", on_dismiss="rerun")
def _change(stores: Stores, user: Account, one: Listed) -> None:
    field = one.field
    st.caption(f"`{_code(field.name)}`")
    label = st.text_input("Label", field.label, max_chars=LONGEST_NAME, key="attribute_label")
    kind = st.selectbox(
        "Type", TYPES, index=TYPES.index(field.type), format_func=WORDS.__getitem__, key="attribute_type",
        help="Every customer's value is converted. Where one can't be, nothing is changed.",
    )  # fmt: skip
    st.caption("Rules, files, messages and the API keep its name.")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        save = st.button("Save", type="primary", key="attribute_save")
        sure = st.checkbox("Remove it from every customer", key="attribute_sure")
        gone = st.button("Remove", icon=":material/delete:", key="attribute_remove", disabled=not sure)
    try:
        if save:
            _save(stores, user, field, label or "", kind)
        elif gone:
            attribute_care.remove(stores, str(field.key), account=user, now=utc_now())
            notices.say(f"Removed “{fmt.plain(field.label)}”.")
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    if save or gone:
        st.rerun()


def _save(stores: Stores, user: Account, field: Field, label: str, kind: object) -> None:
    key = str(field.key)
    if label != field.label:
        attribute_care.rename(stores, key, label, account=user, now=utc_now())
    chosen = next(one for one in TYPES if one == kind)
    if chosen != field.type:
        with st.spinner("Converting every value…"):
            attribute_care.retype(stores, key, chosen, account=user, now=utc_now())
    notices.say(f"Saved “{fmt.plain(label)}”.")
