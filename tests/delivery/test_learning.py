from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.delivery import completed_before, experience_before, learned_cost


def test_a_doubling_of_completed_units_lowers_cost_by_the_rate() -> None:
    cost = learned_cost(np.array([0, 1, 3, 7]), 0.1)
    assert cost == pytest.approx([1, 0.9, 0.81, 0.729])


def test_cost_never_falls_below_its_floor_and_rises_where_history_rose() -> None:
    assert learned_cost(np.array([63]), 0.2, 0.5).tolist() == [0.5]
    assert learned_cost(np.array([1]), -0.2).tolist() == pytest.approx([1.2])


def test_only_units_ended_in_that_draw_count() -> None:
    begin = np.array([[0.0, 0.0], [30.0, 30.0], [60.0, np.inf]])
    finish = np.array([[30.0, 40.0], [50.0, np.inf], [90.0, np.inf]])
    assert completed_before(begin, finish).tolist() == [[0, 0], [1, 0], [2, 0]]


def test_impossible_rates_are_refused() -> None:
    with pytest.raises(InputError, match="learning rate of 1"):
        learned_cost(np.array([1]), 1.0)
    with pytest.raises(InputError, match="learning floor"):
        learned_cost(np.array([1]), 0.1, 1.5)


def _units(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    begin = rng.uniform(0, 240, (12, 50))
    finish = begin + rng.uniform(20, 90, begin.shape)
    begin[rng.random(begin.shape) < 0.1] = np.inf
    finish[rng.random(begin.shape) < 0.1] = np.inf
    finish[np.isinf(begin)] = np.inf
    return begin, finish


def test_without_forgetting_experience_is_the_number_of_units_completed() -> None:
    begin, finish = _units(1)
    assert np.array_equal(experience_before(begin, finish), completed_before(begin, finish))
    nearly = experience_before(begin, finish, 1e-12)
    assert nearly == pytest.approx(completed_before(begin, finish), abs=1e-8)


def test_experience_halves_in_ten_years_at_its_rate() -> None:
    begin = np.array([[0.0], [24.0], [160.0]])
    finish = np.array([[40.0], [100.0], [200.0]])
    left = experience_before(begin, finish, 1 - 0.5**0.1)
    # 120 months after the first unit, 60 after the second
    assert left[:, 0] == pytest.approx([0, 0, 0.5 + 0.5**0.5])


def test_where_all_is_forgotten_every_unit_costs_as_the_first() -> None:
    begin, finish = _units(2)
    assert np.all(learned_cost(experience_before(begin, finish, 1.0), 0.2, 0.5) == 1.0)


def test_cost_falls_with_each_completion_and_rises_with_forgetting() -> None:
    begin, finish = _units(3)
    last = np.full((1, 50), 250.0)
    before = np.ones(50)
    for units in range(1, 12):
        at = np.vstack([begin[:units], last]), np.vstack([finish[:units], last + 60])
        cost = learned_cost(experience_before(*at, 0.05), 0.15)[-1]
        assert np.all(cost <= before)
        before = cost
    rates = [
        learned_cost(experience_before(begin, finish, f), 0.15, 0.6) for f in (0, 0.02, 0.2, 0.9)
    ]
    assert np.all(np.diff(rates, axis=0) >= 0)
    assert np.min(rates) >= 0.6


def test_forgetting_more_than_all_is_refused() -> None:
    with pytest.raises(InputError, match=r"1\.2 of what is learnt is forgotten in a year; 0 to 1"):
        experience_before(np.zeros((1, 1)), np.ones((1, 1)), 1.2)
