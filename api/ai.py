"""Audiences in words: a prompt becomes a checked rule tree, or a question."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.bodies import OneRecord
from api.security import StoresDep, requires
from crm import asking, audiences, auth
from crm.errors import FieldError, InvalidInput
from crm.moment import utc_now
from crm.settings import settings

router = APIRouter(tags=["prompts"])

_MOST_ANSWERS, _LONGEST_ANSWER = 20, 500

Reader = Annotated[auth.Account, Depends(requires("segments"))]


@router.post("/ai-query")
def ask(stores: StoresDep, account: Reader, body: OneRecord) -> dict[str, Any]:
    """Whom `{prompt, asOf?, answers?, rules?}` means.

    `{type: "segment", rules, query, description, count, source, assumptions}`, or `{type: "clarify" |
    "refused", message, source}` where the prompt was not understood or wants something else. No customer's
    data leaves for a language model; what it answers is checked like any other rule tree.

    A `clarify` has `questions`, each `{words, hint, answers}`. Asked again with `answers` that say what
    stands in the place of which words (`{"recently": "in the last 30 days"}`, from the list or any other
    text), the prompt is read as completed; that is the `prompt` of the answer.

    A question about a campaign ("how did Summer sale go?") is answered by `{type: "campaign", campaign,
    message, facts, figures}`: sentences made of its numbers, each with a link to the people it counts.

    With `rules`, a prompt that takes them up ("only those in Pune", "make it 90 days") changes them: the
    answer holds the whole rule, and `changed` says what was done. `alternatives`, each `{about, label,
    rules}`, are what else an assumption, or the prompt, could mean.
    """
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise InvalidInput("Say whom you mean.", [FieldError("prompt", "must be text that is not empty")])
    chosen = settings()
    now = audiences.instant(body.get("asOf"), now=utc_now(), zone=chosen.zone)
    answers = _answers(body.get("answers"))
    return asking.answer_query(
        stores, prompt, now=now, zone=chosen.zone, settings=chosen, answers=answers, current=body.get("rules")
    )


def _answers(given: Any) -> dict[str, str]:
    """Texts by the words they stand for. Raises InvalidInput."""
    if given is None:
        return {}
    texts = isinstance(given, dict) and all(isinstance(text, str) for text in given.values())
    if not texts or len(given) > _MOST_ANSWERS or any(len(text) > _LONGEST_ANSWER for text in given.values()):
        problem = f"must be an object of at most {_MOST_ANSWERS} texts by the words they stand for"
        raise InvalidInput("The answers can't be used.", [FieldError("answers", problem)])
    return given
