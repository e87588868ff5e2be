"""`python -m tests.browser.pictures`: the pictures of the README, made anew from a sample shop."""

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from tests import surroundings
from tests.acceptance.installation import ROOT, Installation, started
from tests.browser.chromium import LAUNCH, sign_in, wait_until_idle
from tests.waiting import until

PICTURES = ROOT / "docs" / "pictures"
EMAIL, PASSWORD = "asha@shop.example", "a picture of a shop"
SIZE = {"width": 1360, "height": 900}
RULES = {
    "id": 1,
    "type": "group",
    "operator": "AND",
    "conditions": [
        {"id": 2, "type": "condition", "field": "totalSpent", "operator": "greaterThan", "value": 5000},
        {
            "id": 3,
            "type": "group",
            "operator": "OR",
            "conditions": [
                {
                    "id": 4,
                    "type": "condition",
                    "field": "city",
                    "operator": "in",
                    "value": ["Mumbai", "Pune"],
                },
                {"id": 5, "type": "condition", "field": "tags", "operator": "containsAny", "value": ["vip"]},
            ],
        },
        {
            "id": 6,
            "type": "condition",
            "field": "lastOrdered",
            "operator": "inTheLast",
            "value": {"last": {"months": 12}},
        },
    ],
}
FILE = """Full name,E-mail,City,Total spent,Joined
Asha Kulkarni,asha.k@shop.example,Pune,"₹1,234.50",2024-05-01
Bo Lindqvist,not-an-address,Delhi,90,2024-01-12
Amélie Sharma,amit@shop.example,Mumbai,12000,2023-11-30
""".encode()


def _prepare(installation: Installation) -> str:
    """Sample data, a segment and a finished campaign. Returns the segment's id."""
    environment = {"CRM_DATA_DIR": str(installation.data_dir), "PATH": ""}
    subprocess.run([sys.executable, "-m", "crm", "sample"], cwd=ROOT, env=environment, check=True)
    with httpx.Client(base_url=installation.url, timeout=60) as client:
        answer = client.post(
            "/api/auth/login", json={"email": EMAIL, "password": PASSWORD}
        ).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        until(lambda: _size(client) > 100, timeout=120)
        segment = client.post("/api/segments", json={"name": "Big spenders nearby", "rules": RULES})
        segment_id = segment.raise_for_status().json()["_id"]
        campaign = {
            "name": "Autumn sale",
            "segmentId": segment_id,
            "messageTemplate": "Hi {name|there}, ten days of autumn colours, picked for {city|your city}.",
        }
        launched = client.post("/api/campaigns", json=campaign).raise_for_status().json()
        until(lambda: _status(client, launched["_id"]) == "finished", timeout=120)
    return str(segment_id)


def _size(client: httpx.Client) -> int:
    return int(client.post("/api/audience/preview", json={"rules": RULES}).json().get("size", 0))


def _status(client: httpx.Client, campaign_id: str) -> str:
    return str(client.get(f"/api/campaigns/{campaign_id}/stats").json()["status"])


def _take(page: Page, url: str, name: str, *, scheme: str) -> None:
    page.goto(url)
    wait_until_idle(page)
    if name == "upload":
        page.locator("input[type=file]").set_input_files(
            {"name": "newcomers.csv", "mimeType": "text/csv", "buffer": FILE}
        )
        page.get_by_text("The first rows, as they will be understood").wait_for()
        wait_until_idle(page)
    page.screenshot(path=PICTURES / f"{name}-{scheme}.png")


def main() -> None:
    """Write `<page>-light.png` and `<page>-dark.png` into docs/pictures."""
    surroundings.forget()
    PICTURES.mkdir(exist_ok=True)
    administrator = {"CRM_ADMIN_EMAIL": EMAIL, "CRM_ADMIN_PASSWORD": PASSWORD}
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        started(Path(folder) / "data", environment=administrator) as installation,
    ):
        segment_id = _prepare(installation)
        browser = playwright.chromium.launch(**LAUNCH)
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()
            sign_in(page, installation.url, EMAIL, PASSWORD)
            paths = {"segments": f"segments?segment={segment_id}"}
            for name in ("segments", "history", "explore", "upload"):
                _take(page, f"{installation.url}/{paths.get(name, name)}", name, scheme=scheme)
        browser.close()


if __name__ == "__main__":
    main()
