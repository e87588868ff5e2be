"""`python -m vendor`: the simulated vendor as a service on loopback, until it is interrupted.

VENDOR_API_KEY is an API key of role vendor, to post receipts with; VENDOR_TOKEN what callers have to send.
"""

import argparse
import json
import logging
import signal
import threading
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings

from crm.vendors import simulated
from vendor.service import served


class _Secrets(BaseSettings):
    api_key: SecretStr = Field(SecretStr(""), validation_alias="VENDOR_API_KEY")
    token: SecretStr = Field(SecretStr(""), validation_alias="VENDOR_TOKEN")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vendor", description="A vendor that reaches nobody.")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--receipts", default="http://127.0.0.1:8501/api/delivery-receipt", metavar="URL")
    parser.add_argument("--log", type=Path, default=Path("data/vendor.log"), help="the keys it has taken")
    parser.add_argument(
        "--faults", default="{}", metavar="JSON", help='such as {"temporary": 0.1, "late": 0.2}'
    )
    given = parser.parse_args()
    try:
        vendor = simulated.build(json.loads(given.faults))
    except (ValidationError, ValueError, TypeError) as error:
        parser.error(f"--faults: {error}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    secrets = _Secrets()  # type: ignore[call-arg]  # both come from the environment
    with served(
        vendor, log=given.log, receipts_url=given.receipts, port=given.port,
        api_key=secrets.api_key.get_secret_value(), token=secrets.token.get_secret_value(),
    ) as (url, _):  # fmt: skip
        logging.getLogger("vendor").info("The simulated vendor listens at %s", url)
        stop.wait()


if __name__ == "__main__":
    main()
