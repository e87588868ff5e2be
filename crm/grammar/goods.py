"""What people bought, as the data call it: "a Mug or Perfume", "from the Kitchen category"."""

from crm.grammar.chunks import Chunk
from crm.grammar.lexicon import Kind
from crm.grammar.pieces import Assumption, Cursor, Named, Unclear
from crm.grammar.values import Known, Values

GOODS = ("product", "category")
_PASSING = (Kind.ARTICLE, Kind.NOISE)
_JOINERS = {Kind.AND: "and", Kind.OR: "or", Kind.NOR: "nor", Kind.COMMA: "list"}


def besides(chunk: Chunk) -> tuple[Known, ...]:
    """What else the words of a chunk may be, but for goods: these need "category" or "product" beside them
    where the words mean something anyway, as "women" does."""
    return tuple(one for one in chunk.also if one.field not in GOODS)


class Goods:
    """Reads products and categories at a cursor. Those that nobody ordered can be quoted; that is said."""

    def __init__(self, cursor: Cursor, values: Values, assumptions: list[Assumption]) -> None:
        self._at = cursor
        self._values = values
        self._assumptions = assumptions

    def read(self) -> Named | None:
        """The goods that begin here, or None. Raises Unclear."""
        start = self._at.at
        first = self._one(None)
        if first is None:
            return None
        values, joiners = [first[1]], set()
        while True:
            here = self._at.at
            joiner = self._joiner()
            following = self._one(first[0]) if joiner else None
            if following is None:
                self._at.at = here
                break
            values.append(following[1])
            joiners.add(joiner)
        begin, end = self._at.chunks[start].start, self._at.end()
        joiners -= {"list"} if len(joiners) > 1 else set()
        if len(joiners) > 1:
            raise Unclear(begin, end, "“And”, or “or”? Use brackets.")
        joiner = joiners.pop() if joiners else ""
        return Named(
            start=begin, end=end, field=first[0], values=tuple(dict.fromkeys(values)), joiner=joiner or ""
        )

    def _joiner(self) -> str | None:
        found = None
        while (chunk := self._at.peek()) and chunk.kind in _JOINERS and found in (None, "list"):
            found = _JOINERS[chunk.kind]
            self._at.at += 1
        return found

    def _one(self, field: str | None) -> tuple[str, str] | None:
        """The field and one value of it; a word such as "category" may stand on either side."""
        if not self._at.accept(Kind.PREPOSITION, "of", "from", "in", "on"):
            self._at.accept(Kind.WITH)  # "2 orders with Mug"
        self._at.skip(*_PASSING)
        word = self._at.accept(Kind.GOODS)
        if word:
            self._at.accept(Kind.COMPARE, "eq")
            self._at.skip(*_PASSING)
        asked = (word.value,) if word and word.value in GOODS else GOODS
        found = self._value(asked, named=word is not None)
        if found is None and word:
            raise Unclear(word.start, word.end, "Which one? Say its name as it stands in the orders.")
        if found is None or (field and found[0] != field):
            return None
        behind = self._at.accept(Kind.GOODS)
        if behind and behind.value == "category" and found[0] != "category":
            raise Unclear(behind.start, behind.end, f"{found[1]} is a product.")
        return found

    def _value(self, asked: tuple[str, ...], *, named: bool) -> tuple[str, str] | None:
        chunk = self._at.peek()
        if chunk is None:
            return None
        if chunk.kind is Kind.QUOTED and named and len(asked) == 1 and chunk.value:
            self._at.at += 1
            return asked[0], self._quoted(asked[0], chunk.value)
        known = chunk.value if chunk.kind is Kind.VALUE else chunk.also if named else ()
        ours = [one for one in known if one.field in asked]
        if not ours or (len(ours) < len(known) and not named):
            return None
        self._at.at += 1
        if len(ours) > 1:
            name = ours[0].value
            hint = f"It is a product and a category: say “product {name}” or “category {name}”."
            raise Unclear(chunk.start, chunk.end, hint)
        return ours[0].field, ours[0].value

    def _quoted(self, field: str, text: str) -> str:
        known = self._values.find(text, field)
        if known is None:
            sentence = f"“{text}” is not among the values of {field} that I know of."
            self._assumptions.append(Assumption(sentence))
        return known or text
