"""A prompt that was misunderstood, as a case for the set of prompts that the grammar is scored on.

A case is one line, `prompt => what was meant`, in the notation of that set, where the notation can say it;
always also the two rule trees as JSON. What could be a customer's own (names, addresses, numbers, ids of
lists, campaigns and segments) is masked in all of it.
"""

import re
from typing import Any

Node = dict[str, Any]

_PERSONAL = frozenset({"name", "email", "phone", "externalId"})
_IDS = ("segmentId", "campaignId", "listId")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NUMBER = re.compile(r"\+?\d(?:[ ()-]?\d){8,}")  # nine digits or more: no date, and no amount of a prompt
_SIGNS = {
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "before": "<",
}
_TIMES = {"inTheLast": "last", "notInTheLast": "notlast", "olderThan": "older", "inTheNext": "next"}
_TAGS = {"containsAny": "any", "containsAll": "all", "containsNone": "none"}
_WORDS = {"endsWith": "ends", "startsWith": "starts", "contains": "contains"}
_RESERVED = re.compile(r"[&|()!;/]|=>")


class _NoWords(Exception):
    """The notation has no words for a node."""


def case(prompt: str, offered: Node | None, meant: Node) -> Node:
    """`{prompt, offered, meant, line}`; `offered` is null where the prompt was asked about, `line` where the
    notation has no words for what was meant. None of the arguments is changed."""
    private = sorted({*_private(offered or {}), *_private(meant)}, key=len, reverse=True)
    said = _masked(" ".join(prompt.split()), private)
    kept = _bare(meant)
    try:
        line = f"{said} => {_tree(kept)}" if "=>" not in said else None
    except _NoWords:
        line = None
    return {"prompt": said, "offered": offered and _bare(offered), "meant": kept, "line": line}


def _private(node: Node) -> set[str]:
    """Texts in a tree that may be of one customer."""
    found: set[str] = set()
    if _is_personal(node):
        value = node.get("value")
        found |= {str(one) for one in (value if isinstance(value, list) else [value]) if one}
    for child in _children(node):
        found |= _private(child)
    return found


def _is_personal(node: Node) -> bool:
    """Whether a condition names one customer; a domain of addresses names none."""
    domain = node.get("field") == "email" and str(node.get("value")).startswith("@")
    return node.get("field") in _PERSONAL and not domain


def _masked(text: str, private: list[str]) -> str:
    for one in private:
        text = re.sub(re.escape(one), "NAME", text, flags=re.IGNORECASE)
    return _NUMBER.sub("NUMBER", _ADDRESS.sub("ADDRESS", text))


def _bare(node: Node) -> Node:
    """The tree without ids and without what may be a customer's own."""
    kept = {key: value for key, value in node.items() if key != "id"}
    if _is_personal(kept) and "value" in kept:
        kept["value"] = ["NAME"] if isinstance(kept["value"], list) else "NAME"
    kept |= {key: "ID" for key in _IDS if key in kept}
    for key in ("conditions", "where"):
        if key in kept:
            kept[key] = [_bare(child) for child in kept[key]]
    return kept | {"of": _bare(kept["of"])} if "of" in kept else kept


def _children(node: Node) -> list[Node]:
    return [*node.get("conditions", []), *node.get("where", []), *([node["of"]] if "of" in node else [])]


def _tree(node: Node) -> str:
    match node["type"]:
        case "everyone":
            return "everyone"
        case "group":
            return _group(node)
        case "top":
            word = "top" if node["direction"] == "desc" else "bottom"
            among = "" if node["of"]["type"] == "everyone" else f" ({_tree(node['of'])})"
            return f"{word} {node['n']} {node['by']}{among}"
        case "behaviour":
            return _behaviour(node)
        case "condition":
            return _condition(node)
        case _:
            raise _NoWords


def _group(node: Node) -> str:
    inner = [
        f"({_tree(child)})" if len(child.get("conditions", ())) > 1 else _tree(child)
        for child in node["conditions"]
    ]
    if node["operator"] == "NOT":
        return f"! ({' | '.join(inner)})"
    return (" | " if node["operator"] == "OR" else " & ").join(inner)


def _condition(node: Node) -> str:
    field, operator, value = node["field"], node["operator"], node.get("value")
    if operator in _TIMES:
        return f"{field} {_TIMES[operator]} {_length(value)}"
    if operator in _TAGS:
        return f"{field} {_TAGS[operator]} {_listed(value)}"
    if operator in ("isSet", "isNotSet"):
        return f"{field} {'set' if operator == 'isSet' else 'unset'}"
    if operator in _WORDS:
        return f"{field} {_WORDS[operator]} {_listed(value)}"
    if operator == "between" and all(isinstance(one, int | float) for one in value or ()):
        return f"{field} between {_listed(value)}"
    if operator in ("equals", "in"):
        return f"{field} = {_listed(value)}"
    if operator in ("notEquals", "notIn"):
        return f"{field} <> {_listed(value)}"
    if operator in _SIGNS:
        return f"{field} {_SIGNS[operator]} {_listed(value)}"
    raise _NoWords


def _behaviour(node: Node) -> str:
    sign = "=" if node["operator"] == "equals" else _SIGNS.get(node["operator"], node["operator"])
    parts = [f"orders {node['measure']} {sign} {_listed(node['value'])}"]
    for one in node.get("where") or []:
        if one["operator"] not in ("equals", "in") or one["field"] not in ("product", "category"):
            raise _NoWords
        parts.append(f"{one['field']} {_listed(one['value'])}")
    within = node.get("within") or {}
    if "last" in within:
        parts.append(f"last {_length(within)}")
    elif within:
        parts.append(f"during {str(within.get('from', ''))[:10]}..{str(within.get('to', ''))[:10]}")
    return "; ".join(parts)


def _length(value: Any) -> str:
    ((unit, amount),) = value["last"].items()
    return f"{amount} {unit}"


def _listed(value: Any) -> str:
    """Values apart by slashes. Raises _NoWords for such as the notation would read as something else."""
    texts = [str(one).lower() if isinstance(one, bool) else str(one)
             for one in (value if isinstance(value, list) else [value])]  # fmt: skip
    if any(_RESERVED.search(text) or text != text.strip() for text in texts):
        raise _NoWords
    return "/".join(texts)
