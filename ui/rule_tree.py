"""Edits of a rule tree in its JSON form.

Every function returns a new tree and leaves the old one as it was; parts that did not change are shared.
An edit that has nothing to work on (the node is gone, or is no group) returns the very tree it was given,
so `edited is tree` tells that nothing happened. Nodes are named by their `id`, unique in a tree; who adds
nodes brings fresh ids, so that an id is never used for two nodes one after the other.
"""

import re
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

GROUP_OPERATORS = ("AND", "OR", "NOT")
_STEP = re.compile(r"conditions\[(\d+)\]")


def group(node_id: int, operator: str = "AND", conditions: list[Node] | None = None) -> Node:
    return {"id": node_id, "type": "group", "operator": operator, "conditions": conditions or []}


def condition(node_id: int, field: str, operator: str, value: Any = None) -> Node:
    return {"id": node_id, "type": "condition", "field": field, "operator": operator, "value": value}


def everyone(node_id: int) -> Node:
    return {"id": node_id, "type": "everyone"}


def is_group(node: Node) -> bool:
    return node.get("type") == "group"


def nodes(tree: Node) -> Iterator[Node]:
    """The tree's nodes, each before what it contains."""
    yield tree
    for child in _children(tree):
        yield from nodes(child)


def find(tree: Node, node_id: int) -> Node | None:
    return next((node for node in nodes(tree) if node["id"] == node_id), None)


def parent(tree: Node, node_id: int) -> Node | None:
    """The group a node stands in; None for the root and for a node that is not in the tree."""
    return next((node for node in nodes(tree) if _position(node, node_id) is not None), None)


def node_at(tree: Node, path: str) -> Node:
    """The node that an error's path (`rules.conditions[0].value`) is about: the deepest one on the way."""
    node = tree
    for step in _STEP.findall(path):
        children = _children(node)
        if int(step) >= len(children):
            break
        node = children[int(step)]
    return node


def is_empty(tree: Node) -> bool:
    """Whether nothing has been asked for yet: a group without conditions."""
    return is_group(tree) and not _children(tree)


def without_ids(tree: Node) -> Node:
    """What a tree says, whatever its nodes are called: two trees that ask for the same are equal."""
    copy = {key: value for key, value in tree.items() if key != "id"}
    if is_group(tree):
        copy["conditions"] = [without_ids(child) for child in _children(tree)]
    return copy


def renumber(tree: Node, ids: Iterator[int]) -> Node:
    """The same tree with a fresh id on every node."""
    copy = {**tree, "id": next(ids)}
    if is_group(tree):
        copy["conditions"] = [renumber(child, ids) for child in _children(tree)]
    return copy


def rooted(tree: Node, ids: Iterator[int]) -> Node:
    """The tree as an editor takes it: fresh ids, and a condition by itself put into a group."""
    fresh = renumber(tree, ids)
    return fresh if fresh.get("type") in ("group", "everyone") else group(next(ids), "AND", [fresh])


def change(tree: Node, node_id: int, **changes: Any) -> Node:
    """The tree with these entries of one node changed."""
    node = find(tree, node_id)
    if node is None or all(node.get(key) == value for key, value in changes.items()):
        return tree
    return replace(tree, node_id, {**node, **changes})


def replace(tree: Node, node_id: int, new: Node) -> Node:
    if tree["id"] == node_id:
        return new
    return _with_children(tree, [replace(child, node_id, new) for child in _children(tree)])


def add(tree: Node, group_id: int, node: Node, at: int | None = None) -> Node:
    """The tree with a node in a group, at a position or at its end."""
    target = find(tree, group_id)
    if target is None or not is_group(target):
        return tree
    children = list(_children(target))
    children.insert(len(children) if at is None else at, node)
    return replace(tree, group_id, {**target, "conditions": children})


def remove(tree: Node, node_id: int) -> Node:
    """The tree without a node and what it contains. The root stays."""
    above = parent(tree, node_id)
    if above is None:
        return tree
    kept = [child for child in _children(above) if child["id"] != node_id]
    return replace(tree, above["id"], {**above, "conditions": kept})


def duplicate(tree: Node, node_id: int, ids: Iterator[int]) -> Node:
    """The tree with a copy of a node right behind it."""
    above, node = parent(tree, node_id), find(tree, node_id)
    if above is None or node is None:
        return tree
    return add(tree, above["id"], renumber(node, ids), _position(above, node_id) + 1)


def move(tree: Node, node_id: int, step: int) -> Node:
    """The tree with a node one place up (-1) or down (+1); past its group's end it steps out of it."""
    above, node = parent(tree, node_id), find(tree, node_id)
    if above is None or node is None:
        return tree
    target = _position(above, node_id) + step
    if 0 <= target < len(_children(above)):
        return add(remove(tree, node_id), above["id"], node, target)
    return move_out(tree, node_id, after=step > 0)


def move_out(tree: Node, node_id: int, *, after: bool = True) -> Node:
    """The tree with a node behind (or before) the group that it stood in."""
    above, node = parent(tree, node_id), find(tree, node_id)
    outer = parent(tree, above["id"]) if above else None
    if above is None or node is None or outer is None:
        return tree
    place = _position(outer, above["id"]) + (1 if after else 0)
    return add(remove(tree, node_id), outer["id"], node, place)


def move_into(tree: Node, node_id: int, group_id: int, at: int | None = None) -> Node:
    """The tree with a node inside a group. A group can't be moved into itself."""
    node, target = find(tree, node_id), find(tree, group_id)
    if node is None or target is None or not is_group(target) or find(node, group_id) is not None:
        return tree
    if parent(tree, node_id) is None:
        return tree
    return add(remove(tree, node_id), group_id, node, at)


def neighbour(tree: Node, node_id: int, step: int) -> Node | None:
    """The node before (-1) or behind (+1) a node in its group."""
    above = parent(tree, node_id)
    place = _position(above, node_id) if above else None
    if above is None or place is None or not 0 <= place + step < len(_children(above)):
        return None
    return _children(above)[place + step]


def wrap(tree: Node, node_id: int, ids: Iterator[int], operator: str = "AND") -> Node:
    """The tree with a node in a new group at the node's place; the root too."""
    node = find(tree, node_id)
    return tree if node is None else replace(tree, node_id, group(next(ids), operator, [node]))


def unwrap(tree: Node, group_id: int) -> Node:
    """The tree with a group's conditions in the group's place. The root stays."""
    above, node = parent(tree, group_id), find(tree, group_id)
    if above is None or node is None or not is_group(node):
        return tree
    place = _position(above, group_id)
    children = [*_children(above)[:place], *_children(node), *_children(above)[place + 1 :]]
    return replace(tree, above["id"], {**above, "conditions": children})


def _children(node: Node) -> list[Node]:
    return node["conditions"] if is_group(node) else []


def _position(node: Node, child_id: int) -> int | None:
    return next((n for n, child in enumerate(_children(node)) if child["id"] == child_id), None)


def _with_children(node: Node, children: list[Node]) -> Node:
    same = all(new is old for new, old in zip(children, _children(node), strict=True))
    return node if same else {**node, "conditions": children}
