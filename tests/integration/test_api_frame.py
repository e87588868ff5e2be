"""The API as a whole: one error shape, who may call what, health, figures, offline documentation."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from pymongo import MongoClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.web.server.starlette.starlette_path_security_middleware import PathSecurityMiddleware

from api import application
from api.errors import TABLE, install
from crm import auth, errors, keys, sessions
from crm.auth import CAPABILITIES, KeyRole, Role
from crm.moment import utc_now
from crm.settings import Endpoints, settings
from crm.stores import streams
from crm.stores.connection import Stores, connect
from tests.shop import customer

NOW = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
PASSWORD = "a long enough password"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "accounts.md"
SIGNED_IN = "signed in"
PUBLIC = "anyone"

Client = Callable[..., TestClient]


@pytest.fixture(scope="module", autouse=True)
def one_secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture
def client(stores: Stores) -> Client:
    """`client("analyst")`: a client signed in (or with an API key) in this role; without a role, nobody.

    It calls the API through the routes by which the web process serves it.
    """
    app = Starlette(routes=application.routes(application.build(lambda: stores)))

    def made(role: str | None = None) -> TestClient:
        caller = TestClient(app, raise_server_exceptions=False)
        if role in ("vendor", "metrics", "uploader key"):
            _, key = keys.create(stores, name=role, role=role.split()[0], by=None, now=NOW)
            caller.headers["X-API-Key"] = key
        elif role:
            caller.headers["Authorization"] = f"Bearer {token(stores, role)}"
        return caller

    return made


def token(stores: Stores, role: str) -> str:
    email = f"{role}@crm.example"
    if role == Role.SHOPPER:
        account = auth.register_shopper(stores, email=email, name=role, password=PASSWORD, now=NOW)
    else:
        account = auth.create_account(
            stores, email=email, name=role, role=role, password=PASSWORD, by=None, now=NOW
        )
    return auth.issue_token(account, key=settings().secret("token"), now=utc_now())


def endpoints_of(api: FastAPI) -> dict[tuple[str, str], str]:
    """Method and path → the capability it asks for, SIGNED_IN or PUBLIC, read from the routes themselves."""
    found = {}
    for context in iter_route_contexts(api.routes):
        dependant = getattr(context, "dependant", None) or getattr(context.original_route, "dependant", None)
        for method in (context.methods or set()) - {"HEAD"}:
            found[method, str(context.path)] = _asks(dependant) if dependant else PUBLIC
    return found


def _asks(dependant: Any) -> str:
    calls = [dependant.call, *(_flat(dependant))]
    for call in calls:
        if capability := getattr(call, "capability", None):
            return str(capability)
    return SIGNED_IN if any(getattr(call, "__name__", "") == "signed_in" for call in calls) else PUBLIC


def _flat(dependant: Any) -> list[Any]:
    return [call for each in dependant.dependencies for call in (each.call, *_flat(each))]


ENDPOINTS = endpoints_of(application.build(lambda: None))  # type: ignore[arg-type, return-value]
CLOSED = sorted(key for key, asks in ENDPOINTS.items() if asks != PUBLIC)
OPEN = {
    ("GET", "/health"),
    ("GET", "/api/health"),
    ("GET", "/api/docs"),
    ("GET", "/api/docs/{name}"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/signup"),
    ("POST", "/api/auth/login"),
    ("GET", "/api/exports/{ticket}"),  # the ticket says who may
    ("GET", "/api/exports/log/{ticket}"),  # the same
    ("GET", "/api/exports/refused/{ticket}"),  # the same
    ("POST", "/api/imports/files/{ticket}"),  # the same
    ("GET", "/unsubscribe/{token}"),  # the token names the person
    ("POST", "/unsubscribe/{token}"),
    ("POST", "/unsubscribe/{token}/undo"),
}
# Where an empty body would do something that takes its time.
BODIES = {"/api/generate-sample-data": {"customers": 0}}
ROLES = (*Role, KeyRole.VENDOR, KeyRole.METRICS, "uploader key")


def call(caller: TestClient, method: str, path: str) -> Any:
    return caller.request(method, re.sub(r"{\w+}", "x", path), json=BODIES.get(path, {}))


def test_only_what_is_meant_to_be_is_open_to_anyone() -> None:
    assert {key for key, asks in ENDPOINTS.items() if asks == PUBLIC} == OPEN


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nobody_gets_anything(client: Client, method: str, path: str) -> None:
    answer = call(client(), method, path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_of_capabilities_says(client: Client, role: str) -> None:
    caller = client(role)
    name = role.split()[0]
    for method, path in CLOSED:
        asks = ENDPOINTS[method, path]
        allowed = asks == SIGNED_IN or name == Role.ADMINISTRATOR or name in CAPABILITIES[asks].roles
        if asks == SIGNED_IN and path.endswith("/logout"):
            continue  # which ends what the rest of this test needs
        status = call(caller, method, path).status_code
        assert (status != 403) == allowed, f"{role}: {method} {path} answered {status}"
        assert status != 401


def test_the_documentation_lists_every_endpoint_with_what_it_asks_for() -> None:
    rows = re.findall(r"^\| `(\w+) (/\S*)` \| ([\w ]+) \|", DOCS.read_text(), re.MULTILINE)
    documented = {(method, path): asks for method, path, asks in rows}
    assert documented == ENDPOINTS


def test_every_domain_error_has_a_row_of_its_own() -> None:
    def all_of(kind: type[errors.CrmError]) -> set[type[errors.CrmError]]:
        return {kind, *(each for sub in kind.__subclasses__() for each in all_of(sub))}

    ours = {kind for kind in all_of(errors.CrmError) if kind.__module__ == "crm.errors"}
    assert ours == {row[0] for row in TABLE}


def raising(error: Exception) -> TestClient:
    api = FastAPI()
    install(api)

    @api.get("/")
    def fail() -> None:
        raise error

    return TestClient(api, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            errors.InvalidRule("rules.conditions[0].value", "Give a number."),
            422,
            {
                "code": "invalid_rule",
                "message": "Give a number.",
                "fields": [{"field": "rules.conditions[0].value", "reason": "Give a number."}],
            },
        ),
        (errors.InvalidInput("No."), 422, {"code": "invalid_input", "message": "No."}),
        (errors.NotFound("None."), 404, {"code": "not_found", "message": "None."}),
        (errors.Conflict("Two."), 409, {"code": "conflict", "message": "Two."}),
        (errors.IllegalTransition("Not now."), 409, {"code": "illegal_transition", "message": "Not now."}),
        (errors.NotAllowed("Not you."), 403, {"code": "not_allowed", "message": "Not you."}),
        (errors.TooLarge("Big."), 413, {"code": "too_large", "message": "Big."}),
        (errors.Unavailable("Away."), 503, {"code": "unavailable", "message": "Away."}),
        (
            ValueError("mongodb://user:secret@host"),
            500,
            {"code": "internal_error", "message": "Something went wrong on our side."},
        ),
    ],
)
def test_errors_have_one_shape(error: Exception, status: int, body: dict[str, Any]) -> None:
    answer = raising(error).get("/")
    assert (answer.status_code, answer.json()) == (status, {"error": body})


def test_too_many_attempts_say_when_to_come_back() -> None:
    answer = raising(errors.TooManyAttempts("Wait.", retry_after=77)).get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "77")


def test_what_the_framework_refuses_has_the_same_shape(client: Client) -> None:
    caller = client()
    missing = caller.post("/api/auth/login", json={"email": "a@b.example"})
    assert missing.status_code == 422
    assert missing.json()["error"]["fields"] == [{"field": "password", "reason": "Field required"}]
    broken = caller.post("/api/auth/login", content="{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["error"]["code"]) == (422, "invalid_input")
    nothing = caller.get("/api/nothing/here")
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (404, "not_found")
    wrong = caller.put("/api/auth/login")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"


ODD = ("a%00b", "%00/members", "a%0Ab", "..%2f..%2fx", "%5c%5chost", "%ff", "%ed%a0%80", "%zz", "$where")


@pytest.mark.parametrize("kind", ["customers", "imports", "segments", "campaigns", "orders", "nothing"])
def test_an_odd_path_is_refused_in_the_one_shape(stores: Stores, kind: str) -> None:
    api = application.build(lambda: stores)
    layers = [Middleware(application.OddPaths, api=api), Middleware(PathSecurityMiddleware)]
    caller = TestClient(Starlette(routes=application.routes(api), middleware=layers))
    caller.headers["Authorization"] = f"Bearer {token(stores, Role.ADMINISTRATOR)}"
    for odd in ODD:
        answer = caller.get(f"http://testserver/api/{kind}/{odd}")
        assert answer.status_code in (404, 405, 422), odd
        assert set(answer.json()["error"]) <= {"code", "message", "fields"}
    assert "This link does not work" in caller.get("http://testserver/unsubscribe/a%00b").text
    assert caller.get("/api").json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api/orders", "/api/customers/bulk", "/api/imports"])
def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent(
    client: Client, path: str
) -> None:
    headers = {"Content-Length": "99999999999999999999", "Content-Type": "text/csv"}
    answer = client("uploader").post(path, content=iter([b"{}"]), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_large_body_is_refused_before_anybody_has_signed_in(client: Client) -> None:
    answer = client().post(
        "/api/auth/login", content=b" " * 100_000, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_person_signs_in_looks_and_signs_out(client: Client, stores: Stores) -> None:
    token(stores, "analyst")
    caller = client()
    answer = caller.post("/api/auth/login", json={"email": "Analyst@CRM.example", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "analyst"
    caller.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    me = caller.get("/api/auth/me").json()
    assert (me["email"], me["role"], me["_id"]) == (
        "analyst@crm.example", "analyst", answer.json()["user"]["_id"]
    )  # fmt: skip
    assert caller.post("/api/auth/logout").status_code == 204
    assert caller.get("/api/auth/me").status_code == 401


def test_the_sixth_wrong_password_is_told_to_wait(client: Client, stores: Stores) -> None:
    token(stores, "analyst")
    wrong = {"email": "analyst@crm.example", "password": "not this one"}
    for _ in range(sessions.ATTEMPTS):
        assert client().post("/api/auth/login", json=wrong).status_code == 401
    answer = client().post("/api/auth/login", json=wrong | {"password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900


@pytest.mark.parametrize("path", ["/api/auth/register", "/api/auth/signup"])
def test_a_shopper_registers_and_is_signed_in(client: Client, stores: Stores, path: str) -> None:
    body = {"name": "Sue", "email": "Sue@shop.example", "password": PASSWORD, "role": "administrator"}
    answer = client().post(path, json=body)
    assert answer.status_code == 201
    user = answer.json()["user"]
    assert (user["role"], user["email"]) == ("shopper", "sue@shop.example")
    assert stores.db.customers.find_one({"_id": user["customerId"]})["email"] == "sue@shop.example"
    me = client().get("/api/auth/me", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert me.json()["customerId"] == user["customerId"]
    assert client().post(path, json=body).status_code == 409
    assert PASSWORD not in answer.text


def test_a_shopper_with_a_customers_e_mail_is_told_that_the_record_stays_closed(
    client: Client, stores: Stores
) -> None:
    customer(stores, "c1", email="sue@shop.example")
    body = {"name": "Mallory", "email": "sue@shop.example", "password": PASSWORD}
    answer = client().post("/api/auth/register", json=body).json()
    assert answer["user"]["customerId"] is None
    assert "proven" in answer["message"]
    headers = {"Authorization": f"Bearer {answer['token']}"}
    assert client().get("/api/orders", headers=headers).status_code == 403


def test_a_registration_that_cant_be_says_which_fields(client: Client) -> None:
    answer = client().post("/api/auth/register", json={"name": " ", "email": "x", "password": "short"})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["error"]["fields"]] == ["email", "name", "password"]


def test_a_key_works_as_a_bearer_token_too_and_has_no_session(client: Client, stores: Stores) -> None:
    _, key = keys.create(stores, name="shop", role="uploader", by=None, now=NOW)
    caller = client()
    caller.headers["Authorization"] = f"Bearer {key}"
    assert caller.get("/api/auth/me").json()["role"] == "uploader"
    assert caller.post("/api/auth/logout").status_code == 403


def test_the_role_is_the_accounts_not_the_tokens(client: Client, stores: Stores) -> None:
    caller = client("marketer")
    assert caller.get("/api/customers").status_code == 200
    stores.db.accounts.update_one({"email": "marketer@crm.example"}, {"$set": {"role": "uploader"}})
    assert caller.get("/api/customers").status_code == 403


def test_health_says_how_far_behind_each_stream_is(client: Client, stores: Stores) -> None:
    assert client().get("/health").json() == {"status": "ok"}
    streams.publish(stores, streams.RECEIPTS, [{}, {}])
    answer = client().get("/api/health")
    assert answer.status_code == 200
    health = answer.json()
    assert (health["mongodb"], health["redis"], health["workers"], health["status"]) == (
        True, True, 0, "no worker"
    )  # fmt: skip
    assert health["streams"]["receipts"] == {"backlog": 2, "dead": 0}
    assert health["streams"]["orders:7"] == {"backlog": 0, "dead": 0}


def test_a_store_that_is_away_is_503_in_the_one_shape(endpoints: Endpoints) -> None:
    stores = connect(Endpoints("mongodb://127.0.0.1:1/", endpoints.redis_url), "away", "away:")
    stores.client.close()
    impatient: MongoClient = MongoClient("127.0.0.1", 1, serverSelectionTimeoutMS=200)
    stores = replace(stores, client=impatient, db=impatient.get_database("away"))
    try:
        app = Starlette(routes=application.routes(application.build(lambda: stores)))
        caller = TestClient(app, raise_server_exceptions=False)
        assert caller.get("/health").status_code == 200
        ready = caller.get("/api/health")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        answer = caller.post("/api/auth/login", json={"email": "a@b.example", "password": PASSWORD})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert "27" not in answer.text and "127.0.0.1" not in answer.text
    finally:
        for key in stores.redis.scan_iter(match="away:*"):
            stores.redis.delete(key)
        stores.close()


def test_the_figures_are_in_the_format_of_prometheus(client: Client, stores: Stores) -> None:
    customer(stores, "c1")
    streams.publish(stores, streams.CUSTOMERS, [{}])
    answer = client("metrics").get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    line = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"\})? \d+')
    lines = [each for each in answer.text.splitlines() if not each.startswith("#")]
    assert all(line.fullmatch(each) for each in lines)
    assert {
        "crm_up 1",
        'crm_stream_backlog{stream="customers"} 1',
        'crm_documents{collection="customers"} 1',
    } <= {*lines}


def test_the_documentation_page_needs_no_network(client: Client) -> None:
    page = client().get("/api/docs").text
    assert "http://" not in page and "https://" not in page
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert client().get(asset).status_code == 200
    assert "/api/openapi.json" in page
    paths = client().get("/api/openapi.json").json()["paths"]
    # An old name, and an address for pages alone.
    unsaid = {"/api/auth/signup", "/api/imports/files/{ticket}"}
    assert {path for _, path in OPEN if "docs" not in path and "openapi" not in path} - unsaid <= {*paths}


@pytest.mark.parametrize("text", ["%00", "a%00b", "a" * 40_000])
@pytest.mark.parametrize("path", ["customers", "segments", "suppressions"])
def test_a_search_for_what_no_text_can_hold_finds_nothing(client, path, text):
    answer = client("administrator").get(f"/api/{path}?search={text}")
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})
