from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gigaplan import catalogue
from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    Activity,
    CostRatio,
    Lognormal,
    ReferenceClass,
    Triangular,
    from_published,
    lognormal_fit,
    simulate,
)
from gigaplan.delivery.programme_estimates import reference_class_of
from gigaplan.programme.resolved import ReferenceClassFigures

PUBLISHED = {
    "nuclear": (2.20, 0.55, 3.04),
    "hydro_dam": (1.75, 0.37, 2.86),
    "thermal": (1.16, 0.14, 2.09),
    "wind": (1.13, 0.07, 1.97),
    "solar": (1.01, 0.02, 1.50),
    "transmission": (1.08, 0.04, 2.66),
    "it": (1.73, 0.18, 5.47),
    "buildings": (1.62, 0.39, 3.06),
}
"""Mean, share of projects 50% or more over, and their mean, all as final over estimated."""


@pytest.fixture(scope="module")
def base_rates(shared: Path) -> dict[str, Any]:
    text = (shared / "vectors/reference_class/base_rates.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("name", PUBLISHED)
def test_lognormal_fits_agree_with_the_known_ones(base_rates: dict[str, Any], name: str) -> None:
    mean, share, tail_mean = PUBLISHED[name]
    expected = base_rates["lognormal_fits"]["fits"][name]
    mu, sigma = lognormal_fit(mean, share)
    assert mu == pytest.approx(expected["mu"], abs=6e-5)
    assert sigma == pytest.approx(expected["sigma"], abs=6e-5)
    single = ReferenceClass(mu, sigma)
    for label, p in (("P10", 0.1), ("P50", 0.5), ("P80", 0.8), ("P90", 0.9)):
        at = float(single.at_scores(np.array([stats.norm.ppf(p)]))[0])
        assert at == pytest.approx(expected[label], abs=6e-3)
    assert single.mean == pytest.approx(mean)
    if expected["pareto_alpha_above_1.5"] is not None:
        spliced = from_published(mean, share, tail_mean)
        assert spliced.alpha == pytest.approx(expected["pareto_alpha_above_1.5"], abs=6e-3)
        body = (spliced.mean - share * tail_mean) / (1 - share)
        assert body == pytest.approx(expected["spliced_body_mean"], abs=6e-4)


def test_history_stands_at_its_known_percentiles_of_the_nuclear_class(
    base_rates: dict[str, Any],
) -> None:
    mu, sigma = lognormal_fit(2.20, 0.55)
    rows = [
        (1 + r["overrun_pct"] / 100, r["percentile_in_nuclear_lognormal"])
        for r in base_rates["cohorts_us_1966_1977"]["rows"]
    ]
    vogtle = base_rates["vogtle_3_4"]
    rows.append((vogtle["multiplier"], vogtle["percentile_in_nuclear_lognormal"]))
    for multiplier, percentile in rows:
        found = stats.norm.cdf((math.log(multiplier) - mu) / sigma)
        assert found == pytest.approx(percentile, abs=1.5e-3)


@pytest.mark.parametrize("name", [n for n in PUBLISHED if n != "solar"])
def test_a_spliced_class_holds_its_published_mean_share_and_tail(name: str) -> None:
    mean, share, tail_mean = PUBLISHED[name]
    spliced = from_published(mean, share, tail_mean)
    assert spliced.mean == pytest.approx(mean, rel=1e-9)
    # quantiles at the middles of equal shares, and the tail's mean by its own closed form
    p = (np.arange(400_000) + 0.5) / 400_000
    values = spliced.at_scores(stats.norm.ppf(p))
    assert np.all(np.diff(values) >= 0)
    assert (values >= 1.5).mean() == pytest.approx(share, abs=1e-5)
    assert values[values < 1.5].mean() == pytest.approx(
        (mean - share * tail_mean) / (1 - share), rel=1e-4
    )
    beyond = np.array([1.5, 2.0, 4.0, 8.0])
    found = [(values >= x).mean() for x in beyond]
    assert found == pytest.approx(share * (1.5 / beyond) ** spliced.alpha, abs=1e-5)


def test_drawn_ratios_hold_the_class_s_mean_and_share() -> None:
    spliced = from_published(1.16, 0.14, 2.09)
    drawn = simulate([Activity("ratio", spliced)], draws=1_000_000, seed=9).finish("ratio")
    error = drawn.std() / math.sqrt(drawn.size)
    assert abs(drawn.mean() - 1.16) < 3 * error
    share = float((drawn >= 1.5).mean())
    assert abs(share - 0.14) < 3 * math.sqrt(0.14 * 0.86 / drawn.size)


def test_a_class_whose_tail_is_no_higher_than_its_threshold_is_one_lognormal() -> None:
    solar = from_published(*PUBLISHED["solar"])
    assert solar.threshold == math.inf
    assert solar.mean == pytest.approx(1.01)


@pytest.mark.parametrize(
    ("figures", "match"),
    [
        ((0.5, 0.6, None), "no lognormal of mean 0.5"),
        ((1.16, 0.14, 9.0), "leaves -0.116 for the rest"),
        ((1.16, 1.4, 9.0), "no lognormal has the mean"),
    ],
)
def test_published_figures_that_contradict_each_other_are_refused(
    figures: tuple[float, float, float | None], match: str
) -> None:
    with pytest.raises(InputError, match=match):
        from_published(*figures)


def test_a_tail_without_a_mean_is_refused() -> None:
    with pytest.raises(InputError, match=r"tail exponent is 0\.9"):
        ReferenceClass(0.1, 0.3, 1.5, 0.14, 0.9)


def test_an_adjusted_estimate_is_never_uplifted_again() -> None:
    nuclear = from_published(2.2, 0.55, 3.04)
    p = stats.norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    for weight in (0.0, 0.4, 1.0):
        adjusted = CostRatio(nuclear, outside_weight=weight, already_adjusted=True)
        # the Pareto tail of exponent 1.97 converges slowly: a grid misses a little of its mean
        assert adjusted.at_scores(p).mean() == pytest.approx(1.0, abs=4e-3)
        plain = CostRatio(nuclear, outside_weight=weight)
        assert plain.at_scores(p).mean() == pytest.approx(1 + 1.2 * weight, abs=8e-3)


@given(st.floats(0, 1), st.floats(-4, 4))
def test_a_blend_lies_between_its_views(weight: float, z: float) -> None:
    outside, inside = from_published(1.62, 0.39, 3.06), Triangular(0.9, 1.0, 1.4)
    at = np.array([z])
    blend = CostRatio(outside, inside, weight).at_scores(at)[0]
    views = sorted((outside.at_scores(at)[0], inside.at_scores(at)[0]))
    assert views[0] - 1e-9 <= blend <= views[1] + 1e-9


def test_cost_and_delay_move_together_through_a_shared_cause() -> None:
    ratio = CostRatio(from_published(2.2, 0.55, 3.04))
    result = simulate(
        [
            Activity("build", Lognormal(60, 0.3), loadings={"labour": 0.6}),
            Activity("cost", ratio, loadings={"labour": 0.7}),
        ],
        factors=["labour"],
        draws=100_000,
    )
    rank = stats.spearmanr(*result.finish_months).statistic
    # rank correlation of a normal copula of correlation r: 6 / pi asin(r / 2)
    expected = 6 / math.pi * math.asin(0.42 / 2)
    assert rank == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("name", ["nuclear", "thermal", "wind", "solar", "buildings", "none"])
def test_every_class_of_the_catalogue_gives_its_own_mean(name: str) -> None:
    found = catalogue.reference_class(name)
    figures = ReferenceClassFigures(
        name, found.mu, found.sigma, found.threshold, found.alpha, found.mean, 1.0, 0.5
    )
    assert reference_class_of(figures).mean == pytest.approx(found.mean, rel=2e-3)
