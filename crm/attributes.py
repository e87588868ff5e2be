"""Custom attributes: what customers carry beyond the fixed catalogue, discovered from the data.

    fields = attributes.fields(stores)                      # name → Field, as rules name them
    attributes.discover(stores, [Found("favouriteColour", FieldType.TEXT, ("red",))], now=now)

An attribute keeps the name it was first seen under; “Favourite Colour” and favourite_colour are that one
too. Its name is data: what is stored in MongoDB goes by a key of ours.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.fields import FIELDS, Field, FieldType, fold
from crm.stores import attributes as store
from crm.stores.connection import Document, Session, Stores
from crm.stores.transactions import transact

MOST = 200
FULL = f"there are {MOST} attributes already, and an administrator can remove those that nobody needs"
LONGEST_NAME = 60
EXAMPLES = 5
TYPES = (FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN, FieldType.TAGS)

# Names that our own exports and answers have beside the fields: they never come back as attributes.
_OURS = frozenset(
    {"id", "folded", "version", "opening", "importid", "updatedat", "createdat", "attributes",
     "orders", "deliveries"}
)  # fmt: skip
_JOINTS = re.compile(r"[\s_-]+")
_HUMP = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they turn text round


@dataclass(frozen=True, slots=True)
class Found:
    """An attribute that the data has: its name, the type its values suggest, and some of them."""

    name: str
    type: FieldType
    examples: tuple[Any, ...] = ()


def identity(name: str) -> str:
    """The form in which names are compared: folded, without blanks, hyphens and underscores."""
    folded = fold(name)
    return _JOINTS.sub("", folded) or folded


_TAKEN = frozenset(identity(name) for name in FIELDS) | _OURS


def is_ours(name: str) -> bool:
    """Whether a name is one of the fixed fields or of what we keep beside them, and so no attribute."""
    return identity(name) in _TAKEN


def name_problem(name: str) -> str | None:
    """What is wrong with the name of an attribute, as the end of a sentence; None when nothing is."""
    name = plain(name)
    if not name:
        return "an attribute needs a name"
    if len(name) > LONGEST_NAME:
        return f"the name of an attribute has at most {LONGEST_NAME} characters"
    if any(sign in _TURNS or unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
        return "the name of an attribute holds characters that are no text"
    return None


def plain(name: str) -> str:
    """A name as it is kept: without blanks around it, and with one wherever there were several."""
    return " ".join(name.split())


def label_of(name: str) -> str:
    """What people call it: favouriteColour and favourite_colour are “favourite colour”."""
    words = name if " " in name else _HUMP.sub(" ", name).replace("_", " ")
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words.split())


def fields(stores: Stores, session: Session | None = None) -> dict[str, Field]:
    """The attributes by name, the first one seen first."""
    return {one["name"]: field_of(one) for one in store.live(stores, session)}


def by_identity(stores: Stores) -> dict[str, Field]:
    """The attributes by `identity` of their names."""
    return _by_identity(store.live(stores))


def field_of(document: Document) -> Field:
    """The field that rules know an attribute by, of its document."""
    return Field(document["name"], FieldType(document["type"]), document["label"], key=document["_id"])


def named(stores: Stores, customers: Iterable[Document]) -> list[Document]:
    """The customers with their attributes by name; values of attributes that were removed are left out."""
    customers = list(customers)
    known = list(fields(stores).values()) if any(one.get("attributes") for one in customers) else []
    for customer in customers:
        given = customer.pop("attributes", None) or {}
        if own := {field.name: given[field.key] for field in known if field.key in given}:
            customer["attributes"] = own
    return customers


def discover(stores: Stores, found: Iterable[Found], *, now: datetime) -> dict[str, Field]:
    """The fields of these attributes by `identity` of their names; those that are new are added.

    A known attribute keeps its type whatever was found. Beyond MOST attributes a new one is left out, and so
    is one whose name is ours or has a problem. Two that discover the same one at once agree.
    """
    wanted = {
        identity(one.name): one for one in found if not name_problem(one.name) and not is_ours(one.name)
    }
    known = _by_identity(store.live(stores))
    if all(key in known for key in wanted):
        return {key: known[key] for key in wanted}
    return transact(stores, lambda session: _add(stores, session, wanted, now), look_again=True)


def _by_identity(documents: Iterable[Document]) -> dict[str, Field]:
    return {document["folded"]: field_of(document) for document in documents}


def _add(stores: Stores, session: Session, wanted: dict[str, Found], now: datetime) -> dict[str, Field]:
    known = _by_identity(store.live(stores, session))
    new = [identity for identity in wanted if identity not in known][: max(0, MOST - len(known))]
    keys = store.new_keys(stores, session, len(new)) if new else []
    documents = [_document(key, one, wanted[one], now) for key, one in zip(keys, new, strict=True)]
    store.insert(stores, session, documents)
    known |= _by_identity(documents)
    return {identity: known[identity] for identity in wanted if identity in known}


def _document(key: str, folded: str, found: Found, now: datetime) -> Document:
    name = plain(found.name)
    return {
        "_id": key,
        "name": name,
        "folded": folded,
        "type": str(found.type),
        "label": label_of(name),
        "firstSeen": now,
        "examples": [_short(value) for value in found.examples[:EXAMPLES]],
    }


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
