"""The bundled programmes planned on plain series: commitments kept, limits held, books balanced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.expansion import PlannedProgramme, plan, plan_in_full
from gigaplan.expansion import programme_options as options
from gigaplan.expansion.operation import demand_per_it_mw
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.weather.model import Provenance, Series, SiteSeries, ZoneSeries

HERE = Provenance("generated", "test", "random numbers of this test")


def programme(name: str) -> ResolvedProgramme:
    return resolve(read_programme(locate(name)))


def plain_series(resolved: ResolvedProgramme) -> Series:
    """Return one year of rough series, made from random numbers and the sun's daily round."""
    rng = np.random.default_rng(4)
    hour = np.arange(8760)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)

    def row(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values[None, :]

    sites = {
        name: SiteSeries(
            solar_cf=row(sun * np.repeat(rng.uniform(0.3, 0.9, 365), 24)),
            wind_cf=row(np.repeat(rng.beta(1.5, 2.5, 365), 24)),
            pue=row(1.1 + 0.05 * np.sin(2 * np.pi * hour / 8760) ** 2),
            water_l_per_kwh_it=row(np.full(8760, 0.5)),
            temp_c=row(np.full(8760, 15.0)),
            provenance=(HERE,),
        )
        for name in resolved.sites
    }
    zones = {
        name: ZoneSeries(
            price_usd_per_mwh=row(
                zone.power_price_usd_per_mwh * np.repeat(rng.uniform(0.5, 1.5, 365), 24)
            ),
            carbon_kg_per_mwh=row(np.full(8760, zone.carbon_kg_per_mwh)),
            clean_share_fraction=row(np.full(8760, zone.clean_share_fraction)),
            price_provenance=(HERE,),
            carbon_provenance=(HERE,),
        )
        for name, zone in resolved.zones.items()
    }
    return Series(sites, zones, 1)


def in_full(name: str) -> tuple[ResolvedProgramme, PlannedProgramme]:
    resolved = programme(name)
    return resolved, plan_in_full(resolved, plain_series(resolved))


@pytest.fixture(scope="module")
def campus() -> tuple[ResolvedProgramme, PlannedProgramme]:
    return in_full("one-campus")


@pytest.fixture(scope="module")
def meta() -> tuple[ResolvedProgramme, PlannedProgramme]:
    return in_full("meta-compute")


@pytest.mark.parametrize("name", ["campus", "meta"])
def test_a_bundled_programme_plans_within_its_gap(
    name: str, request: pytest.FixtureRequest
) -> None:
    _, found = request.getfixturevalue(name)
    assert found.plan.status == "optimal"
    assert found.plan.gap <= 0.01
    assert found.plan.bound_usd <= found.plan.objective_usd
    assert any("all 8,760 hours of 1 weather year" in note for note in found.plan.notes)


def test_a_programme_may_be_planned_on_representative_days_instead() -> None:
    resolved = programme("one-campus")
    found = plan_in_full(resolved, plain_series(resolved), days=3)
    assert found.days is not None
    assert len(found.days.days) == 3
    assert any("3 representative days" in note for note in found.plan.notes)
    note = next(note for note in found.plan.notes if "8,760 hours" in note)
    assert f"{resolved.years[-1]} costs" in note


@pytest.mark.parametrize("name", ["campus", "meta"])
def test_online_compute_and_shortfall_make_the_target(
    name: str, request: pytest.FixtureRequest
) -> None:
    resolved, found = request.getfixturevalue(name)
    reached = np.array(found.plan.it_mw_by_year) + np.array(found.plan.target_shortfall_it_mw)
    assert (reached >= np.array(resolved.target_it_mw) - 1e-3).all()


def test_capital_stays_within_its_limits(meta: tuple[ResolvedProgramme, PlannedProgramme]) -> None:
    resolved, found = meta
    spent = np.array(found.plan.capex_usd_by_year)
    for limit, usd in zip(resolved.capex_limit_usd, spent, strict=True):
        assert limit is None or usd <= limit * (1 + 1e-6)
    assert resolved.cumulative_limit_usd
    for year, most in resolved.cumulative_limit_usd.items():
        through = np.array(resolved.years) <= year
        assert spent[through].sum() <= most * (1 + 1e-6)


def test_what_is_announced_is_built_when_it_is_announced(
    meta: tuple[ResolvedProgramme, PlannedProgramme],
) -> None:
    resolved, found = meta
    for project in resolved.power.values():
        if project.status in ("building", "announced") and project.resource != "storage":
            due = options.schedule_mw(project, resolved.years)
            stands = found.solution.capacity.supply_mw[project.name]
            assert stands == pytest.approx(due), project.name
    built = {(phase.campus, phase.phase): phase.year for phase in found.plan.phases}
    for campus in resolved.campuses.values():
        for phase in campus.phases:
            if phase.status != "optional":
                assert built[campus.name, phase.name] == options.year_of(phase.month)


def test_optional_units_are_whole_and_never_early(
    meta: tuple[ResolvedProgramme, PlannedProgramme],
) -> None:
    resolved, found = meta
    for unit in found.plan.units:
        project = resolved.power[unit.project]
        assert unit.year >= options.year_of(project.month)
        if project.units is not None:
            assert unit.mw == pytest.approx(project.unit_mw * unit.units)
            assert unit.units == round(unit.units)


def test_energy_by_source_makes_the_load(
    meta: tuple[ResolvedProgramme, PlannedProgramme],
) -> None:
    _, found = meta
    problem = found.problem
    batteries = {storage.site for storage in problem.storages}
    places = {site.name: site for site in problem.sites}
    for site, sources in found.plan.energy_mwh.items():
        per_it_mw = [
            demand_per_it_mw(problem, places[site], y) @ problem.hours.weights
            for y in range(len(problem.periods))
        ]
        load = found.solution.online_it_mw[site] * np.array(per_it_mw)
        made = np.sum(list(sources.values()), axis=0)
        if site in batteries:
            assert (made >= load - 1.0).all()
        else:
            assert made == pytest.approx(load, rel=1e-6, abs=50.0)


def test_shadow_prices_are_told_for_each_year_a_site_has_compute_in(
    campus: tuple[ResolvedProgramme, PlannedProgramme],
) -> None:
    _, found = campus
    power = [price for price in found.plan.shadow_prices if price.kind == "power_price"]
    online = found.solution.online_it_mw["new-albany"]
    with_compute = [y for y, mw in zip(found.plan.years, online, strict=True) if mw > 0]
    assert with_compute == [2028, 2029, 2030, 2031, 2032]
    assert [price.year for price in power] == with_compute
    assert {price.unit for price in power} == {"usd_per_mwh"}


def test_the_same_programme_gives_the_same_plan() -> None:
    resolved = programme("one-campus")
    series = plain_series(resolved)
    told: list[float] = []
    one = plan(resolved, series, threads=1, progress=told.append)
    two = plan(resolved, series, threads=2)
    assert one.units == two.units
    assert one.objective_usd == two.objective_usd
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_series_that_lack_a_site_are_refused() -> None:
    resolved = programme("one-campus")
    series = plain_series(resolved)
    with pytest.raises(InputError, match="the series lack site 'new-albany'"):
        plan(resolved, replace(series, sites={}))


def test_capital_is_spent_over_the_stages_before_service(
    meta: tuple[ResolvedProgramme, PlannedProgramme],
) -> None:
    resolved, _ = meta
    for project in resolved.power.values():
        shares = options.spend_fractions(project)
        assert sum(shares) == pytest.approx(1.0)
        assert min(shares) >= 0
    reactor = options.spend_fractions(resolved.power["oklo-pike"])
    assert len(reactor) > 1


def test_stages_in_a_row_spend_year_by_year() -> None:
    # 12 months of 30%, then 24 months of 70%: 35%, 35%, 30% counted back from service
    shares: Any = options._by_year_before([(0.0, 12.0, 0.3), (12.0, 36.0, 0.7)], 36.0)
    assert shares == pytest.approx((0.35, 0.35, 0.3))


def test_a_plan_pays_the_taxes_of_where_it_builds() -> None:
    programme = resolve(read_programme(locate("meta-compute")))
    fixed = {
        name: options.campus(figures, programme).fixed_usd_per_it_mw_year
        for name, figures in programme.campuses.items()
    }
    opex = programme.finance.opex_usd_per_it_kw_year * 1000
    ohio, texas = (np.asarray(fixed[name]) for name in ("next-ohio", "next-texas"))
    # 100% abated for 15 years and no tax on servers, beside 2.1% of which 60% is paid
    assert np.all(ohio - opex < 0.01 * programme.campuses["next-ohio"].hall_usd_per_it_kw * 1000)
    assert np.all(texas > ohio + 100_000)
