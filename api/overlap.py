"""How segments lie over each other."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import audiences, auth
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now
from crm.saved import overlap
from crm.settings import settings

router = APIRouter(prefix="/segments", tags=["segments"])

Reader = Annotated[auth.Account, Depends(requires("segments"))]


class RegionOut(BaseModel):
    """Customers in exactly these segments and no others; `rules` is the tree that selects them."""

    segmentIds: list[str]
    size: int
    rules: dict[str, Any]


class OverlapOut(BaseModel):
    """`regions` are all of them, the largest first; that with no segment has those who are in none."""

    segments: list[dict[str, Any]]
    regions: list[RegionOut]
    total: int
    asOf: datetime
    engine: str


@router.post("/overlap")
def compare(stores: StoresDep, account: Reader, body: OneRecord) -> OverlapOut:
    """How many are in exactly which of two to five segments: `{segmentIds, asOf?}`; every region's size."""
    ids = body.get("segmentIds")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        reason = "must be a list of ids of segments"
        raise InvalidInput(f"segmentIds {reason}.", [FieldError("segmentIds", reason)])
    zone = settings().zone
    now = audiences.instant(body.get("asOf"), now=utc_now(), zone=zone)
    found = overlap.overlap(stores, ids, now=now, zone=zone)
    return OverlapOut(
        segments=list(found.segments),
        regions=[
            RegionOut(segmentIds=list(region.inside), size=region.size, rules=found.tree(region))
            for region in found.regions
        ],
        total=found.total,
        asOf=found.as_of,
        engine=found.engine,
    )
