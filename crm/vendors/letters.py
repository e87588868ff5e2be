"""A message as an e-mail: its headers, its text and HTML, its bytes on the wire. Pure.

Nothing that a customer or a marketer wrote can add a header or end the text early.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import blake2b

from crm.vendors.protocol import Message

ADDRESS = re.compile(
    r"^(?=.{3,254}$)[^\s<>()\[\]:;,\\\"@\x00-\x20\x7f]{1,64}@[^\s<>()\[\]:;,\\\"@\x00-\x20\x7f]+$"
)
_LINK = re.compile(r"^https?://[!-;=?-~]{1,900}$")
_PLAIN_KEY = re.compile(r"^[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)*$")


@dataclass(frozen=True, slots=True)
class Letter:
    """`recipient` as the envelope names it; `unicode` where the server must speak SMTPUTF8."""

    sender: str
    recipient: str
    message_id: str
    content: bytes
    unicode: bool


def write(message: Message, *, sender: str, sender_name: str, now: datetime) -> Letter:
    """The letter for a message; `now` dates it. Raises ValueError, whose text says why there is none.

    Its Message-ID follows from the key, so that a copy can be known for one.
    """
    recipient = _envelope(message.address)
    unicode = not recipient.isascii()
    rules = (policy.SMTPUTF8 if unicode else policy.SMTP).clone(cte_type="7bit", max_line_length=78)
    letter = EmailMessage(policy=rules)
    letter["From"] = Address(_line(sender_name), *sender.rsplit("@", 1))
    letter["To"] = Address("", *recipient.rsplit("@", 1))
    if subject := _line(message.subject or ""):
        letter["Subject"] = subject
    letter["Date"] = format_datetime(now)
    message_id = _message_id(message.key, sender.rsplit("@", 1)[1])
    letter["Message-ID"] = message_id
    letter.set_content(_text(message.text))
    if message.html:
        letter.add_alternative(_text(message.html), subtype="html")
    content = _one_click(message.unsubscribe) + letter.as_bytes(policy=rules)
    return Letter(sender, recipient, message_id, content, unicode)


def _one_click(link: str | None) -> bytes:
    """The headers by which mail programs offer to unsubscribe (RFC 2369 and 8058).

    Written here, since the library would encode a link that is longer than a line. Raises ValueError.
    """
    if link is None:
        return b""
    if not _LINK.match(link):
        raise ValueError("the link to unsubscribe can't stand in a header")
    return f"List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode()


def on_the_wire(content: bytes) -> bytes:
    """The content as DATA takes it: lines end in CR LF, a dot that begins one is doubled, then the end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    stuffed = re.sub(rb"(?m)^\.", b"..", lines)
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _envelope(address: str | None) -> str:
    given = (address or "").strip()
    if not ADDRESS.match(given):
        raise ValueError("the address can't be an e-mail address")
    name, domain = given.rsplit("@", 1)
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError("the address can't be an e-mail address") from None
    return f"{name}@{domain}"


def _message_id(key: str, domain: str) -> str:
    local = (
        key.replace(":", ".") if _PLAIN_KEY.match(key) else blake2b(key.encode(), digest_size=16).hexdigest()
    )
    return f"<{local}@{domain}>"


def _line(text: str) -> str:
    """One line, without characters that are none."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _text(text: str) -> str:
    """Text that can be encoded: half a character pair is none."""
    return text.encode("utf-8", "replace").decode("utf-8")
