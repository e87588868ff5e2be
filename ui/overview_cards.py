"""The cards of the overview: how the shop does, what was done last, what to do next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from crm import auth, campaigns, ingest, library, reports
from crm.auth import Account
from crm.reports import KeyFigures, Scope
from crm.stores.connection import Stores
from ui import charts, figures, links, sample_data
from ui import format as fmt
from ui.figures import Books

_RECENT = 5
_MONTH = timedelta(days=30)
_SPARK = 12  # months


def key_figures(books: Books, *, now: datetime, zone: str, currency: str) -> None:
    """All-time numbers, the last twelve months behind them, and how the last 30 days compare."""
    found = figures.key_figures(books, Scope())
    months = figures.over_time(books, Scope(), reports.MONTH, zone).tail(_SPARK)
    lately, before = (
        figures.key_figures(books, Scope(start=now - _MONTH * (back + 1), end=now - _MONTH * back))
        for back in (0, 1)
    )
    average = months["revenue"] / months["orders"].where(months["orders"] > 0)
    with st.grid(4, min_column_width=190):
        sum_, exact = fmt.headline(found.revenue, currency)
        _metric("Revenue", sum_, months["revenue"], "revenue", lately, before, help=exact)
        _metric("Orders", fmt.number(found.orders), months["orders"], "orders", lately, before)
        _metric(
            "Customers", fmt.number(books.customers), months["customers"], "customers", lately, before,
            help="All customers. The line shows how many ordered in each month.",
        )  # fmt: skip
        sum_, exact = fmt.headline(found.average_order, currency)
        _metric("Average order", sum_, average.fillna(0), "average_order", lately, before, help=exact)


def _metric(
    label: str,
    value: str,
    line: pd.Series,
    name: str,
    lately: KeyFigures,
    before: KeyFigures,
    help: str | None = None,
) -> None:
    now, then = getattr(lately, name), getattr(before, name)
    change = f"{(now - then) / then:+.0%}".replace("%", "\u00a0%") if now and then else None
    compared = "The last 30 days are compared with the 30 days before." if change else None
    st.metric(
        label,
        value,
        delta=change,
        delta_description="in 30 days" if change else None,
        chart_data=line.tolist() if len(line) > 1 else None,
        chart_type="area",
        border=True,
        height="stretch",
        help=" ".join(filter(None, (help and help.removesuffix(".") + ".", compared))) or None,
    )


def revenue(books: Books, zone: str, currency: str) -> None:
    """Revenue by month, as far back as orders go."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**Revenue by month**", width="stretch")
            st.page_link(links.page("explore"), label="Explore", icon=":material/arrow_forward:")
        frame = figures.over_time(books, Scope(), reports.MONTH, zone).tail(36)
        st.plotly_chart(
            charts.trend(frame, "revenue", unit=reports.MONTH, currency=currency, height=260),
            config={"displayModeBar": False}, key="overview_revenue", alt="Revenue by month",
        )  # fmt: skip


def recent_campaigns(stores: Stores) -> None:
    """The newest campaigns and how far each is."""
    found = campaigns.listing(stores, limit=_RECENT)["items"]
    with st.container(border=True, height="stretch"):
        _heading("Campaigns", "history", "History")
        if not found:
            st.caption("No campaign yet.")
            return
        st.dataframe(
            pd.DataFrame([_campaign_row(campaign) for campaign in found]),
            hide_index=True,
            alt="The newest campaigns with their progress",
            column_config={
                "Done": st.column_config.ProgressColumn("Done", min_value=0, max_value=1, format="percent")
            },
        )


def _campaign_row(campaign: dict[str, Any]) -> dict[str, Any]:
    size = campaign.get("audienceSize") or 0
    settled = size - campaign["pendingCount"]
    return {
        "Name": campaign["name"],
        "Status": campaign["status"].capitalize(),
        "Sent": campaign["sentCount"],
        "Failed": campaign["failedCount"],
        "Done": settled / size if size else None,
    }


def recent_imports(stores: Stores, now: datetime) -> None:
    """The newest imports and what became of their rows."""
    found = ingest.list_imports(stores, limit=_RECENT).items
    with st.container(border=True, height="stretch"):
        _heading("Imports")
        if not found:
            st.caption("No file has been imported yet.")
            return
        rows = [
            {
                "File": status["filename"],
                "State": status["state"].capitalize(),
                "Rows": status["counts"]["read"],
                "Refused": status["counts"]["rejected"],
                "When": fmt.ago(status["createdAt"], now),
            }
            for status in found
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="The newest imports and their rows")


def _heading(title: str, page: str | None = None, label: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="stretch")
        if page:
            st.page_link(links.page(page), label=label, icon=":material/arrow_forward:")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do first: who may do it, where, and whether it is done; then `so_far` is said instead."""

    title: str
    text: str
    page: str
    capability: str
    label: str
    done: bool
    so_far: str


def next_steps(stores: Stores, account: Account, books: Books) -> None:
    """What is still to be done before a first campaign has been sent; nothing once all of it is."""
    segments = library.total(stores)
    steps = (
        Step("Bring customers and orders in", "Drop CSV or Excel files; columns are known by their names.",
             "upload", "upload", "Upload files", bool(books.customers or books.orders),
             f"{fmt.count(books.customers, 'customer')} and {fmt.count(books.orders, 'order')} are here."),
        Step("Describe an audience", "Say in words whom to reach, or build a rule and watch its size.",
             "segments", "segments", "Make a segment", segments > 0,
             f"{fmt.count(segments, 'segment')} saved."),
        Step("Send a campaign", "Write a message with names in it, see it as real customers will.",
             "campaigns", "campaigns", "Make a campaign", bool(campaigns.listing(stores, limit=1)["items"]),
             "The first one is made."),
    )  # fmt: skip
    if all(step.done for step in steps):
        return
    st.subheader("Next steps")
    with st.grid(3, min_column_width=240):
        for number, step in enumerate(steps, 1):
            with st.container(border=True, height="stretch"):
                _step(stores, account, number, step)


def _step(stores: Stores, account: Account, number: int, step: Step) -> None:
    mark = ":green[:material/check_circle:]" if step.done else f":material/counter_{number}:"
    st.markdown(f"{mark} **{step.title}**")
    st.caption(step.so_far if step.done else step.text)
    if step.done:
        return
    st.space("stretch")
    if auth.can(account, step.capability):
        st.page_link(links.page(step.page), label=step.label, icon=":material/arrow_forward:")
    else:
        st.caption("Somebody with another role can do this.")
    if step.page == "upload" and auth.can(account, "administer"):
        sample_data.button(stores, account)
