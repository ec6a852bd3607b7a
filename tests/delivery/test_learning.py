from __future__ import annotations

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.delivery import completed_before, learned_cost


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
