"""The segment workbench: a name, the builder beside what it reaches, saving."""

from dataclasses import dataclass

import streamlit as st

from crm import audiences, auth, library, names
from crm.auth import Account
from crm.errors import CrmError
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt
from ui import (
    links,
    notices,
    open_segment,
    prompt_box,
    rule_draft,
    rule_tree,
    segment_actions,
    segment_conflict,
    segment_curve,
    segment_figures,
    segment_misses,
    segment_panels,
    segment_preview,
    segment_steps,
)
from ui.open_segment import NAME, Opened, Segment
from ui.rule_builder import rule_builder
from ui.rule_draft import Draft
from ui.rule_marks import Marks, marks
from ui.segment_preview import Shown


@dataclass(frozen=True, slots=True)
class Work:
    """What one run of the workbench goes by. The draft is read once: a click may replace it meanwhile."""

    stores: Stores
    settings: Settings
    account: Account
    opened: Opened
    draft: Draft
    marks: Marks

    @property
    def complete(self) -> bool:
        return self.marks.complete and not rule_tree.is_empty(self.draft.tree)

    def changed(self, name: str) -> bool:
        """Whether saving would change anything: new rules, or another name."""
        segment = self.opened.segment
        return (
            segment is None
            or segment["name"] != " ".join(name.split())
            or self.opened.differs(self.draft.tree)
        )


def draw(stores: Stores, settings: Settings, account: Account, address: str) -> None:
    """The workbench with the segment that the address names."""
    opened = open_segment.opened(stores, address)
    if opened is None:
        st.title("Segments")
        st.warning("This segment is not here any more.", icon=":material/search_off:")
        _back()
        return
    opened = segment_conflict.draw(stores, settings, account, opened)
    segment_panels.open_from_address()
    draft = rule_draft.current()
    own_id = opened.segment["_id"] if opened.segment else None
    work = Work(stores, settings, account, opened, draft, marks(stores, draft.tree, own_id))
    _laid_out(work)


def _laid_out(work: Work) -> None:
    """The page in its order on the screen, drawn in the order of what people wait for: the number first."""
    header, prompt = st.container(), st.container()
    left, right = st.columns([2, 1])
    charts = segment_figures.chosen(work.stores, work.account)
    shown = segment_preview.current(work.stores, work.settings, work.draft, work.marks, charts)
    reach = right.container(border=True, key="segment-reach")
    with reach:
        segment_preview.numbers(shown, work.settings)
    with left.container(border=True, key="segment-rules"):
        _builder(work, shown)
    with header:
        _header(work)
    if shown.answer and not shown.outdated:
        reached = shown.answer
        prompt_box.counted(work.stores, work.account, reached.rules, reached.preview.size)
    with prompt:
        empty = rule_tree.is_empty(work.draft.tree)
        current = work.draft.tree if work.complete else None
        target = prompt_box.Target(rule_draft.propose, work.draft.tree, current, _undone)
        prompt_box.draw(work.stores, work.settings, work.account, target, suggest=empty)
    with reach:
        segment_steps.draw(shown, work.settings)
    segment_panels.draw(shown, work.stores, work.settings, work.account)
    segment_curve.draw_if_asked(shown, work.draft, work.stores, work.settings)


def _undone() -> bool:
    """Take the last step back; False where there is none."""
    possible = bool(rule_draft.current().past)
    rule_draft.undo()
    return possible


def _builder(work: Work, shown: Shown) -> None:
    segment, answer = work.opened.segment, shown.answer
    found = work.marks
    if shown.at:
        at = rule_tree.node_at(work.draft.tree, shown.at)
        found = found.also_wrong(at["id"], shown.problem)
    rule_builder(
        work.draft,
        found,
        known_values(work.stores.db.name, work.stores),
        answer.preview.nodes if answer else None,
        counted=answer.rules if answer else None,
        misses=segment_misses.at_hand(answer, work.stores, work.settings) if answer else None,
        own_id=segment["_id"] if segment else None,
    )


@st.cache_data(ttl="5m", max_entries=8, show_spinner=False)
def known_values(database: str, _stores: Stores) -> dict[str, tuple[str, ...]]:
    """Values that the data has, by field. Up to five minutes old; the same for every account."""
    return audiences.known_values(_stores)


def _back() -> None:
    st.button(
        "All segments",
        icon=":material/arrow_back:",
        type="tertiary",
        key="segment-all",
        on_click=open_segment.close,
    )


def _header(work: Work) -> None:
    _back()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Segment",
            key=NAME,
            max_chars=names.LONGEST,
            placeholder="Name this segment to save it",
            persist_state="session",
            width="stretch",
        )
        problem = _buttons(work, name or "")
    if problem:
        st.error(problem, icon=":material/error:")
    if work.opened.segment is not None:
        _description(work, work.opened.segment)


def _description(work: Work, segment: Segment) -> None:
    """What the segment is for, and the way to say it."""
    said = segment.get("description", "")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if said:
            st.caption(fmt.plain(said), width="content")
        if st.button(
            "" if said else "Add a description", icon=":material/edit_note:", type="tertiary",
            key="segment-describe", help="Name and description",
        ):  # fmt: skip
            segment_actions.describe(work.stores, work.account, segment["_id"])


def _buttons(work: Work, name: str) -> str:
    """Save, save as new, use in a campaign. Returns why saving did not work, an empty text otherwise."""
    segment, changed = work.opened.segment, work.changed(name)
    why = None if work.complete else "Finish every condition first."
    problem = ""
    if st.button(
        "Save" if changed else "Saved",
        type="primary",
        icon=":material/save:" if changed else ":material/check:",
        key="segment-save",
        disabled=not (work.complete and changed),
        help=why,
    ):
        problem = _saved(work, name, segment)
    if segment is None:
        return problem
    if st.button("Save as new", key="segment-save-as", disabled=not work.complete, help=why):
        problem = _saved(work, name, None)
    if auth.can(work.account, "campaigns"):
        why = "Save the segment first." if changed else None
        if st.button(
            "Use in campaign", icon=":material/campaign:", key="segment-use", disabled=changed, help=why
        ):
            st.switch_page(links.page("campaigns"), query_params={"segment": segment["_id"]})
    return problem


def _saved(work: Work, name: str, segment: Segment | None) -> str:
    """Save and start the run over; returns the reason where that was refused."""
    rules, now, zone = work.draft.tree, utc_now(), work.settings.zone
    try:
        if segment is None:
            stored = library.save(
                work.stores, name=name, rules=rules, account=work.account, now=now, zone=zone
            )
        else:
            stored = library.update(
                work.stores, segment["_id"], name=name, rules=rules, expected=segment["updatedAt"],
                account=work.account, now=now, zone=zone,
            )  # fmt: skip
    except CrmError as error:
        return error.message
    open_segment.saved(stored)
    notices.say(f"Saved “{fmt.plain(stored['name'])}”.")
    st.rerun()
    return ""
