"""One customer: who he is, what he ordered, what he was sent."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm.fields import Field, FieldType
from ui import format as fmt

Customer = dict[str, Any]

_PROFILE = (
    "email", "phone", "externalId", "city", "country", "gender", "age", "birthDate", "accountCreated",
    "lastActive", "lastLogin", "visitCount", "loginCount", "isInactive",
)  # fmt: skip


def table(customers: list[Customer], *, currency: str, zone: ZoneInfo) -> pd.DataFrame:
    """A page of customers for st.dataframe."""
    columns = {
        "Name": [customer.get("name") for customer in customers],
        "E-mail": [customer.get("email") for customer in customers],
        "City": [customer.get("city") for customer in customers],
        "Orders": [customer.get("orderCount", 0) for customer in customers],
        f"Spent ({fmt.symbol(currency).strip()})": [
            float(customer.get("totalSpent", 0)) for customer in customers
        ],
        "Last order": [_day(customer.get("lastOrdered"), zone) for customer in customers],
        "Signed up": [_day(customer.get("accountCreated"), zone) for customer in customers],
        "Tags": [customer.get("tags") or [] for customer in customers],
    }
    return pd.DataFrame(columns)


def _day(at: datetime | None, zone: ZoneInfo) -> Any:
    return at.astimezone(zone).date() if isinstance(at, datetime) else None


def title(customer: Customer) -> str:
    """What a customer is called here: name, else e-mail, else external id."""
    return str(customer.get("name") or customer.get("email") or customer.get("externalId") or "Customer")


def key_figures(customer: Customer, *, currency: str, zone: ZoneInfo, now: datetime) -> None:
    """What he spent and ordered."""
    orders, spent = customer.get("orderCount", 0), customer.get("totalSpent", 0.0)
    with st.grid(4, min_column_width=160):
        st.metric("Spent", fmt.money(spent, currency), border=True)
        st.metric("Orders", fmt.number(orders), border=True)
        average = customer.get("totalOrderValue", 0.0) / orders if orders else None
        st.metric("Average order", fmt.money(average, currency), border=True)
        last = customer.get("lastOrdered")
        day = fmt.day(last, zone) if last else "never"
        st.metric("Last order", day, border=True, help=fmt.ago(last, now).capitalize() if last else None)


def profile(customer: Customer, fields: Mapping[str, Field], zone: ZoneInfo) -> None:
    """Every field that is known, custom attributes after the others; `fields` are all there are."""
    own = customer.get("attributes") or {}
    given = {name: customer.get(name) for name in (*_PROFILE, "tags")}
    given |= {name: own.get(name) for name, field in fields.items() if field.key}
    known: dict[str, str] = {}
    for name, value in given.items():
        if value not in (None, "", []):
            label = fields[name].label
            heading = fmt.plain(label[:1].upper() + label[1:])
            known[heading if heading not in known else fmt.plain(name)] = _written(fields[name], value, zone)
    if known:
        st.table(known, border="horizontal")


def _written(field: Field, value: Any, zone: ZoneInfo) -> str:
    match field.type:
        case FieldType.DATE if isinstance(value, datetime):
            is_day = field.name == "birthDate" or (field.key and value.astimezone(zone).time() == time.min)
            return fmt.day(value, zone) if is_day else fmt.moment(value, zone)
        case FieldType.TAGS if isinstance(value, list):
            return " ".join(f":blue-badge[{fmt.plain(str(tag))}]" for tag in value)
        case FieldType.NUMBER if isinstance(value, int | float):
            return f"{value:,.10g}"
        case FieldType.BOOLEAN:
            return "yes" if value else "no"
        case FieldType.INTEGER if isinstance(value, int):
            return fmt.number(value)
    return fmt.plain(str(value))


def orders(rows: list[dict[str, Any]], *, currency: str, zone: ZoneInfo) -> None:
    """His latest orders."""
    if not rows:
        st.caption("No orders.")
        return
    sign = fmt.symbol(currency).strip()
    frame = pd.DataFrame(
        {
            "When": [fmt.moment(order["createdAt"], zone) for order in rows],
            "Order": [order["_id"] for order in rows],
            "Products": [_lines(order) for order in rows],
            f"Total ({sign})": [order["total"] for order in rows],
            f"Refunded ({sign})": [order.get("refunded") for order in rows],
            "Status": [order["status"].capitalize() for order in rows],
        }
    )
    money = st.column_config.NumberColumn(format="%.2f")
    st.dataframe(
        frame,
        hide_index=True,
        placeholder="",
        alt="Orders of this customer, the latest first",
        column_config={f"Total ({sign})": money, f"Refunded ({sign})": money},
    )


def _lines(order: dict[str, Any]) -> str:
    return ", ".join(
        f"{fmt.number(line.get('quantity', 1))} × {line.get('name') or line.get('productId') or 'unnamed'}"
        for line in order.get("products") or []
    )


def deliveries(rows: list[dict[str, Any]], zone: ZoneInfo) -> None:
    """What he was sent."""
    if not rows:
        st.caption("Nothing was ever sent.")
        return
    frame = pd.DataFrame(
        {
            "When": [fmt.moment(delivery.get("updatedAt"), zone) for delivery in rows],
            "Campaign": [delivery.get("campaignName") or delivery["campaignId"] for delivery in rows],
            "State": [delivery["state"].capitalize() for delivery in rows],
            "Reason": [delivery.get("reason") or "" for delivery in rows],
            "Message": [delivery.get("body") or "" for delivery in rows],
        }
    )
    st.dataframe(frame, hide_index=True, alt="Messages to this customer, the latest first")
