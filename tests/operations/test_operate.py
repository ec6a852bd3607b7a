"""A programme run on made-up trajectories and flat series, checked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.operations import Grid, OperationsResult, Unit, assess, operate
from gigaplan.operations.site_system import SiteSystems
from gigaplan.programme import Entity, Plan, Trajectories, read_programme
from gigaplan.programme.bundled import locate
from gigaplan.programme.reliability import CampusEvent, Feeds, GasSupply
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.weather.model import Provenance, Series, SiteSeries, ZoneSeries

DRAWS, YEARS = 4, (2029, 2030)
SITE, ZONE = "new-albany", "pjm-aep"
PUE = 1.25


@pytest.fixture(scope="module")
def programme() -> ResolvedProgramme:
    return resolve(read_programme(locate("one-campus")))


@pytest.fixture(scope="module")
def series() -> Series:
    where = (Provenance("generated", "flat", "made for this test"),) * 2
    flat = np.ones((2, 8760))
    site = SiteSeries(0.2 * flat, 0.3 * flat, PUE * flat, 1.5 * flat, 15 * flat, where)
    # The second weather year is dearer: draws 1 and 3 meet it.
    price = flat * [[40.0], [60.0]]
    zone = ZoneSeries(price, 400 * flat, 0.25 * flat, where, where)
    return Series({SITE: site}, {ZONE: zone}, 2)


def world(
    programme: ResolvedProgramme,
    it_mw: float = 100.0,
    connection_mw: float = 300.0,
    units: tuple[tuple[str, float, float], ...] = (),
) -> Trajectories:
    """Return trajectories: IT from 2029-07 on; units as (project, MW, month of service)."""
    timeline = programme.timeline
    months = timeline.first + np.arange(len(timeline))
    online = np.where(months >= 12 * 2029 + 6, it_mw, 0.0)
    it = np.repeat(online[None, :, None], DRAWS, axis=2).astype(np.float32)
    it[:, :, 3] *= 0.5
    entities = [Entity("connection", SITE, "step", SITE, connection_mw, 0)]
    service = [np.full(DRAWS, 12 * 2029.0)]
    for project, mw, month in units:
        figures = programme.power[project]
        entities.append(Entity("unit", project, f"{project}-1", figures.site or "", mw, 0))
        service.append(np.full(DRAWS, month))
    shape = (len(entities), DRAWS)
    return Trajectories(
        timeline,
        DRAWS,
        1,
        tuple(entities),
        np.array(service),
        np.ones(shape),
        (SITE,),
        it,
        np.zeros(it.shape, np.int8),
        {},
        np.zeros(shape),
        (),
    )


def plan_of(programme: ResolvedProgramme) -> Plan:
    return Plan(programme.name, YEARS, (), (), (), (), 0, 0, 0, "", (), (), ())


def run(
    programme: ResolvedProgramme,
    trajectories: Trajectories,
    series: Series,
    samples: int | None = None,
    threads: int = 1,
) -> OperationsResult:
    plan = plan_of(programme)
    return operate(programme, plan, trajectories, series, samples=samples, threads=threads)


def test_grid_only_energy_and_cost_are_those_computed_by_hand(
    programme: ResolvedProgramme, series: Series
) -> None:
    found = run(programme, world(programme), series)
    summary = found.summary
    load = programme.campuses[SITE].load_factor_fraction * PUE * 100.0
    hours = np.array([184 * 24, 8760])
    draws = np.array([1.0, 1.0, 1.0, 0.5])
    expected = load * hours[:, None] * draws
    # float32 compute, and a connection that is out for some hours in 20,000.
    assert summary.load_mwh == pytest.approx(expected, rel=1e-6)
    assert summary.grid_energy_mwh == pytest.approx(expected, rel=5e-3)
    price = np.array([40.0, 60.0, 40.0, 60.0])
    assert summary.grid_cost_usd == pytest.approx(summary.grid_energy_mwh * price)
    assert summary.co2_t == pytest.approx(0.4 * summary.grid_energy_mwh)
    assert summary.wanted_it_mwh == pytest.approx(expected / PUE, rel=1e-6)
    year = found.by_period[1]
    assert year.clean_share_hourly.mean == pytest.approx(0.25)
    assert year.clean_share_annual.mean == pytest.approx(0.25)
    water = 1.5 * summary.grid_energy_mwh[1].mean() / PUE
    assert year.water_m3.mean == pytest.approx(water, rel=1e-6)
    assert year.lolh_hours.mean * load * 0.875 == pytest.approx(year.eue_mwh.mean, rel=0.2, abs=50)


def test_a_zone_whose_price_answers_charges_for_it_by_hand(
    programme: ResolvedProgramme, series: Series
) -> None:
    zones = {ZONE: replace(programme.zones[ZONE], price_response_usd_per_mwh_per_gw=20.0)}
    plain = run(programme, world(programme), series).summary
    found = run(replace(programme, zones=zones), world(programme), series).summary
    load = programme.campuses[SITE].load_factor_fraction * PUE * np.array([100.0, 100, 100, 50])
    assert found.grid_energy_mwh == pytest.approx(plain.grid_energy_mwh)
    dearer = found.grid_cost_usd - plain.grid_cost_usd
    # Each MW imported lifts the price by 2 cents; after an outage batch work catches up.
    assert dearer == pytest.approx(0.02 * load * plain.grid_energy_mwh, rel=1e-3)


def test_without_a_connection_or_units_nothing_is_served(
    programme: ResolvedProgramme, series: Series
) -> None:
    found = run(programme, world(programme, connection_mw=0.0), series)
    for period in found.by_period:
        assert period.eue_mwh.mean == pytest.approx(period.load_mwh.mean)
        assert period.served_mwh.mean == pytest.approx(0, abs=1e-6)
    # Load begins in July of 2029: half a year is short, then a whole one.
    assert [p.lolh_hours.mean for p in found.by_period] == [184 * 24, 8760]
    assert found.displays[0].worst_year == 2030


def owned_firm(programme: ResolvedProgramme) -> str:
    return next(
        p.name
        for p in programme.power.values()
        if p.resource == "firm" and p.site and p.contract.kind == "own" and not p.clean
    )


def remote_clean(programme: ResolvedProgramme) -> str:
    return next(
        p.name
        for p in programme.power.values()
        if p.site is None and p.clean and p.contract.kind == "ppa"
    )


def with_site(programme: ResolvedProgramme, **changes: Any) -> ResolvedProgramme:
    """Return the programme with its site changed."""
    return replace(programme, sites={SITE: replace(programme.sites[SITE], **changes)})


def test_a_site_s_pipeline_and_gas_budget_bound_what_its_projects_burn(
    programme: ResolvedProgramme, series: Series
) -> None:
    firm = owned_firm(programme)
    rate = programme.power[firm].heat_rate_mmbtu_per_mwh
    trajectories = world(programme, units=((firm, 120.0, 12 * 2029.0),), connection_mw=0.0)
    plain = run(programme, trajectories, series).summary.project_energy_mwh[firm][1]
    flow = with_site(programme, gas_supply=GasSupply(pipeline_mmbtu_per_hour=40 * rate))
    limited = run(flow, trajectories, series).summary.project_energy_mwh[firm][1]
    assert (limited <= 40 * 8760 + 1e-6).all()
    assert (limited < plain).all()
    budget = with_site(programme, gas_supply=GasSupply(budget_mmbtu_per_year=1e5 * rate))
    spent = run(budget, trajectories, series).summary.project_energy_mwh[firm][1]
    assert spent[:3] == pytest.approx(1e5)


def test_gas_that_stops_in_all_hours_of_an_event_stops_all_that_burn_it(
    programme: ResolvedProgramme, series: Series
) -> None:
    firm = owned_firm(programme)
    trajectories = world(programme, units=((firm, 120.0, 12 * 2029.0),), connection_mw=0.0)
    stops = GasSupply(stops_per_year=6.0, stop_hours=240.0)
    plain = run(programme, trajectories, series, samples=200).by_period[1]
    found = run(with_site(programme, gas_supply=stops), trajectories, series, samples=200)
    # Six events of ten days: out for 6 * 240 hours a year, less where events overlap.
    share = -np.expm1(-6.0 * 240 / 8760)
    lost = found.by_period[1].eue_mwh.mean - plain.eue_mwh.mean
    error = 3 * np.hypot(found.by_period[1].eue_mwh.standard_error, plain.eue_mwh.standard_error)
    assert lost == pytest.approx(share * plain.served_mwh.mean, abs=error)


def test_two_feeds_that_each_carry_all_leave_less_unserved_than_one(
    programme: ResolvedProgramme, series: Series
) -> None:
    one = run(programme, world(programme), series, samples=400).by_period[1]
    feeds = Feeds(count=2, each_fraction=1.0)
    two = run(with_site(programme, connection_feeds=feeds), world(programme), series, samples=400)
    assert two.by_period[1].eue_mwh.mean < 0.2 * one.eue_mwh.mean


def test_events_of_the_campus_lose_their_share_of_its_work(
    programme: ResolvedProgramme, series: Series
) -> None:
    event = CampusEvent(name="cooling", mttf_hours=1900.0, mttr_hours=100.0, lost_fraction=0.5)
    found = run(with_site(programme, campus_events=(event,)), world(programme), series, samples=400)
    plain = run(programme, world(programme), series, samples=400)
    lost = 1 - found.summary.served_it_mwh[1].mean() / plain.summary.served_it_mwh[1].mean()
    assert lost == pytest.approx(0.5 * 0.05, rel=0.15)


def test_energy_adds_up_over_projects_grid_and_sales(
    programme: ResolvedProgramme, series: Series
) -> None:
    firm, remote = owned_firm(programme), remote_clean(programme)
    units = ((firm, 120.0, 12 * 2029.0), (remote, 500.0, 12 * 2030 + 5.5))
    found = run(programme, world(programme, units=units), series)
    summary = found.summary
    assert summary.project_energy_mwh[remote][0] == pytest.approx(0)
    assert (summary.project_energy_mwh[remote][1] > 0).all()
    sold = summary.export_usd / np.array([40.0, 60.0, 40.0, 60.0])
    supply = sum(summary.project_energy_mwh.values()) + summary.grid_energy_mwh - sold
    served = np.array([p.served_mwh.mean for p in found.by_period])
    assert supply.mean(axis=1) == pytest.approx(served, rel=1e-6)
    price = dict.fromkeys(summary.project_energy_mwh, 0.0)
    contract = programme.power[remote].contract
    assert contract.kind == "ppa"
    price[remote] = contract.price_usd_per_mwh * (1 + contract.escalation_fraction) ** (
        2030 - programme.power[remote].month // 12
    )
    cost = summary.grid_cost_usd - summary.export_usd
    for name, mwh in summary.project_energy_mwh.items():
        cost = cost + summary.project_variable_usd[name] + price[name] * mwh
    assert found.by_period[1].cost_usd.mean == pytest.approx(cost[1].mean())
    assert (summary.project_variable_usd[remote] == 0).all()


def test_a_unit_serves_from_the_first_whole_month_and_to_the_end_of_its_life(
    programme: ResolvedProgramme, series: Series
) -> None:
    name = owned_firm(programme)
    figures = replace(
        programme.power[name], forced_outage_fraction=0.0, planned_outage_fraction=0.0
    )
    own = replace(programme, power={**programme.power, name: figures})
    # Islanded and too small: it runs in every hour that it exists and there is load.
    late = world(own, connection_mw=0.0, units=((name, 10.0, 12 * 2030 + 2.2),))
    mwh = run(own, late, series).summary.project_energy_mwh[name]
    assert mwh[1] == pytest.approx(10.0 * (365 - 90) * 24)
    ends = world(
        own, connection_mw=0.0, units=((name, 10.0, 12 * (2030 - figures.life_years) + 6.0),)
    )
    mwh = run(own, ends, series).summary.project_energy_mwh[name]
    assert mwh[1] == pytest.approx(10.0 * 181 * 24)


def test_threads_and_repeats_do_not_change_a_bit(
    programme: ResolvedProgramme, series: Series
) -> None:
    units = ((owned_firm(programme), 80.0, 12 * 2029.0),)
    trajectories = world(programme, connection_mw=50.0, units=units)
    one, two = (run(programme, trajectories, series, None, n) for n in (1, 2))
    assert one.by_period == two.by_period
    assert one.by_site == two.by_site
    assert one.summary.grid_cost_usd.tobytes() == two.summary.grid_cost_usd.tobytes()


def test_more_samples_than_draws_keep_the_draws_apart(
    programme: ResolvedProgramme, series: Series
) -> None:
    units = ((owned_firm(programme), 80.0, 12 * 2029.0),)
    trajectories = world(programme, connection_mw=50.0, units=units)
    found = run(programme, trajectories, series, samples=20 * DRAWS)
    assert found.samples == 80
    load = found.summary.load_mwh[1]
    assert load[3] == pytest.approx(load[0] / 2)
    with pytest.raises(InputError, match="a multiple of the 4 draws"):
        run(programme, trajectories, series, samples=6)


def test_a_missing_series_is_named(programme: ResolvedProgramme, series: Series) -> None:
    with pytest.raises(InputError, match="site 'new-albany'"):
        run(programme, world(programme), replace(series, sites={}))


def units_at(programme: ResolvedProgramme, world: Trajectories, series: Series) -> set[Unit]:
    found = SiteSystems(programme, world, series).at(SITE, 2030)
    assert found is not None
    return {
        replace(u, first_hour=0, end_hour=None, availability_fraction=None) for u in found.units
    }


def test_adding_a_project_moves_no_outage_of_another(
    programme: ResolvedProgramme, series: Series
) -> None:
    firm, remote = owned_firm(programme), remote_clean(programme)
    mine = (remote, 500.0, 12 * 2029.0)
    alone = units_at(programme, world(programme, units=(mine,)), series)
    both = units_at(programme, world(programme, units=((firm, 80.0, 12 * 2029.0), mine)), series)
    # outages are drawn by name and refuelling by phase: both are part of a unit
    assert alone < both


def test_connections_fail_apart_from_each_other_and_anew_each_year(
    programme: ResolvedProgramme, series: Series
) -> None:
    second = "second"
    two = replace(
        programme,
        sites={**programme.sites, second: replace(programme.sites[SITE], name=second)},
    )
    series = replace(series, sites={**series.sites, second: series.sites[SITE]})
    moves = world(programme)
    twice = replace(
        moves,
        entities=(*moves.entities, replace(moves.entities[0], owner=second, site=second)),
        online_month=np.repeat(moves.online_month, 2, axis=0),
        sites=(SITE, second),
        site_online_it_mw=np.repeat(moves.site_online_it_mw, 2, axis=0),
    )
    found = operate(two, plan_of(two), twice, series, samples=40 * DRAWS)
    short = {(p.year, p.site): p.eue_mwh.mean for p in found.by_site}
    assert all(mwh > 0 for mwh in short.values())
    assert short[2030, SITE] != short[2030, second]
    systems = SiteSystems(two, twice, series)
    names = {
        system.grid.name
        for site in (SITE, second)
        for year in YEARS
        if (system := systems.at(site, year)) is not None
    }
    assert len(names) == 4


def test_what_is_sold_is_told_apart_from_what_serves_the_site(
    programme: ResolvedProgramme, series: Series
) -> None:
    remote = remote_clean(programme)
    found = run(programme, world(programme, units=((remote, 900.0, 12 * 2029.0),)), series)
    year = found.by_period[1]
    assert year.sold_mwh[remote].mean > 0
    used = sum(e.mean for e in year.energy_mwh.values()) - year.sold_mwh[remote].mean
    assert used == pytest.approx(year.served_mwh.mean, rel=1e-6)


def test_contracts_that_must_be_taken_sell_alike(
    programme: ResolvedProgramme, series: Series
) -> None:
    remote = remote_clean(programme)
    second = replace(programme.power[remote], name="second")
    two = replace(programme, power={**programme.power, "second": second})
    units = ((remote, 900.0, 12 * 2029.0), ("second", 300.0, 12 * 2029.0))
    year = run(two, world(two, units=units), series).by_period[1]
    sold = [year.sold_mwh[n].mean / year.energy_mwh[n].mean for n in (remote, "second")]
    # alike in each draw; the mean over draws differs by what failed in each
    assert sold[0] == pytest.approx(sold[1], rel=2e-3)
    used = sum(e.mean for e in year.energy_mwh.values()) - sum(
        e.mean for e in year.sold_mwh.values()
    )
    assert used == pytest.approx(year.served_mwh.mean, rel=1e-6)


def test_the_grid_s_clean_part_counts_on_what_is_bought_less_what_is_sold() -> None:
    # 150 MW clean against 100 then 300 MW: 50 are sold, then 150 bought, of which 0.4 are clean.
    # By the year 150 + 0.4 (75 - 25) of 200; by the hour 100 of 100 and 150 + 60 of 300.
    load = np.repeat([100.0, 300.0], 4380)
    unit = Unit("wind", 150.0, clean=True, must_run=True, remote=True)
    grid = Grid(1000.0, price_usd_per_mwh=50.0, clean_share_fraction=0.4)
    found = assess([unit], load, grid=grid, samples=2).energy
    assert found is not None
    assert found.clean_share_annual.mean == pytest.approx(170 / 200)
    assert found.clean_share_hourly.mean == pytest.approx(310 / 400)


def test_the_months_of_a_year_add_up_to_it(programme: ResolvedProgramme, series: Series) -> None:
    units = ((owned_firm(programme), 80.0, 12 * 2029.0), (remote_clean(programme), 50.0, 24350.0))
    found = run(programme, world(programme, connection_mw=50.0, units=units), series)
    for year in (*found.by_period, *found.by_site):
        (of,) = [m for m in found.by_month if (m.year, m.site) == (year.year, year.site)]
        for name in ("load_mwh", "served_mwh", "eue_mwh", "co2_t", "water_m3"):
            total = sum(getattr(month, name).mean for month in of.months)
            assert total == pytest.approx(getattr(year, name).mean, rel=1e-9), name
        served = [month.served_mwh.mean for month in of.months]
        shares = [month.clean_share_hourly.mean for month in of.months]
        assert np.average(shares, weights=served) == pytest.approx(
            year.clean_share_hourly.mean, rel=1e-9
        )
        assert all(month.clean_share_monthly.mean <= 1.0 for month in of.months)


def test_months_of_half_a_year_without_load_have_none(
    programme: ResolvedProgramme, series: Series
) -> None:
    found = run(programme, world(programme), series)
    months = next(of.months for of in found.by_month if (of.year, of.site) == (2029, ""))
    assert [month.load_mwh.mean > 0 for month in months] == [False] * 6 + [True] * 6


def test_hours_that_are_no_year_have_no_months() -> None:
    found = assess([Unit("gas", 150.0)], np.full(240, 100.0), samples=2)
    assert found.energy is not None
    assert found.energy.by_month == ()
