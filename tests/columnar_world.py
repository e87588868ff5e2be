"""A world of the oracle as a state of the columns, in one part or in several with dead rows among them."""

from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np

from crm import segments
from crm.columnar import encode, parts
from crm.columnar.evaluate import Evaluation, Masks, evaluate
from crm.columnar.shelf import State
from tests.oracle import World
from tests.rule_cases import NOW
from tests.rule_world import Document, customers, orders, sets


def state(folder: Path, world: World, pieces: int = 1) -> State:
    """The world's customers, spread over so many parts; beyond one, each part has somebody dead in it."""
    people, bought = customers(world), orders(world)
    found = []
    for number in range(pieces):
        some = people[number::pieces]
        dead = [people[(number + 1) % len(people)]] if pieces > 1 else []
        found.append(_part(folder / f"part-{number}", world, some, dead, bought))
    return State(tuple(found), NOW, "a test")


def _part(
    folder: Path, world: World, living: list[Document], dead: list[Document], bought: list[Document]
) -> tuple[parts.Part, np.ndarray | None]:
    everybody = living + [one for one in dead if one not in living]
    mine = {one["_id"] for one in everybody}
    wide = encode.customers(everybody, world.fields.values())
    parts.write(folder, wide, *encode.orders([one for one in bought if one.get("customerId") in mine]))
    part = parts.read(folder)
    alive = {one["_id"] for one in living}
    live = np.array([key in alive for key in part.ids()], bool)
    return part, None if live.all() else live


def ids(state: State, masks: Masks) -> set[str]:
    """Whom the masks select among the living."""
    found: set[str] = set()
    for (part, live), mask in zip(state.parts, masks, strict=True):
        found.update(part.ids(np.flatnonzero(mask if live is None else mask & live)))
    return found


def evaluated(state: State, world: World, rule: segments.Rule, now: datetime, zone: tzinfo) -> Evaluation:
    return evaluate(state, rule, now=now, zone=zone, sets=sets(world, rule, now, zone))
