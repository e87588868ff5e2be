"""What is asked about an audience, answered from the snapshot's columns."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from crm import audience_sets
from crm.columnar.facts import gather
from crm.columnar.shelf import State
from crm.distributions import Distribution, Facts
from crm.segments import IdSet, InCampaign, InList, Rule, walk
from crm.stores.connection import Stores

_GOOD_FOR = 5.0  # seconds that the ids of a campaign or a list are taken to be the same
_MOST_KEPT = 32
_KEPT: dict[tuple[str, object], tuple[float, IdSet]] = {}


def facts(
    stores: Stores,
    state: State,
    rule: Rule,
    *,
    now: datetime,
    zone: ZoneInfo,
    sums: Sequence[str] = (),
    within: Mapping[str, Rule] | None = None,
    distributions: Sequence[Distribution] = (),
    sample: int = 0,
) -> Facts:
    """Everything about the audience of `rule`."""
    return gather(
        state, rule, now=now, zone=zone, sets=sets(stores, rule), sums=sums, within=within,
        distributions=distributions, sample=sample,
    )  # fmt: skip


def sets(stores: Stores, rule: Rule) -> dict[str, IdSet]:
    """The ids of the campaigns and lists in the rule, by path; a few seconds old, as the columns are."""
    return {
        path: _referred(stores, node) for path, node in walk(rule) if isinstance(node, InCampaign | InList)
    }


def _referred(stores: Stores, node: InCampaign | InList) -> IdSet:
    what = (node.list_id,) if isinstance(node, InList) else (node.campaign_id, node.state, node.variant)
    key = (stores.db.name, what)
    now = time.monotonic()
    known = _KEPT.get(key)
    if known and now - known[0] < _GOOD_FOR:
        return known[1]
    found = audience_sets.referred(stores, node)
    if known and list(known[1].ids) == list(found.ids):
        found = known[1]  # the same object, so that its rows need not be looked for again
    if len(_KEPT) >= _MOST_KEPT:
        _KEPT.pop(min(_KEPT, key=lambda one: _KEPT[one][0]))
    _KEPT[key] = now, found
    return found
