"""A campaign rehearsed over its whole audience, before anybody is sent anything; and as one customer gets it.

    for state in dry_run.over(stores, campaign, now=now):   # about one a second; the last is whole
        show(state.done / state.total)

`campaign` is a draft's document, or what a request says of a campaign: segmentId or rules, messageTemplate
and the options of `crm.options`. Nothing is written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from crm import audiences, carriers, content, launching, links, quiet_hours, rows, rulebook, sms
from crm.content import SMS, Composed, Content, Version
from crm.errors import FieldError, InvalidInput, NotFound
from crm.fields import Field
from crm.messages import Style
from crm.quiet_hours import Hours
from crm.screening import HELD_OUT, Screen
from crm.settings import settings
from crm.stores import campaigns as campaign_store
from crm.stores import deliveries as delivery_store
from crm.stores.connection import Document, Stores

_CHUNK = 5_000
_EXAMPLES = 5


@dataclass(slots=True)
class DryRun:
    """How far it is, and what was found so far.

    `skipped` counts people by the reason that the books would give, `examples` names the first few of each;
    `missing` counts the people who lack each field where it matters; `variants` those who would be messaged,
    by variant; `parts` the parts that text messages would be sent in; `zones` those who would be messaged by
    their time zone, where the campaign keeps to sending hours, and `waiting` those whose hours are not now;
    `warnings` say what is to be thought of before the launch. `audience` is whom the rules select: reachable
    + all who are skipped, once `done` equals `total`.
    """

    total: int
    done: int = 0
    reachable: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    variants: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    zones: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    warnings: list[str] = field(default_factory=list)
    finished: bool = False

    def shown(self) -> dict[str, Any]:
        """As the API hands it out."""
        kinds = {
            "suppressed": self._of("suppressed: "),
            "capped": self._of("capped: "),
            "heldOut": self._of(HELD_OUT),
            "notReachable": self._of("not reachable: "),
            "notRenderable": self._of("not renderable: "),
        }
        return {
            "finished": self.finished, "done": self.done, "audience": self.total, "reachable": self.reachable,
            **kinds, "skipped": dict(self.skipped.most_common()), "examples": self.examples,
            "missing": dict(self.missing.most_common()), "variants": dict(self.variants),
            "smsParts": self.parts, "zones": dict(self.zones.most_common()), "waiting": self.waiting,
            "warnings": self.warnings,
        }  # fmt: skip

    def _of(self, beginning: str) -> int:
        return sum(many for reason, many in self.skipped.items() if reason.startswith(beginning))

    def skip(self, who: str, reason: str) -> None:
        """Count somebody as skipped; the first few of a reason are its examples."""
        self.skipped[reason] += 1
        named = self.examples.setdefault(reason, [])
        if len(named) < _EXAMPLES:
            named.append(who)


def over(stores: Stores, campaign: Mapping[str, Any], *, now: datetime) -> Iterator[DryRun]:
    """Rehearse over everybody. Yields the same object again and again as it fills; `finished` the last time.

    Raises InvalidRule, InvalidInput and NotFound before the first.
    """
    given = _whole(stores, campaign)
    fields = rulebook.fields(stores)
    said = content.read(given, fields)
    hours = _hours(given, fields, now)
    tree = given["rules"] if given.get("frozenAt") else launching.audience_tree(stores, given)
    if tree is None:
        raise InvalidInput("Choose whom to reach first.", [FieldError("segmentId", "is missing")])
    rule = rulebook.parse(stores, tree)
    zone = settings().zone
    state = DryRun(audiences.count(stores, rule, now=now, zone=zone))
    state.warnings = carriers.warnings(stores, given.get("vendor"))
    people = audiences.members(
        stores, rule, (*rows.WHO, *said.paths, *_zone_paths(hours)), now=now, zone=zone
    )
    return _through(stores, given, said, state, people, hours, now)


def _hours(given: Document, fields: Mapping[str, Field], now: datetime) -> Hours | None:
    """The sending hours as they will be frozen by the launch; None where it goes out at any."""
    zones = {"timeZone": settings().time_zone, "zonePath": quiet_hours.zone_path(fields)}
    return quiet_hours.of({**zones, **given}, now)


def _zone_paths(hours: Hours | None) -> tuple[str, ...]:
    return (hours.path,) if hours and hours.path else ()


def _through(
    stores: Stores,
    given: Document,
    said: Content,
    state: DryRun,
    people: Iterator[dict[str, Any]],
    hours: Hours | None,
    now: datetime,
) -> Iterator[DryRun]:
    screen, style = Screen(stores, given, said, now), Style(settings().currency, settings().zone)
    yield state
    while chunk := list(islice(people, _CHUNK)):
        reasons = screen.reasons(chunk)
        for person in chunk:
            if _rehearse(state, said, style, person, reasons.get(person["_id"])) and hours:
                state.zones[hours.zone_of(person)] += 1
        state.done += len(chunk)
        yield state
    state.total = state.done  # somebody may have come or gone since it was counted
    if hours and (waits := quiet_hours.would_wait(given["sendWindow"], state.zones, now)):
        state.waiting = waits.people
    state.finished = True
    yield state


def _rehearse(
    state: DryRun, said: Content, style: Style, person: Mapping[str, Any], reason: str | None
) -> bool:
    """Add one person; whether he would be messaged."""
    version = said.version(person["_id"])
    if reason is None:
        composed = content.compose(version, person, style, links.preview() if said.links else None)
        state.missing.update(composed.missing)
        reason = composed.reason
        if reason is None and said.channel == SMS:
            state.parts += sms.measure(composed.text).parts
    if reason is not None:
        state.skip(person["_id"], reason)
        return False
    state.reachable += 1
    if version.name is not None:
        state.variants[version.name] += 1
    return True


def draft(stores: Stores, campaign_id: str) -> Document:
    """A kept campaign, to be rehearsed. Raises NotFound."""
    found = campaign_store.find(stores, campaign_id)
    if found is None:
        raise NotFound("There is no such campaign.")
    return found


def as_customer(stores: Stores, campaign: Mapping[str, Any], customer_id: str) -> dict[str, Any]:
    """The message as this customer would get it: `{customerId, name, address, variant, versions}`.

    `versions` has one message a variant, `{name, subject, text, html, reason, sms}`; `variant` is the name of
    the one that is his. Raises InvalidInput for the message, NotFound for the customer.
    """
    said = content.read(_whole(stores, campaign), rulebook.fields(stores))
    known = delivery_store.recipients(stores, [customer_id], (*rows.WHO, *said.paths))
    customer = known.get(customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    style = Style(settings().currency, settings().zone)
    link = links.preview()
    versions = [(version, content.compose(version, customer, style, link)) for version in said.versions]
    return {
        "customerId": customer_id,
        "name": customer.get("name"),
        "address": said.address(customer),
        "variant": said.version(customer_id).name,
        "versions": [_version(version, composed) for version, composed in versions],
    }


def _version(version: Version, composed: Composed) -> dict[str, Any]:
    length = sms.measure(composed.text)
    counted = {"encoding": length.encoding, "units": length.units, "parts": length.parts, "left": length.left}
    return {
        "name": version.name, "subject": composed.subject, "text": composed.text, "html": composed.html,
        "reason": composed.reason, "sms": counted,
    }  # fmt: skip


def _whole(stores: Stores, campaign: Mapping[str, Any]) -> Document:
    """With an id, which decides who is held out (before there is one, another draw of the same shares), and
    with the channel that its vendor leads it to. Raises InvalidInput where the vendor can't carry it.
    """
    channel = carriers.way(stores, campaign.get("vendor"), campaign.get("channel"))
    return {"_id": "draft", "messageTemplate": "", **campaign, "channel": channel}
