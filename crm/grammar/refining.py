"""A follow-up applied to the rule tree that stands there: narrowed, widened, changed, or a part taken out.

    refine("only those in Pune", turn, tree, read, words)    # a Reading: the whole rule, or a question

Trees are JSON of the rule language. The tree that is given is never changed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crm.grammar import parts, retiming
from crm.grammar.conditions import Node, group, negate
from crm.grammar.lexicon import Lexicon
from crm.grammar.reading import Assumed, Question, Reading, numbered
from crm.grammar.turns import Turn

Read = Callable[[str], Reading]
UNDO = "undo"


def refine(text: str, turn: Turn, tree: Node, read: Read, words: Lexicon) -> Reading | None:
    """What a follow-up makes of the tree; None where it turns out to be a prompt of its own.

    `read` reads a prompt by itself. The reading's text is the whole follow-up, its questions are in it.
    """
    said = text[turn.start : turn.end]
    if turn.kind == UNDO:
        return Reading(text=text, turn=UNDO, understood=True)
    root = parts.plain(tree)
    if turn.kind == "remove":
        found = _removed(said, root, read, words)
        return found and _placed(found, text, turn)
    if turn.kind == "change":
        return _placed(_changed(said, turn.old, root, read, words), text, turn)
    reading = read(said)
    if reading.tree is None and (itself := read(text)).tree is not None:  # "without a phone number"
        narrower, assumed = _narrowed(root, parts.plain(itself.tree))
        return replace(itself, tree=numbered(narrower), turn=turn.kind, assumptions=[*map(Assumed, assumed)])
    if reading.tree is None:
        return _placed(reading, text, turn)
    apply = {"only": _narrowed, "exclude": _without, "also": _widened}[turn.kind]
    whole, assumed = apply(root, parts.plain(reading.tree))
    assumptions = [*reading.assumptions, *map(Assumed, assumed)]
    return _placed(replace(_of(whole), assumptions=assumptions, text=reading.text), text, turn)


def narrowed(tree: Node, more: Node) -> Node:
    """The tree with another condition that must hold as well."""
    return numbered(_narrowed(parts.plain(tree), parts.plain(more))[0])


def _of(tree: Node) -> Reading:
    return Reading(tree=numbered(tree), understood=True)


def _placed(reading: Reading, text: str, turn: Turn) -> Reading:
    """A reading of what was said, moved to its place in the follow-up."""
    whole = text[: turn.start] + (reading.text or text[turn.start : turn.end]) + text[turn.end :]

    def moved(questions: list[Question]) -> list[Question]:
        return [replace(one, start=one.start + turn.start, end=one.end + turn.start) for one in questions]

    unknown, asked = moved(reading.unknown), moved(reading.questions)
    assumptions = [
        replace(one, start=one.start + turn.start, end=one.end + turn.start) if one.ways else one
        for one in reading.assumptions
    ]
    return replace(
        reading, text=whole, turn=turn.kind, unknown=unknown, questions=asked, assumptions=assumptions
    )


def _asked(said: str, hint: str, *ways: str) -> Reading:
    question = Question(" ".join(said.split()), hint, 0, len(said), tuple(ways))
    return Reading(questions=[question], understood=True, text=said)


def _narrowed(root: Node, more: Node) -> tuple[Node, list[str]]:
    """All of what stands there, and this too; a single value takes the place of others of its field."""
    assumed: list[str] = []
    if root["type"] == "everyone":
        return more, assumed
    conditions = parts.all_of(root)
    first = next((one for one in conditions if one["type"] == "top"), None)
    if first is not None:
        assumed.append(f"Those among the first {first['n']:,} are meant.")
    for node in parts.all_of(more):
        values = parts.values_of(node)
        rival = next((one for one in conditions if values and _rivals(one, node)), None)
        if rival is None:
            conditions += [node] if node not in conditions else []
            continue
        left = [value for value in parts.values_of(rival) if value in values]
        if not left:
            assumed.append(f"{_listed(values)} takes the place of {_listed(parts.values_of(rival))}.")
        new = parts.with_values(node, left or values)
        conditions = [new if one is rival else one for one in conditions]
    return group("AND", *conditions), assumed


def _rivals(one: Node, other: Node) -> bool:
    """Whether both demand values of a field that has only one."""
    return _same_field(one, other) and one.get("field") != "tags"


def _without(root: Node, less: Node) -> tuple[Node, list[str]]:
    """All of what stands there, but for these."""
    conditions = parts.all_of(root) if root["type"] != "everyone" else []
    out = parts.values_of(less)
    listed = next((one for one in conditions if out and _rivals(one, less)), None)
    if listed is not None and (left := [one for one in parts.values_of(listed) if one not in out]):
        return group(
            "AND", *(parts.with_values(one, left) if one is listed else one for one in conditions)
        ), []
    opposite = [one for one in conditions if one == less or one is listed]
    assumed = ["It asked for exactly these before; that is taken out."] if opposite else []
    kept = [one for one in conditions if one not in opposite]
    return group("AND", *kept, negate(less)), assumed


def _widened(root: Node, more: Node) -> tuple[Node, list[str]]:
    """Whoever was meant, and these too."""
    if root["type"] == "everyone":
        return root, ["Everyone is meant already."]
    conditions, values = parts.all_of(root), parts.values_of(more)
    rival = next((one for one in conditions if values and _rivals(one, more)), None)
    if rival is not None:
        both = list(dict.fromkeys([*parts.values_of(rival), *values]))
        widened = [parts.with_values(one, both) if one is rival else one for one in conditions]
        return group("AND", *widened), []
    either = (
        root["conditions"]
        if root.get("operator") == "OR"
        else [root if len(conditions) > 1 else conditions[0]]
    )
    return group("OR", *either, *parts.any_of(more)), []


def _listed(values: list[Any]) -> str:
    return f"“{' or '.join(map(str, values))}”"


def _removed(said: str, root: Node, read: Read, words: Lexicon) -> Reading | None:
    """The tree without the conditions that are spoken of; None where none is."""
    reading = read(said)
    named = parts.named(said, words)
    there, meant = parts.leaves(root), parts.leaves(parts.plain(reading.tree)) if reading.tree else []
    for node in there:
        fewer = next((left for one in meant if (left := _fewer(node, one))), None)
        if fewer is not None:
            return _of(parts.swapped(root, node, fewer))
    gone = [node for node in there if any(_same(node, one) for one in meant)]
    gone = gone or [node for node in there if parts.field_of(node) in named]
    if not gone:
        return None
    left = parts.pruned(root, gone)
    if left is None:
        return _asked(said, "Nothing would be left to go by. “All customers” is everyone.")
    return _of(left)


def _same(node: Node, other: Node) -> bool:
    values = parts.values_of(node)
    return node == other or (_same_field(node, other) and values == parts.values_of(other))


def _fewer(node: Node, other: Node) -> Node | None:
    """The condition without the values of another one, where some are left."""
    out, values = parts.values_of(other), parts.values_of(node)
    left = [value for value in values if value not in out]
    some = _same_field(node, other) and 0 < len(left) < len(values)
    return parts.with_values(node, left) if some else None


def _same_field(one: Node, other: Node) -> bool:
    return one.get("field") == other.get("field") and bool(parts.values_of(one))


def _changed(said: str, old: str, root: Node, read: Read, words: Lexicon) -> Reading:
    """The tree with a condition, a number, a time or a value in the place of what it was."""
    reading = read(said)
    if reading.tree is not None:
        return _replaced(said, old, root, parts.plain(reading.tree), reading, read, words)
    for fragment in parts.fragments(said, words, read):
        targets = [node for node in parts.leaves(root) if fragment.fits(node)]
        if old:
            targets = [node for node in targets if parts.speaks_of(node, old, words, read)]
        if len(targets) == 1:
            return _of(parts.swapped(root, targets[0], fragment.into(targets[0])))
        if targets:
            ways = [way for node in targets if (way := parts.spoken(node, said, words))]
            return _asked(said, "Of which condition? Say what it was: “change 30 days to 90 days”.", *ways)
    return _retimed(said, old, root, read, words) or reading


def _retimed(said: str, old: str, root: Node, read: Read, words: Lexicon) -> Reading | None:
    """The tree with another time in the place of the only one, or a question; None where there is none."""
    found = list(retiming.times(root))
    if old:
        found = [one for one in found if _is_time(one, old, read, words)]
    made = [(one, new) for one in found if one.ours and (new := retiming.into(one, said, words, read))]
    if not made:
        return None
    if len(found) > 1:
        ways = [way for one, _ in made if (way := retiming.spoken(one, said, words))]
        return _asked(said, "Of which condition? Say it whole, with the time.", *ways)
    ((time, new),) = made
    assert new.tree is not None  # noqa: S101
    return replace(_of(retiming.put(root, time, new.tree)), assumptions=new.assumptions)


def _is_time(time: retiming.Time, old: str, read: Read, words: Lexicon) -> bool:
    """Whether a time is what the words say: "this month"."""
    if any(parts.speaks_of(node, old, words, read) for node in time.nodes):
        return True
    same = retiming.into(time, old, words, read) if time.ours else None
    return same is not None and same.tree is not None and parts.leaves(same.tree) == list(time.nodes)


def _has_ordered(node: Node) -> bool:
    """Whether it asks for any order at all of some time."""
    some = (node.get("measure"), node.get("operator"), node.get("value")) == (
        "count",
        "greaterThanOrEqual",
        1,
    )
    return node["type"] == "behaviour" and some and not node.get("where")


def _replaced(
    said: str, old: str, root: Node, new: Node, reading: Reading, read: Read, words: Lexicon
) -> Reading:
    fields = {parts.field_of(node) for node in parts.leaves(new)}
    if _has_ordered(new) and not any(node["type"] == "behaviour" for node in parts.leaves(root)):
        fields.add("lastOrdered")  # "ordered last year" for "ordered in the last 30 days"
    targets = [node for node in parts.leaves(root) if parts.field_of(node) in fields]
    if old:
        targets = [node for node in targets if parts.speaks_of(node, old, words, read)] or targets
    together = len(fields) == 1 and all(one in parts.all_of(root) for one in targets)
    if targets and (len(targets) == 1 or together):
        rest = parts.pruned(root, targets[1:]) or root
        whole = parts.swapped(rest, targets[0], new)
        return replace(_of(whole), assumptions=reading.assumptions)
    if targets:
        return _asked(said, "It stands there more than once. Change it below.")
    whole, assumed = _narrowed(root, new)
    added = "Nothing of that kind stood there; it was added."
    return replace(_of(whole), assumptions=[*reading.assumptions, *map(Assumed, (added, *assumed))])
