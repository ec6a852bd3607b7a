"""Calls by the grid: as many, as long and as far apart as agreed, in its tightest hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.operations import Grid, Storage, Tier, assess
from gigaplan.operations.calls import Calls, called_hours, with_calls

PRICE = np.asarray(50 + 30 * np.sin(np.arange(8760) / 5) + np.arange(8760) % 7, np.float64)


def stretches(called: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first hours and hours past the end of every call."""
    change = np.diff(np.concatenate([[0.0], called, [0.0]]))
    return np.flatnonzero(change > 0), np.flatnonzero(change < 0)


@given(st.integers(0, 300), st.integers(1, 12), st.integers(0, 40))
def test_calls_keep_to_their_number_length_and_rest(hours: int, longest: int, rest: int) -> None:
    called = called_hours(Calls(hours, 0.5, longest, rest), PRICE)
    first, end = stretches(called)
    assert called.sum() <= hours
    assert (end - first).max(initial=0) <= longest
    assert (first[1:] - end[:-1]).min(initial=8760) >= max(rest, 1)


def test_without_limits_the_tightest_hours_are_called() -> None:
    called = called_hours(Calls(100, 0.0, 8760), PRICE)
    assert called.sum() == 100
    assert PRICE[called == 1].min() >= np.sort(PRICE)[-100]


def test_each_weather_year_is_called_on_its_own() -> None:
    both = np.column_stack([PRICE, PRICE[::-1]])
    called = called_hours(Calls(50, 0.0, 4, 10), both)
    assert called.shape == (8760, 2)
    assert (called[:, 0] == called_hours(Calls(50, 0.0, 4, 10), PRICE)).all()


def test_a_called_load_loses_what_it_cannot_move() -> None:
    grid = with_calls(Grid(100.0, PRICE), Calls(40, 0.5, 4, 20))
    tiers = [Tier("batch", 0.6, 50.0, catch_up_fraction=0.5), Tier("firm", 0.4, 5000.0)]
    load = np.full(8760, 80.0)
    found = assess([], load, grid=grid, tiers=tiers, samples=1)
    assert found.eue_mwh.mean == pytest.approx(40 * 30.0)
    assert found.tiers[1].shed_mwh.mean == 0.0
    assert found.tiers[0].made_up_mwh.mean > 0.0
    ready = assess(
        [], load, grid=grid, tiers=tiers, storage=[Storage("battery", 30.0, 150.0)], samples=1
    )
    assert ready.eue_mwh.mean == 0.0


def test_one_price_for_all_hours_tells_no_call() -> None:
    with pytest.raises(InputError, match="give tightness"):
        with_calls(Grid(100.0, 40.0), Calls(10, 0.5))
    with pytest.raises(InputError, match="0 to 1"):
        Calls(10, 1.5)
