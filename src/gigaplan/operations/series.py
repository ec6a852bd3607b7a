"""Hourly series as the loops read them, refused where an hour has no number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from gigaplan.core.errors import InputError, require
from gigaplan.operations.model import Floats


def hourly(value: Any, hours: int, name: str) -> Floats:
    """Return a series as [weather, hour], contiguous.

    Raises
    ------
    InputError
        If its length is not `hours`, or an hour has no number (its position is named).
    """
    array = np.asarray(value, dtype=np.float64)
    shape = list(array.shape)
    if array.ndim == 0:
        array = np.broadcast_to(array, (hours,))
    if array.ndim == 1:
        array = array[:, None]
    require(
        array.ndim == 2 and array.shape[0] == hours,
        f"found shape {shape}; [{hours}] or [{hours}, weather] is needed: "
        f"one number per hour of the load.{_leap(shape, hours)}",
        field=name,
    )
    bad = ~np.isfinite(array)
    if bad.any():
        hour, weather = np.argwhere(bad)[0]
        where = f" of weather year {weather}" if array.shape[1] > 1 else ""
        raise InputError(
            f"hour {hour}{where} (counted from 0) holds {array[hour, weather]}; "
            f"{int(bad.sum())} such hours. Fill every hour: an hour without a number is never "
            "counted as served.",
            field=name,
        )
    return np.ascontiguousarray(array.T)


def _leap(shape: Sequence[int], hours: int) -> str:
    """Return a hint where one series has a leap day and the other has none."""
    if {*shape[:1], hours} != {8760, 8784}:
        return ""
    return " 8,784 hours are a leap year: leave out its 29 February."


class Profiles:
    """Hourly profiles, each held once."""

    def __init__(self, hours: int) -> None:
        self.hours = hours
        self.rows: list[Floats] = []
        self._row_of: dict[bytes, int] = {}
        self._seen: dict[int, tuple[object, int]] = {}

    def row(self, value: Floats, name: str, *, low: float = 0.0) -> int:
        """Return the row of a profile, -1 if it is one in every hour."""
        if id(value) in self._seen:
            return self._seen[id(value)][1]
        array = hourly(value, self.hours, name)
        if array.min() < low:
            weather, hour = np.unravel_index(int(array.argmin()), array.shape)
            raise InputError(
                f"hour {hour} holds {array[weather, hour]:g}; at least {low:g} is needed.",
                field=name,
            )
        digest = hashlib.blake2b(array.tobytes(), digest_size=16).digest() + bytes(
            str(array.shape), "ascii"
        )
        row = self._row_of.setdefault(digest, len(self.rows))
        if row == len(self.rows):
            self.rows.append(array)
        self._seen[id(value)] = (value, row)
        return row


def stack(rows: Sequence[Floats], weathers: int, hours: int) -> Floats:
    """Return series of one or all weather years as [row, weather, hour]."""
    out = np.empty((len(rows), weathers, hours))
    for i, row in enumerate(rows):
        out[i] = row
    return out


def weathers_of(arrays: Sequence[Floats]) -> int:
    """Return the number of weather years of series [weather, hour]; one serves all."""
    counts = {array.shape[0] for array in arrays} - {1}
    require(
        len(counts) <= 1,
        f"found series of {' and '.join(map(str, sorted(counts)))} weather years; "
        "all series must hold the same years.",
    )
    return counts.pop() if counts else 1
