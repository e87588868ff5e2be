"""How many people each node of a tree selects alone, by what the node says.

Numbers come with the paths of the tree that was counted. While a tree is being edited, a node keeps its
number for as long as it says the same, wherever it is moved, and none is shown beside another node.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ui import rule_tree
from ui.rule_tree import Node


@dataclass(frozen=True, slots=True)
class Counts:
    """`by_node`: customers by a node's id. `outdated`: they were counted for an earlier state of the tree."""

    by_node: Mapping[int, int] = field(default_factory=dict)
    outdated: bool = False


def counts_of(tree: Node, counted: Node, nodes: Mapping[str, int], *, outdated: bool) -> Counts:
    """The numbers of a tree's nodes, from those of another tree (`nodes`, by path) or the same one."""
    if not nodes:
        return Counts(outdated=outdated)
    known = {_said(node): nodes[path] for path, node in rule_tree.walk(counted) if path in nodes}
    said = ((node["id"], _said(node)) for _, node in rule_tree.walk(tree))
    return Counts({node_id: known[text] for node_id, text in said if text in known}, outdated)


def _said(node: Node) -> str:
    return json.dumps(rule_tree.without_ids(node), sort_keys=True)
