"""The words for what a rule asks beyond a customer's own fields: orders, rankings, campaigns, lists.

Each gives a pair of clauses: where it holds, and where it does not.
"""

from crm.rules.behaviours import MEASURES
from crm.rules.nodes import Behaviour, Condition, InCampaign, InList, Measure, Top, Window
from crm.rules.values import Moment
from crm.rules.words import Phrase, Teller, quoted

_VERBS: dict[Measure, Phrase] = {
    Measure.COUNT: ("placed {}", "did not place {}"),
    Measure.SUM: ("spent {} in orders", "did not spend {} in orders"),
    Measure.AVERAGE: ("have an average order of {}", "have no average order of {}"),
    Measure.MIN: ("have a smallest order of {}", "have no smallest order of {}"),
    Measure.MAX: ("have a largest order of {}", "have no largest order of {}"),
    Measure.QUANTITY: ("bought {}", "did not buy {}"),
    Measure.DISTINCT_PRODUCTS: ("bought {}", "did not buy {}"),
    Measure.DAYS_SINCE_FIRST: ("placed the first order {}", "did not place the first order {}"),
    Measure.DAYS_SINCE_LAST: ("placed the last order {}", "did not place the last order {}"),
}
_NO_ORDER: Phrase = ("placed no order", "placed an order")
_STATES: dict[str | None, Phrase] = {
    "sent": ("were sent", "were not sent"),
    "failed": ("could not be sent", "are not among those who could not be sent"),
    "skipped": ("were skipped by", "were not skipped by"),
    None: ("are in", "are not in"),
}
_RANKS = {"desc": "highest", "asc": "lowest"}


def behaviour(rule: Behaviour, currency: str) -> Phrase:
    """What somebody does whom the rule selects, and whom it doesn't."""
    field = MEASURES[rule.measure]
    about = "".join(_about(each, currency) for each in rule.where) + _time(rule.within, currency)
    if (
        rule.measure is Measure.COUNT
        and rule.value == 0
        and "equals" in (rule.operator.name, rule.operator.negates)
    ):
        pair = _NO_ORDER
    else:
        said = rule.operator.says(rule.value, Teller(field, currency))
        verbs = _VERBS[rule.measure]
        pair = verbs[0].replace("{}", said), verbs[1].replace("{}", said)
    holds, fails = f"{pair[0]}{about}", f"{pair[1]}{about}"
    return (fails, holds) if rule.operator.negates else (holds, fails)


def _about(condition: Condition, currency: str) -> str:
    """What is asked of the orders: ` with product Mug`, ` with no known category`."""
    operator, label = condition.operator, condition.field.label
    said = operator.says(condition.value, Teller(condition.field, currency))
    if not said:  # only whether it is known
        return f" with {'no known' if operator.negates else 'a known'} {label}"
    return f" with {label} {'not ' if operator.negates else ''}{said}"


def _time(within: Window | None, currency: str) -> str:
    if within is None:
        return ""
    teller = Teller(MEASURES[Measure.DAYS_SINCE_LAST], currency)
    if within.last is not None:
        return f" in the last {teller.span(within.last)}"

    def at(moment: Moment) -> str:
        return teller.start(moment)

    if within.start is None:
        return f" up to {at(within.end)}" if within.end is not None else ""
    return f" since {at(within.start)}" + (f" up to {at(within.end)}" if within.end is not None else "")


def top(rule: Top, of: str) -> Phrase:
    """`of` is the clause of those who are ranked, empty for everyone."""
    among = f" among those who ({of})" if of else ""
    people = "one with" if rule.n == 1 else f"{rule.n:,} with"
    said = f"the {people} the {_RANKS[rule.direction]} {rule.by.label}{among}"
    return (
        f"are {said}" if rule.n == 1 else f"are among {said}",
        f"are not {'' if rule.n == 1 else 'among '}{said}",
    )


def campaign(rule: InCampaign) -> Phrase:
    """The same, of a delivery of a campaign."""
    variant = f"variant {rule.variant} of " if rule.variant else ""
    holds, fails = _STATES[rule.state]
    said = f" {variant}the campaign {quoted(rule.name)}"
    return holds + said, fails + said


def stored_list(rule: InList) -> Phrase:
    """The same, of a list."""
    holds, fails = f"are on the list {quoted(rule.name)}", f"are not on the list {quoted(rule.name)}"
    return (holds, fails) if rule.inside else (fails, holds)
