"""Edits of a rule tree in its JSON form.

A group contains its `conditions`, a behaviour the conditions on orders in its `where`, a ranking the node
that it is `of`. Conditions on orders never leave their behaviour, and nothing else gets in.

Every function returns a new tree and leaves the old one as it was; parts that did not change are shared.
An edit that has nothing to work on (the node is gone, or is no group) returns the very tree it was given,
so `edited is tree` tells that nothing happened. Nodes are named by their `id`, unique in a tree; who adds
nodes brings fresh ids, so that an id is never used for two nodes one after the other.
"""

import re
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

_STEP = re.compile(r"\.(conditions|where|of|segment)\b(?:\[(\d+)\])?")
_LISTS = {"group": "conditions", "behaviour": "where"}


def group(node_id: int, operator: str = "AND", conditions: list[Node] | None = None) -> Node:
    return {"id": node_id, "type": "group", "operator": operator, "conditions": conditions or []}


def condition(node_id: int, field: str, operator: str, value: Any = None) -> Node:
    return {"id": node_id, "type": "condition", "field": field, "operator": operator, "value": value}


def everyone(node_id: int) -> Node:
    return {"id": node_id, "type": "everyone"}


def is_group(node: Node) -> bool:
    return node.get("type") == "group"


def is_top(node: Node) -> bool:
    return node.get("type") == "top"


def is_behaviour(node: Node) -> bool:
    return node.get("type") == "behaviour"


def nodes(tree: Node) -> Iterator[Node]:
    """The tree's nodes, conditions on orders too, each before what it contains."""
    yield tree
    for child in _children(tree):
        yield from nodes(child)


def find(tree: Node, node_id: int) -> Node | None:
    return next((node for node in nodes(tree) if node["id"] == node_id), None)


def parent(tree: Node, node_id: int) -> Node | None:
    """What a node stands in; None for the root and for a node that is not in the tree."""
    return next((node for node in nodes(tree) if _position(node, node_id) is not None), None)


def walk(tree: Node, path: str = "rules") -> Iterator[tuple[str, Node]]:
    """Every node that selects people by itself, with its path (`rules.conditions[0].of`)."""
    yield path, tree
    if is_group(tree):
        for number, child in enumerate(_children(tree)):
            yield from walk(child, f"{path}.conditions[{number}]")
    elif is_top(tree) and tree.get("of"):
        yield from walk(tree["of"], f"{path}.of")


def node_at(tree: Node, path: str) -> Node:
    """The node that a path (`rules.conditions[0].of.where[1].value`) is about: the deepest one on the way.

    What is wrong within another segment is about the node that refers to it.
    """
    node = tree
    for step in _STEP.finditer(path):
        children, place = _children(node), int(step[2] or 0)
        if step[1] != _list_name(node) or place >= len(children):
            break
        node = children[place]
    return node


def is_empty(tree: Node) -> bool:
    """Whether nothing has been asked for yet: a group without conditions."""
    return is_group(tree) and not _children(tree)


def without_ids(tree: Node) -> Node:
    """What a tree says, whatever its nodes are called: two trees that ask for the same are equal."""
    copy = {key: value for key, value in tree.items() if key != "id"}
    if is_behaviour(tree):
        copy = {key: value for key, value in copy.items() if key not in ("where", "within") or value}
    children = [without_ids(child) for child in _children(tree)]
    return _holding(copy, children) if children else copy


def renumber(tree: Node, ids: Iterator[int]) -> Node:
    """The same tree with a fresh id on every node."""
    copy = {**tree, "id": next(ids)}
    children = [renumber(child, ids) for child in _children(tree)]
    return _holding(copy, children) if children else copy


def rooted(tree: Node, ids: Iterator[int]) -> Node:
    """The tree as an editor takes it: fresh ids, and what is neither group nor everyone put into a group."""
    fresh = renumber(tree, ids)
    return fresh if _stands_alone(fresh) else group(next(ids), "AND", [fresh])


def comparable(tree: Node) -> Node:
    """A tree as an editor would hold it, without ids."""
    bare = without_ids(tree)
    return bare if _stands_alone(bare) else without_ids(group(0, "AND", [bare]))


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
    """The tree with a node in a group, or in a behaviour's `where`, at a position or at its end."""
    target = find(tree, group_id)
    if target is None or not _holds_many(target):
        return tree
    children = list(_children(target))
    children.insert(len(children) if at is None else at, node)
    return replace(tree, group_id, _holding(target, children))


def remove(tree: Node, node_id: int) -> Node:
    """The tree without a node and what it contains. The root stays, and who a ranking is of."""
    above = parent(tree, node_id)
    if above is None or not _holds_many(above):
        return tree
    kept = [child for child in _children(above) if child["id"] != node_id]
    return replace(tree, above["id"], _holding(above, kept))


def duplicate(tree: Node, node_id: int, ids: Iterator[int]) -> Node:
    """The tree with a copy of a node right behind it."""
    above, node = parent(tree, node_id), find(tree, node_id)
    if above is None or node is None or not _holds_many(above):
        return tree
    return add(tree, above["id"], renumber(node, ids), _position(above, node_id) + 1)


def move(tree: Node, node_id: int, step: int) -> Node:
    """The tree with a node one place up (-1) or down (+1); past its group's end it steps out of it."""
    above, node = parent(tree, node_id), find(tree, node_id)
    if above is None or node is None or not _holds_many(above):
        return tree
    target = _position(above, node_id) + step
    if 0 <= target < len(_children(above)):
        return add(remove(tree, node_id), above["id"], node, target)
    return move_out(tree, node_id, after=step > 0)


def move_out(tree: Node, node_id: int, *, after: bool = True) -> Node:
    """The tree with a node behind (or before) the group that it stood in."""
    above, node = parent(tree, node_id), find(tree, node_id)
    outer = parent(tree, above["id"]) if above else None
    if above is None or node is None or outer is None or not (is_group(above) and is_group(outer)):
        return tree
    place = _position(outer, above["id"]) + (1 if after else 0)
    return add(remove(tree, node_id), outer["id"], node, place)


def move_into(tree: Node, node_id: int, group_id: int, at: int | None = None) -> Node:
    """The tree with a node inside a group. A group can't be moved into itself."""
    node, target = find(tree, node_id), find(tree, group_id)
    if node is None or target is None or not is_group(target) or find(node, group_id) is not None:
        return tree
    above = parent(tree, node_id)
    if above is None or not is_group(above):
        return tree
    return add(remove(tree, node_id), group_id, node, at)


def neighbour(tree: Node, node_id: int, step: int) -> Node | None:
    """The node before (-1) or behind (+1) a node in its group or behaviour."""
    above = parent(tree, node_id)
    place = _position(above, node_id) if above else None
    if above is None or place is None or not 0 <= place + step < len(_children(above)):
        return None
    return _children(above)[place + step]


def wrap(tree: Node, node_id: int, ids: Iterator[int], operator: str = "AND") -> Node:
    """The tree with a node in a new group at the node's place; the root too."""
    node = find(tree, node_id)
    if node is None or is_of_orders(tree, node_id):
        return tree
    return replace(tree, node_id, group(next(ids), operator, [node]))


def rank(tree: Node, node_id: int, top: Node, ids: Iterator[int]) -> Node:
    """The tree with only the highest or lowest of whom a node selects, ranked as `top` is."""
    node = find(tree, node_id)
    if node is None or is_of_orders(tree, node_id):
        return tree
    ranking = {**top, "of": node}
    return replace(tree, node_id, ranking if node is not tree else group(next(ids), "AND", [ranking]))


def unwrap(tree: Node, node_id: int) -> Node:
    """The tree with what a group or a ranking contains in its place. The root stays."""
    above, node = parent(tree, node_id), find(tree, node_id)
    if above is None or node is None:
        return tree
    if is_top(node):
        return replace(tree, node_id, node["of"])
    if not is_group(node) or not is_group(above):
        return tree
    place = _position(above, node_id)
    children = [*_children(above)[:place], *_children(node), *_children(above)[place + 1 :]]
    return replace(tree, above["id"], _holding(above, children))


def is_of_orders(tree: Node, node_id: int) -> bool:
    """Whether a node is a condition of a behaviour's `where`."""
    above = parent(tree, node_id)
    return above is not None and is_behaviour(above)


def _stands_alone(tree: Node) -> bool:
    return tree.get("type") in ("group", "everyone")


def _holds_many(node: Node) -> bool:
    return node.get("type") in _LISTS


def _list_name(node: Node) -> str | None:
    """The key under which a node has what it contains."""
    return "of" if is_top(node) else _LISTS.get(str(node.get("type")))


def _children(node: Node) -> list[Node]:
    if is_top(node):
        return [node["of"]] if node.get("of") else []
    return node.get(_LISTS[node["type"]]) or [] if _holds_many(node) else []


def _holding(node: Node, children: list[Node]) -> Node:
    """The node with these children."""
    return {**node, "of": children[0]} if is_top(node) else {**node, _LISTS[node["type"]]: children}


def _position(node: Node, child_id: int) -> int | None:
    return next((n for n, child in enumerate(_children(node)) if child["id"] == child_id), None)


def _with_children(node: Node, children: list[Node]) -> Node:
    same = all(new is old for new, old in zip(children, _children(node), strict=True))
    return node if same else _holding(node, children)
