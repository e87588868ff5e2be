"""Up to five campaigns side by side, by an address that can be passed on (`?compare=ID,ID&days=7`)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from crm import campaigns, lift, results
from crm.errors import CrmError
from crm.lifecycle import NOT_BEGUN, CampaignStatus
from crm.moment import utc_now
from crm.settings import Settings
from crm.stores.connection import Stores
from ui import campaign_lift, charts_campaign
from ui import campaign_marks as marks
from ui import format as fmt

PARAMETER = "compare"
_DAYS = "days"
_CHOSEN, _WINDOW, _ASKED = "compare campaigns", "compare days", "compare asked"
_FIGURE = "Figure"
_OFFERED = 100
_AT_ONCE = 50_000  # recipients whose orders are read without being asked to
_LAUNCHED = tuple(status for status in CampaignStatus if status not in NOT_BEGUN)

Found = Mapping[str, Any]


def open_page() -> None:
    """Let the next run draw the comparison, with nothing chosen yet."""
    st.query_params[PARAMETER] = ""


def draw(stores: Stores, settings: Settings) -> None:
    """The choice of campaigns and what became of each."""
    st.button(
        "All campaigns", icon=":material/arrow_back:", type="tertiary", key="compare-back", on_click=_close
    )
    st.title("Compare campaigns")
    chosen, days = _choice(stores, settings)
    if not chosen:
        st.caption("Choose two to five campaigns to see them side by side.")
        return
    try:
        found = results.comparable(stores, chosen)
        if not _read(found, chosen, days):
            return
        with st.spinner("Reading orders…"):
            now = utc_now()
            rows = [
                results.described(stores, each, campaign_lift.measured(stores, each["_id"], days), now)
                for each in found
            ]
    except CrmError as error:
        st.warning(error.message, icon=":material/search_off:")
        return
    _side_by_side(settings, dict(zip(_apart(each["name"] for each in rows), rows, strict=True)))
    st.download_button(
        "Download CSV", data="".join(results.as_csv(rows)), file_name="campaigns.csv", mime="text/csv",
        icon=":material/download:", key="compare-csv", on_click="ignore",
    )  # fmt: skip


def _close() -> None:
    for name in (PARAMETER, _DAYS):
        st.query_params.pop(name, None)


def _choice(stores: Stores, settings: Settings) -> tuple[list[str], int]:
    """Campaigns and window, kept in the address."""
    offered = campaigns.listing(stores, limit=_OFFERED, statuses=_LAUNCHED)["items"]
    begun = [each for each in offered if each["launchedAt"]]
    labels = _apart(f"{each['name']}, {fmt.day(each['launchedAt'], settings.zone)}" for each in begun)
    names = dict(zip((each["_id"] for each in begun), labels, strict=True))
    if _CHOSEN not in st.session_state:
        asked = [each for each in str(st.query_params.get(PARAMETER, "")).split(",") if each]
        st.session_state[_CHOSEN] = asked[: results.MOST_COMPARED]
        window = str(st.query_params.get(_DAYS, ""))
        known = window.isdecimal() and int(window) in lift.WINDOWS
        st.session_state[_WINDOW] = int(window) if known else lift.DAYS
    options = list(dict.fromkeys([*names, *st.session_state[_CHOSEN]]))
    chosen = st.multiselect(
        "Campaigns", options, key=_CHOSEN, max_selections=results.MOST_COMPARED,
        placeholder="Choose up to five", format_func=lambda at: names.get(at, at),
    )  # fmt: skip
    days = st.segmented_control(
        "Orders within", lift.WINDOWS, required=True, key=_WINDOW,
        format_func=lambda each: fmt.count(each, "day"),
    )  # fmt: skip
    st.query_params[PARAMETER], st.query_params[_DAYS] = ",".join(chosen), str(days)
    return chosen, days


def _read(found: list[Any], chosen: list[str], days: int) -> bool:
    """Whether to read the orders of these campaigns: at once where they are few, else when somebody asks."""
    many = sum(each["audienceSize"] or 0 for each in found)
    asked = (tuple(chosen), days)
    if many <= _AT_ONCE or st.session_state.get(_ASKED) == asked:
        return True
    st.caption(f"The orders of {fmt.count(many, 'customer')} are read when you ask for it.")
    if st.button("Read the orders", icon=":material/query_stats:", key="compare-read"):
        st.session_state[_ASKED] = asked
        return True
    return False


def _apart(names: Iterable[str]) -> list[str]:
    """The names, those that come again told apart by a number."""
    seen: Counter[str] = Counter()
    labels = []
    for name in names:
        seen[name] += 1
        labels.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return labels


def _side_by_side(settings: Settings, found: Mapping[str, Found]) -> None:
    table = {label: [write(each) for _, write in _figures(settings)] for label, each in found.items()}
    frame = pd.DataFrame({_FIGURE: [name for name, _ in _figures(settings)]} | table)
    st.dataframe(
        frame, hide_index=True, height="content", alt="A row a figure, a column a campaign",
        column_config={_FIGURE: st.column_config.TextColumn(pinned=True, width=170)},
    )  # fmt: skip
    sent = [(label, *each["sentShare"].values()) for label, each in found.items() if each["sentShare"]]
    lifts = [
        (label, *(each["orders"]["lift"]["buyersShare"][end] for end in ("value", "low", "high")))
        for label, each in found.items()
        if each["orders"]["lift"]
    ]
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.markdown("**Sent of those answered**")
        _chart(charts_campaign.shares, sent, "Share sent", "sent", "Nobody has been answered yet.")
    with right.container(border=True, height="stretch"):
        st.markdown("**More buyers than held out**")
        _chart(
            charts_campaign.differences, lifts, "Points", "lift",
            "None of these campaigns held anybody out, so that nobody can tell what they brought in.",
        )  # fmt: skip
    st.caption(
        "The true figure lies within each interval 19 times in 20. Campaigns went to different people at "
        "different times: a difference between two of them may be theirs, not the message's."
    )


def _chart(figure: Callable[..., Any], rows: list[Any], title: str, key: str, none: str) -> None:
    if not rows:
        st.caption(none)
        return
    st.plotly_chart(
        figure(rows, title=title), config={"displayModeBar": False}, key=f"compare-{key}",
        alt=f"{title} of each campaign, with its 95 % interval",
    )  # fmt: skip


def _figures(settings: Settings) -> list[tuple[str, Callable[[Found], str]]]:
    """What is compared, and how it is written."""
    return [
        ("Status", lambda each: marks.STATUS[each["status"]].label),
        ("To", lambda each: each["segmentName"] or "its own rules"),
        ("Launched", lambda each: fmt.moment(each["launchedAt"], settings.zone)),
        ("Audience", _book("audience")),
        *((marks.STATE[state].label, _book(state)) for state in ("sent", "failed", "skipped", "pending")),
        ("Sent of those answered", _sent_share),
        ("Commonest failure", lambda each: next(iter(each["reasons"]["failed"]), fmt.NOTHING)),
        ("Unsubscribed by its link", lambda each: fmt.number(each["unsubscribedCount"])),
        ("Took", lambda each: marks.lasted(each["startedAt"], each["firstFinishedAt"] or each["finishedAt"])),
        ("A second", lambda each: fmt.number(round(each["pace"]["perSecond"], 1)) if each["pace"] else "–"),
        *_figures_of_orders(lambda amount: fmt.money(amount, settings.currency)),
    ]


def _figures_of_orders(money: Callable[[float], str]) -> list[tuple[str, Callable[[Found], str]]]:
    """What was ordered by those to be messaged and by those held out."""

    def of(group: str, figure: str) -> Callable[[Found], Any]:
        return lambda each: (each["orders"][group] or {}).get(figure)

    buyers, revenue = of("lift", "buyersShare"), of("attributed", "revenue")
    return [
        ("To be messaged", lambda each: fmt.number(each["orders"]["treated"]["people"])),
        ("of them bought", lambda each: fmt.percent(each["orders"]["treated"]["buyersShare"])),
        ("Held out", lambda each: fmt.number(of("heldOut", "people")(each) or 0)),
        ("of them bought ", lambda each: fmt.percent(of("heldOut", "buyersShare")(each))),
        ("More buyers, in points", lambda each: _with_interval(buyers(each), campaign_lift.points)),
        ("Revenue brought in", lambda each: _with_interval(revenue(each), money)),
        ("Ordered after a message", lambda each: money(each["orders"]["messaged"]["revenue"])),
        ("Windows", lambda each: "over" if each["orders"]["complete"] else "not over yet"),
    ]


def _book(state: str) -> Callable[[Found], str]:
    return lambda each: fmt.number(each["books"][state])


def _with_interval(found: Any, written: Callable[[float], str]) -> str:
    if not found:
        return "nobody held out"
    if found["low"] is None:
        return written(found["value"])
    return f"{written(found['value'])} ({written(found['low'])} to {written(found['high'])})"


def _sent_share(each: Found) -> str:
    share = each["sentShare"]
    if not share:
        return fmt.NOTHING
    return f"{fmt.percent(share['value'])} ({fmt.percent(share['low'])} to {fmt.percent(share['high'])})"
