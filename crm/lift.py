"""What a campaign brought about: orders of those it was meant for, against those who were held out.

Who is compared. Lots are drawn when the audience is written down, among those who can be messaged then.
Those drawn to be messaged are *treated*, whatever became of their message: sent, failed, skipped at the last
moment, cancelled or pending. The others are *held out*. So the two differ by the lot alone (intention to
treat: S. Hollis and F. Campbell, BMJ 319 (1999), 670–674). Compared are the batches whose turn has come, both
groups of them alike.

Which orders. Those placed in the window of a person's batch, by one rule for both groups: from when the first
of the batch was handed over until so many days after the last was; without a rate these are one instant.
Orders that were cancelled don't count, and what was refunded is taken off.

Nothing else is known to cause the difference, so treated people × difference is what the campaign brought in.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm import means, proportions
from crm.errors import FieldError, InvalidInput, NotFound
from crm.lifecycle import UNFINISHED
from crm.means import Sums
from crm.rows import content_of
from crm.screening import HELD_OUT
from crm.stores import campaigns as campaign_store
from crm.stores import outcomes
from crm.stores.connection import Document, Stores
from crm.stores.outcomes import Bought, Reader, Turn

WINDOWS = (1, 3, 7, 14, 30)
"""The windows that pages offer, in days."""

DAYS = 7
MOST_DAYS = 365
_MOST_HELD = 200_000  # orders in memory: about 100 MB
_SKEW = timedelta(hours=1)  # by which the clocks of two workers may differ
FEW_BUYERS = 10
"""With fewer in a group, an interval of money or of orders is rough."""


class Difference(NamedTuple):
    """How much more of something a treated person did, with its interval, None where there is none.

    It misses the truth 1 time in 20; of several differences that are looked at together, one of all of them.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def apart(self) -> bool:
        """Whether chance alone would hardly (1 time in 20) make such a difference."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def times(self, many: int) -> "Difference":
        """The same of so many people together."""
        ends = (None if end is None else end * many for end in (self.low, self.high))
        return Difference(self.value * many, *ends)


@dataclass(slots=True)
class Group:
    """People who were counted, and what they ordered in their windows; money in the account's currency."""

    buyers: int = 0
    orders: Sums = field(default_factory=Sums)
    revenue: Sums = field(default_factory=Sums)

    @property
    def people(self) -> int:
        return self.revenue.many

    @property
    def share(self) -> float | None:
        """The share of buyers."""
        return self.buyers / self.people if self.people else None

    def count(self, people: int) -> None:
        """Add so many people, who have bought nothing until `add` says so."""
        self.orders.many += people
        self.revenue.many += people

    def add(self, what: Bought) -> None:
        """Add what one of the people bought, who is counted already."""
        self.buyers += 1
        self.orders.add(what.orders)
        self.revenue.add(what.revenue)


@dataclass(slots=True)
class Lift:
    """What was found of one campaign. `held_out` has nobody where there is no holdout.

    `began` and `until` are the start of the first window and the end of the last, None while nobody's turn
    has come; `waiting` are the people whose turn has not. `messaged` are the treated whose message was sent
    and who ordered, with what they ordered, whatever its cause.
    """

    days: int
    as_of: datetime
    unfinished: bool
    treated: Group = field(default_factory=Group)
    held_out: Group = field(default_factory=Group)
    variants: dict[str, Group] = field(default_factory=dict)
    messaged: Group = field(default_factory=Group)
    waiting: int = 0
    began: datetime | None = None
    until: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether every window is over and nobody's turn is still to come."""
        return self.until is not None and self.until <= self.as_of and not self.unfinished

    @property
    def comparable(self) -> bool:
        """Whether both groups have somebody in them."""
        return bool(self.treated.people and self.held_out.people)


def of(stores: Stores, campaign_id: str, *, days: int = DAYS, now: datetime) -> Lift:
    """Read what the people of a launched campaign ordered. Takes a second for 100,000.

    Raises NotFound, and InvalidInput for a window that is not 1 to 365 days.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(
            f"The window is 1 to {MOST_DAYS} days.", [FieldError("days", f"is 1 to {MOST_DAYS}")]
        )
    campaign = campaign_store.find(stores, campaign_id)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    found = Lift(days, now, campaign["status"] in UNFINISHED)
    if "audienceSize" not in campaign:
        return found
    if campaign.get("variants"):
        found.variants = {each["name"]: Group() for each in campaign["variants"]}
    last = outcomes.last_turn(stores, campaign_id)
    if last is not None:
        few = min(_MOST_HELD, campaign["audienceSize"] // 4)
        start = campaign["startedAt"] - _SKEW
        read = outcomes.reader(stores, start, last + timedelta(days=days), few)
        for turn in outcomes.turns(stores, campaign_id, HELD_OUT):
            _add(stores, campaign, found, turn, read)
    found.waiting = outcomes.untouched(stores, campaign_id)
    return found


def _add(stores: Stores, campaign: Document, found: Lift, turn: Turn, read: Reader) -> None:
    """Add a batch. Those who ordered nothing are only counted."""
    until = turn.ended + timedelta(days=found.days)
    found.began = min(found.began or turn.began, turn.began)
    found.until = max(found.until or until, until)
    found.treated.count(len(turn.treated))
    found.held_out.count(len(turn.held_out))
    name_of = content_of(campaign).version if found.variants else None
    if name_of:
        for who in turn.treated:
            found.variants[str(name_of(who).name)].count(1)
    bought = read([*turn.treated, *turn.held_out], turn.began, until)
    for who in turn.held_out:
        if who in bought:
            found.held_out.add(bought.pop(who))
    for who, what in bought.items():
        found.treated.add(what)
        if name_of:
            found.variants[str(name_of(who).name)].add(what)
    for who in outcomes.sent(stores, campaign["_id"], list(bought)) if bought else ():
        found.messaged.count(1)
        found.messaged.add(bought[who])


def buyers(one: Group, other: Group, among: int = 1) -> Difference:
    """Between the shares of buyers.

    `among` so many such differences that are looked at together each one's interval is wider, so that all of
    them hold the truth 19 times in 20: each misses it in a share of 1/20 only (Bonferroni's inequality;
    O. J. Dunn, "Multiple comparisons among means", Journal of the American Statistical Association 56 (1961),
    52–64). Without this, the best of several variants would often look apart by chance.
    """
    if not one.people or not other.people:
        return Difference(0.0, None, None)
    between = one.buyers / one.people - other.buyers / other.people
    ends = proportions.difference(
        one.buyers, one.people, other.buyers, other.people, level=proportions.LEVEL / among
    )
    return Difference(between, *ends)


def revenue(one: Group, other: Group, among: int = 1) -> Difference:
    """Between the revenue a person; `among` as for buyers."""
    return _between(one.revenue, other.revenue, among)


def orders(one: Group, other: Group, among: int = 1) -> Difference:
    """Between the orders a person; `among` as for buyers."""
    return _between(one.orders, other.orders, among)


def _between(one: Sums, other: Sums, among: int) -> Difference:
    low, high = means.difference(one, other, level=proportions.LEVEL / among) or (None, None)
    return Difference(one.mean - other.mean if one.many and other.many else 0.0, low, high)


def shown(found: Lift) -> dict[str, Any]:
    """As the API hands it out; what needs a holdout is null where there is none. The intervals of variants
    hold all together."""
    treated, held_out = found.treated, found.held_out
    first = next(iter(found.variants.values()), None)
    return {
        "days": found.days,
        "asOf": found.as_of,
        "complete": found.complete,
        "from": found.began,
        "until": found.until,
        "waiting": found.waiting,
        "treated": _group(treated),
        "heldOut": _group(held_out) if held_out.people else None,
        "lift": _against(treated, held_out) if found.comparable else None,
        "attributed": _attributed(found) if found.comparable else None,
        "messaged": {
            "buyers": found.messaged.buyers,
            "orders": int(found.messaged.orders.total),
            "revenue": round(found.messaged.revenue.total, 4),
        },
        "variants": [
            {
                "name": name,
                **_group(group),
                "lift": _against(group, held_out, among=len(found.variants)) if found.comparable else None,
                "againstFirst": (
                    _against(group, first, among=len(found.variants) - 1)
                    if first and group is not first
                    else None
                ),
            }
            for name, group in found.variants.items()
        ],
    }


def _group(group: Group) -> dict[str, Any]:
    low, high = proportions.interval(group.buyers, group.people)
    return {
        "people": group.people,
        "buyers": group.buyers,
        "buyersShare": group.share,
        "buyersInterval": [low, high],
        "orders": int(group.orders.total),
        "ordersPerPerson": group.orders.mean,
        "revenue": round(group.revenue.total, 4),
        "revenuePerPerson": group.revenue.mean,
    }


def _against(one: Group, other: Group, among: int = 1) -> dict[str, Any]:
    found = {"buyersShare": buyers, "ordersPerPerson": orders, "revenuePerPerson": revenue}
    return {name: _difference(between(one, other, among)) for name, between in found.items()}


def _attributed(found: Lift) -> dict[str, Any]:
    people = found.treated.people
    return {
        "buyers": _difference(buyers(found.treated, found.held_out).times(people)),
        "orders": _difference(orders(found.treated, found.held_out).times(people)),
        "revenue": _difference(revenue(found.treated, found.held_out).times(people)),
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "apart": found.apart}
