"""Back-pressure: 429 while more waits on the streams than may."""

from typing import Any

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool

from api.security import StoresDep
from crm.ingestion import pressure


def room_for(kind: str) -> Any:
    """A dependency of routes that publish records of this kind: asked before the body is read."""

    async def room(stores: StoresDep) -> None:
        if pressure.is_known(stores, kind):
            pressure.check(stores, kind)
        else:
            await run_in_threadpool(pressure.check, stores, kind)

    return Depends(room)
