"""The REST API as one application, and the places where the web process serves it.

Paths are whole here (`/api/customers`), so that a test client of the bare application and the web process
use the same ones: `routes` hands it each request with its path unchanged.
"""

import re
from collections.abc import Callable

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import (
    ai,
    auth,
    campaigns,
    customers,
    dead_letters,
    docs,
    errors,
    explain,
    exports,
    health,
    imports,
    lists,
    orders,
    overlap,
    products,
    rehearsals,
    rejections,
    results,
    sample,
    segment_versions,
    segments,
    suppressions,
    unsubscribe,
    visits,
    writing,
)
from crm.stores.connection import Stores

PREFIX = "/api"

_DESCRIPTION = """\
Customers and orders in; segments, campaigns and figures out.

Sign in with `POST /api/auth/login` and send the token as `Authorization: Bearer …`, or make an API key on
the Settings page and send it as `X-API-Key`. Every error is `{"error": {"code", "message", "fields"?}}`.
"""

_ROUTERS = (
    ai.router,
    auth.router,
    rehearsals.router,
    results.router,
    writing.router,
    campaigns.router,
    customers.router,
    dead_letters.router,
    docs.router,
    explain.router,
    exports.router,
    health.router,
    imports.router,
    lists.router,
    orders.router,
    overlap.router,
    products.router,
    rejections.router,
    sample.router,
    segment_versions.router,
    segments.router,
    suppressions.router,
    visits.router,
)
_BESIDE = (
    health.liveness,
    ai.router,
    unsubscribe.router,
)  # served outside /api, at their own paths, which are
_ODD = re.compile(rf"(?:{PREFIX}|/unsubscribe)/.*([\x00-\x1f\x7f\\]|\.\.)", re.DOTALL)
_PATHS_BESIDE = ("/health", "/metrics", "/ai-query", "/unsubscribe/{path:path}")


def build(stores_provider: Callable[[], Stores]) -> FastAPI:
    """The application. `stores_provider` is asked for the stores at each request."""
    api = FastAPI(
        title="Mini-CRM",
        version="0.1.0",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
    )
    api.state.stores_provider = stores_provider
    errors.install(api)
    for router in _ROUTERS:
        api.include_router(router, prefix=PREFIX)
    for router in _BESIDE:
        api.include_router(router)
    return api


def routes(api: FastAPI) -> list[BaseRoute]:
    """Where the web process hands requests to the API: everything under /api, and what lies beside it."""
    return [Route(path, endpoint=api) for path in (PREFIX, f"{PREFIX}/{{path:path}}", *_PATHS_BESIDE)]


class OddPaths:
    """ASGI middleware that hands odd paths of the API to it, which has the one shape for errors.

    The pages' server refuses them in words of its own, or takes them for a page's.
    """

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        odd = scope["type"] == "http" and _ODD.match(scope["path"])
        await (self._api if odd else self._app)(scope, receive, send)
