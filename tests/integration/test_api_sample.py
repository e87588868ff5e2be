"""POST /api/generate-sample-data."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api import application
from crm import auth, sample
from crm.settings import settings


@pytest.fixture
def call(stores, monkeypatch):
    """`call(role, json)`: ask for sample data in a role."""
    monkeypatch.setenv("CRM_SECRET_KEY", "a secret of this test")
    settings.cache_clear()

    def posted(role, **numbers):
        now = datetime.now(UTC)
        account = auth.create_account(stores, email=f"{role}@crm.example", name=role, role=role,
                                      password="a long enough password", by=None, now=now)  # fmt: skip
        token = auth.issue_token(account, key=settings().secret("token"), now=now)
        with TestClient(application.build(lambda: stores)) as client:
            return client.post("/api/generate-sample-data", json=numbers,
                               headers={"Authorization": f"Bearer {token}"})  # fmt: skip

    yield posted
    settings.cache_clear()


def test_an_administrator_adds_a_shop(call, stores):
    answer = call("administrator", customers=30, orders=90, seed=4)
    assert answer.status_code == 202
    assert answer.json() == {"customers": 30, "orders": 90, "products": 60, "seed": 4}
    assert sample.waiting(stores) > 0


@pytest.mark.parametrize("role", ["marketer", "analyst", "uploader"])
def test_nobody_else_does(call, stores, role):
    assert call(role, customers=30).status_code == 403
    assert sample.waiting(stores) == 0


def test_a_shop_too_large_to_wait_for_is_refused_by_field(call):
    answer = call("administrator", customers=10_000_000)
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"].endswith("customers")
