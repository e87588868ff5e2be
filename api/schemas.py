"""The shapes of requests and answers about accounts."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from crm.auth import Account

_ANY_LENGTH = 10_000  # longer than anything sensible; the domain says what is


class Registration(BaseModel):
    """A shopper who signs up."""

    model_config = ConfigDict(extra="ignore")
    name: str = Field(max_length=_ANY_LENGTH)
    email: str = Field(max_length=_ANY_LENGTH)
    password: str = Field(max_length=_ANY_LENGTH)


class Credentials(BaseModel):
    model_config = ConfigDict(extra="ignore")
    email: str = Field(max_length=_ANY_LENGTH)
    password: str = Field(max_length=_ANY_LENGTH)


class User(BaseModel):
    """An account as its owner sees it. `customerId` is null until a shopper's record is known to be his."""

    model_config = ConfigDict(populate_by_name=True)
    id: str = Field(alias="_id")
    email: str
    name: str
    role: str | None
    customerId: str | None = None
    createdAt: datetime | None = None
    lastLogin: datetime | None = None

    @classmethod
    def of(cls, account: Account) -> "User":
        values: dict[str, Any] = {
            "_id": account.id,
            "email": account.email,
            "name": account.name,
            "role": account.role,
            "customerId": account.customer_id,
            "createdAt": account.created_at,
            "lastLogin": account.last_login,
        }
        return cls.model_validate(values)


class SignedInUser(BaseModel):
    """A bearer token, good for one day or until sign-out, and whose it is."""

    token: str
    user: User


class Registered(BaseModel):
    """A new shopper, signed in. `message` says so where his customer record is not linked yet."""

    token: str
    user: User
    message: str
