"""Why a customer is in an audience or not, node by node; and how many people miss it by one node.

found = explain(stores, rule, customer_id, now=now, zone=zone)
found.inside, [(verdict.sentence, verdict.holds, verdict.own) for verdict in found.verdicts]
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from crm import audience_columns, audience_sets, segments, snapshot
from crm.columnar import nearness
from crm.errors import NotFound
from crm.fields import FieldType
from crm.moment import utc_now
from crm.rules import flips, mongo_orders, owned
from crm.rules.flips import Bought, Truth
from crm.rules.moments import Clock
from crm.rules.nodes import (
    ROOT,
    Behaviour,
    Condition,
    Everyone,
    Group,
    InCampaign,
    InList,
    InSegment,
    Join,
    Rule,
    Top,
    children,
    walk,
)
from crm.segments import describe
from crm.settings import settings
from crm.stores import audience_of_one as one
from crm.stores import audiences as store
from crm.stores.connection import Stores

MOST_NODES = 60  # of a rule whose near misses MongoDB counts, one by one


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one node says of the customer.

    `own` is his own value in words. `flips_at` is the first later instant at which the node says the opposite
    by the passing of time alone, `flips_to` what it says then; None where it never does.
    """

    path: str
    holds: bool
    sentence: str
    own: str
    flips_at: datetime | None
    flips_to: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A customer, whether the rule selects him, and a verdict a node, each before what it contains."""

    customer: dict[str, Any]
    inside: bool
    verdicts: tuple[Verdict, ...]


def explain(stores: Stores, rule: Rule, customer_id: str, *, now: datetime, zone: ZoneInfo) -> Explanation:
    """Why the rule selects this customer or does not, on live data. Raises NotFound."""
    customer = one.customer(stores, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    asking = _Asking(stores, customer, Clock(now, zone).now, zone, rule)
    asking.truth(rule, ROOT)
    verdicts = tuple(asking.verdict(path, node) for path, node in walk(rule))
    return Explanation(customer, verdicts[0].holds, verdicts)


class _Asking:
    """One walk over a rule for one customer: what holds for him, and what he has."""

    def __init__(
        self, stores: Stores, customer: dict[str, Any], now: datetime, zone: ZoneInfo, rule: Rule
    ) -> None:
        self.stores, self.customer, self.now, self.zone = stores, customer, now, zone
        self.id: str = customer["_id"]
        self.currency = settings().currency
        self.addresses = one.addresses(stores, self.id)
        self.truths: dict[str, Truth] = {}
        self.own: dict[str, str] = {}
        fields = {path: node for path, node in walk(rule) if isinstance(node, Condition)}
        queries = [segments.to_filter(node, now=now, zone=zone) for node in fields.values()]
        self.matched = dict(zip(fields, one.matched(stores, self.id, queries), strict=True))

    def verdict(self, path: str, node: Rule) -> Verdict:
        truth = self.truths[path]
        holds, at = truth.at(self.now), truth.flip(self.now)
        sentence = describe(node, currency=self.currency)
        return Verdict(path, holds, sentence, self.own[path], at, None if at is None else not holds)

    def truth(self, node: Rule, path: str) -> Truth:
        """Whether a node holds for him, kept with his own value by its path."""
        below = [self.truth(child, at) for at, child in children(node, path)]
        self.truths[path], self.own[path] = self._answered(node, path, below)
        return self.truths[path]

    def _answered(self, node: Rule, path: str, below: list[Truth]) -> tuple[Truth, str]:
        match node:
            case Everyone():
                return flips.always(True), "a customer"
            case Group(join):
                return flips.joined(join, below), self._of(below)
            case Condition():
                return self._condition(node, path)
            case Behaviour():
                return self._behaviour(node)
            case Top():
                return self._top(node, path, below[0])
            case InSegment(inside=inside):
                said = "in that segment" if below[0].at(self.now) else "not in that segment"
                return flips.joined(Join.AND if inside else Join.NOT, below), said
            case InCampaign():
                return self._campaign(node)
            case InList(list_id, inside=inside):
                listed = one.listed_as(self.stores, list_id, self.addresses)
                said = "not on the list" if listed is None else f"on the list as {listed}"
                return flips.always((listed is not None) is inside), said
            case _:
                assert_never(node)

    def _of(self, below: list[Truth]) -> str:
        held = sum(truth.at(self.now) for truth in below)
        return f"{held} of {len(below)} {'holds' if held == 1 else 'hold'}"

    def _condition(self, node: Condition, path: str) -> tuple[Truth, str]:
        value = owned.value_of(self.customer, node.field)
        own = owned.said(node.field, value, currency=self.currency, zone=self.zone)
        if node.field.type is FieldType.DATE:
            return flips.of_date(node, value, self.now, self.zone), own
        return flips.always(self.matched[path]), own

    def _behaviour(self, node: Behaviour) -> tuple[Truth, str]:
        clock = Clock(self.now, self.zone)
        rows = one.orders(self.stores, mongo_orders.one_by_one(node, clock, self.id))
        orders = [
            Bought(row["createdAt"], row["total"], row.get("quantity") or 0,
                   frozenset(map(str, row.get("products") or ())) - {"None"})
            for row in rows
        ]  # fmt: skip
        own = owned.of_behaviour(node, orders, clock, currency=self.currency)
        return flips.of_orders(node, orders, self.now, self.zone), own

    def _top(self, node: Top, path: str, of: Truth) -> tuple[Truth, str]:
        value = owned.value_of(self.customer, node.by)
        own = owned.said(node.by, value, currency=self.currency, zone=self.zone)
        if value is None or not of.at(self.now):
            return flips.always(False), f"{own}, in no rank"
        sets = audience_sets.resolve(self.stores, node.of, now=self.now, zone=self.zone)
        ahead = one.before_him(node.by.path, value, self.id, highest=node.direction == "desc")
        every = audience_sets.queries(node.of, sets, now=self.now, zone=self.zone)
        rank = 1 + sum(store.count(self.stores, {"$and": [ahead, query]}) for query in every)
        return flips.always(rank <= node.n), f"{own}, rank {rank:,}"

    def _campaign(self, node: InCampaign) -> tuple[Truth, str]:
        row = one.delivery(self.stores, node.campaign_id, self.id)
        if row is None:
            return flips.always(False), "no message of that campaign"
        asked = (node.state in (None, row["state"])) and node.variant in (None, row.get("variant"))
        variant = f", variant {row['variant']}" if row.get("variant") else ""
        return flips.always(asked), f"{row['state']}{variant}"


def near_misses(stores: Stores, rule: Rule, *, now: datetime, zone: ZoneInfo) -> dict[str, int]:
    """By node path, how many more people the audience would have if this node alone said the opposite.

    From the snapshot where there is a fresh one; else from MongoDB, and empty there for a rule of more than
    MOST_NODES nodes. What stands inside a ranking is left out.
    """
    state = snapshot.fresh(stores, settings(), now=utc_now())
    if state is not None:
        sets = audience_columns.sets(stores, rule)
        return nearness.near_misses(state, rule, now=now, zone=zone, sets=sets)
    nodes = _outside_rankings(rule, ROOT)
    if len(nodes) > MOST_NODES:
        return {}
    found = audience_sets.resolve(stores, rule, now=now, zone=zone)
    return {path: _missing(stores, rule, path, found, now, zone) for path in nodes}


def _outside_rankings(rule: Rule, path: str) -> list[str]:
    below = [] if isinstance(rule, Top) else children(rule, path)
    return [path, *(each for at, child in below for each in _outside_rankings(child, at))]


def _turned(rule: Rule, path: str, at: str) -> Rule:
    """The rule with the node at `path` turned round; itself where that is not in it."""
    if at == path:
        return Group(Join.NOT, (rule,))
    below = [_turned(child, path, child_at) for child_at, child in children(rule, at)]
    match rule:
        case Group():
            return replace(rule, rules=tuple(below))
        case InSegment():
            return replace(rule, rule=below[0])
        case _:
            return rule


def missing(rule: Rule, path: str) -> Rule:
    """The rule that selects the near misses of a node: they would be in if it said the opposite."""
    return Group(Join.AND, (_turned(rule, path, ROOT), Group(Join.NOT, (rule,))))


def _missing(
    stores: Stores,
    rule: Rule,
    path: str,
    sets: audience_sets.Sets,
    now: datetime,
    zone: ZoneInfo,
) -> int:
    both = missing(rule, path)
    placed = {}
    for at, ids in sets.items():
        inside = at == path or at.startswith(f"{path}.")
        turned_at = f"{path}.conditions[0]{at.removeprefix(path)}" if inside else at
        placed[f"{ROOT}.conditions[0]{turned_at.removeprefix(ROOT)}"] = ids
        placed[f"{ROOT}.conditions[1].conditions[0]{at.removeprefix(ROOT)}"] = ids
    return sum(
        store.count(stores, query) for query in audience_sets.queries(both, placed, now=now, zone=zone)
    )
