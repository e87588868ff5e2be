"""`python -m crm` on real stores."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crm import accounts, auth, keys
from crm.__main__ import main
from crm.errors import NotSignedIn
from crm.moment import utc_now
from crm.settings import Endpoints, settings
from crm.stores import streams
from crm.stores.connection import Stores

PASSWORD = "a long enough password"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    stores: Stores,
    endpoints: Endpoints,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """`run("account", "list")`: exit status, output and errors of the command on this test's stores."""
    monkeypatch.setenv("MONGODB_URI", endpoints.mongodb_uri)
    monkeypatch.setenv("REDIS_URL", endpoints.redis_url)
    monkeypatch.setenv("CRM_DATABASE", stores.db.name)
    monkeypatch.setenv("CRM_PREFIX", stores.prefix)
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()

    def command(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = main(words)
        said = capsys.readouterr()
        return status, said.out, said.err

    yield command
    settings.cache_clear()


def test_an_account_is_created_with_a_password_from_standard_input(run: Run, stores: Stores) -> None:
    status, said, _ = run(
        "account", "create", "Meera@crm.example", "--role", "marketer", typed=f"{PASSWORD}\n"
    )
    assert (status, said) == (0, "meera@crm.example is marketer.\n")
    assert auth.authenticate(stores, "meera@crm.example", PASSWORD, address="x", now=utc_now())
    assert run("account", "list")[1].split() == ["marketer", "meera@crm.example", "Meera@crm.example"]


def test_a_generated_password_is_printed_and_works(run: Run, stores: Stores) -> None:
    run("account", "create", "a@crm.example", "--role", "administrator", "--generate")
    _, said, _ = run("account", "password", "A@crm.example", "--generate")
    password = said.splitlines()[-1].removeprefix("Password: ")
    assert auth.authenticate(stores, "a@crm.example", password, address="x", now=utc_now())


def test_what_cant_be_is_said_on_standard_error(run: Run) -> None:
    status, said, errors = run("account", "create", "a@crm.example", "--role", "analyst", typed="short\n")
    assert (status, said, errors) == (1, "", "Use at least 10 characters.\n")
    status, _, errors = run("account", "password", "nobody@crm.example", "--generate")
    assert (status, errors) == (1, "There is no account with this e-mail address.\n")


def test_keys_are_made_listed_and_revoked(run: Run, stores: Stores) -> None:
    _, said, _ = run("key", "create", "Web shop", "--role", "uploader")
    key = said.splitlines()[0]
    assert auth.account_of_key(stores, key).name == "Web shop"
    key_id = keys.listing(stores)[0]["_id"]
    assert run("key", "list")[1].split() == [key_id, "uploader", "Web", "shop"]
    assert run("key", "revoke", key_id)[0] == 0
    with pytest.raises(NotSignedIn):
        auth.account_of_key(stores, key)
    assert run("key", "revoke", key_id)[0] == 1


def test_sample_data_is_published(run: Run, stores: Stores) -> None:
    status, said, _ = run("sample", "--customers", "20", "--orders", "40", "--seed", "7")
    assert status == 0
    assert "20 customers and 40 orders" in said
    assert streams.backlog(stores, streams.CUSTOMERS) > 0


def test_an_installation_that_does_not_run_says_how_to_start_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("MONGODB_URI", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    assert main(["account", "list"]) == 1
    assert "make run" in capsys.readouterr().err
    settings.cache_clear()


def test_the_first_account_by_command_ends_the_first_run_form(run: Run, stores: Stores) -> None:
    assert not accounts.has_staff(stores)
    run("account", "create", "a@crm.example", "--role", "administrator", "--generate")
    assert accounts.has_staff(stores)


def test_an_audit_names_wrong_totals_and_sets_them_right_when_told_to(run: Run, stores: Stores) -> None:
    stores.db.customers.insert_one({"_id": "a" * 24, "orderCount": 1, "totalSpent": 0, "totalOrderValue": 0})
    status, said, error = run("audit")
    assert (status, "--repair" in error) == (1, True)
    assert f"{'a' * 24}: orderCount is 1, should be 0" in said
    status, said, _ = run("audit", "--repair")
    assert (status, said.splitlines()[-1]) == (0, "1 customers: 1 with wrong totals, set right.")
    assert run("audit")[:2] == (0, "1 customers: 0 with wrong totals.\n")
