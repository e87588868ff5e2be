"""Addresses and domains of e-mail as they stand in a prompt: ann@gmail.com, @gmail.com, gmail.com."""

import re

from rapidfuzz.distance import OSA

from crm.grammar.chunks import Chunk
from crm.grammar.pieces import Assumption, Literal

NEEDS_DOMAIN = re.compile(r"(?:[^@\s]*@)?[^@\s]+\.[^@\s]+")
_USUAL = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com")


def literal(chunk: Chunk) -> Literal:
    """What an address or a domain asks of the e-mail address: to be it, or to end with it."""
    name, at, domain = chunk.value.rpartition("@")
    whole = bool(name)
    text = chunk.value if whole else f"@{domain}"
    operator = "equals" if whole else "endsWith"
    return Literal(
        start=chunk.start, end=chunk.end, operator=operator, text=text, field="email", domain=not at
    )


def doubts(chunk: Chunk) -> list[Assumption]:
    """What to say of a domain that is one letter away from a usual one: it is taken as it stands."""
    domain = chunk.value.rpartition("@")[2].lower()
    near = [usual for usual in _USUAL if OSA.distance(domain, usual, score_cutoff=1) == 1]
    before = chunk.value[: -len(domain)] if domain else chunk.value
    return [
        Assumption(
            f"“{domain}” is taken as it stands; did you mean {usual}?", chunk.start, chunk.end,
            ((f"{before}{usual}",),),
        )
        for usual in near
    ]  # fmt: skip
