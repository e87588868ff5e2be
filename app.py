"""The process entry, for `streamlit run app.py`: pages and REST API on one port, and the parts they need."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path

import streamlit as st
from pydantic import ValidationError

from crm.settings import Settings, settings
from ui import server


def _settings() -> Settings:
    try:
        return settings()
    except ValidationError as error:
        wrong = "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        sys.exit(f"Mini-CRM can't start. Wrong settings: {wrong}")


server.move_where_wanted(_settings())  # before the imports that take their time

from starlette.middleware import Middleware

from api import application
from api.headers import SecurityHeaders
from crm import auth, garbage, health
from crm.errors import CrmError
from crm.moment import utc_now
from crm.stores import indexes
from crm.stores.connection import Stores, connect
from embedded.errors import CannotStart
from embedded.supervisor import Supervisor
from embedded.worker import Worker
from ui import oidc, trouble

ROOT = Path(__file__).resolve().parent


@lru_cache(maxsize=1)
def stores() -> Stores:
    """The stores of this process, for the API."""
    chosen = settings()
    return connect(chosen.endpoints(), chosen.database, chosen.prefix)


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Start every part, serve, and end every part, whatever happens in between."""
    place = server.wanted(settings())
    supervisor = Supervisor(settings().data_dir, place.url)
    try:
        try:
            await asyncio.to_thread(_start, supervisor, settings(), place)
        except (CannotStart, CrmError) as error:
            raise _refusal(error.message) from error
        server.answer_at_once(place.port)
        async with api.router.lifespan_context(api):
            announcement = asyncio.create_task(_announce(place))
            garbage.tend(garbage.WEB)
            yield
            announcement.cancel()
        print("Mini-CRM is stopping.", flush=True)  # noqa: T201
    finally:
        await asyncio.to_thread(supervisor.stop)


def _start(supervisor: Supervisor, chosen: Settings, place: server.Place) -> None:
    """Everything that must stand before the first request. Raises CannotStart, CrmError."""
    own_mongodb, own_redis = not chosen.mongodb_uri, not chosen.redis_url
    if own_mongodb or own_redis:
        supervisor.claim()
    if server.bound() != place:
        raise CannotStart(f"Port {place.port} of {place.address} is taken. Set CRM_PORT to a free one.")
    supervisor.start_stores(mongodb=own_mongodb, redis=own_redis)
    state = health.check(stores())
    if state.mongodb is None or state.redis is None:
        silent = "MongoDB (MONGODB_URI)" if state.mongodb is None else "Redis (REDIS_URL)"
        raise CannotStart(f"{silent} does not answer. Start it, or correct its address.")
    indexes.ensure(stores())
    auth.ensure_first_administrator(stores(), chosen, now=utc_now())
    variables = {
        "CRM_DATA_DIR": str(supervisor.data_dir),
        "CRM_PUBLIC_URL": chosen.public_url or place.url,  # that links in messages begin with
    }
    supervisor.start_workers(
        [Worker(f"worker-{number}", "workers", ROOT, variables) for number in range(1, chosen.workers + 1)]
    )


async def _announce(place: server.Place) -> None:
    """Print the URL once it answers: the server listens only after the start is complete."""
    host = place.url.removeprefix("http://").rsplit(":", 1)[0].strip("[]")
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, place.port)
            writer.close()
            print(f"Mini-CRM is at {settings().public_url or place.url}", flush=True)  # noqa: T201
            return
        await asyncio.sleep(0.02)


def _refusal(message: str) -> RuntimeError:
    """Say why it can't start; the server ends with a status that is not 0, and without a traceback."""
    print(f"Mini-CRM can't start. {message}", file=sys.stderr, flush=True)  # noqa: T201
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
    return RuntimeError(message)


logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # one URL on the terminal, ours
api = application.build(stores)
app = st.App(
    ROOT / "ui" / "frame.py",
    routes=application.routes(api),
    middleware=[Middleware(SecurityHeaders), Middleware(application.OddPaths, api=api)],
    lifespan=lifespan,
    on_script_error=trouble.show,
    secrets=oidc.secrets(_settings(), server.wanted(_settings()).url),
)
