"""A programme paid for on delivery's draws."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.core.errors import InputError
from gigaplan.finance import draws as of_draws
from gigaplan.finance import held_compute, programme_credits, programme_money, programme_sources
from gigaplan.finance.energy_cost import EnergyBook
from gigaplan.finance.held_compute import online_it_mw
from gigaplan.programme import funding
from gigaplan.programme import instruments as money
from gigaplan.programme.resolved import ResolvedProgramme, RevenueFigures, ZoneFigures
from gigaplan.programme.supply import Own, Ppa, Prepaid, Tolling


def run(
    programme: ResolvedProgramme | None = None, draws: int = 60, threads: int = 1
) -> finance.FinanceResult:
    world = small.trajectories(draws)
    chosen = small.programme() if programme is None else programme
    return finance.fund(chosen, small.plan(), world, small.operating(world), threads=threads)


def _block(sources: of_draws.Sources, part: slice) -> programme_money.Block:
    it_mw = online_it_mw(sources, part)
    return programme_money.make_block(sources, EnergyBook.of(sources), it_mw, part)


def by_name(lines: tuple[finance.Line, ...], group: str, name: str) -> dict[str, float]:
    return {
        line.period: line.value.mean for line in lines if (line.group, line.name) == (group, name)
    }


@pytest.fixture(scope="module")
def result() -> finance.FinanceResult:
    return run()


def test_mean_sources_equal_mean_uses_in_every_year(result: finance.FinanceResult) -> None:
    for year in small.TIMELINE.years:
        sides = {
            side: sum(
                line.value.mean
                for line in result.cash
                if line.group == side and line.period == str(year)
            )
            for side in ("source", "use")
        }
        assert sides["source"] == pytest.approx(sides["use"], abs=1.0)


def test_the_mean_balance_sheet_balances(result: finance.FinanceResult) -> None:
    assets = by_name(result.statements, "balance_sheet", "total assets")
    against = by_name(result.statements, "balance_sheet", "total liabilities")
    equity = by_name(result.statements, "balance_sheet", "equity")
    for year, value in assets.items():
        assert value == pytest.approx(against[year] + equity[year], abs=0.02)


def test_capital_by_year_adds_up_to_delivery_s_and_the_servers_bought_again() -> None:
    world = small.trajectories(60)
    result = run()
    last_planned = 12 * (small.YEARS[-1] + 1) - small.TIMELINE.first
    for year in small.YEARS:
        rows = world.timeline.year_of_month == year
        expected = sum(values[rows].sum(axis=0) for values in world.capex_usd.values())
        assert result.capex_usd_by_year[year].mean == pytest.approx(float(np.mean(expected)))
    renewed = programme_money.renewed(world.capex_usd["servers"], 60, last_planned)
    whole = sum(percentile.mean for percentile in result.capex_usd_by_year.values())
    rest = sum(v.sum(axis=0).mean() for k, v in world.capex_usd.items() if k != "servers")
    assert whole == pytest.approx(rest + renewed.sum(axis=0).mean())
    # Servers of 2028 to 2031 reach five years of age after the last planning year.
    assert renewed.sum() > 1.5 * world.capex_usd["servers"].sum()


def test_threads_and_draws_beside_it_do_not_change_a_draw(
    monkeypatch: pytest.MonkeyPatch, result: finance.FinanceResult
) -> None:
    monkeypatch.setattr("gigaplan.finance.funding._BLOCK", 7)
    again = run(threads=2)
    for name in ("npv_usd", "required_revenue_usd_per_gw_year", "funding_gap_usd"):
        assert np.array_equal(getattr(result.outcomes, name), getattr(again.outcomes, name))
    assert result.cash == again.cash
    assert result.statements == again.statements


def test_without_revenue_there_is_no_rate_of_return_and_the_reason_is_said(
    result: finance.FinanceResult,
) -> None:
    assert result.irr.value is None
    assert "no revenue is stated" in result.irr.reason
    assert result.npv_usd.value is not None
    assert result.npv_usd.value.p90 < 0


def test_earning_what_is_required_in_every_draw_brings_the_net_present_value_near_zero(
    result: finance.FinanceResult,
) -> None:
    needed = result.required_revenue_usd_per_gw_year.value
    assert needed is not None
    base = small.programme()
    terms = dataclasses.replace(
        base.finance, revenue=RevenueFigures("capacity", needed.mean / 1000)
    )
    paid = run(dataclasses.replace(base, finance=terms))
    assert paid.irr.value is not None
    assert paid.irr.value.p50 == pytest.approx(0.09, abs=0.02)
    values = paid.outcomes.npv_usd
    assert values.min() < 0 < values.max()
    # A draw that needs less than is earned is worth more than nothing, and only such.
    cheap = paid.outcomes.required_revenue_usd_per_gw_year < needed.mean
    assert np.array_equal(cheap, values > 0)


def test_the_split_adds_up_to_the_mean_required_revenue(result: finance.FinanceResult) -> None:
    needed = result.required_revenue_usd_per_gw_year.value
    assert needed is not None
    assert sum(result.cost_split_usd_per_gw_year.values()) == pytest.approx(needed.mean, rel=1e-9)
    assert {"hall", "servers", "power", "energy", "tax"} <= set(result.cost_split_usd_per_gw_year)


def test_required_revenue_does_not_depend_on_how_it_is_paid_for(
    result: finance.FinanceResult,
) -> None:
    bare = run(dataclasses.replace(small.programme(), instruments={}))
    assert np.array_equal(
        bare.outcomes.required_revenue_usd_per_gw_year,
        result.outcomes.required_revenue_usd_per_gw_year,
    )
    assert bare.funding_gap_usd.mean > result.funding_gap_usd.mean


def test_no_figure_is_not_a_number(result: finance.FinanceResult) -> None:
    for line in (*result.cash, *result.statements, *result.funding_gap, *result.capex):
        assert np.isfinite([line.value.p10, line.value.p50, line.value.p90, line.value.mean]).all()
    for metric in result.metrics:
        if metric.value is not None:
            assert np.isfinite(dataclasses.astuple(metric.value)).all(), metric.name


def test_every_contract_charges_what_it_says() -> None:
    world = small.trajectories(20)
    summary = small.operating(world)
    made = summary.project_energy_mwh["reactor"]

    def sources(contract: Own | Ppa | Prepaid | Tolling) -> of_draws.Sources:
        project = small.supply("reactor", contract)
        programme = dataclasses.replace(small.programme(), power={"reactor": project})
        assets = programme_sources.assets_of(programme, small.plan(), world)
        return of_draws.Sources(programme, small.plan(), world, summary, assets, {})

    whole = slice(0, 20)
    cost = {
        contract.kind: _block(sources(contract), whole).flows.energy_usd
        for contract in (
            Own(),
            Ppa(price_usd_per_mwh=80.0, escalation_fraction=0.01, term_years=20),
            Prepaid(prepaid_usd_per_kw=2000.0, price_usd_per_mwh=30.0, term_years=20),
            Tolling(capacity_usd_per_kw_year=150.0, term_years=20),
        )
    }
    calendar = small.TIMELINE.year_of_month
    own = cost["own"]
    ppa = cost["ppa"]
    assert own is not None
    assert ppa is not None
    for i, year in enumerate(small.YEARS):
        rows = calendar == year
        extra = (ppa.values - own.values)[rows].sum(axis=0)
        price = 80.0 * 1.01 ** max(year - 2029, 0)
        np.testing.assert_allclose(extra, price * made[i], rtol=1e-9, atol=1.0)
        total = own.values[rows].sum(axis=0)
        np.testing.assert_allclose(
            total, summary.grid_cost_usd[i] + 3.0 * made[i], rtol=1e-9, atol=1.0
        )
    tolled = cost["tolling"]
    assert tolled is not None
    rent = (tolled.values - own.values)[-1]
    live = np.isfinite(world.online_month[6:]).sum(axis=0) * 200.0
    np.testing.assert_allclose(rent, 150.0 * 1000 * live / 12, rtol=1e-9)


def test_chips_that_stood_before_leave_evenly_and_are_no_part_of_the_programme() -> None:
    world = small.trajectories(20)
    base = small.programme()
    campus = base.campuses["lebanon"]
    stood = dataclasses.replace(campus.phases[0], name="old", it_mw=100.0, status="operating")
    older = dataclasses.replace(campus, phases=(stood, *campus.phases))
    programme = dataclasses.replace(base, campuses={"lebanon": older})
    more = dataclasses.replace(world, site_online_it_mw=world.site_online_it_mw + np.float32(100.0))
    summary = small.operating(more)

    def block(chosen: ResolvedProgramme) -> programme_money.Block:
        assets = programme_sources.assets_of(chosen, small.plan(), more)
        sources = of_draws.Sources(chosen, small.plan(), more, summary, assets, {})
        return _block(sources, slice(0, 20))

    new, everything = block(programme), block(base)
    left = everything.compute.it_mw - new.compute.it_mw
    # Five years of life: 100 MW in the first month, half after 30 months, none after 60.
    np.testing.assert_allclose(
        left[[0, 30, 60, 100]], [[100.0], [50.0], [0.0], [0.0]] * np.ones(20)
    )
    one, whole = new.flows.energy_usd, everything.flows.energy_usd
    assert one is not None
    assert whole is not None
    share = new.compute.it_mw / everything.compute.it_mw
    np.testing.assert_allclose(one.values, whole.values * share, rtol=1e-12)


def test_compute_that_comes_after_the_planning_years_costs_the_mean_over_draws() -> None:
    world = small.trajectories(20)
    late = world.site_online_it_mw.copy()
    planned = small.TIMELINE.year_of_month <= small.YEARS[-1]
    late[:, planned, 0] = 0.0
    late[:, np.flatnonzero(planned)[-1], 0] = 1.0
    late[:, ~planned, 0] = 750.0
    world = dataclasses.replace(world, site_online_it_mw=late)
    summary = small.operating(world)
    base = small.programme()
    assets = programme_sources.assets_of(base, small.plan(), world)
    sources = of_draws.Sources(base, small.plan(), world, summary, assets, {})
    book = EnergyBook.of(sources)
    energy, load = book.by_month(sources, world.online_it_mw(), slice(0, 20))
    last = 12 * energy[-1, 0]
    mean = 1.0 / 12
    expected = book.cost_usd[-1, 0] + (750.0 - mean) * book.cost_per_it_mw[-1]
    assert last == pytest.approx(expected, rel=1e-12)
    assert 12 * load[-1, 0] == pytest.approx(1.2 * 8760 * 750.0, rel=1e-9)


def test_a_prepayment_is_capital_before_service_where_delivery_holds_none() -> None:
    world = small.trajectories(20)
    free = world.entity_capex_usd.copy()
    free[6:] = 0.0
    world = dataclasses.replace(
        world,
        entity_capex_usd=free,
        capex_usd={**world.capex_usd, "power": np.zeros_like(world.capex_usd["power"])},
    )
    project = small.supply(
        "reactor", Prepaid(prepaid_usd_per_kw=2000.0, price_usd_per_mwh=30.0, term_years=20)
    )
    programme = dataclasses.replace(small.programme(), power={"reactor": project})
    assets = programme_sources.assets_of(programme, small.plan(), world)
    sources = of_draws.Sources(programme, small.plan(), world, small.operating(world), assets, {})
    block = _block(sources, slice(0, 20))
    paid = block.flows.capex_usd["power"].values.sum(axis=0)
    live = np.isfinite(world.online_month[6:]).sum(axis=0) * 200.0
    np.testing.assert_allclose(paid, 2000.0 * 1000 * live, rtol=0.2)


def test_compute_is_held_after_the_planning_years_within_halls_chips_and_power() -> None:
    world = small.trajectories(20)
    life = 60
    gone = np.zeros_like(world.site_online_it_mw)
    months = np.arange(len(small.TIMELINE))[:, None]
    for i in range(3):
        ready = np.ceil(np.maximum(world.online_month[i], world.online_month[3 + i]))
        leaves = np.ceil(world.online_month[3 + i]) + life
        there = (months >= ready - small.TIMELINE.first) & (months < leaves - small.TIMELINE.first)
        gone[0] += (250.0 * there).astype(np.float32)
    retiring = dataclasses.replace(world, site_online_it_mw=gone)
    assert gone[0, -1].max() == 0
    connection = dataclasses.replace(
        world.entities[0], kind="connection", owner="ohio", mw=720.0, name="grid"
    )
    reached = dataclasses.replace(
        retiring,
        entities=(*world.entities, connection),
        online_month=np.vstack([world.online_month, np.full((1, 20), small.TIMELINE.first)]),
        entity_capex_usd=np.vstack([world.entity_capex_usd, np.zeros((1, 20))]),
    )
    site = small.site("ohio", design_pue=1.2)
    programme = dataclasses.replace(
        small.programme(),
        sites={"ohio": site},
        power={"reactor": small.supply("reactor", Own(), site=None)},
    )
    assets = programme_sources.assets_of(programme, small.plan(), reached)
    sources = of_draws.Sources(programme, small.plan(), reached, small.operating(world), assets, {})
    after = held_compute.after_planning(sources)
    found = _block(sources, slice(0, 20)).compute.it_mw
    # Halls and chips for 750 MW, power for 720 / 1.2 = 600 MW.
    np.testing.assert_allclose(found[-1], 600.0)
    np.testing.assert_array_equal(found[:after], reached.online_it_mw()[:after])


def test_credits_follow_the_year_construction_begins() -> None:
    world = small.trajectories(20)
    programme = dataclasses.replace(
        small.programme(), power={"reactor": small.supply("reactor", Own(), credit="48e")}
    )
    assets = programme_sources.assets_of(programme, small.plan(), world)

    def total(law: finance.CreditLaw) -> NDArray[np.float64]:
        sources = of_draws.Sources(
            programme, small.plan(), world, small.operating(world), assets, {"48e": law}
        )
        ones = np.ones(sources.months)
        paid: NDArray[np.float64] = programme_credits.credit_flows(sources, ones, slice(0, 20)).sum(
            axis=0
        )
        return paid

    capital = np.where(np.isfinite(world.online_month[6:]), world.entity_capex_usd[6:], 0.0)
    full = total(finance.CreditLaw("48e", 0.3, full_through_year=2033))
    np.testing.assert_allclose(full, 0.3 * capital.sum(axis=0), rtol=1e-12)
    sold = total(finance.CreditLaw("48e", 0.3, transfer_discount_fraction=0.07))
    np.testing.assert_allclose(sold, 0.93 * full)
    gone = total(finance.CreditLaw("48e", 0.3, full_through_year=2020))
    assert gone.sum() == 0
    late = total(finance.CreditLaw("48e", 0.3, full_through_year=2024, later_fractions=(1.0,) * 4))
    assert 0 < late.sum() <= full.sum()


def test_the_law_of_a_credit_is_the_catalogue_s() -> None:
    owned = dataclasses.replace(
        small.programme(),
        power={
            "reactor": small.supply("reactor", Own(), credit="48e"),
            "older": small.supply("older", Own(), credit="45y"),
            "gas": small.supply("gas", Own(), credit=""),
        },
    )
    laws = programme_credits.credit_laws(owned)
    assert set(laws) == {"48e", "45y"}
    started = np.array([2030, 2033, 2034, 2035, 2036, 2050])
    # One Big Beautiful Bill Act: full to 2033, three quarters in 2034, half in 2035.
    np.testing.assert_allclose(laws["48e"].kept_fraction(started), [1, 1, 0.75, 0.5, 0, 0])
    assert laws["48e"].share_fraction == 0.3
    assert laws["45y"].usd_per_mwh > 0
    assert laws["45y"].years == 10
    sold = programme_credits.credit_laws(dataclasses.replace(owned, company=None))
    assert sold["48e"].transfer_discount_fraction > 0


def test_45u_falls_with_the_price_of_energy_and_ends_and_45j_is_not_indexed() -> None:
    law = programme_credits.credit_laws(
        dataclasses.replace(
            small.programme(),
            power={
                "stands": small.supply("stands", Own(), credit="45u"),
                "first": small.supply("first", Own(), credit="45j"),
            },
        )
    )
    years, ones = np.array([2026, 2032, 2033]), np.ones(3)
    standing, level = law["45u"], law["45u"].usd_per_mwh / 15.0
    # 26 USC 45U: 15 USD/MWh, less 80% of what is above 25, so nothing from 43.75 on
    for price, left in ((20.0, 15.0), (30.0, 11.0), (43.75, 0.0), (85.0, 0.0)):
        found = standing.nominal_usd_per_mwh(ones, years, price * level)
        np.testing.assert_allclose(found, [left * level, left * level, 0.0], atol=1e-9)
    first = law["45j"]
    np.testing.assert_allclose(first.nominal_usd_per_mwh(3 * ones, years, 85.0), 18.0)
    assert (first.years, first.most_usd_per_mw_year) == (8, 125000.0)


@pytest.mark.parametrize(("credit", "status"), [("45u", "operating"), ("45j", "announced")])
def test_a_plant_that_stands_earns_45u_and_a_new_one_what_its_year_allows(
    credit: str, status: str
) -> None:
    world = small.trajectories(20)
    plant = small.supply("reactor", Own(), credit=credit, status=status)
    zone = ZoneFigures("pjm", "PJM", "pjm", 30.0, (), 0.0, 0.0, 0.0, None, None)
    programme = dataclasses.replace(
        small.programme(), power={"reactor": plant}, zones={"pjm": zone}
    )
    other = dataclasses.replace(plant, status="announced" if status == "operating" else "operating")
    earned = by_name(run(programme, 20).cash, "source", "tax credits")
    never = by_name(
        run(dataclasses.replace(programme, power={"reactor": other}), 20).cash,
        "source",
        "tax credits",
    )
    built = np.isfinite(world.online_month[6:]).any()
    assert built
    if credit == "45u":
        assert max(earned.values()) > 0 == max(never.values())
        assert all(value == 0 for year, value in earned.items() if int(year) > 2032)
    else:
        # 125,000 USD a MW-year at most, of 400 MW
        assert 0 < max(earned.values()) <= 125000.0 * 400 * (1 + 1e-9)


def test_a_credit_on_capital_and_on_energy_is_refused() -> None:
    with pytest.raises(InputError, match="claimed on capital and on energy"):
        finance.CreditLaw("both", 0.3, 30.0)


def test_a_programme_without_a_company_shows_its_whole_need_as_a_gap() -> None:
    alone = run(dataclasses.replace(small.programme(), company=None, instruments={}))
    assert alone.funding_gap_usd.p10 > 1e10
    assert any("No company is given" in note for note in alone.notes)


def test_other_worlds_of_operations_are_refused() -> None:
    world = small.trajectories(10)
    other = small.operating(small.trajectories(11))
    with pytest.raises(InputError, match="operations has 11 draws, delivery 10"):
        finance.fund(small.programme(), small.plan(), world, other)


def test_rent_and_fixed_cost_end_with_the_contract_and_the_plant() -> None:
    world = small.trajectories(4)
    world.online_month[6:] = np.array([12 * 2029.0, 12 * 2029.0 + 0.5])[:, None]
    summary = small.operating(world)

    def block(**changes: Any) -> programme_money.Block:
        project = small.supply("reactor", **changes)
        programme = dataclasses.replace(small.programme(), power={"reactor": project})
        assets = programme_sources.assets_of(programme, small.plan(), world)
        sources = of_draws.Sources(programme, small.plan(), world, summary, assets, {})
        return _block(sources, slice(0, 4))

    toll = Tolling(capacity_usd_per_kw_year=120.0, term_years=2)
    forever = Tolling(capacity_usd_per_kw_year=120.0, term_years=20)
    long, short = block(contract=forever).flows.energy_usd, block(contract=toll).flows.energy_usd
    assert long is not None
    assert short is not None
    saved = (long.values - short.values)[:, 0] / (120.0 * 1000 * 200.0 / 12)
    month = small.TIMELINE.first + np.arange(len(small.TIMELINE))
    expected = (month >= 12 * 2031).astype(float) + (month >= 12 * 2031 + 1)
    np.testing.assert_allclose(saved, expected, atol=1e-6)
    owned = block(contract=Own(), life_years=2.0).compute.power_running_usd
    assert owned is not None
    running = owned.values[:, 0] / (120.0 * 1000 * 200.0 / 12)
    there = (month >= 12 * 2029).astype(float) + (month >= 12 * 2029 + 1) - expected
    np.testing.assert_allclose(running, there, atol=1e-6)


def more_instruments() -> dict[str, money.Instrument]:
    """Return the small programme's instruments with one more of each other kind."""
    kept = {k: v for k, v in small.instruments().items() if k not in ("venture", "reactors")}
    return kept | {
        "building": money.ConstructionLoan(
            title="Building",
            campus="lebanon",
            share_of_cost_fraction=0.5,
            rate_fraction=0.08,
            fee_fraction=0.005,
            max_usd=3e9,
        ),
        "state": money.ProjectDebt(
            title="State",
            projects=["reactor"],
            share_of_cost_fraction=0.8,
            rate_fraction=0.045,
            tenor_years=20,
            max_usd=4e9,
            fee_fraction=0.02,
        ),
        "maker": money.VendorFinance(
            title="Maker",
            share_of_cost_fraction=0.3,
            rate_fraction=0.07,
            tenor_years=3,
            max_usd=1e12,
        ),
        "hire": money.Lease(
            title="Hire",
            accounting="operating",
            share_of_cost_fraction=0.4,
            rate_fraction=0.09,
            lease_years=4,
            residual_fraction=0.2,
            guaranteed_fraction=0.1,
            end_value_fraction=0.05,
            max_usd=1e12,
        ),
        "anchor": money.CustomerPrepayment(
            title="Anchor",
            campus="lebanon",
            usd_by_year={2026: 5e8, 2027: 5e8},
            it_mw=100.0,
            delivery_years=5,
        ),
    }


def test_a_programme_names_each_kind_of_instrument_and_its_books_still_balance() -> None:
    result = run(dataclasses.replace(small.programme(), instruments=more_instruments()))
    test_mean_sources_equal_mean_uses_in_every_year(result)
    test_the_mean_balance_sheet_balances(result)
    got = by_name(result.cash, "source", "anchor")
    assert got["2026"] == pytest.approx(5e8)
    assert got["2027"] == pytest.approx(5e8)
    assert got["2028"] == 0
    servers = by_name(result.cash, "use", "capital: servers")
    bought = by_name(run().cash, "use", "capital: servers")
    for year, usd in servers.items():
        assert usd == pytest.approx(0.6 * bought[year])
    lent = by_name(result.cash, "source", "maker")
    assert sum(lent.values()) == pytest.approx(0.3 * sum(bought.values()))
    assert max(by_name(result.cash, "source", "building").values()) > 0
    assert max(by_name(result.cash, "use", "state service").values()) > 0


def test_who_pays_for_it_changes_no_metric_of_the_programme() -> None:
    plain, other = (
        run(),
        run(dataclasses.replace(small.programme(), instruments=more_instruments())),
    )
    assert plain.npv_usd == other.npv_usd
    assert plain.required_revenue_usd_per_gw_year == other.required_revenue_usd_per_gw_year


def test_a_lease_beyond_the_servers_life_is_refused() -> None:
    lease = more_instruments()["hire"].model_copy(update={"lease_years": 9.0})
    changed = dataclasses.replace(small.programme(), instruments={"hire": lease})
    with pytest.raises(InputError, match=r"hire\.lease_months: 108 months is longer than"):
        run(changed)


def test_capital_is_held_against_what_the_company_said_year_for_year() -> None:
    said = funding.StatedCapital(
        title="Guidance", first_year=2027, last_year=2028, low_usd=1.0, high_usd=1e15
    )
    far = funding.StatedCapital(
        title="Far", first_year=2026, last_year=2026, low_usd=1e15, high_usd=1e15
    )
    company = small.company(stated_capital={"guidance": said, "far": far})
    result = run(dataclasses.replace(small.programme(), company=company))
    spent = by_name(result.statements, "cash_flow", "capital of the programme")
    other = by_name(result.statements, "cash_flow", "other capital")
    expected = -sum(spent[year] + other[year] for year in ("2027", "2028"))
    first, last = result.stated
    assert first.value.mean == pytest.approx(expected, rel=1e-9)
    assert (first.below_fraction, first.above_fraction) == (0.0, 0.0)
    assert (last.below_fraction, last.above_fraction) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"last_year": 2026}, "before first_year 2027"),
        ({"high_usd": 0.5}, "less than low_usd"),
    ],
)
def test_what_the_company_said_must_be_a_range(change: dict[str, Any], message: str) -> None:
    plain: dict[str, Any] = {
        "title": "x",
        "first_year": 2027,
        "last_year": 2028,
        "low_usd": 1.0,
        "high_usd": 2.0,
    }
    with pytest.raises(ValueError, match=message):
        funding.StatedCapital(**(plain | change))
