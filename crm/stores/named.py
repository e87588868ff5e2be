"""What somebody calls a thing that a rule may refer to: its id by its name, and its name by its id."""

from pymongo import DESCENDING

from crm.fields import fold
from crm.stores.connection import Stores

_COLLECTIONS = {"segment": "segments", "campaign": "campaigns", "list": "lists"}
_NEWEST = 1_000  # campaigns and segments that are looked through


def id_of(stores: Stores, kind: str, name: str) -> str | None:
    """The segment, campaign or list of this name, whatever its case; of several campaigns the newest."""
    wanted, found = fold(name), stores.collection(_COLLECTIONS[kind])
    if kind != "campaign":
        one = found.find_one({"folded.name": wanted}, {"_id": 1})
        return one["_id"] if one else None
    newest = found.find({}, {"name": 1}).sort("_id", DESCENDING).limit(_NEWEST)
    return next((each["_id"] for each in newest if fold(each["name"]) == wanted), None)


def name_of(stores: Stores, kind: str, thing_id: str) -> str | None:
    one = stores.collection(_COLLECTIONS[kind]).find_one({"_id": thing_id}, {"name": 1})
    return one["name"] if one else None


def campaigns(stores: Stores) -> list[tuple[str, str]]:
    """Ids and names of the newest campaigns, the newest first."""
    newest = stores.collection("campaigns").find({}, {"name": 1}).sort("_id", DESCENDING).limit(_NEWEST)
    return [(each["_id"], each["name"]) for each in newest]


def segments(stores: Stores) -> list[tuple[str, str]]:
    """Ids and names of the segments changed last, the newest first."""
    newest = stores.collection("segments").find({}, {"name": 1}).sort("updatedAt", DESCENDING).limit(_NEWEST)
    return [(each["_id"], each["name"]) for each in newest]
