"""Which language a prompt is in, by the words it has of each, and how numbers are written there."""

import re
from functools import lru_cache

from crm.grammar.lexicon import Lexicon, lexicon
from crm.grammar.tokens import TokenKind, tokenise
from crm.grammar.values import Values

LANGUAGES = ("english", "hindi", "spanish", "german")

_GROUPED = re.compile(r"(?<![\w.,])(\d{1,3}(?:\.\d{3})+)(?:,(\d{1,2}))?(?![\d.,]*\d)")
_DECIMAL = re.compile(r"(?<![\w.,])(\d+),(\d{1,2})(?![\d.,]*\d)")
_UNSURE = re.compile(r"(?<![\w.,])\d{1,3},\d{3}(?![\d,]*\d)")


def guess(text: str, values: Values) -> Lexicon:
    """The lexicon of the language that knows most of the words; English where none knows more."""
    named = {key for phrase in values.by_words for key in phrase}
    keys = {token.key for token in tokenise(text) if token.kind is TokenKind.WORD} - named
    known = {language: len(keys & _words(language)) for language in LANGUAGES}
    return lexicon(max(LANGUAGES, key=lambda language: known[language]))


def in_plain_digits(text: str, words: Lexicon) -> tuple[str, tuple[int, int] | None]:
    """The text with "1.500,50" as 1500.50 where the language writes it so, and the place of a number that is
    written as neither ("1,500")."""
    if not words.decimal_comma:
        return text, None
    unsure = _UNSURE.search(text)
    text = _GROUPED.sub(lambda found: _joined(found[1].replace(".", ""), found[2]), text)
    return _DECIMAL.sub(lambda found: _joined(found[1], found[2]), text), unsure.span() if unsure else None


def _joined(whole: str, rest: str | None) -> str:
    return f"{whole}.{rest}" if rest else whole


@lru_cache(maxsize=len(LANGUAGES))
def _words(language: str) -> frozenset[str]:
    return frozenset(key for phrase in lexicon(language).entries for key in phrase)
