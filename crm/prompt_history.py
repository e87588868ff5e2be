"""The prompts of an account: the last fifty, each with what it gave then. They go with the account."""

from dataclasses import dataclass
from datetime import datetime

from crm.fields import fold
from crm.roles import Account
from crm.stores import prompt_history as store
from crm.stores.connection import Stores

MOST = 50
LONGEST = 1_000  # characters that are kept of one


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind` is what became of it, as `crm.prompts.Answer` has it; `size` the people it selected then."""

    text: str
    kind: str
    at: datetime
    size: int | None = None


def remember(stores: Stores, account: Account, text: str, kind: str, *, now: datetime) -> datetime | None:
    """Keep a prompt as the newest; the moment that names it from now on, None for an empty one."""
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return None
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # what MongoDB keeps of a moment
    store.push(stores, account.id, {"text": text, "kind": kind, "at": at}, MOST)
    return at


def counted(stores: Stores, account: Account, at: datetime, size: int) -> None:
    """Keep how many people the prompt of this moment selected."""
    store.set_size(stores, account.id, at, size)


def of(stores: Stores, account: Account, search: str = "") -> list[Asked]:
    """The newest first; with `search`, those that contain it, whatever its case."""
    wanted = fold(search)
    found = (
        Asked(item["text"], item["kind"], item["at"], item.get("size"))
        for item in reversed(store.items(stores, account.id))
    )
    return [one for one in found if wanted in fold(one.text)]


def clear(stores: Stores, account: Account) -> None:
    store.clear(stores, account.id)
