"""Customers: find one, see everything about him (`?customer=ID`), or whom an import made (`?import=ID`)."""

from typing import Any

import streamlit as st

from crm import directory, ingest, rulebook
from crm.errors import NotFound
from crm.moment import utc_now
from ui import customer_cards, customer_segments
from ui import format as fmt
from ui.session import require_user, settings, stores

user = require_user("customers")
_PAGE = 50
zone, currency = settings().zone, settings().currency


def one(customer_id: str) -> None:
    """One customer's page."""
    if st.button("All customers", icon=":material/arrow_back:", type="tertiary"):
        del st.query_params["customer"]
        st.rerun()
    try:
        customer = directory.customer(stores(), customer_id)
    except NotFound as error:
        st.title("Customer")
        st.warning(error.message, icon=":material/person_off:")
        return
    st.title(fmt.plain(customer_cards.title(customer)))
    customer_cards.key_figures(customer, currency=currency, zone=zone, now=utc_now())
    who, what = st.columns([2, 3], gap="medium")
    with who:
        st.subheader("Profile")
        customer_cards.profile(customer, rulebook.fields(stores()), zone)
        customer_segments.draw(stores(), settings(), customer["_id"])
    with what:
        st.subheader("Orders")
        customer_cards.orders(customer["orders"], currency=currency, zone=zone)
        st.subheader("Messages")
        customer_cards.deliveries(customer["deliveries"], zone)


def turn(cursor: str | None) -> None:
    """Go to the page behind a cursor, or back to the one before."""
    trail = st.session_state["customers_trail"]
    st.session_state["customers_trail"] = [*trail, cursor] if cursor else trail[:-1]


def of_import() -> str | None:
    """The import whose customers alone are shown, with a way back to all."""
    import_id = st.query_params.get("import")
    if st.session_state.get("customers_import") != import_id:
        st.session_state.update(customers_import=import_id, customers_trail=[])
    if import_id is None:
        return None
    try:
        name = ingest.import_status(stores(), import_id)["filename"]
    except NotFound as error:
        st.warning(error.message, icon=":material/search_off:")
        name = import_id
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Created by the import of **{fmt.plain(name)}**", width="content")
        if st.button("Show all customers", type="tertiary", icon=":material/close:"):
            del st.query_params["import"]
            st.rerun()
    return import_id


def everybody() -> None:
    """The search and its page of customers."""
    st.title("Customers")
    search = st.text_input(
        "Search",
        type="search",
        placeholder="Name, e-mail, phone or external id",
        label_visibility="collapsed",
        key="customers_search",
        width=420,
        on_change=lambda: st.session_state.update(customers_trail=[]),
    )
    import_id = of_import()
    trail = st.session_state.setdefault("customers_trail", [])
    with st.spinner("Searching …" if search else "Reading …", show_time=True):
        found = directory.customers(
            stores(), search=search or "", limit=_PAGE, cursor=trail[-1] if trail else None,
            import_id=import_id,
        )  # fmt: skip
    if not found.items:
        nobody = "Nobody of this import is there." if import_id else "There are no customers yet."
        st.caption("Nobody is called so." if search else nobody)
        return
    table(found.items, key=f"customers_table_{search}_{len(trail)}_{import_id or ''}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Newer", icon=":material/chevron_left:", disabled=not trail, on_click=turn, args=(None,))
        st.button(
            "Older", icon=":material/chevron_right:", disabled=not found.next, on_click=turn,
            args=(found.next,),
        )  # fmt: skip
        if search:
            st.caption("Customers whose name, e-mail, phone or external id contains it, the newest first")
        elif import_id:
            st.caption("The newest first. Select a row to open it.")
        else:
            total = directory.totals(stores())["customers"]
            st.caption(f"{fmt.count(total, 'customer')}, the newest first. Select a row to open it.")


def table(customers: list[dict[str, Any]], *, key: str) -> None:
    """A row a customer; the selected one opens."""
    event = st.dataframe(
        customer_cards.table(customers, currency=currency, zone=zone),
        hide_index=True,
        placeholder="",
        height=560 if len(customers) > 10 else "auto",
        alt="Customers, the newest first; select a row to open it",
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config={
            "Name": st.column_config.TextColumn(pinned=True),
            f"Spent ({fmt.symbol(currency).strip()})": st.column_config.NumberColumn(format="localized"),
            "Tags": st.column_config.MultiselectColumn(color="auto"),
        },
    )
    if event.selection.rows:
        st.query_params["customer"] = customers[event.selection.rows[0]]["_id"]
        st.rerun()


if wanted := st.query_params.get("customer"):
    one(wanted)
else:
    everybody()
