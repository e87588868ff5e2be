"""What MongoDB answers about the customers that a filter selects."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from bson.json_util import RELAXED_JSON_OPTIONS, dumps

from crm.distributions import Distribution, Facts, Months, Steps, Values
from crm.fields import Field, FieldType, fold, value_at
from crm.stores.connection import Document, Stores

_ID_BATCH = 10_000  # ids a round trip; 24 digits each, so a reply stays near half a megabyte
_MEMBER_BATCH = 2_000  # documents a round trip: left alone, MongoDB would send 16 MB of them at a time
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
    stores: Stores, query: Document, paths: Sequence[str], *, after: str | None = None, limit: int = 0
) -> Iterator[Document]:
    """Selected customers by `_id`, with what is at these paths.

    `after` resumes behind an `_id`; limit 0 is all.
    """
    if after is not None:
        query = {"$and": [query, {"_id": {"$gt": after}}]}
    projection = {"_id": 1, **dict.fromkeys(paths, 1)}
    found = stores.collection("customers").find(query, projection).sort("_id", 1).limit(limit)
    with found.batch_size(_MEMBER_BATCH) as cursor:
        yield from cursor


def sample(stores: Stores, query: Document, limit: int) -> list[Document]:
    """A few selected customers, whole. Drawn by the random bucket: the same ones each time."""
    return list(stores.collection("customers").find(query).sort([("bucket", 1), ("_id", 1)]).limit(limit))


def sample_of(stores: Stores, ids: Sequence[str]) -> list[Document]:
    """What a sample shows of these customers, in this order; without those who are gone."""
    found = stores.collection("customers").find({"_id": {"$in": list(ids)}}, _SAMPLE_FIELDS)
    by_id = {document["_id"]: document for document in found}
    return [by_id[one] for one in ids if one in by_id]


def ranked(stores: Stores, query: Document, path: str, *, highest: bool, limit: int) -> list[tuple[Any, str]]:
    """The (value, `_id`) of those with the highest or lowest values at a path, ties by `_id`."""
    order = [(path, -1 if highest else 1), ("_id", 1)]
    pipeline: list[Document] = [
        {"$match": query},
        {"$project": {path: 1}},
        {"$sort": dict(order)},
        {"$limit": limit},
        {"$project": {"value": f"${path}"}},
    ]
    with stores.collection("customers").aggregate(pipeline, allowDiskUse=True) as found:
        return [(one["value"], one["_id"]) for one in found]


def drawn(stores: Stores, query: Document, limit: int) -> list[tuple[float, str]]:
    """The (bucket, `_id`) of a stable draw: those with the smallest random bucket."""
    asked = stores.collection("customers").find(query, {"bucket": 1})
    return [
        (float(one.get("bucket", inf)), one["_id"])
        for one in asked.sort([("bucket", 1), ("_id", 1)]).limit(limit)
    ]


def facts(
    stores: Stores,
    query: Document,
    *,
    sums: Sequence[str],
    distributions: Sequence[Distribution],
    fields: Mapping[str, Field],
) -> Facts:
    """Size, sums and distributions from one pass over the customers that the filter selects.

    Values of a wrong type count as missing.
    """
    columns = {field.column: field for field in fields.values()}
    facets: Document = {"summary": [{"$group": {"_id": None, "size": {"$sum": 1}, **_sums(sums)}}]}
    for number, one in enumerate(distributions):
        facets[f"chart{number}"] = _stages(one, columns[one.name])
    paths = {path for one in distributions for path in _paths(columns[one.name])} | {*sums, "_id"}
    pipeline = [{"$match": query}, {"$project": dict.fromkeys(sorted(paths), 1)}, {"$facet": facets}]
    with stores.collection("customers").aggregate(pipeline) as cursor:
        found = cursor.next()
    summary = found["summary"][0] if found["summary"] else {"size": 0}
    bars: dict[Distribution, Counter[Hashable]] = {}
    for number, one in enumerate(distributions):
        bars[one] = Counter()
        for bar in found[f"chart{number}"]:
            bars[one][_key(one, bar["_id"])] += int(bar["customers"])
    return Facts(
        size=int(summary["size"]),
        sums={name: float(summary.get(f"sum{number}", 0)) for number, name in enumerate(sums)},
        bars=bars,
    )


def _sums(names: Sequence[str]) -> Document:
    return {f"sum{number}": {"$sum": f"${name}"} for number, name in enumerate(names)}


def _paths(field: Field) -> list[str]:
    return [field.folded or field.path]


_COUNT: Document = {"customers": {"$sum": 1}}


def _stages(one: Distribution, field: Field) -> list[Document]:
    match one:
        case Steps(_, edges):
            ends = [-inf, *edges, inf]
            return [
                {
                    "$bucket": {
                        "groupBy": f"${field.path}",
                        "boundaries": ends,
                        "default": None,
                        "output": _COUNT,
                    }
                }
            ]
        case Months(_, zone):
            month = {"$dateTrunc": {"date": f"${field.path}", "unit": "month", "timezone": zone}}
            parts = {"$dateToParts": {"date": month, "timezone": zone}}
            is_date = {"$eq": [{"$type": f"${field.path}"}, "date"]}
            return [
                {"$project": {"parts": {"$cond": [is_date, parts, None]}}},
                {"$group": {"_id": {"$cond": [
                    {"$eq": ["$parts", None]}, None,
                    {"$subtract": [{"$add": [{"$multiply": ["$parts.year", 12]}, "$parts.month"]}, 1]},
                ]}, **_COUNT}},
            ]  # fmt: skip
        case Values() if field.type is FieldType.TAGS:
            tags = {"$cond": [{"$isArray": f"${field.folded}"}, f"${field.folded}", []]}
            return [
                {"$project": {"tags": {"$cond": [{"$eq": [tags, []]}, [None], tags]}}},
                {"$unwind": "$tags"},
                {"$group": {"_id": "$tags", **_COUNT}},
            ]
        case Values():
            path, kind = field.folded or field.path, "bool" if field.type is FieldType.BOOLEAN else "string"
            known = {"$cond": [{"$eq": [{"$type": f"${path}"}, kind]}, f"${path}", None]}
            return [{"$group": {"_id": known, **_COUNT}}]


def _key(one: Distribution, found: Any) -> Hashable:
    """A bucket's lower end as the number of its step, below the first -1."""
    if isinstance(one, Steps) and found is not None:
        return -1 if found == -inf else one.edges.index(found)
    return None if found is None else (found if isinstance(found, str | bool) else int(found))


def written(stores: Stores, field: Field, folded: Sequence[str]) -> dict[str, str]:
    """Folded values of a text or tags field, each as one customer has it written."""
    found: dict[str, str] = {}
    for value in folded:
        one = stores.collection("customers").find_one({str(field.folded): value}, {field.path: 1})
        raw = value_at(one or {}, field.path)
        for text in raw if isinstance(raw, list) else [raw]:
            if isinstance(text, str) and fold(text) == value:
                found.setdefault(value, text.strip())
    return found


def known_values(stores: Stores, path: str, limit: int) -> list[str]:
    """The values that customers have at the path of text or tags, as written, most frequent first."""
    pipeline: list[Document] = [
        {"$project": {"_id": 0, path: 1}},
        {"$unwind": f"${path}"},
        {"$match": {path: {"$type": "string", "$ne": ""}}},
        {"$group": {"_id": f"${path}", "customers": {"$sum": 1}}},
        {"$sort": {"customers": -1, "_id": 1}},
        {"$limit": limit},
    ]
    return [found["_id"] for found in stores.collection("customers").aggregate(pipeline)]


def spread(stores: Stores, path: str, many: int) -> list[float]:
    """The lowest and the highest number at a path, and about so many between them with equally many
    customers from each to the next; ascending, empty where nobody has one."""
    return [float(each) for each in _spread(stores, path, many, "number")]


def spread_days(stores: Stores, path: str, many: int) -> list[datetime]:
    """The same of the instants at a path."""
    return _spread(stores, path, many, "date")


def _spread(stores: Stores, path: str, many: int, kind: str) -> list[Any]:
    pipeline: list[Document] = [
        {"$match": {path: {"$type": kind, "$not": {"$type": "array"}}}},
        {"$bucketAuto": {"groupBy": f"${path}", "buckets": max(1, many - 1)}},
    ]
    found = [bucket["_id"] for bucket in stores.collection("customers").aggregate(pipeline)]
    return [one["min"] for one in found] + ([found[-1]["max"]] if found else [])


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
