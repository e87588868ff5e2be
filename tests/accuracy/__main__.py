"""`python -m tests.accuracy`: the three numbers of both sets; `-v` names the prompts of the tuned set.

Where GROQ_API_KEY is set, the language model is scored on the same sets as well.
"""

import argparse
import sys
import time

from crm.model_key import by_key
from crm.prompts import understand
from crm.settings import Settings
from tests.accuracy import shop
from tests.accuracy.score import HELD, TUNED, Score, cases, score, typos

SETS = (("tuned on", TUNED), ("set aside", HELD))


def main(arguments: list[str]) -> None:
    chosen = _arguments(arguments)
    for name, path in SETS:
        given = cases(path)[: chosen.first]
        plain, misspelt = score(given), score(typos(given))
        print(_line(name, plain))
        print(_line(f"{name}, one letter wrong", misspelt))
        if chosen.v and path is TUNED:
            _name(plain, misspelt)
    long = "customers from Pune who spent over 1000 or ordered in the last 60 days but not vip. "
    for text in (long * 119, "vip and " * 1_250, "(" * 10_000, "blorf " * 1_666, "a." * 5_000, "a@" * 5_000):
        begun = time.perf_counter()
        understand(text[:10_000], now=shop.NOW, zone=shop.ZONE, values=shop.VALUES)
        print(f"10,000 characters of “{text[:20].strip()}…”: {(time.perf_counter() - begun) * 1000:.0f} ms")
    _by_model(chosen)


def _by_model(chosen: argparse.Namespace) -> None:
    model = by_key(Settings())
    if model is None:
        print("No GROQ_API_KEY is set: no language model is scored.")
        return
    for name, path in SETS:
        found = score(cases(path)[: chosen.first], model, chosen.pause)
        print(_line(f"{name}, by {model.name}", found))
        if chosen.v and path is TUNED:
            _name(found)


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy")
    parser.add_argument("-v", action="store_true", help="name the tuned set's prompts that are not right")
    parser.add_argument("--first", type=int, metavar="N", help="only the first N prompts of each set")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two requests to the model")
    return parser.parse_args(given)


def _name(*scores: Score) -> None:
    for found in scores:
        for label in ("wrong", "said", "not_refused", "asked", "stood_in"):
            for prompt in getattr(found, label):
                print(f"    {label}: {prompt}")


def _line(name: str, found: Score) -> str:
    orders = len(found.refused) + len(found.not_refused)
    rest = found.prompts - orders - len(found.stood_in)

    def share(prompts: list[str]) -> str:
        return f"{len(prompts)} ({len(prompts) / max(1, rest):.1%})"

    return (
        f"{name}: {rest} prompts · exactly right {share(found.exact)} · asked back {share(found.asked)} · "
        f"silently wrong {share(found.wrong)} · wrong, but said {share(found.said)} · "
        f"refused {len(found.refused)} of {orders} · p95 {found.slow * 1000:.1f} ms"
        + (f" · not answered {len(found.stood_in)}" if found.stood_in else "")
    )


if __name__ == "__main__":
    main(sys.argv[1:])
