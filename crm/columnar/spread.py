"""How the customers are spread over a number."""

import numpy as np

from crm.columnar.shelf import State


def quantiles(state: State, column: str, many: int) -> list[float]:
    """The lowest and the highest that anybody living has, and evenly many values between them, ascending.

    Empty where nobody has one.
    """
    each = []
    for part, live in state.parts:
        values = part.column(column).cast(float).fill_null(float("nan")).to_numpy()
        each.append(values if live is None else values[live])
    known = np.concatenate(each) if each else np.empty(0)
    known = known[~np.isnan(known)]
    if not len(known):
        return []
    return np.quantile(known, np.linspace(0, 1, many), method="nearest").tolist()
