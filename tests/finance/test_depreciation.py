"""Depreciation schedules against the method they are rounded from."""

from __future__ import annotations

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.finance import depreciation


@pytest.mark.parametrize("name", depreciation.CLASSES)
def test_every_schedule_writes_off_the_whole_basis(name: str) -> None:
    assert depreciation.schedule(name).sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("life", "factor"), [(3, 2.0), (5, 2.0), (7, 2.0), (10, 2.0), (15, 1.5), (20, 1.5)]
)
def test_macrs_is_declining_balance_turning_to_straight_line(life: int, factor: float) -> None:
    # Half a year first; then the larger of declining balance and straight line on the rest.
    left, expected = 1.0, []
    for year in range(life + 1):
        share = 0.5 if year in (0, life) else 1.0
        years_left = life - year + 0.5 if year else life
        amount = left if year == life else left * max(factor / life, 1 / years_left) * share
        expected.append(amount)
        left -= amount
    np.testing.assert_allclose(depreciation.schedule(f"macrs_{life}"), expected, atol=1.1e-4)


def test_bonus_is_written_off_first() -> None:
    found = depreciation.blended({"macrs_5": 1.0}, 6, bonus_fraction=0.6)
    np.testing.assert_allclose(found[:2], [0.6 + 0.4 * 0.2, 0.4 * 0.32])
    assert found.sum() == pytest.approx(1)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(InputError, match="Did you mean 'macrs_15'"):
        depreciation.schedule("macrs15")
