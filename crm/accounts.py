"""The life of accounts: made, given a role, disabled, deleted."""

import re
from datetime import datetime

from crm import passwords, sessions
from crm.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound, NotSignedIn
from crm.fields import fold
from crm.ingestion.people import new_customer
from crm.roles import STAFF, Account, Role
from crm.settings import Settings
from crm.stores import accounts, audit, prompt_history
from crm.stores.connection import Document, Stores, new_id

_EMAIL = re.compile(
    r"[^@\s,;<>()\[\]\"\x00-\x1f]+@[^@\s,;<>()\[\]\"\x00-\x1f]+\.[^@\s.,;<>()\[\]\"\x00-\x1f]+"
)
_MOST = 254  # characters of an e-mail address
_LONGEST_NAME = 200
_ROLES = frozenset(Role)


def create_account(
    stores: Stores, *, email: str, name: str, role: str, password: str, by: Account | None, now: datetime
) -> Account:
    """A new account of the staff. Raises InvalidInput field by field, Conflict when the e-mail has one."""
    document = _document(email, name, role, password, now)
    accounts.insert(stores, document)
    audit.write(stores, by.id if by else "command", "account_created", document["_id"], now)
    return sessions.account_from(document)


def create_first_administrator(
    stores: Stores, *, email: str, name: str, password: str, now: datetime
) -> Account:
    """The administrator of a fresh installation. Raises Conflict when there is an account of the staff."""
    document = _document(email, name, Role.ADMINISTRATOR, password, now)
    if not accounts.insert_first(stores, document, list(STAFF)):
        raise Conflict("The first administrator has been created already. Sign in instead.")
    audit.write(stores, document["_id"], "account_created", document["_id"], now)
    return sessions.account_from(document)


def ensure_first_administrator(stores: Stores, settings: Settings, *, now: datetime) -> Account | None:
    """Create the administrator that CRM_ADMIN_EMAIL and CRM_ADMIN_PASSWORD name, where there is no staff.

    None where either is unset or there is staff already. Raises InvalidInput when they can't be taken.
    """
    if not settings.admin_email or not settings.admin_password or has_staff(stores):
        return None
    password = settings.admin_password.get_secret_value()
    try:
        return create_first_administrator(
            stores, email=settings.admin_email, name="Administrator", password=password, now=now
        )
    except Conflict:
        return None  # another process was first
    except InvalidInput as error:
        raise InvalidInput(
            f"CRM_ADMIN_EMAIL and CRM_ADMIN_PASSWORD can't be taken: {error.message}", error.fields
        ) from None


def has_staff(stores: Stores) -> bool:
    """Whether anybody could sign in to the pages; if not, the first administrator is to be created."""
    return accounts.exists(stores, list(STAFF))


def register_shopper(stores: Stores, *, email: str, name: str, password: str, now: datetime) -> Account:
    """A shopper's account, with a customer record of his own.

    Where we have a customer of that e-mail already, `customer_id` stays None: his record and orders are
    not given to somebody who has not proved that the address is his. Raises InvalidInput, Conflict.
    """
    document = _document(email, name, Role.SHOPPER, password, now)
    document = accounts.insert_shopper(stores, document, _customer(document, now))
    audit.write(stores, document["_id"], "account_registered", document["_id"], now)
    return sessions.account_from(document)


def listing(stores: Stores) -> list[Account]:
    """The staff, and those who wait for a role, by e-mail."""
    return [sessions.account_from(found) for found in accounts.listing(stores, [*STAFF, None])]


def find(stores: Stores, email: str) -> Account:
    """The account of an e-mail. Raises NotFound."""
    document = accounts.by_email(stores, fold(email))
    if document is None:
        raise NotFound("There is no account with this e-mail address.")
    return sessions.account_from(document)


def change_role(stores: Stores, account_id: str, role: str, *, by: Account, now: datetime) -> None:
    """Give an account a role of the staff and end its sessions.

    A shopper who becomes staff loses his password, since anybody may register as a shopper with any
    e-mail. Raises NotFound, InvalidInput, and Conflict for the last administrator.
    """
    if role not in STAFF:
        raise InvalidInput("Choose a role.", [FieldError("role", f"one of {', '.join(STAFF)}")])
    document = accounts.by_id(stores, account_id)
    unset = ("passwordHash",) if document and document.get("role") == Role.SHOPPER else ()
    accounts.change_guarded(stores, account_id, {"role": role}, administrator=Role.ADMINISTRATOR, unset=unset)
    audit.write(stores, by.id, f"role_{role}", account_id, now)


def disable(stores: Stores, account_id: str, *, by: Account, now: datetime) -> None:
    """Keep an account from signing in. Raises NotFound, and Conflict for the last administrator."""
    accounts.change_guarded(stores, account_id, {"disabledAt": now}, administrator=Role.ADMINISTRATOR)
    audit.write(stores, by.id, "account_disabled", account_id, now)


def enable(stores: Stores, account_id: str, *, by: Account, now: datetime) -> None:
    """Let a disabled account sign in again. Raises NotFound."""
    accounts.change_guarded(stores, account_id, {"disabledAt": None}, administrator=Role.ADMINISTRATOR)
    audit.write(stores, by.id, "account_enabled", account_id, now)


def delete(stores: Stores, account_id: str, *, by: Account, now: datetime) -> None:
    """Remove an account. Raises NotFound, and Conflict for the last administrator."""
    accounts.change_guarded(stores, account_id, None, administrator=Role.ADMINISTRATOR)
    prompt_history.clear(stores, account_id)
    audit.write(stores, by.id, "account_deleted", account_id, now)


def reset_password(
    stores: Stores, account_id: str, *, by: Account | None, now: datetime, password: str | None = None
) -> str:
    """Set a new password (a generated one unless given), end every session; the password, to show once."""
    document = accounts.by_id(stores, account_id)
    if document is None:
        raise NotFound("There is no such account.")
    new = password if password is not None else passwords.generated()
    accounts.set_password(stores, account_id, passwords.hashed(new, email=document["email"]), now.timestamp())
    audit.write(stores, by.id if by else "command", "password_reset", account_id, now)
    return new


def change_password(stores: Stores, account: Account, *, current: str, new: str, now: datetime) -> Account:
    """Change one's own password; ends every session, so the caller starts a new one with what is returned.

    Raises NotSignedIn when `current` is wrong, InvalidInput when `new` can't be taken.
    """
    document = accounts.by_id(stores, account.id)
    if document is None:
        raise NotFound("There is no such account.")
    sessions.guard_attempt(stores, account.email, "change")
    held = document.get("passwordHash")
    if held and not passwords.matches(current, held):
        raise NotSignedIn("The current password is wrong.")
    accounts.set_password(stores, account.id, passwords.hashed(new, email=account.email), now.timestamp())
    audit.write(stores, account.id, "password_changed", account.id, now)
    return sessions.account_from({**document, "sessionVersion": document.get("sessionVersion", 0) + 1})


def account_of_identity(
    stores: Stores, *, email: str, verified: bool, name: str, issued: float, now: datetime
) -> Account:
    """The account of somebody whom an identity provider (Google) vouches for.

    `issued` is when the identity was issued (epoch seconds); it is taken for one day and until sign-out.
    An unknown e-mail gets an account without a role, which an administrator may give one. Raises
    NotAllowed with the reason, NotSignedIn when the identity is too old.
    """
    if not verified or not email:
        raise NotAllowed("Your e-mail address is not verified by the provider, so you can't sign in with it.")
    if now.timestamp() - issued > sessions.LIFETIME.total_seconds():
        raise NotSignedIn(sessions.ENDED)
    document = accounts.by_email(stores, fold(email)) or _wait_for_role(stores, fold(email), name, now)
    if issued <= document.get("identityFloor", 0):
        raise NotSignedIn(sessions.ENDED)
    account = sessions.account_from(document)
    if account.disabled:
        raise NotAllowed("This account is disabled. Ask an administrator.")
    if not account.is_staff:
        raise NotAllowed("You are signed in, but have no role yet. Ask an administrator to give you one.")
    return account


def _wait_for_role(stores: Stores, email: str, name: str, now: datetime) -> Document:
    if not has_staff(stores):
        raise NotAllowed("Create the first administrator before signing in with Google.")
    document: Document = {
        "_id": new_id(), "email": email, "name": name.strip() or email, "role": None,
        "sessionVersion": 0, "disabledAt": None, "createdAt": now,
    }  # fmt: skip
    try:
        accounts.insert(stores, document)
    except Conflict:
        return accounts.by_email(stores, email) or document  # two tabs at once
    audit.write(stores, document["_id"], "account_waits", document["_id"], now)
    return document


def _customer(account: Document, now: datetime) -> Document:
    """The record of a shopper of whom nothing else is known."""
    fields = {"name": account["name"], "email": account["email"], "accountCreated": now}
    return new_customer(fields, version=int(now.timestamp() * 1_000_000), at=now, import_id=None)


def _document(email: str, name: str, role: str, password: str, now: datetime) -> Document:
    folded = fold(email)
    errors = []
    if len(folded) > _MOST or not _EMAIL.fullmatch(folded):
        errors.append(FieldError("email", "Give a valid e-mail address."))
    if not name.strip():
        errors.append(FieldError("name", "Give a name."))
    elif len(name) > _LONGEST_NAME:
        errors.append(FieldError("name", f"Give a name of at most {_LONGEST_NAME} characters."))
    if role not in _ROLES:
        errors.append(FieldError("role", f"Choose one of {', '.join(Role)}."))
    if reason := passwords.refusal(password, email=folded):
        errors.append(FieldError("password", reason))
    if errors:
        raise InvalidInput(" ".join(error.reason for error in errors), errors)
    return {
        "_id": new_id(),
        "email": folded,
        "name": name.strip(),
        "passwordHash": passwords.hashed(password, email=folded),
        "role": str(role),
        "sessionVersion": 0,
        "disabledAt": None,
        "createdAt": now,
    }
