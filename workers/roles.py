"""Which kinds of work there are, and what each one reads. One line a role."""

from crm.stores import streams
from workers import plan, receipts, send
from workers.consumer import Role

KINDS: dict[str, tuple[Role, ...]] = {
    "imports": (),
    "ingest": (),
    "delivery": (
        Role("plan", (streams.PLAN,), plan.handle, count=1, tend=plan.tend),
        Role("send", (streams.SEND,), send.handle, count=4),
        Role("receipts", (streams.RECEIPTS,), receipts.handle, count=16),
    ),
}
"""Kind, as named on the command line → its roles; each role is a thread."""
