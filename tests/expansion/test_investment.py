"""Building, ageing, money and rules against answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import (
    Accelerator,
    Campus,
    Connection,
    CumulativeCapex,
    EitherOr,
    ExpansionProblem,
    Goal,
    Limits,
    Period,
    Phase,
    Prerequisite,
    ShedTier,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.assets import annuity_fraction

Builder = Callable[..., ExpansionProblem]
YEARS = tuple(Period(year) for year in (2030, 2031, 2032, 2033))


def test_the_annuity_repays_the_capital() -> None:
    yearly = annuity_fraction(0.08, 30)
    assert sum(yearly / 1.08**year for year in range(1, 31)) == pytest.approx(1.0)
    assert annuity_fraction(0.0, 20) == pytest.approx(1 / 20)


def test_capital_is_charged_for_the_years_inside_the_horizon_only(one_site: Builder) -> None:
    # 100 MW at 1,000,000 over 10 years at rate 0: 10,000,000 a year, for four years
    found = solve(
        one_site(
            periods=YEARS,
            supplies=(Supply(name="plant", site="here", capex_usd_per_mw=1e6, life_years=10),),
        )
    )
    assert found.objective_usd == pytest.approx(4 * 100 * 1e5)
    assert found.costs.total() == pytest.approx(found.objective_usd)


def test_capacity_is_gone_after_its_life_and_is_built_again(one_site: Builder) -> None:
    found = solve(
        one_site(
            periods=YEARS,
            supplies=(Supply(name="plant", site="here", capex_usd_per_mw=1e6, life_years=2),),
        )
    )
    assert [build.year for build in found.builds] == [2030, 2032]
    assert [build.mw for build in found.builds] == pytest.approx([100.0, 100.0])


@pytest.mark.parametrize(
    ("sunk", "spent"),
    [
        # in service 2031: 50% then, 30% the year before, and 20% before that, which is before
        # the first year: counted in the first, or sunk
        (False, [50.0, 50.0, 0.0, 0.0]),
        (True, [30.0, 50.0, 0.0, 0.0]),
    ],
)
def test_the_budget_counts_capital_when_it_is_spent(
    one_site: Builder, sunk: bool, spent: list[float]
) -> None:
    found = solve(
        one_site(
            periods=YEARS,
            campuses=(Campus(name="it", site="here", existing_it_mw=[0, 100, 100, 100]),),
            supplies=(
                Supply(
                    name="plant",
                    site="here",
                    capex_usd_per_mw=1e6,
                    earliest_year=2031,
                    spend_fractions=(0.5, 0.3, 0.2),
                    sunk_before_start=sunk,
                ),
            ),
        )
    )
    assert found.capex_usd / 1e6 == pytest.approx(spent)


def value_problem(one_site: Builder, **limits: Any) -> ExpansionProblem:
    # a hall costs 10 a W and serves 20 years; compute is worth 3 a W and year; power is free
    return one_site(
        supplies=(Supply(name="power", site="here", existing_mw=1e4, max_mw=1e4),),
        campuses=(
            Campus(
                name="it",
                site="here",
                phases=(Phase(name="one", it_mw=1000.0, whole=False),),
                capex_usd_per_it_mw=10e6,
                life_years=20,
            ),
        ),
        goal=Goal(value_usd_per_it_mw_year=3e6),
        limits=Limits(**limits),
    )


@pytest.mark.parametrize(
    "limits",
    [
        {"capex_usd": 2e9},
        {"cumulative_capex": (CumulativeCapex(through_year=2030, usd=2e9),)},
    ],
)
def test_money_buys_the_compute_it_can(one_site: Builder, limits: dict[str, Any]) -> None:
    # 2 billion buy 200 MW; each MW nets 3,000,000 - 10,000,000 / 20 = 2,500,000, and a USD more of
    # budget buys a ten-millionth of it: 0.25
    found = solve(value_problem(one_site, **limits))
    assert found.online_it_mw["here"] == pytest.approx([200.0])
    assert found.objective_usd == pytest.approx(-200 * 2.5e6)
    prices = np.concatenate(
        [found.prices.budget_usd_per_usd, found.prices.total_budget_usd_per_usd]
    )
    assert prices.max() == pytest.approx(0.25)


def test_a_target_is_met_or_missed_at_its_price(one_site: Builder) -> None:
    def problem(shortfall: float | None) -> ExpansionProblem:
        return one_site(
            supplies=(
                Supply(name="power", site="here", existing_mw=150.0, max_mw=150.0),
                Supply(name="dear", site="here", variable_usd_per_mwh=1000.0),
            ),
            campuses=(Campus(name="it", site="here", existing_it_mw=300.0),),
            goal=Goal(target_it_mw=200.0, shortfall_usd_per_it_mw_year=shortfall),
        )

    hard = solve(problem(None))
    assert hard.objective_usd == pytest.approx(50 * 8760 * 1000)
    assert hard.prices.target_usd_per_it_mw_year == pytest.approx([8.76e6])
    soft = solve(problem(5e6))
    assert soft.shortfall_it_mw == pytest.approx([50.0])
    assert soft.objective_usd == pytest.approx(50 * 5e6)


def test_build_slots_have_their_worth(one_site: Builder) -> None:
    # 60 MW of turbines can be had; the rest is bought at 80 a MWh. A turbine MW costs 100,000 a
    # year, so a slot is worth 80 * 8,760 - 100,000.
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 100.0},
            zones=(Zone(name="z", price_usd_per_mwh=80.0),),
            supplies=(
                Supply(
                    name="turbine", site="here", fixed_usd_per_mw_year=1e5, slot_class="turbines"
                ),
            ),
            limits=Limits(slots={"turbines": 60.0}),
        )
    )
    assert found.capacity.supply_mw["turbine"] == pytest.approx([60.0])
    assert found.prices.slot_usd["turbines"] == pytest.approx([80 * 8760 - 1e5])


def test_units_are_whole(one_site: Builder) -> None:
    # 100 MW of load, 30 MW units at 10 a MW-year: four of them beat three and any shedding
    found = solve(
        one_site(
            site={"shed": (ShedTier(name="all", load_fraction=1.0, usd_per_mwh=1000.0),)},
            supplies=(
                Supply(
                    name="unit", site="here", unit_mw=30.0, max_mw=300.0, fixed_usd_per_mw_year=1e4
                ),
            ),
        )
    )
    assert [build.units for build in found.builds] == [4]
    assert found.objective_usd == pytest.approx(120 * 1e4)
    assert found.gap <= 1e-4


def test_phases_are_built_whole_and_in_their_order(one_site: Builder) -> None:
    # the second phase is far cheaper, but the first comes first; 150 MW need both
    found = solve(
        one_site(
            supplies=(Supply(name="power", site="here", existing_mw=1e3, max_mw=1e3),),
            campuses=(
                Campus(
                    name="it",
                    site="here",
                    phases=(
                        Phase(name="first", it_mw=100.0, capex_usd_per_it_mw=9e6),
                        Phase(name="second", it_mw=100.0, capex_usd_per_it_mw=1e6),
                    ),
                ),
            ),
            goal=Goal(target_it_mw=80.0),
        )
    )
    assert [build.part for build in found.builds] == ["first"]
    assert found.capacity.hall_it_mw["it"] == pytest.approx([100.0])


def test_chips_are_bought_again_when_their_life_ends(one_site: Builder) -> None:
    # 100 MW for four years with chips of two years: bought in 2030 and in 2032, by then cheaper
    found = solve(
        one_site(
            periods=YEARS,
            supplies=(Supply(name="power", site="here", existing_mw=1e3, max_mw=1e3),),
            campuses=(
                Campus(name="it", site="here", existing_it_mw=100.0, accelerators=("chip",)),
            ),
            accelerators=(
                Accelerator(
                    name="chip", capex_usd_per_it_mw=[20e6, 18e6, 16e6, 14e6], life_years=2
                ),
            ),
            goal=Goal(target_it_mw=100.0),
        )
    )
    bought = [build for build in found.builds if build.kind == "chip"]
    assert [build.year for build in bought] == [2030, 2032]
    assert [build.capex_usd for build in bought] == pytest.approx([2e9, 1.6e9])


def test_the_denser_generation_wins_where_compute_is_valued(one_site: Builder) -> None:
    # both cost the same a MW; the newer has twice the FLOP/s a MW but only 40 MW can be had
    found = solve(
        one_site(
            supplies=(Supply(name="power", site="here", existing_mw=1e3, max_mw=1e3),),
            campuses=(
                Campus(name="it", site="here", existing_it_mw=100.0, accelerators=("old", "new")),
            ),
            accelerators=(
                Accelerator(name="old", capex_usd_per_it_mw=10e6, exaflops_per_it_mw=1.0),
                Accelerator(
                    name="new", capex_usd_per_it_mw=10e6, exaflops_per_it_mw=2.0, max_it_mw=40.0
                ),
            ),
            goal=Goal(value_usd_per_exaflops_year=5e6),
        )
    )
    assert found.run_it_mw["it", "new"] == pytest.approx([40.0])
    assert found.run_it_mw["it", "old"] == pytest.approx([60.0])


def two_plants(one_site: Builder, *rules: Any) -> ExpansionProblem:
    def plant(name: str, price: float) -> Supply:
        return Supply(name=name, site="here", max_mw=60.0, variable_usd_per_mwh=price)

    return one_site(
        site={"zone": "z", "connection_mw": 100.0},
        zones=(Zone(name="z", price_usd_per_mwh=90.0),),
        supplies=(plant("a", 10.0), plant("b", 30.0)),
        rules=rules,
    )


def test_either_or_leaves_the_better_one(one_site: Builder) -> None:
    free = solve(two_plants(one_site))
    assert free.objective_usd == pytest.approx(8760 * (60 * 10 + 40 * 30))
    one = solve(two_plants(one_site, EitherOr(("a", "b"))))
    assert one.objective_usd == pytest.approx(8760 * (60 * 10 + 40 * 90))


def test_a_prerequisite_is_built_first(one_site: Builder) -> None:
    # a may be built only with 50 MW of b: b 50 MW, a the other 50 MW
    both = solve(two_plants(one_site, Prerequisite("a", "b", 50.0)))
    assert both.capacity.supply_mw["b"][0] >= 50.0 - 1e-6
    assert both.objective_usd == pytest.approx(8760 * (60 * 10 + 40 * 30))


def test_the_reserve_margin_asks_for_accredited_capacity(one_site: Builder) -> None:
    # peak 120 MW facility, 10% margin: 132 MW; 100 MW of connection count 90%, so 42 MW more
    found = solve(
        one_site(
            site={
                "zone": "z",
                "connection_mw": 200.0,
                "pue": 1.2,
                "reserve_margin_fraction": 0.1,
                "connection_credit_fraction": 0.45,
            },
            zones=(Zone(name="z", price_usd_per_mwh=40.0),),
            supplies=(
                Supply(
                    name="engines",
                    site="here",
                    fixed_usd_per_mw_year=5e4,
                    variable_usd_per_mwh=500.0,
                    capacity_credit_fraction=0.84,
                ),
            ),
        )
    )
    assert found.capacity.supply_mw["engines"] == pytest.approx([50.0])
    assert found.prices.reserve_usd_per_mw_year["here"] == pytest.approx([5e4 / 0.84])


def test_the_reserve_margin_can_be_of_all_that_could_be_drawn(one_site: Builder) -> None:
    # load draws 60 MW at most, but 100 IT MW count 1.25 MW each: 125 MW, 80 in hand, so 45 more
    found = solve(
        one_site(
            site={
                "zone": "z",
                "connection_mw": 80.0,
                "it_load_fraction": 0.5,
                "pue": 1.2,
                "reserve_margin_fraction": 0.0,
                "reserve_mw_per_it_mw": 1.25,
            },
            zones=(Zone(name="z", price_usd_per_mwh=40.0),),
            supplies=(
                Supply(
                    name="engines",
                    site="here",
                    fixed_usd_per_mw_year=5e4,
                    variable_usd_per_mwh=500.0,
                    capacity_credit_fraction=1.0,
                ),
            ),
        )
    )
    assert found.capacity.supply_mw["engines"] == pytest.approx([45.0])


def test_land_limits_what_stands_at_a_site(one_site: Builder) -> None:
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 200.0, "land_acres": 240.0},
            zones=(Zone(name="z", price_usd_per_mwh=90.0),),
            supplies=(
                Supply(name="sun", site="here", fixed_usd_per_mw_year=1e4, acres_per_mw=6.0),
            ),
        )
    )
    assert found.capacity.supply_mw["sun"] == pytest.approx([40.0])
    assert found.prices.land_usd_per_acre_year["here"] == pytest.approx([(90 * 8760 - 1e4) / 6])


def test_a_connection_can_be_bought_and_storage_sized_in_power_and_energy(
    one_site: Builder,
) -> None:
    # Flat load 100 MW; the grid sells in the first of two hours only (price 10, then 1,000).
    # Without loss: charge 100, so 200 MW of connection, 100 MW and 100 MWh of storage.
    found = solve(
        one_site(
            weights=(4380.0, 4380.0),
            site={"zone": "z", "connection_mw": 50.0},
            zones=(Zone(name="z", price_usd_per_mwh=np.array([10.0, 1000.0])),),
            connections=(Connection(name="line", site="here", fixed_usd_per_mw_year=1e4),),
            storages=(
                Storage(
                    name="battery",
                    site="here",
                    fixed_usd_per_mw_year=2e4,
                    fixed_usd_per_mwh_year=3e4,
                    charge_efficiency_fraction=1.0,
                    discharge_efficiency_fraction=1.0,
                ),
            ),
        )
    )
    assert found.capacity.connection_mw["here"] == pytest.approx([200.0])
    assert found.capacity.storage_mwh["battery"] == pytest.approx([100.0])
    cost = 150 * 1e4 + 100 * (2e4 + 3e4) + 4380 * 200 * 10
    assert found.objective_usd == pytest.approx(cost)


def test_committed_capacity_stands_though_it_costs(one_site: Builder) -> None:
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 200.0},
            zones=(Zone(name="z", price_usd_per_mwh=10.0),),
            supplies=(Supply(name="plant", site="here", min_mw=40.0, fixed_usd_per_mw_year=1e6),),
        )
    )
    assert found.capacity.supply_mw["plant"] == pytest.approx([40.0])
