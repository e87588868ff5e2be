"""The folder that parts are kept in, and the manifest that says which of them count.

    <folder>/manifest.json      which parts, which of their rows still live, as of when, and where the feed
                                of changes goes on
    <folder>/part-<n>/          see `parts`
    <folder>/live-<n>.npy       who of a part's customers still counts; absent when all do
    <folder>/asked              when somebody last asked for a state: its time

A new state is complete on disk before the manifest that names it replaces the old one, so a reader sees
one state or the other. Files that no manifest names are removed; whoever still has them open keeps them.
No number is ever given twice, not even after the folder was emptied: a reader knows its open parts by it.
"""

import secrets
import shutil
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import orjson
import polars as pl

from crm.columnar import encode, parts
from crm.columnar.columns import Mask
from crm.columnar.parts import Part

FORMAT = 4  # counted up when the files' meaning changes; an older snapshot is then built anew
_MANIFEST = "manifest.json"
_ASIDE = "aside"
ASKED = "asked"
_ASKED_EVERY = 10.0  # seconds
_MOST_SMALL = 6
_AT_ONCE = 100_000  # customers that are merged into one part: what a merge takes grows with them
_TOO_DEAD = 0.3
_FIRST_NUMBERS = 2**40
_CHUNK = 1024 * 1024


class Unreadable(Exception):
    """What the manifest names is not there, or is not what was written: the snapshot must be built anew."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One part of a state: its number, its live mask's number (0: all live) and how many live.

    `sums` are checksums of the part's files and of its mask.
    """

    number: int
    live: int
    rows: int
    living: int
    sums: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`fields` describes the fixed columns, so that a changed catalogue is noticed; `token` resumes the feed.

    Columns of custom attributes come and go with the parts and describe themselves.

    `source` names the data that this is a copy of: a folder may have been used with other data before.
    """

    parts: tuple[Placed, ...]
    as_of: datetime
    token: str | None
    fields: dict[str, str]
    source: str
    next: int = 1

    def dump(self) -> bytes:
        rows = [[part.number, part.live, part.rows, part.living, *part.sums] for part in self.parts]
        return orjson.dumps(
            {
                "format": FORMAT,
                "parts": rows,
                "asOf": self.as_of,
                "token": self.token,
                "fields": self.fields,
                "source": self.source,
                "next": self.next,
            }
        )

    @classmethod
    def load(cls, content: bytes) -> "Manifest":
        """Raises ValueError when it is not one of ours, or of another format."""
        found = orjson.loads(content)
        try:
            if found["format"] != FORMAT:
                raise ValueError("the snapshot is of another format")
            placed = tuple(
                Placed(number, live, rows, living, (of_part, of_mask))
                for number, live, rows, living, of_part, of_mask in found["parts"]
            )
            as_of = datetime.fromisoformat(found["asOf"])
            return cls(placed, as_of, found["token"], found["fields"], found["source"], found["next"])
        except (LookupError, TypeError) as error:
            raise ValueError("this is no manifest") from error


@dataclass(frozen=True, slots=True)
class State:
    """Parts, each with who of it lives (None: all), as of an instant.

    Two states of one source and of the same `version` hold the same.
    """

    parts: tuple[tuple[Part, Mask | None], ...]
    as_of: datetime
    source: str
    version: str = ""

    @property
    def total(self) -> int:
        return sum(len(part) if live is None else int(np.count_nonzero(live)) for part, live in self.parts)


@dataclass(slots=True)
class Shelf:
    """Reads states, and writes them where this process is the one that does. Safe to share by threads."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: bytes | None = None
    _state: State | None = None
    _open: dict[int, Part] = field(default_factory=dict)
    _asked: float = -_ASKED_EVERY

    def ask(self) -> None:
        """Say that somebody wants states, or soon will: to whoever writes them, in any process."""
        now = time.monotonic()
        if now >= self._asked + _ASKED_EVERY:
            self._asked = now
            with suppress(OSError):  # a folder that can't be written is read only
                self.folder.mkdir(parents=True, exist_ok=True)
                (self.folder / ASKED).touch()

    def asked(self, within: timedelta) -> bool:
        """Whether somebody wanted a state lately."""
        try:
            ago = time.time() - (self.folder / ASKED).stat().st_mtime
        except OSError:
            return False
        return ago < within.total_seconds()

    def manifest(self) -> Manifest | None:
        """The manifest, None where there is no snapshot that this version understands."""
        try:
            return Manifest.load((self.folder / _MANIFEST).read_bytes())
        except (OSError, ValueError):
            return None

    def state(self) -> State | None:
        """The newest state, None where there is none that can be read. Cheap when nothing is new."""
        for _ in range(5):  # a part may vanish between the manifest and its opening: look again
            try:
                content = (self.folder / _MANIFEST).read_bytes()
                with self._lock:
                    if content != self._seen:
                        self._state = self._read(Manifest.load(content))
                        self._seen = content
                    return self._state
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError):
                return None
        return None

    def intact(self) -> bool:
        """Whether every file that the manifest names is what was written. Reads all of them."""
        manifest = self.manifest()
        try:
            return manifest is not None and all(self._sums(one) == one.sums for one in manifest.parts)
        except OSError:
            return False

    def _read(self, manifest: Manifest) -> State:
        named = {placed.number for placed in manifest.parts}
        for number in [number for number in self._open if number not in named]:
            del self._open[number]
        opened = []
        for placed in manifest.parts:
            if placed.number not in self._open:
                self._open[placed.number] = parts.read(self._part(placed.number))
            live = np.load(self._live(placed.live), mmap_mode="r") if placed.live else None
            opened.append((self._open[placed.number], live))
        version = " ".join(f"{placed.number}.{placed.live}" for placed in manifest.parts)
        return State(tuple(opened), manifest.as_of, manifest.source, version)

    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number}"

    def _live(self, number: int) -> Path:
        return self.folder / f"live-{number}.npy"

    def _sums(self, placed: Placed) -> tuple[int, int]:
        files = sorted(self._part(placed.number).iterdir())
        return _checksum(files), _checksum([self._live(placed.live)] if placed.live else [])

    # Writing

    def replace(
        self,
        frames: Iterable[parts.Wide],
        *,
        as_of: datetime,
        token: str | None,
        fields: dict[str, str],
        source: str,
    ) -> None:
        """Make these wide frames the whole state, one part each."""
        old = self.manifest()
        first = old.next if old else secrets.randbelow(_FIRST_NUMBERS) + 1
        manifest = Manifest((), as_of, token, fields, source, first)
        for wide in frames:
            manifest = self._with_part(manifest, wide)
            del wide  # before the next one is made
        self._publish(manifest)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """An empty folder beside the parts, for whoever writes them; it is removed in the end."""
        folder = self.folder / _ASIDE
        shutil.rmtree(folder, ignore_errors=True)  # a writer that was killed left it
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def change(self, ids: pl.Series, wide: parts.Wide, *, as_of: datetime, token: str | None) -> None:
        """Put `wide` in the place of the customers with these ids; a deleted one is in `ids` alone.

        Raises Unreadable where the state that is to be changed can't be read.
        """
        manifest, state = self.manifest(), self.state()
        if manifest is None or state is None:
            raise Unreadable(str(self.folder))
        placed: list[Placed] = []
        number = manifest.next
        for one, (part, live) in zip(manifest.parts, state.parts, strict=True):
            rows = part.rows_of(ids)
            alive = rows if live is None else rows[live[rows]]
            if not len(alive):
                placed.append(one)
                continue
            mask = np.ones(len(part), bool) if live is None else np.array(live)
            mask[alive] = False
            np.save(self._live(number), mask)
            sums = one.sums[0], _checksum([self._live(number)])
            placed.append(replace(one, live=number, living=one.living - len(alive), sums=sums))
            number += 1
        manifest = replace(manifest, parts=tuple(placed), as_of=as_of, token=token, next=number)
        self._publish(self._tidied(self._with_part(manifest, wide)))

    def bought(self, ids: pl.Series) -> tuple[list[str], list[tuple[pl.DataFrame, pl.DataFrame]]]:
        """Who of these lives here, and their orders and lines, wide. Raises Unreadable."""
        living: list[str] = []
        found: list[tuple[pl.DataFrame, pl.DataFrame]] = []
        for part, live in self._readable().parts if len(ids) else ():
            keep = np.zeros(len(part), bool)
            keep[part.rows_of(ids)] = True
            if live is not None:
                keep &= live
            if keep.any():
                of = part.ids(np.flatnonzero(keep))
                living += of
                found.append(part.bought(keep, pl.Series("_id", of, dtype=pl.String)))
        return living, found

    def people(self, ids: pl.Series) -> list[pl.DataFrame]:
        """Those of these customers who live here, wide, without their orders. Raises Unreadable."""
        found: list[pl.DataFrame] = []
        for part, live in self._readable().parts if len(ids) else ():
            rows = part.rows_of(ids)
            alive = rows if live is None else rows[live[rows]]
            if len(alive):
                found.append(part.people(alive))
        return found

    def holders(self, orders: Iterable[str]) -> set[str]:
        """The customers that these orders (by id) belong to here; at times somebody else too, rarely."""
        keys = encode.order_keys(orders)
        return {key for part, _ in self._readable().parts if len(keys) for key in part.holders(keys)}

    def _readable(self) -> State:
        state = self.state()
        if state is None:
            raise Unreadable(str(self.folder))
        return state

    def touch(self, *, as_of: datetime, token: str | None) -> None:
        """Say that nothing has changed up to `as_of`."""
        manifest = self.manifest()
        if manifest is not None:
            self._publish(replace(manifest, as_of=as_of, token=token))

    def _with_part(self, manifest: Manifest, wide: parts.Wide) -> Manifest:
        rows = wide[0].height
        if not rows:
            return manifest
        folder = self._part(manifest.next)
        shutil.rmtree(folder, ignore_errors=True)
        parts.write(folder, *wide)
        placed = Placed(manifest.next, 0, rows, rows)
        placed = replace(placed, sums=self._sums(placed))
        return replace(manifest, parts=(*manifest.parts, placed), next=manifest.next + 1)

    def _tidied(self, manifest: Manifest) -> Manifest:
        """Merge the small parts when there are many, and write parts with many dead anew."""
        chosen = _to_merge(manifest.parts)
        opened = [self._opened(placed) for placed in chosen]
        manifest = replace(manifest, parts=tuple(one for one in manifest.parts if one not in chosen))
        for some in _at_once(opened):
            manifest = self._with_part(manifest, parts.together(part.wide(keep) for part, keep in some))
        return manifest

    def _opened(self, placed: Placed) -> tuple[Part, Mask]:
        part = parts.read(self._part(placed.number))
        live = np.load(self._live(placed.live)) if placed.live else np.ones(len(part), bool)
        return part, live

    def _publish(self, manifest: Manifest) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{_MANIFEST}.new"
        fresh.write_bytes(manifest.dump())
        fresh.replace(self.folder / _MANIFEST)
        named = {f"part-{placed.number}" for placed in manifest.parts}
        named |= {f"live-{placed.live}.npy" for placed in manifest.parts}
        for path in self.folder.iterdir():
            if path.name.startswith("part-") and path.name not in named:
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith("live-") and path.name not in named:
                path.unlink(missing_ok=True)


def _checksum(files: Iterable[Path]) -> int:
    found = 0
    for path in files:
        found = zlib.crc32(path.name.encode(), found)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found = zlib.crc32(chunk, found)
    return found


def _to_merge(placed: tuple[Placed, ...]) -> list[Placed]:
    """Of many small parts the smallest, while each is at most twice what is merged with it; and the dead."""
    dead = [one for one in placed if one.living < one.rows * (1 - _TOO_DEAD)]
    small = [one for one in placed if one.rows <= _AT_ONCE // 2]
    if len(small) <= _MOST_SMALL:
        return dead
    chosen: list[Placed] = []
    rows = 0
    for one in sorted(small, key=lambda one: one.rows):
        if len(chosen) >= 2 and one.rows > 2 * rows:
            break
        chosen.append(one)
        rows += one.rows
    return chosen + [one for one in dead if one not in chosen]


def _at_once(opened: Iterable[tuple[Part, Mask]]) -> Iterator[list[tuple[Part, Mask]]]:
    """Everybody who lives in these parts, in groups that are small enough to be written as one part each."""
    group: list[tuple[Part, Mask]] = []
    room = _AT_ONCE
    for part, live in opened:
        rest = np.flatnonzero(live)
        while len(rest):
            keep = np.zeros(len(part), bool)
            keep[rest[:room]] = True
            group.append((part, keep))
            taken = min(room, len(rest))
            rest, room = rest[taken:], room - taken
            if not room:
                yield group
                group, room = [], _AT_ONCE
    if group:
        yield group
