"""Prompts about a campaign: "Give me the details of campaign Summer sale", "how did Diwali go?".

Which campaign is meant is found by its name. A name that nothing has is asked about with those that are
written much like it. What is answered is `crm.campaign_summary`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from crm.fields import fold
from crm.grammar import choices, turns
from crm.grammar.choices import Asked
from crm.stores import named
from crm.stores.connection import Stores

_SURE, _NEAR = 92, 68  # of 100, by rapidfuzz; from the first on no other campaign may be as near
_MOST = 6
_CAMPAIGN = ("campaign", "campaña", "campana", "kampagne")
_NEWEST = (
    "last",
    "latest",
    "newest",
    "most recent",
    "última",
    "ultima",
    "letzte",
    "letzten",
    "aakhri",
    "pichla",
)
UNKNOWN = "I know no campaign “{}”. Which one do you mean?"
NONE_YET = "There are no campaigns yet."


@dataclass(frozen=True, slots=True)
class About:
    """What a prompt about a campaign is about: its id, or a question with the names to choose from.

    `sure` where the prompt says itself that it is about a campaign.
    """

    campaign_id: str | None
    prompt: str
    question: Asked | None = None
    message: str = ""
    sure: bool = False
    assumption: str = ""


def about(stores: Stores, text: str, answers: Mapping[str, str]) -> About | None:
    """Which campaign the prompt asks about; None where it asks for something else."""
    text = choices.put(unicodedata.normalize("NFC", text.strip()), answers)
    found = turns.question_about(text)
    if found is None:
        return None
    known = named.campaigns(stores)
    said = " ".join(found.said.split()).strip("“”\"'")
    if not known:
        return About(None, text, message=NONE_YET, sure=True) if found.named else None
    if fold(said) in _NEWEST or fold(said) in _CAMPAIGN:
        campaign_id, name = known[0]
        return About(campaign_id, text, sure=found.named, assumption=f"The newest campaign is “{name}”.")
    return _matched(known, said, text, sure=found.named)


def _matched(known: list[tuple[str, str]], said: str, text: str, *, sure: bool) -> About | None:
    """The campaign of this name; where the prompt does not say “campaign”, only one with a name near it."""
    same = [one for one in known if fold(one[1]) == fold(said)]
    if same:
        older = "There are several of this name; this is the newest." if len(same) > 1 else ""
        return About(same[0][0], text, sure=sure, assumption=older)
    scored = process.extract(
        fold(said), {campaign_id: fold(name) for campaign_id, name in known}, scorer=fuzz.WRatio, limit=_MOST
    )
    near = [(campaign_id, score) for _, score, campaign_id in scored if score >= _NEAR]
    if not near and not sure:
        return None
    names = dict(known)
    if near and near[0][1] >= _SURE and (len(near) == 1 or near[1][1] < near[0][1]):
        name = names[near[0][0]]
        return About(near[0][0], text, sure=sure, assumption=f"“{said}” is taken as “{name}”.")
    offered = [names[campaign_id] for campaign_id, _ in near] or [name for _, name in known[:_MOST]]
    asked = Asked(said, "", tuple(dict.fromkeys(offered)))
    return About(None, text, asked, UNKNOWN.format(said[:60]), sure)
