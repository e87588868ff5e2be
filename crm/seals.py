"""Secrets as they are kept in MongoDB: sealed with a key that is not there.

The key is derived from the installation's secret, which is in the data folder or the environment.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken

from crm.settings import settings


def seal(secret: str, purpose: str) -> str:
    """The secret so that only this installation can open it, and only for this purpose."""
    return _fernet(purpose).encrypt(secret.encode()).decode()


def opened(sealed: str, purpose: str) -> str | None:
    """The secret; None where it was sealed with another installation's secret, or is no seal."""
    try:
        return _fernet(purpose).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        return None


def _fernet(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings().secret(purpose)))
