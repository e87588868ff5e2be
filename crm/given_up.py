"""Why workers gave something up, and what to do about it, in words for whoever runs the shop."""

from crm.ingestion import poison
from crm.stores import streams
from crm.stores.connection import Document

_OF_A_FILE = (
    "The import of a file, or its undo, failed again and again. Send it once more to go on with an undo; "
    "upload a file once more whose import says that it failed, and discard this."
)
_AS_IT_IS = {
    **dict.fromkeys(streams.FILES, _OF_A_FILE),
    streams.PLAN: (
        "The audience of a campaign could not be written down. Send it once more: it is planned again, and "
        "nobody is in it twice."
    ),
    streams.SEND: (
        "Messages of a campaign could not be handed to the vendor. Send them once more: nobody gets his "
        "message twice."
    ),
    streams.RECEIPTS: (
        "What a vendor reported of messages could not be booked. Send it once more: a report counts once."
    ),
}
_UNREADABLE = "Workers can't read this: it holds no records. Discard it, unless you know who sent it."
_NO_FAULT = "{} could not be stored, though nothing seems wrong with it. {}"
_AGAIN = (
    "What stood in the way may be gone: send it once more. If it comes back, pass on the technical detail to "
    "whoever looks after Mini-CRM."
)


def reason(stream: str, batch: Document | None) -> str:
    """What is wrong with an entry of a stream, and what to do. `batch` is its payload where it is a batch."""
    if batch is None:
        return _AS_IT_IS.get(stream, _UNREADABLE)
    records, one = batch["records"], batch["kind"].removesuffix("s")
    alone = len(records) == 1
    for place, record in enumerate(records, 1):
        if fault := poison.fault_of(batch["kind"], record):
            which = f"The {one}" if alone else f"The {one} at place {place} of {len(records):,}"
            what = f"{fault.field}: {fault.reason}" if fault.field else fault.reason
            return f"{which} can't be stored. {what.rstrip('.')}. Mend that and send it once more."
    which = f"The {one}" if alone else f"A batch of {len(records):,} {batch['kind']}"
    return _NO_FAULT.format(which, _AGAIN)
