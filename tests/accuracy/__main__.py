"""`python -m tests.accuracy`: the three numbers of both sets; `-v` names the prompts of the tuned set."""

import sys
import time

from crm.prompts import understand
from tests.accuracy import shop
from tests.accuracy.score import HELD, TUNED, Score, cases, score, typos


def main(arguments: list[str]) -> None:
    for name, path in (("tuned on", TUNED), ("set aside", HELD)):
        given = cases(path)
        plain, misspelt = score(given), score(typos(given))
        print(_line(name, plain))
        print(_line(f"{name}, one letter wrong", misspelt))
        if "-v" in arguments and path is TUNED:
            for found in (plain, misspelt):
                for label in ("wrong", "said", "not_refused", "asked"):
                    for prompt in getattr(found, label):
                        print(f"    {label}: {prompt}")
    long = "customers from Pune who spent over 1000 or ordered in the last 60 days but not vip. "
    for text in (long * 119, "vip and " * 1_250, "(" * 10_000, "blorf " * 1_666, "a." * 5_000):
        begun = time.perf_counter()
        understand(text[:10_000], now=shop.NOW, zone=shop.ZONE, values=shop.VALUES)
        print(f"10,000 characters of “{text[:20].strip()}…”: {(time.perf_counter() - begun) * 1000:.0f} ms")


def _line(name: str, found: Score) -> str:
    orders = len(found.refused) + len(found.not_refused)
    rest = found.prompts - orders

    def share(prompts: list[str]) -> str:
        return f"{len(prompts)} ({len(prompts) / rest:.1%})"

    return (
        f"{name}: {rest} prompts · exactly right {share(found.exact)} · asked back {share(found.asked)} · "
        f"silently wrong {share(found.wrong)} · wrong, but said {share(found.said)} · "
        f"refused {len(found.refused)} of {orders} · p95 {found.slow * 1000:.1f} ms"
    )


main(sys.argv[1:])
