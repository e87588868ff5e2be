"""The page behind the link to unsubscribe: for anybody who has the link, without sign-in and without scripts.

Looking at it changes nothing, since mail scanners open every link. A POST unsubscribes, whatever its body
says: the button's, and the one of mail programs (`List-Unsubscribe=One-Click`, RFC 8058).
"""

import html
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from api.security import StoresDep
from crm import unsubscribing
from crm.errors import NotFound
from crm.moment import utc_now
from crm.unsubscribing import Standing

router = APIRouter(prefix="/unsubscribe", tags=["campaigns"], default_response_class=HTMLResponse)

Token = Annotated[str, Path(max_length=2_000)]

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # the link is a secret between us and its owner
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.0625rem/1.6 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid;
  place-items: center; background: light-dark(#f4f4f2, #171a19); color: light-dark(#1f2422, #eceeed); }}
main {{ box-sizing: border-box; width: min(32rem, 100vw - 2rem); margin: 1rem; padding: 2rem;
  border-radius: .75rem; background: light-dark(#fff, #232827);
  border: 1px solid light-dark(#d9dcda, #3a403e); }}
h1 {{ font-size: 1.5rem; line-height: 1.3; margin: 0 0 .75rem; }}
p {{ margin: 0 0 1.25rem; }} form, p:last-child {{ margin: 0; }}
strong {{ overflow-wrap: anywhere; }}
button {{ font: inherit; font-weight: 600; padding: .6rem 1.2rem; border-radius: .5rem; cursor: pointer;
  border: 1px solid #0f766e; background: #0f766e; color: #fff; }}
button.quiet {{ background: transparent; color: inherit; border-color: light-dark(#8a918e, #78817d); }}
button:focus-visible {{ outline: 3px solid #2dd4bf; outline-offset: 2px; }}
</style>
</head>
<body><main>
<h1>{title}</h1>
{body}
</main></body>
</html>
"""
_BUTTON = '<form method="post" action="{action}"><button{quiet}>{label}</button></form>'


@router.get("/{token}")
def look(stores: StoresDep, token: Token) -> HTMLResponse:
    """How the person stands, with the button that changes it."""
    try:
        standing = unsubscribing.look(stores, token)
    except NotFound:
        return _unknown()
    if standing.written_to:
        question = f"<p>We write to {_address(standing)}. If you unsubscribe, we stop.</p>"
        return _page("Unsubscribe from our messages?", question + _button(token, "Unsubscribe"))
    return _stopped(token, standing)


@router.post("/{token}")
def unsubscribe(stores: StoresDep, token: Token) -> HTMLResponse:
    """Unsubscribe; a second time changes nothing."""
    try:
        return _stopped(token, unsubscribing.unsubscribe(stores, token, now=utc_now()))
    except NotFound:
        return _unknown()


@router.post("/{token}/undo")
def undo(stores: StoresDep, token: Token) -> HTMLResponse:
    """Take it back."""
    try:
        standing = unsubscribing.subscribe_again(stores, token, now=utc_now())
    except NotFound:
        return _unknown()
    if not standing.written_to:
        return _stopped(token, standing)
    said = f"<p>You will get our messages at {_address(standing)}.</p>"
    return _page("You are subscribed again", said + _button(token, "Unsubscribe", back="../"))


def _stopped(token: str, standing: Standing) -> HTMLResponse:
    if standing.preview:
        return _page("This is an example", "<p>In a message that is sent, this link unsubscribes.</p>")
    if standing.may_return:
        said = f"<p>We will not write to {_address(standing)} any more.</p>"
        again = _button(f"{token}/undo", "Subscribe again", quiet=True)
        return _page("You are unsubscribed", said + "<p>Was that a mistake?</p>" + again)
    if standing.address is None:
        return _page("You are not on our list", "<p>We have no address of yours any more.</p>")
    return _page("You get no messages from us", f"<p>We do not write to {_address(standing)}.</p>")


def _unknown() -> HTMLResponse:
    said = (
        "<p>It is not complete, or it was not made here. Open it from the message once more, or copy the "
        "whole of it. You can also reply to the message.</p>"
    )
    return _page("This link does not work", said, 404)


def _address(standing: Standing) -> str:
    return f"<strong>{html.escape(standing.address or '')}</strong>"


def _button(action: str, label: str, *, quiet: bool = False, back: str = "") -> str:
    """A form that posts to `action`, a path beside the page's own."""
    return _BUTTON.format(
        action=html.escape(back + action), label=label, quiet=' class="quiet"' if quiet else ""
    )


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, _HEADERS)
