"""What a rule asks beyond a customer's own fields, found in MongoDB as sets of ids.

    sets = resolve(stores, rule, now=now, zone=zone)
    for query in queries(rule, sets, now=now, zone=zone): ...    # filters on customers, one range of ids each

A set may hold a million ids, more than a command to MongoDB can. So a rule becomes several filters, each for
one range of `_id` with the ids of that range: together they select exactly whom the rule selects.
"""

import bisect
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from crm import segments
from crm.rules import mongo_orders
from crm.rules.moments import Clock
from crm.rules.nodes import ROOT, Behaviour, InCampaign, InList, Rule, Top, children, walk
from crm.rules.predicates import Known, to_mongo
from crm.segments import Filter, IdSet
from crm.stores import audience_sources as sources
from crm.stores import audiences as store
from crm.stores.connection import Stores

Sets = dict[str, IdSet]
Range = tuple[str | None, str | None]

MOST_IDS = 100_000  # of sets in one command: 4 MB of the 16 that it may have


def resolve(stores: Stores, rule: Rule, *, now: datetime, zone: tzinfo) -> Sets:
    """The ids for every behaviour, ranking, campaign and list in the rule, by its path, as of `now`."""
    clock, sets = Clock(now, zone), Sets()
    for path, node in reversed(list(walk(rule))):  # what a node contains comes before it
        match node:
            case Behaviour():
                query, complement = mongo_orders.asked(node, clock)
                ids = sources.by_orders(stores, mongo_orders.measured(node, clock), query)
                sets[path] = IdSet(ids, complement)
            case Top():
                sets[path] = IdSet(_ranked(stores, node, path, sets, now, zone))
            case InCampaign() | InList():
                sets[path] = referred(stores, node)
    return sets


def referred(stores: Stores, node: InCampaign | InList) -> IdSet:
    """The customers of a campaign, or on a list."""
    if isinstance(node, InList):
        return IdSet(sources.on_list(stores, node.list_id))
    return IdSet(sources.of_campaign(stores, node.campaign_id, node.state, node.variant))


def _ranked(stores: Stores, top: Top, path: str, sets: Sets, now: datetime, zone: tzinfo) -> list[str]:
    kind = top.by.type
    known = {top.by.path: {**to_mongo(Known("date" if kind == "date" else "number")),
                           "$not": {"$type": "array"}}}  # fmt: skip
    highest = top.direction == "desc"
    best: list[tuple[object, str]] = []
    for query in queries(top.of, sets, now=now, zone=zone, path=f"{path}.of"):
        found = store.ranked(stores, {"$and": [known, query]}, top.by.path, highest=highest, limit=top.n)
        best = _merged(best, found, highest, top.n) if best else found
    return sorted(key for _, key in best)


def _merged(
    best: list[tuple[object, str]], more: list[tuple[object, str]], highest: bool, limit: int
) -> list[tuple[object, str]]:
    """The best of both; ties by `_id`, and all of `more` come after `best` by that."""
    return sorted([*best, *more], key=lambda one: one[0], reverse=highest)[:limit]  # type: ignore[arg-type, return-value]


def queries(
    rule: Rule,
    sets: Mapping[str, IdSet],
    *,
    now: datetime,
    zone: tzinfo,
    path: str = ROOT,
    most: int = MOST_IDS,
) -> Iterator[Filter]:
    """Filters on customers, for ascending ranges of `_id`, that together select whom the rule selects.

    One that names no range where the sets are small, as most are.
    """
    used = {at: sets[at] for at in _used(rule, path)}
    for low, high in ranges(used, most):
        part = {at: _between(found, low, high) for at, found in used.items()}
        query = segments.to_filter(rule, now=now, zone=zone, sets=part, path=path)
        yield within(query, low, high)


def within(query: Filter, low: str | None, high: str | None) -> Filter:
    """The filter, only for `_id`s from `low` and before `high`."""
    ends = ({} if low is None else {"$gte": low}) | ({} if high is None else {"$lt": high})
    return {"$and": [{"_id": ends}, query]} if ends else query


def _used(rule: Rule, path: str) -> Iterator[str]:
    """Paths of the sets that the rule's filter names: what a ranking contains is in its own set."""
    match rule:
        case Behaviour() | Top() | InCampaign() | InList():
            yield path
        case _:
            for at, child in children(rule, path):
                yield from _used(child, at)


def ranges(sets: Mapping[str, IdSet], most: int = MOST_IDS) -> list[Range]:
    """Ranges of `_id` with at most so many ids of these sets in each, ascending, without a gap."""
    if sum(len(one.ids) for one in sets.values()) <= most:
        return [(None, None)]
    step = max(1, most // (2 * len(sets)))
    candidates = sorted({key for one in sets.values() for key in one.ids[step::step]})
    cuts: list[str] = []
    last = [0] * len(sets)
    before: tuple[str, list[int]] | None = None
    for key in candidates:
        at = [bisect.bisect_left(one.ids, key) for one in sets.values()]
        if before and sum(at) - sum(last) > most:
            cuts.append(before[0])
            last = before[1]
        before = key, at
    if before and sum(len(one.ids) for one in sets.values()) - sum(last) > most:
        cuts.append(before[0])
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def _between(found: IdSet, low: str | None, high: str | None) -> IdSet:
    start = 0 if low is None else bisect.bisect_left(found.ids, low)
    end = len(found.ids) if high is None else bisect.bisect_left(found.ids, high)
    whole = start == 0 and end == len(found.ids)
    return found if whole else IdSet(found.ids[start:end], found.complement)
