"""A mail server on loopback that does what the recipient's address says, and keeps what it takes."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from embedded import ports

REPLIES = {"busy": "450 4.2.1 try again later", "gone": "550 5.1.1 <{0}>: no such user here"}


@dataclass
class Mailbox:
    """`taken` are the letters with their envelope; an address that begins with `busy` is answered 450, with
    `gone` 550, `full` is refused after its text; at `early` the connection drops before DATA, at `late`
    when the text has been taken.
    """

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    user: str | None = None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        kind = address.split(".")[0]
        if kind == "early":
            server.transport.abort()
        if kind in REPLIES:
            return REPLIES[kind].format(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        address = envelope.rcpt_tos[0]
        if address.startswith("full."):
            return "552 5.2.2 the mailbox is full"
        assert isinstance(envelope.content, bytes)
        letter: Any = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((address, letter))
        if address.startswith("late."):
            server.transport.abort()
        return "250 taken"


@contextmanager
def mail_server(
    *, encrypted: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, unicode: bool = True
) -> Iterator[Mailbox]:
    """A server for the time of the block; with `encrypted` it asks for STARTTLS, with `login` for a user."""
    box = Mailbox(ports.free())

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        if given == login:
            box.user = given[0]
        return AuthResult(success=given == login, handled=False)

    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, enable_SMTPUTF8=unicode, tls_context=encrypted,
        require_starttls=encrypted is not None, authenticator=check, auth_required=login is not None,
        auth_require_tls=encrypted is not None,
    )  # fmt: skip
    controller.start()
    try:
        yield box
    finally:
        controller.stop(no_assert=True)
