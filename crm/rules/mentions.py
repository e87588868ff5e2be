"""What a rule tree names, read from its JSON: no reference needs to be resolved for that."""


def segments_in(tree: object) -> set[str]:
    """Ids of the segments that the tree names, at any depth; not of those that these name in turn."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("type") == "segment" and isinstance(node.get("segmentId"), str):
                found.add(node["segmentId"])
            waiting += [node.get("conditions"), node.get("of")]
        elif isinstance(node, list):
            waiting += node
    return found


def fields_in(tree: object) -> set[str]:
    """Names of the customers' fields that the tree asks about, at any depth; of what it refers to, none."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found |= {name for key in ("field", "by") if isinstance(name := node.get(key), str)}
            waiting += [node.get("conditions"), node.get("of")]
        elif isinstance(node, list):
            waiting += node
    return found
