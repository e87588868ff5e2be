"""How sure a share is that was counted on a few. Pure."""

import math

_Z = 1.959964  # 95 %


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson 1927): the true one lies in it 19 times in 20.

    From 0 to 1, and the whole of it where nothing was counted.
    """
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = share + square / (2 * of)
    reach = _Z * math.sqrt((share * (1 - share) + square / (4 * of)) / of)
    scale = 1 + square / of
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
