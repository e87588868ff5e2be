"""Saved segments in prompts, by their names: "people in the segment Big spenders", "Big spenders in Pune".

With the word "segment" beside it a name is one. By itself it is one only where its words say nothing else:
where they are a value of the data, too, that is asked; where the language has a meaning for all of them, the
meaning holds, and the segment is offered beside it. A name with a letter or two wrong is asked about.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from crm.fields import FIELDS
from crm.grammar.attributes import Clause
from crm.grammar.chunks import Chunk, chunk
from crm.grammar.lexicon import Kind, Lexicon, Vague
from crm.grammar.meanings import TEXT_FIELDS
from crm.grammar.tokens import Token, TokenKind, tokenise
from crm.grammar.values import Values

FIELD = "segment"  # of a condition that stands for a segment; its value is the segment's id
_SEGMENT = frozenset({"segment", "segments", "segmento", "segmentos", "segmente"})
_CALLED = frozenset({"called", "named", "llamado", "namens"})
_THE = frozenset({"the", "my", "our", "el", "los", "dem", "den"})
_IN = frozenset({"in", "from", "within", "inside", "en", "del", "aus", "im"})
_NOTHING = frozenset({Kind.UNKNOWN, Kind.VAGUE, Kind.COMMAND, Kind.BAD_NUMBER, Kind.ADDRESS, Kind.QUOTED})
# What a name may follow without being a value of something that was said there: "and", "not", "who are".
_FREE = frozenset({
    Kind.ARTICLE, Kind.HAVE, Kind.NOISE, Kind.LEAD, Kind.SUBJECT, Kind.ALL, Kind.AND, Kind.OR, Kind.NOR,
    Kind.BUT, Kind.WHO, Kind.NOT, Kind.WITHOUT, Kind.EXCEPT, Kind.ONLY, Kind.STOP, Kind.COMMA, Kind.OPEN,
    Kind.CLOSE, Kind.CONDITION, Kind.UNKNOWN, Kind.VAGUE,
})  # fmt: skip
_PASSING = frozenset({Kind.ARTICLE, Kind.HAVE, Kind.NOISE, Kind.NOT})
_NEAR, _MOST_WRONG = 0.92, 2  # of a name: how alike, and how many letters longer or shorter at most
_MOST_NAMES = 4
_LONGEST = 400  # characters; in nothing longer are misspelt names looked for


@dataclass(frozen=True, slots=True)
class Passed:
    """A segment's name whose words were taken for what they say."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class _Name:
    """Tokens `first` to `last` (not included) that are the name of segments, as it was saved.

    Without `ids` no segment has that name; `near` are names that could be meant.
    """

    first: int
    last: int
    name: str = ""
    ids: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


def clauses(text: str, values: Values, words: Lexicon) -> Iterator[Clause | Passed]:
    """Every segment that the prompt names, in its order, and names that are passed over."""
    if not values.segments:
        return
    tokens = tokenise(text)
    names = list(_names(tokens, values))
    near = len(text) <= _LONGEST
    if not names and not near and not any(token.key in _SEGMENT for token in tokens):
        return
    chunks = chunk(text, words, values)
    done = 0
    for one in sorted(
        [*names, *_misspelt(tokens, chunks, names, values)] if near else names, key=lambda n: n.first
    ):
        if one.first < done:
            continue
        begin, end, explicit = _around(tokens, one, done)
        found = _taken(tokens, one, (begin, end), chunks, explicit=explicit)
        if found is not None:
            done = end
            yield found


def _names(tokens: list[Token], values: Values) -> Iterator[_Name]:
    keys = [_key(token) for token in tokens]
    longest = max(map(len, values.segments))
    at = 0
    while at < len(tokens):
        length, found = next(
            (
                (length, known)
                for length in range(min(longest, len(keys) - at), 0, -1)
                if (known := values.segments.get(tuple(keys[at : at + length])))
            ),
            (1, None),
        )
        quoted = tokens[at].kind is TokenKind.QUOTED and values.segments.get(
            tuple(map(_key, tokenise(tokens[at].text)))
        )
        if found or quoted:
            name, ids = found or quoted or ("", ())
            yield _Name(at, at + length, name, ids)
        at += length


def _key(token: Token) -> str:
    return token.key or token.text.casefold()


def _around(tokens: list[Token], one: _Name, done: int) -> tuple[int, int, bool]:
    """The tokens that say that it is a segment, with those of the name, and whether there are any."""
    begin, end = one.first, one.last
    behind = end < len(tokens) and tokens[end].key in _SEGMENT
    at = begin - 1 if begin > done and tokens[begin - 1].key in _CALLED else begin
    before = at > done and tokens[at - 1].key in _SEGMENT
    if before:
        begin = at - 1
    elif behind:
        end += 1
    if begin > done and tokens[begin - 1].key in _THE:
        begin -= 1
    if begin > done and tokens[begin - 1].key in (_IN | {"of"} if before or behind else _IN):
        begin -= 1
    return begin, end, before or behind


def _taken(
    tokens: list[Token], one: _Name, around: tuple[int, int], chunks: list[Chunk], *, explicit: bool
) -> Clause | Passed | None:
    """The name as a segment, a question, or passed over; None where it is part of something else."""
    start, end = tokens[around[0]].start, tokens[around[1] - 1].end
    if not one.ids:
        ways = [f"in the segment {name}" for name in one.near]
        return _asked(start, end, "There is no segment of exactly this name.", *ways)
    if len(one.ids) > 1:
        return _asked(start, end, "There are several segments of this name; rename one of them.")
    segment = Clause(start, end, FIELDS["tags"], FIELD, one.ids[0])
    if explicit:
        return segment
    return _bare(tokens, one, segment, chunks)


def _bare(tokens: list[Token], one: _Name, segment: Clause, chunks: list[Chunk]) -> Clause | Passed | None:
    """A name without the word "segment": what its words are to the language and the data decides."""
    start, end, called = segment.start, segment.end, f"in the segment {one.name}"
    first, last = tokens[one.first].start, tokens[one.last - 1].end
    inner = [each for each in chunks if each.start < last and first < each.end]
    before = [each for each in chunks if each.end <= inner[0].start]
    cuts_short = inner[0].start < first, inner[-1].end > last
    ends = zip((inner[0], inner[-1]), cuts_short, strict=True)
    if any(cut and each.kind is not Kind.UNKNOWN for each, cut in ends):  # "Delhi" in "New Delhi"
        return None
    if before and before[-1].kind not in _FREE and start == first:
        return None
    if len(inner) == 1 and inner[0].kind is Kind.VAGUE:  # "new customers"
        return _asked(
            start, end, f"It is a segment, too. {inner[0].value.hint}", called, *inner[0].value.ways
        )
    if any(each.kind in _NOTHING for each in inner):
        return segment
    known = inner[0].value if inner[0].kind is Kind.VALUE else inner[0].also
    if len(inner) > 1 or not known:
        return Passed(first, last, one.name)
    place = start < first and any(value.field in ("city", "country") for value in known)
    if place or _of_a_field(before):
        return None
    of = " and ".join(value.field for value in known)
    ways = [f"{'tagged' if value.field == 'tags' else value.field} {value.value}" for value in known]
    return _asked(start, end, f"It is a segment, and a value of {of} in the data.", called, *ways)


def _of_a_field(before: list[Chunk]) -> bool:
    """Whether a field is named before: "city is Delhi"."""
    said = next((each for each in reversed(before) if each.kind not in _PASSING), None)
    return said is not None and said.kind is Kind.TOPIC and said.value.topic in TEXT_FIELDS


def _asked(start: int, end: int, hint: str, *ways: str) -> Clause:
    return Clause(start, end, FIELDS["tags"], asks=Vague(hint, ways))


def _misspelt(
    tokens: list[Token], chunks: list[Chunk], names: list[_Name], values: Values
) -> Iterator[_Name]:
    """Words that are no name but nearly one: behind "segment", or where some of them mean nothing."""
    known: dict[int, dict[str, str]] = {}  # by the number of their words
    for key, (name, _) in values.segments.items():
        known.setdefault(len(key), {})[" ".join(key)] = name
    strange = [each for each in chunks if each.kind is Kind.UNKNOWN]
    at = 0
    while at < len(tokens):
        best = _nearest(tokens, at, strange, names, known)
        if best:
            yield _Name(at, at + best[0], near=(best[1],))
        elif _is_named(tokens, at) and any(each.start <= tokens[at].start < each.end for each in strange):
            yield _Name(at, at + 1, near=tuple(name for name, _ in values.segments.values())[:_MOST_NAMES])
        at += best[0] if best else 1


def _nearest(
    tokens: list[Token], at: int, strange: list[Chunk], names: list[_Name], known: dict[int, dict[str, str]]
) -> tuple[int, str] | None:
    """How many tokens from `at` on are most like the name of a segment, and the name."""
    best: tuple[float, int, str] | None = None
    for length, named in known.items():
        if at + length > len(tokens) or any(one.first < at + length and at < one.last for one in names):
            continue
        first, last = tokens[at].start, tokens[at + length - 1].end
        if not any(each.start < last and first < each.end for each in strange):
            continue
        said = " ".join(map(_key, tokens[at : at + length]))
        near = process.extractOne(said, list(named), scorer=JaroWinkler.similarity, score_cutoff=_NEAR)
        if near and abs(len(near[0]) - len(said)) <= _MOST_WRONG and (best is None or near[1] > best[0]):
            best = (near[1], length, named[near[0]])
    return best and best[1:]


def _is_named(tokens: list[Token], at: int) -> bool:
    """Whether "in segment" or "the segment called" stands before."""
    before = at - 1 if at and tokens[at - 1].key in _CALLED else at
    segment = before > 1 and tokens[before - 1].key in _SEGMENT
    return segment and tokens[at].kind is TokenKind.WORD and tokens[before - 2].key in _IN | _THE
