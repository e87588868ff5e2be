"""Real e-mail through a mail server.

SMTP knows no idempotency keys: once a message's text is on its way, a lost answer leaves open whether it was
taken, and the message ends as unclear. Whatever breaks before that has taken nothing and may be tried again.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic.alias_generators import to_camel

from crm.errors import InvalidInput, Unavailable
from crm.moment import utc_now
from crm.vendors import letters
from crm.vendors.protocol import EMAIL, Answer, Limits, Message, Verdict

NAME = "smtp"
NO_STARTTLS = "The mail server offers no STARTTLS."
_STEP = 10.0  # seconds that a reply may take
_LAST_STEP = 45.0  # and the one that says whether a message was taken
_CALL = 30.0  # s after which a call begins no further message, so that it ends well before it counts as lost
_CLOSING = 421
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_REASON = 120

Security = Literal["starttls", "tls", "none"]


class _Refused(Exception):
    """The server said no to one message; the answer says how."""

    def __init__(self, code: int, text: bytes | str) -> None:
        super().__init__(code)
        self.code, self.text = code, text


class _TextSent(Exception):
    """The connection broke after the message's text had been sent."""


@dataclass(frozen=True, slots=True)
class SmtpVendor:
    """`security` is `starttls`, `tls` from the first byte, or `none`. Certificates are checked."""

    host: str
    sender: str
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender_name: str = ""
    limits: Limits = field(default_factory=lambda: Limits(batch=10, calls=2))
    name: str = NAME
    channels: frozenset[str] = frozenset({EMAIL})
    honours_keys: bool = False

    def submit(self, messages: Sequence[Message]) -> list[Answer]:
        """Answers for each message, over one connection. Raises Unavailable where none can be had."""
        until = time.monotonic() + _CALL
        line: smtplib.SMTP | None = self._connect()
        answers: list[Answer] = []
        try:
            for message in messages:
                if time.monotonic() > until:
                    answers.append(Answer(message.key, Verdict.TEMPORARY, "the mail server is slow"))
                    continue
                try:
                    line = line or self._connect()
                except Unavailable as error:
                    answers.append(Answer(message.key, Verdict.TEMPORARY, error.message))
                    continue
                answer, usable = self._answer(line, message)
                answers.append(answer)
                if not usable:
                    line.close()
                    line = None
        finally:
            _hang_up(line)
        return answers

    def ask(self, keys: Sequence[str]) -> list[Answer]:
        """Nothing: a mail server has no memory that can be asked."""
        return []

    def check(self) -> str:
        """Connect and sign in. Returns what can be said of it; raises Unavailable with the reason."""
        line = self._connect()
        _hang_up(line)
        return f"{self.host} answers" + (" and takes the user and password." if self.user else ".")

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        line: smtplib.SMTP | None = None
        try:
            if self.security == "tls":
                line = smtplib.SMTP_SSL(self.host, self.port, timeout=_STEP, context=context)
            else:
                line = smtplib.SMTP(self.host, self.port, timeout=_STEP)
            line.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                if not line.has_extn("starttls"):
                    raise Unavailable(NO_STARTTLS)
                line.starttls(context=context)
                line.ehlo()
            if self.user:
                line.login(self.user, self.password)
            return line
        except Unavailable:
            _hang_up(line)
            raise
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            if line is not None:
                line.close()
            raise Unavailable(_unreachable(error)) from error

    def _answer(self, line: smtplib.SMTP, message: Message) -> tuple[Answer, bool]:
        """What became of one message, and whether the connection can be used for another."""
        try:
            letter = letters.write(message, sender=self.sender, sender_name=self.sender_name, now=utc_now())
        except ValueError as error:
            return Answer(message.key, Verdict.FAILED, str(error)), True
        try:
            _post(line, letter)
            return Answer(message.key, Verdict.SENT, message_id=letter.message_id), True
        except _Refused as error:
            usable = error.code != _CLOSING and _reset(line)
            reason = _reason(error.code, error.text, letter.recipient)
            verdict = Verdict.FAILED if error.code >= 500 else Verdict.TEMPORARY
            return Answer(message.key, verdict, reason), usable
        except smtplib.SMTPNotSupportedError:
            reason = "the mail server takes no address with letters beyond ASCII"
            return Answer(message.key, Verdict.FAILED, reason), _reset(line)
        except _TextSent:
            return Answer(message.key, Verdict.UNCLEAR, "the mail server's answer was lost"), False
        except (OSError, smtplib.SMTPException):
            return Answer(message.key, Verdict.TEMPORARY, "the connection to the mail server broke"), False


def _post(line: smtplib.SMTP, letter: letters.Letter) -> None:
    """Hand a letter over. Raises _Refused, _TextSent, and what smtplib raises before the text is sent."""
    options = ["SMTPUTF8"] if letter.unicode else []
    code, text = line.mail(letter.sender, options)
    if code == 250:
        code, text = line.rcpt(letter.recipient)
    if code not in (250, 251):
        raise _Refused(code, text)
    code, text = line.docmd("DATA")
    if code != 354:
        raise _Refused(code, text)
    assert line.sock is not None  # noqa: S101  # it has just answered
    line.sock.settimeout(_LAST_STEP)
    try:
        line.send(letters.on_the_wire(letter.content))
        code, text = line.getreply()
        if line.sock is not None:
            line.sock.settimeout(_STEP)
    except (OSError, smtplib.SMTPException):
        raise _TextSent from None
    if code == -1 or not 200 <= code < 600:
        raise _TextSent
    if code != 250:
        raise _Refused(code, text)


def _reset(line: smtplib.SMTP) -> bool:
    """Have the server forget the message that it refused. Returns whether it can take another."""
    try:
        return line.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _hang_up(line: smtplib.SMTP | None) -> None:
    if line is None:
        return
    try:
        line.quit()
    except (OSError, smtplib.SMTPException):
        line.close()


def _reason(code: int, text: bytes | str, recipient: str) -> str:
    """The server's words in one line, without the address, so that the same refusal has the same reason."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    said = "".join(each if each.isprintable() else " " for each in said)
    said = re.sub(rf"<?{re.escape(recipient)}>?:?", "", said, flags=re.IGNORECASE)
    return f"{code} {' '.join(said.split())}".strip()[:_LONGEST_REASON]


def _unreachable(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server refuses the user or the password."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server offers no sign-in."
    if isinstance(error, ssl.SSLError):
        return f"No encrypted connection to the mail server: {error.reason or 'TLS failed'}."
    if isinstance(error, TimeoutError):
        return "The mail server does not answer in time."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server refuses the connection ({error.smtp_code})."
    return "The mail server can't be reached."


class Configuration(BaseModel):
    """What Settings may say of the mail server. It is off until it has a host and a sender."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)
    host: str = Field("", max_length=253, pattern=r"^[A-Za-z0-9.:_-]*$")
    port: int = Field(587, ge=1, le=65535)
    security: Security = "starttls"
    user: str = Field("", max_length=320)
    password: SecretStr = Field(SecretStr(""), max_length=1_000)
    sender: str = Field("", max_length=254)
    sender_name: str = Field("", max_length=100)
    rate: float | None = Field(None, gt=0)
    batch: int = Field(10, ge=1, le=50)
    calls: int = Field(2, ge=1, le=50)
    tries: int = Field(5, ge=1, le=20)

    @field_validator("sender")
    @classmethod
    def _an_address(cls, sender: str) -> str:
        if sender and not (letters.ADDRESS.match(sender) and sender.isascii()):
            raise ValueError("is no e-mail address")
        return sender

    @field_validator("sender_name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("is one line of text")
        return name

    @model_validator(mode="after")
    def _password_is_encrypted(self) -> "Configuration":
        if self.user and self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("a password is only sent encrypted: choose STARTTLS or TLS")
        return self


def build(configuration: Mapping[str, Any]) -> SmtpVendor:
    """The vendor that this describes. Raises ValidationError; InvalidInput where it is not configured."""
    given = Configuration.model_validate(dict(configuration))
    if not given.host or not given.sender:
        raise InvalidInput(
            "E-mail is off: Settings → Vendors says which mail server sends it, and from whom."
        )
    return SmtpVendor(
        **given.model_dump(include={"host", "port", "security", "user", "sender", "sender_name"}),
        password=given.password.get_secret_value(),
        limits=Limits(**given.model_dump(include={"rate", "batch", "calls", "tries"})),
    )
