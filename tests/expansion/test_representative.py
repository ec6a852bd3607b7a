"""Representative days: weights make a year, extremes are kept, errors are told and true."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.expansion import choose_days


def year(seed: int = 0, days: int = 365) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    hour = np.arange(24 * days)
    season = np.sin(2 * np.pi * hour / (24 * days))
    return {
        "sun": np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.3, 1, 1)
        + 0.1 * (season + 1),
        "wind": np.repeat(rng.beta(1.5, 2.0, days), 24),
        "price": 50 + 20 * season + rng.normal(0, 5, 24 * days),
    }


@pytest.mark.parametrize("count", [1, 2, 5, 20, 80])
def test_the_weights_make_a_year(count: int) -> None:
    found = choose_days(year(), count)
    assert len(found.days) == count
    assert found.weight_days.sum() == pytest.approx(365.0)
    assert (found.weight_days > 0).all()
    assert found.hours.weights.sum() == pytest.approx(8760.0)
    assert found.hours.chain_lengths == (24,) * count


def test_all_days_have_no_error() -> None:
    found = choose_days(year(), 365)
    assert sorted(found.days) == list(range(365))
    assert found.worst_mean_fraction == pytest.approx(0.0, abs=1e-12)
    assert found.worst_duration_curve_fraction == pytest.approx(0.0, abs=1e-12)


def test_more_days_show_the_year_better() -> None:
    errors = [choose_days(year(), n).worst_duration_curve_fraction for n in (2, 10, 60, 200)]
    assert errors == sorted(errors, reverse=True)


def test_two_kinds_of_day_are_found_with_their_true_weights() -> None:
    # 100 still days and 265 windy ones, nothing else: two days say it all
    kind = np.zeros(365, dtype=bool)
    kind[np.random.default_rng(1).permutation(365)[:265]] = True
    wind = np.repeat(np.where(kind, 0.9, 0.1), 24)
    found = choose_days({"wind": wind}, 2)
    weights = dict(zip(found.take(wind)[::24], found.weight_days, strict=True))
    assert weights == {0.9: pytest.approx(265.0), 0.1: pytest.approx(100.0)}
    assert found.errors["wind"].mean_fraction < 1e-9
    assert found.errors["wind"].duration_curve_fraction < 1e-9


def test_an_extreme_day_is_kept() -> None:
    series = year()
    series["price"][24 * 200 : 24 * 201] = 4000.0
    found = choose_days(series, 6, extremes=(("price", "highest"), ("wind", "lowest")))
    assert 200 in found.days
    assert int(series["wind"][::24].argmin()) in found.days
    # it stands for about its own day, not for a season
    assert found.weight_days[list(found.days).index(200)] < 3


def test_a_series_scaled_to_its_mean_keeps_its_energy() -> None:
    series = year()
    found = choose_days(series, 3, step_hours=4)
    shown = found.take(series["wind"], keep_mean=True)
    assert np.average(shown, weights=found.hours.weights) == pytest.approx(series["wind"].mean())
    assert len(shown) == 3 * 6
    assert found.hours.step_hours == 4.0


def test_several_weather_years_are_chosen_from_together() -> None:
    one, two = year(1)["wind"], year(2)["wind"] * 0.5
    found = choose_days({"wind": np.stack([one, two])}, 40)
    assert found.weight_days.sum() == pytest.approx(365.0)
    assert (found.days >= 365).any()
    assert (found.days < 365).any()


def test_the_reported_errors_are_those_of_the_definition() -> None:
    series = year()
    found = choose_days(series, 4)
    price = series["price"]
    shown = found.take(price)
    mean = np.average(shown, weights=found.hours.weights)
    assert found.errors["price"].mean_fraction == pytest.approx(
        abs(mean - price.mean()) / price.mean()
    )
    # duration curve by counting: the chosen value below which the same share of the year lies
    order = np.argsort(shown)
    below = np.cumsum(found.hours.weights[order]) / 8760
    curve = np.array(
        [
            shown[order][min(int((below < q).sum()), len(shown) - 1)]
            for q in (np.arange(8760) + 0.5) / 8760
        ]
    )
    distance = np.sqrt(np.mean((curve - np.sort(price)) ** 2)) / np.ptp(price)
    assert found.errors["price"].duration_curve_fraction == pytest.approx(distance, rel=1e-6)


@pytest.mark.parametrize(
    ("series", "count", "step", "message"),
    [
        ({}, 1, 1, "no series"),
        ({"a": np.ones(25)}, 1, 1, "no whole days"),
        ({"a": np.ones(24), "b": np.ones(48)}, 1, 1, "different lengths"),
        ({"a": np.ones(48)}, 3, 1, "3 days asked of 2"),
        ({"a": np.ones(48)}, 1, 5, "do not divide a day"),
        ({"a": np.full(48, np.nan)}, 1, 1, "no number"),
    ],
)
def test_wrong_series_are_refused(
    series: dict[str, NDArray[np.float64]], count: int, step: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        choose_days(series, count, step_hours=step)
