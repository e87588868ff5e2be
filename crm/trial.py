"""Drafts of a message rendered for everybody of an audience, before any of them is offered.

for trial in trial.over(stores, rule, versions, now=now):     # as it goes; the last is whole
    show(trial.done / trial.total)
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from crm import audiences, content, sms
from crm.content import Version
from crm.fields import Field
from crm.messages import Style, stored, written
from crm.segments import Rule
from crm.settings import settings
from crm.stores.connection import Stores

_CHUNK = 5_000


@dataclass(slots=True)
class Fit:
    """How one draft fits. `written` people can be sent it; `lacking` counts those whom a field is missing
    that has no default, `defaulted` those who read a default.

    `parts` are those of the longest text message, 0 for e-mails; `example` is how the first of them reads it.
    """

    written: int = 0
    lacking: Counter[str] = field(default_factory=Counter)
    defaulted: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    example: content.Composed | None = None


@dataclass(slots=True)
class Trial:
    """How far it is: `done` of `total` people, and a fit for each draft."""

    total: int
    fits: list[Fit]
    done: int = 0
    finished: bool = False


def over(stores: Stores, rule: Rule, versions: Sequence[Version], *, now: datetime) -> Iterator[Trial]:
    """Render these over everybody whom the rule selects. Yields the same object as it fills."""
    zone = settings().zone
    style = Style(settings().currency, zone)
    trial = Trial(audiences.count(stores, rule, now=now, zone=zone), [Fit() for _ in versions])
    paths = list(dict.fromkeys(path for one in versions for each in one.templates for path in each.paths))
    tried = [(version, _named(version), fit) for version, fit in zip(versions, trial.fits, strict=True)]
    people = audiences.members(stores, rule, paths or ["name"], now=now, zone=zone)
    yield trial
    while chunk := list(islice(people, _CHUNK)):
        for person in chunk:
            for version, named, fit in tried:
                _try(version, named, fit, person, style)
        trial.done += len(chunk)
        yield trial
    trial.total, trial.finished = trial.done, True
    yield trial


def _named(version: Version) -> tuple[Field, ...]:
    return tuple({one.name: one for each in version.templates for one in each.named}.values())


def _try(version: Version, named: Sequence[Field], fit: Fit, person: dict[str, object], style: Style) -> None:
    composed = content.compose(version, person, style)
    if composed.reason is not None:
        fit.lacking.update(composed.missing or ("",))
        return
    fit.written += 1
    if version.subject is None:
        fit.parts = max(fit.parts, sms.measure(composed.text).parts)
    if fit.example is None:
        fit.example = composed
    for one in named:
        if written(one, stored(person, one), style) is None:
            fit.defaulted[one.name] += 1
