from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    Activity,
    Duration,
    Fixed,
    Lognormal,
    Normal,
    Quantiles,
    QuantileTable,
    Scaled,
    Triangular,
    simulate,
)
from gigaplan.delivery.durations import KNOTS, Z90, Z_MAX, score_table

GRID = np.linspace(-Z_MAX, Z_MAX, 20_011)


def drawn(duration: Duration, draws: int = 400_000) -> np.ndarray:
    return simulate([Activity("a", duration)], draws=draws, seed=3).finish("a")


def test_quantiles_pass_through_p10_p50_and_p90() -> None:
    values = Quantiles(18, 27, 48).at_scores(np.array([-Z90, 0.0, Z90]))
    assert values == pytest.approx([18, 27, 48], rel=1e-12)


def test_the_tails_of_quantiles_are_those_stated() -> None:
    p01, p99 = Quantiles(18, 27, 48).at_scores(np.asarray(stats.norm.ppf([0.01, 0.99])))
    exponent = stats.norm.ppf(0.99) / stats.norm.ppf(0.9)
    assert exponent == pytest.approx(1.815, abs=5e-4)
    assert p99 == pytest.approx(27 * (48 / 27) ** exponent)
    assert p01 == pytest.approx(27 * (18 / 27) ** exponent)


def test_the_mean_of_drawn_quantiles_is_the_closed_form_of_two_lognormal_halves() -> None:
    low, high = math.log(27 / 18) / Z90, math.log(48 / 27) / Z90
    expected = 27 * (
        math.exp(low**2 / 2) * stats.norm.cdf(-low) + math.exp(high**2 / 2) * stats.norm.cdf(high)
    )
    found = drawn(Quantiles(18, 27, 48))
    assert abs(found.mean() - expected) < 3 * found.std() / math.sqrt(found.size)


@pytest.mark.parametrize(
    ("duration", "truth"),
    [
        (Triangular(2, 3, 10), stats.triang((3 - 2) / 8, 2, 8)),
        (Triangular(2, 2, 10), stats.triang(0.0, 2, 8)),
        (Triangular(2, 10, 10), stats.triang(1.0, 2, 8)),
        (Lognormal(20, 0.4), stats.lognorm(0.4, scale=20)),
        (Normal(40, 4), stats.norm(40, 4)),
        (QuantileTable([0.0, 1.0], [5.0, 9.0]), stats.uniform(5, 4)),
    ],
)
def test_drawn_durations_follow_their_distribution(duration: Duration, truth: object) -> None:
    found = drawn(duration, 50_000)
    assert stats.kstest(found, truth.cdf).pvalue > 1e-3  # type: ignore[attr-defined]


def test_a_quantile_table_is_straight_between_and_held_at_its_ends() -> None:
    table = QuantileTable([0.2, 0.5, 0.6], [4.0, 5.0, 9.0])
    at = table.at_scores(np.asarray(stats.norm.ppf([0.01, 0.2, 0.35, 0.55, 0.6, 0.99])))
    assert at == pytest.approx([4, 4, 4.5, 7, 9, 9])


@pytest.mark.parametrize(
    "duration", [Quantiles(18, 27, 48), Lognormal(10, 0.5), Triangular(2, 3, 10), Normal(9, 2)]
)
def test_the_table_of_scores_is_as_near_as_its_docstring_says(duration: Duration) -> None:
    table = score_table(duration)
    between = np.interp(GRID, np.linspace(-Z_MAX, Z_MAX, KNOTS), table)
    exact = duration.at_scores(GRID)
    inner = np.abs(GRID) < 4
    error = np.abs(between - exact)[inner] / exact[inner]
    assert error.max() < (2e-3 if isinstance(duration, Triangular) else 1e-5)


@given(
    st.lists(st.floats(0, 200), min_size=3, max_size=3).map(sorted),
)
def test_quantiles_never_fall_with_the_score_and_never_go_below_zero(values: list[float]) -> None:
    months = Quantiles(*values).at_scores(GRID)
    assert np.all(np.isfinite(months))
    assert np.all(months >= 0)
    assert np.all(np.diff(months) >= -1e-9 * np.abs(months[1:]))


def test_a_delay_whose_p10_is_zero_is_often_zero_and_never_negative() -> None:
    months = drawn(Quantiles(0, 8, 30), 100_000)
    assert months.min() == 0
    assert np.quantile(months, [0.5, 0.9]) == pytest.approx([8, 30], rel=0.02)


def test_what_is_done_already_is_taken_off_and_nothing_goes_below_zero() -> None:
    values = Scaled(Fixed(10), factor=0.5, done_months=2).at_scores(np.zeros(1))
    assert values == pytest.approx([3.0])
    assert Scaled(Fixed(10), done_months=12).at_scores(np.zeros(1)) == pytest.approx([0.0])


@pytest.mark.parametrize(
    "build",
    [
        lambda: Fixed(-1),
        lambda: Fixed(math.nan),
        lambda: Quantiles(5, 4, 9),
        lambda: Quantiles(-1, 4, 9),
        lambda: Quantiles(1, 4, math.inf),
        lambda: Triangular(3, 2, 5),
        lambda: Lognormal(-2, 0.1),
        lambda: Lognormal(2, -0.1),
        lambda: Normal(2, -0.1),
        lambda: QuantileTable([0.5, 0.4], [1, 2]),
        lambda: QuantileTable([0.1, 0.4], [2, 1]),
        lambda: QuantileTable([0.1, 1.4], [1, 2]),
        lambda: QuantileTable([0.1], [1]),
        lambda: Scaled(Fixed(1), factor=-1),
    ],
)
def test_impossible_durations_are_refused(build: object) -> None:
    with pytest.raises(InputError):
        build()  # type: ignore[operator]


def test_quantiles_out_of_order_are_told_as_such() -> None:
    with pytest.raises(InputError, match="P10 5, P50 4, P90 9 months are out of order"):
        Quantiles(5, 4, 9)
