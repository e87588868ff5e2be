"""Why the product's own processes could not start. Each message says what to install or set."""


class CannotStart(Exception):
    """A part could not start. `message` is for the person at the terminal."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PortTaken(CannotStart):
    """Somebody else listens where this part should."""


class AlreadyRunning(CannotStart):
    """Another process of ours holds the data folder."""
