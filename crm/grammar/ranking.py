"""The first so many by a number or a date: "top 50 by spend", "our 100 best customers in Pune"."""

from typing import Any

from crm.grammar.lexicon import Kind
from crm.grammar.meanings import MEANINGS
from crm.grammar.pieces import Amount, Assumption, Cursor, Joint, Piece, Ranked, RankedBy, Say, Unclear

_PASSING = (Kind.ARTICLE, Kind.NOISE)
_PLACE = "Say the ranking first and whom it is among behind it: “top 50 by spend from Pune”."


def read(at: Cursor, pieces: list[Piece]) -> Ranked | None:
    """ "top 50", "100 best" at the cursor, or None and the cursor where it was.

    Raises Unclear where it does not open the prompt.
    """
    here = at.at
    at.skip(*_PASSING)
    number = at.accept(Kind.NUMBER)
    at.skip(*_PASSING)
    rank = at.accept(Kind.RANK)
    number = number or (at.accept(Kind.NUMBER) if rank else None)
    if rank is None or number is None:
        at.at = here
        return None
    begin = min(rank.start, number.start)
    if pieces:
        raise Unclear(begin, at.end(), _PLACE)
    if at.accept(Kind.PERCENT) or at.accept(Kind.UNIT) or at.accept(Kind.CURRENCY):
        raise Unclear(begin, at.end(), "Say how many people, for example “top 50 by spend”.")
    many = number.value.value
    if not isinstance(many, int) or number.value.ordinal or many < 1:
        raise Unclear(begin, at.end(), "Say how many people, for example “top 50 by spend”.")
    return Ranked(start=begin, end=at.end(), many=many, ranking=rank.value)


def read_by(at: Cursor, pieces: list[Piece]) -> RankedBy | None:
    """ "by number of orders" at the cursor, or None. Raises Unclear."""
    word = at.accept(Kind.BY)
    if word is None:
        return None
    at.skip(*_PASSING)
    topic = at.accept(Kind.TOPIC)
    if not any(isinstance(piece, Ranked) for piece in pieces):
        raise Unclear(word.start, at.end(), "By what is ranked with “top 50 by spend”.")
    meaning = MEANINGS[topic.value.topic] if topic and not topic.also else None
    field = (meaning.amount or meaning.count or meaning.when) if meaning else None
    if field is None:
        raise Unclear(word.start, at.end(), "By what? For example “by spend” or “by number of orders”.")
    return RankedBy(start=word.start, end=at.end(), field=field)


def apart(pieces: list[Piece]) -> tuple[Ranked | None, RankedBy | None, list[Piece]]:
    """The ranking, what it goes by, and the pieces that say whom it is among. Raises Unclear."""
    ranked = next((piece for piece in pieces if isinstance(piece, Ranked)), None)
    by = [piece for piece in pieces if isinstance(piece, RankedBy)]
    rest = [piece for piece in pieces if not isinstance(piece, Ranked | RankedBy)]
    if ranked is None:
        return None, None, rest
    if len(by) > 1:
        raise Unclear(by[1].start, by[1].end, "By one thing at a time.")
    again = next(
        (piece for piece in rest if isinstance(piece, Joint) and piece.subject and piece.word != "who"), None
    )
    if again:
        raise Unclear(again.start, again.end, _PLACE)
    if rest and isinstance(rest[0], Amount):
        raise Unclear(rest[0].start, rest[0].end, _PLACE)
    return ranked, by[0] if by else None, rest


def top(
    ranked: Ranked, by: RankedBy | None, among: dict[str, Any] | None, assumptions: list[Assumption]
) -> dict[str, Any]:
    """The node, with what was taken for granted added to the assumptions."""
    ranking = ranked.ranking
    if by is None and ranking.means:
        said = (ranked.start, ranked.end)
        ways = tuple((said, Say(name)) for name in ("by_orders", "by_recency"))
        assumptions.append(Assumption(ranking.means, *said, ways))
    if among is not None:
        assumptions.append(Assumption(f"The {ranked.many:,} are counted among those who fit the rest."))
    return {
        "type": "top", "n": ranked.many, "by": by.field if by else ranking.by, "direction": ranking.direction,
        "of": among or {"type": "everyone"},
    }  # fmt: skip
