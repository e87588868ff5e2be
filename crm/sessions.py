"""Who is calling: passwords, sessions, bearer tokens, API keys.

A session or token carries the account's id and `session_version`. Signing out, a new password, another
role and disabling raise the version, which ends every session and token of the account at once. Roles are
read from the account on every call, never from what the caller carries.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from jwt.types import Options

from crm import passwords
from crm.errors import NotAllowed, NotSignedIn, TooManyAttempts
from crm.fields import fold
from crm.moment import utc_now
from crm.roles import Account
from crm.stores import accounts, api_keys, attempts, audit
from crm.stores.connection import Document, Stores

ATTEMPTS = 5
WINDOW = timedelta(minutes=15)
LIFETIME = timedelta(days=1)
WRONG = "The e-mail address or the password is wrong."
ENDED = "The session has ended. Sign in again."
_ALGORITHM = "HS256"
_DECODE: Options = {
    "require": ["sub", "exp"],
    "verify_exp": False,
    "verify_iat": False,
}  # `now` is an argument

_log = logging.getLogger(__name__)


def account_from(document: Document) -> Account:
    """The account that a stored document describes."""
    return Account(
        id=document["_id"],
        email=document["email"],
        name=document.get("name") or document["email"],
        role=document.get("role"),
        session_version=document.get("sessionVersion", 0),
        customer_id=document.get("customerId"),
        disabled=document.get("disabledAt") is not None,
        has_password="passwordHash" in document,
        created_at=document.get("createdAt"),
        last_login=document.get("lastLogin"),
    )


def log(stores: Stores, account: Account, action: str, subject: str, *, now: datetime | None = None) -> None:
    """Write into the audit log that this account did this to `subject` (an id, never a person's data)."""
    audit.write(stores, account.id, action, subject, now or utc_now())


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says that he is `account` (None: there is no such one); the hash his password must match."""

    account: Account | None
    password_hash: str


def claim(stores: Stores, email: str, *, address: str) -> Claim:
    """Whom an e-mail stands for, to check a password against. Counts the attempt.

    Raises TooManyAttempts past five tries in 15 minutes for this e-mail from this address. Where there is
    no account or no password, the hash is one that nothing matches, so that the check takes as long.
    """
    guard_attempt(stores, email, address)
    document = accounts.by_email(stores, fold(email))
    if document is None:
        return Claim(None, passwords.stand_in())
    return Claim(account_from(document), document.get("passwordHash") or passwords.stand_in())


def refused() -> NotSignedIn:
    """What to raise where a claim's password is wrong; does not say what was wrong."""
    _log.info("sign-in refused", extra={"action": "sign_in_refused"})
    return NotSignedIn(WRONG)


def authenticate(stores: Stores, email: str, password: str, *, address: str, now: datetime) -> Account:
    """The account of this e-mail and password; counts the sign-in.

    Raises NotSignedIn where either is wrong, NotAllowed where the account is disabled, TooManyAttempts.
    """
    claimed = claim(stores, email, address=address)
    if not passwords.matches(password, claimed.password_hash) or claimed.account is None:
        raise refused()
    return signed_in(stores, claimed.account, address=address, now=now)


def guard_attempt(stores: Stores, email: str, address: str) -> None:
    """Count a sign-in attempt before it is looked at, so that many at once can't slip through.

    Raises TooManyAttempts with the seconds to wait.
    """
    tried, left = attempts.count(stores, _attempt(email, address), seconds=int(WINDOW.total_seconds()))
    if tried > ATTEMPTS:
        minutes = -(-left // 60)
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        raise TooManyAttempts(f"Too many attempts. Try again in {wait}.", retry_after=left)


def _attempt(email: str, address: str) -> str:
    return hashlib.sha256(f"{fold(email)}\n{address}".encode()).hexdigest()[:32]


def signed_in(stores: Stores, account: Account, *, address: str, now: datetime) -> Account:
    """Note that the account proved itself. Raises NotAllowed when it is disabled."""
    if account.disabled:
        raise NotAllowed("This account is disabled. Ask an administrator.")
    attempts.forget(stores, _attempt(account.email, address))
    accounts.count_login(stores, account.id, account.customer_id, now)
    audit.write(stores, account.id, "sign_in", account.id, now)
    return account


def sign_out(stores: Stores, account: Account, *, now: datetime, identity: float = 0.0) -> None:
    """End every session and token of the account.

    `identity` is when the Google identity in use was issued (epoch seconds): it and earlier ones end too.
    """
    accounts.end_sessions(stores, account.id, identity_floor=identity)
    audit.write(stores, account.id, "sign_out", account.id, now)


def account_of_session(stores: Stores, account_id: str, session_version: int) -> Account | None:
    """The account as it is now, unless it is gone, disabled, or the session has been ended."""
    document = accounts.by_id(stores, account_id)
    account = account_from(document) if document else None
    if account is None or account.disabled or account.session_version != session_version:
        return None
    return account


def issue_token(account: Account, *, key: bytes, now: datetime) -> str:
    """A bearer token for one day."""
    claims = {
        "sub": account.id,
        "ver": account.session_version,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def account_of_token(stores: Stores, token: str, *, key: bytes, now: datetime) -> Account:
    """Whose token this is, as he is now. Raises NotSignedIn when it is forged, too old or ended."""
    try:
        claims = jwt.decode(token, key, algorithms=[_ALGORITHM], options=_DECODE)
        account_id, version, expires = str(claims["sub"]), int(claims["ver"]), float(claims["exp"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise NotSignedIn("The token is not valid.") from None
    account = account_of_session(stores, account_id, version) if expires > now.timestamp() else None
    if account is None:
        raise NotSignedIn(ENDED)
    return account


def account_of_key(stores: Stores, key: str) -> Account:
    """The API key as an account. Raises NotSignedIn when it is unknown or revoked."""
    document = api_keys.by_hash(stores, key_hash(key))
    if document is None:
        raise NotSignedIn("The API key is not valid.")
    return Account(f"key:{document['_id']}", "", document["name"], document["role"])


def key_hash(key: str) -> str:
    """How an API key is kept. A key is 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(key.encode()).hexdigest()
