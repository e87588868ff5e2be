"""Accounts in MongoDB, with API keys and the audit log beside them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from crm.errors import Conflict, NotFound
from crm.stores.connection import Document, Stores
from crm.stores.transactions import transact

_FIRST = "firstAdministrator"


def by_id(stores: Stores, account_id: str) -> Document | None:
    return stores.db.accounts.find_one({"_id": account_id})


def by_email(stores: Stores, folded_email: str) -> Document | None:
    return stores.db.accounts.find_one({"email": folded_email})


def listing(stores: Stores, roles: list[str | None]) -> Iterator[Document]:
    """Accounts in these roles (None: waiting for one), by e-mail."""
    return iter(stores.db.accounts.find({"role": {"$in": roles}}).sort("email", 1))


def names(stores: Stores, account_ids: Iterable[str]) -> dict[str, str]:
    """The names of these accounts, by id; those that are deleted are left out."""
    found = stores.collection("accounts").find({"_id": {"$in": list(account_ids)}}, {"name": 1, "email": 1})
    return {account["_id"]: account.get("name") or account["email"] for account in found}


def count(stores: Stores, query: dict[str, Any]) -> int:
    return stores.db.accounts.count_documents(query)


def exists(stores: Stores, roles: list[str]) -> bool:
    """Whether there is an account in any of these roles."""
    return stores.db.accounts.find_one({"role": {"$in": roles}}, {"_id": 1}) is not None


def insert(stores: Stores, document: Document) -> None:
    """Raises Conflict when the e-mail has an account."""
    try:
        stores.db.accounts.insert_one(document)
    except DuplicateKeyError:
        raise Conflict("There is an account with this e-mail address already.") from None


def insert_first(stores: Stores, document: Document, staff: list[str]) -> bool:
    """Insert the first account of the staff; False when somebody of the staff is there.

    Of two at once one wins: both write the same claim, so the later transaction is run again and then
    sees the other's account.
    """

    def work(session: ClientSession) -> bool:
        if stores.db.accounts.find_one({"role": {"$in": staff}}, {"_id": 1}, session=session):
            return False
        claim = {"$set": {"accountId": document["_id"], "at": document["createdAt"]}}
        stores.db.installation.update_one({"_id": _FIRST}, claim, upsert=True, session=session)
        stores.db.accounts.insert_one(document, session=session)
        return True

    try:
        return transact(stores, work)
    except DuplicateKeyError:
        raise Conflict("There is an account with this e-mail address already.") from None


def insert_shopper(stores: Stores, account: Document, customer: Document) -> Document:
    """Insert a shopper's account and, unless the e-mail is a known customer's, his record; the account.

    `customerId` is set only when the record is made here: somebody else's record is not given away.
    """
    email = account["email"]

    def work(session: ClientSession) -> Document:
        kept = dict(account)
        if stores.db.customers.find_one({"folded.email": email}, {"_id": 1}, session=session) is None:
            stores.db.customers.insert_one(customer, session=session)
            kept["customerId"] = customer["_id"]
        stores.db.accounts.insert_one(kept, session=session)
        return kept

    try:
        return transact(stores, work)
    except DuplicateKeyError:
        if by_email(stores, email) is not None:
            raise Conflict("There is an account with this e-mail address already.") from None
        return transact(stores, work)  # a record came in by another way meanwhile, and is seen now


def set_password(stores: Stores, account_id: str, password_hash: str, identity_floor: float) -> bool:
    """Set the password and end every session; whether there is such an account."""
    update = {
        "$set": {"passwordHash": password_hash},
        "$inc": {"sessionVersion": 1},
        "$max": {"identityFloor": identity_floor},
    }
    return stores.db.accounts.update_one({"_id": account_id}, update).matched_count == 1


def rename(stores: Stores, account_id: str, name: str) -> None:
    stores.db.accounts.update_one({"_id": account_id}, {"$set": {"name": name}})


def preference(stores: Stores, account_id: str, name: str) -> Any:
    """What an account keeps under a name of ours; None where it has chosen nothing."""
    found = stores.db.accounts.find_one({"_id": account_id}, {f"preferences.{name}": 1}) or {}
    return found.get("preferences", {}).get(name)


def prefer(stores: Stores, account_id: str, name: str, value: Any) -> None:
    """Remember one preference of an account."""
    stores.db.accounts.update_one({"_id": account_id}, {"$set": {f"preferences.{name}": value}})


def end_sessions(stores: Stores, account_id: str, *, identity_floor: float) -> None:
    """End every session and token of an account, and identities issued up to `identity_floor` (epoch s)."""
    stores.db.accounts.update_one(
        {"_id": account_id}, {"$inc": {"sessionVersion": 1}, "$max": {"identityFloor": identity_floor}}
    )


def change_guarded(
    stores: Stores,
    account_id: str,
    changes: Document | None,
    *,
    administrator: str,
    unset: tuple[str, ...] = (),
) -> Document:
    """Set fields of an account (delete it, with None) and end its sessions; the account as it was.

    Raises NotFound, and Conflict where no administrator would be left who can sign in. One transaction
    over the claim that `insert_first` writes, so that two administrators who remove each other at once
    do not both succeed.
    """
    enabled = {"role": administrator, "disabledAt": None}

    def work(session: ClientSession) -> Document:
        claim = {"$inc": {"changes": 1}}
        stores.db.installation.update_one({"_id": _FIRST}, claim, upsert=True, session=session)
        found = stores.db.accounts.find_one({"_id": account_id}, session=session)
        if found is None:
            raise NotFound("There is no such account.")
        if changes is None:
            stores.db.accounts.delete_one({"_id": account_id}, session=session)
        else:
            update: Document = {"$set": changes, "$inc": {"sessionVersion": 1}}
            if unset:
                update["$unset"] = dict.fromkeys(unset, "")
            stores.db.accounts.update_one({"_id": account_id}, update, session=session)
        was_one = found.get("role") == administrator and found.get("disabledAt") is None
        if was_one and stores.db.accounts.find_one(enabled, {"_id": 1}, session=session) is None:
            raise Conflict("This is the last administrator. Make somebody else administrator first.")
        return found

    return transact(stores, work)


def count_login(stores: Stores, account_id: str, customer_id: str | None, now: datetime) -> None:
    """Note a sign-in on the account and, for a shopper, on his record."""
    stores.db.accounts.update_one({"_id": account_id}, {"$set": {"lastLogin": now}})
    if customer_id:
        stores.db.customers.update_one(
            {"_id": customer_id},
            {
                "$inc": {"loginCount": 1},
                "$max": {"lastLogin": now, "lastActive": now},
                "$set": {"updatedAt": now},
            },
        )
