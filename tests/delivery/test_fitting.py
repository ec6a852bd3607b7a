from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    Activity,
    CostRatio,
    FittedClass,
    PastProject,
    fit_cost,
    fit_months,
    fit_ratios,
    simulate,
)
from gigaplan.delivery.censored_normal import fit_normal, posterior
from gigaplan.delivery.durations import Array

THREE = [0.9, 1.4, 2.6]
NONE: Array = np.array([])


def students_t(ratios: list[float], probability: float) -> float:
    """Return the quantile of a further project by the textbook's formula."""
    y = np.log(ratios)
    n = len(y)
    scale = y.std(ddof=1) * math.sqrt(1 + 1 / n)
    return math.exp(y.mean() + scale * stats.t.ppf(probability, n - 1))


def tailed(seed: int, n: int, alpha: float, share: float) -> Array:
    """Return ratios with a Pareto tail from 1.5, and a lognormal body held below it."""
    r = np.random.default_rng(seed)
    body = stats.truncnorm.rvs(-np.inf, (math.log(1.5) - 0.05) / 0.2, size=n, random_state=r)
    beyond = r.random(n) < share
    return np.where(beyond, 1.5 * (1 + r.pareto(alpha, n)), np.exp(0.05 + 0.2 * body))


def share_beyond(ratio: float, alpha: float, share: float) -> float:
    """Return the share of such ratios at or above this one."""
    if ratio >= 1.5:
        return float(share * (1.5 / ratio) ** alpha)
    held = stats.lognorm(0.2, scale=math.exp(0.05))
    return float(share + (1 - share) * (1 - held.cdf(ratio) / held.cdf(1.5)))


def test_three_projects_give_the_wide_band_of_student_s_t_and_say_so() -> None:
    found = fit_ratios(THREE)
    for p in (0.1, 0.5, 0.9):
        assert found.quantile(p) == pytest.approx(students_t(THREE, p), rel=1e-6)
    assert found.messages[0] == (
        "3 past projects: P10 to P90 is 0.47 to 4.7, median 1.5, mean 2.24. That band is a factor "
        "of 10: 3.9 by the projects' own spread, times 2.6 by the error of fitting 3 finished ones."
    )
    assert "too few to tell a Pareto tail" in found.messages[1]
    assert found.mean == pytest.approx(stats.lognorm(found.high_sigma, scale=1.4851).mean(), 2e-3)


@pytest.mark.parametrize("n", [2, 3, 8, 300])
def test_the_predictive_without_bounds_is_student_s_t_far_into_its_tails(n: int) -> None:
    y = np.random.default_rng(n).normal(0.3, 0.5, n)
    further = posterior(y, NONE, fit_normal(y, NONE))
    for p in (0.01, 0.1, 0.5, 0.9, 0.99):
        expected = y.mean() + y.std(ddof=1) * math.sqrt(1 + 1 / n) * stats.t.ppf(p, n - 1)
        assert further.quantile(p) == pytest.approx(expected, abs=1e-5)


def test_a_band_of_four_projects_holds_eight_further_ones_of_ten() -> None:
    r = np.random.default_rng(4)
    inside = []
    for _ in range(120):
        found = fit_ratios(np.exp(r.normal(0.4, 0.3, 4)))
        at = stats.norm.cdf((np.log([found.quantile(0.1), found.quantile(0.9)]) - 0.4) / 0.3)
        inside.append(at[1] - at[0])
    assert abs(np.mean(inside) - 0.8) < 3 * np.std(inside) / math.sqrt(len(inside))


@pytest.mark.parametrize("seed", range(3))
def test_the_most_likely_lognormal_is_found_within_its_own_errors(seed: int) -> None:
    r = np.random.default_rng(seed)
    y, seen = r.normal(0.35, 0.45, 2000), r.normal(0.6, 0.5, 2000)
    censored = y > seen
    fit = fit_ratios(np.exp(np.minimum(y, seen)), censored).single
    assert abs(fit.mu - 0.35) < 3 * fit.mu_error
    assert abs(fit.sigma - 0.45) < 3 * fit.sigma_error
    # what two thousand values without bounds would leave is less
    assert 0.45 / math.sqrt(2000) < fit.mu_error < 2 * 0.45 / math.sqrt(2000)


@pytest.mark.parametrize(("n", "bounds"), [(2, 1), (5, 0), (5, 3), (40, 25)])
def test_the_most_likely_lognormal_is_scipy_s(n: int, bounds: int) -> None:
    r = np.random.default_rng(n)
    y, c = r.normal(0.3, 0.5, n), r.normal(0.5, 0.4, bounds)
    found = fit_normal(y, c)
    data = stats.CensoredData(np.exp(y), right=np.exp(c))
    shape, _, scale = stats.lognorm.fit(data, floc=0)
    assert found.mu == pytest.approx(math.log(scale), abs=2e-4)
    assert found.sigma == pytest.approx(shape, abs=2e-4)
    law = stats.norm(found.mu, found.sigma)
    expected = law.logpdf(y).sum() + law.logsf(c).sum()
    assert found.log_likelihood == pytest.approx(expected, abs=1e-9)


def test_errors_of_fitting_are_the_closed_ones() -> None:
    y = np.random.default_rng(1).normal(0, 1, 50)
    found = fit_normal(y, NONE)
    assert found.mu_error == pytest.approx(y.std() / math.sqrt(50))
    assert found.sigma_error == pytest.approx(y.std() / math.sqrt(100))


def test_the_predictive_with_bounds_agrees_with_weighted_samples() -> None:
    y, c = np.log([0.9, 1.2, 1.5, 2.4, 1.1]), np.log([1.6, 0.8, 2.0])
    further = posterior(y, c, fit_normal(y, c))
    r = np.random.default_rng(8)
    draws = 400_000
    # the posterior without bounds has a closed form; each bound then weighs a sample
    sigma = np.sqrt(((y - y.mean()) ** 2).sum() / r.chisquare(len(y) - 1, draws))
    mu = r.normal(y.mean(), sigma / math.sqrt(len(y)))
    weight = stats.norm.sf((c[:, None] - mu) / sigma).prod(axis=0)
    weight /= weight.sum()
    for p in (0.1, 0.5, 0.9):
        below = stats.norm.cdf((further.quantile(p) - mu) / sigma)
        found = float(weight @ below)
        error = math.sqrt(float(weight**2 @ (below - found) ** 2))
        assert abs(found - p) < 3 * error


def test_projects_not_finished_raise_a_class_and_are_told() -> None:
    ended = fit_ratios([0.9, 1.2, 1.5, 2.4, 1.1])
    with_open = fit_ratios([0.9, 1.2, 1.5, 2.4, 1.1, 1.6, 2.0, 0.0], [False] * 5 + [True] * 3)
    for p in (0.1, 0.5, 0.9):
        assert with_open.quantile(p) > ended.quantile(p)
    assert (with_open.finished, with_open.unfinished) == (5, 2)
    told = " ".join(with_open.messages)
    assert "not finished: 2 of 7 past projects" in told
    assert "nothing has come of them yet: 1 past projects" in told


@pytest.mark.parametrize(("seed", "alpha", "share"), [(1, 1.8, 0.3), (2, 1.3, 0.2), (3, 3.0, 0.5)])
def test_a_tail_that_the_projects_speak_for_is_found(seed: int, alpha: float, share: float) -> None:
    found = fit_ratios(tailed(seed, 600, alpha, share), most_ratio=1e6).tail
    assert found is not None
    # how likely the projects are hardly depends on a threshold near the true one, 1.5
    assert 1.3 < math.exp(found.threshold) < 2.2
    assert abs(found.alpha - alpha) < 3 * alpha / math.sqrt(found.beyond)
    beyond = share_beyond(math.exp(found.threshold), alpha, share)
    assert abs(found.share - beyond) < 3 * math.sqrt(share * (1 - share) / 600)


def test_a_tail_is_found_with_projects_that_are_not_finished() -> None:
    ratio, r = tailed(5, 900, 1.6, 0.35), np.random.default_rng(6)
    seen = np.exp(r.normal(1.0, 0.9, 900))
    found = fit_ratios(np.minimum(ratio, seen), ratio > seen, most_ratio=1e6)
    assert found.unfinished > 150
    assert found.tail is not None
    assert abs(found.tail.alpha - 1.6) < 3 * 1.6 / math.sqrt(found.tail.beyond)
    beyond = share_beyond(math.exp(found.tail.threshold), 1.6, 0.35)
    assert abs(found.tail.share - beyond) < 0.06


def test_lognormal_projects_take_no_tail() -> None:
    for seed in range(20):
        y = np.random.default_rng((11, seed)).normal(0.3, 0.6, 120)
        found = fit_ratios(np.exp(y))
        assert found.tail is None
        assert "about as well" in found.messages[1]


def test_a_heap_of_equal_ratios_is_no_tail() -> None:
    r = np.random.default_rng(3)
    heap = [*(1.0 + 1e-9 * r.random(30)), *([5.0] * 30)]
    found = fit_ratios(heap)
    assert found.tail is None
    assert found.mean < 4


def test_a_class_with_a_tail_is_the_held_lognormal_and_lomax_it_says() -> None:
    found = fit_ratios(tailed(7, 200, 1.6, 0.3))
    tail = found.tail
    assert tail is not None
    edge = (tail.threshold - tail.mu) / tail.sigma
    body = stats.truncnorm(-np.inf, edge, loc=tail.mu, scale=tail.sigma)
    beyond = stats.lomax(tail.beyond, scale=tail.excess)
    for p in (0.05, 0.4, 0.69, 0.8, 0.95, 0.99):
        if p < 1 - tail.share:
            expected = body.ppf(p / (1 - tail.share))
        else:
            expected = tail.threshold + beyond.ppf(1 - (1 - p) / tail.share)
        assert math.log(found.quantile(p)) == pytest.approx(expected, abs=1e-7)
    room = math.log(found.most_ratio) - tail.threshold
    held = integrate.quad(lambda y: math.exp(y) * beyond.pdf(y), 0, room)[0]
    of_tail = math.exp(tail.threshold) * held + found.most_ratio * beyond.sf(room)
    lows = integrate.quad(lambda y: math.exp(y) * body.pdf(y), -2, tail.threshold)[0]
    assert found.mean == pytest.approx((1 - tail.share) * lows + tail.share * of_tail, rel=1e-4)
    # near the threshold it is the Pareto of the most likely exponent, and dearer further out
    pareto = stats.pareto(tail.alpha, scale=math.exp(tail.threshold))
    assert found.quantile(0.99) > pareto.isf(0.01 / tail.share)


def test_a_mean_that_the_limit_decides_is_told() -> None:
    found = fit_ratios([0.5, 8.0])
    assert found.mean < 100
    assert "ratios are held at 100; those held are" in found.messages[-1]
    assert not any("held at" in message for message in fit_ratios(THREE).messages)


ratio = st.floats(0.011, 99.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(ratio, min_size=2, max_size=6), st.lists(st.floats(0, 100), max_size=9))
def test_any_projects_give_a_class_of_finite_rising_ratios(
    ended: list[float], so_far: list[float]
) -> None:
    if np.ptp(np.log(ended)) < 1e-3:
        ended = [*ended, ended[0] * (0.9 if ended[0] > 1 else 1.1)]
    found = fit_ratios([*ended, *so_far], [False] * len(ended) + [True] * len(so_far))
    values = found.at_scores(np.linspace(-6.5, 6.5, 201))
    assert np.all(np.isfinite(values))
    assert np.all(values > 0)
    assert np.all(np.diff(values) >= 0)
    assert 0.01 <= found.mean <= 100
    assert "nan" not in " ".join(found.messages)


def test_an_answer_does_not_depend_on_the_order_of_projects() -> None:
    ratios = tailed(9, 80, 1.5, 0.3)
    forth, back = fit_ratios(ratios), fit_ratios(ratios[::-1])
    z = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(forth.at_scores(z), back.at_scores(z), rtol=1e-5)


@pytest.mark.parametrize("found", [fit_ratios(THREE), fit_ratios(tailed(3, 200, 1.8, 0.3))])
def test_a_fitted_class_is_an_outside_view_that_never_uplifts_twice(found: FittedClass) -> None:
    p = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    for weight in (0.0, 0.4, 1.0):
        adjusted = CostRatio(found, outside_weight=weight, already_adjusted=True)
        assert adjusted.at_scores(p).mean() == pytest.approx(1.0, abs=4e-3)
        plain = CostRatio(found, outside_weight=weight)
        assert plain.at_scores(p).mean() == pytest.approx(1 + weight * (found.mean - 1), rel=4e-3)
    drawn = simulate([Activity("cost", CostRatio(found))], draws=200_000, seed=2).finish("cost")
    error = drawn.std() / math.sqrt(drawn.size)
    assert abs(drawn.mean() - (1 + found.mean) / 2) < 3 * error


def test_the_reactor_cohorts_give_their_student_s_t(shared: Path) -> None:
    text = (shared / "vectors/reference_class/base_rates.json").read_text()
    rows = json.loads(text)["cohorts_us_1966_1977"]["rows"]
    projects = [
        PastProject(r["start"], "finished", r["projected"], 1982, r["actual"], 1982) for r in rows
    ]
    found = fit_cost(projects)
    ratios = [r["actual"] / r["projected"] for r in rows]
    assert found.quantile(0.9) == pytest.approx(students_t(ratios, 0.9))
    assert 2.0 < found.quantile(0.1) < 2.96 < found.quantile(0.9) < 4.2


def test_months_are_fitted_as_cost_is() -> None:
    projects = [
        PastProject(str(r), "finished", planned_months=50.0, actual_months=50.0 * r) for r in THREE
    ]
    assert fit_months(projects).quantile(0.9) == pytest.approx(students_t(THREE, 0.9))


@pytest.mark.parametrize(
    ("ratios", "censored", "says"),
    [
        ([], None, "no past project has both planned and final known"),
        ([1.2], None, "1 of 1 past projects is finished with both planned and final known"),
        ([1.2, 0.4, 0.2], [False, True, True], "1 of 3 past projects is finished"),
        ([1.0, 1.0, 1.0], None, "the 3 finished past projects have the same ratio, 1"),
        ([1.0, math.nan], None, "of past project 2 is nan; 0.01 to 100 is allowed"),
        ([1.0, 2.0, math.inf], None, "of past project 3 is inf; 0.01 to 100 is allowed"),
        ([1.0, 1e9], None, "of past project 2 is 1e.09; 0.01 to 100 is allowed. Check the units"),
        ([1.0, 2.0, -1.0], [False, False, True], "of past project 3 is -1; 0 to 100 is allowed"),
        ([1.0, 2.0], [True], "2 ratios of past projects, but 1 marks"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    ratios: list[float], censored: list[bool] | None, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        fit_ratios(ratios, censored)


def test_a_most_ratio_of_one_is_refused() -> None:
    with pytest.raises(InputError, match=r"the most that a ratio can be is 1; above 1"):
        fit_ratios(THREE, most_ratio=1.0)
