"""What happened with a campaign, in sentences made of its real numbers.

No model has a part in it: the sentences are written here, and each number is one that the campaign's page
shows, with the people it counts.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm import campaigns, results
from crm.lifecycle import NOT_BEGUN
from crm.stores.connection import Stores

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence. `people` are the recipients it counts, who are found by `state` and `reason`."""

    text: str
    people: int | None = None
    state: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """`figures` are those of `crm.results.of`; None before the launch."""

    campaign_id: str
    name: str
    status: str
    facts: tuple[Fact, ...]
    figures: dict[str, Any] | None

    @property
    def text(self) -> str:
        return " ".join(fact.text for fact in self.facts)

    def shown(self) -> dict[str, Any]:
        """As the API hands it out."""
        where = {"_id": self.campaign_id, "name": self.name, "status": self.status}
        facts = [{**asdict(fact), "link": self.link(fact)} for fact in self.facts]
        return {"campaign": where, "message": self.text, "facts": facts, "figures": self.figures}

    def link(self, fact: Fact) -> str:
        """The address of the people that a fact counts, or of the campaign."""
        return f"/history?campaign={self.campaign_id}" + (f"&state={fact.state}" if fact.state else "")


def of(stores: Stores, campaign_id: str, *, now: datetime, zone: ZoneInfo, currency: str) -> Summary:
    """Raises NotFound. Takes seconds for a campaign of 100,000, whose orders are read."""
    campaign = campaigns.get(stores, campaign_id)
    begun = campaign["status"] not in NOT_BEGUN and campaign["launchedAt"] is not None
    figures = results.of(stores, campaign_id, now=now) if begun else None
    facts = [_status(campaign, zone)]
    if figures is not None:
        facts += [*_books(figures), *_variants(figures), *_orders(figures, currency)]
    return Summary(campaign_id, campaign["name"], campaign["status"], tuple(facts), figures)


def _status(campaign: dict[str, Any], zone: ZoneInfo) -> Fact:
    name, whom = f"“{campaign['name']}”", campaign["segmentName"]
    among = f" of “{whom}”" if whom else ""
    size = campaign["audienceSize"]
    people = (
        f"{size:,} {'person' if size == 1 else 'people'}{among}" if size is not None else f"people{among}"
    )

    def day(at: datetime | None) -> str:
        return "" if at is None else f" on {at.astimezone(zone):%-d %B %Y}"

    launched = f"{name} went to {people}, launched{day(campaign['launchedAt'])}"
    match campaign["status"]:
        case "draft":
            return Fact(f"{name} is a draft: nothing has been sent.")
        case "scheduled":
            return Fact(
                f"{name} is scheduled and starts{day(campaign['scheduledAt'])}; nothing has been sent."
            )
        case "planning":
            return Fact(
                f"{name} was launched{day(campaign['launchedAt'])}; its audience is being written down."
            )
        case "cancelled" if campaign["launchedAt"] is None:
            return Fact(f"{name} was cancelled{day(campaign['cancelledAt'])}, before it was launched.")
        case "cancelled":
            return Fact(f"{launched} and cancelled{day(campaign['cancelledAt'])}.", size)
        case "finished":
            return Fact(f"{launched} and finished{day(campaign['finishedAt'])}.", size)
        case "paused":
            because = f": {campaign['pausedBecause']}" if campaign["pausedBecause"] else ""
            return Fact(f"{launched}; it is paused{because}.", size)
        case _:
            return Fact(f"{launched}; it is still running.", size)


def _books(figures: dict[str, Any]) -> Iterator[Fact]:
    books, share = figures["books"], figures["sentShare"]
    if books["sent"] or share:
        of_answered = ""
        if share:
            low, high = f"{share['low']:.1%}", f"{share['high']:.1%}"
            of_answered = f", {share['value']:.1%} of those answered (95 % interval {low} – {high})"
        yield Fact(f"{_messages(books['sent'])} sent{of_answered}.", books["sent"], "sent")
    for state, verb in (("failed", "failed"), ("skipped", "skipped")):
        if books[state]:
            was = "" if state == "failed" else f" {'was' if books[state] == 1 else 'were'}"
            said = f"{books[state]:,}{was} {verb}{_why(figures['reasons'][state])}."
            yield Fact(said, books[state], state)
    if books["cancelled"]:
        yield Fact(
            f"{books['cancelled']:,} were cancelled before their turn.", books["cancelled"], "cancelled"
        )
    if books["pending"]:
        yield Fact(f"{books['pending']:,} are still waiting.", books["pending"], "pending")


def _messages(many: int) -> str:
    return "1 message was" if many == 1 else f"{many:,} messages were"


def _why(reasons: dict[str, int]) -> str:
    """The commonest reasons, each with its number."""
    first = sorted(reasons, key=lambda reason: (-reasons[reason], reason))[:_MOST_REASONS]
    listed = ", ".join(f"{reason} ({reasons[reason]:,})" for reason in first)
    more = " and others" if len(reasons) > len(first) else ""
    return f": {listed}{more}" if listed else ""


def _variants(figures: dict[str, Any]) -> Iterator[Fact]:
    shares = [(each["name"], each["sentShare"]) for each in figures["variants"] if each["sentShare"]]
    if len(shares) > 1:
        listed = ", ".join(f"{name} {share['value']:.1%} sent" for name, share in shares)
        yield Fact(f"By variant: {listed}.")


def _orders(figures: dict[str, Any], currency: str) -> Iterator[Fact]:
    orders = figures["orders"]
    bought, days = orders["messaged"], orders["days"]
    within = f"within {days} days of their message"
    if not figures["books"]["sent"]:
        return
    yet = "" if orders["complete"] else " so far"
    if not bought["buyers"]:
        yield Fact(f"Nobody has ordered {within}{yet}.")
        return
    people = "1 person" if bought["buyers"] == 1 else f"{bought['buyers']:,} people"
    yield Fact(
        f"{people} ordered {within}{yet}, for {bought['revenue']:,.2f} {currency}, whatever the cause."
    )
    if orders["lift"] is not None:
        yield _brought_in(orders["lift"]["buyersShare"], yet)


def _brought_in(difference: dict[str, Any], yet: str) -> Fact:
    """What the holdout says of it."""
    points = f"{abs(difference['value']) * 100:.1f} percentage points"
    if not difference["apart"]:
        return Fact(f"Against those held out no difference can be told{yet}.")
    way = "more" if difference["value"] > 0 else "fewer"
    return Fact(f"Of those it was meant for, {points} {way} ordered than of those held out{yet}.")
