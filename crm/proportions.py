"""How sure shares are that were counted on a few, how far apart two are, and what could be seen. Pure."""

import math
from statistics import NormalDist

LEVEL = 0.05
"""Intervals miss the truth this often, where no other level is asked for: 1 time in 20."""

_HALVINGS = 60  # of a range of 1: far below what a float tells apart


def reach(level: float) -> float:
    """How many standard deviations an interval has on either side that misses the truth this often: 1.96 for
    0.05."""
    return NormalDist().inv_cdf(1 - level / 2)


def interval(hits: int, of: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share (E. B. Wilson 1927): at 0.05 the true one lies in it 19 times in 20.

    From 0 to 1, and the whole of it where nothing was counted.
    """
    if of == 0:
        return 0.0, 1.0
    z = reach(level)
    share, square = hits / of, z * z
    middle = share + square / (2 * of)
    far = z * math.sqrt((share * (1 - share) + square / (4 * of)) / of)
    scale = 1 + square / of
    return max(0.0, (middle - far) / scale), min(1.0, (middle + far) / scale)


def difference(
    hits: int, of: int, other_hits: int, other_of: int, *, level: float = LEVEL
) -> tuple[float, float]:
    """Interval of one share less another one, of two groups of different people.

    Newcombe's hybrid of two Wilson intervals: R. G. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998), method 10. The whole of −1 to 1 where a group
    is empty.
    """
    if not of or not other_of:
        return -1.0, 1.0
    one, other = hits / of, other_hits / other_of
    low, high = interval(hits, of, level=level)
    other_low, other_high = interval(other_hits, other_of, level=level)
    between = one - other
    return (
        max(-1.0, between - math.hypot(one - low, other_high - other)),
        min(1.0, between + math.hypot(high - one, other - other_low)),
    )


def smallest_difference(
    base: float, of: float, other_of: float, *, power: float = 0.8, level: float = LEVEL
) -> float | None:
    """How far above `base`, the share in the second group, the first group's must be to be told apart.

    It would be found with this power (8 times in 10) by a two-sided test at this level: the normal formula of
    J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions" (2003), section 4.2,
    for groups of two sizes, solved for the difference. None where even a share of 1 would not be.
    """
    if of <= 0 or other_of <= 0 or not 0 <= base < 1:
        return None
    sure, strong = reach(level), NormalDist().inv_cdf(power)

    def seen(above: float) -> bool:
        share = base + above
        pooled = (of * share + other_of * base) / (of + other_of)
        by_chance = math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / other_of))
        spread = math.sqrt(share * (1 - share) / of + base * (1 - base) / other_of)
        return above >= sure * by_chance + strong * spread

    low, high = 0.0, 1 - base
    if not seen(high):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if seen(middle) else (middle, high)
    return high
