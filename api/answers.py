"""The shapes that several endpoints answer with."""

from typing import Any, Self

from pydantic import BaseModel

from crm.directory import Page
from crm.errors import FieldError, InvalidInput
from crm.ingest import Acceptance
from crm.ingestion.faults import faults
from crm.settings import settings


class Rejected(BaseModel):
    """One record that was refused; row 1 is the first of the request."""

    row: int
    field: str
    reason: str


class Accepted(BaseModel):
    """What became of the records of one request. The accepted ones are durably on their stream."""

    accepted: int
    rejected: list[Rejected]


class Placed(BaseModel):
    """An order that is durably on its stream, under this reference."""

    message: str
    orderReference: str


class PageOf(BaseModel):
    """One page of a list; ask for the following one with `cursor=next`."""

    items: list[dict[str, Any]]
    next: str | None

    @classmethod
    def of(cls, page: Page) -> Self:
        """The page as it is answered."""
        return cls(items=page.items, next=page.next)


def acceptance(result: Acceptance) -> Accepted:
    """The answer to a bulk request."""
    rejected = [Rejected(row=row.row, field=row.field, reason=row.reason) for row in result.rejected]
    return Accepted(accepted=result.accepted, rejected=rejected)


def refuse_if_rejected(result: Acceptance, kind: str, record: Any) -> None:
    """Raises InvalidInput, with every field at fault, where the only record of a request was refused."""
    if not result.rejected:
        return
    fields = [FieldError(row.field, row.reason) for row in result.rejected]
    told = {each.field for each in fields}
    for one in faults(kind, record, settings().zone):
        if one.field and one.field not in told:
            fields.append(FieldError(one.field, one.reason))
    raise InvalidInput("The record was refused.", fields)
