"""Looking after custom attributes: what there is, and renaming, another type and removal by administrators.

A changed type is a new key: values are converted and moved from the old one. Whatever is on its way under the
old key meanwhile is converted when it arrives.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from crm import attributes, auth, content, rulebook
from crm.attributes import LONGEST_NAME, TYPES, plain
from crm.auth import Account
from crm.errors import Conflict, FieldError, InvalidInput, NotFound
from crm.fields import Field, FieldType, fold, folded_document
from crm.ingestion import attribute_types
from crm.ingestion.guesses import says_nothing
from crm.ingestion.refused import Refused
from crm.rules.mentions import fields_in
from crm.saved.usage import SETTLED
from crm.settings import settings
from crm.stores import attributes as store
from crm.stores import segment_users
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact

_BATCH = 2_000
_SHOWN = 3
_ON_ITS_WAY = timedelta(minutes=5)  # so long after a change a value may still be written under the old key


@dataclass(frozen=True, slots=True)
class Listed:
    """An attribute, how many customers have it (None: not counted), since when, and some first values."""

    field: Field
    customers: int | None
    first_seen: datetime
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What another type would do: values that can be converted, those that can't, and a few of these."""

    converted: int
    refused: int
    examples: tuple[str, ...]


def listing(stores: Stores, *, now: datetime, count: bool = True) -> list[Listed]:
    """Every attribute, the first one seen first. To `count` reads all customers once."""
    finish(stores, now=now)
    found = store.live(stores)
    counts = store.counts(stores, [one["_id"] for one in found]) if count else {}
    return [
        Listed(attributes.field_of(one), counts.get(one["_id"]), one["firstSeen"], tuple(one["examples"]))
        for one in found
    ]


def rename(stores: Stores, key: str, label: str, *, account: Account, now: datetime) -> None:
    """Call an attribute otherwise on every page; rules, files and the API keep its name.

    Raises InvalidInput for a bad label, Conflict where another field is called so, NotFound.
    """
    label = plain(label)
    if not label or len(label) > LONGEST_NAME or any(unicodedata.category(sign) == "Cc" for sign in label):
        reason = f"needs 1 to {LONGEST_NAME} characters"
        raise InvalidInput(f"A label {reason}.", [FieldError("label", reason)])
    others = [one for one in rulebook.fields(stores).values() if one.key != key]
    if fold(label) in {fold(one.label) for one in others}:
        raise Conflict(f"Another field is called “{label}” already.")
    if not store.relabel(stores, key, label):
        raise NotFound("There is no such attribute.")
    auth.log(stores, account, "attribute_renamed", key, now=now)


def conversion(stores: Stores, key: str, kind: FieldType) -> Conversion:
    """What giving an attribute another type would do to the values that customers have. Raises NotFound."""
    field = _field(stores, key)
    converted, examples = 0, []
    for customer in _holders(stores, key):
        value = customer["attributes"][key]
        try:
            _converted(field.type, kind, value, settings().zone)
            converted += 1
        except Refused:
            examples.append(value)
    shown = tuple(str(value)[:LONGEST_NAME] for value in examples[:_SHOWN])
    return Conversion(converted, len(examples), shown)


def retype(stores: Stores, key: str, kind: FieldType, *, account: Account, now: datetime) -> Field:
    """Give an attribute another type and convert every customer's value.

    Raises Conflict where a value can't be converted, a segment asks what the new type does not know, or a
    campaign that has not ended uses it; InvalidInput for a type that attributes don't have; NotFound.
    """
    field = _field(stores, key)
    if kind not in TYPES or kind == field.type:
        raise InvalidInput("Choose another type.", [FieldError("type", "is no other type of an attribute")])
    _refuse_if_rules_break(stores, replace(field, type=kind))
    _refuse_if_sent(stores, field)
    trial = conversion(stores, key, kind)
    if trial.refused:
        examples = ", ".join(f"“{one}”" for one in trial.examples)
        raise Conflict(
            f"{trial.refused:,} of {trial.converted + trial.refused:,} values can't be converted to {kind}, "
            f"such as {examples}. Correct them first."
        )

    def work(session: Session) -> str:
        document = store.get(stores, key, session)
        if document is None:
            raise NotFound("There is no such attribute.")
        [new] = store.new_keys(stores, session, 1)
        store.retire(stores, session, key, new, now)
        store.insert(stores, session, [{**document, "_id": new, "type": str(kind)}])
        return new

    new = transact(stores, work)
    finish(stores, now=now)
    auth.log(stores, account, "attribute_retyped", f"{key} {field.type} {new} {kind}", now=now)
    return replace(field, type=kind, key=new)


def remove(stores: Stores, key: str, *, account: Account, now: datetime) -> None:
    """Forget an attribute and every customer's value of it.

    Raises Conflict while a segment or a campaign that has not ended uses it, NotFound.
    """
    field = _field(stores, key)
    names = [one["name"] for one in segment_users.trees(stores) if field.name in fields_in(one["rules"])]
    if names:
        raise Conflict(f"Segments ask about it: {_listed(names)}. Take it out of their rules first.")
    _refuse_if_sent(stores, field)
    transact(stores, lambda session: store.retire(stores, session, key, None, now))
    finish(stores, now=now)
    auth.log(stores, account, "attribute_removed", key, now=now)


def finish(stores: Stores, *, now: datetime) -> None:
    """Move or remove the values of attributes that were retired, also those that were left half-way."""
    zone = settings().zone
    for retired in store.moving(stores):
        old, into = retired["_id"], _successor(stores, retired["becomes"])
        for some in _batches(_holders(stores, old)):
            values = {}
            for one in some:
                value = one["attributes"][old]
                values[one["_id"]] = (value, *_moved(into, value, zone))
            store.move(stores, old, into.key if into else None, values)
        if now - retired["at"] > _ON_ITS_WAY:
            store.moved(stores, old)


def _successor(stores: Stores, key: str | None) -> Field | None:
    """The attribute that values of a retired one go to, which may have been retired too."""
    known = {one.key: one for one in attributes.fields(stores).values()}
    while key is not None and key not in known:
        key = store.retired(stores, None, [key]).get(key)
    return known.get(key)


def _moved(into: Field | None, value: Any, zone: tzinfo) -> tuple[Any, Any]:
    if into is None or into.key is None:
        return None, None
    try:
        new = attribute_types.converted(into.type, value, zone)
    except Refused:
        return None, None
    return new, folded_document({"attributes": {into.key: new}}, [into]).get(into.key)


def _converted(before: FieldType, kind: FieldType, value: Any, zone: tzinfo) -> Any:
    """None where a word for nothing stands in a text that becomes something else."""
    if before is FieldType.TEXT and says_nothing(value):
        return None
    return attribute_types.converted(kind, value, zone)


def _field(stores: Stores, key: str) -> Field:
    document = store.get(stores, key)
    if document is None:
        raise NotFound("There is no such attribute.")
    return attributes.field_of(document)


def _holders(stores: Stores, key: str) -> Iterator[Document]:
    after = None
    while found := store.holders(stores, key, after=after, limit=_BATCH):
        yield from found
        after = found[-1]["_id"]


def _batches(found: Iterator[Document]) -> Iterator[list[Document]]:
    some: list[Document] = []
    for one in found:
        some.append(one)
        if len(some) == _BATCH:
            yield some
            some = []
    if some:
        yield some


def _refuse_if_rules_break(stores: Stores, changed: Field) -> None:
    names = [
        one["name"]
        for one in segment_users.trees(stores)
        if changed.name in fields_in(one["rules"])
        and rulebook.problems(stores, one["rules"], own_id=one["_id"], instead=changed)
    ]
    if names:
        raise Conflict(
            f"Segments ask what a field of type {changed.type} can't answer: {_listed(names)}. "
            "Change their rules first."
        )


def _refuse_if_sent(stores: Stores, field: Field) -> None:
    names = [one["name"] for one in store.open_campaigns(stores, SETTLED) if _uses(stores, one, field)]
    if names:
        raise Conflict(
            f"Campaigns that have not ended use it: {_listed(names)}. Finish or cancel them first."
        )


def _uses(stores: Stores, campaign: Mapping[str, Any], field: Field) -> bool:
    if field.name in fields_in(campaign.get("rules")):
        return True
    try:
        return field.name in {one.name for one in content.read(campaign, rulebook.fields(stores)).named}
    except InvalidInput:
        return False  # a draft that is not finished


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
