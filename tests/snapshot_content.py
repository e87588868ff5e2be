"""What a snapshot says, row by row, to be compared with what one that is read anew says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from crm.columnar import parts
from crm.columnar.shelf import Shelf, State
from crm.snapshot import Keeper
from crm.stores.connection import Stores

Content = dict[str, tuple[dict[str, Any], list[Any]]]


def content(shelf: Shelf) -> Content:
    """By customer: the value of every column, and the orders with their lines. Nobody is there twice."""
    state = shelf.state()
    return {} if state is None else content_of(state)


def content_of(state: State) -> Content:
    if not state.parts:
        return {}
    people, orders, lines = parts.together(
        part.wide(np.ones(len(part), bool) if live is None else np.array(live)) for part, live in state.parts
    )
    found: Content = {row["_id"]: (_plain(row), []) for row in people.to_dicts()}
    assert len(found) == people.height
    pieces: dict[int, list[Any]] = {}
    for line in lines.to_dicts():
        pieces.setdefault(line.pop("order"), []).append(_plain(line))
    for number, order in enumerate(orders.to_dicts()):
        found[order["customerId"]][1].append((_plain(order), pieces.get(number, [])))
    for _, bought in found.values():
        bought.sort(key=repr)
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN is not equal to itself."""
    return {name: None if value != value else value for name, value in row.items()}


def truth(stores: Stores, folder: Path) -> Content:
    """The content of a snapshot that is made of what MongoDB holds now."""
    keeper = Keeper(stores, Shelf(folder))
    keeper.rebuild()
    return content(keeper.shelf)


@contextmanager
def kept(stores: Stores, shelf: Shelf, **how: Any) -> Iterator[Keeper]:
    """A keeper at work in a thread."""
    stop = threading.Event()
    keeper = Keeper(stores, shelf, **how)
    keeper.catch_up()
    thread = threading.Thread(target=keeper.follow, args=(stop,))
    thread.start()
    try:
        yield keeper
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
