"""What became of each recipient: the delivery log, its export, and the audit of the books.

A campaign's people stand in two places: those whom the vendor was given, or never will be, have a row; those
who still wait stand in the plan alone. The log reads the rows first and then the waiting, so that each
number of the books opens its people.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from crm import cursors
from crm.errors import FieldError, InvalidInput, NotFound
from crm.fields import fold
from crm.lifecycle import CampaignStatus, DeliveryState
from crm.rows import content_of
from crm.spreadsheets import csv_pieces
from crm.stores import campaigns as campaign_store
from crm.stores import deliveries as delivery_store
from crm.stores import outbox, tallies
from crm.stores import plan as plan_store
from crm.stores.connection import Document, Stores
from crm.stores.tallies import Kind

MAX_PAGE = 500
_LOOK_AT = 40  # pending batches that one page goes through before it hands back a cursor
_COLUMNS = ("customerId", "name", "email", "state", "reason", "variant", "attempt", "updatedAt", "body")
# The row that a page ended with; or None, a batch of the plan and the offset in it of who comes next.
_Place = tuple[str | None, cursors.Number, cursors.Number]


@dataclass(frozen=True, slots=True)
class Books:
    """What an audit of one campaign found. `problems` is empty when the books balance."""

    audience: int
    counts: dict[str, int]
    problems: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        return not self.problems


def deliveries(
    stores: Stores,
    campaign_id: str,
    *,
    state: str | None = None,
    search: str | None = None,
    reason: str | None = None,
    variant: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> dict[str, Any]:
    """One page of the delivery log: `{items, next}`, in a fixed order, of this state, reason and variant.

    `search` is text within the name or the e-mail address. `next` is the cursor of the following page, or
    None; while a search goes through people who still wait, a page may hold fewer than `limit`. Raises
    NotFound, and InvalidInput for a state, limit or cursor that makes no sense.
    """
    campaign = _campaign(stores, campaign_id)
    _check_page(state, limit)
    of = f"deliveries of {campaign_id}"
    after, *place = cursors.read(of, cursor, _Place) or ("", 0, 0)
    if "audienceSize" not in campaign or (state and not _any(stores, campaign_id, state)):
        return {"items": [], "next": None}
    items: list[Document] = []
    if after is not None and state != DeliveryState.PENDING:
        chosen = {"state": state, "search": search, "reason": reason, "variant": variant}
        found = list(delivery_store.rows(stores, campaign_id, **chosen, after=after or None, limit=limit + 1))
        items = [_shown(row) for row in found[:limit]]
        if len(found) > limit:
            return {"items": items, "next": cursors.written(of, (items[-1]["_id"], 0, 0))}
    if state not in (None, DeliveryState.PENDING) or reason is not None:
        return {"items": items, "next": None}
    rowless = state is None  # those who have a row have had their place
    batches = plan_store.pending(stores, campaign_id, place[0], rowless=rowless)
    found_in = partial(_waiting, stores, campaign, search, variant, rowless)
    following = _pending(batches, found_in, items, limit, place)
    return {"items": items, "next": cursors.written(of, (None, *following)) if following else None}


def _check_page(state: str | None, limit: int) -> None:
    if state is not None and state not in set(DeliveryState):
        raise _bad("state", f"is one of {', '.join(DeliveryState)}")
    if not 1 <= limit <= MAX_PAGE:
        raise _bad("limit", f"is 1 to {MAX_PAGE}")


def _any(stores: Stores, campaign_id: str, state: str) -> bool:
    """Whether anybody is in this state; to look through the rows for nobody would take longest."""
    return plan_store.counts(stores, [campaign_id]).get(campaign_id, {}).get(state, 0) > 0


def _pending(
    batches: Iterable[Document],
    found_in: Callable[[Document], dict[str, Document]],
    items: list[Document],
    limit: int,
    place: Sequence[int],
) -> tuple[int, int] | None:
    """Fill a page with the pending people of these batches, from `place` on; where the next page begins."""
    for looked_at, batch in enumerate(batches):
        if looked_at == _LOOK_AT:
            return batch["number"], 0
        first = place[1] if batch["number"] == place[0] else 0
        found = found_in(batch)
        for index, customer_id in enumerate(batch["customerIds"][first:], start=first):
            if customer_id not in found:
                continue
            if len(items) == limit:
                return batch["number"], index
            items.append(_shown(found[customer_id]))
    return None


def _waiting(
    stores: Stores,
    campaign: Document,
    search: str | None,
    variant: str | None,
    rowless: bool,
    batch: Document,
) -> dict[str, Document]:
    """The pending people of a batch who are found; `rowless`: only those without a row."""
    found = _without_rows(stores, campaign, plan_store.without_rows(batch), search)
    if not rowless:
        found = _with_rows(stores, campaign["_id"], batch["customerIds"], search) | found
    return {who: row for who, row in found.items() if variant is None or row.get("variant") == variant}


def _with_rows(
    stores: Stores, campaign_id: str, people: Sequence[str], search: str | None
) -> dict[str, Document]:
    text = fold(search or "")
    rows = outbox.pending(stores, campaign_id, people)
    return {row["customerId"]: row for row in rows if text in row.get("search", "")}


def _without_rows(
    stores: Stores, campaign: Document, people: Sequence[str], search: str | None
) -> dict[str, Document]:
    known, said = delivery_store.matching(stores, people, search), content_of(campaign)
    return {
        customer_id: {
            "_id": delivery_store.delivery_id(campaign["_id"], customer_id),
            "campaignId": campaign["_id"],
            "customerId": customer_id,
            "state": DeliveryState.PENDING.value,
            "attempt": 1,
            "variant": said.version(customer_id).name,
            **{name: known.get(customer_id, {}).get(name) for name in ("name", "email")},
        }
        for customer_id in people
        if customer_id in known or not search
    }


def _shown(row: Document) -> Document:
    """A row as the API and the pages see it."""
    return {
        "_id": row["_id"],
        "campaignId": row["campaignId"],
        "customerId": row["customerId"],
        "name": row.get("name"),
        "email": row.get("email"),
        "state": row["state"],
        "reason": row.get("reason"),
        "attempt": row["attempt"],
        "variant": row.get("variant"),
        "vendorMessageId": row.get("vendorMessageId"),
        "body": row.get("body"),
        "updatedAt": row.get("updatedAt"),
    }


def deliveries_csv(
    stores: Stores,
    campaign_id: str,
    *,
    state: str | None = None,
    search: str | None = None,
    reason: str | None = None,
    variant: str | None = None,
) -> Iterator[str]:
    """The whole log as CSV, page by page, safe to open in a spreadsheet. Raises as `deliveries`, at once."""
    page_of = partial(
        deliveries, stores, campaign_id, state=state, search=search, reason=reason, variant=variant,
        limit=MAX_PAGE,
    )  # fmt: skip
    first = page_of()

    def lines() -> Iterator[list[Any]]:
        page = first
        while True:
            yield from ([item[column] for column in _COLUMNS] for item in page["items"])
            if not page["next"]:
                return
            page = page_of(cursor=page["next"])

    return csv_pieces(_COLUMNS, lines())


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows of a campaign by state, variant and reason, as they were at one reading."""

    kinds: Mapping[Kind, int]

    def reasons(self, state: str) -> dict[str, int]:
        """How many messages failed (or were skipped) for each reason, the most frequent first."""
        found: Counter[str] = Counter()
        for kind, many in self.kinds.items():
            if kind.state == state and kind.reason is not None:
                found[kind.reason] += many
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def by_variant(self) -> dict[str, dict[str, int]]:
        """How many messages of each variant are in each state; those who have no row yet are not counted."""
        found: dict[str, dict[str, int]] = {}
        for kind, many in self.kinds.items():
            if kind.variant is not None:
                counts = found.setdefault(kind.variant, {})
                counts[kind.state] = counts.get(kind.state, 0) + many
        return found


def tally(stores: Stores, campaign_id: str) -> Tally:
    """Count a campaign's rows by kind; what has not changed since the last count is not read again."""
    return Tally(tallies.of(stores, campaign_id))


def reasons(stores: Stores, campaign_id: str, state: str) -> dict[str, int]:
    """As `Tally.reasons`, counted now."""
    return tally(stores, campaign_id).reasons(state)


def by_variant(stores: Stores, campaign_id: str) -> dict[str, dict[str, int]]:
    """As `Tally.by_variant`, counted now."""
    return tally(stores, campaign_id).by_variant()


def books(stores: Stores, campaign_id: str) -> Books:
    """Recount a campaign from its rows and its plan, person by person. For audits and tests: it reads all.

    Right only while nothing is written, since it looks at the batches one after another. Raises NotFound.
    """
    campaign = _campaign(stores, campaign_id)
    rows = delivery_store.recount(stores, campaign_id)
    people: set[str] = set()
    totals = dict.fromkeys(plan_store.COUNTED, 0)
    problems: list[str] = []
    for batch in plan_store.everything(stores, campaign_id):
        problems += _batch_problems(batch, rows.pop(batch["number"], {}))
        if people.intersection(batch["customerIds"]):
            problems.append(f"batch {batch['number']} repeats people of another batch")
        people.update(batch["customerIds"])
        for state in totals:
            totals[state] += batch["counts"][state]
    if rows:
        problems.append(f"rows of batches that are not in the plan: {sorted(rows)}")
    audience = campaign.get("audienceSize", 0)
    planned = campaign["status"] != CampaignStatus.PLANNING and not campaign.get("closing")
    if planned and not audience == len(people) == sum(totals.values()):
        problems.append(f"audience {audience}, people {len(people)}, counted {sum(totals.values())}")
    if campaign["status"] == CampaignStatus.FINISHED and totals[DeliveryState.PENDING]:
        problems.append(f"finished with {totals[DeliveryState.PENDING]} pending")
    return Books(audience, totals, tuple(problems))


def _batch_problems(batch: Document, rows: dict[str, int]) -> list[str]:
    """How the counts of one batch differ from its rows."""
    size, rowless = len(batch["customerIds"]), len(plan_store.without_rows(batch))
    counts = {state: many for state, many in batch["counts"].items() if many}
    pending = rows.get(DeliveryState.PENDING, 0) + rowless
    found = rows | ({DeliveryState.PENDING.value: pending} if pending else {})
    problems = [f"batch {batch['number']}: counts {counts}, found {found}"] if counts != found else []
    if sum(batch["counts"].values()) != size:
        problems.append(f"batch {batch['number']}: {size} people, counts {batch['counts']}")
    return problems


def _campaign(stores: Stores, campaign_id: str) -> Document:
    campaign = campaign_store.find(stores, campaign_id)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def _bad(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field} {reason}.", [FieldError(field, reason)])
