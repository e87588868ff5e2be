"""What a launch would do, in numbers: whom it reaches, and who of the audience is not messaged and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import streamlit as st

from crm import audiences, carriers, content, dry_run, launching, options, rulebook, segments
from crm.errors import CrmError
from crm.fields import Field
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import format as fmt

_FRESH = 20  # seconds that a count is good for while writing; the launch counts again
_AT_ONCE = 20_000  # customers that are rehearsed at every change; beyond, only when somebody asks
_SAMPLE = 20
_ASKED = "campaign check"
_KINDS = {
    "suppressed": "Suppressed",
    "capped": "Messaged often enough",
    "heldOut": "Held out",
    "notReachable": "Without an address",
    "notRenderable": "Message can't be written",
}

Campaign = Mapping[str, Any]
Checked = Mapping[str, Any]  # as crm.dry_run shows it


@dataclass(frozen=True, slots=True)
class Look:
    """What is known about a campaign as it is written; `problem` says why it can't be sent.

    `checked` is None where the audience is large and nobody has asked for the check yet.
    """

    size: int | None = None
    checked: Checked | None = None
    sample: tuple[str, ...] = ()
    problem: str = ""


def look(stores: Stores, settings: Settings, campaign: Campaign) -> Look:
    """What the campaign would do now, or what is wrong with it."""
    try:
        if _written(campaign):
            options.read({name: campaign[name] for name in options.OPTIONS if name in campaign})
            content.read(campaign, rulebook.fields(stores))
            carriers.way(stores, campaign.get("vendor"), campaign.get("channel"))
        tree = launching.audience_tree(stores, dict(campaign))
        if tree is None or not _written(campaign):
            return Look()
        whole = _dump(campaign, tree)
        size, sample = _audience(stores.db.name, _dump({}, tree), stores, settings)
        if size <= _AT_ONCE:
            return Look(size, _checked(stores.db.name, whole, stores), sample)
    except CrmError as error:
        return Look(problem=error.message)
    asked, found = st.session_state.get(_ASKED) or (None, None)
    return Look(size, found if asked == whole else None, sample)


def _written(campaign: Campaign) -> bool:
    texts = [campaign, *(campaign.get("variants") or ())]
    return any((each.get("messageTemplate") or "").strip() for each in texts)


def _dump(campaign: Campaign, tree: Any) -> bytes:
    return orjson.dumps({"campaign": campaign, "tree": tree}, option=orjson.OPT_SORT_KEYS)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _audience(
    database: str, tree: bytes, _stores: Stores, _settings: Settings
) -> tuple[int, tuple[str, ...]]:
    """How many there are, and the ids of a few."""
    rule, now = rulebook.parse(_stores, orjson.loads(tree)["tree"]), utc_now()
    size = audiences.count(_stores, rule, now=now, zone=_settings.zone)
    found = audiences.sample_customers(_stores, rule, now=now, zone=_settings.zone, limit=_SAMPLE)
    return size, tuple(each["_id"] for each in found)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def _checked(database: str, whole: bytes, _stores: Stores) -> Checked:
    """The rehearsal over everybody. Raises as `crm.dry_run.over`."""
    *_, last = dry_run.over(_stores, orjson.loads(whole)["campaign"], now=utc_now())
    return last.shown()


def run(stores: Stores, campaign: Campaign) -> Checked:
    """The rehearsal over everybody as things are now, with its progress where it takes a while."""
    slot = st.empty()
    found: Checked = {}
    for state in dry_run.over(stores, campaign, now=utc_now()):
        found = state.shown() if state.finished else found
        if state.total > _AT_ONCE and not state.finished:
            done = f"Checking: {fmt.number(state.done)} of {fmt.number(state.total)}"
            slot.progress(min(1.0, state.done / state.total), text=done)
    slot.empty()
    return found


def again(stores: Stores, settings: Settings, campaign: Campaign, shown: Checked) -> Checked:
    """The rehearsal as things are now; of a large audience only where its size has changed."""
    if shown["audience"] > _AT_ONCE:
        rule, now = rulebook.parse(stores, launching.audience_tree(stores, dict(campaign))), utc_now()
        if audiences.count(stores, rule, now=now, zone=settings.zone) == shown["audience"]:
            return shown
    return run(stores, campaign)


def sentence(stores: Stores, settings: Settings, campaign: Campaign) -> str:
    """The audience in words, all that is included and excluded. Raises InvalidRule, NotFound."""
    rule = rulebook.parse(stores, launching.audience_tree(stores, dict(campaign)))
    return segments.describe(rule, currency=settings.currency)


def offer(stores: Stores, campaign: Campaign, size: int) -> None:
    """The button that has a large audience checked."""
    st.caption(f"{fmt.count(size, 'customer')} in the audience.")
    if st.button("Check everybody", icon=":material/fact_check:", key="campaign-check"):
        whole = _dump(campaign, launching.audience_tree(stores, dict(campaign)))
        st.session_state[_ASKED] = (whole, run(stores, campaign))
        st.rerun()


def numbers(checked: Checked) -> None:
    """Audience and reachable, and between them each kind of people who are not messaged."""
    rows = [("Audience", checked["audience"])]
    rows += [(label, -checked[kind]) for kind, label in _KINDS.items() if checked[kind]]
    rows += [("Will be messaged", checked["reachable"])]
    rows += [(f"of them {fmt.plain(name)}", many) for name, many in checked["variants"].items()]
    strong_ones = {"Audience", "Will be messaged"}
    with st.container(gap=None):
        for label, many in rows:
            with st.container(horizontal=True):
                strong = "**" if label in strong_ones else ""
                written = f"{'−' if many < 0 else ''}{fmt.number(abs(many))}"
                st.markdown(f"{strong}{label}{strong}", width="stretch")
                st.markdown(f"{strong}{written}{strong}", width="content")


def missing(checked: Checked, fields: Mapping[str, Field]) -> None:
    """How many would be skipped for want of a value, field by field, with what to write instead."""
    if not checked["notRenderable"]:
        if checked["reachable"] == checked["audience"]:
            st.caption(":material/check: Everybody in the audience can be sent this message.")
        return
    st.warning(
        f"{fmt.count(checked['notRenderable'], 'customer')} of {fmt.number(checked['audience'])} would be "
        "skipped.",
        icon=":material/block:",
    )
    for name, people in checked["missing"].items():
        default = "there" if name == "name" else "…"
        label = fmt.plain(fields[name].label if name in fields else name)
        st.caption(
            f"{fmt.count(people, 'customer')} without {label}: "
            f"write `{{{name}|{default}}}` to send to them too."
        )
