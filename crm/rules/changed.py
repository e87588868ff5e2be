"""What a change of the rules comes down to, a line for each difference."""

from crm.rules.difference import Kind, changes, said
from crm.rules.nodes import Rule

_MOST = 4


def lines(earlier: Rule, later: Rule, *, currency: str = "INR") -> tuple[str, ...]:
    """Such as `Added “live in Pune”` and `Was “…”, is “…”`; the last says how many more there are."""
    found = []
    for change in changes(earlier, later):
        before, after = said(change, currency=currency)
        match change.kind:
            case Kind.ADDED:
                found.append(f"Added “{after}”.")
            case Kind.REMOVED:
                found.append(f"Took out “{before}”.")
            case Kind.MOVED:
                found.append(f"In another group now: “{after}”.")
            case _:
                found.append(f"Was “{before}”, is “{after}”.")
    left = len(found) - _MOST
    return tuple(found) if left <= 0 else (*found[:_MOST], f"And {left} more.")
