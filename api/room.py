"""Back-pressure: 429 while more waits on the streams than may."""

from typing import Any

from fastapi import Depends

from api.security import StoresDep
from crm import ingest


def room_for(kind: str) -> Any:
    """A dependency of routes that publish records of this kind: asked before the body is read."""

    def room(stores: StoresDep) -> None:
        ingest.check_room(stores, kind)

    return Depends(room)
