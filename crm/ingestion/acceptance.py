"""What became of records at the edge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejection:
    """One record that was refused: `row` 1 is the first one, `field` at fault, or `record` for the whole."""

    row: int
    field: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of the records of one request at the edge."""

    accepted: int
    rejected: tuple[Rejection, ...]
