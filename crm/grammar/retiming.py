"""Another time in the place of the one that stands in a rule: "make it last year", "this month instead"."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crm.fields import FIELDS, FieldType
from crm.grammar import parts
from crm.grammar.conditions import Node, negate
from crm.grammar.lexicon import Lexicon
from crm.grammar.reading import Assumed, Reading

Read = Callable[[str], Reading]
_OPERATORS = frozenset({
    "inTheLast", "notInTheLast", "olderThan", "inTheNext", "before", "after", "between", "equals",
    "greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual",
})  # fmt: skip
_YEARLY = frozenset({"anniversaryInTheNext", "anniversaryInTheLast", "monthIs"})
_ENDS = ["before", "greaterThanOrEqual"]
_LAST_KNOWN = frozenset({"lastActive", "lastLogin"})


@dataclass(frozen=True, slots=True)
class Time:
    """The nodes that say one time: two where it is a period, else one. `ours`: another can take its place."""

    nodes: tuple[Node, ...]
    ours: bool = True

    @property
    def field(self) -> str:
        return parts.field_of(self.nodes[0])


def times(tree: Node) -> Iterator[Time]:
    """Every time that a rule asks about, in its order."""
    if tree["type"] == "top":
        yield from times(tree["of"])
        return
    if tree["type"] != "group":
        if (one := _time(tree)) is not None:
            yield one
        return
    paired: list[Node] = []
    for child in tree["conditions"]:
        if any(child is one for one in paired):
            continue
        pair = _period(child, tree) if tree["operator"] == "AND" else None
        if pair:
            paired += pair
            yield Time(tuple(pair))
        else:
            yield from times(child)


def _time(node: Node) -> Time | None:
    if node["type"] == "behaviour":
        return Time((node,)) if node.get("within") else None
    field, operator = FIELDS.get(str(node.get("field"))), node.get("operator")
    if operator in _YEARLY or (field is None and isinstance(node.get("value"), dict)):
        return Time((node,), ours=False)
    if node["type"] != "condition" or field is None or field.type is not FieldType.DATE:
        return None
    return Time((node,), ours=field.name != "birthDate") if operator in _OPERATORS else None


def _period(node: Node, among: Node) -> list[Node] | None:
    """The two ends of a period, one of which is the node."""
    of_field = [
        one
        for one in among["conditions"]
        if one["type"] == "condition" and one.get("field") == node.get("field")
    ]
    time = _time(node)
    both = sorted(str(one["operator"]) for one in of_field) == _ENDS
    return of_field if time and time.ours and both else None


def into(time: Time, said: str, words: Lexicon, read: Read) -> Reading | None:
    """What takes the place of a time where the words say another one; None where they say none."""
    says, first = words.says, time.nodes[0]
    for phrase in (said, says["within"].format(said)):
        signed_up = read(f"{says['signed_up']} {phrase}")
        if signed_up.tree is None:
            continue
        new = parts.plain(signed_up.tree)
        if {parts.field_of(one) for one in parts.leaves(new)} != {"accountCreated"}:
            return None
        assumed = [Assumed(one.sentence) for one in signed_up.assumptions]
        if first["type"] == "behaviour":
            counted = read(f"{says['at_least']} 2 {says['orders']} {phrase}")
            leaf = parts.plain(counted.tree) if counted.tree else {}
            return _made({**first, "within": leaf["within"]}, assumed) if leaf.get("within") else None
        if time.field == "lastOrdered" and first["operator"] != "olderThan":
            never = first["operator"] == "notInTheLast"
            ordered = read(
                f"{says['not']} {says['ordered']} {phrase}" if never else f"{says['ordered']} {phrase}"
            )
            return _made(parts.plain(ordered.tree), _of_orders(ordered, assumed)) if ordered.tree else None
        moved = _of_field(new, time.field)
        if time.field in _LAST_KNOWN | {"lastOrdered"}:
            assumed.append(Assumed("It goes by the last time, the only one that is known."))
        return _made(negate(moved) if first["operator"] == "notInTheLast" else moved, assumed)
    return None


def put(root: Node, time: Time, new: Node) -> Node:
    """The rule with this in the place of a time."""
    left = parts.pruned(root, list(time.nodes[1:])) or root
    return parts.swapped(left, time.nodes[0], new)


def _made(node: Node, assumed: list[Assumed]) -> Reading:
    return Reading(tree=node, assumptions=assumed, understood=True)


def _of_orders(ordered: Reading, assumed: list[Assumed]) -> list[Assumed]:
    """What is said where the orders themselves are looked at, and no longer when the last one was."""
    tree = parts.plain(ordered.tree or {})
    if tree["type"] != "behaviour":
        return assumed
    return [*assumed, Assumed("It goes by all orders of that time, whether or not there were later ones.")]


def _of_field(tree: Node, field: str) -> Node:
    if tree["type"] == "group":
        return {**tree, "conditions": [_of_field(child, field) for child in tree["conditions"]]}
    return {**tree, "field": field}


def spoken(time: Time, said: str, words: Lexicon) -> str:
    """The whole condition in words, with another time; empty where there are none for it."""
    name = parts.MOMENTS.get(time.field, "")
    return f"{words.says[name]} {said}" if name in words.says and time.ours else ""
