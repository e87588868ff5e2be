"""The documentation page, from our own port: Swagger UI without a network."""

from importlib import resources

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from crm.errors import NotFound

router = APIRouter(prefix="/docs", include_in_schema=False)

_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


@router.get("")
def page(request: Request) -> HTMLResponse:
    root = request.scope.get("root_path", "")
    return get_swagger_ui_html(
        openapi_url=f"{root}/api/openapi.json",
        title=f"{request.app.title}: REST API",
        swagger_js_url=f"{root}/api/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/api/docs/swagger-ui.css",
        swagger_favicon_url=f"{root}/api/docs/favicon-32x32.png",
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
    )


@router.get("/{name}")
def asset(name: str) -> Response:
    if name not in _ASSETS:
        raise NotFound("There is nothing here.")
    content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=_ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})
