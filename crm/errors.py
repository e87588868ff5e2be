"""What can go wrong, by name.

CrmError
├── InvalidInput        a request that can't be taken, field by field
│   └── InvalidRule     a rule tree with a bad node, named by its path
├── NotFound            no such thing
├── Conflict            it exists already, or somebody else changed it
├── IllegalTransition   the thing is not in a state that allows this
├── NotSignedIn         nobody, or a session that has ended
├── NotAllowed          somebody, but not in a role that may
├── TooManyAttempts     try again after `retry_after` seconds
├── Busy                more waits than may; try again after `retry_after` seconds
├── TooLarge            more than a request may hold
├── NotRunning          no stores to talk to
├── Unavailable         a part we need did not answer
└── NotYet              something else has to be done first; asked again later, it may work

`crm` raises these; the API turns them into status codes, the pages into sentences.
"""

from dataclasses import dataclass


class CrmError(Exception):
    """The root. `message` is a sentence for the person who caused it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was refused, and why."""

    field: str
    reason: str


class InvalidInput(CrmError):
    def __init__(self, message: str, fields: list[FieldError] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or []


class InvalidRule(InvalidInput):
    """`path` names the bad node, e.g. `rules.conditions[0].value`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message, [FieldError(path, message)])
        self.path = path


class NotFound(CrmError):
    pass


class Conflict(CrmError):
    pass


class IllegalTransition(CrmError):
    pass


class NotSignedIn(CrmError):
    pass


class NotAllowed(CrmError):
    pass


class TooManyAttempts(CrmError):
    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(CrmError):
    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooLarge(CrmError):
    pass


class NotRunning(CrmError):
    pass


class Unavailable(CrmError):
    pass


class NotYet(CrmError):
    pass
