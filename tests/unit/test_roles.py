"""What each role may do, and which passwords are taken."""

import re
from pathlib import Path

import pytest

from crm import passwords
from crm.errors import InvalidInput
from crm.roles import CAPABILITIES, STAFF, Account, KeyRole, Role, can


def somebody(role: str | None, **other: object) -> Account:
    return Account("a" * 24, "a@example.com", "Anna", role, **other)  # type: ignore[arg-type]


def test_an_administrator_may_do_everything() -> None:
    assert all(can(somebody(Role.ADMINISTRATOR), name) for name in CAPABILITIES)


def test_an_uploader_may_upload_and_see_nothing_else() -> None:
    allowed = {name for name in CAPABILITIES if can(somebody(Role.UPLOADER), name)}
    assert allowed == {"upload", "order", "products"}


def test_an_analyst_launches_uploads_and_administers_nothing() -> None:
    refused = {name for name in CAPABILITIES if not can(somebody(Role.ANALYST), name)}
    assert {"campaigns", "upload", "administer", "order"} <= refused


def test_a_marketer_does_everything_but_administer() -> None:
    refused = {name for name in CAPABILITIES if not can(somebody(Role.MARKETER), name)}
    assert refused == {"administer", "receipts", "metrics"}


@pytest.mark.parametrize("role", [KeyRole.VENDOR, KeyRole.METRICS])
def test_a_key_does_its_one_thing(role: KeyRole) -> None:
    allowed = {name for name in CAPABILITIES if can(somebody(role), name)}
    assert allowed == {{"vendor": "receipts", "metrics": "metrics"}[role]}


def test_who_has_no_role_or_is_disabled_may_do_nothing() -> None:
    for account in (somebody(None), somebody(Role.ADMINISTRATOR, disabled=True)):
        assert not any(can(account, name) for name in CAPABILITIES)
        assert not account.is_staff


def test_a_capability_nobody_defined_is_a_mistake_not_a_refusal() -> None:
    with pytest.raises(KeyError):
        can(somebody(Role.ANALYST), "fly")


def test_the_staff_are_the_four_roles_with_pages() -> None:
    assert {*STAFF} == {"administrator", "marketer", "analyst", "uploader"}
    assert not somebody(Role.SHOPPER).is_staff
    assert not Account("key:1", "", "Shop", "uploader").is_staff


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 10"),
        ("x" * 73, "at most 72"),
        ("ß" * 37, "at most 72"),
        (" leading blank", "blank"),
        ("trailing blank ", "blank"),
        ("null\x00character", "null"),
        ("aaaaaaaaaaaa", "different"),
        ("anna.long@example.com", "e-mail"),
    ],
)
def test_a_password_that_is_not_taken_says_why(password: str, says: str) -> None:
    reason = passwords.refusal(password, email="Anna.Long@example.com")
    assert reason is not None and says in reason
    with pytest.raises(InvalidInput) as raised:
        passwords.hashed(password, email="anna.long@example.com")
    assert raised.value.fields[0].field == "password"


def test_a_hash_matches_its_password_alone() -> None:
    kept = passwords.hashed("पासवर्ड लंबा है")
    assert passwords.matches("पासवर्ड लंबा है", kept)
    assert not passwords.matches("पासवर्ड लंबा है।", kept)
    assert not passwords.matches("x" * 100, kept)
    assert not passwords.matches("", kept)


def test_nothing_matches_the_stand_in() -> None:
    assert not passwords.matches("", passwords.stand_in())
    assert not passwords.matches("a long enough password", passwords.stand_in())


def test_generated_passwords_are_taken_and_differ() -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50
    assert all(passwords.refusal(password) is None for password in made)


def test_the_documentation_has_the_table_of_roles_as_it_is() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "accounts.md").read_text()
    header = next(line for line in text.splitlines() if line.startswith("| capability |"))
    columns = [cell.strip() for cell in header.strip("|").split("|")][2:]
    assert columns == ["administrator", "marketer", "analyst", "uploader", "shopper", "vendor", "metrics"]
    for capability in CAPABILITIES.values():
        marks = ["✓" if can(somebody(role), capability.name) else "" for role in columns]
        row = " | ".join((f"| `{capability.name}`", capability.label, *marks)) + " |"
        assert row in text.splitlines()
    assert len(re.findall(r"^\| `\w+` \|", text, re.MULTILINE)) == len(CAPABILITIES)
