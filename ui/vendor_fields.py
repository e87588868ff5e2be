"""The vendors and their settings, in words: what each field is called, and how it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from crm.vendors import http, simulated, smtp

Kind = Literal["text", "secret", "yes", "share", "whole", "number", "choice"]


class Name(NamedTuple):
    label: str
    means: str


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a vendor's configuration. `number` may be left empty where nothing is the default."""

    key: str
    label: str
    kind: Kind
    help: str | None = None
    least: Any = None
    most: Any = None
    choices: Mapping[str, str] = field(default_factory=dict)


NAMES = {
    simulated.NAME: Name(
        "Simulated vendor",
        "Reaches nobody. What becomes of a message is drawn from its key and the seed, so every fault can be "
        "replayed. Faults that are set here are for trying things out: they slow real campaigns down.",
    ),
    http.NAME: Name(
        "Message service",
        "Takes messages over HTTP and reports what became of them to `/api/delivery-receipt`, with an "
        "API key of role vendor.",
    ),
    smtp.NAME: Name(
        "E-mail (SMTP)",
        "Real e-mail, through your mail server. A letter whose answer is lost is not sent again by itself.",
    ),
}


def _limits(batch: int, *more: Part) -> list[Part]:
    return [
        Part("rate", "Messages a second", "number", "From all workers together; empty for no limit.", 0.01),
        Part("batch", "Messages a call", "whole", least=1, most=batch),
        Part("calls", "Calls at once", "whole", "From one worker.", 1, 50),
        Part("tries", "Tries of a message", "whole", "Of one that is put off, before it fails.", 1, 20),
        *more,
    ]


_ANSWER = Part(
    "answerWithin", "Receipt within (s)", "number", "Later than that the vendor is asked.", 0.1, 604_800.0
)

FIELDS: dict[str, dict[str, list[Part]]] = {
    simulated.NAME: {
        "What becomes of messages": [
            Part("refused", "Refused for good", "share"),
            Part("temporary", "Put off", "share", "Drawn anew for each try."),
            Part("seed", "Seed", "whole", "Another seed, another fate.", 0, 2**31 - 1),
        ],
        "The line to it": [
            Part("latency", "A call takes (s)", "number", least=0.0, most=30.0),
            Part("throttle", "Busy beyond (messages a second)", "number", "The rest is put off.", 0.01),
            Part("outage", "Outage: no call is answered", "yes"),
        ],
        "Its receipts": [
            Part("duplicate", "Come twice", "share"),
            Part("late", "Come late", "share"),
            Part("lateBy", "Late by (s)", "number", least=0.0, most=86_400.0),
            Part("lost", "Never come", "share"),
        ],
        "Its limits": _limits(500, _ANSWER),
    },
    http.NAME: {
        "Where it is": [
            Part("url", "Address", "text", "Such as http://127.0.0.1:8600 for `python -m vendor`."),
            Part("token", "Token", "secret", "Sent as `Authorization: Bearer`. Kept encrypted."),
            Part("timeout", "Answers within (s)", "number", least=0.1, most=60.0),
        ],
        "Its limits": _limits(500, _ANSWER),
    },
    smtp.NAME: {
        "The mail server": [
            Part("host", "Host", "text"),
            Part("port", "Port", "whole", least=1, most=65_535),
            Part(
                "security", "Encryption", "choice",
                choices={"starttls": "STARTTLS", "tls": "TLS", "none": "None"},
            ),
            Part("user", "User", "text"),
            Part("password", "Password", "secret", "Kept encrypted."),
        ],
        "Whom letters are from": [
            Part("sender", "Address", "text"),
            Part("senderName", "Name", "text"),
        ],
        "Its limits": _limits(50),
    },
}  # fmt: skip
"""Vendor → heading → its fields."""
