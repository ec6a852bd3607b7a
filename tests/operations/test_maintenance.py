"""Planned outages go where there is most to spare."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.operations import Unit, assess
from gigaplan.operations.maintenance import schedule_maintenance

SEASON = 300 + 80 * np.cos(np.arange(8760) / 8760 * 2 * np.pi)
UNITS = [
    Unit(f"u{i}", mw, forced_outage_fraction=0.06, mttr_hours=50.0)
    for i, mw in enumerate((120.0, 100.0, 80.0, 80.0, 60.0, 60.0))
]
NEEDED = {"u0": 672, "u1": 504, "u2": 504, "u4": 336}


def windows(units: list[Unit]) -> list[tuple[float, int, int]]:
    return [(float(u.capacity_mw), *w) for u in units for w in u.planned_hours]


def test_outages_lie_in_the_low_season_and_apart() -> None:
    found = windows(schedule_maintenance(UNITS, SEASON, NEEDED))
    assert sorted(end - first for _, first, end in found) == sorted(NEEDED.values())
    for _, first, end in found:
        assert SEASON[first:end].max() < 300
    for (_, a, b), (_, c, d) in itertools.combinations(found, 2):
        assert b <= c or d <= a


def worst_hour(load: np.ndarray, chosen: list[tuple[float, int, int]]) -> float:
    total = load.copy()
    for mw, first, end in chosen:
        total[first:end] += mw
    return float(total.max())


@pytest.mark.parametrize("number", range(5))
def test_no_two_starts_leave_more_reserve(number: int) -> None:
    """Two units, 40 hours, every pair of starts tried."""
    random = np.random.default_rng(number)
    load = random.uniform(50, 100, 40)
    units = [Unit("large", 40.0), Unit("small", 10.0)]
    found = windows(schedule_maintenance(units, load, {"large": 8, "small": 6}, step_hours=1))
    best = min(
        worst_hour(load, [(40.0, a, a + 8), (10.0, b, b + 6)]) for a in range(33) for b in range(35)
    )
    assert worst_hour(load, found) == pytest.approx(best)


def test_less_is_lost_than_with_outages_at_the_peak_or_anywhere() -> None:
    def lost(units: list[Unit]) -> float:
        return assess(units, SEASON, samples=300, dispatch=False).eue_mwh.mean

    def starting(at: int) -> list[Unit]:
        return [
            replace(u, planned_hours=((at, at + NEEDED[u.name]),)) if u.name in NEEDED else u
            for u in UNITS
        ]

    planned = lost(schedule_maintenance(UNITS, SEASON, NEEDED))
    assert planned < 0.7 * lost(starting(0))
    assert planned < lost(starting(4200))  # all of them together in the low season


def test_outages_that_are_planned_already_stay_and_count() -> None:
    fixed = replace(UNITS[3], planned_hours=((4000, 4700),))
    found = schedule_maintenance([fixed, UNITS[0]], SEASON, {"u0": 672})
    assert found[0].planned_hours == ((4000, 4700),)
    ((first, end),) = found[1].planned_hours
    assert end <= 4000 or first >= 4700


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="no unit is named 'u9'"):
        schedule_maintenance(UNITS, SEASON, {"u9": 10})
    with pytest.raises(InputError, match="1 to 8760 are possible"):
        schedule_maintenance(UNITS, SEASON, {"u1": 9000})
