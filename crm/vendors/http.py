"""A message service behind HTTP, which takes charge of messages and tells the rest by receipts.

It speaks what `vendor/service.py` describes. The service honours keys, so a call that breaks is made again.
"""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from crm.errors import InvalidInput, Unavailable
from crm.vendors.protocol import CHANNELS, Answer, Limits, Message, Verdict

NAME = "http"
BUSY = "the vendor is busy"
_AWAY = (502, 503)
_LONGEST = 200  # characters of a reason or of an id that are kept


@dataclass(frozen=True)
class HttpVendor:
    """`url` is the service's address, to which `/messages` and `/asked` are added; `timeout` is seconds."""

    url: str
    token: str = field(default="", repr=False)
    timeout: float = 10.0
    limits: Limits = field(default_factory=lambda: Limits(batch=100, calls=4))
    name: str = NAME
    channels: frozenset[str] = frozenset(CHANNELS)
    honours_keys: bool = True

    def submit(self, messages: Sequence[Message]) -> list[Answer]:
        """Answers for each message. Raises Unavailable where it took none, others where that is open."""
        answer = self._call("POST", "/messages", {"messages": [message._asdict() for message in messages]})
        if answer.status_code == 429:
            return [Answer(message.key, Verdict.TEMPORARY, BUSY) for message in messages]
        return _answers(answer)

    def ask(self, keys: Sequence[str]) -> list[Answer]:
        """What became of those it knows. Raises Unavailable."""
        try:
            return _answers(self._call("POST", "/asked", {"keys": list(keys)}))
        except (httpx.HTTPError, ValueError):
            raise Unavailable("The vendor gave no answer that can be used.") from None

    def check(self) -> str:
        """Ask whether it is ready. Raises Unavailable with the reason."""
        try:
            answer = self._call("GET", "/health", None)
        except (httpx.HTTPError, ValueError):
            raise Unavailable("The vendor gave no answer that can be used.") from None
        if answer.status_code != 200:
            raise Unavailable(f"The vendor answers with an error ({answer.status_code}).")
        return "The vendor answers."

    def _call(self, method: str, path: str, body: Any) -> httpx.Response:
        """The answer. Raises Unavailable where the vendor took nothing, HTTPError where that is open."""
        content = orjson.dumps(body) if body is not None else None
        try:
            answer = self._client.request(method, self.url.rstrip("/") + path, content=content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Unavailable("The vendor can't be reached.") from None
        if answer.status_code in (401, 403):
            raise Unavailable("The vendor refuses the token.")
        if answer.status_code in _AWAY:
            raise Unavailable("The vendor does not answer.")
        return answer

    @cached_property
    def _client(self) -> httpx.Client:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        client = httpx.Client(headers=headers, timeout=self.timeout, follow_redirects=False)
        weakref.finalize(self, client.close)
        return client


def _answers(answer: httpx.Response) -> list[Answer]:
    """The answers of a call. Raises HTTPStatusError, and ValueError for a body that is none."""
    if answer.status_code != 200:
        raise ValueError(f"the vendor answered with {answer.status_code}")
    try:
        told = orjson.loads(answer.content)["answers"]
        return [
            Answer(
                each["key"], Verdict(each["verdict"]), _text(each.get("reason")), _text(each.get("messageId"))
            )
            for each in told
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the vendor's answer can't be read") from error


def _text(given: Any) -> str | None:
    if not isinstance(given, str):
        return None
    return "".join(each for each in given if each.isprintable())[:_LONGEST] or None


class Configuration(BaseModel):
    """What Settings may say of the service. It is off until it has an address."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)
    url: str = Field("", max_length=500)
    token: SecretStr = Field(SecretStr(""), max_length=1_000)
    timeout: float = Field(10.0, gt=0, le=60)
    rate: float | None = Field(None, gt=0)
    batch: int = Field(100, ge=1, le=500)
    calls: int = Field(4, ge=1, le=200)
    tries: int = Field(5, ge=1, le=20)
    answer_within: float = Field(60.0, gt=0, le=7 * 86_400)

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (
            parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment
        ):
            raise ValueError("is an address such as https://messages.example.com")
        return url

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if not (text.isascii() and text.isprintable()):
            raise ValueError("is one line of ASCII text")
        return token


def build(configuration: Mapping[str, Any]) -> HttpVendor:
    """The vendor that this describes. Raises ValidationError; InvalidInput where it is not configured."""
    given = Configuration.model_validate(dict(configuration))
    if not given.url:
        raise InvalidInput("The message service is off: Settings → Vendors says at which address it is.")
    limits = Limits(**given.model_dump(include={"rate", "batch", "calls", "tries", "answer_within"}))
    return HttpVendor(given.url, given.token.get_secret_value(), given.timeout, limits)
