"""What a campaign may be given beside its name, segment and message, read from a request by its JSON names.

| option | is |
|---|---|
| `channel` | `email` or `sms`; left out, a message goes wherever a customer can be reached |
| `subject`, `html` | the other parts of an e-mail |
| `unsubscribeFooter` | whether an e-mail that names no link to unsubscribe gets one below; yes, if left out |
| `variants` | `[{name, share, subject?, messageTemplate?, html?}]`; what one leaves out is the campaign's |
| `include`, `exclude` | `{segments: [ids], lists: [ids]}`, beside the campaign's segment |
| `holdout` | share of the audience that is not messaged, to compare with: 0 to 0.9 |
| `frequencyCap` | `{messages, days}`: nobody gets more than so many messages in so many days |
| `rateLimit` | messages a second |
| `errorBudget` | share of the answers that may be failures before the campaign is paused |
| `sendWindow` | `{from, to, days?}`: messages go out between these hours of their receivers' days |
| `vendor` | who carries the messages |

Pure. An option that is null goes back to its default.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from crm import windows
from crm.content import CHANNELS, HTML_LIMIT, MOST_VARIANTS, SUBJECT_LIMIT
from crm.errors import FieldError, InvalidInput
from crm.messages import LIMIT

Read = Callable[[str, Any], Any]

DEFAULT_BUDGET = 0.5
LONGEST_VARIANT = 40
_MOST_IDS = 50
_LONGEST_ID = 100


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they are kept. Raises InvalidInput that names the one that makes no sense."""
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if name not in OPTIONS:
            raise bad(name, "is no option of a campaign")
        kept[name] = None if value is None else OPTIONS[name](name, value)
    return kept


def bad(field: str, reason: str) -> InvalidInput:
    """The refusal of one option: a sentence that begins with its name."""
    return InvalidInput(f"{field} {reason}.", [FieldError(field, reason)])


def _channel(name: str, value: Any) -> str:
    if value not in CHANNELS:
        raise bad(name, f"is {' or '.join(CHANNELS)}")
    return str(value)


def _text(limit: int) -> Read:
    def read_text(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise bad(name, "must be text")
        if len(value) > limit:
            raise bad(name, f"has more than {limit:,} characters")
        return value

    return read_text


def _number(least: float, most: float, *, open_end: bool = False) -> Read:
    def read_number(name: str, value: Any) -> float:
        fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fine or not (least < value if open_end else least <= value) or value > most:
            raise bad(name, f"is a number {'above' if open_end else 'from'} {least:g} to {most:g}")
        return float(value)

    return read_number


def _yes(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise bad(name, "is true or false")
    return value


def _whole(name: str, value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise bad(name, f"is a whole number from 1 to {most:,}")
    return value


def _window(name: str, value: Any) -> dict[str, Any]:
    try:
        return windows.read(value)
    except ValueError as error:
        raise bad(name, str(error)) from None


def _cap(name: str, value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or set(value) != {"messages", "days"}:
        raise bad(name, "is {messages, days}")
    return {key: _whole(f"{name}.{key}", value[key], 365) for key in ("messages", "days")}


def _selection(name: str, value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not set(value) <= {"segments", "lists"}:
        raise bad(name, "is {segments: [ids], lists: [ids]}")
    return {key: _ids(f"{name}.{key}", value.get(key) or []) for key in ("segments", "lists")}


def _ids(name: str, value: Any) -> list[str]:
    fine = isinstance(value, list) and len(value) <= _MOST_IDS
    if not fine or not all(isinstance(each, str) and 0 < len(each) <= _LONGEST_ID for each in value):
        raise bad(name, f"is a list of at most {_MOST_IDS} ids")
    return list(dict.fromkeys(value))


_VARIANT: dict[str, Read] = {
    "subject": _text(SUBJECT_LIMIT),
    "messageTemplate": _text(LIMIT),
    "html": _text(HTML_LIMIT),
}


def _variants(name: str, value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list) or len(value) > MOST_VARIANTS:
        raise bad(name, f"is a list of at most {MOST_VARIANTS} variants")
    variants = [_variant(f"{name}[{index}]", each) for index, each in enumerate(value)]
    names = [variant["name"].casefold() for variant in variants]
    if len(set(names)) < len(names):
        raise bad(name, "has two of the same name")
    if len(variants) == 1:
        raise bad(name, "has one variant only; leave it out, or add another")
    return variants or None


def _variant(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(value) <= {"name", "share", *_VARIANT}:
        raise bad(name, "is {name, share, subject?, messageTemplate?, html?}")
    label = " ".join(value["name"].split()) if isinstance(value.get("name"), str) else ""
    if not 0 < len(label) <= LONGEST_VARIANT or not label.isprintable():
        raise bad(f"{name}.name", f"has 1 to {LONGEST_VARIANT} characters")
    share = _number(0, 1_000_000, open_end=True)(f"{name}.share", value.get("share", 1))
    texts = {key: each(f"{name}.{key}", value[key]) for key, each in _VARIANT.items() if value.get(key)}
    return {"name": label, "share": share, **texts}


OPTIONS: dict[str, Read] = {
    "channel": _channel,
    "subject": _text(SUBJECT_LIMIT),
    "html": _text(HTML_LIMIT),
    "unsubscribeFooter": _yes,
    "variants": _variants,
    "include": _selection,
    "exclude": _selection,
    "holdout": _number(0, 0.9),
    "frequencyCap": _cap,
    "rateLimit": _number(0, 1_000_000, open_end=True),
    "errorBudget": _number(0, 1, open_end=True),
    "sendWindow": _window,
    "vendor": _text(40),
}
