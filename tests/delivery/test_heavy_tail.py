"""Scores that are jointly t: margins stay, ranks go together as before, extremes more often."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtri, stdtr, stdtrit

from gigaplan.core.errors import InputError
from gigaplan.delivery import Activity, Factors, simulate
from gigaplan.delivery.durations import Lognormal, scores_of_knots
from gigaplan.delivery.heavy_tail import TAIL_SCALE, normal_again, stretch_table

DRAWS = 200_000
RHO, DEGREES = 0.5, 3.0
LOAD = math.sqrt(RHO)


def _scores(degrees: float | None, draws: int = DRAWS, threads: int = 1) -> NDArray[np.float64]:
    """Return two normal scores of correlation RHO in the normal case, shape [2, draw]."""
    factors = Factors(("cause",), degrees_of_freedom=degrees)
    work = [Activity(name, Lognormal(1.0, 0.1), loadings={"cause": LOAD}) for name in "ab"]
    found = simulate(work, factors=factors, draws=draws, threads=threads, critical=False)
    result: NDArray[np.float64] = np.log(found.finish_months) / 0.1
    return result


@pytest.fixture(scope="module")
def heavy() -> NDArray[np.float64]:
    return _scores(DEGREES)


def test_every_single_score_stays_normal(heavy: NDArray[np.float64]) -> None:
    for row in heavy:
        assert stats.kstest(row, "norm").pvalue > 1e-3
        assert row.std() == pytest.approx(1.0, abs=3 / math.sqrt(2 * DRAWS))


def test_kendalls_correlation_is_that_of_any_elliptical_law(heavy: NDArray[np.float64]) -> None:
    pairs = heavy[:, :20_000]
    tau = stats.kendalltau(pairs[0], pairs[1]).statistic
    # standard error of tau is below 2 sqrt(1 - tau^2) / (3 sqrt(n / 2)), roughly 0.006
    assert tau == pytest.approx(2 / math.pi * math.asin(RHO), abs=0.015)


@pytest.mark.parametrize("tail", [0.01, 0.001])
def test_extremes_in_company_come_as_often_as_in_the_bivariate_t(
    heavy: NDArray[np.float64], tail: float
) -> None:
    level = float(stdtrit(DEGREES, 1 - tail))

    def given(x: float) -> float:
        # T2 given T1 = x is t with one degree more, moved and stretched
        scale = math.sqrt((DEGREES + x * x) / (DEGREES + 1) * (1 - RHO * RHO))
        beyond = 1 - stdtr(DEGREES + 1, (level - RHO * x) / scale)
        return float(stats.t.pdf(x, DEGREES) * beyond)

    exact = quad(given, level, np.inf)[0]
    high = -ndtri(tail)
    for sign in (1, -1):
        share = float(np.mean(np.all(sign * heavy > high, axis=0)))
        assert share == pytest.approx(exact, abs=3.5 * math.sqrt(exact / DRAWS))
    normal = stats.multivariate_normal([0, 0], [[1, RHO], [RHO, 1]]).cdf([-high, -high])
    assert exact > 1.5 * normal


def test_independent_causes_come_to_extremes_together_too() -> None:
    factors = Factors((), degrees_of_freedom=DEGREES)
    work = [Activity(name, Lognormal(1.0, 0.1)) for name in "ab"]
    found = simulate(work, factors=factors, draws=DRAWS, critical=False)
    high = np.log(found.finish_months) / 0.1 > -ndtri(0.01)
    assert high.all(axis=0).mean() > 5 * 0.01**2


def test_with_many_degrees_it_is_nearly_normal() -> None:
    plain, nearly = _scores(None, 2000), _scores(1000.0, 2000)
    assert np.abs(plain - nearly).max() < 0.5
    assert np.corrcoef(plain[0], nearly[0])[0, 1] > 0.999


def test_threads_do_not_matter() -> None:
    assert np.array_equal(_scores(4.0, 5000), _scores(4.0, 5000, threads=2))


@pytest.mark.parametrize("degrees", [1.0, 3.0, 30.0])
def test_the_tables_are_what_they_stand_for(degrees: float) -> None:
    x = np.concatenate([-np.geomspace(1e-3, 10, 500), np.geomspace(1e-3, 10, 500)])
    table = normal_again(degrees).astype(float)
    knots = np.linspace(-1, 1, table.size)
    found = np.interp(x / np.sqrt(TAIL_SCALE + x * x), knots, table)
    exact = np.where(x < 0, ndtri(stdtr(degrees, x)), -ndtri(stdtr(degrees, -x)))
    assert np.abs(found - exact).max() < 5e-5
    stretch = stretch_table(degrees)
    assert np.all(np.diff(stretch) > 0)
    share = stats.chi2(degrees).sf(degrees / stretch[::100].astype(float) ** 2)
    assert share == pytest.approx(stats.norm.cdf(scores_of_knots()[::100]), rel=1e-4)


@pytest.mark.parametrize("degrees", [0.0, -2.0, math.nan, math.inf])
def test_degrees_of_freedom_that_are_none_are_refused(degrees: float) -> None:
    with pytest.raises(InputError, match="degrees of freedom"):
        Factors(("cause",), degrees_of_freedom=degrees)
