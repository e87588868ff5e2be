"""Addresses out of pasted text or a file: e-mails wherever they stand, else one external id a line. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from crm.fields import fold

MOST = 1_000_000
LONGEST = 200  # characters of an address or an id
_SHOWN = 60
_MOST_IGNORED = 100  # ignored lines that are listed; the rest are only counted
_SEPARATORS = re.compile(r"[\s,;|<>()\[\]\"']+")
_CELLS = re.compile(r"[,;\t|]")
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffd]")
_HEADERS = frozenset({"email", "e-mail", "emailaddress", "externalid", "id", "customerid", "customer", "key"})


class TooMany(Exception):
    """There are more than MOST different addresses."""


@dataclass(slots=True)
class Addresses:
    """Folded addresses, each once, in the order found; what was left out, and why.

    `ignored` has the first hundred unreadable lines as `{line, text, reason}`, `unreadable` counts all of
    them, `duplicates` the addresses that had come before.
    """

    found: dict[str, None] = field(default_factory=dict)
    duplicates: int = 0
    unreadable: int = 0
    ignored: list[dict[str, object]] = field(default_factory=list)

    def take(self, address: str) -> None:
        """Keep an address; one that is there already counts as a duplicate. Raises TooMany beyond MOST."""
        if address in self.found:
            self.duplicates += 1
            return
        if len(self.found) >= MOST:
            raise TooMany
        self.found[address] = None

    def leave(self, number: int, line: str, reason: str) -> None:
        """Count a line that has no address; the first few are kept, shortened, with their reason."""
        self.unreadable += 1
        if len(self.ignored) < _MOST_IGNORED:
            text = line.strip()
            shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
            self.ignored.append({"line": number, "text": _UNWRITABLE.sub("�", shown), "reason": reason})


def read(content: str | bytes) -> Addresses:
    """The addresses in a text, or in the bytes of a CSV or text file. Raises TooMany."""
    addresses = Addresses()
    text = content if isinstance(content, str) else _decoded(content)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(" \t,;|\"'\ufeff"):
            continue
        emails = list(_emails(line))
        for email in emails:
            addresses.take(email)
        if not emails and not (number == 1 and _is_header(line)):
            _take_id(addresses, number, line)
    return addresses


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _emails(line: str) -> Iterator[str]:
    if "@" not in line:
        return
    for piece in _SEPARATORS.split(line):
        email = piece.removeprefix("mailto:").rstrip(".:")
        name, _, domain = email.partition("@")
        inner, _, last = domain.rpartition(".")
        whole = name and inner and last and "@" not in domain
        if whole and len(email) <= LONGEST and not _UNWRITABLE.search(email):
            yield fold(email)


def _is_header(line: str) -> bool:
    cells = [
        "".join(cell.split()).strip("\"'\ufeff_").lower().replace("_", "") for cell in _CELLS.split(line)
    ]
    return any(cell in _HEADERS for cell in cells)


def _take_id(addresses: Addresses, number: int, line: str) -> None:
    cells = [cell for cell in (fold(cell.strip().strip("\"'\ufeff")) for cell in _CELLS.split(line)) if cell]
    if "@" in line:
        addresses.leave(number, line, "is no e-mail address")
    elif len(cells) != 1:
        addresses.leave(number, line, "has no e-mail address; external ids stand one a line")
    elif len(cells[0]) > LONGEST:
        addresses.leave(number, line, f"is longer than {LONGEST} characters")
    elif _UNWRITABLE.search(cells[0]):
        addresses.leave(number, line, "has a character that can't be kept")
    else:
        addresses.take(cells[0])
