"""The parts of a rule tree in JSON that a follow-up can speak of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from crm.fields import FIELDS, NUMERIC, FieldType
from crm.grammar.chunks import chunk
from crm.grammar.conditions import Node, condition, group
from crm.grammar.lexicon import Kind, Lexicon
from crm.grammar.meanings import COUNTS, MEANINGS, MONEY
from crm.grammar.reading import Reading
from crm.grammar.values import NONE

_EQUAL = frozenset({"equals", "in"})
_NUMERIC = frozenset({
    "greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual", "equals", "notEquals", "between",
})  # fmt: skip
MOMENTS = {"lastOrdered": "ordered", "accountCreated": "signed_up", "lastActive": "last_active"}
_BEHAVIOUR = "orders"  # what stands for the field of a behaviour


def plain(tree: Node) -> Node:
    """The tree without ids, and without groups of one condition but at the root of a NOT."""
    node = {key: value for key, value in tree.items() if key != "id"}
    if node["type"] == "group":
        inner = [plain(child) for child in node["conditions"]]
        if len(inner) == 1 and node["operator"] != "NOT":
            return inner[0]
        node["conditions"] = inner
    if node["type"] == "top":
        node["of"] = plain(node["of"])
    if node["type"] == "behaviour":
        where = [{key: value for key, value in one.items() if key != "id"} for one in node.get("where") or []]
        node["where"] = where
    return node


def all_of(node: Node) -> list[Node]:
    """What must hold together; the node itself where it is no AND."""
    return list(node["conditions"]) if node.get("operator") == "AND" else [node]


def any_of(node: Node) -> list[Node]:
    """What the node gives to choose from: the parts of an OR, else itself."""
    return list(node["conditions"]) if node.get("operator") == "OR" else [node]


def leaves(tree: Node) -> list[Node]:
    """Everything but groups, in order; a ranking and those it is among are both."""
    if tree["type"] == "group":
        return [leaf for child in tree["conditions"] for leaf in leaves(child)]
    return [tree, *leaves(tree["of"])] if tree["type"] == "top" else [tree]


def field_of(node: Node) -> str:
    """The field a leaf is about: a behaviour's is "orders", a ranking's what it goes by."""
    if node["type"] == "behaviour":
        return _BEHAVIOUR
    return str(node.get("field") or node.get("by") or node["type"])


def values_of(node: Node) -> list[Any]:
    """The values that a condition demands one of; none for every other node."""
    if node["type"] != "condition" or node["operator"] not in _EQUAL | {"containsAny"}:
        return []
    field = FIELDS.get(node["field"])
    if field is None or field.type not in (FieldType.TEXT, FieldType.TAGS):
        return []
    value = node.get("value")
    return list(value) if isinstance(value, list) else [value]


def with_values(node: Node, values: list[Any]) -> Node:
    """The condition with other values of its field."""
    if node["operator"] == "containsAny":
        return condition(node["field"], "containsAny", values)
    one = len(values) == 1
    return condition(node["field"], "equals" if one else "in", values[0] if one else values)


def swapped(tree: Node, old: Node, new: Node) -> Node:
    """The tree with one node in the place of another."""
    if tree is old:
        return new
    if tree["type"] == "group":
        inner = [swapped(child, old, new) for child in tree["conditions"]]
        flat = [part for child in inner for part in (all_of(child) if tree["operator"] == "AND" else [child])]
        return group(tree["operator"], *flat)
    return {**tree, "of": swapped(tree["of"], old, new)} if tree["type"] == "top" else tree


def pruned(tree: Node, gone: list[Node]) -> Node | None:
    """The tree without these leaves and the groups that get empty; None where nothing is left."""
    if any(tree is one for one in gone):
        return None
    if tree["type"] == "group":
        left = [kept for child in tree["conditions"] if (kept := pruned(child, gone)) is not None]
        return group(tree["operator"], *left) if left else None
    if tree["type"] == "top":
        return {**tree, "of": pruned(tree["of"], gone) or {"type": "everyone"}}
    return tree


def named(said: str, words: Lexicon) -> set[str]:
    """The fields that the words name: "city", "the last order"."""
    found: set[str] = set()
    for one in chunk(said, words, NONE):
        if one.kind is Kind.TOPIC:
            meaning = MEANINGS[one.value.topic]
            found |= {field for field in (meaning.amount, meaning.count, meaning.when, meaning.text) if field}
            found |= {_BEHAVIOUR} if one.value.topic == "orders" else set()
    return found


@dataclass(frozen=True, slots=True)
class Fragment:
    """A length of time, or a number with or without a comparison, that can stand in a condition."""

    length: Any = None
    operator: str | None = None
    value: Any = None
    money: bool = False

    def fits(self, node: Node) -> bool:
        """Whether the node has such a part."""
        if self.length is not None:
            return _length_of(node) is not None
        if node["type"] == "top":
            return self.operator is None and not self.money and isinstance(self.value, int)
        if node["type"] == "behaviour":
            return not self.money or node["measure"] not in ("count", "quantity", "distinctProducts")
        field = FIELDS.get(str(node.get("field")))
        numeric = field is not None and field.type in NUMERIC
        return numeric and node["operator"] in _NUMERIC and (not self.money or node["field"] in MONEY)

    def into(self, node: Node) -> Node:
        """The node with this in it."""
        if self.length is not None:
            key = "within" if node["type"] == "behaviour" else "value"
            return {**node, key: self.length}
        if node["type"] == "top":
            return {**node, "n": self.value}
        kept = "greaterThanOrEqual" if node["operator"] == "between" else node["operator"]
        return {**node, "operator": self.operator or kept, "value": self.value}


def _length_of(node: Node) -> Any:
    value = node.get("within") if node["type"] == "behaviour" else node.get("value")
    return value if isinstance(value, dict) and "last" in value else None


def fragments(said: str, words: Lexicon, read: Callable[[str], Reading]) -> Iterator[Fragment]:
    """What the words may be a part of, each tried in a sentence of its language."""
    says = words.says
    for sentence in (f"{says['ordered']} {says['within'].format(said)}", f"{says['ordered']} {said}"):
        if (leaf := _leaf(read(sentence))) and leaf["type"] == "condition" and _length_of(leaf):
            yield Fragment(length=leaf["value"])
            return
    money = any(one.kind is Kind.CURRENCY for one in chunk(said, words, NONE))
    for before, compared in (("", True), (says["at_least"], False)):
        for sentence in (f"{before} {said} {says['orders']}", f"{says['spent']} {before} {said}"):
            leaf = _leaf(read(sentence))
            if leaf and leaf.get("field") in MONEY | COUNTS and leaf["operator"] in _NUMERIC:
                operator = leaf["operator"] if compared else None
                yield Fragment(operator=operator, value=leaf["value"], money=money)
                return


def _leaf(reading: Reading) -> Node | None:
    """The only condition of a reading, None where there is not one."""
    if reading.tree is None or reading.assumptions:
        return None
    found = leaves(plain(reading.tree))
    return found[0] if len(found) == 1 else None


def speaks_of(node: Node, old: str, words: Lexicon, read: Callable[[str], Reading]) -> bool:
    """Whether a leaf says what the words say: "30 days", "Pune"."""
    for fragment in fragments(old, words, read):
        return fragment.fits(node) and fragment.into(node) == node
    reading = read(old)
    return reading.tree is not None and any(
        field_of(one) == field_of(node) and set(values_of(one)) <= set(values_of(node))
        for one in leaves(plain(reading.tree))
    )


def spoken(node: Node, said: str, words: Lexicon) -> str:
    """The whole condition in words, with what was said in it; empty where there are none for it."""
    says, field = words.says, str(node.get("field"))
    if field in MOMENTS:
        return f"{says.get(MOMENTS[field], '')} {says['within'].format(said)}".strip()
    if field == "orderCount":
        return f"{said} {says['orders']}"
    if field == "totalSpent":
        return f"{says['spent']} {said}"
    return f"{FIELDS[field].label} {said}" if field in FIELDS and words.language == "english" else ""
