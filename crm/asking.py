"""What is asked in words, over a shop's own data: an audience, or how a campaign went.

asking.understand_shop(stores, "from Pune, spent over 1000", now=..., zone=..., settings=...)
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from crm import audiences, campaign_questions, campaign_summary, model_key, rulebook, segments
from crm.campaign_questions import About
from crm.grammar import questions
from crm.grammar.choices import Asked
from crm.grammar.values import Values
from crm.prompt_values import known_values
from crm.prompts import Answer, understand
from crm.segments import Rule
from crm.settings import Settings
from crm.stores.connection import Stores

__all__ = ["answer_query", "known_values", "understand_shop"]


def understand_shop(
    stores: Stores,
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    settings: Settings,
    current: dict[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    answers: Mapping[str, str] | None = None,
) -> Answer:
    """`understand` with the values of this shop's data and the model of the settings."""
    model, currency = model_key.model_of(stores, settings), settings.currency

    def answer(values: Values) -> Answer:
        return understand(
            text, now=now, zone=zone, values=values, model=model, currency=currency,
            things=rulebook.Things(stores), current=current, progress=progress, answers=answers,
        )  # fmt: skip

    asked = campaign_questions.about(stores, text, answers or {})
    values = known_values(stores)
    if asked is not None and (
        asked.sure or not _reads(stores, text, values, now=now, zone=zone, currency=currency)
    ):
        return _about_campaign(asked)
    first = answer(values)
    if first.kind != "clarify" or first.source != "grammar" or first.notice or not first.unknown:
        return first
    newest = known_values(stores, newest=True)  # an import may just have brought the word
    same = (newest.by_words, newest.attributes, newest.segments) == (
        values.by_words, values.attributes, values.segments,
    )  # fmt: skip
    return first if same else answer(newest)


def _reads(
    stores: Stores, text: str, values: Values, *, now: datetime, zone: ZoneInfo, currency: str
) -> bool:
    """Whether the grammar takes the prompt for an audience."""
    things = rulebook.Things(stores)
    answer = understand(text, now=now, zone=zone, values=values, currency=currency, things=things)
    return answer.kind == "segment"


def _about_campaign(asked: About) -> Answer:
    said = (asked.assumption,) if asked.assumption else ()
    if asked.campaign_id is not None:
        return Answer("campaign", campaign_id=asked.campaign_id, assumptions=said, prompt=asked.prompt)
    questions = (asked.question,) if asked.question else ()
    return Answer("clarify", message=asked.message, questions=questions, prompt=asked.prompt)


def answer_query(
    stores: Stores,
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    settings: Settings,
    count: Callable[[Rule], int] | None = None,
    answers: Mapping[str, str] | None = None,
    current: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of an answer to `POST /api/ai-query`.

    `{type: "segment", rules, query, description, count, source, assumptions}` with the MongoDB filter in
    relaxed extended JSON, or `{type: "clarify" | "refused", message, source}`; `notice` where there is one.
    About a campaign `{type: "campaign", campaign, message, facts, figures, source}`, as of
    `crm.campaign_summary`.
    A `clarify` has `questions`, each `{words, hint, answers}`; with `answers` given, all have the completed
    `prompt`. A `segment` has `alternatives`, each `{about, label, rules}`. `current` are rules that a
    follow-up takes up; what it did is `changed`. Raises InvalidRule for such that don't parse.
    """
    if current is not None:
        rulebook.parse(stores, current)
    answer = understand_shop(
        stores, text, now=now, zone=zone, settings=settings, answers=answers, current=current
    )
    said: dict[str, Any] = {"source": answer.source}
    said |= {"notice": answer.notice} if answer.notice else {}
    said |= {"prompt": answer.prompt} if answers else {}
    if answer.kind == "segment":
        return _segment(stores, answer, count, now=now, zone=zone, currency=settings.currency) | said
    if answer.campaign_id is not None:
        campaign_id, currency = answer.campaign_id, settings.currency
        found = campaign_summary.of(stores, campaign_id, now=now, zone=zone, currency=currency)
        return {"type": "campaign", **found.shown(), "assumptions": list(answer.assumptions)} | said
    if answer.kind == "undo":
        return {"type": "clarify", "message": questions.UNDO, "questions": []} | said
    asked = {"questions": [_question(one) for one in answer.questions]} if answer.kind == "clarify" else {}
    return {"type": answer.kind, "message": answer.message, **asked} | said


def _segment(
    stores: Stores,
    answer: Answer,
    count: Callable[[Rule], int] | None,
    *,
    now: datetime,
    zone: ZoneInfo,
    currency: str,
) -> dict[str, Any]:
    """What is told of rules that were understood."""
    rule = rulebook.parse(stores, answer.rules)
    return {
        "type": "segment",
        "rules": answer.rules,
        "query": orjson.loads(audiences.filter_text(stores, rule, now=now, zone=zone)),
        "description": segments.describe(rule, currency=currency),
        "count": count(rule) if count else audiences.count(stores, rule, now=now, zone=zone),
        "assumptions": list(answer.assumptions),
        "alternatives": [asdict(one) for one in answer.alternatives],
        **({"changed": list(answer.changed)} if answer.turn else {}),
    }


def _question(asked: Asked) -> dict[str, Any]:
    return {"words": asked.words, "hint": asked.hint, "answers": list(asked.answers)}
