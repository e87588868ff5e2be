"""Which vendors there are. A new one is a line here; `build` makes it from what is configured for it."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from crm.errors import FieldError, InvalidInput, NotFound
from crm.vendors import simulated
from crm.vendors.protocol import Vendor

Build = Callable[[Mapping[str, Any]], Vendor]

VENDORS: dict[str, tuple[type[BaseModel], Build]] = {
    simulated.NAME: (simulated.Configuration, simulated.build),
}
"""Name → what may be configured, and what makes the vendor of it."""


def build(name: str, configuration: Mapping[str, Any]) -> Vendor:
    """The vendor of this name. Raises NotFound, and InvalidInput that names the fields it refuses."""
    if name not in VENDORS:
        raise NotFound(f"There is no vendor “{name}”.")
    try:
        return VENDORS[name][1](configuration)
    except ValidationError as error:
        fields = [
            FieldError(".".join(map(str, each["loc"])) or "configuration", each["msg"])
            for each in error.errors()
        ]
        raise InvalidInput("The vendor can't be configured so.", fields) from None


def defaults(name: str) -> dict[str, Any]:
    """Every field that can be configured with its default, by its JSON name. Raises NotFound."""
    if name not in VENDORS:
        raise NotFound(f"There is no vendor “{name}”.")
    fields = VENDORS[name][0].model_fields
    return {field.alias or key: field.get_default() for key, field in fields.items()}
