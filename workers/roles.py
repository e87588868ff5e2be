"""Which kinds of work there are, and what each one reads. One line a role."""

from workers.consumer import Role

KINDS: dict[str, tuple[Role, ...]] = {
    "imports": (),
    "ingest": (),
    "delivery": (),
}
"""Kind, as named on the command line → its roles; each role is a thread."""
