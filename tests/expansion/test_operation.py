"""Operation against answers worked out by hand; each derivation stands beside its test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import (
    ExpansionProblem,
    InfeasiblePlanError,
    Limits,
    PowerPurchase,
    Prepayment,
    ShedTier,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.operation import previous_hour

Builder = Callable[..., ExpansionProblem]


def test_base_and_peak_plants_split_the_load_at_the_screening_curve(one_site: Builder) -> None:
    # Load 100 MW for 7,760 h and 150 MW for 1,000 h. Base costs 200,000 a MW-year and 10 a MWh,
    # peak 50,000 and 60: base is worth it above (200,000 - 50,000) / (60 - 10) = 3,000 h. So base
    # 100 MW, peak 50 MW. Each earns its fixed cost: 1,000 (p1 - 60) = 50,000 -> p1 = 110;
    # 1,000 (110 - 10) + 7,760 (p0 - 10) = 200,000 -> p0 = 10 + 100,000 / 7,760.
    found = solve(
        one_site(
            it_mw=150.0,
            weights=(7760.0, 1000.0),
            site={"it_load_fraction": np.array([2 / 3, 1.0])},
            supplies=(
                Supply(
                    name="base", site="here", fixed_usd_per_mw_year=2e5, variable_usd_per_mwh=10.0
                ),
                Supply(
                    name="peak", site="here", fixed_usd_per_mw_year=5e4, variable_usd_per_mwh=60.0
                ),
            ),
        )
    )
    assert found.capacity.supply_mw["base"] == pytest.approx([100.0])
    assert found.capacity.supply_mw["peak"] == pytest.approx([50.0])
    cost = 100 * 2e5 + 50 * 5e4 + 100 * 8760 * 10 + 50 * 1000 * 60
    assert found.objective_usd == pytest.approx(cost)
    prices = found.prices.hourly_power_usd_per_mwh["here"][0]
    assert prices == pytest.approx([10 + 1e5 / 7760, 110.0])
    mean = (7760 * 100 * (10 + 1e5 / 7760) + 1000 * 150 * 110) / (7760 * 100 + 1000 * 150)
    assert found.prices.power_usd_per_mwh["here"] == pytest.approx([mean])


def test_storage_moves_what_its_charge_limit_and_losses_leave(one_site: Builder) -> None:
    # Two hours a chain: load 0 then 100 MW; prices 20 then 100. 100 MW of battery charges at most
    # 100 MW, keeps 80 MWh (0.8 in), gives 72 MWh (0.9 out): 100 * 20 + 28 * 100 = 4,800 a chain.
    found = solve(
        one_site(
            weights=(4380.0, 4380.0),
            site={"zone": "z", "connection_mw": 500.0, "it_load_fraction": np.array([0.0, 1.0])},
            zones=(Zone(name="z", price_usd_per_mwh=np.array([20.0, 100.0])),),
            storages=(
                Storage(
                    name="battery",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    duration_hours=2.0,
                    charge_efficiency_fraction=0.8,
                    discharge_efficiency_fraction=0.9,
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(4800 * 4380)
    assert found.dispatch.discharge_mw["battery"][0] == pytest.approx([0.0, 72.0])
    # one more MW of it would save 0.8 * 0.9 * 100 - 20 = 52 a chain, so a MWh at the first hour
    # is worth 20 and at the second 100
    assert found.prices.hourly_power_usd_per_mwh["here"][0] == pytest.approx([20.0, 100.0])


def test_storage_ends_each_representative_chain_as_it_began(one_site: Builder) -> None:
    # The same two hours, but each its own chain: nothing can move, the grid pays 100.
    found = solve(
        one_site(
            weights=(4380.0, 4380.0),
            chains=(1, 1),
            site={"zone": "z", "connection_mw": 500.0, "it_load_fraction": np.array([0.0, 1.0])},
            zones=(Zone(name="z", price_usd_per_mwh=np.array([20.0, 100.0])),),
            storages=(
                Storage(
                    name="battery", site="here", existing_mw=100.0, max_mw=100.0, duration_hours=2.0
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(100 * 100 * 4380)


def test_the_hour_before_the_first_of_a_chain_is_its_last() -> None:
    assert previous_hour((3, 2)).tolist() == [2, 0, 1, 4, 3]


@pytest.mark.parametrize(
    ("take", "cost_per_hour"),
    [
        # 100 MW at 50 beside a grid at 20. As used: never used, 100 * 20.
        (0.0, 100 * 20.0),
        # half is paid for anyway, so half is used: 50 * 50 + 50 * 20.
        (0.5, 50 * 50.0 + 50 * 20.0),
        # all is paid for and used: 100 * 50.
        (1.0, 100 * 50.0),
    ],
)
def test_energy_under_take_or_pay_is_paid_for_and_then_used_first(
    one_site: Builder, take: float, cost_per_hour: float
) -> None:
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 500.0},
            zones=(Zone(name="z", price_usd_per_mwh=20.0),),
            supplies=(
                Supply(
                    name="plant",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    contract=PowerPurchase(50.0, take),
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(cost_per_hour * 8760)


def test_a_prepayment_is_spent_as_capital_and_lowers_the_price(one_site: Builder) -> None:
    # 1,000,000 a MW over 20 years at rate 0 is 50,000 a year; energy 30 instead of 90: worth it.
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 500.0},
            zones=(Zone(name="z", price_usd_per_mwh=90.0),),
            supplies=(
                Supply(name="plant", site="here", life_years=20, contract=Prepayment(1e6, 30.0)),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(100 * (5e4 + 8760 * 30))
    assert found.capex_usd == pytest.approx([1e8])


def test_zone_energy_reaches_a_site_only_within_its_connection(one_site: Builder) -> None:
    # 60 MW of connection carry zone energy at 10; the other 40 MW come from engines at 100. One
    # more MW of connection saves 90 a MWh through the year.
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 60.0},
            zones=(Zone(name="z", price_usd_per_mwh=300.0),),
            supplies=(
                Supply(
                    name="plant",
                    zone="z",
                    route="zone",
                    existing_mw=500.0,
                    max_mw=500.0,
                    variable_usd_per_mwh=10.0,
                ),
                Supply(
                    name="engines",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    variable_usd_per_mwh=100.0,
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(8760 * (60 * 10 + 40 * 100))
    assert found.prices.connection_usd_per_mw_year["here"] == pytest.approx([90 * 8760])


def test_a_virtual_contract_settles_in_money_and_serves_no_load(one_site: Builder) -> None:
    # 40 a MWh against a market of 55: 50 MW earn 15 a MWh; the load still buys all it needs.
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 100.0},
            zones=(Zone(name="z", price_usd_per_mwh=55.0),),
            supplies=(
                Supply(
                    name="paper",
                    zone="z",
                    route="virtual",
                    existing_mw=50.0,
                    max_mw=50.0,
                    contract=PowerPurchase(40.0),
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(8760 * (100 * 55 - 50 * 15))
    assert found.dispatch.import_mw["here"] == pytest.approx(np.array([[100.0]]))


def test_load_is_shed_tier_by_tier_from_the_cheapest(one_site: Builder) -> None:
    # 70 MW of supply for 100 MW: 20 MW (20%) at 500, then 10 MW at 5,000.
    found = solve(
        one_site(
            site={
                "shed": (
                    ShedTier(name="training", load_fraction=0.2, usd_per_mwh=500.0),
                    ShedTier(name="inference", load_fraction=0.8, usd_per_mwh=5000.0),
                )
            },
            supplies=(Supply(name="plant", site="here", existing_mw=70.0, max_mw=70.0),),
        )
    )
    assert found.costs.unserved == pytest.approx(8760 * (20 * 500 + 10 * 5000))


def clean_problem(one_site: Builder, share: float, matching: Any, **site: Any) -> ExpansionProblem:
    # load 100 MW in both halves of the year; sun in the first only; the grid is all dirty
    return one_site(
        weights=(4380.0, 4380.0),
        site={"zone": "z", "connection_mw": 500.0, **site},
        zones=(Zone(name="z", price_usd_per_mwh=50.0, dirty_fraction=1.0),),
        supplies=(
            Supply(
                name="sun",
                site="here",
                availability=np.array([1.0, 0.0]),
                fixed_usd_per_mw_year=4e5,
            ),
        ),
        limits=Limits(clean_share_fraction=share, clean_matching=matching),
    )


@pytest.mark.parametrize("matching", ["annual", "hourly"])
def test_a_clean_share_within_the_sunny_hours_is_the_same_by_hour_and_by_year(
    one_site: Builder, matching: str
) -> None:
    # 40% of 876,000 MWh is what 80 MW of sun make in 4,380 h. A MWh more of clean energy costs
    # 400,000 / 4,380 a MWh of sun less the 50 it saves.
    found = solve(clean_problem(one_site, 0.4, matching))
    assert found.capacity.supply_mw["sun"] == pytest.approx([80.0])
    assert found.prices.clean_usd_per_mwh == pytest.approx([4e5 / 4380 - 50])


def test_annual_matching_counts_a_surplus_that_hourly_matching_does_not(one_site: Builder) -> None:
    # 75% asked: annually 150 MW of sun do it, of which 50 MW are exported; hourly nothing does
    annual = solve(clean_problem(one_site, 0.75, "annual", export_price_fraction=0.0))
    assert annual.capacity.supply_mw["sun"] == pytest.approx([150.0])
    with pytest.raises(InfeasiblePlanError, match="clean share in 2030: 219 GWh less"):
        solve(clean_problem(one_site, 0.75, "hourly", export_price_fraction=0.0))


def test_selling_what_is_contracted_and_buying_from_the_grid_counts_nothing_twice(
    one_site: Builder,
) -> None:
    # Of 100 MW, K are contracted and half of the rest is clean: K + (100 - K) / 2 = 90 at K = 80.
    # Were K sold and 100 MW bought, with half of that counted too, 40 would do.
    case = one_site(
        site={"zone": "z", "connection_mw": 500.0},
        zones=(
            Zone(
                name="z",
                price_usd_per_mwh=50.0,
                dirty_fraction=0.5,
                sale_price_fraction=1.0,
            ),
        ),
        supplies=(Supply(name="wind", zone="z", route="zone", fixed_usd_per_mw_year=6e5),),
        limits=Limits(clean_share_fraction=0.9, clean_matching="annual"),
    )
    assert solve(case).capacity.supply_mw["wind"] == pytest.approx([80.0])


def test_carbon_has_its_price_and_its_cap(one_site: Builder) -> None:
    # Gas at 30 + 0.4 t * 50 = 50 against clean power at 70: gas, unless the cap allows only half.
    def problem(**limits: Any) -> ExpansionProblem:
        return one_site(
            supplies=(
                Supply(
                    name="gas",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    variable_usd_per_mwh=30.0,
                    co2_t_per_mwh=0.4,
                ),
                Supply(
                    name="clean",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    variable_usd_per_mwh=70.0,
                ),
            ),
            limits=Limits(carbon_usd_per_t=50.0, **limits),
        )

    assert solve(problem()).objective_usd == pytest.approx(8760 * 100 * 50)
    capped = solve(problem(carbon_t=0.4 * 50 * 8760))
    assert capped.objective_usd == pytest.approx(8760 * (50 * 50 + 50 * 70))
    # a tonne more of cap turns 2.5 MWh from 70 to 50
    assert capped.prices.carbon_usd_per_t == pytest.approx([50.0])


def test_water_counts_cooling_and_supply_together(one_site: Builder) -> None:
    # Cooling takes 1 m3 a MWh of IT: 876,000. The cheap plant takes 2 m3 a MWh, so a cap of
    # 1,752,000 leaves it half of the energy.
    found = solve(
        one_site(
            site={"water_m3_per_it_mwh": 1.0, "max_water_m3": 2 * 876_000.0},
            supplies=(
                Supply(
                    name="wet",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    variable_usd_per_mwh=20.0,
                    water_m3_per_mwh=2.0,
                ),
                Supply(
                    name="dry",
                    site="here",
                    existing_mw=100.0,
                    max_mw=100.0,
                    variable_usd_per_mwh=26.0,
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(8760 * (50 * 20 + 50 * 26))
    assert found.prices.water_usd_per_m3["here"] == pytest.approx([3.0])


def test_must_run_output_beyond_need_has_to_be_sold(one_site: Builder) -> None:
    # 150 MW that must run at 80% give 120 MW: 20 MW are exported at half of 40.
    found = solve(
        one_site(
            site={"zone": "z", "connection_mw": 50.0, "export_price_fraction": 0.5},
            zones=(Zone(name="z", price_usd_per_mwh=40.0),),
            supplies=(
                Supply(
                    name="plant",
                    site="here",
                    existing_mw=150.0,
                    max_mw=150.0,
                    must_run_fraction=0.8,
                    variable_usd_per_mwh=25.0,
                ),
            ),
        )
    )
    assert found.objective_usd == pytest.approx(8760 * (120 * 25 - 20 * 20))
