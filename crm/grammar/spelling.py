"""Misspelt words: the one word that was meant, or none.

A word is put right only where a single word about customers is nearest. Never into a connective, a negation,
a comparison, a number or a word of time, and never where one of these is as near: "oders" may be "or" too.
Whoever calls says each correction to the person.
"""

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Entry, Kind, Lexicon, lexicon
from crm.grammar.tokens import TokenKind, tokenise
from crm.grammar.values import Values

_CONTENT = frozenset({
    Kind.TOPIC, Kind.CONDITION, Kind.SUBJECT, Kind.UNIT, Kind.MONTH, Kind.GOODS, Kind.TAGGED, Kind.RANK,
})  # fmt: skip
_SHORTEST, _LONG = 4, 9  # letters: from so many one is forgiven, or two
_MOST_WORDS, _MOST_LETTERS = 20, 400  # beyond these a prompt is no misspelt one

Correction = tuple[str, str]


def correct(
    text: str, asked: Sequence[tuple[int, int]], chunks: list[Chunk], words: Lexicon, values: Values
) -> tuple[str, list[Correction]]:
    """The text with what is misspelt in the asked-about spans put right, and the corrections made."""
    if len(asked) > _MOST_WORDS:
        return text, []
    unknown = [chunk for chunk in chunks if chunk.kind is Kind.UNKNOWN and _within(chunk, asked)]
    if sum(chunk.end - chunk.start for chunk in unknown) > _MOST_LETTERS or len(unknown) > _MOST_WORDS:
        return text, []
    places = {at for chunk in unknown for at in range(chunk.start, chunk.end)}
    tokens = [one for one in tokenise(text) if one.kind is TokenKind.WORD and one.start in places]
    if len(tokens) > _MOST_WORDS:
        return text, []
    corrections: list[Correction] = []
    for token in reversed(tokens):  # from behind, so that places before stay where they are
        meant = _meant(token.key, words, values)  # None for a word that is known beside others
        if meant:
            corrections.insert(0, (text[token.start : token.end], meant))
            text = text[: token.start] + meant + text[token.end :]
    return text, corrections


def _within(chunk: Chunk, asked: Sequence[tuple[int, int]]) -> bool:
    return any(start <= chunk.start and chunk.end <= end for start, end in asked)


def _meant(word: str, words: Lexicon, values: Values) -> str | None:
    if len(word) < _SHORTEST:
        return None
    content, others = _vocabulary(words.language)
    most = 2 if len(word) >= _LONG else 1
    named = {key for phrase in values.by_words for key in phrase if len(key) >= 3 and key.isalpha()}
    near = process.extract(
        word, [*content, *named - content.keys()], scorer=OSA.distance, score_cutoff=most, limit=5
    )
    if not near or near[0][1] == 0:
        return None
    least = near[0][1]
    best = [found for found, distance, _ in near if distance == least]
    if process.extractOne(word, others, scorer=OSA.distance, score_cutoff=least):
        return None
    meanings = {content.get(found, found) for found in best}
    return max(best, key=lambda found: JaroWinkler.similarity(word, found)) if len(meanings) == 1 else None


@lru_cache(maxsize=8)
def _vocabulary(language: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Words about customers, each with what makes two of them mean the same, and all other words."""
    content: dict[str, str] = {}
    function: set[str] = set()
    for phrase, entry in lexicon(language).entries.items():
        alone = len(phrase) == 1
        if entry.kind not in _CONTENT:
            function |= set(phrase)
        elif alone or phrase[0] not in content:
            content |= {
                key: _meaning(entry) if alone else key for key in phrase if alone or key not in content
            }
    single = {phrase[0] for phrase, entry in lexicon(language).entries.items()
              if len(phrase) == 1 and entry.kind not in _CONTENT}  # fmt: skip
    fine = {key: means for key, means in content.items() if len(key) >= _SHORTEST and key not in single}
    return fine, tuple((function | content.keys()) - fine.keys())


def _meaning(entry: Entry) -> str:
    topic = entry.kind is Kind.TOPIC
    return f"{entry.kind} {entry.value.topic if topic else entry.value}"
