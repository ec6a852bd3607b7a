"""The engines joined on one small programme: one world, one set of figures, each dollar once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from gigaplan import delivery, expansion, operations, weather
from gigaplan.finance.amounts import month_factors
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.runs import RunStore
from gigaplan.study.pipeline import Results, Settings, go_on, make_plan, make_series
from gigaplan.study.running import run
from gigaplan.study.tables import all_tables

DRAWS = 24


def silent(stage: str, share: float) -> None:
    """Show no progress."""


def results_of(name: str, draws: int = DRAWS) -> Results:
    settings = Settings(draws=draws, weather_years=2, threads=1)
    found = make_series(resolve(read_programme(locate(name))), settings, silent)
    make_plan(found, settings, silent)
    return go_on(found, "finance", settings, silent)


@pytest.fixture(scope="module")
def joined() -> Results:
    return results_of("one-campus")


@pytest.fixture(scope="module")
def tables(joined: Results) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame(rows) for name, rows in all_tables(joined).items()}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "tables").iterdir())
    }


def test_threads_change_no_bit_of_a_run(tmp_path: Path) -> None:
    found = []
    for threads in (1, 2):
        settings = Settings(draws=DRAWS, weather_years=2, threads=threads)
        outcome = run("one-campus", settings, store=RunStore(tmp_path / str(threads)))
        summary: dict[str, Any] = json.loads((outcome.folder / "run.json").read_text("utf-8"))
        for key in ("created", "seconds"):
            del summary[key]
        found.append((summary, digests(outcome.folder)))
    assert found[0] == found[1]


def compare_planned(programme: ResolvedProgramme, years: tuple[int, ...], plan: Any) -> None:
    _, planned = delivery.planned_online_it_mw(programme, plan)
    at = [12 * year + 11 - programme.timeline.first for year in years]
    np.testing.assert_allclose(planned.sum(axis=0)[at], plan.it_mw_by_year, rtol=1e-4, atol=0.05)


def test_with_nothing_late_all_that_is_planned_is_online(joined: Results) -> None:
    assert joined.plan is not None
    compare_planned(joined.programme, joined.plan.years, joined.plan)


@pytest.mark.slow
def test_with_nothing_late_all_that_is_planned_of_meta_compute_is_online() -> None:
    programme = resolve(read_programme(locate("meta-compute")))
    series = weather.series_for(programme, weather_years=2, seed=programme.seed)
    plan = expansion.plan(programme, series, check_last_year=False)
    compare_planned(programme, plan.years, plan)


def test_planned_compute_by_site_adds_up_to_the_programme_s_and_ends_each_year_at_the_target_row(
    joined: Results, tables: dict[str, pd.DataFrame]
) -> None:
    online = tables["online"].pivot_table(
        index="month", columns="site", values="planned_it_mw", sort=False
    )
    sites = online.drop(columns="programme").sum(axis=1)
    np.testing.assert_allclose(online["programme"], sites, rtol=1e-6)
    for row in tables["targets"].itertuples():
        assert online["programme"][f"{row.year}-12"] == pytest.approx(row.planned_it_mw, rel=1e-4)


def month_hours(programme: ResolvedProgramme) -> NDArray[np.float64]:
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    first = programme.timeline.first % 12
    return 24.0 * np.resize(np.roll(days, -first), len(programme.timeline))


def test_it_energy_wanted_is_online_compute_times_hours_times_load_factor(joined: Results) -> None:
    moves, found = joined.trajectories, joined.operations
    assert moves is not None
    assert found is not None
    programme = joined.programme
    (campus,) = programme.campuses.values()
    hours = month_hours(programme)
    calendar = programme.timeline.year_of_month
    online = moves.online_it_mw()
    for i, year in enumerate(found.summary.years):
        chosen = calendar == year
        expected = (online[chosen] * hours[chosen, None]).sum(axis=0)
        np.testing.assert_allclose(
            found.summary.wanted_it_mwh[i], expected * campus.load_factor_fraction, rtol=1e-5
        )
        # facility load is IT load times the hour's PUE, within what the cooling design gives
        ratio = found.summary.load_mwh[i].sum() / max(found.summary.wanted_it_mwh[i].sum(), 1e-9)
        if found.summary.wanted_it_mwh[i].any():
            assert 1.0 < ratio < 1.5


def test_energy_by_source_serves_the_load_and_what_storage_loses(
    joined: Results, tables: dict[str, pd.DataFrame]
) -> None:
    assert joined.operations is not None
    used = tables["energy"].groupby(["year", "site"])["mwh"].sum()
    for period in (*joined.operations.by_period, *joined.operations.by_site):
        served = period.served_mwh.mean
        supply = used[period.year, period.site or "programme"]
        assert served * (1 - 1e-9) <= supply <= served * 1.02 + 1


def test_each_dollar_of_delivery_s_capital_is_in_finance_once(
    joined: Results, tables: dict[str, pd.DataFrame]
) -> None:
    moves, programme = joined.trajectories, joined.programme
    assert moves is not None
    calendar = programme.timeline.year_of_month
    capex = tables["capex"].pivot_table(index="year", columns="group", values="mean")
    years = np.arange(calendar[0], programme.years[-1] + 1)
    for group, monthly in moves.capex_usd.items():
        mean = monthly.mean(axis=1)
        by_year = [mean[calendar == year].sum() for year in years]
        np.testing.assert_allclose(capex.loc[years, group], by_year, rtol=1e-9, atol=1.0)
    entities = moves.entity_capex_usd.sum(axis=0)
    paid = sum(monthly.sum(axis=0) for monthly in moves.capex_usd.values())
    np.testing.assert_allclose(paid, entities, rtol=1e-9)
    # after the planning years servers alone are bought again
    total = tables["draws"]["capex_usd"].to_numpy()
    renewed = (capex["servers"].sum() - moves.capex_usd["servers"].mean(axis=1).sum()) * DRAWS
    np.testing.assert_allclose(total.sum() - entities.sum(), renewed, rtol=1e-9, atol=1.0)


def test_nominal_capital_paid_is_real_capital_at_the_index(
    joined: Results, tables: dict[str, pd.DataFrame]
) -> None:
    """Without a venture the company pays all capital, and prices grow with the index alone."""
    moves, programme = joined.trajectories, joined.programme
    assert moves is not None
    assert not any(item.kind == "joint_venture" for item in programme.instruments.values())
    timeline = programme.timeline
    factors = month_factors(
        programme.price_index, programme.base_year, timeline.first, len(timeline)
    )
    uses = (
        tables["cash"]
        .query("side == 'use'")
        .pivot_table(index="year", columns="item", values="mean")
    )
    for group in ("hall", "power", "connection"):
        nominal = moves.capex_usd[group].mean(axis=1) * factors
        for year in programme.years:
            expected = nominal[timeline.year_of_month == year].sum()
            assert uses.loc[year, f"capital: {group}"] == pytest.approx(expected, rel=1e-9, abs=1)


def test_energy_in_cash_is_what_operations_says_each_contract_charges(joined: Results) -> None:
    """Each draw's energy by hand: market, fuel, contract prices and rent, less sales."""
    from gigaplan.finance.energy_cost import EnergyBook
    from gigaplan.finance.money import Money

    assert joined.plan is not None
    assert joined.trajectories is not None
    assert joined.operations is not None
    summary, programme = joined.operations.summary, joined.programme
    work = Money.of(programme, joined.plan, joined.trajectories, summary)
    expected = summary.grid_cost_usd - summary.export_usd
    for name, mwh in summary.project_energy_mwh.items():
        expected = expected + summary.project_variable_usd[name]
        contract = programme.power[name].contract
        if contract.kind in ("ppa", "prepayment"):
            years = np.array(summary.years) - programme.power[name].month // 12
            growth = getattr(contract, "escalation_fraction", 0.0)
            price = contract.price_usd_per_mwh * (1 + growth) ** np.maximum(years, 0)
            expected = expected + price[:, None] * mwh
            assert not summary.project_variable_usd[name].any()
    book = EnergyBook.of(work.sources)
    np.testing.assert_allclose(book.cost_usd, expected, rtol=1e-9, atol=1.0)
    # operations tells the same cost in its own table
    told = [period.cost_usd.mean for period in joined.operations.by_period]
    np.testing.assert_allclose(told, expected.mean(axis=1), rtol=1e-6, atol=1.0)


def test_what_is_optional_and_not_planned_is_never_delivered_nor_run(joined: Results) -> None:
    assert joined.plan is not None
    assert joined.trajectories is not None
    assert joined.operations is not None
    planned = {build.project for build in joined.plan.units}
    optional = {n for n, p in joined.programme.power.items() if p.status == "optional"}
    left_out = optional - planned
    owners = {e.owner for e in joined.trajectories.entities if e.kind == "unit"}
    assert not owners & left_out
    assert not set(joined.operations.summary.project_energy_mwh) & left_out
    mw = {
        project: sum(build.mw for build in joined.plan.units if build.project == project)
        for project in planned
    }
    for project, total in mw.items():
        found = sum(e.mw for e in joined.trajectories.entities if e.owner == project)
        assert found == pytest.approx(total, rel=1e-6)


def test_a_project_added_to_the_programme_changes_no_other_s_world(joined: Results) -> None:
    """With the same decisions, dates, cost and load of all else are the same to the bit."""
    plan, moves, programme = joined.plan, joined.trajectories, joined.programme
    assert plan is not None
    assert moves is not None
    assert joined.operations is not None
    name = next(b.project for b in plan.units if programme.power[b.project].site is None)
    extra = replace(programme.power[name], name="another", design="another", status="announced")
    wider = replace(programme, power={"another": extra, **programme.power})
    build = replace(next(b for b in plan.units if b.project == name), project="another")
    more = delivery.deliver(
        wider, replace(plan, units=(build, *plan.units)), draws=moves.draws, seed=programme.seed
    )
    place = {(e.kind, e.owner, e.name): i for i, e in enumerate(more.entities)}
    same = [place[e.kind, e.owner, e.name] for e in moves.entities]
    np.testing.assert_array_equal(more.online_month[same], moves.online_month)
    np.testing.assert_array_equal(more.entity_capex_usd[same], moves.entity_capex_usd)
    np.testing.assert_array_equal(more.site_online_it_mw, moves.site_online_it_mw)
    found = operations.operate(wider, plan, more, joined.series, seed=programme.seed)
    np.testing.assert_array_equal(found.summary.load_mwh, joined.operations.summary.load_mwh)
    must_run = [
        n
        for n in joined.operations.summary.project_energy_mwh
        if programme.power[n].clean and programme.power[n].contract.kind == "ppa"
    ]
    for other in must_run:
        # what must run makes the same energy, hour by hour, whoever stands beside it
        np.testing.assert_allclose(
            found.summary.project_energy_mwh[other],
            joined.operations.summary.project_energy_mwh[other],
            rtol=1e-12,
        )


def test_a_net_present_value_without_revenue_says_that_it_is_of_cost_alone(joined: Results) -> None:
    from gigaplan.study.finance_tables import finance_summary

    assert joined.finance is not None
    told = finance_summary(joined.finance)
    if joined.programme.finance.revenue is None:
        assert "cost alone" in told["npv_usd_reason"]
        assert "counts nothing that the compute earns" in told["funding_gap_usd_reason"]
        assert told["irr"] is None
        assert told["irr_reason"]
    else:
        assert "npv_usd_reason" not in told
