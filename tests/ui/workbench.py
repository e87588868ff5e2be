"""The workbench of a test: rules, and the parts of the page that tests look at."""

from typing import Any

from streamlit.testing.v1 import AppTest

from crm import library
from crm.auth import Account
from crm.moment import utc_now
from crm.settings import settings

ANNA = Account("a" * 24, "anna@example.com", "Anna", "marketer")
MORE = {"id": 2, "type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 1000}
CITY = {"id": 3, "type": "condition", "field": "city", "operator": "equals", "value": "Pune"}


def group(*conditions: dict[str, Any], operator: str = "AND") -> dict[str, Any]:
    return {"id": 1, "type": "group", "operator": operator, "conditions": list(conditions)}


def saved(stores, name="Big", rules=None) -> str:
    rules = rules or group(MORE)
    now, zone = utc_now(), settings().zone
    return library.save(stores, name=name, rules=rules, account=ANNA, now=now, zone=zone)["_id"]


def widgets(app: AppTest, kind: str, part: str) -> list[Any]:
    """The builder's widgets of one part (field, operator, value, add …) in the order they are drawn."""
    return [one for one in getattr(app, kind) if str(one.key or "").startswith(f"{part}-")]


def number(app: AppTest) -> str:
    return {metric.label: metric.value for metric in app.metric}["Customers"]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def tree(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    return app.session_state["rule draft"].tree


def leaves(app: AppTest) -> list[tuple[Any, ...]]:
    found = []

    def walk(node):
        if node["type"] == "group":
            found.append((node["operator"], len(node["conditions"])))
            for child in node["conditions"]:
                walk(child)
        else:
            found.append((node["field"], node["operator"], node["value"]))

    walk(tree(app))
    return found
