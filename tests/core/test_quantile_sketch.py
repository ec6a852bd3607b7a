"""Quantiles that are counted as draws come, against exact ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.core.quantile_sketch import QuantileSketch

SHARES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]


def rows(draws: int, seed: int) -> NDArray[np.float64]:
    """Return rows of several shapes: smooth, heavy-tailed, steps, constant, and with never."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=draws)
    steps = 250.0 * rng.integers(0, 6, draws)
    mixed = np.where(rng.random(draws) < 0.3, 500.0, 400 + 40 * normal)
    never = np.where(rng.random(draws) < 0.4, np.inf, np.exp(normal))
    often_nothing = np.where(rng.random(draws) < 0.4, 0.0, 1e9 * np.exp(normal))
    pareto = rng.pareto(1.1, draws) + 1
    constant, always = np.full(draws, 7.0), np.full(draws, np.inf)
    tail = np.exp(2 * normal)
    return np.array(
        [normal, tail, steps, mixed, never, constant, always, -tail, often_nothing, pareto]
    )


def sketched(pilot: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    sketch = QuantileSketch(pilot)
    for part in np.array_split(values, 7, axis=1):
        sketch.count(np.ascontiguousarray(part))
    return sketch.quantiles(SHARES)


def test_quantiles_are_within_a_tenth_of_a_percentile_of_exact_ones() -> None:
    values = rows(60_000, 1).astype(np.float32)
    found = sketched(rows(4096, 2), values.astype(np.float64)).astype(np.float32)
    for r, row in enumerate(values):
        for share, value in zip(SHARES, found[:, r], strict=True):
            below, at_most = (row < value).mean(), (row <= value).mean()
            assert below - 0.001 <= share <= at_most + 0.001


def test_values_met_often_and_never_come_back_exactly() -> None:
    found = sketched(rows(4096, 2), rows(20_000, 3))
    assert set(found[:, 2]) <= {0.0, 250.0, 500.0, 750.0, 1000.0, 1250.0}
    assert found[-1, 4] == np.inf
    assert np.all(found[:, 5] == 7.0)
    assert np.all(found[:, 6] == np.inf)
    assert found[1, 8] == 0.0
    assert found[-2, 3] == 500.0


def test_nothing_depends_on_the_order_of_the_draws_or_on_how_they_are_parted() -> None:
    values = rows(5000, 4)
    one, two = QuantileSketch(rows(512, 2)), QuantileSketch(rows(512, 2))
    one.count(values)
    turned = np.ascontiguousarray(values[:, ::-1])
    two.count(turned[:3])
    two.count(np.ascontiguousarray(turned[3:, :700]), first_row=3)
    two.count(np.ascontiguousarray(turned[3:, 700:]), first_row=3)
    assert np.array_equal(one.counts, two.counts)
    assert np.array_equal(one.quantiles(SHARES), two.quantiles(SHARES))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9, width=32), min_size=1, max_size=40),
    st.lists(st.floats(-1e9, 1e9, width=32) | st.just(np.inf), min_size=1, max_size=40),
)
def test_every_draw_is_counted_once_and_quantiles_rise_within_what_was_met(
    pilot: list[float], seen: list[float]
) -> None:
    sketch = QuantileSketch(np.array([pilot]), cells=16)
    sketch.count(np.array([seen]))
    found = sketch.quantiles(SHARES)[:, 0]
    assert sketch.counts.sum() == len(seen)
    assert np.all(found[1:] >= found[:-1])
    assert min(seen) <= found[0]
    assert found[-1] <= max(seen)


def test_a_pilot_needs_draws_that_are_numbers_and_quantiles_need_draws() -> None:
    with pytest.raises(InputError, match="at least one"):
        QuantileSketch(np.zeros((1, 0)))
    with pytest.raises(InputError, match="not numbers"):
        QuantileSketch(np.array([[1.0, np.nan]]))
    with pytest.raises(InputError, match="no draw was counted"):
        QuantileSketch(np.ones((1, 3))).quantiles([0.5])
