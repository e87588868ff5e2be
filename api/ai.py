"""Audiences in words: a prompt becomes a checked rule tree, or a question."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import audiences, auth, prompts
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now
from crm.settings import settings

router = APIRouter(tags=["prompts"])

Reader = Annotated[auth.Account, Depends(requires("segments"))]


@router.post("/ai-query")
def ask(stores: StoresDep, account: Reader, body: OneRecord) -> dict[str, Any]:
    """Whom `{prompt, asOf?}` means.

    `{type: "segment", rules, query, description, count, source, assumptions}`, or `{type: "clarify" |
    "refused", message, source}` where the prompt was not understood or wants something else. No customer's
    data leaves for a language model; what it answers is checked like any other rule tree.
    """
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise InvalidInput("Say whom you mean.", [FieldError("prompt", "must be text that is not empty")])
    chosen = settings()
    now = audiences.instant(body.get("asOf"), now=utc_now(), zone=chosen.zone)
    return prompts.answer_query(stores, prompt, now=now, zone=chosen.zone, settings=chosen)
