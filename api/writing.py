"""Messages from a brief. What is offered is a draft: nothing is kept or sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import auth, options, writing
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now
from crm.settings import settings
from crm.writing import Wish

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

Marketer = Annotated[auth.Account, Depends(requires("campaigns"))]
_WISH = ("brief", "channel", "tone", "language", "goal")
_AUDIENCE = ("segmentId", "rules", "include", "exclude")


@router.post("/write")
def write(stores: StoresDep, account: Marketer, body: OneRecord) -> dict[str, Any]:
    """Drafts of a message for a brief and an audience.

    Of `{brief, segmentId | rules, include?, exclude?, channel?, tone?, language?, goal?}`:
    `{messages: [{subject?, messageTemplate, tone, people, defaulted, smsParts}], source, goal, language,
    audience}`, and `notice` where templates were taken instead of the language model. Each was rendered for
    everybody whom the campaign would reach; `defaulted` counts those who read a default, by field. A model is
    sent the brief and figures that five people or more share, never a customer.
    """
    return writing.write(
        stores, _wish(body), campaign=_audience(body), now=utc_now(), settings=settings()
    ).shown()  # fmt: skip


def _wish(body: dict[str, Any]) -> Wish:
    for name in _WISH:
        if body.get(name) is not None and not isinstance(body[name], str):
            raise InvalidInput(f"The {name} must be text.", [FieldError(name, "must be text")])
    return Wish(**{"brief": "", **{name: body[name] for name in _WISH if body.get(name)}})


def _audience(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("segmentId") is not None and not isinstance(body["segmentId"], str):
        raise InvalidInput("segmentId must be text.", [FieldError("segmentId", "must be text")])
    chosen = options.read({name: body[name] for name in ("include", "exclude") if name in body})
    return {name: body[name] for name in _AUDIENCE if name in body} | chosen
