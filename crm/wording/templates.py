"""The messages to begin with, by language, goal and tone, and how one is filled in. Pure.

They are data files beside this one; `english.toml` says how a message is written there.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crm import sms
from crm.content import SMS

LANGUAGES = ("english", "hindi", "spanish", "german")
TONES = ("warm", "plain", "lively")
GOALS = (
    "winBack", "newArrivals", "birthday", "thanks", "atRisk", "vip", "review", "festival", "restock",
    "welcome",
)  # fmt: skip
_MARKER = re.compile(r"\[(\w+)\]")
_INSTEAD = "| "  # begins a line that stands in for the one above, where that was left out
_FOR_GSM = {"₹": "Rs ", "“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "…": "..."}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that somebody may take: a subject (None for a text message) and a text with fields."""

    subject: str | None
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A message of a data file, with its markers."""

    goal: str
    tone: str
    subject: tuple[str, ...]
    text: str
    sms: str


@dataclass(frozen=True, slots=True)
class Language:
    """What a data file holds. `words` are a goal's words in briefs, `defaults` what stands for a field."""

    name: str
    percent: str
    amount: str
    free: str
    until: re.Pattern[str]
    free_words: tuple[str, ...]
    defaults: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    patterns: tuple[Pattern, ...]


@cache
def language(key: str) -> Language:
    """The messages of a language. Raises KeyError."""
    if key not in LANGUAGES:
        raise KeyError(key)
    raw = tomllib.loads(Path(__file__).with_name(f"{key}.toml").read_text(encoding="utf-8"))
    return Language(
        name=raw["name"], percent=raw["percent"], amount=raw["amount"], free=raw["free"],
        until=re.compile(raw["until"], re.IGNORECASE), free_words=tuple(raw["free_words"]),
        defaults=raw["defaults"], words={goal: tuple(words) for goal, words in raw["words"].items()},
        patterns=tuple(
            Pattern(one["goal"], one["tone"], tuple(one["subject"]), one["text"].strip(), one["sms"].strip())
            for one in raw["message"]
        ),
    )  # fmt: skip


def drafts(
    key: str, goal: str, tone: str | None, channel: str | None, known: Mapping[str, str]
) -> list[Draft]:
    """The messages of a goal, those of the tone first. `known` are the markers that can be filled in."""
    found = [one for one in language(key).patterns if one.goal == goal]
    found.sort(key=lambda one: one.tone != tone)  # the rest stays in its order
    return [filled(one, channel, known) for one in found]


def filled(pattern: Pattern, channel: str | None, known: Mapping[str, str]) -> Draft:
    """A message with its markers filled in; lines and subjects whose marker is not known are left out."""
    if channel == SMS:
        return Draft(None, for_gsm(" ".join(_lines(pattern.sms, known))), pattern.tone)
    subject = next(text for text in pattern.subject if _known(text, known))
    return Draft(_fill(subject, known), "\n".join(_lines(pattern.text, known)), pattern.tone)


def for_gsm(text: str) -> str:
    """Signs that would make a text message twice as long, written with letters."""
    for sign, letters in _FOR_GSM.items():
        text = text.replace(sign, letters)
    return " ".join(text.split())


def with_defaults(text: str, key: str) -> str:
    """The text with a default for each name, city or country that stands without one."""
    defaults = language(key).defaults

    def defaulted(match: re.Match[str]) -> str:
        return f"{{{match[1]}|{defaults[match[1]]}}}"

    return re.sub(rf"\{{\{{?\s*({'|'.join(defaults)})\s*\}}\}}?", defaulted, text)


def parts(text: str) -> int:
    """The parts that a text message takes as it is written, each field as long as its default or its name."""
    return sms.measure(re.sub(r"\{[^{}|]*\|?([^{}]*)\}", lambda slot: slot[1] or "x" * 12, text)).parts


def _lines(text: str, known: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    left_out = False
    for line in text.splitlines():
        instead = line.startswith(_INSTEAD)
        if instead and not left_out:
            continue
        line = line.removeprefix(_INSTEAD)
        left_out = not _known(line, known)
        if not left_out:
            lines.append(_fill(line, known))
    return lines


def _known(text: str, known: Mapping[str, str]) -> bool:
    return all(marker in known for marker in _MARKER.findall(text))


def _fill(text: str, known: Mapping[str, str]) -> str:
    written = _MARKER.sub(lambda marker: known[marker[1]], text)
    return written[:1].upper() + written[1:] if text.startswith("[") else written
