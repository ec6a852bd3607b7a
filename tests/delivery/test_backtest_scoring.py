from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from gigaplan.core.errors import InputError
from gigaplan.core.random_streams import normals
from gigaplan.delivery.backtest import scoring
from gigaplan.delivery.backtest.model import Cases, score

DRAWS = 1000
LEVELS = (np.arange(DRAWS) + 0.5) / DRAWS
ON_TIME = np.zeros(1, bool)


def _cases(draws: scoring.Array, outcome: scoring.Array, late: scoring.Flags) -> Cases:
    n = outcome.size
    names = tuple(f"case {i}" for i in range(n))
    return Cases(names, names, draws, np.full(n, 3.0), outcome, late)


@pytest.mark.parametrize("y", [-2.0, 0.0, 0.7, 3.0])
def test_crps_of_a_normal_has_its_closed_form(y: float) -> None:
    sigma = 1.7
    z = y / sigma
    closed = sigma * (
        z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi)
    )
    draws = sigma * stats.norm.ppf((np.arange(20000) + 0.5) / 20000)
    found = scoring.crps(draws[None, :], np.array([y]))[0]
    assert found == pytest.approx(closed, abs=2e-4)


def test_crps_of_one_number_is_its_absolute_error() -> None:
    found = scoring.crps(np.array([[5.0], [5.0]]), np.array([3.0, 9.0]))
    assert found.tolist() == [2.0, 4.0]


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=8), st.floats(-12, 12))
def test_ensemble_crps_is_that_of_its_definition(draws: list[float], y: float) -> None:
    x = np.array(draws)
    expected = np.abs(x - y).mean() - np.abs(x[:, None] - x).mean() / 2
    assert scoring.crps(x[None, :], np.array([y]))[0] == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(st.floats(0, 10), min_size=3, max_size=3),
    st.floats(-2, 12),
)
def test_crps_of_a_quantile_table_is_twice_the_integral_of_pinball(
    values: list[float], y: float
) -> None:
    p, q = np.array([0.1, 0.5, 0.9]), np.sort(values)
    levels = (np.arange(20000) + 0.5) / 20000
    losses = scoring.pinball(np.interp(levels, p, q), levels, np.full(levels.size, y))
    found = scoring.crps_of_quantiles(p, q[None, :], np.array([y]))[0]
    assert found == pytest.approx(2 * losses.mean(), abs=2e-3)


def test_pinball_of_a_normal_integrates_to_half_its_crps() -> None:
    y = 0.6
    half, _ = integrate.quad(
        lambda p: float(scoring.pinball(np.array(stats.norm.ppf(p)), p, np.array(y))), 0, 1
    )
    crps = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / math.sqrt(math.pi)
    assert 2 * half == pytest.approx(crps, abs=1e-5)


def test_a_calibrated_forecast_has_an_even_pit_and_80_percent_coverage() -> None:
    n = 4000
    centre = normals(7, "test", "centre", 1, n)[0]
    noise = normals(7, "test", "noise", 1, n)[0]
    draws = centre[:, None] + stats.norm.ppf(np.arange(1, 200) / 200)[None, :]
    low, high = scoring.pit_stretch(draws, centre + noise, np.zeros(n, bool))
    shares = scoring.pit_histogram(low, high)
    assert shares.sum() == pytest.approx(1.0)
    assert np.all(np.abs(shares - 0.1) < 3 * math.sqrt(0.09 / n))
    inside = scoring.share_within(low, high, 0.1, 0.9).mean()
    assert abs(inside - 0.8) < 3 * math.sqrt(0.16 / n)


def test_a_lump_spreads_its_pit_mass_evenly() -> None:
    draws = np.array([[0.0] * 6 + [1.0, 2.0, 3.0]])
    low, high = scoring.pit_stretch(draws, np.array([0.0]), ON_TIME)
    assert (low[0], high[0]) == (0.0, pytest.approx(0.7))


@pytest.mark.parametrize(("spread", "word"), [(0.4, "over-confident"), (3.0, "under-confident")])
def test_a_spread_that_is_wrong_is_called_so(spread: float, word: str) -> None:
    n = 300
    outcome = 10 + normals(3, "test", "outcome", 1, n)[0]
    draws = np.tile(10 + spread * stats.norm.ppf(LEVELS), (n, 1))
    found = score(_cases(draws, outcome, np.zeros(n, bool)))
    assert found.verdict.startswith(word)


def test_leaving_out_the_unfinished_would_make_a_true_forecast_look_gloomy() -> None:
    n = 3000
    truth = np.exp(0.5 * normals(5, "test", "truth", 1, n)[0])
    late = truth > 1.5
    seen = np.minimum(truth, 1.5)
    draws = np.tile(np.exp(0.5 * stats.norm.ppf(LEVELS)), (n, 1))
    with_all = score(_cases(draws, seen, late))
    only_done = score(_cases(draws[~late], seen[~late], late[~late]))
    assert abs(with_all.mean_pit.mean - 0.5) < 3 * with_all.mean_pit.standard_error
    assert only_done.mean_pit.mean < 0.5 - 3 * only_done.mean_pit.standard_error
    assert with_all.coverage_low < with_all.coverage.mean < with_all.coverage_high


def test_an_unfinished_case_is_blamed_only_for_what_should_have_come() -> None:
    late = np.ones(1, bool)
    bound = np.array([5.0])
    after = score(_cases(np.array([[6.0, 8.0, 90.0]]), bound, late))
    before = score(_cases(np.array([[2.0, 3.0, 90.0]]), bound, late))
    assert after.crps == 0.0
    assert before.crps > 0.0


def test_skill_against_the_announced_has_the_error_of_resampled_groups() -> None:
    n = 200
    outcome = 10 + normals(3, "test", "outcome", 1, n)[0]
    draws = np.tile(10 + stats.norm.ppf(LEVELS), (n, 1))
    found = score(_cases(draws, outcome, np.zeros(n, bool)))
    assert found.skill.mean == pytest.approx(1 - found.crps / found.crps_announced)
    assert 0 < found.skill.standard_error < 0.05
    again = score(_cases(draws, outcome, np.zeros(n, bool)))
    assert again == found


def test_cases_of_one_group_are_no_independent_evidence() -> None:
    outcome = np.array([1.0, 2.0, 3.0])
    draws = np.tile(stats.norm.ppf(LEVELS), (3, 1))
    one = Cases(("a", "b", "c"), ("g", "g", "g"), draws, outcome, outcome, np.zeros(3, bool))
    assert math.isinf(score(one).coverage.standard_error)
    assert "few groups" in score(one).verdict


def test_forecasts_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="1 of the outcomes to score are not finite"):
        scoring.crps(np.zeros((1, 3)), np.array([math.nan]))
    with pytest.raises(InputError, match="do not fit"):
        scoring.crps(np.zeros((2, 3)), np.zeros(3))
    with pytest.raises(InputError, match="rising from 0 to 1"):
        scoring.crps_of_quantiles(np.array([0.5, 0.1]), np.zeros((1, 2)), np.zeros(1))
    with pytest.raises(InputError, match="at least one case"):
        _cases(np.zeros((0, 3)), np.zeros(0), np.zeros(0, bool))
