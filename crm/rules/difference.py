"""What changed from one rule tree to another, condition by condition.

    for change in changes(earlier, later):
        change.kind, change.path, change.before, change.after

The order of a group's conditions, their ids, how a value was written and groups of one condition mean
nothing, so they are no change.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from crm.rules.nodes import (
    ROOT,
    Behaviour,
    Condition,
    Everyone,
    Group,
    InCampaign,
    InList,
    InSegment,
    Join,
    Rule,
    Top,
    children,
)
from crm.rules.sentence import describe

Placed = tuple[str, Rule]  # a node with its path
Meaning = tuple[Hashable, ...]


class Kind(StrEnum):
    """What happened to a condition between two trees."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # the same condition, in another group
    REJOINED = "rejoined"  # a group that now asks for all, any or none of its conditions


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `path` is a node's in the later tree, for what was removed in the earlier one."""

    kind: Kind
    path: str
    before: Rule | None
    after: Rule | None


def changes(earlier: Rule, later: Rule) -> list[Change]:
    """Every difference: what is there now in the order of the later tree, then what was removed."""
    found = _compared((ROOT, earlier), (ROOT, later))
    found = _with_moves(found)
    return sorted(found, key=lambda change: change.kind is Kind.REMOVED)


def same(one: Rule, other: Rule) -> bool:
    """Whether two rules ask for the same, whatever their nodes are called."""
    return meaning(one) == meaning(other)


_JOINED = {Join.AND: "all of these", Join.OR: "any of these", Join.NOT: "none of these"}


def said(change: Change, *, currency: str = "INR") -> tuple[str | None, str | None]:
    """What a change was and is, in words: `spent more than ₹1,000`; None where there is nothing."""
    if change.kind is Kind.REJOINED:
        groups = [node for node in (change.before, change.after) if isinstance(node, Group)]
        return _JOINED[groups[0].join], _JOINED[groups[1].join]
    return _clause(change.before, currency), _clause(change.after, currency)


def _clause(rule: Rule | None, currency: str) -> str | None:
    return None if rule is None else describe(rule, currency=currency).removeprefix("Customers who ")


def meaning(rule: Rule) -> Meaning:
    """What a rule asks for, in a form that can be compared: equal for rules that differ in form alone."""
    match _inner((ROOT, rule))[1]:
        case Everyone():
            return ("everyone",)
        case Condition(field, operator, value):
            return ("condition", field.name, operator.name, repr(value))
        case Group(join, rules):
            return ("group", str(join), *sorted((meaning(each) for each in rules), key=repr))
        case Behaviour() as node:
            where = sorted((meaning(each) for each in node.where), key=repr)
            asked = (node.operator.name, repr(node.value))
            return ("behaviour", str(node.measure), tuple(where), repr(node.within), *asked)
        case Top(n, by, direction, of):
            return ("top", n, by.name, direction, meaning(of))
        case InSegment(segment_id, inside=inside):
            return ("segment", segment_id, inside)
        case InCampaign(campaign_id, _, state, variant):
            return ("campaign", campaign_id, state, variant)
        case InList(list_id, inside=inside):
            return ("list", list_id, inside)
        case never:
            assert_never(never)


def _inner(placed: Placed) -> Placed:
    """What stands alone in a group of one, which says no more than it does."""
    path, rule = placed
    while isinstance(rule, Group) and rule.join is not Join.NOT and len(rule.rules) == 1:
        path, rule = children(rule, path)[0]
    return path, rule


def _compared(earlier: Placed, later: Placed) -> list[Change]:
    (_, old), (path, new) = before, after = _inner(earlier), _inner(later)
    if meaning(old) == meaning(new):
        return []
    if isinstance(old, Group) and isinstance(new, Group):
        joined = [Change(Kind.REJOINED, path, old, new)] if old.join is not new.join else []
        return joined + _matched(children(old, before[0]), children(new, path))
    if isinstance(old, Group) is not isinstance(new, Group):
        return _of_one(before, after)
    if isinstance(old, Top) and isinstance(new, Top) and _ranks(old) == _ranks(new):
        return _compared((f"{before[0]}.of", old.of), (f"{path}.of", new.of))
    if _likeness(old)[-1] == _likeness(new)[-1]:
        return [Change(Kind.CHANGED, path, old, new)]
    return [_added(after), _removed(before)]


def _of_one(before: Placed, after: Placed) -> list[Change]:
    """The differences of a condition alone and a group: of two groups, one of which asks for it alone."""
    (at, old), (path, new) = before, after
    old_group = old if isinstance(old, Group) else Group(Join.AND, (old,))
    new_group = new if isinstance(new, Group) else Group(Join.AND, (new,))
    if Join.NOT in (old_group.join, new_group.join):
        return [_added(after), _removed(before)]
    joined = [Change(Kind.REJOINED, path, old_group, new_group)] if old_group.join != new_group.join else []
    olds = children(old, at) if old is old_group else [before]
    news = children(new, path) if new is new_group else [after]
    return joined + _matched(olds, news)


def _ranks(top: Top) -> tuple[Hashable, ...]:
    return top.n, top.by.name, top.direction


def _matched(earlier: list[Placed], later: list[Placed]) -> list[Change]:
    """The differences of two groups: each old condition paired with the new one that it became."""
    pairs: dict[int, Placed] = {}
    left, free = list(earlier), list(range(len(later)))
    for level in range(-1, _LEVELS):
        for placed in list(left):
            key = _key(placed[1], level)
            for number in free:
                if key is not None and key == _key(later[number][1], level):
                    pairs[number] = placed
                    left.remove(placed)
                    free.remove(number)
                    break
    _pair_groups(pairs, left, free, later)
    found: list[Change] = []
    for number, placed in enumerate(later):
        found += _compared(pairs[number], placed) if number in pairs else [_added(placed)]
    return found + [_removed(placed) for placed in left]


def _pair_groups(pairs: dict[int, Placed], left: list[Placed], free: list[int], later: list[Placed]) -> None:
    """Pair the groups that have most in common; those with nothing in common are two."""
    for number in list(free):
        shared = [(len(_leaves(placed[1]) & _leaves(later[number][1])), placed) for placed in left]
        best = max(shared, key=lambda one: one[0], default=(0, None))
        if best[0] and best[1] is not None and isinstance(later[number][1], Group):
            pairs[number] = best[1]
            left.remove(best[1])
            free.remove(number)


def _leaves(rule: Rule) -> set[Meaning]:
    """What a group asks for; nothing for what is no group."""
    return {meaning(each) for each in rule.rules} if isinstance(rule, Group) else set()


_LEVELS = 2


def _key(rule: Rule, level: int) -> Hashable | None:
    """By what two nodes are taken for one: -1 their meaning, then less and less of it; None for no more."""
    if level < 0:
        return meaning(rule)
    return None if isinstance(_inner((ROOT, rule))[1], Group) else _likeness(rule)[level]


def _likeness(rule: Rule) -> tuple[Hashable, Hashable]:
    """What two nodes of which one became the other have in common: at first sight, and at least."""
    match _inner((ROOT, rule))[1]:
        case Everyone():
            return ("everyone",), ("everyone",)
        case Condition(field, operator):
            return ("condition", field.name, operator.name), ("condition", field.name)
        case Behaviour(measure, where):
            about = tuple(sorted(meaning(each) for each in where))
            return ("behaviour", measure, about), ("behaviour",)
        case Top(_, by):
            return ("top", by.name), ("top",)
        case InSegment(segment_id):
            return ("segment", segment_id), ("segment", segment_id)
        case InCampaign(campaign_id):
            return ("campaign", campaign_id), ("campaign", campaign_id)
        case InList(list_id):
            return ("list", list_id), ("list", list_id)
        case Group() as group:
            return ("group", meaning(group)), ("group", meaning(group))
        case never:
            assert_never(never)


def _added(placed: Placed) -> Change:
    return Change(Kind.ADDED, placed[0], None, placed[1])


def _removed(placed: Placed) -> Change:
    return Change(Kind.REMOVED, placed[0], placed[1], None)


def _with_moves(found: Iterable[Change]) -> list[Change]:
    """What was removed in one group and added in another, as moved."""
    kept = list(found)
    for gone in [change for change in kept if change.kind is Kind.REMOVED]:
        for number, come in enumerate(kept):
            if come.kind is Kind.ADDED and gone.before and come.after and same(gone.before, come.after):
                kept[number] = Change(Kind.MOVED, come.path, gone.before, come.after)
                kept.remove(gone)
                break
    return kept
