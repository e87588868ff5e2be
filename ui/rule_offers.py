"""What the builder offers to choose from in a tree: fields, values of the data, other things by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from crm import audiences, offers, rulebook
from crm.fields import Field
from crm.offers import Offer
from crm.stores.connection import Stores
from ui import rule_tree
from ui.rule_tree import Node

_FIELD_ORDER = (
    "totalSpent", "orderCount", "totalOrderValue", "lastOrdered", "firstPurchaseDate", "lastActive",
    "lastLogin", "accountCreated", "visitCount", "loginCount", "isInactive", "tags", "city", "country",
    "gender", "age", "birthDate", "name", "email", "phone", "externalId",
)  # fmt: skip
_HIDDEN = "bucket"  # offered as a random share, in words that mean something

Known = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Offers:
    """`fields`: by name, in the order of an editor. `known`, `ordered`: values that the data has, by field
    of customers and of orders. `segments`, `campaigns`, `lists`: by id."""

    fields: Mapping[str, Field]
    known: Known = field(default_factory=dict)
    ordered: Known = field(default_factory=dict)
    segments: Mapping[str, Offer] = field(default_factory=dict)
    campaigns: Mapping[str, Offer] = field(default_factory=dict)
    lists: Mapping[str, Offer] = field(default_factory=dict)


def offers_for(stores: Stores, tree: Node, known: Known, own_id: str | None) -> Offers:
    """What the nodes of this tree need. A segment is not offered to itself."""
    nodes = list(rule_tree.nodes(tree))
    kinds = {node.get("type") for node in nodes}
    fields = rulebook.fields(stores)
    asked = {field.name: field for node in nodes if (field := fields.get(str(node.get("field"))))}
    return Offers(
        _ordered_fields(fields),
        {
            **known,
            **{
                name: _values(stores.db.name, field, stores)
                for name, field in asked.items()
                if field.key and field.folded
            },
        },
        _ordered(stores.db.name, stores) if "behaviour" in kinds else {},
        {one.id: one for one in offers.segments(stores) if one.id != own_id} if "segment" in kinds else {},
        {one.id: one for one in offers.campaigns(stores)} if "campaign" in kinds else {},
        {one.id: one for one in offers.lists(stores)} if "list" in kinds else {},
    )


def offered_fields(fields: Mapping[str, Field], chosen: str) -> list[str]:
    """Names for a select; the one that is chosen is among them whatever it is."""
    names = [name for name in fields if name != _HIDDEN]
    return names if chosen in names else [*names, chosen]


def field_label(fields: Mapping[str, Field], name: str) -> str:
    label = fields[name].label if name in fields else name
    return label[:1].upper() + label[1:]


def _ordered_fields(fields: Mapping[str, Field]) -> dict[str, Field]:
    first = {name: fields[name] for name in _FIELD_ORDER if name in fields}
    return {**first, **fields}


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def _values(database: str, field: Field, _stores: Stores) -> tuple[str, ...]:
    """Values of a custom attribute of text or tags. Up to five minutes old; the same for every account."""
    return audiences.values_of(_stores, field)


@st.cache_data(ttl="5m", max_entries=8, show_spinner=False)
def _ordered(database: str, _stores: Stores) -> dict[str, tuple[str, ...]]:
    """Values in the newest orders. Up to five minutes old; the same for every account."""
    return dict(offers.ordered(_stores))
