"""The handler of uploaded files."""

from typing import Any

from crm import imports, ingest, waiting_files
from crm.moment import utc_now
from crm.stores.connection import Stores
from workers.consumer import pause


def handle(stores: Stores, payloads: list[Any]) -> None:
    """Read and publish files, and finish their imports once all of their rows are persisted."""
    for payload in payloads:
        ingest.run_import(stores, payload["importId"], clock=utc_now, pause=pause)


def buried(stores: Stores, payload: Any, reason: str) -> None:
    """Say on the import that it was given up."""
    ingest.fail_import(stores, payload["importId"], now=utc_now())


def tend(stores: Stores) -> None:
    """Take up files whose announcement was lost, and corrections whose publication was; drop old files."""
    ingest.announce_lost_imports(stores, now=utc_now())
    imports.resend_lost_corrections(stores, now=utc_now())
    waiting_files.drop_old(stores, now=utc_now())
