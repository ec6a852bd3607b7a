"""Random systems against their exact capacity outage table."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.operations import Unit, assess


def exact_indices(
    capacities: list[int], fractions: list[float], load_mw: NDArray[np.float64]
) -> tuple[float, float]:
    """Return LOLH and EUE by convolution of the units on a grid of 1 MW."""
    chance = np.zeros(sum(capacities) + 1)
    chance[0] = 1.0
    for mw, fraction in zip(capacities, fractions, strict=True):
        shifted = np.zeros_like(chance)
        shifted[mw:] = chance[: chance.size - mw]
        chance = fraction * chance + (1 - fraction) * shifted
    capacity = np.arange(chance.size)
    short = np.maximum(load_mw[:, None] - capacity[None, :], 0.0)
    return float(((short > 0) @ chance).sum()), float((short @ chance).sum())


@pytest.mark.parametrize("case", range(10))
def test_monte_carlo_agrees_with_the_convolution(case: int) -> None:
    random = np.random.default_rng(case)
    count = int(random.integers(3, 12))
    capacities = [int(mw) for mw in random.integers(5, 120, count)]
    fractions = [float(f) for f in random.uniform(0.02, 0.2, count)]
    repair = random.uniform(5, 80, count)
    load = random.uniform(0.5, 0.85) * sum(capacities) * random.uniform(0.6, 1.0, 1000)
    lolh, eue = exact_indices(capacities, fractions, load)
    units = [
        Unit(f"u{i}", float(mw), forced_outage_fraction=f, mttr_hours=float(hours))
        for i, (mw, f, hours) in enumerate(zip(capacities, fractions, repair, strict=True))
    ]
    found = assess(units, load, samples=6000, seed=case, dispatch=False)
    assert abs(found.lolh_hours.mean - lolh) <= 3.5 * found.lolh_hours.standard_error
    assert abs(found.eue_mwh.mean - eue) <= 3.5 * found.eue_mwh.standard_error


def test_dispatch_and_the_capacity_loop_find_the_same_losses() -> None:
    random = np.random.default_rng(5)
    load = random.uniform(150, 300, 2000)
    units = [
        Unit(f"u{i}", 40.0, forced_outage_fraction=0.1, mttr_hours=30.0, variable_usd_per_mwh=i)
        for i in range(8)
    ]
    short = assess(units, load, samples=300, seed=2, dispatch=False)
    long = assess(units, load, samples=300, seed=2)
    assert long.lolh_hours.mean == short.lolh_hours.mean
    assert long.eue_mwh.mean == pytest.approx(short.eue_mwh.mean, rel=1e-12)
    assert long.lole_days == short.lole_days
    assert long.events_per_year == short.events_per_year
