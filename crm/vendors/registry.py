"""Which vendors there are. A new one is a line here; `build` makes it from what is configured for it."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from crm.errors import FieldError, InvalidInput, NotFound
from crm.vendors import http, simulated, smtp
from crm.vendors.protocol import Vendor

Build = Callable[[Mapping[str, Any]], Vendor]

VENDORS: dict[str, tuple[type[BaseModel], Build]] = {
    simulated.NAME: (simulated.Configuration, simulated.build),
    http.NAME: (http.Configuration, http.build),
    smtp.NAME: (smtp.Configuration, smtp.build),
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
            FieldError(
                ".".join(map(str, each["loc"])) or "configuration", each["msg"].removeprefix("Value error, ")
            )
            for each in error.errors()
        ]
        raise InvalidInput("The vendor can't be configured so.", fields) from None


def defaults(name: str) -> dict[str, Any]:
    """Every field that can be configured with its default, by its JSON name. Raises NotFound."""
    if name not in VENDORS:
        raise NotFound(f"There is no vendor “{name}”.")
    return {key: _plain(field.get_default()) for key, field in _fields(name).items()}


def secrets(name: str) -> frozenset[str]:
    """The fields that are never kept or shown as they are. Raises NotFound."""
    if name not in VENDORS:
        raise NotFound(f"There is no vendor “{name}”.")
    return frozenset(key for key, field in _fields(name).items() if field.annotation is SecretStr)


def _fields(name: str) -> dict[str, FieldInfo]:
    return {field.alias or key: field for key, field in VENDORS[name][0].model_fields.items()}


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
