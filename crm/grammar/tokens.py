"""A prompt cut into tokens, every character but white space accounted for."""

import re
from dataclasses import dataclass
from enum import StrEnum

from crm.fields import fold


class TokenKind(StrEnum):
    """What the characters of a token are."""

    WORD = "word"
    NUMBER = "number"
    DATE = "date"  # 2025-03-05
    SLASHED = "slashed"  # 5/3/2025
    QUOTED = "quoted"
    ADDRESS = "address"  # gmail.com, @gmail.com, ann@gmail.com
    SYMBOL = "symbol"
    STOP = "stop"  # . ; ! ? or a line's end


@dataclass(frozen=True, slots=True)
class Token:
    """`key` is the form that lexicons are looked up by; quoted text keeps its own case in `text`."""

    kind: TokenKind
    text: str
    key: str
    start: int
    end: int


_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_DASHES = str.maketrans({"–": "-", "—": "-", "‑": "-", "−": "-"})
_PATTERN = re.compile(
    r"""
    (?P<quoted>"[^"\n]*"|(?<!\w)'[^'\n]+'(?!\w))
  | (?P<date>(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-]))
  | (?P<slashed>(?<![\w/])\d{1,4}/\d{1,2}/\d{1,4}(?![\w/]))
  | (?P<address>(?:[\w.+-]{0,64}@)?[a-z][\w-]{0,62}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}(?!\w)
             |[\w.+-]{0,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})
  | (?P<number>\d[\d,]*(?:\.\d+)*(?<!,))
  | (?P<word>[^\W\d_][^\W_]*(?:'[^\W\d_]+)*)
  | (?P<stop>[.;!?\n]+(?=\s|$))
  | (?P<symbol>>=|<=|=>|=<|!=|<>|==|[^\w\s]|_)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def tokenise(text: str) -> list[Token]:
    """The tokens of a prompt in order; hyphens between letters separate words ("sign-up" is two)."""
    plain = text.translate(_QUOTES).translate(_DASHES)
    plain = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", plain)
    return [_token(text, match) for match in _PATTERN.finditer(plain)]


def _token(text: str, match: re.Match[str]) -> Token:
    kind = TokenKind(str(match.lastgroup))
    start, end = match.span()
    if kind is TokenKind.QUOTED:
        return Token(kind, text[start + 1 : end - 1].strip(), "", start, end)
    return Token(kind, text[start:end], fold(match.group()), start, end)
