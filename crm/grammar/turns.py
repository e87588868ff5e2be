"""The forms of prompts that are no audience by themselves.

Those that take up the rule that stands there ("only those in Pune", "make it 90 days", "undo"), and those
that ask about a campaign. The forms are data, `[followups]` and `[summaries]` in the file of each language:
`…` is what the person says, `~` what it takes the place of.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from crm.grammar.languages import LANGUAGES

LONGEST = 400  # characters; nothing longer takes up what was said before
KINDS = ("undo", "remove", "change", "only", "exclude", "also")
_END = " \t\n.!;,"


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt that takes up a rule: `start`–`end` is the place of what is said, `old` what it was before."""

    kind: str
    start: int = 0
    end: int = 0
    old: str = ""


def turn(text: str, language: str) -> Turn | None:
    """How the prompt takes up what stands there; None where it is one of its own."""
    if len(text) > LONGEST:
        return None
    said = text.rstrip(_END) + " "  # every word of a form ends with a space
    for kind in KINDS:
        for name in (language, *(one for one in LANGUAGES if one != language)):
            for form in _forms(name).get(kind, ()):
                if found := form.fullmatch(said):
                    return _of(kind, found)
    return None


def _of(kind: str, found: re.Match[str]) -> Turn:
    groups = found.groupdict()
    if "rest" not in groups:
        return Turn(kind)
    return Turn(kind, *found.span("rest"), old=groups.get("old") or "")


@dataclass(frozen=True, slots=True)
class CampaignQuestion:
    """What a prompt calls a campaign; `named` where it says that it is one."""

    said: str
    named: bool


def question_about(text: str) -> CampaignQuestion | None:
    """What the prompt calls the campaign that it asks about; None where it asks about none."""
    if len(text) > LONGEST:
        return None
    said = text.rstrip(_END + "?¿").lstrip("¿ ") + " "
    for kind in ("named", "unnamed"):
        for language in LANGUAGES:
            for form in _forms(language, "summaries").get(kind, ()):
                if found := form.fullmatch(said):
                    return CampaignQuestion(found["rest"], kind == "named")
    return None


@lru_cache(maxsize=2 * len(LANGUAGES))
def _forms(language: str, section: str = "followups") -> dict[str, tuple[re.Pattern[str], ...]]:
    raw = tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))
    return {kind: tuple(_form(pattern) for pattern in patterns) for kind, patterns in raw[section].items()}


def _form(pattern: str) -> re.Pattern[str]:
    """`make|set it? …` as a regular expression over a whole prompt."""
    parts: list[str] = []
    for word in pattern.split():
        if word in ("…", "~"):
            parts.append(r"(?P<rest>\S.*?)\s+" if word == "…" else r"(?P<old>\S.*?)\s+")
            continue
        optional = word.endswith("?")
        choice = "|".join(map(re.escape, word.removesuffix("?").split("|")))
        parts.append(rf"(?:(?:{choice})\s+)?" if optional else rf"(?:{choice})[,:]?\s+")
    return re.compile(r"\s*" + "".join(parts), re.IGNORECASE | re.DOTALL)
