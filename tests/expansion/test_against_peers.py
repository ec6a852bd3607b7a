"""The shared peer cases: our objective and shadow prices against the PyPSA baseline beside them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import (
    Campus,
    Connection,
    ExpansionProblem,
    Goal,
    Hours,
    Limits,
    Period,
    Phase,
    ShedTier,
    Site,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.decomposition import decompose

from .pypsa_peer import prices_of, pypsa, same, solve_model

__all__ = ["pypsa"]  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")


def load_module(shared: Path, name: str) -> ModuleType:
    """Return a module of the shared peers folder."""
    folder = shared / "peers"
    if not folder.is_dir():
        pytest.skip("needs the peers folder of the shared data")
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# ---- the shared single-campus case -----------------------------------------------------------


def shared_campus(case: dict[str, Any]) -> ExpansionProblem:
    data, tech, most = case["series"], case["techs"], case["cap_max"]
    hours = len(data["load"])
    part = hours / 8760
    peak = float(data["load"].max())
    supplies = tuple(
        Supply(
            name=name,
            site="campus",
            availability=data[name],
            variable_usd_per_mwh=tech[name]["vom"],
            dirty_fraction=tech[name]["dirty"],
            max_mw=most[name],
            fixed_usd_per_mw_year=tech[name]["annual"] * part,
        )
        for name in ("solar", "wind", "nuclear", "ccgt")
    )
    return ExpansionProblem(
        periods=(Period(2030),),
        hours=Hours.chronology(hours),
        zones=(Zone(name="z", price_usd_per_mwh=data["price"], dirty_fraction=data["gdirty"]),),
        sites=(
            Site(
                name="campus",
                zone="z",
                it_load_fraction=data["load"] / peak,
                shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=case["voll"]),),
            ),
        ),
        supplies=supplies,
        storages=(
            Storage(
                name="battery",
                site="campus",
                max_mw=most["bat_p"],
                max_mwh=most["bat_e"],
                charge_efficiency_fraction=case["eff"],
                discharge_efficiency_fraction=case["eff"],
                fixed_usd_per_mw_year=tech["bat_p"]["annual"] * part,
                fixed_usd_per_mwh_year=tech["bat_e"]["annual"] * part,
            ),
        ),
        connections=(
            Connection(
                name="grid",
                site="campus",
                max_mw=most["grid"],
                fixed_usd_per_mw_year=tech["grid"]["annual"] * part,
            ),
        ),
        campuses=(Campus(name="it", site="campus", existing_it_mw=peak),),
        limits=Limits(clean_share_fraction=case["clean_share"], clean_matching="hourly"),
    )


@pytest.mark.parametrize("seed", [1, 5])
def test_one_campus_with_storage_and_a_clean_share_costs_what_pypsa_says(
    pypsa: Any, shared: Path, seed: int
) -> None:
    casegen = load_module(shared, "casegen")
    baseline = load_module(shared, "pypsa_baseline")
    case = casegen.load(casegen.single(seed, 336))
    network, extra, _ = baseline.single(case)
    network.optimize.create_model()
    extra(network, network.snapshots)
    theirs = solve_model(network)
    ours = solve(shared_campus(case))
    same(ours.objective_usd, theirs)
    same(ours.prices.hourly_power_usd_per_mwh["campus"][0], prices_of(network, "ac"))
    # the dirty-energy row of PyPSA is in MWh, as our price is
    dual = float(network.model.constraints["clean"].dual)
    same(ours.prices.clean_usd_per_mwh[0], -dual)


# ---- the shared many-site, many-year case ----------------------------------------------------


def shared_programme(case: dict[str, Any]) -> ExpansionProblem:
    tech, life = case["techs"], 1000.0
    fuel = np.array(case["fuel_mult"])
    count = case["years"]
    steps = len(case["site_series"][0]["load"])

    def cost(name: str, factor: float = 1.0) -> dict[str, Any]:
        # the case prices capital in `annual`; the overnight cost counts in the budget only, so
        # its annuity (rate 0, 1000 years) is taken off again
        capex = tech[name]["capex"] * factor
        return {
            "capex_usd_per_mw": capex,
            "fixed_usd_per_mw_year": tech[name]["annual"] * factor - capex / life,
            "life_years": life,
        }

    sites, zones, campuses = [], [], []
    supplies: list[Supply] = []
    storages: list[Storage] = []
    connections: list[Connection] = []
    for number, place in enumerate(case["sites"]):
        data, at = case["site_series"][number], f"s{number}"
        zones.append(
            Zone(
                name=at,
                price_usd_per_mwh=data["price"][None, :] * fuel[:, None],
                dirty_fraction=data["gdirty"],
            )
        )
        shed = (ShedTier(name="all", load_fraction=1.0, usd_per_mwh=case["voll"]),)
        sites.append(Site(name=at, zone=at, it_load_fraction=data["load"] / 2, pue=2.0, shed=shed))
        supplies += [
            Supply(
                name=at + name,
                site=at,
                availability=data[name],
                max_mw=place[f"{name}_max"],
                **cost(name),
            )
            for name in ("solar", "wind")
        ]
        supplies.append(
            Supply(
                name=at + "ccgt",
                site=at,
                availability=data["ccgt"],
                dirty_fraction=1.0,
                slot_class="turbine",
                variable_usd_per_mwh=(tech["ccgt"]["vom"] * fuel)[:, None],
                **cost("ccgt"),
            )
        )
        for name, allowed, factor in (
            ("smr", place["smr_ok"], 1.15),
            ("large", place["large_ok"], 1.0),
        ):
            if allowed:
                supplies.append(
                    Supply(
                        name=at + name,
                        site=at,
                        availability=data["nuclear"],
                        earliest_year=case["units"][name]["first"],
                        slot_class=name,
                        variable_usd_per_mwh=tech["nuclear"]["vom"],
                        **cost("nuclear", factor),
                    )
                )
        connections.append(
            Connection(name=at + "grid", site=at, max_mw=place["grid_max"], **cost("grid"))
        )
        energy = tech["bat_e"]
        storages.append(
            Storage(
                name=at + "battery",
                site=at,
                charge_efficiency_fraction=case["eff"],
                discharge_efficiency_fraction=case["eff"],
                capex_usd_per_mwh=energy["capex"],
                fixed_usd_per_mwh_year=energy["annual"] - energy["capex"] / life,
                **cost("bat_p"),
            )
        )
        campuses.append(
            Campus(
                name=at + "it",
                site=at,
                phases=(Phase(name="all", it_mw=place["it_max"], whole=False),),
                capex_usd_per_it_mw=case["it_capex"],
                fixed_usd_per_it_mw_year=case["it_annual"] - case["it_capex"] / life,
                life_years=life,
            )
        )
    slots = {"turbine": case["ccgt_limit"]}
    for name in ("smr", "large"):
        unit = case["units"][name]
        slots[name] = [unit["per_year"] * unit["mw"]] * count
    return ExpansionProblem(
        periods=tuple(Period(year, 1, case["disc"][year]) for year in range(count)),
        hours=Hours(np.full(steps, case["weight"]), (steps,)),
        zones=tuple(zones),
        sites=tuple(sites),
        supplies=tuple(supplies),
        storages=tuple(storages),
        connections=tuple(connections),
        campuses=tuple(campuses),
        goal=Goal(target_it_mw=case["it_target"]),
        limits=Limits(
            capex_usd=case["budget"],
            slots=slots,
            clean_share_fraction=case["clean_share"],
            clean_matching="hourly",
        ),
        capital_rate_fraction=0.0,
    )


@pytest.mark.parametrize(("seed", "sites", "years"), [(1, 2, 2), (7, 2, 3)])
def test_many_sites_and_years_under_shared_limits_cost_what_pypsa_says(
    pypsa: Any, shared: Path, seed: int, sites: int, years: int
) -> None:
    casegen = load_module(shared, "casegen")
    baseline = load_module(shared, "pypsa_baseline")
    case = casegen.load(casegen.multi(seed, sites, years, 1, integer=False))
    network, extra, multi = baseline.multi(case)
    network.optimize.create_model(multi_investment_periods=multi)
    extra(network, network.snapshots)
    theirs = solve_model(network)
    ours = solve(shared_programme(case))
    same(ours.objective_usd, theirs)
    constraints = network.model.constraints
    discount = np.array(case["disc"])
    targets = [float(constraints[f"target{year}"].dual) for year in range(years)]
    same(ours.prices.target_usd_per_it_mw_year, np.array(targets) / discount)
    budgets = [-float(constraints[f"budget{year}"].dual) for year in range(years)]
    same(ours.prices.budget_usd_per_usd, np.array(budgets))
    turbines = [-float(constraints[f"turb{year}"].dual) for year in range(years)]
    same(ours.prices.slot_usd["turbine"], np.array(turbines))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_twenty_random_programmes_lie_between_our_bound_and_plan(
    pypsa: Any, shared: Path, seed: int
) -> None:
    casegen = load_module(shared, "casegen")
    baseline = load_module(shared, "pypsa_baseline")
    case = casegen.load(casegen.multi(seed, 2 + seed % 3, 2, 1, integer=False))
    network, extra, multi = baseline.multi(case)
    network.optimize.create_model(multi_investment_periods=multi)
    extra(network, network.snapshots)
    theirs = solve_model(network)
    found = decompose(shared_programme(case), gap=1e-4)
    assert found.bound_usd <= theirs * (1 + 1e-6)
    assert found.objective_usd >= theirs * (1 - 1e-6)
    assert found.gap <= 1e-4
