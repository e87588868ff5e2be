"""The key of the language model that an administrator has set: one document of `installation`.

{_id: "modelKey", sealed, ending: its last characters, setBy: {id, name}, setAt}
"""

from crm.stores.connection import Document, Stores

_ID = "modelKey"


def find(stores: Stores) -> Document | None:
    return stores.collection("installation").find_one({"_id": _ID})


def keep(stores: Stores, document: Document) -> None:
    stores.collection("installation").replace_one({"_id": _ID}, document, upsert=True)


def remove(stores: Stores) -> bool:
    """Whether there was one."""
    return stores.collection("installation").delete_one({"_id": _ID}).deleted_count == 1
