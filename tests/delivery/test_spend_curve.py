from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.delivery import spend_by_month


def spend(
    begin: list[float], end: list[float], usd: list[float], months: int = 12
) -> tuple[np.ndarray, np.ndarray]:
    return spend_by_month(
        np.array(begin)[:, None],
        np.array(end)[:, None],
        np.array(usd)[:, None],
        first_month=100,
        months=months,
        refused_after_months=np.full(len(begin), 4.0),
    )


def test_money_is_spent_evenly_down_to_parts_of_months() -> None:
    by_month, by_stage = spend([102.5], [104.75], [9.0], 6)
    assert by_month[:, 0] == pytest.approx([0, 0, 2, 4, 3, 0])
    assert by_stage[0, 0] == pytest.approx(9)


def test_a_stage_without_length_is_paid_at_once() -> None:
    by_month, _ = spend([103.2], [103.2], [5.0], 6)
    assert by_month[:, 0].tolist() == [0, 0, 0, 5, 0, 0]


def test_what_was_spent_before_the_first_month_is_sunk() -> None:
    by_month, by_stage = spend([98.0], [102.0], [8.0], 4)
    assert by_month[:, 0].tolist() == [2, 2, 0, 0]
    assert by_stage[0, 0] == 4


def test_a_stage_that_never_begins_spends_nothing_and_a_refused_one_has_spent() -> None:
    by_month, by_stage = spend([np.inf, 101.0], [np.inf, np.inf], [8.0, 8.0], 8)
    assert by_stage[:, 0].tolist() == [0, 8]
    assert by_month[:, 0].tolist() == [0, 2, 2, 2, 2, 0, 0, 0]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(60, 160), st.floats(0, 50), st.floats(0, 1e10)),
        min_size=1,
        max_size=8,
    )
)
def test_no_dollar_is_lost_or_made(stages: list[tuple[float, float, float]]) -> None:
    begin = [s for s, _, _ in stages]
    end = [s + n for s, n, _ in stages]
    usd = [u for _, _, u in stages]
    by_month, by_stage = spend(begin, end, usd, 40)
    assert by_month.sum() == pytest.approx(by_stage.sum(), rel=1e-9, abs=1e-3)
    assert np.all(by_month >= 0)
    for i, (s, n, u) in enumerate(stages):
        inside = max(0.0, min(s + n, 140) - max(s, 100))
        if n > 1e-3:
            assert by_stage[i, 0] == pytest.approx(u * inside / n, rel=1e-6, abs=1e-3)


def test_threads_change_no_bit() -> None:
    random = np.random.default_rng(1)
    begin = random.uniform(90, 130, (20, 3000))
    end = begin + random.uniform(0, 30, begin.shape)
    usd = random.uniform(0, 1e9, begin.shape)
    one = spend_by_month(begin, end, usd, first_month=100, months=60, threads=1)
    two = spend_by_month(begin, end, usd, first_month=100, months=60, threads=2)
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


def test_money_below_zero_is_refused() -> None:
    with pytest.raises(InputError, match="below zero"):
        spend([100.0], [101.0], [-1.0])
