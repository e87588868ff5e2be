"""The door to accounts: who somebody is, what he may do, how he came to be."""

from crm.accounts import (
    create_account,
    create_first_administrator,
    ensure_first_administrator,
    has_staff,
    register_shopper,
)
from crm.roles import CAPABILITIES, STAFF, Account, KeyRole, Role, can
from crm.sessions import (
    account_of_key,
    account_of_session,
    account_of_token,
    authenticate,
    issue_token,
    log,
    sign_out,
)

__all__ = [
    "CAPABILITIES",
    "STAFF",
    "Account",
    "KeyRole",
    "Role",
    "account_of_key",
    "account_of_session",
    "account_of_token",
    "authenticate",
    "can",
    "create_account",
    "create_first_administrator",
    "ensure_first_administrator",
    "has_staff",
    "issue_token",
    "log",
    "register_shopper",
    "sign_out",
]
