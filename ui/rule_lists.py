"""A new list, made where a rule asks for one: pasted or from a file."""

import streamlit as st

from crm import lists, names
from crm.errors import CrmError
from crm.moment import utc_now
from ui import format as fmt
from ui import notices, rule_draft, rule_tree, session
from ui.rule_draft import Expected


@st.dialog("New list", icon=":material/playlist_add:")
def new_list(node_id: int) -> None:
    """Ask for a name and addresses; the condition of this node is then about the new list."""
    with st.form("new-list", border=False):
        name = st.text_input("Name", max_chars=names.LONGEST, key="new-list-name")
        pasted = st.text_area(
            "E-mail addresses or external ids",
            key="new-list-text",
            height=160,
            placeholder="one a line, or any text with e-mail addresses in it",
        )
        upload = st.file_uploader("Or a CSV or text file", type=["csv", "txt"], key="new-list-file")
        create = st.form_submit_button("Create the list", type="primary", key="new-list-create")
    account = session.current()
    if not create or account is None:
        return
    text = upload.getvalue() if upload else pasted
    try:
        made = lists.create(session.stores(), name=name, text=text, account=account, now=utc_now())
    except CrmError as error:
        st.error(fmt.plain(error.message), icon=":material/error:")
        return
    rule_draft.apply(Expected(node_id), lambda tree: rule_tree.change(tree, node_id, listId=made["_id"]))
    left_out = f" {fmt.count(made['unreadable'], 'line')} could not be read." if made["unreadable"] else ""
    entries = fmt.count(made["entries"], "entry", "entries")
    notices.say(f"Made the list “{fmt.plain(made['name'])}” with {entries}.{left_out}")
    st.rerun()
