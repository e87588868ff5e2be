"""The prompt box: say in words whom to reach, and get a rule tree, or a question back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import streamlit as st

from crm import asking
from crm import prompt_history as prompt_log
from crm.alternatives import Alternative
from crm.auth import Account
from crm.moment import utc_now
from crm.prompts import Answer
from crm.settings import Settings
from crm.stores.connection import Stores
from crm.suggestions import Suggestion, suggestions
from ui import format as fmt
from ui import prompt_alternatives, prompt_campaign, prompt_case, prompt_history, prompt_questions, rule_tree
from ui.rule_tree import Node

_UNDONE = "The rules are as they were before."
_NOTHING_TO_UNDO = "There is nothing to undo."
_TEXT = "segment prompt"
_NEXT = "segment prompt asked"
_SAID = "segment prompt said"
_ANSWER = "segment prompt answer"
_FILL = "segment prompt filled"
_UNCOUNTED = "segment prompt uncounted"
_FOLLOW_UP = "Only those in … · make it 90 days · but not … · undo · or somebody else altogether"
_EXAMPLE = "People who have ordered in 6 months and spent over 1000"


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt, and what was answered to the questions about it, by the words asked about."""

    text: str
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Where rules go: `use` takes those of a prompt that was understood.

    `tree` are the rules that stand there, `current` the same where they are complete, for prompts that take
    them up; `undo` restores those before, and tells whether there were any.
    """

    use: Callable[[Node], None]
    tree: Node | None = None
    current: Node | None = None
    undo: Callable[[], bool] | None = None


def draw(stores: Stores, settings: Settings, account: Account, target: Target, *, suggest: bool) -> None:
    """The box and what became of the last prompt."""
    if (text := st.session_state.pop(_FILL, None)) is not None:
        st.session_state[_TEXT] = text
    with (
        st.form("segment-prompt", border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Say in words whom you want to reach",
            key=_TEXT,
            max_chars=1_000,
            placeholder=_FOLLOW_UP if target.current else _EXAMPLE,
            persist_state="session",
            width="stretch",
        )
        asked = st.form_submit_button("Find them", icon=":material/auto_awesome:", key="segment-ask")
    with st.container(horizontal=True, gap="xsmall"):
        if suggest:
            _chips(_suggestions(stores.db.name, settings.currency, stores, settings))
        prompt_history.draw(stores, account, _choose)
        last: Answer | None = st.session_state.get(_ANSWER)
        if target.tree is not None and last is not None and _can_be_mistaken(last):
            prompt_case.draw(last, target.current)
    said: Said | None = st.session_state.pop(_NEXT, None)
    if asked:
        said = Said(st.session_state.get(_TEXT) or "")
    if said is not None:
        _ask(stores, settings, account, target, said)
    answer: Answer | None = st.session_state.get(_ANSWER)
    if answer is not None:
        _show(stores, settings, answer, target)


def forget() -> None:
    """Drop the last answer and its prompt: something else is being worked on."""
    st.session_state.pop(_ANSWER, None)
    st.session_state[_FILL] = ""  # a widget's text can't be changed in the run that has drawn it


def counted(stores: Stores, account: Account, rules: Node, size: int) -> None:
    """Keep with the last prompt how many people its rules select, once they have been counted."""
    waiting = st.session_state.get(_UNCOUNTED)
    if waiting is not None and rule_tree.comparable(waiting[1]) == rule_tree.comparable(rules):
        prompt_log.counted(stores, account, waiting[0], size)
        st.session_state[_UNCOUNTED] = None


def _chips(made: Sequence[Suggestion]) -> None:
    for number, one in enumerate(made):
        st.button(
            fmt.plain(one.text), key=f"segment-suggestion-{number}", on_click=_choose, args=(one.text,),
            help=fmt.count(one.size, "customer"),
        )  # fmt: skip


def _choose(text: str) -> None:
    st.session_state[_TEXT] = text
    st.session_state[_NEXT] = Said(text)


def _give(words: str, answer: str) -> None:
    """Ask again with an answer to one of the questions."""
    said: Said = st.session_state[_SAID]
    st.session_state[_NEXT] = Said(said.text, {**said.answers, words: answer})


def _ask(stores: Stores, settings: Settings, account: Account, target: Target, said: Said) -> None:
    now, status = utc_now(), st.status("Reading …")
    answer = asking.understand_shop(
        stores, said.text, now=now, zone=settings.zone, settings=settings, answers=said.answers,
        current=target.current, progress=lambda sentence: status.update(label=f"{sentence} …"),
    )  # fmt: skip
    if answer.kind == "undo":
        undone = target.undo is not None and target.undo()
        answer = replace(answer, changed=(_UNDONE if undone else _NOTHING_TO_UNDO,))
    if answer.rules is not None:
        target.use(answer.rules)
    done = answer.kind == "undo" or (answer.kind == "segment" and answer.turn)
    st.session_state[_FILL] = "" if done else answer.prompt or said.text
    st.session_state[_SAID] = said
    at = prompt_log.remember(stores, account, answer.prompt or said.text, answer.kind, now=now)
    st.session_state[_UNCOUNTED] = (at, answer.rules) if at and answer.rules else None
    st.session_state[_ANSWER] = answer
    st.rerun()


def _can_be_mistaken(answer: Answer) -> bool:
    """Whether what became of a prompt could be a case for the set that prompts are scored on."""
    return bool(answer.prompt) and answer.kind in ("segment", "clarify") and not answer.turn


def _show(stores: Stores, settings: Settings, answer: Answer, target: Target) -> None:
    """What was asked back or refused, word for word; or what was taken for granted."""
    if answer.notice:
        st.caption(f":material/info: {fmt.plain(answer.notice)}")
    match answer.kind:
        case "clarify":
            st.warning(fmt.plain(answer.message), icon=":material/help:")
            prompt_questions.draw(answer.questions, _give)
        case "refused":
            st.error(fmt.plain(answer.message), icon=":material/block:")
        case "campaign":
            for sentence in answer.assumptions:
                st.caption(f":material/info: {fmt.plain(sentence)}")
            if answer.campaign_id:
                prompt_campaign.draw(stores, settings, answer.campaign_id)
        case "segment" | "undo":
            if answer.changed:
                said = f"“{answer.prompt}”: " if answer.prompt else ""
                st.caption(f":material/edit: {fmt.plain(said + ' '.join(answer.changed))}")
            if target.tree is not None:
                prompt_alternatives.draw(answer, target.tree, partial(_take, answer, target))


def _take(answer: Answer, target: Target, one: Alternative) -> None:
    """Put another meaning in the place of the one that was taken."""
    rules = prompt_alternatives.instead(target.tree, answer, one) if target.tree else None
    if rules is not None:
        target.use(rules)
        st.session_state[_ANSWER] = prompt_alternatives.taken(answer, one)


@st.cache_data(ttl="5m", max_entries=8, show_spinner=False)
def _suggestions(
    database: str, currency: str, _stores: Stores, _settings: Settings
) -> tuple[Suggestion, ...]:
    return suggestions(_stores, _settings, now=utc_now())
