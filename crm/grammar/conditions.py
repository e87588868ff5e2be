"""A frame to a condition of the rule language, or to a question."""

from datetime import date, timedelta
from typing import Any

from crm.fields import FIELDS, FieldType
from crm.grammar import saved
from crm.grammar.behaviours import behaviour, is_behaviour
from crm.grammar.frames import Frame
from crm.grammar.meanings import COUNTS, MONEY
from crm.grammar.pieces import Amount, Assumption, Named, Say, Unclear, Way, When
from crm.grammar.times import spoken_length

Node = dict[str, Any]

_OPERATORS = {
    "gt": "greaterThan",
    "ge": "greaterThanOrEqual",
    "lt": "lessThan",
    "le": "lessThanOrEqual",
    "eq": "equals",
    "ne": "notEquals",
}
_COMPLEMENTS = {
    "equals": "notEquals",
    "in": "notIn",
    "contains": "notContains",
    "inTheLast": "notInTheLast",
    "containsAny": "containsNone",
    "isSet": "isNotSet",
}
_COMPLEMENTS |= {negative: positive for positive, negative in _COMPLEMENTS.items()}
_DESCRIBES = frozenset({"birth", "age", "lastlogin", "lastorder", "firstorder", "lastactive"})
_EXISTS = {"orders": "orderCount", "visits": "visitCount", "logins": "loginCount"}


def condition(field: str, operator: str, value: Any = None) -> Node:
    """A condition's JSON, without an id; without a value where the operator takes none."""
    node = {"type": "condition", "field": field, "operator": operator}
    return node if value is None else {**node, "value": value}


def group(operator: str, *nodes: Node) -> Node:
    return {"type": "group", "operator": operator, "conditions": list(nodes)}


def negate(node: Node) -> Node:
    """The complement: by the negative operator where there is one, else by a NOT group."""
    if node["type"] == "segment":
        return {**node, "in": not node["in"]}
    opposite = _COMPLEMENTS.get(node.get("operator", "")) if node["type"] == "condition" else None
    if opposite:
        return {**node, "operator": opposite}
    among = node["conditions"] if node.get("operator") == "OR" else [node]
    return group("NOT", *among)  # none of them


class Conditions:
    """Makes conditions of frames; `assumptions` collects what was taken for granted."""

    def __init__(self, text: str, assumptions: list[Assumption]) -> None:
        self._text = text
        self._assumptions = assumptions

    def of(self, frame: Frame) -> Node:
        """The condition, or a group of two, that a frame stands for. Raises Unclear."""
        if frame.whole:
            return self._whole(frame)
        if frame.named:
            return self._named(frame)
        if frame.literal:
            return self._literal(frame)
        if frame.presence:
            return self._presence(frame)
        if is_behaviour(frame):
            return behaviour(frame, self._amount(frame, frame.amount) if frame.amount else None)
        if frame.amount and frame.when:
            raise self._unclear(
                frame,
                "Totals and counts are over a customer's whole time here, not within a period. Say them "
                "apart, for example “spent over 1000 and ordered in the last 6 months”.",
            )
        if frame.amount:
            return self._signed(frame, self._amount(frame, frame.amount))
        if frame.topic and frame.topic.name in ("activity", "inactivity"):
            return self._activity(frame)
        if frame.when:
            return self._when(frame, frame.when)
        return self._topic(frame)

    def _unclear(self, frame: Frame, hint: str, *ways: Way) -> Unclear:
        return Unclear(frame.start, frame.end, hint, ways=ways)

    def _said(self, frame: Frame) -> str:
        return f"“{self._text[frame.start : frame.end]}”"

    def _assume(self, frame: Frame, meaning: str, *ways: Way) -> None:
        sentence = f"{self._said(frame)}: {meaning}"
        self._assumptions.append(Assumption(sentence, frame.start, frame.end, ways))

    def _signed(self, frame: Frame, node: Node) -> Node:
        return negate(node) if frame.negated else node

    def _whole(self, frame: Frame) -> Node:
        assert frame.whole is not None  # noqa: S101
        whole = frame.whole.condition
        if whole.means:
            self._assume(frame, f"{whole.means}.")
        if whole.field == saved.FIELD:
            return self._signed(frame, {"type": "segment", "segmentId": whole.value, "in": True})
        return self._signed(frame, condition(whole.field, whole.operator, whole.value))

    def _named(self, frame: Frame) -> Node:
        named = frame.named
        assert named is not None  # noqa: S101
        if FIELDS[named.field].type is FieldType.TAGS:
            return self._tags(frame)
        values = list(dict.fromkeys(named.values))
        if named.joiner == "nor" and not frame.negated:
            raise self._unclear(frame, "“Nor” without “neither” or “not” before it.")
        if len(values) == 1:
            return self._signed(frame, condition(named.field, "equals", values[0]))
        listed = " or ".join(values)
        if named.joiner == "and" and not frame.negated:
            hint = f"Nobody has two values of {FIELDS[named.field].label}. Do you mean “{listed}”?"
            raise self._unclear(frame, hint, _listed(frame, named, values, Say("or")))
        if named.joiner in ("and", "list"):
            self._assume(frame, f"{'neither of' if frame.negated else 'any of'} {', '.join(values)}.")
        return self._signed(frame, condition(named.field, "in", values))

    def _tags(self, frame: Frame) -> Node:
        named = frame.named
        assert named is not None  # noqa: S101
        values = list(dict.fromkeys(named.values))
        if named.joiner == "nor" and not frame.negated:
            raise self._unclear(frame, "“Nor” without “neither” or “not” before it.")
        if len(values) > 1 and (named.joiner == "list" or (named.joiner == "and" and frame.negated)):
            hint = "Any of these tags, or all of them? Say “or” or “and” between them."
            ways = [_listed(frame, named, values, Say(word)) for word in ("or", "and")]
            raise self._unclear(frame, hint, *(ways if not frame.negated else ways[:1]))
        every = named.joiner == "and" and len(values) > 1
        return self._signed(frame, condition("tags", "containsAll" if every else "containsAny", values))

    def _literal(self, frame: Frame) -> Node:
        literal = frame.literal
        assert literal is not None  # noqa: S101
        field = literal.field or frame.meaning.text or ""
        if not field:
            raise self._unclear(frame, "Say which field this text is of, such as “name” or “city”.")
        if literal.domain and not (frame.topic and frame.meaning.text == "email"):
            hint = f"Is that an e-mail domain? Say “e-mail ends with {literal.text}”."
            raise self._unclear(frame, hint)
        if FIELDS[field].type is FieldType.TAGS:
            if literal.operator not in ("equals", "contains", "notEquals"):
                raise self._unclear(frame, "Tags are compared whole: say “tagged " + literal.text + "”.")
            node = condition("tags", "containsAny", [literal.text])
            return self._signed(frame, negate(node) if literal.operator == "notEquals" else node)
        return self._signed(frame, condition(field, literal.operator, literal.text))

    def _presence(self, frame: Frame) -> Node:
        meaning = frame.meaning
        field = meaning.text or meaning.amount or (None if meaning.often else meaning.when)
        if field is None or frame.presence is None:
            raise self._unclear(frame, "Which field is missing, or known?")
        return self._signed(frame, condition(field, "isSet" if frame.presence.known else "isNotSet"))

    def _amount(self, frame: Frame, amount: Amount) -> Node:
        field = self._amount_field(frame, amount)
        comparison = self._comparison(frame, amount, field)
        whole = FIELDS[field].type is FieldType.INTEGER
        if whole and not all(isinstance(number, int) for number in (amount.low, amount.high or 0)):
            raise self._unclear(frame, f"The {FIELDS[field].label} is a whole number.")
        if comparison == "between":
            return condition(field, "between", [amount.low, amount.high])
        return condition(field, _OPERATORS[comparison], amount.low)

    def _amount_field(self, frame: Frame, amount: Amount) -> str:
        """The field that the number is about. Raises Unclear where it may be about something else."""
        field = frame.meaning.amount or frame.meaning.count
        if frame.topic is None:
            field = "age"
            if frame.filled:
                said = (frame.start, frame.end)
                self._assume(frame, "years of age.", (Say("spent"), said), (said, Say("orders")))
        if field is None:
            raise self._unclear(frame, "What is the number about?")
        if amount.unit == "money" and field not in MONEY:
            raise self._unclear(frame, "An amount of money goes with “spent” or “total order value”.")
        if amount.unit == "times" and field not in COUNTS:
            raise self._unclear(frame, "How often goes with orders, visits and log-ins.")
        if (amount.unit == "age" or amount.of_age) and field != "age":
            raise self._unclear(frame, "Years of age go with “aged”.")
        label = frame.topic is not None and frame.topic.form == "label"
        plain = frame.counted or label or amount.symbolic or amount.unit == "times"
        if field in COUNTS and not plain:
            raise self._unclear(frame, "The number of what? Say “at least 3 orders” or “spent over 1000”.")
        return field

    def _comparison(self, frame: Frame, amount: Amount, field: str) -> str:
        if amount.comparison != "bare":
            return amount.comparison
        if field in ("age", "bucket") or amount.low == 0:
            return "eq"
        number = f"{amount.low:,}"
        ways = [
            ((frame.start, amount.start), Say(word), (amount.start, frame.end))
            for word in ("exactly", "at_least", "at_most")
        ]
        raise self._unclear(frame, f"Exactly {number}, at least {number} or at most {number}?", *ways)

    def _activity(self, frame: Frame) -> Node:
        """active, inactive; active in the last 30 days, inactive for 90 days"""
        assert frame.topic is not None  # noqa: S101
        inactive, when = frame.topic.name == "inactivity", frame.when
        if when is None:
            marked = condition("isInactive", "equals", True)
            if inactive:
                return self._signed(frame, marked)
            meaning = "by the mark “inactive”; say “active in the last 30 days” to go by dates."
            said = (frame.start, frame.end)
            ways: list[Way] = [(said, Say("within", {"days": days})) for days in (30, 90)]
            self._assume(frame, meaning, *ways)
            return marked if frame.negated else negate(marked)
        if not inactive:
            return self._when(frame, when)
        if frame.negated or when.kind not in ("rolling", "span", "onward"):
            raise self._unclear(frame, "Say “inactive for 90 days”, or “last active more than 90 days ago”.")
        if when.kind == "onward":
            node = negate(condition("lastActive", "greaterThanOrEqual", _day(when.first)))
        else:
            node = condition("lastActive", "notInTheLast", {"last": when.last})
        self._assume(frame, "those who were never active are among them.")
        return node

    def _when(self, frame: Frame, when: When) -> Node:
        field = frame.meaning.when
        if field is None:
            raise self._unclear(
                frame,
                "Totals are over a customer's whole time here, not within a period."
                if frame.meaning.amount
                else "What has this to do with a time?",
            )
        if field == "birthDate" and when.yearless:
            way: Way = ("birthday", (when.start, when.end))
            raise self._unclear(frame, "Of which year? For those of any year say “birthday in March”.", way)
        if when.kind == "ago":
            ago = spoken_length(when.last or {})
            raise self._unclear(
                frame, f"Within the last {ago}, or more than {ago} ago?", *_when_ways(frame, when)
            )
        if when.kind == "span" and not frame.negated:
            span = spoken_length(when.last or {})
            raise self._unclear(
                frame, f"Say “in the last {span}” or “more than {span} ago”.", *_when_ways(frame, when)
            )
        if frame.meaning.often:
            self._often(frame, when)
        return self._signed(frame, _moment(field, when))

    def _often(self, frame: Frame, when: When) -> None:
        """Only the last moment is known of what happens often. Raises Unclear where that is not enough."""
        assert frame.topic is not None  # noqa: S101
        up_to_now = when.kind in ("rolling", "span", "onward") or (when.kind == "period" and when.current)
        last = {"orders": "ordered", "visits": "visited", "logins": "logged in"}.get(
            frame.topic.name, "active"
        )
        if not up_to_now and (frame.negated or when.kind in ("period", "ages")):
            first = " or “first ordered”" if frame.topic.name == "orders" else ""
            raise self._unclear(
                frame,
                f"I know only the last time: say “last {last}”{first} instead of “{last}” for a time past.",
                (Say("last"), (frame.start, frame.end)),
            )
        if not up_to_now:
            self._assume(frame, f"the last time they {'were ' if last == 'active' else ''}{last}.")
        if frame.topic.name == "visits":
            self._assume(frame, "by when they were last active.")

    def _topic(self, frame: Frame) -> Node:
        """A topic with nothing said about it: "never ordered", "without a phone"."""
        assert frame.topic is not None  # noqa: S101
        topic, meaning = frame.topic, frame.meaning
        if meaning.text:
            if not topic.evidence and not any(negation.word == "without" for negation in frame.nots):
                raise self._unclear(
                    frame, "What about it? For example “city is Pune” or “with a phone number”."
                )
            return self._signed(frame, condition(meaning.text, "isSet"))
        known = meaning.amount or meaning.when
        if known and topic.evidence and topic.name in _DESCRIBES:
            return self._signed(frame, condition(known, "isSet"))
        field = _EXISTS.get(topic.name)
        if field is None:
            raise self._unclear(frame, "How much, or when? Nothing is said about it.")
        said = topic.form == "verb" or topic.evidence or frame.negated
        if not said or topic.form == "label":
            raise self._unclear(frame, "How many? For example “at least 1”.")
        if field == "orderCount":
            return condition(field, "equals", 0) if frame.negated else condition(field, "greaterThan", 0)
        if frame.negated:
            self._assume(frame, f"those whose {FIELDS[field].label} is not known are among them.")
        return self._signed(frame, condition(field, "greaterThan", 0))


def _listed(frame: Frame, named: Named, values: list[str], joint: Say) -> Way:
    """The values of a frame with another word between them, behind what was said before the first."""
    among = [part for value in values for part in (joint, value)][1:]
    return ((frame.start, named.first), *among, (named.end, frame.end))


def _when_ways(frame: Frame, when: When) -> list[Way]:
    """Within a length of time, or longer ago."""
    return [
        ((frame.start, when.start), Say(word, when.last), (when.end, frame.end))
        for word in ("within", "older")
    ]


def _moment(field: str, when: When) -> Node:
    match when.kind:
        case "rolling" | "span":
            return condition(field, "inTheLast", {"last": when.last})
        case "older":
            return condition(field, "olderThan", {"last": when.last})
        case "ages":
            near = condition(field, "olderThan", {"last": when.near})
            return group("AND", near, condition(field, "inTheLast", {"last": when.last}))
        case "before":
            return condition(field, "before", _day(when.first))
        case "onward":
            return condition(field, "greaterThanOrEqual", _day(when.first))
        case _:
            if when.first == when.final:
                return condition(field, "equals", _day(when.first))
            # Two conditions: "between" ends with the midnight that its last day begins with.
            begun = condition(field, "greaterThanOrEqual", _day(when.first))
            return group("AND", begun, condition(field, "before", _day(when.final, 1)))


def _day(at: date | None, later: int = 0) -> str:
    return (at + timedelta(days=later)).isoformat() if at else ""
