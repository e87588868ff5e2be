"""What is to be thought of before a campaign goes out, though it could go out as it is. Pure."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from crm.content import SMS

_TEXTS = ("subject", "messageTemplate", "html")

Campaign = Mapping[str, Any]  # as a draft is rehearsed


def of(campaign: Campaign) -> list[str]:
    """Sentences, the gravest first; none where there is nothing to say."""
    variants = campaign.get("variants") or ()
    versions = [_whole(campaign, each) for each in variants] or [_whole(campaign, {})]
    found = []
    if campaign.get("channel") != SMS and any(not version["subject"] for version in versions):
        found.append("Those who get it by e-mail see no subject: write one.")
    named = zip([each["name"] for each in variants], versions, strict=False)
    alike = next((pair for pair in combinations(named, 2) if pair[0][1] == pair[1][1]), None)
    if alike:
        one, other = alike[0][0], alike[1][0]
        found.append(f"Variants {one} and {other} say the same, so there is nothing to compare.")
    return found


def _whole(campaign: Campaign, variant: Campaign) -> dict[str, str]:
    """What a variant says, with what it takes from the campaign."""
    return {part: (variant.get(part) or campaign.get(part) or "").strip() for part in _TEXTS}
