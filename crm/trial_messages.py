"""A message sent to the person who writes it, as a customer would get it: a test, outside the books.

It is marked as one, goes out by the campaign's vendor at once, counts nowhere, and its link to unsubscribe is
an example. Who sends it, and when, stands in the audit log.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm import auth, carriers, dry_run, suppressed
from crm.auth import Account
from crm.content import EMAIL, SMS
from crm.errors import FieldError, InvalidInput, TooManyAttempts
from crm.stores import attempts
from crm.stores.connection import Stores, new_id
from crm.vendors.letters import ADDRESS
from crm.vendors.protocol import Answer, Message, Vendor, Verdict

MARK = "[Test]"
MOST, WINDOW = 20, timedelta(minutes=10)
_PHONE = re.compile(r"\+?[\d\s().\-/]{6,25}")
_ENDS = {
    Verdict.SENT: "It was sent.",
    Verdict.ACCEPTED: "The vendor has taken it.",
    Verdict.FAILED: "The vendor refuses it",
    Verdict.TEMPORARY: "The vendor puts it off",
    Verdict.UNCLEAR: "Nobody can tell whether it was sent",
}


class Sent(NamedTuple):
    """What became of a test: where it went, by which vendor, and the vendor's verdict in words."""

    to: str
    channel: str
    vendor: str
    verdict: str
    message: str

    @property
    def went_out(self) -> bool:
        """Whether the vendor has the message."""
        return self.verdict in (Verdict.SENT, Verdict.ACCEPTED)


def send(
    stores: Stores,
    campaign: Mapping[str, Any],
    customer_id: str,
    *,
    account: Account,
    now: datetime,
    to: str | None = None,
    variant: str | None = None,
) -> Sent:
    """Send a message, as this customer would get it, to `to`: the account's own address if left out.

    `variant` is one by its name, the customer's own if left out. Raises InvalidInput for an address or a
    message that can't be sent to or written, NotFound for the customer, TooManyAttempts, and Unavailable
    where the vendor is away.
    """
    channel, address = _where(stores, campaign, (to or "").strip() or account.email)
    text = _text(dry_run.as_customer(stores, campaign, customer_id), variant)
    _guard(stores, account)
    carrier = carriers.vendor(stores, campaign.get("vendor") or carriers.chosen(stores))
    message = _message(text, channel, address)
    auth.log(stores, account, "test message sent", str(campaign.get("_id", "")), now=now)
    told = _answer(carrier, message)
    verdict = told.verdict
    said = _ENDS[verdict] + (f": {told.reason}." if told.reason else "")
    return Sent(address, channel, carrier.name, verdict.value, said if said.endswith(".") else f"{said}.")


def _where(stores: Stores, campaign: Mapping[str, Any], address: str) -> tuple[str, str]:
    """The channel and the address, if it is one that may be written to."""
    channel = carriers.way(stores, campaign.get("vendor"), campaign.get("channel"))
    channel = channel or (EMAIL if "@" in address else SMS)
    if not (ADDRESS.match(address) if channel == EMAIL else _PHONE.fullmatch(address)):
        kind = "an e-mail address" if channel == EMAIL else "a phone number"
        raise _bad(f"Say {kind} to send the test to.", f"is {kind}")
    if why := suppressed.reasons(stores, {"": address}).get(""):
        raise _bad(f"This address is not to be written to ({why}).", f"is {why}")
    return channel, address


def _bad(message: str, reason: str) -> InvalidInput:
    return InvalidInput(message, [FieldError("to", reason)])


def _text(found: Mapping[str, Any], variant: str | None) -> dict[str, Any]:
    """The version to be sent. Raises InvalidInput where it can't be written for the customer."""
    wanted = found["variant"] if variant is None else variant
    version = next((each for each in found["versions"] if each["name"] == wanted), None)
    if version is None:
        raise InvalidInput("There is no such variant.", [FieldError("variant", "is the name of a variant")])
    if version["reason"]:
        reason = version["reason"]
        raise InvalidInput(f"This customer would not get it: {reason}.", [FieldError("customerId", reason)])
    return dict(version)


def _guard(stores: Stores, account: Account) -> None:
    tried, left = attempts.count(stores, f"test-send:{account.id}", seconds=int(WINDOW.total_seconds()))
    if tried > MOST:
        minutes = -(-left // 60)
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        raise TooManyAttempts(f"That is {MOST} tests within ten minutes. Try again in {wait}.", left)


def _message(text: Mapping[str, Any], channel: str, address: str) -> Message:
    key = f"test:{new_id()}:1"
    if channel == SMS:
        return Message(key, channel, address, f"{MARK} {text['text']}")
    subject = f"{MARK} {text['subject'] or ''}".strip()
    return Message(key, channel, address, text["text"], subject, text["html"])


def _answer(carrier: Vendor, message: Message) -> Answer:
    told = [each for each in carrier.submit([message]) if each.key == message.key]
    return told[0] if told else Answer(message.key, Verdict.UNCLEAR, "the vendor's answer was lost")
