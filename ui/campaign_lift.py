"""What a campaign brought in: orders of those it was meant for, against those who were held out."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import streamlit as st

from crm import lift, proportions
from crm.lift import Difference, Group, Lift
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import charts_campaign
from ui import format as fmt

_AT_ONCE = 20_000  # recipients whose orders are read whenever the page is opened; beyond, when somebody asks
_FRESH = 600  # seconds
_ASKED = "lift asked"

Campaign = dict[str, Any]


@st.fragment
def draw(stores: Stores, settings: Settings, campaign: Campaign) -> None:
    """The section of a launched campaign. A choice in it draws only itself again."""
    at, size = campaign["_id"], campaign["audienceSize"]
    if not size:
        return
    with st.container(border=True, key="campaign-lift"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**What it brought in**", width="stretch")
            days = st.segmented_control(
                "Orders within", lift.WINDOWS, default=lift.DAYS, required=True, key=f"lift-days-{at}",
                format_func=lambda each: fmt.count(each, "day"), label_visibility="collapsed",
            )  # fmt: skip
        asked: set[tuple[str, int]] = st.session_state.setdefault(_ASKED, set())
        if size > _AT_ONCE and (at, days) not in asked:
            st.caption(f"The orders of {fmt.count(size, 'customer')} are read when you ask for it.")
            if not st.button("Read the orders", icon=":material/query_stats:", key="lift-read"):
                return
            asked.add((at, days))
        with st.spinner("Reading orders…"):
            found = measured(stores, at, days)
        _found(settings, campaign, found)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Read again", icon=":material/refresh:", key="lift-again", type="tertiary",
                help=f"Read {fmt.moment(found.as_of, settings.zone)}",
                on_click=_measured.clear, args=(stores.db.name, at, days),
            )  # fmt: skip
            if st.button(
                "Compare with other campaigns", icon=":material/compare_arrows:", key="lift-compare",
                type="tertiary",
            ):  # fmt: skip
                st.query_params.from_dict({"compare": at, "days": str(days)})
                st.rerun()


def at_hand(stores: Stores, campaign: Campaign) -> Lift | None:
    """What was ordered within the days that are offered first; None where it takes long and nobody asked."""
    asked = (campaign["_id"], lift.DAYS) in st.session_state.get(_ASKED, ())
    return (
        measured(stores, campaign["_id"], lift.DAYS)
        if campaign["audienceSize"] <= _AT_ONCE or asked
        else None
    )


def measured(stores: Stores, campaign_id: str, days: int) -> Lift:
    """As `lift.of`, as it was found at most ten minutes ago."""
    return _measured(stores.db.name, campaign_id, days, stores)


@st.cache_data(ttl=_FRESH, max_entries=128, show_spinner=False)
def _measured(database: str, campaign_id: str, days: int, _stores: Stores) -> Lift:
    return lift.of(_stores, campaign_id, days=days, now=utc_now())


def _found(settings: Settings, campaign: Campaign, found: Lift) -> None:
    if found.until is None:
        st.caption("Nobody's turn has come yet. Orders count from when a message is handed over.")
        return
    st.caption(_window(settings, found))
    if not found.held_out.people:
        _without_holdout(settings, campaign, found)
        return
    _figures(settings, found)
    st.markdown(verdict(found))
    st.plotly_chart(
        charts_campaign.shares([(name, *_share(group)) for name, group in _groups(found)]),
        config={"displayModeBar": False}, key="campaign-lift-shares",
        alt="The share of buyers in each group, with its 95 % interval",
    )  # fmt: skip
    _table(settings, found)
    if min(found.treated.buyers, found.held_out.buyers) < lift.FEW_BUYERS:
        st.caption(
            f"A group with fewer than {lift.FEW_BUYERS} buyers says little: take the intervals of orders and "
            "money as rough."
        )


def _window(settings: Settings, found: Lift) -> str:
    days = fmt.count(found.days, "day")
    counted = f"Orders within {days} of each person's turn, messaged or held out alike."
    if found.complete:
        return f"{counted} The last window ended {fmt.moment(found.until, settings.zone)}."
    if found.unfinished or found.until is None:
        waiting = (
            f" The turn of {fmt.count(found.waiting, 'customer')} is still to come." if found.waiting else ""
        )
        return f"{counted} :orange[Not all are sent yet: these are the orders so far.]{waiting}"
    ends = fmt.moment(found.until, settings.zone)
    return f"{counted} :orange[Not over yet: the last window ends {ends}, these are the orders so far.]"


def _without_holdout(settings: Settings, campaign: Campaign, found: Lift) -> None:
    st.metric(
        "Ordered after a message", fmt.money(found.messaged.revenue.total, settings.currency), width=280
    )
    why = (
        "Nobody of those whose turn has come was held out."
        if campaign["holdout"]
        else "Nobody was held out of this campaign."
    )
    st.caption(
        f"{why} So nobody can tell what people would have bought anyway. For the next campaign choose a "
        "share to hold out: Campaigns → More segments, lists and limits → Hold out."
    )
    if found.variants:
        _table(settings, found)


def _figures(settings: Settings, found: Lift) -> None:
    treated, held = found.treated, found.held_out
    money = lambda amount: fmt.money(amount, settings.currency)  # noqa: E731
    brought = lift.revenue(treated, held).times(treated.people)
    with st.grid(4, min_column_width=190):
        _figure(
            "Revenue brought in", brought, money,
            "The difference in revenue a person, times the people who were to be messaged",
        )  # fmt: skip
        _figure(
            "More buyers, in points",
            lift.buyers(treated, held),
            points,
            "Share of buyers, less the held out's",
        )
        _figure("More revenue a person", lift.revenue(treated, held), money, "Less the held out's")
        st.metric(
            "Ordered after a message", money(found.messaged.revenue.total), border=True, height="stretch",
            delta=f"{fmt.count(found.messaged.buyers, 'buyer')}, anyway or not", delta_color="off",
            delta_arrow="off",
            help="All that people ordered in their windows whose message was sent, whatever its cause",
        )  # fmt: skip


def _figure(label: str, value: Difference, written: Callable[[float], str], help: str) -> None:
    between = (
        "no interval: too few" if value.low is None else f"{written(value.low)} to {written(value.high)}"
    )
    st.metric(
        label, written(value.value), delta=between, delta_color="off", delta_arrow="off", border=True,
        height="stretch", help=f"{help}. Below it the 95 % interval.",
    )  # fmt: skip


def points(share: float | None) -> str:
    """`+1.20` of 0.012: a difference of shares, in percentage points."""
    if share is None:
        return fmt.NOTHING
    rounded = round(100 * share, 2)
    return f"{'−' if rounded < 0 else '+' if rounded > 0 else ''}{abs(rounded):.2f}"


def verdict(found: Lift) -> str:
    """Whether the campaign made people buy, in words."""
    treated, held = found.treated, found.held_out
    shares = (
        f"{fmt.percent(treated.share)} of those to be messaged bought, {fmt.percent(held.share)} of those "
        "held out."
    )
    between, money = lift.buyers(treated, held), lift.revenue(treated, held)
    if between.apart:
        more = "more" if between.value > 0 else "fewer"
        return (
            f"**{more.capitalize()} people bought.** {shares} Chance alone would hardly make this difference."
        )
    if money.apart:
        more = "more" if money.value > 0 else "less"
        return f"**People spent {more}.** {shares} That can be chance; the difference in revenue is hardly."
    return f"**Not told apart from chance{'' if found.complete else ' yet'}.** {shares}"


def _groups(found: Lift) -> Iterator[tuple[str, Group]]:
    if found.held_out.people:
        yield "Held out", found.held_out
    yield "To be messaged", found.treated
    for name, group in found.variants.items():
        yield f"Variant {name}", group


def _share(group: Group) -> tuple[float, float, float]:
    return group.share or 0.0, *proportions.interval(group.buyers, group.people)


def _table(settings: Settings, found: Lift) -> None:
    """Each group; against those held out, or where there are none, the variants against the first of them."""
    groups = list(_groups(found))
    base_name, base = groups[0]
    if not found.held_out.people and found.variants:
        base_name, base = groups[1]
    among = len(found.variants) - (0 if found.held_out.people else 1)
    rows = []
    for name, group in groups:
        row = {
            "Group": name,
            "People": group.people,
            "Buyers": group.buyers,
            "Share of buyers": fmt.percent(group.share),
            "Orders a person": f"{group.orders.mean:.3f}",
            "Revenue a person": fmt.money(group.revenue.mean, settings.currency),
        }
        compared = group is not base and (found.held_out.people or group is not found.treated)
        row[f"More buyers than {base_name[0].lower()}{base_name[1:]}"] = (
            _more(group, base, 1 if group is found.treated else among) if compared else ""
        )
        rows.append(row)
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="Each group with its people, buyers, orders and revenue",
        column_config={"Group": st.column_config.TextColumn(pinned=True)},
    )  # fmt: skip
    if among > 1:
        st.caption(
            f"The intervals of the {among} variants are widened, so that all of them hold the truth 19 times "
            "in 20 (Bonferroni): the best of several looks apart by chance more easily than one alone."
        )


def _more(group: Group, base: Group, among: int) -> str:
    between = lift.buyers(group, base, among)
    if between.low is None:
        return fmt.NOTHING
    return f"{points(between.value)} ({points(between.low)} to {points(between.high)})"
