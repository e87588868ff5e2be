"""How an audience would differ if one thing did: near misses, other values, other segments beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

import numpy as np

from crm.columnar.evaluate import Masks, counted, evaluate, inverted, joined
from crm.columnar.shelf import State
from crm.rules.mongo import IdSet
from crm.rules.nodes import ROOT, Group, InSegment, Join, Rule, Top, children

Sets = Mapping[str, IdSet] | None


def near_misses(
    state: State, rule: Rule, *, now: datetime, zone: tzinfo, sets: Sets = None
) -> dict[str, int]:
    """By node path, how many more people the audience would have if this node alone said the opposite.

    They fail this node and nothing else. Where a node is under a NOT, they are those whom it alone keeps
    out. What stands inside a ranking is left out: another person there moves all the others.
    """
    found = evaluate(state, rule, now=now, zone=zone, sets=sets)
    outside = inverted(found.selected)
    decides = {ROOT: [np.ones(len(part), bool) for part, _ in state.parts]}
    misses: dict[str, int] = {}
    for path, node in _outside_rankings(rule):
        misses[path] = counted(state, joined(Join.AND, [decides[path], outside]))
        below = children(node, path)
        if isinstance(node, Group):
            decides |= _deciding(node, decides[path], [found.nodes[at] for at, _ in below], below)
        elif isinstance(node, InSegment):
            decides[f"{path}.segment"] = decides[path]
    return misses


def _outside_rankings(rule: Rule, path: str = ROOT) -> list[tuple[str, Rule]]:
    found = [(path, rule)]
    if not isinstance(rule, Top):
        for at, child in children(rule, path):
            found += _outside_rankings(child, at)
    return found


def _deciding(
    group: Group, above: Masks, each: list[Masks], below: list[tuple[str, Rule]]
) -> dict[str, Masks]:
    """For whom each child alone decides about the whole: the group does, and no sibling settles the group."""
    open_ = each if group.join is Join.AND else [inverted(one) for one in each]
    before = [above]
    for one in open_[:-1]:
        before.append(joined(Join.AND, [before[-1], one]))
    found: dict[str, Masks] = {}
    after: Masks | None = None
    for number in range(len(open_) - 1, -1, -1):
        found[below[number][0]] = (
            before[number] if after is None else joined(Join.AND, [before[number], after])
        )
        after = open_[number] if after is None else joined(Join.AND, [after, open_[number]])
    return found


def curve(
    state: State,
    rules: Sequence[Rule],
    *,
    now: datetime,
    zone: tzinfo,
    path: str,
    sets: Sets = None,
) -> list[int]:
    """The audience's size for each of these rules, which differ in the node at `path` alone."""
    if not rules:
        return []
    first = evaluate(state, rules[0], now=now, zone=zone, sets=sets)
    sizes = []
    for rule in rules:
        nodes = dict(first.nodes)
        selected = _again(state, rule, ROOT, path, nodes, now=now, zone=zone, sets=sets)
        sizes.append(counted(state, selected))
    return sizes


def _again(
    state: State,
    rule: Rule,
    at: str,
    path: str,
    nodes: dict[str, Masks],
    *,
    now: datetime,
    zone: tzinfo,
    sets: Sets,
) -> Masks:
    """The masks of `rule`, evaluating anew only what lies on the way to `path`."""
    if isinstance(rule, Group) and path.startswith(f"{at}."):
        for child_at, child in children(rule, at):
            if path == child_at or path.startswith(f"{child_at}."):
                nodes[child_at] = _again(state, child, child_at, path, nodes, now=now, zone=zone, sets=sets)
        return joined(rule.join, [nodes[child_at] for child_at, _ in children(rule, at)])
    mine = {ROOT + key[len(at) :]: ids for key, ids in (sets or {}).items() if key.startswith(at)}
    return evaluate(state, rule, now=now, zone=zone, sets=mine).selected


def regions(
    state: State,
    rules: Sequence[Rule],
    *,
    now: datetime,
    zone: tzinfo,
    sets: Sequence[Mapping[str, IdSet]] | None = None,
) -> list[int]:
    """Sizes by bit pattern, `rules[0]` being bit 0: 2**n numbers, the first of those in none of them."""
    each = [
        evaluate(state, rule, now=now, zone=zone, sets=sets[number] if sets else None).selected
        for number, rule in enumerate(rules)
    ]
    sizes = np.zeros(2 ** len(rules), np.int64)
    for number, (part, live) in enumerate(state.parts):
        bits = np.zeros(len(part), np.uint8)
        for place, masks in enumerate(each):
            bits |= masks[number].astype(np.uint8) << np.uint8(place)
        sizes += np.bincount(bits if live is None else bits[live], minlength=len(sizes))
    return sizes.tolist()


def with_node(rule: Rule, path: str, node: Rule, at: str = ROOT) -> Rule:
    """The rule with another node at a path. KeyError where there is none, or it is another segment's."""
    if at == path:
        return node
    match rule:
        case Group(join, rules, node_id):
            for number, (child_at, child) in enumerate(children(rule, at)):
                if path == child_at or path.startswith(f"{child_at}."):
                    changed = with_node(child, path, node, child_at)
                    return Group(join, (*rules[:number], changed, *rules[number + 1 :]), node_id)
        case Top(of=of):
            return replace(rule, of=with_node(of, path, node, f"{at}.of"))
    raise KeyError(path)
