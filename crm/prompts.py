"""Words to a checked rule tree: the door to the grammar and to the language model.

Whatever answers, a tree leaves here only after `crm.segments.parse` has taken it, and never where a part
of the prompt was not understood: then the answer is a question.
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
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


@dataclass(frozen=True, slots=True)
class _Shop:
    """What a prompt is read against: a shop's values and things, a day, and the rule that stands there."""

    values: Values
    things: rulebook.Things | None
    today: date
    currency: str
    current: dict[str, Any] | None

    @property
    def private(self) -> bool:
        """Whether the rule that stands there names single people: it stays here."""
        return bool(self.current) and not WITHOUT.isdisjoint(fields_in(self.current))

    def plainly(self, prompt: str) -> Reading:
        """What the prompt says by itself."""
        return read(prompt, self.values, today=self.today, currency=self.currency)

    def reading(self, prompt: str) -> Reading:
        """What the prompt says, as a follow-up to the rule that stands there where it is one."""
        if self.current is not None and len(prompt) <= turns.LONGEST:
            words = languages.guess(prompt, self.values)
            turn = turns.turn(prompt, words.language)
            if turn and (taken_up := refine(prompt, turn, self.current, self.plainly, words)):
                return taken_up
        return self.plainly(prompt)

    def completed(self, text: str, answers: Mapping[str, str]) -> tuple[str, tuple[Chosen, ...]]:
        """The prompt with the answers in it, unless that makes it too long."""
        whole, chosen = choices.completed(
            text, answers, self.values, lambda one: languages.guess(one, self.values), self.reading
        )
        return (whole, chosen) if len(whole) <= LONGEST else (text, ())

    def parse(self, rules: dict[str, Any]) -> Rule:
        """Raises InvalidRule."""
        return segments.parse(rules, self.values.fields, self.things or NOTHING)


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
    given = text.strip()
    if not given:
        return Answer("clarify", message=questions.EMPTY)
    if len(given) > LONGEST:
        return Answer("clarify", message=questions.TOO_LONG)
    shop = _Shop(values, things, now.astimezone(zone).date(), currency, current)
    prompt, chosen = shop.completed(given, answers or {})
    reading = shop.reading(prompt)
    propose = None
    if model is not None and _for_model(prompt, reading, shop):
        propose = partial(_proposal, model, prompt, shop, now=now, zone=zone, progress=progress)
    answer = _answered(prompt, reading, shop, propose)
    answer = replace(answer, prompt=prompt, chosen=chosen, turn=reading.turn)
    if answer.kind == "clarify":
        words = languages.guess(prompt[: choices.LONGEST_PROMPT], values)
        return replace(answer, questions=choices.offered(reading, values, words, shop.reading))
    return _with_offers(answer, given, reading, shop) if answer.kind == "segment" else answer


def _for_model(prompt: str, reading: Reading, shop: _Shop) -> bool:
    """Whether a model is asked: not for what has no word, nor for a follow-up that the grammar can take."""
    taken_up = bool(reading.turn) and (reading.tree is not None or reading.turn == UNDO or shop.private)
    return any(char.isalnum() for char in prompt) and not taken_up


def _proposal(
    model: Model,
    prompt: str,
    shop: _Shop,
    *,
    now: datetime,
    zone: ZoneInfo,
    progress: Callable[[str], None] | None,
) -> Proposal:
    """What the model makes of a prompt. Raises ModelFailed."""
    named = shop.things.name_of if shop.things else _unnamed
    nodes = proposed_tree.flat(shop.current, named) if shop.current and not shop.private else []
    return model.propose(
        prompt, fields=shop.values.fields, now=now, zone=zone, currency=shop.currency, current=nodes,
        check=lambda rules: _check(rules, shop), progress=progress,
    )  # fmt: skip


def _with_offers(answer: Answer, given: str, reading: Reading, shop: _Shop) -> Answer:
    """The answer with the other rules that could be meant, and with all that was taken for granted."""
    asked_by = alternatives.Prompt(given, answer.prompt, answer.chosen, shop.current)
    taken = reading if answer.source == "grammar" else replace(reading, assumptions=[])
    offers = alternatives.offered(
        asked_by, taken, answer.rules, shop.values, shop.parse, shop.reading, shop.plainly
    )
    said = tuple(alternatives.sentence(one) for one in answer.chosen if one.answer)
    return replace(
        answer,
        alternatives=offers,
        changed=_changed(answer.rules, shop) if reading.turn else (),
        assumptions=(*said, *answer.assumptions),
    )


def _changed(rules: dict[str, Any] | None, shop: _Shop) -> tuple[str, ...]:
    """What a follow-up did to the rule that stood there, a line each."""
    if shop.current is None or rules is None:
        return ()
    try:
        earlier, later = shop.parse(shop.current), shop.parse(rules)
    except InvalidRule:  # what stood there can't be told any more
        return ()
    return changed_lines(earlier, later, currency=shop.currency) or (questions.UNCHANGED,)


def _answered(text: str, reading: Reading, shop: _Shop, propose: Callable[[], Proposal] | None) -> Answer:
    if reading.ordered or _HOSTILE.search(text):
        return Answer("refused", message=questions.REFUSED)
    if propose is None:
        return _by_grammar(reading, shop)
    try:
        return _by_model(propose(), text, shop)
    except ModelFailed as failed:
        reason = failed.reason
    return replace(
        _by_grammar(reading, shop), notice=f"The language model {reason}; the built-in grammar answered."
    )


def _by_grammar(reading: Reading, shop: _Shop) -> Answer:
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
        shop.parse(reading.tree)
    except InvalidRule as invalid:  # numbers or lengths of time beyond what rules take
        return Answer("clarify", message=questions.beyond(invalid.message))
    return Answer(
        "segment", rules=reading.tree, assumptions=tuple(one.sentence for one in reading.assumptions)
    )


def _by_model(proposal: Proposal, text: str, shop: _Shop) -> Answer:
    if proposal.rules is None:
        message = questions.asked_by_model(proposal.question, proposal.unknown_terms)
        return Answer("clarify", "groq", message=message, unknown=proposal.unknown_terms)
    rules, unknown = _resolved(proposal.rules, shop.things)
    if unknown:
        return Answer("clarify", "groq", message=questions.asked_by_model("", unknown), unknown=unknown)
    rule = shop.parse(rules)
    if _selects_all(rule) and not speaks_of_all(text):
        return Answer("clarify", "groq", message=questions.EVERYONE)
    assumptions = (*proposal.assumptions, *_unfamiliar(rule, shop.values))
    return Answer("segment", "groq", rules=_rooted(proposed_tree.renumbered(rules)), assumptions=assumptions)


def _check(rules: dict[str, Any], shop: _Shop) -> None:
    """Raises InvalidRule. Where a name is not known there is nothing to mend, but something to ask."""
    resolved, unknown = _resolved(rules, shop.things)
    if not unknown:
        shop.parse(resolved)


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
