"""What a page says when something went wrong that nobody foresaw."""

import logging

import streamlit as st

from crm.errors import CrmError
from crm.stores.outages import is_outage

_log = logging.getLogger(__name__)


def show(error: Exception) -> bool:
    """Say it in a sentence instead of a traceback, which goes to the log. For `st.App(on_script_error=…)`."""
    if isinstance(error, CrmError):
        st.error(error.message, icon=":material/error:")
    elif is_outage(error):
        _log.warning("a store is away; the page says so", extra={"action": "store_away"})
        st.error("A store did not answer. Try again in a moment.", icon=":material/cloud_off:")
    else:
        _log.error("a page failed", exc_info=error, extra={"action": "page_failed"})
        st.error(
            "Something went wrong on our side. It has been logged; try again, or do it another way.",
            icon=":material/error:",
        )
    return True
