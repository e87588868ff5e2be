"""Values of the data in a prompt: "from Mumbai or Pune", "tagged vip", "women"."""

from dataclasses import dataclass

from crm.grammar.chunks import Chunk
from crm.grammar.goods import besides
from crm.grammar.lexicon import Kind
from crm.grammar.meanings import TEXT_FIELDS
from crm.grammar.pieces import Assumption, Cursor, Named, Piece, Unclear
from crm.grammar.values import Known, Values

PLACES = ("city", "country")
NAMED_FIELDS = ("city", "country", "gender", "tags")
_PASSING = (Kind.ARTICLE, Kind.NOISE)
_JOINERS = {Kind.AND: "and", Kind.OR: "or", Kind.NOR: "nor", Kind.COMMA: "list"}


@dataclass(frozen=True, slots=True)
class _One:
    field: str
    value: str
    start: int


class Naming:
    """Reads known values at a cursor. Text in quotation marks need not stand in the data; that is said."""

    def __init__(self, cursor: Cursor, text: str, values: Values, assumptions: list[Assumption]) -> None:
        self._at = cursor
        self._text = text
        self._values = values
        self._assumptions = assumptions

    def read(self, field: str | None) -> list[Piece] | None:
        """Values of one field that begin here; `field` is the one named just before. Raises Unclear."""
        start = self._at.at
        fields = (field,) if field in NAMED_FIELDS else None
        first = self._preposed() or self._tagged() or self._value(fields)
        if first is None:
            self._at.at = start
            return None
        return [self._list(start, first)]

    def place(self) -> list[Piece]:
        """The place that has to follow "outside". Raises Unclear."""
        start = self._at.at
        self._at.at += 1
        self._at.skip(*_PASSING)
        one = self._value(PLACES)
        if one is None:
            word = self._at.chunks[start]
            raise Unclear(word.start, word.end, "Outside of which city or country?")
        return [self._list(start + 1, one)]

    def required(self, field: str) -> Piece:
        """The values that have to follow "city =" or "tags contain". Raises Unclear."""
        self._at.skip(*_PASSING)
        start = self._at.at
        one = self._value((field,))
        if one is not None:
            return self._list(start, one)
        chunk = self._at.peek() or self._at.chunks[-1]
        self._at.at += 1
        hint = (
            self._tags_known() if field == "tags" else f"I know no such {field}. Put it into quotation marks."
        )
        raise Unclear(chunk.start, chunk.end, hint, unknown=True)

    def both(self, chunk: Chunk) -> str:
        """What to say where words of our own also stand in the data."""
        other = _told_apart(chunk.also[:1])
        return f"It is also a value of {_listing(chunk.also)} in the data: say {other} for that."

    def _list(self, start: int, first: _One) -> Piece:
        values, joiners = [first.value], []
        while True:
            here = self._at.at
            joiner = self._joiner()
            following = self._again(first.field) if joiner else None
            if joiner is None or following is None:
                self._at.at = here
                break
            values.append(following.value)
            joiners.append(joiner)
        begin, end = self._at.chunks[start].start, self._at.end()
        strong = {joiner for joiner in joiners if joiner != "list"}
        if len(strong) > 1:
            raise Unclear(begin, end, "“And”, or “or”? Use brackets.")
        joined = strong.pop() if strong else "list" if joiners else ""
        return Named(
            start=begin, end=end, field=first.field, values=tuple(values), joiner=joined, first=first.start
        )

    def _joiner(self) -> str | None:
        """The connective here; a comma before another one says nothing."""
        found = None
        while (chunk := self._at.peek()) and chunk.kind in _JOINERS:
            if found not in (None, "list"):
                return None
            found = _JOINERS[chunk.kind]
            self._at.at += 1
        return found

    def _again(self, field: str) -> _One | None:
        """Another value of the field, with the word before it said again or not."""
        self._at.skip(*_PASSING)
        if field in PLACES:
            self._at.accept(Kind.PREPOSITION, "in", "from", "place")
        if field == "tags":
            self._at.accept(Kind.TAGGED)
        if (
            (topic := self._at.peek())
            and topic.kind is Kind.TOPIC
            and TEXT_FIELDS.get(topic.value.topic) == field
        ):
            self._at.at += 1
        self._at.skip(*_PASSING)
        return self._value((field,), sure=False)

    def _preposed(self) -> _One | None:
        """from Pune, in the city of Pune, living in "Pune" """
        start = self._at.at
        if self._at.accept(Kind.PREPOSITION, "in", "from", "place") is None:
            return None
        self._at.skip(*_PASSING)
        topic = self._at.peek()
        named = TEXT_FIELDS.get(topic.value.topic) if topic and topic.kind is Kind.TOPIC else None
        if named in PLACES:
            self._at.at += 1
            self._at.accept(Kind.PREPOSITION, "of")
            self._at.skip(*_PASSING)
        found = self._value((named,) if named in PLACES else PLACES)
        unknown = self._at.peek()
        if found is None and unknown and unknown.kind is Kind.UNKNOWN:
            self._at.at += 1
            raise Unclear(
                unknown.start,
                unknown.end,
                "I know no such city or country. To use it all the same, say city is “…”.",
                unknown=True,
                ways=[(name,) for name in self._values.listed(named if named in PLACES else "city", 4)],
            )
        if found is None:
            self._at.at = start
        return found

    def _tagged(self) -> _One | None:
        word = self._at.accept(Kind.TAGGED)
        if word is None:
            return None
        self._at.skip(*_PASSING)
        found = self._value(("tags",))
        if found is None:
            chunk = self._at.peek()
            self._at.at += 1
            here = chunk if chunk and chunk.kind in (Kind.UNKNOWN, Kind.VAGUE) else word
            tags = [(tag,) for tag in self._values.listed("tags", 4)] if here is not word else ()
            raise Unclear(here.start, here.end, self._tags_known(), unknown=here is not word, ways=tags)
        return found

    def _tags_known(self) -> str:
        some = ", ".join(self._values.listed("tags"))
        return f"Tags in the data: {some}." if some else "No customer has a tag yet."

    def _value(self, fields: tuple[str, ...] | None, *, sure: bool = True) -> _One | None:
        """One value here that is of one of the fields; `sure` asks where it is of several."""
        chunk = self._at.peek()
        if chunk is None:
            return None
        if chunk.kind is Kind.QUOTED:
            return self._quoted(chunk, fields)
        if chunk.kind is Kind.CONDITION and chunk.value.field == "gender":
            plain = not besides(chunk) and (fields is None or "gender" in fields)
            found = (
                [Known("gender", chunk.value.value)] if plain else _of(chunk.also, fields) if fields else []
            )
        elif chunk.kind is Kind.VALUE:
            found = _of(chunk.value, fields)
        else:
            found = _of(chunk.also, fields) if fields else []
        if not found or (len(found) > 1 and not sure):
            return None
        self._at.at += 1
        if len(found) > 1:
            hint = f"It is a value of {_listing(found)}: say {_told_apart(found)}."
            ways = [(_said(one),) for one in found]
            raise Unclear(chunk.start, chunk.end, hint, ways=ways)
        return _One(found[0].field, found[0].value, chunk.start)

    def _quoted(self, chunk: Chunk, fields: tuple[str, ...] | None) -> _One | None:
        asked = fields or NAMED_FIELDS
        found = {field: value for field in asked if (value := self._values.find(chunk.value, field))}
        if len(found) == 1:
            ((field, value),) = found.items()
        elif fields and len(fields) == 1 and chunk.value:
            field, value = fields[0], chunk.value
            sentence = f"“{value}” is not among the values of {field} that I know of."
            self._assumptions.append(Assumption(sentence))
        else:
            return None
        self._at.at += 1
        return _One(field, value, chunk.start)


def _of(known: tuple[Known, ...], fields: tuple[str, ...] | None) -> list[Known]:
    return [one for one in known if fields is None or one.field in fields]


def _listing(known: list[Known] | tuple[Known, ...]) -> str:
    return " and ".join(one.field for one in known)


def _told_apart(known: list[Known] | tuple[Known, ...]) -> str:
    """How to say which one is meant."""
    return " or ".join(f"“{_said(one)}”" for one in known)


def _said(known: Known) -> str:
    return f"{'tagged' if known.field == 'tags' else known.field} {known.value}"
