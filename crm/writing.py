"""Messages from a brief: written by the language model where there is one, else from the templates.

Every draft is rendered for the whole audience before it is offered, and one that somebody couldn't be sent is
not. A draft stays one until a person takes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from crm import audience_facts, launching, messages, model_key, offers, rulebook, trial
from crm.audience_facts import AudienceFacts
from crm.content import CHANNELS, SUBJECT_LIMIT, Version
from crm.errors import FieldError, InvalidInput
from crm.fields import Field
from crm.messages import LIMIT
from crm.segments import Rule
from crm.settings import Settings
from crm.stores.connection import Document, Stores
from crm.trial import Fit
from crm.vendors import proposed_messages
from crm.vendors.groq_model import GroqModel
from crm.vendors.language_model import ModelFailed
from crm.wording import brief as briefs
from crm.wording import templates
from crm.wording.templates import GOALS, LANGUAGES, TONES, Draft

__all__ = ["GOALS", "LANGUAGES", "TONES", "Offered", "Wish", "Written", "write"]

Progress = Callable[[str, float], None]
"""Told in a sentence what is being done, and how far that is, 0 to 1."""

_NEAREST = "The brief names no occasion that there are templates for: these are general ones."
_LONGEST_QUOTE = 500
_NONE_FITS = "wrote nothing that everybody of this audience can be sent"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written. Without a language it is the brief's, without a goal the one that it names."""

    brief: str
    channel: str | None = None
    tone: str | None = None
    language: str | None = None
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A draft that everybody of the audience can be sent, with how it fits and how it reads for somebody."""

    draft: Draft
    fit: Fit


@dataclass(frozen=True, slots=True)
class Written:
    """What is offered. `notice` says why the templates were taken where the model should have written."""

    drafts: tuple[Offered, ...]
    source: Literal["groq", "templates"]
    goal: str | None
    language: str
    facts: AudienceFacts
    notice: str | None = None

    def shown(self) -> dict[str, Any]:
        """The body of an API's answer."""
        return {
            "messages": [_shown(each) for each in self.drafts],
            "source": self.source, "goal": self.goal, "language": self.language, "audience": self.facts.size,
            **({"notice": self.notice} if self.notice else {}),
        }  # fmt: skip


def write(
    stores: Stores,
    wish: Wish,
    *,
    campaign: Mapping[str, Any],
    now: datetime,
    settings: Settings,
    progress: Progress | None = None,
) -> Written:
    """Drafts for whom the campaign reaches (its segmentId or rules, and what it includes and excludes).

    Raises InvalidInput that names the field, InvalidRule, NotFound.
    """
    _check(wish)
    tree = launching.audience_tree(stores, dict(campaign))
    if tree is None:
        raise InvalidInput("Choose whom to reach first.", [FieldError("segmentId", "is missing")])
    rule = rulebook.parse(stores, tree)
    facts = audience_facts.of(stores, rule, now=now, zone=settings.zone, currency=settings.currency)
    if not facts.size:
        raise InvalidInput(
            "This audience is nobody at this moment.", [FieldError("segmentId", "selects nobody")]
        )
    return _Desk(stores, wish, rule, facts, now, progress).written(model_key.model_of(stores, settings))


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one wish is worked on."""

    stores: Stores
    wish: Wish
    rule: Rule
    facts: AudienceFacts
    now: datetime
    progress: Progress | None

    @property
    def language(self) -> str:
        return self.wish.language or briefs.spoken(self.wish.brief)

    def written(self, model: GroqModel | None) -> Written:
        notice = None
        fields = rulebook.fields(self.stores)
        goal = self.wish.goal or briefs.goal(self.wish.brief, self.rule)
        if model is not None and self.wish.brief.strip():
            try:
                offered = self._fitting(self._by_model(model, fields), fields)
                if offered:
                    return Written(offered, "groq", goal, self.language, self.facts)
                reason = _NONE_FITS
            except ModelFailed as failed:
                reason = failed.reason
            notice = f"The language model {reason}; these are templates."
        elif goal is None:
            notice = _NEAREST
        drafts = self._by_templates(goal or "newArrivals")
        return Written(self._fitting(drafts, fields), "templates", goal, self.language, self.facts, notice)

    def _by_templates(self, goal: str) -> list[Draft]:
        products = offers.ordered(self.stores)["product"]
        known = briefs.markers(self.wish.brief, self.language, self.facts.bought, products)
        return templates.drafts(self.language, goal, self.wish.tone, self.wish.channel, known)

    def _by_model(self, model: GroqModel, fields: Mapping[str, Field]) -> list[Draft]:
        """Raises ModelFailed."""
        sentences = _sentences(self.facts)
        told = proposed_messages.instructions(
            fields, sentences, language=templates.language(self.language).name, tone=self.wish.tone,
            channel=self.wish.channel,
        )  # fmt: skip

        def read(content: str) -> list[Draft]:
            return proposed_messages.read(
                content, fields, channel=self.wish.channel, language=self.language, said=self.wish.brief
            )

        def tell(sentence: str) -> None:
            self._tell(sentence, 0.0)

        return model.answer(told, self.wish.brief, "messages", proposed_messages.SCHEMA, read, tell)

    def _fitting(self, drafts: list[Draft], fields: Mapping[str, Field]) -> tuple[Offered, ...]:
        """Those that everybody can be sent, in their order."""
        versions = [_version(draft, fields) for draft in drafts]
        fits: list[Fit] = []
        for state in trial.over(self.stores, self.rule, versions, now=self.now):
            self._tell("Rendering for everybody", state.done / max(1, state.total))
            fits = state.fits
        return tuple(
            Offered(draft, fit)
            for draft, fit in zip(drafts, fits, strict=True)
            if fit.written and not fit.lacking
        )

    def _tell(self, sentence: str, share: float) -> None:
        if self.progress:
            self.progress(sentence, min(1.0, share))


def _version(draft: Draft, fields: Mapping[str, Field]) -> Version:
    text = messages.parse(draft.text, fields, name="text", limit=LIMIT)
    subject = (
        messages.parse(draft.subject, fields, name="subject", limit=SUBJECT_LIMIT) if draft.subject else None
    )
    return Version(None, text, subject)


def _sentences(facts: AudienceFacts) -> list[str]:
    """The facts in words, for the model: nothing in them is about fewer than five people."""
    found = [f"{facts.size} people. Money is in {facts.currency}."]
    if facts.words:
        found.append(f"They are: {_quoted(facts.words)}.")
    if facts.cities:
        cities = ", ".join(f"{_quoted(name)} ({many})" for name, many in facts.cities)
        found.append(f"Most frequent cities: {cities}.")
    if facts.products:
        found.append(f"They bought most: {', '.join(_quoted(name) for name, _ in facts.products)}.")
    return found


def _quoted(text: str) -> str:
    """Somebody's text in quotation marks, on one line: it can't be taken for a sentence of ours."""
    return orjson.dumps(text[:_LONGEST_QUOTE]).decode()


def _check(wish: Wish) -> None:
    """Raises InvalidInput."""
    if not wish.brief.strip() and wish.goal is None:
        raise InvalidInput("Say what the message is about.", [FieldError("brief", "is missing")])
    if len(wish.brief) > briefs.LONGEST:
        reason = f"has more than {briefs.LONGEST:,} characters"
        raise InvalidInput(f"The brief {reason}.", [FieldError("brief", reason)])
    choices = {"channel": CHANNELS, "tone": TONES, "language": LANGUAGES, "goal": GOALS}
    for name, allowed in choices.items():
        if (given := getattr(wish, name)) is not None and given not in allowed:
            reason = f"is one of {', '.join(allowed)}"
            raise InvalidInput(f"The {name} {reason}.", [FieldError(name, reason)])


def _shown(offered: Offered) -> Document:
    draft, fit = offered.draft, offered.fit
    subject = {"subject": draft.subject} if draft.subject else {}
    return {
        **subject, "messageTemplate": draft.text, "tone": draft.tone or None, "people": fit.written,
        "defaulted": dict(fit.defaulted), "smsParts": fit.parts,
    }  # fmt: skip
