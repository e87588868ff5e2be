"""Accounts, sessions, tokens and keys on real stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest

from crm import accounts, auth, keys, sessions
from crm.auth import Account
from crm.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn, TooManyAttempts
from crm.settings import Settings
from crm.stores.connection import Stores
from tests.integration.staff import NOW, PASSWORD, entered, staff
from tests.shop import customer

KEY = b"k" * 32


def test_an_account_signs_in_whatever_the_case_of_its_e_mail(stores: Stores) -> None:
    made = staff(stores, email=" Anna@Example.COM ")
    assert made.email == "anna@example.com"
    assert entered(stores, "ANNA@example.com").id == made.id
    assert stores.db.accounts.find_one({"_id": made.id})["lastLogin"] == NOW


def test_a_password_is_kept_as_a_bcrypt_hash_alone(stores: Stores) -> None:
    made = staff(stores)
    kept = stores.db.accounts.find_one({"_id": made.id})
    assert kept["passwordHash"].startswith("$2b$")
    assert PASSWORD not in str(kept)


def test_a_second_account_for_an_e_mail_is_refused(stores: Stores) -> None:
    staff(stores, email="anna@example.com")
    with pytest.raises(Conflict):
        staff(stores, "analyst", email="Anna@example.com")


@pytest.mark.parametrize(
    ("email", "name", "role", "password", "field"),
    [
        ("no address", "Anna", "analyst", PASSWORD, "email"),
        ("a@b", "Anna", "analyst", PASSWORD, "email"),
        ("a@b.c, d@e.f", "Anna", "analyst", PASSWORD, "email"),
        ("a@b.example", " ", "analyst", PASSWORD, "name"),
        ("a@b.example", "A" * 201, "analyst", PASSWORD, "name"),
        ("a@b.example", "Anna", "king", PASSWORD, "role"),
        ("a@b.example", "Anna", "analyst", "short", "password"),
    ],
)
def test_an_account_that_cant_be_says_which_field(
    stores: Stores, email: str, name: str, role: str, password: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        auth.create_account(stores, email=email, name=name, role=role, password=password, by=None, now=NOW)
    assert [error.field for error in raised.value.fields] == [field]


def test_a_wrong_password_and_an_unknown_e_mail_are_told_apart_by_nothing(stores: Stores) -> None:
    staff(stores, email="anna@example.com")
    with pytest.raises(NotSignedIn) as wrong:
        entered(stores, "anna@example.com", "another password")
    with pytest.raises(NotSignedIn) as unknown:
        entered(stores, "nobody@example.com", "another password")
    assert wrong.value.message == unknown.value.message


def test_the_sixth_attempt_waits_even_with_the_right_password(stores: Stores) -> None:
    staff(stores, email="anna@example.com")
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            entered(stores, "anna@example.com", "another password")
    with pytest.raises(TooManyAttempts) as raised:
        entered(stores, "ANNA@example.com")
    assert 0 < raised.value.retry_after <= 900
    assert entered(stores, "anna@example.com", address="5.6.7.8")  # from elsewhere he is not locked out


def test_attempts_at_once_do_not_slip_through(stores: Stores) -> None:
    def attempt(_: int) -> type[Exception]:
        with pytest.raises((NotSignedIn, TooManyAttempts)) as raised:
            entered(stores, "nobody@example.com", "another password")
        return raised.type

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(12)))
    assert outcomes.count(NotSignedIn) == 5


def test_a_success_clears_the_attempts(stores: Stores) -> None:
    staff(stores, email="anna@example.com")
    for _ in range(3):
        for _ in range(3):
            with pytest.raises(NotSignedIn):
                entered(stores, "anna@example.com", "another password")
        assert entered(stores, "anna@example.com")


def test_attempts_are_forgotten_by_themselves_and_hold_no_addresses(stores: Stores) -> None:
    with pytest.raises(NotSignedIn):
        entered(stores, "anna@example.com", "another password")
    counters = list(stores.redis.scan_iter(match=stores.key("signin", "*")))
    assert len(counters) == 1
    assert 0 < stores.redis.ttl(counters[0]) <= 900
    assert b"anna" not in counters[0]


def test_the_first_administrator_is_made_once(stores: Stores) -> None:
    def create(number: int) -> str | None:
        try:
            return auth.create_first_administrator(
                stores, email=f"{number}@crm.example", name="First", password=PASSWORD, now=NOW
            ).id
        except Conflict:
            return None

    with ThreadPoolExecutor(6) as pool:
        made = [one for one in pool.map(create, range(6)) if one]
    assert len(made) == 1
    assert [account.id for account in accounts.listing(stores)] == made


def test_shoppers_do_not_keep_the_first_administrator_from_being_made(stores: Stores) -> None:
    auth.register_shopper(stores, email="sue@shop.example", name="Sue", password=PASSWORD, now=NOW)
    assert not auth.has_staff(stores)
    assert auth.create_first_administrator(
        stores, email="a@crm.example", name="First", password=PASSWORD, now=NOW
    )
    assert auth.has_staff(stores)


def test_scripts_give_the_first_administrator_by_settings(stores: Stores) -> None:
    given = Settings(CRM_ADMIN_EMAIL="Admin@crm.example", CRM_ADMIN_PASSWORD=PASSWORD)
    assert auth.ensure_first_administrator(stores, given, now=NOW) is not None
    assert entered(stores, "admin@crm.example").role == "administrator"
    assert auth.ensure_first_administrator(stores, given, now=NOW) is None
    assert auth.ensure_first_administrator(stores, Settings(), now=NOW) is None


def test_settings_that_cant_be_taken_name_themselves(stores: Stores) -> None:
    given = Settings(CRM_ADMIN_EMAIL="admin@crm.example", CRM_ADMIN_PASSWORD="short")
    with pytest.raises(InvalidInput, match="CRM_ADMIN_PASSWORD"):
        auth.ensure_first_administrator(stores, given, now=NOW)


def test_a_token_is_its_accounts_for_a_day(stores: Stores) -> None:
    made = staff(stores)
    token = auth.issue_token(made, key=KEY, now=NOW)
    assert auth.account_of_token(stores, token, key=KEY, now=NOW + timedelta(hours=23)).id == made.id
    with pytest.raises(NotSignedIn):
        auth.account_of_token(stores, token, key=KEY, now=NOW + timedelta(hours=24))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", jwt.encode({"sub": "x"}, b"o" * 32, algorithm="HS256")])
def test_a_token_of_nobodys_is_refused(stores: Stores, token: str) -> None:
    with pytest.raises(NotSignedIn):
        auth.account_of_token(stores, token, key=KEY, now=NOW)


def test_an_unsigned_token_is_refused(stores: Stores) -> None:
    made = staff(stores)
    claims = {"sub": made.id, "ver": 0, "exp": int((NOW + timedelta(days=1)).timestamp())}
    forged = jwt.encode(claims, None, algorithm="none")
    with pytest.raises(NotSignedIn):
        auth.account_of_token(stores, forged, key=KEY, now=NOW)


def _sign_out(stores: Stores, account: Account) -> None:
    auth.sign_out(stores, account, now=NOW)


def _new_password(stores: Stores, account: Account) -> None:
    accounts.change_password(stores, account, current=PASSWORD, new="another long password", now=NOW)


def _reset(stores: Stores, account: Account) -> None:
    accounts.reset_password(stores, account.id, by=account, now=NOW)


def _disable(stores: Stores, account: Account) -> None:
    accounts.disable(stores, account.id, by=account, now=NOW)


def _role(stores: Stores, account: Account) -> None:
    accounts.change_role(stores, account.id, "uploader", by=account, now=NOW)


def _delete(stores: Stores, account: Account) -> None:
    accounts.delete(stores, account.id, by=account, now=NOW)


@pytest.mark.parametrize("act", [_sign_out, _new_password, _reset, _disable, _role, _delete])
def test_what_ends_a_session_ends_every_one_of_the_account(stores: Stores, act) -> None:
    staff(stores)
    made = staff(stores, "marketer")
    token = auth.issue_token(made, key=KEY, now=NOW)
    assert auth.account_of_session(stores, made.id, made.session_version) is not None
    act(stores, made)
    assert auth.account_of_session(stores, made.id, made.session_version) is None
    with pytest.raises(NotSignedIn):
        auth.account_of_token(stores, token, key=KEY, now=NOW)


def test_changing_ones_password_goes_on_with_a_new_session(stores: Stores) -> None:
    made = staff(stores)
    renewed = accounts.change_password(stores, made, current=PASSWORD, new="another long password", now=NOW)
    assert auth.account_of_session(stores, made.id, renewed.session_version) is not None
    assert entered(stores, made.email, "another long password")
    with pytest.raises(NotSignedIn):
        entered(stores, made.email, PASSWORD, address="9.9.9.9")


def test_the_current_password_is_asked_for_and_the_new_one_is_looked_at(stores: Stores) -> None:
    made = staff(stores)
    with pytest.raises(NotSignedIn):
        accounts.change_password(stores, made, current="not this one", new="another long password", now=NOW)
    with pytest.raises(InvalidInput):
        accounts.change_password(stores, made, current=PASSWORD, new="short", now=NOW)
    assert entered(stores, made.email)


@pytest.mark.parametrize("act", [_disable, _role, _delete])
def test_the_last_administrator_stays(stores: Stores, act) -> None:
    made = staff(stores)
    staff(stores, "marketer")
    with pytest.raises(Conflict, match="last administrator"):
        act(stores, made)
    assert auth.account_of_session(stores, made.id, made.session_version) is not None


def test_two_administrators_can_not_remove_each_other_at_once(stores: Stores) -> None:
    one, other = staff(stores, email="1@crm.example"), staff(stores, email="2@crm.example")

    def remove(account: Account) -> bool:
        try:
            accounts.delete(stores, account.id, by=account, now=NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, (one, other))) == [False, True]


def test_a_disabled_account_signs_in_again_once_it_is_enabled(stores: Stores) -> None:
    boss, made = staff(stores), staff(stores, "analyst")
    accounts.disable(stores, made.id, by=boss, now=NOW)
    with pytest.raises(NotAllowed):
        entered(stores, made.email)
    accounts.enable(stores, made.id, by=boss, now=NOW)
    assert entered(stores, made.email).role == "analyst"


def test_what_is_not_there_can_not_be_changed(stores: Stores) -> None:
    boss = staff(stores)
    for act in (accounts.disable, accounts.delete, accounts.reset_password):
        with pytest.raises(NotFound):
            act(stores, "0" * 24, by=boss, now=NOW)


def test_a_shopper_gets_a_record_of_his_own_and_his_logins_are_counted(stores: Stores) -> None:
    made = auth.register_shopper(stores, email="Sue@shop.example", name="Sue", password=PASSWORD, now=NOW)
    record = stores.db.customers.find_one({"_id": made.customer_id})
    assert (record["name"], record["folded"]["email"]) == ("Sue", "sue@shop.example")
    assert (record["totalSpent"], record["totalOrderValue"], record["orderCount"]) == (0.0, 0.0, 0)
    assert record["accountCreated"] == NOW
    assert 0 <= record["bucket"] < 10_000
    assert "loginCount" not in record
    for times in (1, 2):
        assert entered(stores, "sue@shop.example").customer_id == made.customer_id
        record = stores.db.customers.find_one({"_id": made.customer_id})
        assert (record["loginCount"], record["lastLogin"]) == (times, NOW)


def test_registering_with_a_customers_e_mail_gives_no_access_to_his_record(stores: Stores) -> None:
    customer(stores, "c1", email="sue@shop.example", name="Sue")
    made = auth.register_shopper(stores, email="SUE@shop.example", name="Mallory", password=PASSWORD, now=NOW)
    assert made.customer_id is None
    assert entered(stores, "sue@shop.example").customer_id is None
    assert stores.db.customers.find_one({"_id": "c1"})["name"] == "Sue"
    assert stores.db.customers.count_documents({}) == 1


def test_a_shopper_who_becomes_staff_loses_the_password_that_anybody_could_have_set(stores: Stores) -> None:
    boss = staff(stores)
    made = auth.register_shopper(stores, email="boss@shop.example", name="M", password=PASSWORD, now=NOW)
    accounts.change_role(stores, made.id, "marketer", by=boss, now=NOW)
    with pytest.raises(NotSignedIn):
        entered(stores, "boss@shop.example")


def test_a_role_is_of_the_staff(stores: Stores) -> None:
    boss, made = staff(stores), staff(stores, "analyst")
    for role in ("shopper", "vendor", "king", ""):
        with pytest.raises(InvalidInput):
            accounts.change_role(stores, made.id, role, by=boss, now=NOW)


def test_a_key_is_kept_as_its_hash_and_good_until_revoked(stores: Stores) -> None:
    boss = staff(stores)
    key_id, key = keys.create(stores, name=" Shop ", role="uploader", by=boss, now=NOW)
    assert key not in str(list(stores.db.apiKeys.find()))
    found = auth.account_of_key(stores, key)
    assert (found.name, found.role, found.is_key) == ("Shop", "uploader", True)
    keys.revoke(stores, key_id, by=boss, now=NOW)
    with pytest.raises(NotSignedIn):
        auth.account_of_key(stores, key)
    with pytest.raises(NotFound):
        keys.revoke(stores, key_id, by=boss, now=NOW)
    assert "hash" not in keys.listing(stores)[0]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("", "uploader"),
        ("x" * 121, "uploader"),
        ("a\x00", "uploader"),
        ("Shop", "administrator"),
        ("Shop", ""),
    ],
)
def test_a_key_needs_a_name_that_can_be_shown_and_a_purpose(stores: Stores, name: str, role: str) -> None:
    with pytest.raises(InvalidInput):
        keys.create(stores, name=name, role=role, by=None, now=NOW)


def test_the_audit_log_says_who_did_what_to_whom_with_ids_alone(stores: Stores) -> None:
    boss, made = staff(stores), staff(stores, "analyst")
    accounts.change_role(stores, made.id, "marketer", by=boss, now=NOW)
    accounts.disable(stores, made.id, by=boss, now=NOW)
    auth.log(stores, boss, "sample_data", "5000/20000/1", now=NOW)
    entries = list(stores.db.audit.find({"account": boss.id}).sort("_id"))
    assert [(entry["action"], entry["subject"]) for entry in entries] == [
        ("role_marketer", made.id),
        ("account_disabled", made.id),
        ("sample_data", "5000/20000/1"),
    ]
    assert all(entry["at"] == NOW for entry in entries)
    assert "@" not in str(list(stores.db.audit.find()))


def test_a_session_is_never_older_than_the_account_says(stores: Stores) -> None:
    made = staff(stores)
    assert sessions.account_of_session(stores, made.id, 1) is None
    assert sessions.account_of_session(stores, "0" * 24, 0) is None
