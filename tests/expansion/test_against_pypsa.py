"""Objective and shadow prices against PyPSA with the same inputs, to 1e-6 relative.

PyPSA builds its own program of each case from its own components, so a misplaced weight, sign
or cost here or there shows. Costs in these cases are continuous random numbers, which makes
optimal prices unique and comparable. The shared peer cases are in `test_against_peers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.expansion import (
    Campus,
    ExpansionProblem,
    Hours,
    Period,
    ShedTier,
    Site,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.assets import annuity_fraction

from .pypsa_peer import prices_of, pypsa, same, solve_model

__all__ = ["pypsa"]  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")
RATE = 0.07


def series(seed: int, hours: int) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    return {
        "solar": sun * rng.uniform(0.4, 1.0, hours),
        "wind": rng.beta(1.2, 2.0, hours),
        "price": 45 + 20 * np.sin(hour / 7) + rng.uniform(0, 30, hours),
        "dirty": rng.uniform(0.3, 0.7, hours),
        "load": rng.uniform(0.8, 1.0, hours),
        "pue": 1.1 + rng.uniform(0, 0.15, hours),
    }


def annual(capex: float, life: float, fixed: float) -> float:
    return capex * annuity_fraction(RATE, life) + fixed


# ---- own cases -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tech:
    capex: float
    fixed: float
    life: float
    variable: float


GAS = Tech(1.31e6, 21e3, 30, 37.3)
SUN = Tech(1.07e6, 17e3, 28, 0.0)
WIND = Tech(1.53e6, 33e3, 27, 0.0)
REACTOR = Tech(6.1e6, 130e3, 40, 11.7)


def option(name: str, tech: Tech, site: str = "here", **rest: Any) -> Supply:
    return Supply(
        name=name,
        site=site,
        capex_usd_per_mw=tech.capex,
        fixed_usd_per_mw_year=tech.fixed,
        life_years=tech.life,
        variable_usd_per_mwh=tech.variable,
        **rest,
    )


def network_of(pypsa: Any, hours: int, weights: NDArray[np.float64]) -> Any:
    import pandas as pd

    network = pypsa.Network()
    network.set_snapshots(pd.date_range("2030-01-01", periods=hours, freq="h"))
    network.snapshot_weightings = pd.DataFrame(
        {"objective": weights, "stores": 1.0, "generators": weights}, index=network.snapshots
    )
    return network


def generator(network: Any, name: str, tech: Tech, bus: str, **rest: Any) -> None:
    network.add(
        "Generator",
        name,
        bus=bus,
        p_nom_extendable=True,
        capital_cost=annual(tech.capex, tech.life, tech.fixed),
        marginal_cost=tech.variable,
        **rest,
    )


def test_a_fixed_connection_limits_import_and_has_pypsas_worth(pypsa: Any) -> None:
    import pandas as pd

    hours, it_mw = 96, 500.0
    data = series(3, hours)
    weights = np.full(hours, 8760 / hours)
    load = it_mw * data["load"] * data["pue"]
    network = network_of(pypsa, hours, weights)
    index = network.snapshots
    network.add("Bus", "grid")
    network.add("Bus", "here")
    network.add("Load", "load", bus="here", p_set=pd.Series(load, index))
    network.add(
        "Generator", "market", bus="grid", p_nom=1e5, marginal_cost=pd.Series(data["price"], index)
    )
    network.add("Link", "line", bus0="grid", bus1="here", p_nom=180.0)
    generator(network, "gas", GAS, "here")
    generator(network, "sun", SUN, "here", p_max_pu=pd.Series(data["solar"], index))
    network.add(
        "StorageUnit",
        "battery",
        bus="here",
        p_nom_extendable=True,
        max_hours=4.0,
        efficiency_store=0.95,
        efficiency_dispatch=0.93,
        standing_loss=0.001,
        cyclic_state_of_charge=True,
        capital_cost=annual(6.1e5, 15, 4e3),
        marginal_cost=1.3,
    )
    network.optimize.create_model()
    theirs = solve_model(network)
    problem = ExpansionProblem(
        periods=(Period(2030),),
        hours=Hours(weights, (hours,)),
        zones=(Zone(name="grid", price_usd_per_mwh=data["price"]),),
        sites=(
            Site(
                name="here",
                zone="grid",
                it_load_fraction=data["load"],
                pue=data["pue"],
                connection_mw=180.0,
            ),
        ),
        supplies=(option("gas", GAS), option("sun", SUN, availability=data["solar"])),
        storages=(
            Storage(
                name="battery",
                site="here",
                duration_hours=4.0,
                charge_efficiency_fraction=0.95,
                discharge_efficiency_fraction=0.93,
                standing_loss_fraction_per_hour=0.001,
                capex_usd_per_mw=6.1e5,
                fixed_usd_per_mw_year=4e3,
                life_years=15,
                variable_usd_per_mwh=1.3,
            ),
        ),
        campuses=(Campus(name="it", site="here", existing_it_mw=it_mw),),
        capital_rate_fraction=RATE,
    )
    ours = solve(problem)
    same(ours.objective_usd, theirs)
    same(ours.prices.hourly_power_usd_per_mwh["here"][0], prices_of(network, "here") / weights)
    limit = network.model.constraints["Link-fix-p-upper"].dual
    same(ours.prices.connection_usd_per_mw_year["here"][0], -float(limit.sum()))


def test_whole_reactors_cost_what_pypsa_says(pypsa: Any) -> None:
    import pandas as pd

    hours, it_mw = 48, 700.0
    data = series(4, hours)
    weights = np.full(hours, 8760 / hours)
    network = network_of(pypsa, hours, weights)
    index = network.snapshots
    network.add("Bus", "here")
    load = it_mw * data["load"] * data["pue"]
    network.add("Load", "load", bus="here", p_set=pd.Series(load, index))
    dear_gas = Tech(GAS.capex, GAS.fixed, GAS.life, 96.0)
    generator(network, "gas", dear_gas, "here", p_nom_max=450.0)
    generator(network, "wind", WIND, "here", p_max_pu=pd.Series(data["wind"], index))
    generator(network, "reactor", REACTOR, "here", p_nom_mod=300.0)
    network.add("Generator", "shed", bus="here", p_nom=1e4, marginal_cost=3000.0)
    network.optimize.create_model()
    theirs = solve_model(network)
    ours = solve(
        ExpansionProblem(
            periods=(Period(2030),),
            hours=Hours(weights, (hours,)),
            sites=(
                Site(
                    name="here",
                    it_load_fraction=data["load"],
                    pue=data["pue"],
                    shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=3000.0),),
                ),
            ),
            supplies=(
                option("gas", dear_gas, max_mw=450.0),
                option("wind", WIND, availability=data["wind"]),
                option("reactor", REACTOR, unit_mw=300.0, max_mw=3000.0),
            ),
            campuses=(Campus(name="it", site="here", existing_it_mw=it_mw),),
            capital_rate_fraction=RATE,
        ),
        gap=1e-9,
    )
    same(ours.objective_usd, theirs)
    units = sum(build.units for build in ours.builds if build.name == "reactor")
    assert units == round(float(network.generators.p_nom_opt["reactor"]) / 300.0) > 0
    assert ours.bound_usd <= ours.objective_usd <= ours.bound_usd * (1 + 1e-6)


def ageing_problem(data: dict[str, Any], hours: int, weights: Any) -> ExpansionProblem:
    gas, sun = Tech(9e5, 20e3, 10, 41.0), Tech(8e5, 15e3, 10, 0.0)
    return ExpansionProblem(
        periods=(Period(2030, 5, 0.8), Period(2035, 5, 0.6), Period(2040, 10, 0.4)),
        hours=Hours(weights, (hours,)),
        sites=(Site(name="here", it_load_fraction=data["load"], pue=data["pue"]),),
        supplies=(
            option("gas", gas),
            option("sun", sun, availability=data["solar"]),
            # built 2020 with a life of 18 years: stands in 2030 and 2035, gone in 2040
            Supply(
                name="old",
                site="here",
                existing_mw=[200.0, 200.0, 0.0],
                max_mw=200.0,
                latest_year=2029,
                variable_usd_per_mwh=29.0,
            ),
        ),
        campuses=(Campus(name="it", site="here", existing_it_mw=[300.0, 400.0, 450.0]),),
        capital_rate_fraction=RATE,
    )


def test_ageing_and_retirement_cost_what_pypsa_says(pypsa: Any) -> None:
    import pandas as pd

    hours = 48
    data = series(6, hours)
    weights = np.full(hours, 8760 / hours)
    problem = ageing_problem(data, hours, weights)
    years = [period.year for period in problem.periods]
    network = pypsa.Network()
    stamps = pd.date_range("2030-01-01", periods=hours, freq="h")
    network.set_snapshots(pd.MultiIndex.from_product([years, stamps], names=["period", "timestep"]))
    network.investment_periods = years
    network.investment_period_weightings["objective"] = [p.weight for p in problem.periods]
    network.investment_period_weightings["years"] = [p.years for p in problem.periods]
    tiled = np.tile(weights, 3)
    network.snapshot_weightings = pd.DataFrame(
        {"objective": tiled, "stores": 1.0, "generators": tiled}, index=network.snapshots
    )
    network.add("Bus", "here")
    shape = data["load"] * data["pue"]
    load = np.concatenate([shape * mw for mw in (300.0, 400.0, 450.0)])
    network.add("Load", "load", bus="here", p_set=pd.Series(load, network.snapshots))
    sun_all = pd.Series(np.tile(data["solar"], 3), network.snapshots)
    gas, sun = Tech(9e5, 20e3, 10, 41.0), Tech(8e5, 15e3, 10, 0.0)
    for year in years:
        generator(network, f"gas{year}", gas, "here", build_year=year, lifetime=10)
        generator(
            network, f"sun{year}", sun, "here", build_year=year, lifetime=10, p_max_pu=sun_all
        )
    network.add(
        "Generator",
        "old",
        bus="here",
        p_nom=200.0,
        marginal_cost=29.0,
        build_year=2020,
        lifetime=18,
    )
    network.optimize.create_model(multi_investment_periods=True)
    theirs = solve_model(network)
    ours = solve(problem)
    same(ours.objective_usd, theirs)
    weight = np.repeat([period.weight for period in problem.periods], hours) * tiled
    same(ours.prices.hourly_power_usd_per_mwh["here"].ravel(), prices_of(network, "here") / weight)
    assert ours.capacity.supply_mw["old"].tolist() == [200.0, 200.0, 0.0]


def test_two_sites_on_one_zone_projects_energy_cost_what_pypsa_says(pypsa: Any) -> None:
    import pandas as pd

    hours = 72
    data = series(8, hours)
    other = series(9, hours)
    weights = np.full(hours, 8760 / hours)
    network = network_of(pypsa, hours, weights)
    index = network.snapshots
    network.add("Bus", "zone")
    generator(network, "wind", WIND, "zone", p_max_pu=pd.Series(data["wind"], index))
    generator(network, "plant", GAS, "zone")
    for name, load, line in (("a", data, 260.0), ("b", other, 140.0)):
        network.add("Bus", name)
        network.add("Bus", name + " market")
        network.add(
            "Load", name, bus=name, p_set=pd.Series(300.0 * load["load"] * load["pue"], index)
        )
        network.add("Bus", name + " meter")
        network.add("Link", name + " line", bus0=name + " meter", bus1=name, p_nom=line)
        network.add("Link", name + " flow", bus0="zone", bus1=name + " meter", p_nom=1e5)
        network.add(
            "Generator",
            name + " import",
            bus=name + " meter",
            p_nom=1e5,
            marginal_cost=pd.Series(data["price"] + 8.0, index),
        )
        engine = Tech(1.1e6, 25e3, 20, 64.0)
        generator(network, name + " engine", engine, name)
    network.optimize.create_model()
    theirs = solve_model(network)
    engine = Tech(1.1e6, 25e3, 20, 64.0)
    ours = solve(
        ExpansionProblem(
            periods=(Period(2030),),
            hours=Hours(weights, (hours,)),
            zones=(Zone(name="zone", price_usd_per_mwh=data["price"] + 8.0),),
            sites=tuple(
                Site(
                    name=name,
                    zone="zone",
                    it_load_fraction=load["load"],
                    pue=load["pue"],
                    connection_mw=line,
                )
                for name, load, line in (("a", data, 260.0), ("b", other, 140.0))
            ),
            supplies=(
                Supply(
                    name="wind",
                    zone="zone",
                    route="zone",
                    availability=data["wind"],
                    capex_usd_per_mw=WIND.capex,
                    fixed_usd_per_mw_year=WIND.fixed,
                    life_years=WIND.life,
                ),
                Supply(
                    name="plant",
                    zone="zone",
                    route="zone",
                    capex_usd_per_mw=GAS.capex,
                    fixed_usd_per_mw_year=GAS.fixed,
                    life_years=GAS.life,
                    variable_usd_per_mwh=GAS.variable,
                ),
                option("engine a", engine, "a"),
                option("engine b", engine, "b"),
            ),
            campuses=tuple(
                Campus(name=f"it {name}", site=name, existing_it_mw=300.0) for name in ("a", "b")
            ),
            capital_rate_fraction=RATE,
        )
    )
    same(ours.objective_usd, theirs)
    for name in ("a", "b"):
        same(ours.prices.hourly_power_usd_per_mwh[name][0], prices_of(network, name) / weights)
