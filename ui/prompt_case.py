"""“Not what I meant”: a prompt with the rules that were meant, to be downloaded as a case."""

import orjson
import streamlit as st

from crm import prompt_cases
from crm.prompts import Answer
from ui.rule_tree import Node, comparable


def draw(answer: Answer, current: Node | None) -> None:
    """The popover. What was meant are the rules as they stand in the builder."""
    with st.popover("Not what I meant", icon=":material/flag:", type="tertiary", key="prompt-case"):
        edited = current is not None and (
            answer.rules is None or comparable(current) != comparable(answer.rules)
        )
        if current is None or not edited:
            st.markdown("Change the rules below until they say whom you meant, then come back here.")
            return
        found = prompt_cases.case(answer.prompt, answer.rules, current)
        st.markdown(
            "This is the prompt with the rules that you mean by it. Names, addresses and numbers of "
            "customers are masked. Send it to whoever looks after this installation, or add the line to "
            "the set of prompts that the grammar is scored on."
        )
        if found["line"]:
            st.code(found["line"], language=None, wrap_lines=True)
        st.download_button(
            "Download", orjson.dumps(found, option=orjson.OPT_INDENT_2), file_name="prompt-case.json",
            mime="application/json", icon=":material/download:", key="prompt-case-download",
            on_click="ignore",
        )  # fmt: skip
