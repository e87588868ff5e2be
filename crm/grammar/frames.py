"""Pieces gathered into frames: what belongs to one condition, in whatever order it was said."""

from dataclasses import dataclass, field, replace

from crm.grammar.goods import GOODS
from crm.grammar.meanings import MEANINGS, Meaning
from crm.grammar.pieces import (
    Amount,
    Bracket,
    Counted,
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
    Way,
    When,
    Whole,
)


@dataclass(slots=True)
class Frame:
    """The pieces of one condition. `filled` where its topic was taken from a neighbour."""

    nots: list[Not] = field(default_factory=list)
    topic: Topic | None = None
    amount: Amount | None = None
    when: When | None = None
    named: Named | None = None
    goods: Named | None = None
    literal: Literal | None = None
    presence: Presence | None = None
    whole: Whole | None = None
    counted: bool = False
    filled: bool = False
    start: int = -1
    end: int = -1

    @property
    def empty(self) -> bool:
        """Whether nothing but negations is in it yet."""
        parts = (
            self.topic, self.amount, self.when, self.named, self.goods, self.literal, self.presence,
            self.whole,
        )  # fmt: skip
        return all(part is None for part in parts)

    @property
    def only_topic(self) -> bool:
        """Whether it names a topic and says nothing of it."""
        parts = (self.amount, self.when, self.named, self.goods, self.literal, self.presence, self.whole)
        return self.topic is not None and all(part is None for part in parts)

    @property
    def meaning(self) -> Meaning:
        """What its topic means; one of nothing where it has none."""
        return MEANINGS[self.topic.name] if self.topic else Meaning()

    @property
    def negated(self) -> bool:
        return bool(self.nots)


Item = Frame | Joint | Bracket | Not


def gather(pieces: list[Piece]) -> list[Item]:
    """Frames, connectives, brackets and the negations of brackets, in order. Raises Unclear."""
    gatherer = _Gatherer(pieces)
    gatherer.run()
    return gatherer.items


class _Gatherer:
    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces
        self._frame = Frame()
        self.items: list[Item] = []

    def run(self) -> None:
        for at, piece in enumerate(self._pieces):
            match piece:
                case Everybody():
                    pass
                case Joint():
                    self._close()
                    self.items.append(piece)
                case Bracket():
                    self._bracket(piece)
                case Not():
                    self._negate(piece, at)
                case _:
                    if not fits(self._frame, piece):
                        self._close()
                    self._add(piece)
        self._close()

    def _bracket(self, bracket: Bracket) -> None:
        if bracket.opens and self._frame.empty:
            self.items += self._frame.nots
            self._frame = Frame()
        self._close()
        self.items.append(bracket)

    def _negate(self, negation: Not, at: int) -> None:
        """A negation within a condition ("city is not Pune") or before the next one."""
        if self._frame.only_topic and not self._frame.nots:
            following = self._pieces[at + 1] if at + 1 < len(self._pieces) else None
            inside = following is not None and not isinstance(following, Not | Joint | Bracket | Everybody)
            if inside and following is not None and fits(self._frame, following):
                self._frame.nots.append(negation)
                self._frame.end = negation.end
                return
        if self._belongs(negation, at):
            self._frame.nots.append(negation)
            self._frame.end = negation.end
            return
        if not self._frame.empty:
            self._close()
        if self._frame.nots:
            raise Unclear(
                self._frame.nots[0].start, negation.end, "Two negations at once: which one is meant?"
            )
        self._frame.nots.append(negation)
        self._frame.start, self._frame.end = negation.start, negation.end

    def _belongs(self, negation: Not, at: int) -> bool:
        """Whether a "not" goes with what stands before it: "seit 6 Monaten nicht bestellt" """
        frame = self._frame
        if negation.word != "not" or frame.nots or frame.named or frame.whole or frame.literal:
            return False
        following = self._pieces[at + 1] if at + 1 < len(self._pieces) else None
        if frame.topic is None:
            behind = isinstance(following, Topic) and following.form == "verb"
            return behind and frame.when is not None and following is not None and fits(frame, following)
        last = (
            following is None
            or isinstance(following, Joint)
            or (isinstance(following, Bracket) and not following.opens)
        )
        return last and frame.topic.form != "label"

    def _add(self, piece: Piece) -> None:
        frame = self._frame
        match piece:
            case Topic():
                frame.topic = piece if frame.topic is None else frame.topic
            case Amount():
                frame.amount = piece
            case Counted():
                frame.amount, frame.topic, frame.counted = piece.amount, piece.topic, True
            case When():
                frame.when = piece
            case Named() if piece.field in GOODS:
                frame.goods = piece
            case Named():
                frame.named = piece
            case Literal():
                frame.literal = piece
            case Presence():
                frame.presence = piece
            case Whole():
                frame.whole = piece
        frame.start = piece.start if frame.start < 0 else frame.start
        frame.end = max(frame.end, piece.end)

    def _close(self) -> None:
        frame, self._frame = self._frame, Frame()
        if not frame.empty:
            self.items.append(frame)
        elif frame.nots:
            raise Unclear(frame.start, frame.end, "Not what?")


def fits(frame: Frame, piece: Piece) -> bool:
    """Whether the piece can be part of the condition that the frame holds."""
    if frame.empty:
        return True
    if frame.whole is not None:
        return False
    match piece:
        case Topic():
            return _topic_fits(frame, piece)
        case Amount():
            free = frame.amount is None and not (frame.named or frame.literal or frame.presence)
            return free and (frame.topic is None or bool(frame.meaning.amount or frame.meaning.count))
        case Counted():
            return frame.when is not None and frame.topic is None and frame.amount is None
        case When():
            free = frame.when is None and not (frame.named or frame.literal or frame.presence)
            return free and (frame.topic is None or not frame.meaning.text) and frame.meaning.amount != "age"
        case Named() if piece.field in GOODS:
            taken = frame.goods or frame.named or frame.literal or frame.presence
            return not taken and (frame.topic is None or frame.topic.name in ("orders", "spent"))
        case Named():
            free = not (frame.named or frame.literal or frame.presence or frame.amount or frame.when)
            return free and not frame.goods and frame.meaning.text == piece.field
        case Literal():
            free = not (frame.named or frame.literal or frame.presence or frame.amount or frame.when)
            return free and frame.meaning.text is not None and piece.field in (None, frame.meaning.text)
        case Presence():
            return frame.only_topic
        case _:
            return False


def _topic_fits(frame: Frame, topic: Topic) -> bool:
    if frame.topic is not None or frame.presence is not None:
        return False
    if frame.goods is not None:
        return topic.name in ("orders", "spent")
    meaning = MEANINGS[topic.name]
    if frame.named is not None:
        return meaning.text == frame.named.field
    if frame.literal is not None:
        return meaning.text is not None and meaning.text == frame.literal.field
    if frame.amount is not None and not (meaning.amount or meaning.count):
        return False
    return frame.when is None or not meaning.text


def fill(items: list[Item]) -> None:
    """Give frames without a topic the one of the condition they are joined to. Raises Unclear.

    "spent over 1000 but less than 5000" takes it from before, "more than 3 but fewer than 10 orders" from
    behind. Two candidates, or none, are asked about.
    """
    for at, item in enumerate(items):
        if not isinstance(item, Frame) or not _lacks_topic(item):
            continue
        if item.amount and at and _is_age(items[at - 1], item.amount):
            item.amount, item.filled = replace(item.amount, of_age=True), True
            continue
        before = items[at - 2] if at >= 2 and isinstance(items[at - 1], Joint) else None
        behind = items[at + 2] if at + 2 < len(items) and isinstance(items[at + 1], Joint) else None
        earlier = before if isinstance(before, Frame) and _gives(before, item) else None
        later = (
            behind
            if isinstance(behind, Frame) and not _lacks_topic(behind) and _gives(behind, item)
            else None
        )
        if later and item.when and not item.amount:
            later = None  # "in March and ordered in May": a time is never filled from behind
        if item.goods and any(negation.word == "without" for negation in item.nots):
            raise Unclear(item.start, item.end, "Not in that order, or never? Say “but never bought …”.")
        source = earlier or later
        if source is None or source.topic is None or (earlier and later and _differ(earlier, later)):
            raise Unclear(item.start, item.end, _what(item), ways=_about(item))
        item.topic, item.counted, item.filled = replace(source.topic), source.counted, True
        if item.amount and item.amount.unit is None and source.amount:
            item.amount = replace(item.amount, unit=source.amount.unit)


def _is_age(before: Item, amount: Amount) -> bool:
    """ "men over 30": a number right behind a person, that may be years"""
    person = isinstance(before, Frame) and before.named is not None and before.named.field == "gender"
    return person and amount.unit is None and amount.comparison != "bare" and 5 <= amount.low <= 120


def _lacks_topic(frame: Frame) -> bool:
    if frame.topic or frame.named or frame.literal or frame.whole:
        return False
    return not (frame.amount and (frame.amount.of_age or frame.amount.unit == "age"))


def _gives(source: Frame, frame: Frame) -> bool:
    if source.topic is None:
        return False
    if frame.goods and not frame.amount:
        return source.topic.name == "orders" and (source.goods is not None or not source.amount)
    if frame.amount:
        money = frame.amount.unit == "money"
        return source.amount is not None and not frame.when and not (money and not source.meaning.amount)
    return frame.when is not None and source.meaning.when is not None


def _differ(one: Frame, other: Frame) -> bool:
    return one.meaning != other.meaning


def _about(frame: Frame) -> list[Way]:
    """What a number or a time by itself may be about."""
    said = (frame.start, frame.end)
    if frame.goods:
        return [(Say("ordered"), said)]
    if frame.amount:
        return [(Say("spent"), said), (said, Say("orders")), (Say("aged"), said)]
    return [way for word in ("ordered", "signed_up", "last_active") for way in ((Say(word), said),)]


def _what(frame: Frame) -> str:
    if frame.goods:
        return "What about it? Say “bought …” or “never bought …”."
    if frame.amount:
        return "Of what? Say for example “spent over 1000”, “at least 3 orders” or “aged over 30”."
    return "What happened then? Say for example “ordered”, “signed up” or “last active”."
