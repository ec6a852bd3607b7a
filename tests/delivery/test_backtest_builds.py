from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.core.random_streams import normals, uniforms
from gigaplan.delivery.backtest import reactors
from gigaplan.delivery.backtest.build_durations import Builds, fit
from gigaplan.delivery.backtest.model import BackTest, score
from gigaplan.delivery.backtest.real_files import read_reactors


def made_builds(n: int = 400, seed: int = 1, spread: float = 0.25) -> Builds:
    """Builds of eight countries from 1950 to 2000 whose law is known."""
    z = normals(seed, "test", "builds", 2, n)
    country = np.arange(n) % 8
    effect = 0.2 * normals(seed, "test", "countries", 1, 8)[0]
    months = 72 * np.exp(effect[country] + spread * z[0])
    start = 1950 + 50 * uniforms(seed, "test", "start", 1, n)[0]
    names = tuple(f"b{i}" for i in range(n))
    countries = tuple(f"c{c}" for c in country)
    return Builds(names, countries, start, months, np.zeros(n, bool))


def test_the_known_law_of_made_builds_is_found_again() -> None:
    fitted = fit(made_builds(), 2000.0)
    # the deviation of a Student-t of five degrees is larger than its scale
    assert np.median(fitted.spread) == pytest.approx(0.22, abs=0.03)
    assert fitted.drift.mean() < 0.12
    assert np.exp(fitted.era).mean() == pytest.approx(72, rel=0.25)


def test_forecasts_of_made_builds_hold_80_percent_of_them() -> None:
    builds = made_builds()
    cases = reactors.cases_after(builds, 1985)
    inside = score(cases).coverage
    assert abs(inside.mean - 0.8) < 0.12


def test_the_unfinished_teach_that_builds_take_longer() -> None:
    builds = made_builds(300)
    known = builds.as_known(1965.0)
    assert known.unfinished.any()
    done = known.where(~known.unfinished)
    with_all = np.exp(fit(known, 1965.0).era).mean()
    assert with_all > np.exp(fit(done, 1965.0).era).mean()


def test_what_happens_after_the_cut_moves_no_forecast() -> None:
    builds = made_builds()
    later = builds.start + builds.months / 12 > 1980
    changed = Builds(
        builds.names,
        builds.countries,
        builds.start,
        np.where(later, builds.months * 3, builds.months),
        builds.unfinished,
    )
    asked = (("c1", "c2"), np.array([1981.0, 1984.0]))
    one, other = fit(builds, 1980.0).forecast(*asked), fit(changed, 1980.0).forecast(*asked)
    assert np.array_equal(one, other)
    assert reactors.chosen_inflation(builds, 1980) == reactors.chosen_inflation(changed, 1980)


def test_a_country_without_builds_is_less_certain() -> None:
    fitted = fit(made_builds(), 1990.0)
    months = fitted.forecast(("c1", "elsewhere"), np.full(2, 1991.0))
    spread = np.log(months).std(axis=1)
    assert spread[1] > spread[0]


def test_forecasts_far_ahead_are_less_certain() -> None:
    fitted = fit(made_builds(), 1990.0)
    months = fitted.forecast(("c1", "c1"), np.array([1990.0, 2015.0]))
    spread = np.log(months).std(axis=1)
    assert spread[1] > spread[0]


def test_inflation_widens_about_the_median() -> None:
    fitted = fit(made_builds(), 1990.0)
    asked = (("c1",), np.array([1991.0]))
    plain, wide = fitted.forecast(*asked), fitted.forecast(*asked, inflation=1.5)
    assert np.median(wide) == pytest.approx(np.median(plain))
    assert np.log(wide).std() == pytest.approx(1.5 * np.log(plain).std())


def test_too_few_finished_builds_are_refused() -> None:
    with pytest.raises(InputError, match="10 or more are needed"):
        fit(made_builds(), 1951.0)


@pytest.fixture(scope="module")
def real(shared: Path) -> BackTest:
    return reactors.back_test(*read_reactors(shared / "data"))


def test_forecasts_of_real_reactors_hold_75_to_85_percent(real: BackTest) -> None:
    found = next(iter(real.rows.values()))
    assert found.cases == 346
    assert 0.75 <= found.coverage.mean <= 0.85
    assert found.skill.mean > 3 * found.skill.standard_error


def test_over_confidence_in_north_america_is_told(real: BackTest) -> None:
    assert "over-confident" in real.rows["North America"].verdict
    assert "above" in real.rows["North America"].verdict


def test_vogtle_came_within_what_was_knowable_in_2013(real: BackTest) -> None:
    row = next(row for row in real.facts if row[0].startswith("Vogtle-3"))
    low, _, high, came = (float(v) for v in row[1:])
    assert low < came < high
