"""A client of the API for each role, on stores of the test's own."""

import pytest
from fastapi.testclient import TestClient

from api.application import build
from crm import auth, keys
from crm.settings import settings
from tests.crowd import NOW

PASSWORD = "a long enough password"


@pytest.fixture
def client(stores, monkeypatch, tmp_path):
    """`client(role)`: a client of the API that is signed in, or holds an API key, in this role."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    api = build(lambda: stores)

    def signed_in(role):
        caller = TestClient(api, raise_server_exceptions=False)
        if role in ("vendor", "metrics"):
            _, key = keys.create(stores, name=role, role=role, by=None, now=NOW)
            caller.headers["X-API-Key"] = key
        elif role:
            email = f"{role}@shop.example"
            auth.create_account(
                stores, email=email, name=role, role=role, password=PASSWORD, by=None, now=NOW
            )
            answer = caller.post("/api/auth/login", json={"email": email, "password": PASSWORD})
            caller.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return caller

    yield signed_in
    settings.cache_clear()
