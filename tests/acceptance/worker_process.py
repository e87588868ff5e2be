"""Workers as processes of their own, as `python -m workers` starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.settings import Endpoints
from crm.stores.connection import Stores

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker(
    endpoints: Endpoints, stores: Stores, *kinds: str, claim_after: float = 2
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of these kinds on the stores of a test; told to stop at the end, if it still runs."""
    environment = os.environ | {
        "MONGODB_URI": endpoints.mongodb_uri,
        "REDIS_URL": endpoints.redis_url,
        "CRM_DATABASE": stores.db.name,
        "CRM_PREFIX": stores.prefix,
        "CRM_CLAIM_AFTER": str(claim_after),
    }
    process = subprocess.Popen([sys.executable, "-m", "workers", *kinds], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
