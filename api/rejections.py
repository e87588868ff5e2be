"""Records that were taken and refused later, found under their reference."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.answers import PageOf
from api.security import StoresDep, requires
from crm import auth, directory

router = APIRouter(prefix="/rejections", tags=["imports"])


@router.get("")
def listing(
    stores: StoresDep,
    account: Annotated[auth.Account, Depends(requires("upload"))],
    reference: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=directory.MAX_PAGE)] = 50,
    cursor: str | None = None,
) -> PageOf:
    """Refusals by workers, the latest first: all, or those of one `reference`.

    That is an order's `orderReference`, a customer's `externalId` or e-mail, or a product's id. Each is
    `{_id, kind, importId, row, field, code, reason, references, at, values?}`. Those of records that came by
    the API are kept for 90 days, those of a file as long as its import.
    """
    return PageOf.of(directory.refusals(stores, reference=reference, limit=limit, cursor=cursor))
