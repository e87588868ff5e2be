"""What rules may refer to by id: other segments, past campaigns, stored lists."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Referred:
    """A thing that a rule refers to: its name; a segment's tree; the variants of a campaign."""

    name: str
    tree: object = None
    variants: tuple[str, ...] = ()


class References(Protocol):
    """Finds what an id stands for; None where there is no such thing."""

    def segment(self, segment_id: str) -> Referred | None: ...

    def campaign(self, campaign_id: str) -> Referred | None: ...

    def list(self, list_id: str) -> Referred | None: ...


class _Nothing:
    def segment(self, segment_id: str) -> Referred | None:
        return None

    def campaign(self, campaign_id: str) -> Referred | None:
        return None

    def list(self, list_id: str) -> Referred | None:
        return None


NOTHING: References = _Nothing()
