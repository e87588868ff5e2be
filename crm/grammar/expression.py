"""Frames and connectives to one tree: a precedence parser.

Binding, loosest first: "or" with its subject said anew < but < who, with, a comma before "and" < or <
and < side by side < or between amounts or times of one topic ("under 18 or over 65") < not. Values of one
field ("Mumbai or Pune") were joined before.
"""

from dataclasses import dataclass, replace

from crm.fields import FIELDS, FieldType, fold
from crm.grammar.conditions import Conditions, Node, group, negate
from crm.grammar.frames import Frame, Item
from crm.grammar.pieces import Assumption, Bracket, Joint, Not, Say, Unclear, Way

_POWERS = {"but": 2, "stop": 2, "who": 3, "with": 3, "or": 4, "and": 5, "comma": 5}
_SUBJECT, _COMMA_AND, _SIDE_BY_SIDE, _SAME_TOPIC, _NOT = 1, 3, 6, 7, 8


@dataclass(frozen=True, slots=True)
class _Part:
    """A tree and where it stands in the prompt; `open` where no brackets say what belongs together.

    `joint` is the place of the connective that was read last.
    """

    node: Node
    start: int
    end: int
    open: bool = True
    joint: tuple[int, int] | None = None


class Expression:
    """One parse of a list of items; `assumptions` collects how mixed "and" and "or" were read."""

    def __init__(self, items: list[Item], text: str, assumptions: list[Assumption]) -> None:
        self._items = items
        self._text = text
        self._at = 0
        self._assumptions = assumptions
        self._conditions = Conditions(text, assumptions)

    def tree(self) -> Node:
        """The tree of all items. Raises Unclear."""
        part = self._parse(0)
        if self._at < len(self._items):
            rest = self._items[self._at]
            raise Unclear(rest.start, rest.end, "I can't see what this joins.")
        return part.node

    def _peek(self) -> Item | None:
        return self._items[self._at] if self._at < len(self._items) else None

    def _parse(self, least: int) -> _Part:
        left = self._operand()
        while True:
            item = self._peek()
            if item is None or (isinstance(item, Bracket) and not item.opens):
                return left
            power = self._power(item)
            if power <= least:
                return left
            if isinstance(item, Joint):
                self._at += 1
            right = self._parse(power)
            either = right.node.get("operator") == "in" and right.node["field"] == "gender"
            if either and not isinstance(item, Joint):  # "vip women or men"
                self._taken_together(right, right.start, right.end)
            join = "OR" if isinstance(item, Joint) and item.word == "or" else "AND"
            left = self._join(join, left, right, item)

    def _taken_together(self, part: _Part, start: int, end: int, *ways: Way) -> None:
        words = self._text[part.start : part.end]
        sentence = f"“{words}” is taken together; use brackets if you mean it otherwise."
        self._assumptions.append(Assumption(sentence, start, end, ways))

    def _power(self, item: Item) -> int:
        if not isinstance(item, Joint):
            return _SIDE_BY_SIDE
        if item.word == "or" and item.subject:
            return _SUBJECT
        if item.word == "or" and self._same_topic():
            return _SAME_TOPIC
        if item.word == "and" and item.comma:
            return _COMMA_AND
        return _POWERS[item.word]

    def _same_topic(self) -> bool:
        """Whether one side of the connective here took its topic from the other."""
        around = self._items[self._at - 1 : self._at + 2]
        left, right = around[0], around[-1]
        if len(around) < 3 or not isinstance(left, Frame) or not isinstance(right, Frame):
            return False
        return (left.filled or right.filled) and left.meaning == right.meaning

    def _operand(self) -> _Part:
        item = self._peek()
        if item is None:
            last = self._items[-1]
            raise Unclear(last.start, last.end, "Something is missing behind this.")
        self._at += 1
        match item:
            case Frame():
                return _Part(self._conditions.of(item), item.start, item.end, open=False)
            case Not():
                part = self._parse(_NOT)
                return _Part(negate(part.node), item.start, part.end, open=False)
            case Bracket() if item.opens:
                part = self._parse(0)
                closing = self._peek()
                self._at += 1
                return replace(part, end=closing.end if closing else part.end, open=False)
            case _:
                raise Unclear(item.start, item.end, "Something is missing before this.")

    def _join(self, join: str, left: _Part, right: _Part, joint: Item) -> _Part:
        between = (joint.start, joint.end) if isinstance(joint, Joint) else (left.end, right.start)
        either: Way = ((left.start, between[0]), Say("or"), (between[1], right.end))
        for part in (left, right):
            other = part.open and part.node["type"] == "group" and part.node["operator"] in ("AND", "OR")
            if other and part.node["operator"] != join:
                self._taken_together(part, left.start, right.end, *_otherwise(left, part, right))
        nodes = _flat(join, left.node)
        again = [node for node in _flat(join, right.node) if node in nodes]
        if join == "AND" and any(_is_person(node) for node in again):
            hint = "The same is said twice. People who are both, or people who are either? Say “or” for that."
            raise Unclear(left.start, right.end, hint, ways=[either])
        nodes += [node for node in _flat(join, right.node) if node not in again]
        if len(nodes) == 1:
            return replace(left, end=right.end)
        if join == "AND":
            _check_values(nodes, left.start, right.end, either)
        return _Part(group(join, *nodes), left.start, right.end, joint=between)


def _otherwise(left: _Part, part: _Part, right: _Part) -> list[Way]:
    """The other side's condition taken together with the nearer one of the part, by brackets."""
    if part.joint is None:
        return []
    start, end = part.joint
    if part is left:
        return [((left.start, end), "(", (end, right.end), ")")]
    return [("(", (left.start, start), ")", (start, right.end))]


def _is_person(node: Node) -> bool:
    """Whether a condition stands for a noun or a place: "vip women and gold women" are not the same women."""
    return node.get("field") in ("gender", "city", "country")


def _flat(join: str, node: Node) -> list[Node]:
    if node["type"] == "group" and node["operator"] == join:
        return list(node["conditions"])
    return [node]


def _check_values(nodes: list[Node], start: int, end: int, either: Way) -> None:
    """Two values of a field that has one, both demanded, select nobody: something else was meant."""
    allowed: dict[str, set[str]] = {}
    for node in nodes:
        field = FIELDS.get(node.get("field", ""))
        if node.get("operator") not in ("equals", "in") or not field or field.type is not FieldType.TEXT:
            continue
        value = node["value"]
        values = {fold(one) for one in (value if isinstance(value, list) else [value])}
        known = allowed.setdefault(node["field"], values)
        allowed[node["field"]] = known & values
        if not allowed[node["field"]]:
            label = FIELDS[node["field"]].label
            hint = f"Nobody has two values of {label}. Do you mean “or”?"
            raise Unclear(start, end, hint, ways=[either])
