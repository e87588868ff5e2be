"""Addresses and domains of e-mail as they stand in a prompt: ann@gmail.com, @gmail.com, gmail.com."""

import re

from crm.grammar.chunks import Chunk
from crm.grammar.pieces import Literal

NEEDS_DOMAIN = re.compile(r"(?:[^@\s]*@)?[^@\s]+\.[^@\s]+")


def literal(chunk: Chunk) -> Literal:
    name, at, domain = chunk.value.rpartition("@")
    whole = bool(name)
    text = chunk.value if whole else f"@{domain}"
    operator = "equals" if whole else "endsWith"
    return Literal(
        start=chunk.start, end=chunk.end, operator=operator, text=text, field="email", domain=not at
    )
