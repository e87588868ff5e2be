"""Rule trees written short, so that a test can say in one line what a prompt should become."""

from dataclasses import replace
from typing import Any

from crm.fields import Field, FieldType
from crm.grammar.values import Values

VALUES = Values.of(
    {
        "city": ["Mumbai", "Pune", "New Delhi", "Delhi", "Bengaluru", "Singapore"],
        "country": ["India", "Nepal", "Singapore"],
        "tags": ["vip", "newsletter", "wholesale", "gold"],
        "gender": ["female", "male", "other"],
        "product": ["Mug", "Perfume"],
        "category": ["Kitchen", "Beauty"],
    }
)

OWN = (
    Field("favouriteColour", FieldType.TEXT, "favourite colour", key="a1"),
    Field("shoe.size", FieldType.NUMBER, "shoe size", key="a2"),
    Field("renews", FieldType.DATE, "renewal date", key="a3"),
    Field("isMember", FieldType.BOOLEAN, "is member", key="a4"),
    Field("Hobbies", FieldType.TAGS, "hobbies", key="a5"),
)
_OF_OWN = {"favouriteColour": ("Red", "Dark Red", "Blue"), "Hobbies": ("Chess", "Rock climbing", "Tea")}
WITH_ATTRIBUTES = replace(VALUES, attributes=OWN, of_attribute=lambda field: _OF_OWN.get(field.name, ()))


def brief(node: dict[str, Any]) -> str:
    """Such as `(lastOrdered inTheLast 6 months AND totalSpent greaterThan 1000)`."""
    if node["type"] == "everyone":
        return "everyone"
    if node["type"] == "condition":
        return " ".join([node["field"], node["operator"], *_value(node.get("value"))])
    if node["type"] == "segment":
        return f"{'in' if node['in'] else 'not in'} {node['segmentId']}"
    if node["type"] == "top":
        among = brief(node["of"])
        return f"top {node['n']} by {node['by']} {node['direction']} of {among}"
    if node["type"] == "behaviour":
        where = [
            f"{one['field']} {one['operator']} {_value(one['value'])[0]}" for one in node.get("where", [])
        ]
        parts = [node["measure"], node["operator"], str(node["value"]), *where]
        return " ".join([*parts, *_within(node.get("within"))])
    parts = [brief(child) for child in node["conditions"]]
    if node["operator"] == "NOT":
        return f"NOT({', '.join(parts)})"
    joint = f" {node['operator']} "
    return parts[0] if len(parts) == 1 else f"({joint.join(parts)})"


def _within(within: dict[str, Any] | None) -> list[str]:
    if within is None or "last" in within:
        return _value(within)
    return [f"{within.get('from', '')}..{within.get('to', '')}"]


def _value(value: Any) -> list[str]:
    match value:
        case None:
            return []
        case {"last": length}:
            ((unit, amount),) = length.items()
            return [f"{amount} {unit}"]
        case list():
            return ["/".join(str(item) for item in value)]
        case _:
            return [str(value)]
