"""Chunks to pieces. Whatever is not accepted by one of the readers becomes a question."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from crm.grammar import mail, ranking
from crm.grammar.amounts import Amounts
from crm.grammar.chunks import Chunk, rechunk
from crm.grammar.cut import Cut
from crm.grammar.goods import Goods, besides
from crm.grammar.lexicon import Kind, Lexicon, WholeCondition
from crm.grammar.meanings import TEXT_FIELDS
from crm.grammar.naming import NAMED_FIELDS, Naming
from crm.grammar.pieces import (
    Assumption,
    Bracket,
    Counted,
    Cursor,
    Everybody,
    Joint,
    Literal,
    Named,
    Not,
    Piece,
    Presence,
    Say,
    Topic,
    Unclear,
    Whole,
)
from crm.grammar.refusals import refused
from crm.grammar.times import Times
from crm.grammar.values import Values

_JOINTS = {
    Kind.AND: "and", Kind.OR: "or", Kind.BUT: "but", Kind.WHO: "who", Kind.WITH: "with", Kind.COMMA: "comma",
    Kind.STOP: "stop",
}  # fmt: skip
_PASSING = frozenset({Kind.ARTICLE, Kind.NOISE})
_NEGATORS = {Kind.NOT: "not", Kind.NEVER: "never", Kind.WITHOUT: "without", Kind.EXCEPT: "except"}
_NARROWING = frozenset({Kind.SUBJECT, Kind.CONDITION, Kind.VALUE, Kind.WHO, Kind.STOP, Kind.ALL, Kind.NOISE})
_WHOM = frozenset({Kind.SUBJECT, Kind.VALUE, Kind.CONDITION, Kind.ALL})
_EQUALITY = {"eq": "equals", "ne": "notEquals"}


class Reader:
    """One walk over the chunks of a prompt."""

    def __init__(
        self,
        chunks: list[Chunk],
        text: str,
        words: Lexicon,
        values: Values,
        cut: Cut,
        *,
        today: date,
        currency: str,
    ) -> None:
        self.pieces: list[Piece] = []
        self.unclear: list[Unclear] = []
        self.assumptions: list[Assumption] = []
        self._text = text
        self._words = words
        self._values = values
        self._cut = cut
        self._at = Cursor(chunks)
        self._times = Times(self._at, text, today, self.assumptions)
        self._amounts = Amounts(self._at, text, currency)
        self._goods = Goods(self._at, values, self.assumptions)
        self._naming = Naming(self._at, text, values, self.assumptions)

    def read(self) -> None:
        """Fill `pieces`, `unclear` and `assumptions`."""
        readers: tuple[Callable[[], list[Piece] | None], ...] = (
            self._share, self._ranking, self._time, self._bought, self._amount, self._names,
            self._joint, self._negation, self._everybody,
            self._topic, self._text_value, self._simple,
        )  # fmt: skip
        few = {Kind.OPEN: readers[-1:], Kind.CLOSE: readers[-1:], Kind.UNKNOWN: readers[-2:]}
        while not self._at.done:
            start = self._at.at
            try:
                for reader in few.get(self._at.chunks[start].kind, readers):
                    found = reader()
                    if found is not None:
                        self.pieces += found
                        break
                    self._at.at = start
                else:
                    self._refuse()
            except Unclear as unclear:
                self.unclear.append(unclear)
                self._at.at = max(self._at.at, start + 1)

    def _refuse(self) -> None:
        chunk = self._at.chunks[self._at.at]
        self._at.at += 1
        self.unclear.append(refused(chunk))

    def _share(self) -> list[Piece] | None:
        """random 10 % of …"""
        start = self._at.accept(Kind.RANDOM)
        number = self._at.accept(Kind.NUMBER) if start else None
        if start is None or number is None or not self._at.accept(Kind.PERCENT):
            return None
        share = number.value.value * 100
        if not 0 < share <= 10_000 or share != int(share):
            raise Unclear(start.start, self._at.end(), "A share is more than 0 % and at most 100 %.")
        part = WholeCondition("bucket", "lessThan", int(share), None)
        return [Whole(start=start.start, end=self._at.end(), condition=part)]

    def _ranking(self) -> list[Piece] | None:
        found = ranking.read(self._at, self.pieces) or ranking.read_by(self._at, self.pieces)
        return [found] if found else None

    def _bought(self) -> list[Piece] | None:
        chunk, last = self._at.chunks[self._at.at], self._last()
        if isinstance(last, Topic) and last.name == "orders" and len(besides(chunk)) < len(chunk.also):
            raise Unclear(chunk.start, chunk.end, self._naming.both(chunk))
        found = self._goods.read()
        return [found] if found else None

    def _time(self) -> list[Piece] | None:
        found = self._times.read()
        return [found] if found else None

    def _amount(self) -> list[Piece] | None:
        amount = self._amounts.read()
        if amount is None:
            return None
        self._at.skip(*_PASSING)
        chunk = self._at.peek()
        if (
            chunk
            and chunk.kind is Kind.TOPIC
            and chunk.value.form in ("noun", "either")
            and amount.unit is None
        ):
            self._at.at += 1
            topic = Topic(start=chunk.start, end=chunk.end, name=chunk.value.topic, form="noun")
            amount = self._amounts.behind_noun(amount)
            return [Counted(start=amount.start, end=self._at.end(), amount=amount, topic=topic)]
        return [amount]

    def _names(self) -> list[Piece] | None:
        topic = self._topic_before()
        return self._naming.read(TEXT_FIELDS.get(topic.name) if topic else None)

    def _topic_before(self) -> Topic | None:
        """The topic just before, "not" between or none: "city is not Pune"."""
        for piece in reversed(self.pieces):
            if not isinstance(piece, Not):
                return piece if isinstance(piece, Topic) else None
        return None

    def _joint(self) -> list[Piece] | None:
        """A run of connectives, read as one: ", and who" joins like "and" """
        start = self._at.peek()
        found: list[str] = []
        while (chunk := self._at.peek()) and chunk.kind in _JOINTS:
            found.append(_JOINTS[chunk.kind])
            self._at.at += 1
            here = self._at.at
            self._at.skip(*_PASSING)
            if (following := self._at.peek()) is None or following.kind not in _JOINTS:
                self._at.at = here
        if start is None or not found:
            return None
        strong = [word for word in dict.fromkeys(found) if word in ("and", "or", "but")]
        if len(strong) > 1 and "or" in strong:
            ways = [(Say("and"),), (Say("or"),)]
            raise Unclear(start.start, self._at.end(), "“And”, or “or”?", ways=ways)
        word = "but" if "but" in strong else strong[0] if strong else _looser(found)
        comma = "comma" in found or "stop" in found
        if word in ("who", "with") and self.pieces and isinstance(self.pieces[-1], Not):
            return []  # "except those who …"
        joint = Joint(
            start=start.start, end=self._at.end(), word=word, comma=comma, subject=self._subject_ahead()
        )
        return [joint]

    def _subject_ahead(self) -> bool:
        ahead = 0
        while self._at.sees(Kind.ARTICLE, ahead=ahead) or self._at.sees(Kind.ALL, ahead=ahead):
            ahead += 1
        return self._at.sees(Kind.SUBJECT, ahead=ahead)

    def _negation(self) -> list[Piece] | None:
        chunk = self._at.peek()
        if chunk is None:
            return None
        self._at.at += 1
        place = Not(start=chunk.start, end=chunk.end, word=_NEGATORS.get(chunk.kind, "not"))
        if chunk.kind is Kind.NOR:
            joint = Joint(start=chunk.start, end=chunk.end, word="and")
            return [joint, Not(start=chunk.start, end=chunk.end, word="nor")]
        if chunk.kind is Kind.OUTSIDE:
            self._at.at -= 1
            return [place, *self._naming.place()]
        if chunk.kind not in _NEGATORS:
            return None
        looser = {Kind.WITHOUT: "with", Kind.EXCEPT: "but"}.get(chunk.kind)
        bare = isinstance(last := self._last(), Topic) and last.name == "orders" and last.form != "noun"
        if bare and chunk.kind is Kind.WITHOUT:  # "bought no Mug"
            return [place]
        if looser and self.pieces and not isinstance(self.pieces[-1], Joint | Not | Bracket | Everybody):
            return [Joint(start=chunk.start, end=chunk.start, word=looser), place]
        return [place]

    def _everybody(self) -> list[Piece] | None:
        chunk = self._at.accept(Kind.ALL)
        if chunk is None:
            return None
        here = self._at.at
        self._at.skip(Kind.ARTICLE)
        ahead = self._at.peek()
        whole = (
            self._text[chunk.start : chunk.end].lower().startswith("every") and chunk.end - chunk.start > 5
        )
        active = ahead and ahead.kind is Kind.TOPIC and ahead.value.topic in ("activity", "inactivity")
        if not (whole or active or (ahead is not None and ahead.kind in _NARROWING)):
            ways = [(Say("everyone"),)]
            raise Unclear(chunk.start, chunk.end, "All of what? “All customers” is everyone.", ways=ways)
        self._at.at = here
        negated = self.pieces and isinstance(self.pieces[-1], Not)
        if negated:
            raise Unclear(
                self.pieces[-1].start, chunk.end, "That would be nobody. Whom do you want to leave out?"
            )
        return [Everybody(start=chunk.start, end=chunk.end)]

    def _topic(self) -> list[Piece] | None:
        chunk = self._at.accept(Kind.TOPIC)
        if chunk is None:
            return None
        if besides(chunk):
            raise Unclear(chunk.start, chunk.end, self._naming.both(chunk))
        word = chunk.value
        evidence = self._evidence()
        return [Topic(start=chunk.start, end=chunk.end, name=word.topic, form=word.form, evidence=evidence)]

    def _evidence(self) -> bool:
        """Whether "with", "have" or "no" stands before, or before what "and" joins to here."""
        at = self._at.at - 2
        while at >= 0 and self._at.chunks[at].kind in _PASSING:
            at -= 1
        if at >= 0 and self._at.chunks[at].kind in (Kind.HAVE, Kind.WITH, Kind.WITHOUT):
            return True
        last = self.pieces[-2:]
        return (
            len(last) == 2
            and isinstance(last[0], Topic)
            and last[0].evidence
            and isinstance(last[1], Joint)
            and last[1].word in ("and", "or", "comma", "but")
        )

    def _text_value(self) -> list[Piece] | None:
        """contains "x", = Pune, gmail.com, named Priya — after the field's name or with it in the word"""
        chunk = self._at.peek()
        if chunk is None:
            return None
        topic = self._topic_before()
        is_text = topic is not None and topic.name in TEXT_FIELDS
        if topic and is_text and chunk.kind in (Kind.TEXT_OPERATOR, Kind.COMPARE):
            return self._compared_text(chunk, TEXT_FIELDS[topic.name])
        if chunk.kind is Kind.QUOTED and is_text:
            return [self._literal("equals", chunk.start)]
        if topic and topic.name == "externalid" and chunk.kind in (Kind.UNKNOWN, Kind.NUMBER):
            return [self._literal("equals", chunk.start)]
        if chunk.kind is Kind.NAMED:
            self._at.at += 1
            return [self._name(chunk)]
        if chunk.kind is Kind.ADDRESS and mail.NEEDS_DOMAIN.fullmatch(chunk.value):
            self._at.at += 1
            found = mail.literal(chunk)
            self.assumptions += mail.doubts(chunk)
            return [replace(found, domain=False) if self._at.accept(Kind.MAILBOX) else found]
        return None

    def _compared_text(self, chunk: Chunk, field: str) -> list[Piece] | None:
        """contains "x", = Pune, != vip; what is compared whole has to be a known value or quoted"""
        operator = _EQUALITY.get(chunk.value, chunk.value)
        if operator not in ("equals", "notEquals", "contains", "startsWith", "endsWith"):
            return None
        self._at.at += 1
        if field not in NAMED_FIELDS or (field != "tags" and chunk.kind is Kind.TEXT_OPERATOR):
            return [self._literal(operator, chunk.start)]
        if field == "tags" and operator in ("startsWith", "endsWith"):
            raise Unclear(chunk.start, chunk.end, "Tags are compared whole: say “tagged …”.")
        negation = [Not(start=chunk.start, end=chunk.end, word="not")] if operator == "notEquals" else []
        return [*negation, self._naming.required(field)]

    def _name(self, chunk: Chunk) -> Literal:
        quoted = self._at.sees(Kind.QUOTED)
        found = self._literal("equals" if quoted else "contains", chunk.start)
        if not quoted:
            sentence = f"Everyone whose name contains “{found.text}” is meant."
            words = self._text[found.start : found.end].removesuffix(found.text)
            exactly = ((f"{words}“{found.text}”",),)
            self.assumptions.append(Assumption(sentence, found.start, found.end, exactly))
        return Literal(
            start=found.start, end=found.end, operator=found.operator, text=found.text, field="name"
        )

    def _literal(self, operator: str, start: int) -> Literal:
        quoted = self._at.accept(Kind.QUOTED)
        if quoted:
            if not quoted.value:
                raise Unclear(quoted.start, quoted.end, "There is nothing between the quotation marks.")
            return Literal(start=start, end=quoted.end, operator=operator, text=quoted.value)
        chunk = self._at.peek()
        if chunk is None:
            raise Unclear(start, self._at.end(), "Say which text, in quotation marks.")
        run = re.match(r"\S+", self._text[chunk.start :])
        text = run.group().rstrip(",.;!?)") if run else ""
        end = chunk.start + len(text)
        while (inside := self._at.peek()) and inside.start < end:
            self._at.at += 1
        if not text or '"' in text or self._at.end() != end:
            raise Unclear(start, self._at.end(), "Put the text into quotation marks.")
        return Literal(start=start, end=end, operator=operator, text=text)

    def _simple(self) -> list[Piece] | None:
        """Single chunks that are a piece, and those that say nothing by themselves"""
        chunk = self._at.chunks[self._at.at]
        self._at.at += 1
        match chunk.kind:
            case Kind.OPEN | Kind.CLOSE:
                return [Bracket(start=chunk.start, end=chunk.end, opens=chunk.kind is Kind.OPEN)]
            case Kind.PRESENT | Kind.ABSENT:
                return [Presence(start=chunk.start, end=chunk.end, known=chunk.kind is Kind.PRESENT)]
            case Kind.CONDITION if not besides(chunk):
                return [Whole(start=chunk.start, end=chunk.end, condition=chunk.value)]
            case Kind.CONDITION:
                raise Unclear(chunk.start, chunk.end, self._naming.both(chunk))
            case Kind.COMPARED if " " in self._text[chunk.start : chunk.end]:
                self._at.chunks = self._again(chunk)
                self._at.at -= 1
                return []
            case Kind.PREPOSITION if chunk.value in ("in", "from", "at", "on", "place") and self._leads_on():
                return []
            case Kind.PREPOSITION if (
                chunk.value == "behind" and self.pieces and isinstance(self.pieces[-1], Named)
            ):
                return []
            case Kind.PREPOSITION if chunk.value == "of" and self._measures():
                return []
            case Kind.ONLY if self._restricts():
                return []
            case Kind.QUOTED:
                raise Unclear(
                    chunk.start, chunk.end, "Say which field this text is of, such as “name” or “city”."
                )
            case Kind.ARTICLE | Kind.NOISE | Kind.LEAD | Kind.HAVE | Kind.SUBJECT:
                return []
            case _:
                return None

    def _last(self) -> Piece | None:
        return self.pieces[-1] if self.pieces else None

    def _measures(self) -> bool:
        """ "spend of at least 500" """
        following = self._at.peek()
        compared = following is not None and following.kind in (Kind.COMPARE, Kind.CURRENCY, Kind.NUMBER)
        return compared and bool(self.pieces) and isinstance(self.pieces[-1], Topic)

    def _restricts(self) -> bool:
        """ "only women", before anything else is said: it adds nothing"""
        following = self._at.peek()
        plain = following is not None and following.kind in _WHOM
        return plain and not self.pieces

    def _leads_on(self) -> bool:
        """Whether what follows reads the same without the preposition: "on gmail", "from (Pune or Delhi)" """
        self._at.skip(*_PASSING)
        ahead = self._at.peek()
        return (
            self._at.sees(Kind.OPEN)
            or self._at.sees(Kind.ADDRESS)
            or (ahead is not None and ahead.kind is Kind.CONDITION and ahead.value.field == "email")
        )

    def _again(self, chunk: Chunk) -> list[Chunk]:
        """The chunks with those from this one on cut anew, its first word by itself."""
        again = self._cut.placed(rechunk(chunk, self._cut.plain, self._words, self._values))
        return [*self._at.chunks[: self._at.at - 1], *again]


def _looser(found: list[str]) -> str:
    return next((word for word in ("stop", "who", "with") if word in found), "comma")
