"""Text within a stored text, as a condition for MongoDB."""

import re

from crm.stores.connection import Document

_LONGEST = 30_000  # bytes of a pattern; MongoDB refuses more than 32,764
_NOTHING: Document = {"$in": []}


def containing(text: str) -> Document:
    """The condition that a value contains this text, literally and as it is written.

    What no stored text can contain, a NUL or more than MongoDB would look for, is found nowhere.
    """
    pattern = re.escape(text)
    if "\0" in text or len(pattern.encode(errors="replace")) > _LONGEST:
        return _NOTHING
    return {"$regex": pattern}
