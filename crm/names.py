"""What people call the things that they make: segments, campaigns, lists, keys."""

import unicodedata

from crm.errors import FieldError, InvalidInput

LONGEST = 120  # characters
_UNWRITABLE = ("Cc", "Cs")  # control characters and halves of others: no page, file or message can show them


def checked(name: str, of: str) -> str:
    """The name of a segment, say (`of`), on one line. Raises InvalidInput at `name`."""
    name = " ".join(str(name).split())
    if not name:
        reason = f"A {of} needs a name."
    elif len(name) > LONGEST:
        reason = f"A name has at most {LONGEST} characters."
    elif any(unicodedata.category(sign) in _UNWRITABLE for sign in name):
        reason = "A name can't have control characters."
    else:
        return name
    raise InvalidInput(reason, [FieldError("name", reason)])
