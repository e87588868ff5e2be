"""Why one value can't be taken."""


class Refused(Exception):  # an answer, not an error
    """`code` is for programs, `reason` a sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def short(written: str) -> str:
    """A value as it may stand in a reason: quoted, not longer than a line, and text that can be stored."""
    shown = written if len(written) <= 60 else written[:57] + "…"
    return f"“{shown.encode('utf-8', 'replace').decode()}”"
