"""What stands in one cell of a file, and rows that can't be told into cells."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

Cell = Any
"""Text as it is written, or the typed value that the file's format has: a number, a bool, a datetime (naive
where the file names no zone), None, or from JSON and Parquet a list or an object."""


class Spoiled(list[Cell]):
    """A row that can't be understood with certainty: what stands there as far as it is known, and why not."""

    __slots__ = ("code", "reason")

    def __init__(self, cells: Iterable[Cell], code: str, reason: str) -> None:
        super().__init__(cells)
        self.code = code
        self.reason = reason


def shown(cell: Cell, longest: int | None = None) -> str:
    """A cell as text that can be stored and shown, cut at `longest` characters.

    Bytes that are no text in the file's encoding come as �.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell
    elif isinstance(cell, datetime):
        text = cell.isoformat(" ").removesuffix(" 00:00:00")
    elif isinstance(cell, list | dict):
        text = orjson.dumps(cell, default=str).decode()
    else:
        text = str(cell)
    if longest and len(text) > longest:
        text = text[: longest - 1] + "…"
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands there."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
