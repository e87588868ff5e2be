"""Segments: describe an audience in words or build it from rules, see who is in it, keep it."""

import streamlit as st

from crm import audiences
from ui import nobody_yet, open_segment, prompt_box, segment_list, segment_overlap, workbench
from ui.session import require_user, settings, stores

user = require_user("segments")
address = st.query_params.get(open_segment.PARAMETER)

if address is not None:
    workbench.draw(stores(), settings(), user, address)
elif segment_overlap.PARAMETER in st.query_params:
    segment_overlap.draw(stores(), settings())
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Segments", width="stretch")
        st.button(
            "New segment",
            type="primary",
            icon=":material/add:",
            key="segment-new",
            on_click=open_segment.begin,
        )
    if audiences.anybody(stores()):
        target = prompt_box.Target(open_segment.begin)
        prompt_box.draw(stores(), settings(), user, target, suggest=True)
    else:
        nobody_yet.draw(user)
    segment_list.draw(stores(), settings(), user)
