"""Identities that a provider vouches for."""

import pytest

from crm import accounts, auth
from crm.auth import Account
from crm.errors import NotAllowed, NotSignedIn
from crm.stores.connection import Stores
from tests.integration.staff import NOW, PASSWORD, entered, staff


def identity(stores: Stores, email: str = "g@crm.example", **other) -> Account:
    given = {"verified": True, "name": "G", "issued": NOW.timestamp() - 5, "now": NOW} | other
    return accounts.account_of_identity(stores, email=email, **given)


def test_an_unknown_google_identity_waits_until_it_is_given_a_role(stores: Stores) -> None:
    boss = staff(stores)
    for _ in range(2):
        with pytest.raises(NotAllowed, match="no role yet"):
            identity(stores)
    waiting = [account for account in accounts.listing(stores) if account.role is None]
    assert [account.email for account in waiting] == ["g@crm.example"]
    accounts.change_role(stores, waiting[0].id, "analyst", by=boss, now=NOW)
    assert identity(stores, "G@CRM.example").role == "analyst"
    with pytest.raises(NotSignedIn):  # no password leads there
        entered(stores, "g@crm.example", "")


def test_a_google_identity_never_makes_the_first_administrator(stores: Stores) -> None:
    with pytest.raises(NotAllowed):
        identity(stores)
    assert accounts.listing(stores) == []


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"verified": False}, NotAllowed),
        ({"issued": NOW.timestamp() - 86_500}, NotSignedIn),
        ({"issued": 0.0}, NotSignedIn),
    ],
)
def test_an_identity_that_proves_nothing_is_refused(stores: Stores, other, error) -> None:
    staff(stores, email="g@crm.example")
    assert identity(stores).role == "administrator"
    with pytest.raises(error):
        identity(stores, **other)


def test_an_identity_ends_with_the_sign_out(stores: Stores) -> None:
    made = staff(stores, email="g@crm.example")
    issued = NOW.timestamp() - 5
    auth.sign_out(stores, made, now=NOW, identity=issued)
    with pytest.raises(NotSignedIn):
        identity(stores, issued=issued)
    assert identity(stores, issued=issued + 1).id == made.id


def test_a_google_identity_of_a_shopper_or_a_disabled_account_sees_nothing(stores: Stores) -> None:
    boss, made = staff(stores), staff(stores, "analyst", email="g@crm.example")
    accounts.disable(stores, made.id, by=boss, now=NOW)
    with pytest.raises(NotAllowed, match="disabled"):
        identity(stores)
    auth.register_shopper(stores, email="sue@shop.example", name="Sue", password=PASSWORD, now=NOW)
    with pytest.raises(NotAllowed, match="no role yet"):
        identity(stores, "sue@shop.example")
