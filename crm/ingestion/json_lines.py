"""NDJSON: one JSON object a line."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

import orjson

from crm.errors import InvalidInput
from crm.ingestion.cells import Cell, Spoiled
from crm.ingestion.delimited import open_text

_LONGEST_LINE = 1024 * 1024  # characters
_KEPT_OF_LONG = 1000


def names(file: BinaryIO, encoding: str, most: int) -> tuple[str, ...]:
    """Every name that the objects of the file use, in the order in which they come.

    Raises InvalidInput where there are more than `most`, or no object at all.
    """
    found: dict[str, None] = {}
    for value in _objects(file, encoding):
        if isinstance(value, dict) and not value.keys() <= found.keys():
            found |= dict.fromkeys(value)
            if len(found) > most:
                raise InvalidInput(f"The objects have more than {most:,} names.")
    if not found:
        raise InvalidInput("There is no line with a JSON object in it.")
    return tuple(found)


def records(file: BinaryIO, encoding: str, columns: tuple[str, ...]) -> Iterator[list[Cell]]:
    """Each object's values in the columns' order; a line that is no object as `Spoiled`."""
    for value in _objects(file, encoding):
        if isinstance(value, Spoiled):
            yield value
        elif isinstance(value, dict):
            yield [value.get(column) for column in columns]
        else:
            yield Spoiled([value], "not_an_object", "the line is no JSON object")


def _objects(file: BinaryIO, encoding: str) -> Iterator[Any]:
    text = open_text(file, encoding)
    read = partial(text.readline, _LONGEST_LINE)
    try:
        while line := read():
            if len(line) >= _LONGEST_LINE and not line.endswith(("\n", "\r")):
                beginning = line[:_KEPT_OF_LONG] + "…"
                while line and not line.endswith(("\n", "\r")):
                    line = read()
                yield Spoiled([beginning], "too_long", f"the line has more than {_LONGEST_LINE:,} characters")
            elif not line.isspace():
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError:
                    yield Spoiled([line.strip()], "not_json", "the line is not JSON")
    finally:
        with suppress(ValueError):  # closed already by whom it belongs to
            text.detach()
