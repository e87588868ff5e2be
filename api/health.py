"""Liveness, readiness and the figures for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from api.security import StoresDep, requires
from crm import health
from crm.auth import Account

liveness = APIRouter(tags=["operation"])
router = APIRouter(tags=["operation"])


class Alive(BaseModel):
    status: str = "ok"


class Stream(BaseModel):
    """`backlog`: entries not acknowledged yet. `dead`: entries that were given up on."""

    backlog: int
    dead: int


class Readiness(BaseModel):
    """`status` is ok, no worker (requests are taken, and wait) or unavailable (then 503)."""

    status: str
    mongodb: bool
    redis: bool
    workers: int
    streams: dict[str, Stream]


@liveness.get("/health")
def alive() -> Alive:
    """Whether the process answers."""
    return Alive()


@router.get("/health")
def ready(stores: StoresDep, response: Response) -> Readiness:
    """Whether the stores answer and workers work, and how far behind each stream is."""
    state = health.check(stores)
    if not state.ready:
        response.status_code = 503
    return Readiness(
        status=state.status,
        mongodb=state.mongodb is not None,
        redis=state.redis is not None,
        workers=len(state.workers),
        streams={name: Stream(backlog=each.backlog, dead=each.dead) for name, each in state.streams.items()},
    )


@liveness.get("/metrics", response_class=PlainTextResponse)
def metrics(
    stores: StoresDep, account: Annotated[Account, Depends(requires("metrics"))]
) -> PlainTextResponse:
    """Figures in the text format of Prometheus: an administrator's token or a metrics key."""
    return PlainTextResponse(health.figures(stores), media_type="text/plain; version=0.0.4; charset=utf-8")
