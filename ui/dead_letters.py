"""What workers gave up on: read, mended in place, sent once more or thrown away."""

from typing import Any

import orjson
import streamlit as st

from crm import dead_letters
from crm.auth import Account
from crm.errors import CrmError, InvalidInput
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import format, notices

_PAGE = 20
_NAMES = {
    "customers": "Customer", "orders": "Order", "products": "Product", "imports": "File",
    "plan": "Audience", "send": "Messages", "receipts": "Receipts",
}  # fmt: skip
_WHOLE = {
    "imports": "The import of a file", "plan": "The audience of a campaign", "send": "Messages of a campaign",
    "receipts": "What a vendor reported",
}  # fmt: skip


def draw(stores: Stores, user: Account) -> None:
    """The newest letters, a card each; nothing but a sentence where there are none."""
    total = dead_letters.count(stores)
    st.subheader("Dead letters")
    if not total:
        st.caption("Nothing was given up on. A record that can't be stored would wait here with its reason.")
        return
    st.write(
        "Workers tried these again and again and put them aside, so that they hold up nothing else. Mend and "
        "send them once more, or discard them."
    )
    for letter in _page(stores, total):
        _card(stores, user, letter)


def _page(stores: Stores, total: int) -> list[dict[str, Any]]:
    pages = -(-total // _PAGE)
    number = st.pagination(pages, key="dead_letter_page") if pages > 1 else 1
    found = dead_letters.listing(stores, limit=_PAGE)
    for _ in range(min(number, pages) - 1):
        found = dead_letters.listing(stores, limit=_PAGE, cursor=found.next)
    return found.items


def _card(stores: Stores, user: Account, letter: dict[str, Any]) -> None:
    with st.container(border=True, key=f"letter_{letter['_id'].replace(':', '_')}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(_NAMES.get(letter["kind"], letter["kind"]), color="red")
            st.markdown(f"**{format.plain(_title(letter))}**", width="stretch")
            st.caption(format.moment(letter["at"], settings().zone), width="content")
        st.write(format.plain(letter["reason"]))
        with st.container(horizontal=True):
            label = "Send once more" if letter["records"] is None else "Mend and send"
            icon = ":material/replay:" if letter["records"] is None else ":material/edit:"
            if st.button(label, icon=icon, key=f"mend_{letter['_id']}"):
                _mend(stores, user, letter)
            if st.button(
                "Discard", icon=":material/delete:", type="tertiary", key=f"discard_{letter['_id']}"
            ):
                _discard(stores, user, letter)


def _title(letter: dict[str, Any]) -> str:
    if letter["references"]:
        return ", ".join(letter["references"][:5])
    count = len(letter["records"] or ())
    return format.count(count, "record") if count else _WHOLE.get(letter["kind"], "Something else")


@st.dialog("Send once more", width="large")
def _mend(stores: Stores, user: Account, letter: dict[str, Any]) -> None:
    st.error(format.plain(letter["reason"]), icon=":material/error:")
    with st.expander("Technical detail"):
        st.code(letter["detail"] or "The worker left no reason.", language=None, wrap_lines=True)
    records = letter["records"]
    if records is None:
        st.write("This one holds no records to mend: it is sent as it is.")
        st.code(_pretty(letter["payload"]), language="json", wrap_lines=True, height=300)
    else:
        st.caption("The record as JSON, under the names that the API takes.")
        alone = records[0] if len(records) == 1 else records
        text = st.text_area(
            "Record",
            _pretty(alone),
            height=360,
            key=f"mended_{letter['_id']}",
            label_visibility="collapsed",
        )
    if not st.button("Send once more", type="primary", key="send_again"):
        return
    try:
        mended = None if records is None else _parsed(text, one=len(records) == 1)
        dead_letters.resubmit(stores, letter["_id"], mended, by=user, now=utc_now())
    except CrmError as error:
        _explain(error)
        return
    notices.say("Sent once more. Workers persist it within moments.")
    st.rerun()


@st.dialog("Discard a dead letter")
def _discard(stores: Stores, user: Account, letter: dict[str, Any]) -> None:
    st.write(f"**{format.plain(_title(letter))}** is thrown away. This can't be taken back.")
    st.code(_pretty(letter["payload"]), language="json", wrap_lines=True, height=200)
    if st.button("Discard it", type="primary", key="discard_now"):
        try:
            dead_letters.discard(stores, letter["_id"], by=user, now=utc_now())
        except CrmError as error:
            _explain(error)
            return
        notices.say("Discarded.")
        st.rerun()


def _pretty(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _parsed(text: str, *, one: bool) -> list[Any]:
    """The records that the text says. Raises InvalidInput where it is no JSON."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"This is no JSON: {error}.") from None
    if one:
        return [found]
    if not isinstance(found, list):
        raise InvalidInput("Keep the list of records.")
    return found


def _explain(error: CrmError) -> None:
    fields = error.fields if isinstance(error, InvalidInput) else []
    lines = [f"- `{one.field.rpartition('.')[2]}`: {format.plain(one.reason)}" for one in fields]
    st.error("\n".join([format.plain(error.message), *lines]), icon=":material/error:")
