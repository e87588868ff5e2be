"""Customers by a text in their name, e-mail, phone or external id, in any number of customers.

MongoDB would look at every customer for it. The snapshot names those who had the text a few seconds ago;
MongoDB says what they are now, and adds who came since.
"""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from crm import segments, snapshot
from crm.columnar.evaluate import evaluate
from crm.columnar.parts import Part
from crm.columnar.shelf import State
from crm.errors import InvalidRule
from crm.moment import utc_now
from crm.rules.nodes import Rule
from crm.settings import settings
from crm.stores import directory as store
from crm.stores.connection import Document, Stores

_UNSEEN = timedelta(seconds=10)  # longer than from the making of an id to its commit


def found(stores: Stores, text: str, *, before: str | None, limit: int) -> list[Document]:
    """Up to `limit` of them, newest first, with ids below `before`. `text` is folded, and not empty."""
    now = utc_now()
    look = partial(store.customers, stores, search=text, before=before, limit=limit)
    state = snapshot.fresh(stores, settings(), now=now)
    rule = _rule(text)
    if state is None or rule is None:
        return look()
    ids = _ids(state, rule, before, limit, now)
    known = look(among=ids)
    if len(known) < len(ids):  # somebody has another name since: who comes after him isn't known
        return look()
    new = look(since=store.lowest_id(state.as_of - _UNSEEN))
    both = {one["_id"]: one for one in (*known, *new)}
    return [both[one] for one in sorted(both, reverse=True)[:limit]]


def _rule(text: str) -> Rule | None:
    """The rule that selects them, None for a text that no rule can have."""
    contains = {"type": "condition", "operator": "contains", "value": text}
    try:
        conditions = [{**contains, "field": name} for name in store.SEARCHED]
        return segments.parse({"type": "group", "operator": "OR", "conditions": conditions})
    except InvalidRule:
        return None


def _ids(state: State, rule: Rule, before: str | None, limit: int, now: datetime) -> list[str]:
    selected = evaluate(state, rule, now=now, zone=UTC).selected
    ids: list[str] = []
    for (part, live), mask in zip(state.parts, selected, strict=True):
        rows = np.flatnonzero(mask if live is None else mask & live)
        ids += _last(part, rows, before, limit)
    return sorted(ids, reverse=True)[:limit]


def _last(part: Part, rows: np.ndarray, before: str | None, limit: int) -> list[str]:
    """The highest ids of these rows, which are in the order of ids, below `before`."""
    end = len(rows)
    if before is not None:
        end = bisect_left(rows, before, key=lambda row: part.ids(np.array([row]))[0])
    return part.ids(rows[max(0, end - limit) : end]) if end else []
