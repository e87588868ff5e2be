"""Conditions that name something else: another segment, a past campaign, a stored list."""

from collections.abc import Mapping

import streamlit as st

from crm.offers import Offer
from ui import format as fmt
from ui import rule_lists
from ui.rule_draft import Expected
from ui.rule_parts import Shown, putter, select
from ui.rule_tree import Node

_STATES = {
    "sent": "Were sent",
    "failed": "Could not be sent",
    "skipped": "Were skipped by",
    "": "Were picked for",  # in any state: a variant has to be chosen
}


def segment(shown: Shown, node: Node) -> None:
    _inside(node, "In the segment", "Not in the segment")
    _named(node, "segment", "segmentId", shown.offers.segments, "choose a segment")


def stored_list(shown: Shown, node: Node) -> None:
    _inside(node, "On the list", "Not on the list")
    offered = shown.offers.lists
    _named(node, "list", "listId", offered, "choose a list" if offered else "no list yet")
    if st.button(
        "New list", icon=":material/playlist_add:", type="tertiary", key=Expected(node["id"]).key("new-list")
    ):
        rule_lists.new_list(node["id"])


def campaign(shown: Shown, node: Node) -> None:
    here = Expected(node["id"])
    select(
        here, "state", "What became of it", list(_STATES), node.get("state") or "",
        lambda state: putter(node["id"], "state")(state or None),
        words=lambda state: _STATES.get(state, state),
    )  # fmt: skip
    _named(node, "campaign", "campaignId", shown.offers.campaigns, "choose a campaign")
    chosen = shown.offers.campaigns.get(str(node.get("campaignId")))
    variants = chosen.variants if chosen else ()
    if len(variants) > 1 or node.get("variant"):
        any_of_them = [] if not node.get("state") else [""]
        wanted = node.get("variant") or ("" if any_of_them else None)
        select(
            here, "variant", "Variant", [*any_of_them, *variants], wanted,
            lambda name: putter(node["id"], "variant")(name or None),
            words=lambda name: name or "any variant", placeholder="choose a variant",
        )  # fmt: skip


def _inside(node: Node, yes: str, no: str) -> None:
    words = {True: yes, False: no}
    select(
        Expected(node["id"]), "inside", "In or not", list(words), bool(node.get("in", True)),
        putter(node["id"], "in"), words=words.__getitem__,
    )  # fmt: skip


def _named(node: Node, part: str, entry: str, offered: Mapping[str, Offer], placeholder: str) -> None:
    select(
        Expected(node["id"]), part, placeholder.capitalize(), list(offered), node.get(entry),
        putter(node["id"], entry), words=lambda at: _name(offered, at), placeholder=placeholder,
    )  # fmt: skip


def _name(offered: Mapping[str, Offer], at: str) -> str:
    found = offered.get(at)
    if found is None:
        return "not here any more"
    return f"{found.name} ({fmt.number(found.entries)})" if found.entries else found.name
