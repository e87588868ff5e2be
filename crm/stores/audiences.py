"""What MongoDB answers about the customers that a filter selects."""

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bson.json_util import RELAXED_JSON_OPTIONS, dumps

from crm.stores.connection import Document, Stores

_ID_BATCH = 10_000  # ids a round trip; 24 digits each, so a reply stays near half a megabyte
_SAMPLE_FIELDS = {
    "name": 1,
    "email": 1,
    "city": 1,
    "totalSpent": 1,
    "orderCount": 1,
    "lastOrdered": 1,
    "accountCreated": 1,
    "tags": 1,
}

_HAS_CITY = {"$and": [{"$eq": [{"$type": "$folded.city"}, "string"]}, {"$ne": ["$folded.city", ""]}]}
_SUMMARY = {
    "size": {"$sum": 1},
    "totalSpent": {"$sum": "$totalSpent"},
    "placed": {"$sum": {"$cond": [_HAS_CITY, 1, 0]}},
}


def total(stores: Stores) -> int:
    """How many customers there are."""
    return stores.collection("customers").count_documents({})


def count(stores: Stores, query: Document) -> int:
    """How many customers the filter selects."""
    return stores.collection("customers").count_documents(query)


def ids(stores: Stores, query: Document) -> Iterator[str]:
    """Their `_id`s, ascending, from one cursor: no customer comes twice, whatever is written meanwhile."""
    cursor = stores.collection("customers").find(query, {"_id": 1}).sort("_id", 1).batch_size(_ID_BATCH)
    with cursor:
        for document in cursor:
            yield document["_id"]


def members(
    stores: Stores, query: Document, fields: Sequence[str], *, after: str | None = None, limit: int = 0
) -> Iterator[Document]:
    """Selected customers by `_id` with these fields. `after` resumes behind an `_id`; limit 0 is all."""
    if after is not None:
        query = {"$and": [query, {"_id": {"$gt": after}}]}
    projection = {"_id": 1, **dict.fromkeys(fields, 1)}
    with stores.collection("customers").find(query, projection).sort("_id", 1).limit(limit) as cursor:
        yield from cursor


def sample(stores: Stores, query: Document, limit: int) -> list[Document]:
    """A few selected customers, whole. Drawn by the random bucket: the same ones each time."""
    return list(stores.collection("customers").find(query).sort([("bucket", 1), ("_id", 1)]).limit(limit))


def sample_of(stores: Stores, ids: Sequence[str]) -> list[Document]:
    """What a sample shows of these customers, in this order; without those who are gone."""
    found = stores.collection("customers").find({"_id": {"$in": list(ids)}}, _SAMPLE_FIELDS)
    by_id = {document["_id"]: document for document in found}
    return [by_id[one] for one in ids if one in by_id]


def facts(
    stores: Stores,
    query: Document,
    *,
    spend_edges: Sequence[float],
    zone: ZoneInfo,
    cities: int,
    sample_size: int,
) -> dict[str, Any]:
    """Everything a preview shows, from one pass over the customers that the filter selects.

    Returns `summary` [{size, totalSpent, placed}] (placed: customers with a city), empty for nobody;
    `spend` [{_id: lower edge, customers}], `cities` [{_id, label, customers}], `lastOrdered` [{_id: first
    instant of a month or None, customers}] and `sample`. Values of a wrong type count as missing.
    """
    pipeline = [
        {"$match": query},
        {"$project": {**_SAMPLE_FIELDS, "bucket": 1, "folded.city": 1}},
        {
            "$facet": {
                "summary": [{"$group": {"_id": None, **_SUMMARY}}],
                "spend": [_spend_stage(spend_edges)],
                "cities": [
                    {"$match": {"folded.city": {"$type": "string", "$ne": ""}}},
                    {"$group": {"_id": "$folded.city", "label": {"$min": "$city"}, "customers": {"$sum": 1}}},
                    {"$sort": {"customers": -1, "_id": 1}},
                    {"$limit": cities},
                ],
                "lastOrdered": _month_stages("lastOrdered", zone),
                "sample": [
                    {"$sort": {"bucket": 1, "_id": 1}},
                    {"$limit": sample_size},
                    {"$project": {"folded": 0, "bucket": 0}},
                ],
            }
        },
    ]
    with stores.collection("customers").aggregate(pipeline) as cursor:
        return cursor.next()


def _spend_stage(edges: Sequence[float]) -> Document:
    return {
        "$bucket": {
            "groupBy": "$totalSpent",
            "boundaries": list(edges),
            "default": None,
            "output": {"customers": {"$sum": 1}},
        }
    }


def _month_stages(field: str, zone: ZoneInfo) -> list[Document]:
    month = {"$dateTrunc": {"date": f"${field}", "unit": "month", "timezone": zone.key}}
    is_date = {"$eq": [{"$type": f"${field}"}, "date"]}
    return [
        {"$group": {"_id": {"$cond": [is_date, month, None]}, "customers": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ]


def known_values(stores: Stores, field: str, limit: int) -> list[str]:
    """The values that customers have in a text or tags field, as written, most frequent first."""
    pipeline: list[Document] = [
        {"$project": {"_id": 0, field: 1}},
        {"$unwind": f"${field}"},
        {"$match": {field: {"$type": "string", "$ne": ""}}},
        {"$group": {"_id": f"${field}", "customers": {"$sum": 1}}},
        {"$sort": {"customers": -1, "_id": 1}},
        {"$limit": limit},
    ]
    return [found["_id"] for found in stores.collection("customers").aggregate(pipeline)]


def spend_at(stores: Stores, share: float) -> float | None:
    """The spend that this share of the buyers stays below; None without buyers."""
    buyers = {"totalSpent": {"$gt": 0}}
    rank = int(stores.collection("customers").count_documents(buyers) * share)
    found = stores.collection("customers").find(buyers, {"totalSpent": 1}).sort("totalSpent", 1)
    for document in found.skip(rank).limit(1):
        return float(document["totalSpent"])
    return None


def shell_form(query: Document) -> str:
    """The filter as relaxed extended JSON, two spaces deep: it can be pasted into Compass or mongosh."""
    return dumps(query, json_options=RELAXED_JSON_OPTIONS, indent=2, ensure_ascii=False)


def anybody(stores: Stores) -> bool:
    """Whether there is any customer at all."""
    return stores.collection("customers").find_one({}, {"_id": 1}) is not None
