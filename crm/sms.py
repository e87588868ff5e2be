"""How long a text message is: what a network sends it in, and what a vendor charges. Pure.

A message in the GSM 03.38 alphabet takes 7 bits a character, 160 to a single message and 153 to each part of
a longer one; `^{}\\[~]|€` take two places. Any other character makes it UCS-2: 70 and 67 units of 16 bits, of
which a character outside the basic plane (an emoji) takes two. No character is cut in two by a part's end.
"""

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")

GSM, UCS2 = "GSM-7", "UCS-2"
_ROOM = {GSM: (160, 153), UCS2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Length:
    """`units` used, in how many parts, and how many units are left in the last part.

    `odd` are the characters that make the message UCS-2, in their order, each once.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    left: int
    odd: str


def measure(text: str) -> Length:
    """The length of this text. An empty one has no part."""
    odd = "".join(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENDED))
    encoding: Literal["GSM-7", "UCS-2"] = "UCS-2" if odd else "GSM-7"
    sizes = [_units(char, encoding) for char in text]
    alone, each = _ROOM[encoding]
    units = sum(sizes)
    if units <= alone:
        return Length(encoding, units, 1 if text else 0, alone - units, odd)
    parts, used = 1, 0
    for size in sizes:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return Length(encoding, units, parts, each - used, odd)


def _units(char: str, encoding: str) -> int:
    if encoding == GSM:
        return 2 if char in _EXTENDED else 1
    return 2 if ord(char) > 0xFFFF else 1
