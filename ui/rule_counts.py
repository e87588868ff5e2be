"""How many people each node of a tree selects alone, by what the node says; and how many fail it alone.

Numbers come with the paths of the tree that was counted. While a tree is being edited, a node keeps its
number for as long as it says the same, wherever it is moved, and none is shown beside another node.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ui import rule_tree
from ui.rule_tree import Node


@dataclass(frozen=True, slots=True)
class Counts:
    """`by_node`: customers by a node's id. `outdated`: they were counted for an earlier state of the tree.

    `misses`: by a node's id, how many more people fail only this one; empty while outdated.
    """

    by_node: Mapping[int, int] = field(default_factory=dict)
    outdated: bool = False
    misses: Mapping[int, int] = field(default_factory=dict)


def counts_of(
    tree: Node, counted: Node, nodes: Mapping[str, int], *, outdated: bool, misses: Mapping[str, int]
) -> Counts:
    """The numbers of a tree's nodes, from those of another tree (`nodes`, by path) or the same one.

    Near misses, by path too, are about the whole rule: they stand beside the very tree they were counted for.
    Who is out of an OR fails all of it, so what stands in one has none.
    """
    if not nodes:
        return Counts(outdated=outdated)
    known = {_said(node): nodes[path] for path, node in rule_tree.walk(counted) if path in nodes}
    said = ((node["id"], _said(node)) for _, node in rule_tree.walk(tree))
    by_node = {node_id: known[text] for node_id, text in said if text in known}
    return Counts(by_node, outdated, dict(_alone(tree, misses)) if misses and not outdated else {})


def _alone(tree: Node, misses: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    for path, node in rule_tree.walk(tree):
        above = rule_tree.parent(tree, node["id"])
        if above is not None and above.get("operator") != "OR" and misses.get(path):
            yield node["id"], misses[path]


def _said(node: Node) -> str:
    return json.dumps(rule_tree.without_ids(node), sort_keys=True)
