from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from gigaplan.core.errors import InputError
from gigaplan.core.random_streams import normals
from gigaplan.core.statistics import Estimate, estimate, percentiles, standard_error, tail_mean


def test_the_estimate_of_a_known_row_is_its_mean_and_standard_error() -> None:
    """1, 2, 3, 4, 5: mean 3, sample variance 2.5, standard error sqrt(2.5 / 5)."""
    found = estimate(np.array([1, 2, 3, 4, 5]))
    assert found.mean == 3
    assert found.standard_error == pytest.approx(math.sqrt(0.5))


def test_the_standard_error_is_that_of_scipy_along_any_axis() -> None:
    table = normals(1, "statistics", "", 7, 50)
    for axis in (0, 1, -1):
        np.testing.assert_allclose(standard_error(table, axis), stats.sem(table, axis), rtol=1e-12)


def test_one_sample_has_an_infinite_standard_error() -> None:
    assert estimate(np.array([2.0])) == Estimate(2.0, math.inf)
    np.testing.assert_array_equal(standard_error(np.ones((3, 1))), [math.inf] * 3)


def test_the_mean_lies_within_four_standard_errors_of_the_truth() -> None:
    for i in range(20):
        found = estimate(normals(1, "statistics", f"row{i}", 1, 1000)[0])
        assert abs(found.mean) < 4 * found.standard_error


def test_an_estimate_prints_its_standard_error() -> None:
    assert str(Estimate(1234.5678, 0.123)) == "1234.57 ± 0.12"


def test_percentiles_of_a_known_row_are_read_off() -> None:
    found = percentiles(np.arange(101.0))
    assert (found.p10, found.p50, found.p90, found.mean) == (10, 50, 90, 50)


@pytest.mark.parametrize("function", [estimate, percentiles])
def test_an_estimate_of_nothing_or_of_no_number_is_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(InputError, match="at least one sample"):
        function(np.array([]))
    with pytest.raises(InputError, match="1 of 3 samples are not numbers"):
        function(np.array([1.0, math.nan, 2.0]))


def test_the_tail_mean_of_a_known_row_is_read_off() -> None:
    found = tail_mean(np.arange(1.0, 101.0), 0.05)
    assert found.mean == pytest.approx(98.0)  # 96 to 100
    assert tail_mean(np.arange(1.0, 101.0), 1.0).mean == pytest.approx(50.5)


def test_the_tail_mean_of_normals_lies_within_four_standard_errors_of_the_closed_form() -> None:
    """The mean beyond the 95% point of a normal is its density there over 5%."""
    found = tail_mean(normals(3, "statistics", "tail", 1, 40_000)[0], 0.05)
    exact = stats.norm.pdf(stats.norm.ppf(0.95)) / 0.05
    assert abs(found.mean - exact) < 4 * found.standard_error
    assert 0 < found.standard_error < 0.05


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="above 0 and at most 1"):
        tail_mean(np.ones(3), 0.0)
