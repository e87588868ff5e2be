"""Rules read back as one English sentence.

Every clause is a verb phrase with “customers who” before it, so clauses join by “and”, “or” and
“neither … nor”, and a group within a group stands in parentheses.
"""

from typing import assert_never

from crm.rules.clauses import behaviour, campaign, stored_list, top
from crm.rules.nodes import (
    Behaviour,
    Condition,
    Everyone,
    Group,
    InCampaign,
    InList,
    InSegment,
    Join,
    Rule,
    Top,
)
from crm.rules.words import Form, Teller, phrase, quoted


def describe(rule: Rule, *, currency: str = "INR") -> str:
    """One sentence without a full stop: `Customers who spent more than ₹1,000 and live in Mumbai`.

    Money is written in `currency` (an ISO code). What is negated holds for missing values too.
    """
    match rule:
        case Everyone():
            return "All customers"
        case Group(Join.NOT, (Everyone(),)):
            return "No customers"
        case _:
            return f"Customers who {_clause(rule, currency)}"


def _clause(rule: Rule, currency: str) -> str:
    match rule:
        case Everyone():
            return "are any customer"
        case Condition():
            return _condition(rule, currency, holds=True)
        case Behaviour() | Top() | InSegment() | InCampaign() | InList():
            return _pair(rule, currency)[0]
        case Group(Join.NOT, rules):
            return _none_of(rules, currency)
        case Group(join, (only,)):
            return _clause(only, currency)
        case Group(join, rules):
            return _series([_part(each, currency) for each in rules], "and" if join is Join.AND else "or")
        case _:
            assert_never(rule)


def _none_of(rules: tuple[Rule, ...], currency: str) -> str:
    if len(rules) == 1:
        return _not(rules[0], currency)
    if any(_sounds_negative(each) for each in rules):
        return _series([_not(each, currency) for each in rules], "and")  # “neither … nor never” misleads
    return "neither " + " nor ".join(_part(each, currency) for each in rules)


def _not(rule: Rule, currency: str) -> str:
    match rule:
        case Condition():
            return _condition(rule, currency, holds=False)
        case Behaviour() | Top() | InSegment() | InCampaign() | InList():
            return _pair(rule, currency)[1]
        case Everyone():
            return "are no customer"
        case Group():
            return f"are not among those who ({_clause(rule, currency)})"
        case _:
            assert_never(rule)


def _part(rule: Rule, currency: str) -> str:
    """A clause among others: in parentheses where it has several parts of its own."""
    clause = _clause(rule, currency)
    return f"({clause})" if _has_parts(rule) else clause


def _has_parts(rule: Rule) -> bool:
    match rule:
        case Group(Join.NOT, rules) if len(rules) == 1:
            return False
        case Group(_, (only,)):
            return _has_parts(only)
        case Group():
            return True
        case _:
            return False


def _pair(rule: Behaviour | Top | InSegment | InCampaign | InList, currency: str) -> tuple[str, str]:
    """The clause where it holds, and where it does not."""
    match rule:
        case Behaviour():
            return behaviour(rule, currency)
        case Top(of=of):
            return top(rule, "" if isinstance(of, Everyone) else _clause(of, currency))
        case InSegment(name=name, inside=inside):
            inner, outer = f"are in the segment {quoted(name)}", f"are not in the segment {quoted(name)}"
            return (inner, outer) if inside else (outer, inner)
        case InCampaign():
            return campaign(rule)
        case InList():
            return stored_list(rule)
        case _:
            assert_never(rule)


def _series(clauses: list[str], word: str) -> str:
    if len(clauses) == 2:
        return f"{clauses[0]} {word} {clauses[1]}"
    return f"{', '.join(clauses[:-1])}, {word} {clauses[-1]}"


def _condition(condition: Condition, currency: str, *, holds: bool) -> str:
    operator, field = condition.operator, condition.field
    holds_words, fails_words = phrase(field, _form(condition))
    chosen = holds_words if holds is not bool(operator.negates) else fails_words
    # Not str.format: the words hold other people's text.
    return chosen.replace("{}", operator.says(condition.value, Teller(field, currency)))


def _form(condition: Condition) -> Form:
    operator, value = condition.operator, condition.value
    if operator.form is Form.FLAG and value is False:
        return Form.UNFLAG
    if operator.form is Form.AMOUNT and value == 0 and "equals" in (operator.name, operator.negates):
        return Form.NOUGHT
    return operator.form


def _sounds_negative(rule: Rule) -> bool:
    match rule:
        case Condition():
            return bool(rule.operator.negates) or _form(rule) is Form.NOUGHT
        case InSegment(inside=inside) | InList(inside=inside):
            return not inside
        case Behaviour():
            return True
        case _:
            return False
