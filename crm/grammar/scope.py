"""Where a sentence reads two ways: how far a "not", a time or an "and" reaches. Better asked than guessed."""

from crm.grammar.frames import Frame, Item
from crm.grammar.pieces import Bracket, Joint, Not, Say, Unclear, Way

MAX_DEPTH = 20
_EVENTS = frozenset({"orders", "visits", "logins", "activity", "signup"})
_REACH = "How far does the exception reach? Put brackets around it."
_LIST = frozenset({"and", "or", "comma"})


def tidy(items: list[Item]) -> list[Item]:
    """The items without connectives that connect nothing: leading "who", a closing full stop."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Joint):
            last = found[-1] if found else None
            opening = last is None or (isinstance(last, Bracket) and last.opens) or isinstance(last, Not)
            if (opening or isinstance(last, Joint)) and item.word in ("who", "with", "comma", "stop"):
                continue
            if isinstance(last, Joint) and last.word in ("comma", "stop"):
                found.pop()
        if isinstance(item, Bracket) and not item.opens:
            _drop_last(found)
        found.append(item)
    _drop_last(found)
    return found


def _drop_last(items: list[Item]) -> None:
    while items and isinstance(last := items[-1], Joint) and last.word in ("comma", "stop", "who", "with"):
        items.pop()


def check(items: list[Item]) -> None:
    """Raises Unclear for the first place that reads two ways."""
    _check_levels(items)
    for at, item in enumerate(items):
        if isinstance(item, Joint) and item.word == "and" and item.subject:
            hint = "People who are both, or people who are either? Say “who also”, or “or”."
            raise Unclear(item.start, item.end, hint, ways=[(Say("who"),), (Say("or"),)])
        if isinstance(item, Frame):
            joint = items[at + 1] if at + 1 < len(items) else None
            following = items[at + 2] if at + 2 < len(items) else None
            _check_exception(item, joint, following)
            if isinstance(joint, Frame):
                _check_neighbour(item, joint)
            if isinstance(joint, Joint) and isinstance(following, Frame):
                _check_not(item, joint, following)
                _check_shared(item, joint, following)
        if isinstance(item, Bracket) and not item.opens:
            _check_bracket(items, at)


def _check_levels(items: list[Item]) -> None:
    """Within each pair of brackets: a comma that may be "or", an "or" between two "with"."""
    levels: list[list[Joint]] = [[]]
    for item in items:
        if isinstance(item, Bracket):
            if item.opens:
                levels.append([])
                if len(levels) > MAX_DEPTH:
                    raise Unclear(item.start, item.end, "That is too many brackets.")
            elif len(levels) == 1:
                raise Unclear(item.start, item.end, "This bracket was not opened.")
            else:
                _check_level(levels.pop())
        elif isinstance(item, Joint):
            levels[-1].append(item)
    if len(levels) > 1:
        opened = next(item for item in items if isinstance(item, Bracket) and item.opens)
        raise Unclear(opened.start, opened.end, "A bracket is not closed.")
    _check_level(levels[0])


def _check_level(joints: list[Joint]) -> None:
    words = [joint.word for joint in joints]
    if "or" not in words:
        return
    first = words.index("or")
    comma = next((joint for joint in joints if joint.word == "comma"), None)
    if comma:
        hint = "Does the comma mean “and” or “or”? Write the word, or use brackets."
        raise Unclear(comma.start, comma.end, hint, ways=[(Say("and"),), (Say("or"),)])
    between = {"who", "with"}
    if between & set(words[:first]) and between & set(words[first + 1 :]) and not joints[first].subject:
        hint = "This reads two ways. Put brackets around what belongs together."
        raise Unclear(joints[0].start, joints[-1].end, hint)


def _leads(frame: Frame) -> bool:
    """Whether a "not" stands before the whole condition and may reach beyond it."""
    return bool(frame.nots) and frame.nots[0].start <= frame.start


def _check_exception(frame: Frame, following: Item | None, behind: Item | None) -> None:
    if not frame.nots or frame.nots[0].word != "except":
        return
    joined = isinstance(following, Joint) and following.word not in ("but", "stop")
    if joined and isinstance(behind, Frame):
        raise Unclear(frame.start, behind.end, _REACH, ways=_reaches(frame, behind))
    _check_end_of_exception(frame.start, frame.end, following)


def _check_end_of_exception(start: int, end: int, following: Item | None) -> None:
    closing = isinstance(following, Bracket) and not following.opens
    ends = isinstance(following, Joint) and following.word in ("but", "stop")
    if following is not None and not closing and not ends:
        raise Unclear(start, end, _REACH)


def _check_bracket(items: list[Item], at: int) -> None:
    """An exception in brackets has to end there too."""
    depth = 0
    for back in range(at, -1, -1):
        item = items[back]
        if isinstance(item, Bracket):
            depth += -1 if item.opens else 1
            if depth == 0:
                before = items[back - 1] if back else None
                if isinstance(before, Not) and before.word == "except":
                    _check_end_of_exception(before.start, items[at].end, _next(items, at))
                return


def _next(items: list[Item], at: int) -> Item | None:
    return items[at + 1] if at + 1 < len(items) else None


def _check_neighbour(frame: Frame, following: Frame) -> None:
    """ "not women from Pune", "vip gold" """
    if frame.named and following.named and frame.named.field == following.named.field:
        raise Unclear(frame.start, following.end, "“And”, or “or”? Write the word between them.")
    plain = frame.named or (frame.whole and frame.whole.condition.field == "gender")
    if _leads(frame) and plain and frame.nots[0].word == "not":
        hint = "How far does “not” reach? Put brackets around it."
        raise Unclear(frame.start, following.end, hint, ways=_reaches(frame, following))


def _check_not(frame: Frame, joint: Joint, following: Frame) -> None:
    """ "haven't ordered or logged in", "not vip, from Pune" """
    if not _leads(frame) or following.negated or joint.subject:
        return
    if joint.word in ("or", "comma"):
        hint = "Does “not” go for both? Repeat it, or put brackets around what belongs together."
        raise Unclear(frame.start, following.end, hint, ways=_reaches(frame, following))
    loose = frame.nots[0].word != "never" and frame.when is None and frame.amount is None
    alike = (_is_event(frame) and _is_event(following)) or (_is_having(frame) and _is_having(following))
    if joint.word == "and" and loose and alike:
        hint = "Does “not” go for both? Repeat it, or say “but”."
        raise Unclear(frame.start, following.end, hint, ways=_reaches(frame, following, joint))


def _check_shared(frame: Frame, joint: Joint, following: Frame) -> None:
    """ "ordered and logged in this month": the time may go for both"""
    if frame.negated and frame.nots[0].word == "never":
        return
    if frame.goods and following.goods and bool(frame.when) != bool(following.when) and not joint.subject:
        hint = "Does the time go for both? Say it with each."
        raise Unclear(frame.start, following.end, hint, ways=_timed(frame, following))
    lacks = _is_event(frame) and frame.when is None and frame.amount is None
    if joint.word in _LIST and not joint.subject and lacks and _is_event(following) and following.when:
        hint = "Does the time go for both? Say it with each."
        raise Unclear(frame.start, following.end, hint, ways=_timed(frame, following))


def _reaches(frame: Frame, following: Frame, joint: Joint | None = None) -> list[Way]:
    """A "not" that goes for both conditions, and one that ends with the first."""
    first, rest = frame.nots[0], (frame.end, following.end)
    said = (first.start, first.end)
    none: Way = (said, "(", (first.end, following.end), ")")
    if joint is not None:  # "no phone and e-mail": neither, rather than not both at once
        none = (said, "(", (first.end, joint.start), Say("or"), (joint.end, following.end), ")")
    return [none, ("(", (first.start, frame.end), ")", rest)]


def _timed(frame: Frame, following: Frame) -> list[Way]:
    """The time with each of two conditions, and with the one it stands in only."""
    timed = frame if frame.when else following
    if timed.when is None:
        return []
    time = (timed.when.start, timed.when.end)
    first, rest = (frame.start, frame.end), (frame.end, following.end)
    both: Way = (first, rest, time) if frame.when else (first, time, rest)
    return [both, ("(", first, ")", rest)]


def _is_having(frame: Frame) -> bool:
    """ "a phone", as in "no phone and e-mail" """
    return frame.only_topic and frame.meaning.text is not None


def _is_event(frame: Frame) -> bool:
    return frame.topic is not None and frame.topic.name in _EVENTS
