"""Compiled loops over rows: duals of rows taken out, and bounds that rows imply."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.bool_]


@nb.njit(cache=True, nogil=True)
def complete_duals(
    start: Ints,
    column: Ints,
    value: Floats,
    taken: Ints,
    kind: Ints,
    of_column: Ints,
    low_here: Flags,
    high_here: Flags,
    holder: Ints,
    reduced: Floats,
    duals: Floats,
) -> None:
    """Give rows taken out their duals, last first; `reduced` costs follow."""
    for t in range(taken.shape[0] - 1, -1, -1):
        r = taken[t]
        y = 0.0
        if kind[t] == 0:
            c = of_column[t]
            if (reduced[c] > 0.0 and low_here[t]) or (reduced[c] < 0.0 and high_here[t]):
                for e in range(start[r], start[r + 1]):
                    if column[e] == c:
                        y = reduced[c] / value[e]
        else:
            for e in range(start[r], start[r + 1]):
                if holder[column[e]] == r:
                    need = reduced[column[e]] / value[e]
                    y = min(y, need) if kind[t] > 0 else max(y, need)
        if y != 0.0:
            duals[r] = y
            for e in range(start[r], start[r + 1]):
                reduced[column[e]] -= value[e] * y


@nb.njit(cache=True, nogil=True)
def tighten(
    start: Ints,
    column: Ints,
    value: Floats,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
) -> None:
    """Tighten column bounds, in place, by each row once the row's others leave most room."""
    for r in range(row_lower.shape[0]):
        least, most = 0.0, 0.0
        least_open, most_open = 0, 0
        for e in range(start[r], start[r + 1]):
            a, c = value[e], column[e]
            low, high = (lower[c], upper[c]) if a > 0 else (upper[c], lower[c])
            if np.isfinite(low):
                least += a * low
            else:
                least_open += 1
            if np.isfinite(high):
                most += a * high
            else:
                most_open += 1
        if least_open > 1 and most_open > 1:
            continue
        for e in range(start[r], start[r + 1]):
            a, c = value[e], column[e]
            if a == 0.0:
                continue
            low, high = (lower[c], upper[c]) if a > 0 else (upper[c], lower[c])
            # bounds of a * x[c]
            top, bottom = np.inf, -np.inf
            if row_upper[r] < np.inf and least_open == (0 if np.isfinite(low) else 1):
                top = row_upper[r] - (least - (a * low if np.isfinite(low) else 0.0))
            if row_lower[r] > -np.inf and most_open == (0 if np.isfinite(high) else 1):
                bottom = row_lower[r] - (most - (a * high if np.isfinite(high) else 0.0))
            new_low, new_high = (bottom / a, top / a) if a > 0 else (top / a, bottom / a)
            # only what was open: a bound that is known is exact
            if not np.isfinite(upper[c]) and np.isfinite(new_high) and new_high >= lower[c]:
                upper[c] = new_high
                if a > 0:
                    most_open -= 1
                    most += a * new_high
                else:
                    least_open -= 1
                    least += a * new_high
            if not np.isfinite(lower[c]) and np.isfinite(new_low) and new_low <= upper[c]:
                lower[c] = new_low
                if a > 0:
                    least_open -= 1
                    least += a * new_low
                else:
                    most_open -= 1
                    most += a * new_low
