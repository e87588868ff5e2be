"""The message service and the web process, as parts of a test that can be killed and started again."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import httpx
import orjson

from crm.settings import Endpoints
from crm.stores.connection import Stores
from embedded.process import Process
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
_START_WITHIN = 90.0


@dataclass(frozen=True, slots=True)
class VendorService:
    """`python -m vendor`: keeps the keys it took in `log`, posts receipts to the API."""

    port: int
    log: Path
    receipts: str
    api_key: str
    faults: dict[str, float]

    name: ClassVar[str] = "vendor"
    grace: ClassVar[float] = 5.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "vendor", "--port", str(self.port), "--log", str(self.log)),
            *("--receipts", self.receipts, "--faults", orjson.dumps(self.faults).decode()),
        ]

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": str(ROOT),
            "VENDOR_API_KEY": self.api_key,
            "VENDOR_TOKEN": "",
        }

    def await_ready(self, process: Process) -> None:
        _await_health(self.address, process)


@dataclass(frozen=True, slots=True)
class Web:
    """`streamlit run app.py` on stores that others started, without workers of its own."""

    port: int
    endpoints: Endpoints
    stores: Stores
    folder: Path

    name: ClassVar[str] = "web"
    grace: ClassVar[float] = 30.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "MONGODB_URI": self.endpoints.mongodb_uri,
            "REDIS_URL": self.endpoints.redis_url,
            "CRM_DATABASE": self.stores.db.name,
            "CRM_PREFIX": self.stores.prefix,
            "CRM_DATA_DIR": str(self.folder),
            "CRM_PORT": str(self.port),
            "CRM_WORKERS": "0",
        }

    def await_ready(self, process: Process) -> None:
        _await_health(self.address, process)


def _await_health(address: str, process: Process) -> None:
    """Wait until it answers. Fails where it has ended instead."""

    def answers() -> bool:
        assert process.status is None, process.output()
        try:
            return httpx.get(f"{address}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    until(answers, timeout=_START_WITHIN)
