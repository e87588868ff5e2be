"""Why a customer is in an audience or is not."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import audiences, auth, explain, library, rulebook
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now
from crm.rules.nodes import Rule
from crm.settings import settings
from crm.stores.connection import Stores

router = APIRouter(tags=["segments"])

Reader = Annotated[auth.Account, Depends(requires("segments"))]


class VerdictOut(BaseModel):
    """What one node says of the customer, his own value, and when time alone will turn it round."""

    path: str
    holds: bool
    sentence: str
    own: str
    flipsAt: datetime | None
    flipsTo: bool | None


class ExplanationOut(BaseModel):
    customerId: str
    name: str | None
    inside: bool
    asOf: datetime
    verdicts: list[VerdictOut]


@router.get("/segments/{segment_id}/explain/{customer_id}")
def of_segment(
    stores: StoresDep, account: Reader, segment_id: str, customer_id: str, asOf: str | None = None
) -> ExplanationOut:
    """Why a customer is in a segment or is not: a verdict a node, with his own values and the next change."""
    segment = library.get(stores, segment_id)
    rule = rulebook.parse(stores, segment["rules"], own_id=segment_id)
    return _explained(stores, rule, customer_id, asOf)


@router.post("/audience/explain")
def of_rules(stores: StoresDep, account: Reader, body: OneRecord) -> ExplanationOut:
    """The same for any rules: `{rules, customerId, asOf?}`; bad ones are 422 with the path of the node."""
    rule = rulebook.parse(stores, body.get("rules"))
    customer_id = body.get("customerId")
    if not isinstance(customer_id, str) or not customer_id:
        raise InvalidInput("customerId is missing.", [FieldError("customerId", "must be text")])
    return _explained(stores, rule, customer_id, body.get("asOf"))


def _explained(stores: Stores, rule: Rule, customer_id: str, as_of: Any) -> ExplanationOut:
    zone = settings().zone
    now = audiences.instant(as_of, now=utc_now(), zone=zone)
    found = explain.explain(stores, rule, customer_id, now=now, zone=zone)
    name = found.customer.get("name")
    return ExplanationOut(
        customerId=found.customer["_id"],
        name=name if isinstance(name, str) else None,
        inside=found.inside,
        asOf=now,
        verdicts=[
            VerdictOut(path=one.path, holds=one.holds, sentence=one.sentence, own=one.own,
                       flipsAt=one.flips_at, flipsTo=one.flips_to)
            for one in found.verdicts
        ],
    )  # fmt: skip
