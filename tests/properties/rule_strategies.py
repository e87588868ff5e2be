"""Random rule trees that can be read, and random crowds of customers with orders, well-formed and not."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from crm.fields import FIELDS, NUMERIC, ORDER_FIELDS, Field, FieldType
from crm.rules.behaviours import MEASURES, measure_operators
from crm.rules.nodes import Measure
from crm.rules.operators import Operator, Widget, operators_for
from tests.oracle import World, step

# In an hour that Berlin skips, and 31 days after a day that no February has: calendar steps are awkward here.
NOW = datetime(2026, 3, 29, 1, 30, 0, 123_000, tzinfo=UTC)
_ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York")]
ZONES = st.sampled_from(_ZONES)
# As of which instants: now, and past ones, to which many of the dates below are of the future.
INSTANTS = st.sampled_from([NOW, NOW, NOW - timedelta(days=28), NOW - timedelta(days=365, milliseconds=1)])

_LETTERS = "aAbBßsſıİéÉ \t.*+?^$|\\()[]{}/%_-#&~\u0301\u00a0\n😀"
_DAYS = (0, 1, 2, 28, 30, 31, 365)
_LENGTHS = [(unit, amount) for unit in ("minutes", "hours", "days", "weeks", "months", "years")
            for amount in (1, 13)]  # fmt: skip
_FIGURES = (-2, -1, 0, 1, 2, 3, 4, 0.5, -1.25, 2.0, 1e15)

# Every instant at which one of the lengths or days above begins or ends, so that crowds stand at the edges.
_EDGES = [
    step(NOW, unit, sign * amount, zone) for unit, amount in _LENGTHS for sign in (-1, 1) for zone in _ZONES
]
_EDGES += [NOW - timedelta(days=days) for days in _DAYS for _ in range(8)]
_EDGES += [
    datetime.combine(NOW.date() - timedelta(days=days), datetime.min.time(), zone).astimezone(UTC)
    for days in _DAYS
    for zone in _ZONES
]
_EDGES += [datetime(2024, 2, 29, hour, 30, tzinfo=UTC) for hour in (0, 12, 23)]  # in no other year
_ABSENT = object()


# Custom attributes, under names that would do harm if they became keys, operators or patterns.
ATTRIBUTES = (
    Field("favouriteColour", FieldType.TEXT, "favourite colour", key="a1"),
    Field("$where", FieldType.NUMBER, "$where", key="a2"),
    Field("last.call", FieldType.DATE, "last.call", key="a3"),
    Field("__proto__", FieldType.BOOLEAN, "__proto__", key="a10"),
    Field("<b>Interests</b> 😀", FieldType.TAGS, "interests", key="a11"),
)
CATALOGUE: dict[str, Field] = {**FIELDS, **{field.name: field for field in ATTRIBUTES}}


def crowd(seed: int, names: list[str], size: int = 120) -> list[dict[str, Any]]:
    """Customers with values of the right type, of a wrong one, in an array, null or missing."""
    chance = random.Random(seed)  # a crowd drawn value by value from Hypothesis takes a hundred times longer
    return [_person(chance, names) for _ in range(size)]


def _person(chance: random.Random, names: list[str]) -> dict[str, Any]:
    person: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for field in (CATALOGUE[name] for name in names):
        value = _value(chance, field.type)
        if value is not _ABSENT:
            (attributes if field.key else person)[field.key or field.name] = value
    odd = chance.randrange(20) == 0
    if attributes or odd:
        person["attributes"] = chance.choice([None, "a1"]) if odd else attributes
    return person


def _value(chance: random.Random, kind: FieldType) -> Any:
    right = _RIGHT[kind]
    match chance.randrange(12):
        case 0:
            return _ABSENT
        case 1:
            odd = _RIGHT[chance.choice(list(FieldType))](chance)
            return chance.choice([None, "", " \u00a0", [], {}, float("nan"), odd])
        case 2:
            return [right(chance) for _ in range(chance.randrange(1, 3))]
        case _:
            return right(chance)


def _text(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randrange(1, 5)))


def _tags(chance: random.Random) -> list[Any]:
    return [chance.choice([_text(chance), chance.choice(_LETTERS), 5]) for _ in range(chance.randrange(4))]


def _figure(chance: random.Random) -> float:
    return chance.choice(_FIGURES)


def _date(chance: random.Random) -> datetime:
    return chance.choice(_EDGES) + timedelta(milliseconds=chance.choice([0, 0, -1, 1, 3_600_000]))


_RIGHT: dict[FieldType, Callable[[random.Random], Any]] = {
    FieldType.TEXT: _text,
    FieldType.TAGS: _tags,
    FieldType.INTEGER: _figure,
    FieldType.NUMBER: _figure,
    FieldType.MONEY: _figure,
    FieldType.BOOLEAN: lambda chance: chance.random() < 0.5,
    FieldType.DATE: _date,
}

_words = st.text(_LETTERS, min_size=1, max_size=2).filter(str.strip)
_dates = st.builds(
    lambda edge, ms: edge + timedelta(milliseconds=ms), st.sampled_from(_EDGES), st.sampled_from([0, 1])
)
_writings = st.sampled_from(
    [
        lambda at: at.date().isoformat(),
        lambda at: at.isoformat(timespec="milliseconds"),
        lambda at: at.astimezone(_ZONES[2]).isoformat(timespec="milliseconds"),
        lambda at: at.replace(tzinfo=None).isoformat(timespec="seconds"),
    ]
)
_iso_dates = st.builds(lambda write, at: write(at), _writings, _dates)
_ages = st.sampled_from(_DAYS)
_days_of_year = st.sampled_from(
    [{"last": {unit: amount}} for unit, amount in
     [("days", 1), ("days", 2), ("days", 31), ("days", "366"), ("weeks", 1), ("weeks", 52)]]
)  # fmt: skip
_lengths = st.sampled_from([{"last": {unit: amount}} for unit, amount in _LENGTHS])


def _as_text(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    written = values.map(lambda value: f" {value:f}" if isinstance(value, float) else str(value))
    return st.one_of(values, written)


def _two(values: st.SearchStrategy[Any], key: Callable[[Any], Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=2).map(lambda both: sorted(both, key=key))


def _raw(field: Field, operator: Operator) -> st.SearchStrategy[Any]:
    """Values that the operator can read, as JSON."""
    integral = [figure for figure in _FIGURES if figure == int(figure)]
    figures = _as_text(st.sampled_from(integral if field.type is FieldType.INTEGER else _FIGURES))
    match operator.widget:
        case Widget.TEXT:
            return _words
        case Widget.TEXTS:
            lists = st.lists(_words, min_size=1, max_size=3)
            return st.one_of(lists, lists.map(", ".join))
        case Widget.NUMBER:
            return figures
        case Widget.NUMBERS:
            return st.lists(figures, min_size=1, max_size=3)
        case Widget.TWO_NUMBERS:
            return _two(figures, float)
        case Widget.DATE if operator.name in ("before", "after"):
            return _iso_dates
        case Widget.DATE | Widget.DAYS:
            return st.one_of(_iso_dates, _as_text(_ages))
        case Widget.TWO_DATES:
            days = _dates.map(lambda at: at.date().isoformat())
            return st.one_of(_two(_as_text(_ages), float), _two(days, date.fromisoformat))
        case Widget.DURATION if operator.name.startswith("anniversary"):
            return _days_of_year
        case Widget.DURATION:
            return _lengths
        case Widget.MONTHS:
            return st.lists(st.sampled_from([1, 2, "3", "March", 4, " feb ", 12]), min_size=1, max_size=3)
        case Widget.YES_NO:
            return st.sampled_from([True, False, "true", "False "])
        case Widget.NONE:
            return st.sampled_from([None, ""])


@st.composite
def conditions(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """Single conditions over these fields that can be parsed."""
    field = CATALOGUE[draw(st.sampled_from(names))]
    operator = draw(st.sampled_from(operators_for(field)))
    value = draw(_raw(field, operator))
    return {"type": "condition", "field": field.name, "operator": operator.name, "value": value}


# Orders, and what a rule asks of them. Few products, states and people, so that much matches.

STATES = ("placed", "paid", "shipped", "delivered", "cancelled", "refunded")
_PRODUCTS = ("Mug", " mug", "Müsli", "Mu\u0308sli", "straße", "ΣΊΣΥΦΟΣ", "P-1", ".*", "Tea 😀")
_ODD_LINES = (None, 5, "Mug", {}, {"name": 7, "quantity": "3"}, {"name": ["Mug"], "quantity": [2]})


def orders(seed: int, customer_ids: list[str], size: int = 150) -> list[dict[str, Any]]:
    """Orders of these customers, and of some whom nobody knows; every tenth value is an odd one."""
    chance = random.Random(seed)
    found = []
    for _ in range(size):
        order = {
            "customerId": chance.choice([*customer_ids, *customer_ids, "nobody", None]),
            "createdAt": _order_date(chance),
            "total": _figure(chance),
            "status": chance.choice(STATES),
            "products": [_line(chance) for _ in range(chance.choice([0, 1, 1, 2, 3]))],
        }
        if chance.randrange(3) == 0:
            name = chance.choice(["createdAt", "total", "status", "products"])
            order[name] = chance.choice(
                [_ABSENT, None, "", [], {}, 5, "2026-03-01", [order[name]], float("nan")]
            )
            if name == "products" and isinstance(order[name], list):
                order[name] = [chance.choice(_ODD_LINES), _line(chance)]
        found.append({name: value for name, value in order.items() if value is not _ABSENT})
    return found


def _order_date(chance: random.Random) -> datetime:
    return _date(chance) if chance.random() < 0.5 else NOW - timedelta(days=chance.randrange(60))


def _line(chance: random.Random) -> dict[str, Any]:
    line: dict[str, Any] = {
        "productId": chance.choice(["P-1", "p-1 ", "P-2", "Mug"]),
        "name": chance.choice(_PRODUCTS),
        "category": chance.choice(["Kitchen", "KITCHEN ", "Food"]),
        "quantity": chance.choice([1, 2, 3, 0, 0.5, -1]),
        "price": chance.choice(_FIGURES),
    }
    for name in list(line):
        if chance.randrange(4) == 0:
            del line[name]
        elif chance.randrange(20) == 0:
            line[name] = chance.choice([None, "", " ", [], ["Mug"], 5, True, float("nan")])
    return line


@st.composite
def _asked_of_orders(draw: st.DrawFn) -> dict[str, Any]:
    field = ORDER_FIELDS[draw(st.sampled_from(list(ORDER_FIELDS)))]
    operator = draw(st.sampled_from(operators_for(field)))
    value = draw(_raw(field, operator))
    if field.type is FieldType.TEXT and operator.widget in (Widget.TEXT, Widget.TEXTS):
        known = st.sampled_from(
            {"status": STATES, "category": ("kitchen", "Food")}.get(field.name, _PRODUCTS)
        )
        value = draw(st.one_of(known, st.just(value)))
    return {"field": field.name, "operator": operator.name, "value": value}


_windows = st.one_of(
    _lengths,
    st.builds(lambda start, end: {"from": start, "to": end}, _iso_dates, st.one_of(st.none(), _iso_dates)),
    st.builds(lambda end: {"to": end}, _iso_dates),
)


@st.composite
def behaviours(draw: st.DrawFn) -> dict[str, Any]:
    """Behaviours of every measure that can be parsed."""
    measure = draw(st.sampled_from(list(Measure)))
    field = MEASURES[measure]
    operator = draw(st.sampled_from(measure_operators(measure)))
    if field.type is FieldType.DATE:
        days = _as_text(_ages)
        value = draw(_two(days, float) if operator.name == "between" else days)
    else:
        value = draw(_raw(field, operator))
    node = {"type": "behaviour", "measure": str(measure), "operator": operator.name, "value": value}
    if draw(st.booleans()):
        node["where"] = draw(st.lists(_asked_of_orders(), min_size=1, max_size=2))
    if draw(st.booleans()):
        node["within"] = draw(_windows)
    return node


def tops(names: list[str], of: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Rankings of those whom one of these rules selects."""
    ranked = [name for name in names if CATALOGUE[name].type in (*NUMERIC, FieldType.DATE)]
    return st.builds(
        lambda n, by, direction, node: {"type": "top", "n": n, "by": by, "direction": direction, "of": node},
        st.sampled_from([1, 2, 5, 30, 1_000]),
        st.sampled_from(ranked),
        st.sampled_from(["asc", "desc"]),
        of,
    )


# What every drawn world has, so that rules can be drawn apart from it.
_INSIDE = st.booleans()
references: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda key, inside: {"type": "segment", "segmentId": key, "in": inside},
              st.sampled_from(["s1", "s2"]), _INSIDE),
    st.builds(lambda key, inside: {"type": "list", "listId": key, "in": inside},
              st.sampled_from(["l1", "l2"]), _INSIDE),
    st.builds(lambda key, asked: {"type": "campaign", "campaignId": key, **asked},
              st.sampled_from(["c1", "c2"]),
              st.sampled_from([{"state": "sent"}, {"state": "failed"}, {"state": "skipped"},
                               {"variant": "A"}, {"state": "sent", "variant": "B"}])),
)  # fmt: skip


def rules(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Rule trees of every kind of node over these fields, for the worlds of `worlds`."""
    return st.one_of(behaviours(), _whole(names, st.one_of(behaviours(), references)))


def _whole(names: list[str], others: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    leaves = st.one_of(conditions(names), others, st.just({"type": "everyone"}))
    return st.recursive(
        leaves, lambda inner: st.one_of(_groups(inner), _groups(inner), tops(names, inner)), max_leaves=5
    )


def _groups(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda join, nodes: {"type": "group", "operator": join, "conditions": nodes},
        st.sampled_from(["AND", "OR", "NOT"]),
        st.lists(inner, min_size=1, max_size=3),
    )


@st.composite
def worlds(draw: st.DrawFn, names: list[str], size: int = 60) -> World:
    """Customers with values in these fields, addresses and orders, and what `references` refer to."""
    seed = draw(st.integers(0, 2**32))
    chance = random.Random(seed)
    people = crowd(seed, names, size)
    keys = [f"{chance.randrange(16**12):012x}{number:012x}" for number in range(size)]
    for number, person in enumerate(people):
        person |= {"email": f"Person{number}@Ex.com"} if chance.random() < 0.7 else {}
        person |= {"externalId": f" Ext-{number}"} if chance.random() < 0.4 else {}
    listed = [f"{who}{number}{what}" for number in range(size) if chance.random() < 0.4
              for who, what in [chance.choice([("person", "@ex.COM "), ("EXT-", "")])]]  # fmt: skip
    inner = _whole(names, behaviours())
    return World(
        dict(zip(keys, people, strict=True)),
        orders(seed, keys),
        {"s1": {"name": "One", "rules": draw(inner)},
         "s2": {"name": "Two", "rules": {"type": "group", "operator": "NOT", "conditions": [
             {"type": "segment", "segmentId": "s1", "in": True}, draw(inner)]}}},
        {key: {"name": key, "variants": ["A", "B"], "deliveries": _sent(chance, keys)}
         for key in ("c1", "c2")},
        {"l1": {"name": "Listed", "entries": listed}, "l2": {"name": "Few", "entries": listed[:2]}},
        CATALOGUE,
    )  # fmt: skip


def _sent(chance: random.Random, keys: list[str]) -> list[dict[str, Any]]:
    return [
        {"customer": key, "state": chance.choice(["sent", "failed", "skipped", "pending"]),
         "variant": chance.choice(["A", "B", None])}
        for key in keys if chance.random() < 0.5
    ]  # fmt: skip


def trees(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Rule trees over these fields that can be parsed, some of their nodes with ids."""
    everyone: st.SearchStrategy[dict[str, Any]] = st.just({"type": "everyone"})
    ids = st.one_of(st.just({}), st.builds(lambda number: {"id": number}, st.integers(0, 99)))

    def groups(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        return st.builds(
            lambda node_id, operator, nodes: {
                **node_id,
                "type": "group",
                "operator": operator,
                "conditions": nodes,
            },
            ids,
            st.sampled_from(["AND", "OR", "NOT"]),
            st.lists(children, min_size=1, max_size=3),
        )

    leaves = st.one_of(conditions(names), everyone)
    return st.recursive(
        st.builds(lambda node_id, leaf: {**node_id, **leaf}, ids, leaves), groups, max_leaves=6
    )
