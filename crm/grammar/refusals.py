"""What is asked about a chunk that no reader takes."""

from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Kind, Vague
from crm.grammar.pieces import Unclear, Way

_HINTS = {
    Kind.COMPARE: "A number is missing behind it.",
    Kind.PERCENT: "For a share of all customers say “a random 10 %”.",
    Kind.RANDOM: "For a share of all customers say “a random 10 %”.",
    Kind.ONLY: "Say it without this word: nothing else is meant than what you say.",
    Kind.MONTH: "Say “in March 2025”, “before March” or a whole date.",
    Kind.GOODS: "Say what was bought: “bought Mug”, “ordered from the category Kitchen”.",
    Kind.RANK: "Say how many and by what: “top 50 by spend”, or how much: “spent more than 10,000”.",
    Kind.WINDOW: "Say a length of time, such as “in the last 30 days”.",
}
_RANKED = ("10", "50", "100")


def refused(chunk: Chunk) -> Unclear:
    """The question about words that can't be used where they stand."""
    hint, ways = _HINTS.get(chunk.kind, ""), tuple[Way, ...]()
    if chunk.kind is Kind.VAGUE:
        vague: Vague = chunk.value
        hint, ways = vague.hint, tuple((way,) for way in vague.ways)
    elif chunk.kind is Kind.RANK:
        ways = tuple((many, (chunk.start, chunk.end)) for many in _RANKED)
    return Unclear(chunk.start, chunk.end, hint, unknown=True, ways=ways)
