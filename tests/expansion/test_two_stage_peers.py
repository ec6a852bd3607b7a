"""Two stages and CVaR against PyPSA: equal where capital is certain, apart where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import (
    Campus,
    ExpansionProblem,
    Hours,
    Period,
    Site,
    Supply,
)
from gigaplan.expansion.stochastic import Scenario, TwoStage, solve_two_stage

from .pypsa_peer import pypsa, solve_model

__all__ = ["pypsa"]  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")
HOURS = 24
WEIGHT = 365.0
NAMES = ("reactor", "gas", "sun")
Figures = dict[str, tuple[float, float]]
"""By plant: USD per MW and year, and per MWh."""


def ours(
    futures: list[Figures], chance: list[float], level: float, weight: float, load: Any
) -> TwoStage:
    def problem(future: Figures) -> ExpansionProblem:
        return ExpansionProblem(
            periods=(Period(2030),),
            hours=Hours(np.full(HOURS, WEIGHT), (HOURS,)),
            sites=(Site(name="here", it_load_fraction=load),),
            supplies=tuple(
                Supply(
                    name=name,
                    site="here",
                    capex_usd_per_mw=40 * capital,
                    life_years=40,
                    variable_usd_per_mwh=energy,
                    availability=sun() if name == "sun" else 1.0,
                    max_mw=1e5,
                )
                for name, (capital, energy) in future.items()
            ),
            campuses=(Campus(name="it", site="here", existing_it_mw=1000.0),),
            capital_rate_fraction=0.0,
        )

    return TwoStage(
        tuple(
            Scenario(str(i), p, problem(future))
            for i, (p, future) in enumerate(zip(chance, futures, strict=True))
        ),
        decision_year=2031,
        cvar_level=level,
        cvar_weight=weight,
    )


def daily_load() -> Any:
    return 0.6 + 0.4 * np.sin(np.arange(HOURS) / 5) ** 2


def sun() -> Any:
    return np.clip(np.sin((np.arange(HOURS) - 6) / 12 * np.pi), 0, None)


def theirs(
    module: Any,
    futures: list[Figures],
    chance: list[float],
    level: float,
    weight: float,
    load: Any,
) -> tuple[float, dict[str, float]]:
    """Return PyPSA's objective and MW by plant."""
    network = module.Network(snapshots=range(HOURS))
    network.snapshot_weightings.loc[:, :] = WEIGHT
    network.add("Bus", "here")
    network.add("Load", "it", bus="here", p_set=1000.0 * load)
    for name in futures[0]:
        network.add(
            "Generator",
            name,
            bus="here",
            p_nom_extendable=True,
            capital_cost=1.0,
            marginal_cost=1.0,
            p_max_pu=sun() if name == "sun" else 1.0,
        )
    network.set_scenarios({str(i): p for i, p in enumerate(chance)})
    static = network.c.generators.static
    for i, future in enumerate(futures):
        for name, (capital, energy) in future.items():
            static.loc[(str(i), name), "capital_cost"] = capital
            static.loc[(str(i), name), "marginal_cost"] = energy
    if weight > 0:
        network.set_risk_preference(alpha=level, omega=weight)
    network.optimize.create_model()
    objective = solve_model(network)
    network.optimize.assign_solution()
    built = network.c.generators.static.p_nom_opt
    return objective, {name: float(built["0", name]) for name in futures[0]}


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_certain_capital_the_objective_is_pypsas(pypsa: Any, seed: int, weight: float) -> None:
    # CVaR of what is certain plus what is not is the certain part plus CVaR of the rest, so a
    # CVaR of operation alone and one of all are the same here
    rng = np.random.default_rng(seed)
    capital = dict(zip(NAMES, rng.uniform([3e5, 5e4, 5e4], [6e5, 1e5, 1e5]), strict=True))
    futures = [
        {name: (capital[name], float(rng.uniform(1, 90))) for name in NAMES} for _ in range(4)
    ]
    chance = rng.dirichlet(np.full(4, 3.0)).tolist()
    objective, built = theirs(pypsa, futures, chance, 0.7, weight, daily_load())
    found = solve_two_stage(ours(futures, chance, 0.7, weight, daily_load()))
    assert found.objective_usd == pytest.approx(objective, rel=1e-6)
    mine = {order.name: order.mw for order in found.first_stage}
    for name, mw in built.items():
        assert mine.get(name, 0.0) == pytest.approx(mw, abs=1e-2)


def test_with_uncertain_capital_pypsa_builds_the_reactor_at_any_weight_and_we_do_not(
    pypsa: Any,
) -> None:
    futures = [{"reactor": (50e3, 2.5), "gas": (50e3, 20.0)}]
    futures += [{"reactor": (320e3, 2.5), "gas": (50e3, 20.0)}]
    flat = np.ones(HOURS)
    for weight, our_choice in ((0.0, "reactor"), (1.0, "gas")):
        _, built = theirs(pypsa, futures, [0.5, 0.5], 0.9, weight, flat)
        assert built == {"reactor": pytest.approx(1000.0), "gas": pytest.approx(0.0)}
        found = solve_two_stage(ours(futures, [0.5, 0.5], 0.9, weight, flat))
        assert [order.name for order in found.first_stage] == [our_choice]
        assert found.first_stage[0].mw == pytest.approx(1000.0)
