"""What is asked about an audience, answered by MongoDB on live data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from crm import audience_sets
from crm.audience_sets import Sets
from crm.distributions import Distribution, Facts
from crm.fields import Field
from crm.rules.nodes import ROOT, Everyone, Group, Join, Rule, walk
from crm.stores import audiences as queries
from crm.stores.connection import Stores

MOST_COUNTED = 200_000  # customers: beyond it, counting each node by itself would take too long
MOST_NODES = 60


def facts(
    stores: Stores,
    rule: Rule,
    *,
    now: datetime,
    zone: ZoneInfo,
    fields: Mapping[str, Field],
    sums: Sequence[str] = (),
    within: Mapping[str, Rule] | None = None,
    distributions: Sequence[Distribution] = (),
    sample: int = 0,
) -> Facts:
    """Everything about the audience of `rule`. `nodes` and `steps` only for shops and rules of some size."""
    sets = audience_sets.resolve(stores, rule, now=now, zone=zone)
    found = Facts(bars={one: Counter() for one in distributions}, sums=dict.fromkeys(sums, 0.0))
    found.total = queries.total(stores)
    drawn: list[tuple[float, str]] = []
    for query in audience_sets.queries(rule, sets, now=now, zone=zone):
        part = queries.facts(stores, query, sums=sums, distributions=distributions, fields=fields)
        found.size += part.size
        for name in sums:
            found.sums[name] += part.sums[name]
        for one in distributions:
            found.bars[one].update(part.bars[one])
        if sample:
            drawn += queries.drawn(stores, query, sample)
    found.sample = [key for _, key in sorted(drawn)[:sample]]
    for name, other in (within or {}).items():
        found.within[name] = _count(stores, rule, sets, now=now, zone=zone, also=other)
    _count_nodes(stores, rule, sets, found, now=now, zone=zone)
    return found


def _count_nodes(
    stores: Stores, rule: Rule, sets: Sets, found: Facts, *, now: datetime, zone: ZoneInfo
) -> None:
    nodes = list(walk(rule))
    if found.total > MOST_COUNTED or len(nodes) > MOST_NODES:
        return
    for path, node in nodes:
        if path == ROOT or isinstance(node, Everyone):
            found.nodes[path] = found.size if path == ROOT else found.total
        else:
            found.nodes[path] = _count(stores, node, sets, now=now, zone=zone, path=path)
    if not isinstance(rule, Group):
        return
    for number in range(1, len(rule.rules)):
        first = Group(rule.join, rule.rules[:number])
        found.steps.append(_count(stores, first, sets, now=now, zone=zone))
    found.steps.append(found.size)


def _count(
    stores: Stores,
    rule: Rule,
    sets: Sets,
    *,
    now: datetime,
    zone: ZoneInfo,
    path: str = ROOT,
    also: Rule | None = None,
) -> int:
    if also is not None:
        both = Group(Join.AND, (rule, also))
        sets = {path.replace(ROOT, f"{ROOT}.conditions[0]", 1): ids for path, ids in sets.items()}
        return _count(stores, both, sets, now=now, zone=zone)
    every = audience_sets.queries(rule, sets, now=now, zone=zone, path=path)
    return sum(queries.count(stores, query) for query in every)
