"""Passwords: which are taken, how they are kept."""

import secrets

import bcrypt

from crm.errors import FieldError, InvalidInput

LEAST_CHARACTERS = 10
MOST_BYTES = 72  # bcrypt reads no further
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like another
_ROUNDS = 12  # two to the power of it: a quarter of a second for us, and for whoever guesses
_NOBODY = bcrypt.hashpw(secrets.token_bytes(24), bcrypt.gensalt(_ROUNDS)).decode()


def refusal(password: str, *, email: str = "") -> str | None:
    """Why this password is not taken, as a sentence, or None."""
    if len(password) < LEAST_CHARACTERS:
        return f"Use at least {LEAST_CHARACTERS} characters."
    if len(password.encode()) > MOST_BYTES:
        return f"Use at most {MOST_BYTES} characters (fewer with accents or other scripts)."
    if password != password.strip():
        return "A password can't begin or end with a blank."
    if "\x00" in password:
        return "A password can't hold a null character."
    if len(set(password)) < 4:
        return "Use at least four different characters."
    if email and password.casefold() in (email.casefold(), email.casefold().partition("@")[0]):
        return "Don't use your e-mail address as the password."
    return None


def hashed(password: str, *, email: str = "") -> str:
    """The bcrypt hash to keep. Raises InvalidInput, field `password`, with the reason."""
    if reason := refusal(password, email=email):
        raise InvalidInput(reason, [FieldError("password", reason)])
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()


def matches(password: str, password_hash: str) -> bool:
    """Whether the password is the hashed one."""
    secret = password.encode()
    if len(secret) > MOST_BYTES or b"\x00" in secret:
        return False
    return bcrypt.checkpw(secret, password_hash.encode())


def stand_in() -> str:
    """A hash that no password matches, to be checked where there is no account."""
    return _NOBODY


def generated() -> str:
    """A password nobody chose: 16 characters, 92 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))
