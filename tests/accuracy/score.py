"""A set of prompts scored by who is selected, with a plain-Python reading of trees as the referee."""

import random
import string
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import quantiles

import orjson

from crm.prompts import Answer, understand
from crm.vendors.language_model import Model
from tests.accuracy import shop
from tests.accuracy.trees import Node, tree
from tests.oracle import World, selected

CASES = Path(__file__).parents[1] / "cases"
TUNED, HELD = CASES / "accuracy_tuned.txt", CASES / "accuracy_held.txt"


@dataclass(frozen=True)
class Case:
    """A prompt and what it means: a tree, or `ask` or `refuse`."""

    prompt: str
    meant: str


@dataclass
class Score:
    """Prompts by what became of them. `wrong`: others were selected and nothing said; `said`: others were
    selected and an assumption that can be seen stated; `stood_in`: the grammar answered where a model should
    have, which says nothing of the model."""

    exact: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    not_refused: list[str] = field(default_factory=list)
    stood_in: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def prompts(self) -> int:
        return len(self.seconds)

    @property
    def slow(self) -> float:
        """Seconds that 95 % of the prompts stay under."""
        return quantiles(self.seconds, n=20)[-1]


def cases(path: Path) -> list[Case]:
    """The cases of a file: `prompt => meaning` a line, `#` before a remark."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split(" => ") for line in lines if line and not line.startswith("#"))
    return [Case(prompt.strip(), meant.strip()) for prompt, meant in pairs]


def typos(given: Iterable[Case], seed: int = 1) -> list[Case]:
    """Each prompt with one letter of one word dropped, doubled, changed, or exchanged with its neighbour."""
    rng = random.Random(seed)
    return [Case(_typo(case.prompt, rng), case.meant) for case in given if case.meant != "refuse"]


def score(given: Iterable[Case], model: Model | None = None, pause: float = 0.0) -> Score:
    """How the grammar does, or the model, which is asked no sooner than `pause` seconds after it answered."""
    found = Score()
    for case in given:
        begun = time.perf_counter()
        answer = understand(case.prompt, now=shop.NOW, zone=shop.ZONE, values=shop.VALUES, model=model)
        found.seconds.append(time.perf_counter() - begun)
        if answer.notice:
            found.stood_in.append(case.prompt)
        else:
            _place(found, case, answer)
        if pause:
            time.sleep(pause)
    return found


def _place(found: Score, case: Case, answer: Answer) -> None:
    if case.meant == "refuse":
        (found.refused if answer.kind == "refused" else found.not_refused).append(case.prompt)
    elif answer.kind != "segment":
        # A question is the right answer to what can't be known, and counted as exactly that.
        right = case.meant == "ask" and answer.kind == "clarify"
        (found.exact if right else found.asked).append(case.prompt)
    elif case.meant != "ask" and who(answer.rules) == who(tree(case.meant)):
        found.exact.append(case.prompt)
    else:
        (found.said if answer.assumptions else found.wrong).append(case.prompt)


def who(node: Node | None) -> frozenset[str]:
    """The people that a tree selects."""
    return _who(orjson.dumps(node))


@cache
def _who(node: bytes) -> frozenset[str]:
    return frozenset(selected(orjson.loads(node), _shop(), shop.NOW, shop.ZONE))


@cache
def _shop() -> World:
    return shop.shop()


def _typo(prompt: str, rng: random.Random) -> str:
    places = [at for at in range(len(prompt) - 1) if prompt[at].isalpha() and prompt[at + 1].isalpha()]
    if not places:
        return prompt
    at = rng.choice(places)
    before, letter, after = prompt[:at], prompt[at], prompt[at + 1 :]
    match rng.randrange(4):
        case 0:
            return before + after
        case 1:
            return before + letter * 2 + after
        case 2:
            return before + rng.choice(string.ascii_lowercase) + after
        case _:
            return before + after[0] + letter + after[1:]
