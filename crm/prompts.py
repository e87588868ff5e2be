"""Words to a checked rule tree: the door to the grammar and to the language model.

Whatever answers, a tree leaves here only after `crm.segments.parse` has taken it, and never where a part
of the prompt was not understood: then the answer is a question.
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

from crm import alternatives, rulebook, segments
from crm.alternatives import Alternative
from crm.audience_charts import WITHOUT
from crm.errors import InvalidRule
from crm.fields import FieldType
from crm.grammar import choices, languages, questions, turns
from crm.grammar.choices import Asked, Chosen
from crm.grammar.goods import GOODS
from crm.grammar.reading import LONGEST, Reading, read, speaks_of_all
from crm.grammar.refining import UNDO, refine
from crm.grammar.values import NONE, Values
from crm.rules.changed import lines as changed_lines
from crm.rules.mentions import fields_in
from crm.rules.references import NOTHING
from crm.segments import Behaviour, Condition, Everyone, Group, Rule, Top
from crm.vendors import proposed_tree
from crm.vendors.language_model import Model, ModelFailed, Proposal

__all__ = [
    "NONE",
    "Answer",
    "Asked",
    "Chosen",
    "Values",
    "understand",
]

_HOSTILE = re.compile(
    r"\$[a-z]{2,}|\bdb\.\w|<\s*script|\bjavascript:|\b(?:drop|truncate)\s+(?:table|database|collection)\b"
    r"|\bignore\s+(?:all|any|the|your|previous)\b",
    re.IGNORECASE,
)
_NAMED_FIELDS = ("city", "country", "tags", *GOODS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a prompt.

    `segment`: `rules` is the JSON of a rule that parses. `clarify`: `message` quotes the words that were
    not understood and says what to try. `refused`: something else than a selection was wanted.
    `assumptions` are sentences about what was taken for granted, `unknown` the words by themselves,
    `notice` says why the grammar answered where the model should have. `questions` are what a `clarify`
    asks, each with answers to choose from; `prompt` is the prompt with the answers that were `chosen` in it.
    `turn` says how a follow-up took up the rule that stood there; `undo` asks for the one before it.
    `alternatives` are other rules that could be meant, each about one of the assumptions or the whole;
    `changed` says what a follow-up did. `campaign`: the prompt asks about the one of `campaign_id`.
    """

    kind: Literal["segment", "clarify", "refused", "undo", "campaign"]
    source: Literal["groq", "grammar"] = "grammar"
    rules: dict[str, Any] | None = None
    message: str = ""
    assumptions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notice: str | None = None
    questions: tuple[Asked, ...] = ()
    prompt: str = ""
    chosen: tuple[Chosen, ...] = ()
    turn: str = ""
    alternatives: tuple[Alternative, ...] = ()
    changed: tuple[str, ...] = ()
    campaign_id: str | None = None


def understand(
    text: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    values: Values = NONE,
    model: Model | None = None,
    currency: str = "INR",
    things: rulebook.Things | None = None,
    current: dict[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    answers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to a prompt, from the model where there is one, else from the grammar.

    `things` looks up segments, campaigns and lists that the prompt names; `current` is the rule that stands
    there, which a model may be asked to change; `progress` is told what is being waited for. `answers` are
    texts that stand in the place of words of the prompt, such as those that were asked about.

    `now` is aware; relative dates stay symbolic, calendar dates are those of `zone`. Never raises for
    anything a person can write, nor for anything a model can answer.
    """
    text = text.strip()
    if not text:
        return Answer("clarify", message=questions.EMPTY)
    if len(text) > LONGEST:
        return Answer("clarify", message=questions.TOO_LONG)
    today = now.astimezone(zone).date()

    def plainly(prompt: str) -> Reading:
        return read(prompt, values, today=today, currency=currency)

    def again(prompt: str) -> Reading:
        return _taken_up(prompt, current, values, plainly) or plainly(prompt)

    given = text
    text, chosen = _completed(text, answers or {}, values, again)
    reading = again(text)

    def parse(rules: dict[str, Any]) -> Rule:
        return segments.parse(rules, values.fields, things or NOTHING)

    def propose(model: Model) -> Proposal:
        named = things.name_of if things else _unnamed
        nodes = proposed_tree.flat(current, named) if current and not private else []
        return model.propose(
            text, fields=values.fields, now=now, zone=zone, currency=currency, current=nodes,
            check=lambda rules: _check(rules, values, things), progress=progress,
        )  # fmt: skip

    # A rule that names single people stays here, and what takes it up is not for the model.
    private = bool(current) and not WITHOUT.isdisjoint(fields_in(current))
    by_grammar = bool(reading.turn) and (reading.tree is not None or reading.turn == UNDO or private)
    worded = any(char.isalnum() for char in text)
    asks_model = partial(propose, model) if model and worded and not by_grammar else None
    answer = _answered(text, reading, values, things, parse, asks_model)
    answer = replace(answer, prompt=text, chosen=chosen, turn=reading.turn)
    if answer.kind == "clarify":
        words = languages.guess(text[: choices.LONGEST_PROMPT], values)
        return replace(answer, questions=choices.offered(reading, values, words, again))
    if answer.kind != "segment":
        return answer
    asked_by = alternatives.Prompt(given, text, chosen, current)
    taken = reading if answer.source == "grammar" else replace(reading, assumptions=[])
    offers = alternatives.offered(asked_by, taken, answer.rules, values, parse, again, plainly)
    changed = _changed(current, answer.rules, parse, currency) if reading.turn else ()
    said = tuple(alternatives.sentence(one) for one in chosen if one.answer)
    assumptions = (*said, *answer.assumptions)
    return replace(answer, alternatives=offers, changed=changed, assumptions=assumptions)


def _taken_up(
    text: str, current: dict[str, Any] | None, values: Values, read: Callable[[str], Reading]
) -> Reading | None:
    """What a follow-up makes of the rule that stands there; None where there is none, or for no follow-up."""
    if current is None or len(text) > turns.LONGEST:
        return None
    words = languages.guess(text, values)
    turn = turns.turn(text, words.language)
    return refine(text, turn, current, read, words) if turn else None


def _changed(
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    parse: Callable[[dict[str, Any]], Rule],
    currency: str,
) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    try:
        earlier, later = parse(before), parse(after)
    except InvalidRule:  # what stood there can't be told any more
        return ()
    return changed_lines(earlier, later, currency=currency) or (questions.UNCHANGED,)


def _completed(
    text: str, answers: Mapping[str, str], values: Values, read: Callable[[str], Reading]
) -> tuple[str, tuple[Chosen, ...]]:
    """The prompt with the answers in it, unless that makes it too long."""
    whole, chosen = choices.completed(text, answers, values, lambda one: languages.guess(one, values), read)
    return (whole, chosen) if len(whole) <= LONGEST else (text, ())


def _answered(
    text: str,
    reading: Reading,
    values: Values,
    things: rulebook.Things | None,
    parse: Callable[[dict[str, Any]], Rule],
    propose: Callable[[], Proposal] | None,
) -> Answer:
    if reading.ordered or _HOSTILE.search(text):
        return Answer("refused", message=questions.REFUSED)
    if propose is None:
        return _by_grammar(reading, parse)
    try:
        return _by_model(propose(), text, values, things)
    except ModelFailed as failed:
        reason = failed.reason
    return replace(
        _by_grammar(reading, parse), notice=f"The language model {reason}; the built-in grammar answered."
    )


def _by_grammar(reading: Reading, parse: Callable[[dict[str, Any]], Rule]) -> Answer:
    if reading.turn == UNDO:
        return Answer("undo")
    if reading.tree is None:
        asked = (*reading.unknown, *reading.questions)
        return Answer(
            "clarify",
            message=questions.message(reading),
            unknown=tuple(question.words for question in asked),
        )
    try:
        parse(reading.tree)
    except InvalidRule as invalid:  # numbers or lengths of time beyond what rules take
        return Answer("clarify", message=questions.beyond(invalid.message))
    return Answer(
        "segment", rules=reading.tree, assumptions=tuple(one.sentence for one in reading.assumptions)
    )


def _by_model(proposal: Proposal, text: str, values: Values, things: rulebook.Things | None) -> Answer:
    if proposal.rules is None:
        message = questions.asked_by_model(proposal.question, proposal.unknown_terms)
        return Answer("clarify", "groq", message=message, unknown=proposal.unknown_terms)
    rules, unknown = _resolved(proposal.rules, things)
    if unknown:
        return Answer("clarify", "groq", message=questions.asked_by_model("", unknown), unknown=unknown)
    rule = segments.parse(rules, values.fields, things or NOTHING)
    if _selects_all(rule) and not speaks_of_all(text):
        return Answer("clarify", "groq", message=questions.EVERYONE)
    assumptions = (*proposal.assumptions, *_unfamiliar(rule, values))
    return Answer("segment", "groq", rules=_rooted(proposed_tree.renumbered(rules)), assumptions=assumptions)


def _check(rules: dict[str, Any], values: Values, things: rulebook.Things | None) -> None:
    """Raises InvalidRule. Where a name is not known there is nothing to mend, but something to ask."""
    resolved, unknown = _resolved(rules, things)
    if not unknown:
        segments.parse(resolved, values.fields, things or NOTHING)


def _resolved(tree: dict[str, Any], things: rulebook.Things | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The tree with the ids of what it names, and the names that nothing has."""
    tree = copy.deepcopy(tree)
    unknown: list[str] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if key := proposed_tree.REFERENCES.get(node["type"]):
            name = str(node.get(key) or "")
            found = things.id_of(node["type"], name) if things and name.strip() else None
            if name.strip() and found is None:
                unknown.append(proposed_tree.short(f"{node['type']} {name}"))
            node[key] = found
        waiting += node.get("conditions", [node["of"]] if "of" in node else [])
    return tree, tuple(unknown)


def _unnamed(kind: str, thing_id: str) -> None:
    return None


def _rooted(tree: dict[str, Any]) -> dict[str, Any]:
    """A condition by itself in a group, as the editor takes it."""
    if tree["type"] != "condition":
        return tree
    return {"id": 1, "type": "group", "operator": "AND", "conditions": [{**tree, "id": 2}]}


def _selects_all(rule: Rule) -> bool:
    match rule:
        case Everyone():
            return True
        case Group(_, rules):
            return any(_selects_all(each) for each in rules)
        case _:
            return False


def _unfamiliar(rule: Rule, values: Values) -> list[str]:
    """Sentences about named values that no customer has, as far as we know."""
    if isinstance(rule, Group):
        return [sentence for each in rule.rules for sentence in _unfamiliar(each, values)]
    if isinstance(rule, Top):
        return _unfamiliar(rule.of, values)
    if isinstance(rule, Behaviour):
        return [sentence for each in rule.where for sentence in _unfamiliar(each, values)]
    if not isinstance(rule, Condition) or rule.field.name not in _NAMED_FIELDS:
        return []
    exact = rule.field.type is FieldType.TAGS or rule.operator.form.name == "EQUAL"
    given = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    return [
        questions.unfamiliar(rule.field.name, text)
        for text in given
        if exact and isinstance(text, str) and not values.find(text, rule.field.name)
    ]
