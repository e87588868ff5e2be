"""Rules as this shop may write them: its fields, and the segments, campaigns and lists it has.

    rule = rulebook.parse(stores, tree)         # InvalidRule names the bad node

Everything that reads a rule from somebody goes through here; `crm.segments` alone knows no shop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm import attributes, segments
from crm.errors import InvalidRule
from crm.fields import FIELDS, Field
from crm.rules.references import Referred
from crm.segments import Rule
from crm.stores import campaigns, lists, named
from crm.stores import segments as library
from crm.stores.connection import Stores


def fields(stores: Stores) -> Mapping[str, Field]:
    """Every field a rule may use here: those of the catalogue, then the customers' own attributes."""
    return {**FIELDS, **attributes.fields(stores)}


def parse(stores: Stores, tree: Any, *, own_id: str | None = None) -> Rule:
    """The rule that this JSON stands for, with what it refers to. Raises InvalidRule.

    `own_id` is that of the segment whose tree this is: one that leads back to itself is refused.
    """
    return segments.parse(tree, fields(stores), Things(stores), own_id=own_id)


def problems(
    stores: Stores, tree: Any, *, own_id: str | None = None, instead: Field | None = None
) -> list[InvalidRule]:
    """Every bad node of a tree, in its order; with `instead`, if the field of its name were that one."""
    known = {**fields(stores), **({instead.name: instead} if instead else {})}
    return segments.problems(tree, known, Things(stores), own_id=own_id)


def parse_old(stores: Stores, tree: Any) -> Rule:
    """A rule as it was saved some time ago, to be read and not evaluated: what it refers to may be gone.

    Raises InvalidRule where it can't be read even so.
    """
    return segments.parse(tree, fields(stores), _Past(stores))


@dataclass(frozen=True, slots=True)
class Things:
    """Looks up what rules refer to: by its id, and for people by its name."""

    stores: Stores

    def id_of(self, kind: str, name: str) -> str | None:
        """The segment, campaign or list of this name; None where there is none."""
        return named.id_of(self.stores, kind, name)

    def name_of(self, kind: str, thing_id: str) -> str | None:
        return named.name_of(self.stores, kind, thing_id)

    def segment(self, segment_id: str) -> Referred | None:
        found = library.get(self.stores, segment_id)
        return None if found is None else Referred(found["name"], found["rules"])

    def campaign(self, campaign_id: str) -> Referred | None:
        found = campaigns.find(self.stores, campaign_id)
        if found is None:
            return None
        variants = tuple(variant["name"] for variant in found.get("variants", ()))
        return Referred(found["name"], variants=variants)

    def list(self, list_id: str) -> Referred | None:
        found = lists.get(self.stores, list_id)
        return None if found is None else Referred(found["name"])


@dataclass(frozen=True, slots=True)
class _Past:
    """Looks things up as well, and has a stand-in for each that is gone. Segments are not looked into."""

    stores: Stores

    def segment(self, segment_id: str) -> Referred:
        found = library.get(self.stores, segment_id)
        return Referred(found["name"] if found else "(deleted)", {"type": "everyone"})

    def campaign(self, campaign_id: str) -> Referred:
        return Things(self.stores).campaign(campaign_id) or Referred("(deleted)")

    def list(self, list_id: str) -> Referred:
        return Things(self.stores).list(list_id) or Referred("(deleted)")
