"""Audiences, delivery logs and refused rows as files."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from api.security import StoresDep
from crm import exports, log_files, refused_files
from crm.exports import Export
from crm.moment import utc_now
from crm.roles import Account
from crm.settings import settings
from crm.stores.connection import Stores

router = APIRouter(prefix="/exports", tags=["segments"])

_MEDIA = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


@router.get("/log/{ticket}", response_class=StreamingResponse, tags=["campaigns"])
def download_log(stores: StoresDep, ticket: Annotated[str, Path(max_length=100)]) -> Any:
    """The delivery log that a page made this address for, for ten minutes and whoever was signed in there."""
    account, file = log_files.redeem(stores, ticket)
    content = log_files.pieces(stores, file)
    log_files.begun(stores, file, account, now=utc_now())
    name = "-".join(["campaign", file.campaign_id, *([file.state] if file.state else [])])
    return StreamingResponse(
        content,
        media_type=_MEDIA["csv"],
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


@router.get("/refused/{ticket}", response_class=StreamingResponse, tags=["imports"])
def download_refused(stores: StoresDep, ticket: Annotated[str, Path(max_length=100)]) -> Any:
    """The refused rows that a page made this address for, for ten minutes and whoever was signed in there."""
    import_id = refused_files.redeem(stores, ticket)
    return StreamingResponse(
        refused_files.pieces(stores, import_id),
        media_type=_MEDIA["csv"],
        headers={
            "Content-Disposition": f'attachment; filename="rejections-{import_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/{ticket}", response_class=StreamingResponse)
def download(stores: StoresDep, ticket: Annotated[str, Path(max_length=100)]) -> Any:
    """The file that a page made this address for: ten minutes long, for whoever was signed in there."""
    account, export = exports.redeem(stores, ticket)
    return streamed(stores, account, export)


def streamed(stores: Stores, account: Account, export: Export) -> StreamingResponse:
    """The file as it is found, never whole in memory."""
    content = exports.pieces(stores, export, zone=settings().zone)
    exports.begun(stores, export, account, now=utc_now())
    plain = f"segment-{export.segment_id}" if export.segment_id else "audience"
    day = f"{export.as_of.astimezone(settings().zone):%Y-%m-%d}"
    simple, whole = f"{plain}.{export.format}", quote(f"{export.name[:80]} {day}.{export.format}")
    return StreamingResponse(
        content,
        media_type=_MEDIA[export.format],
        headers={
            "Content-Disposition": f"attachment; filename=\"{simple}\"; filename*=UTF-8''{whole}",
            "Cache-Control": "no-store",
        },
    )
