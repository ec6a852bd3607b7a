"""A random programme of several sites as a PyPSA network and as a problem, each from its figures.

The network is built from PyPSA's own components, so that a misplaced weight or cost shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gigaplan.expansion import (
    Campus,
    Connection,
    ExpansionProblem,
    Hours,
    Period,
    ShedTier,
    Site,
    Storage,
    Supply,
    Zone,
)
from gigaplan.expansion.assets import annuity_fraction

HOURS = 36
RATE, LIFE = 0.07, 25.0
SHED_USD = 900.0


def figures(seed: int) -> dict[str, dict[str, Any]]:
    """Return the figures of three sites."""
    rng = np.random.default_rng(seed)
    return {
        name: {
            "it_mw": float(rng.uniform(50.0, 300.0)),
            "load": rng.uniform(0.6, 1.0, HOURS),
            "pue": rng.uniform(1.05, 1.3, HOURS),
            "price": rng.uniform(-10.0, 160.0, HOURS),
            "sun": np.clip(rng.uniform(-0.5, 1.0, HOURS), 0.0, None),
            "gas": (float(rng.uniform(7e5, 1.4e6)), float(rng.uniform(35.0, 80.0))),
            "sun_usd": float(rng.uniform(3e5, 1.1e6)),
            "line_usd": float(rng.uniform(2e5, 9e5)),
            "battery_usd": float(rng.uniform(1e5, 9e5)),
        }
        for name in ("a", "b", "c")
    }


def network(pypsa: Any, seed: int) -> Any:
    """Return the PyPSA network."""
    import pandas as pd

    found = pypsa.Network()
    found.set_snapshots(pd.date_range("2030-01-01", periods=HOURS, freq="h"))
    index = found.snapshots
    weights = np.full(HOURS, 8760 / HOURS)
    found.snapshot_weightings = pd.DataFrame(
        {"objective": weights, "stores": 1.0, "generators": weights}, index=index
    )
    yearly = annuity_fraction(RATE, LIFE)
    for name, site in figures(seed).items():
        load = site["it_mw"] * site["load"] * site["pue"]
        market = f"market {name}"
        found.add("Bus", name)
        found.add("Bus", market)
        found.add("Load", name, bus=name, p_set=pd.Series(load, index))
        found.add(
            "Generator",
            market,
            bus=market,
            p_nom=1e5,
            marginal_cost=pd.Series(site["price"], index),
        )
        found.add(
            "Link",
            f"line {name}",
            bus0=market,
            bus1=name,
            p_nom_extendable=True,
            p_nom_max=200.0,
            capital_cost=site["line_usd"] * yearly,
        )
        capex, fuel = site["gas"]
        for kind, usd, variable, share in (
            ("gas", capex, fuel, np.ones(HOURS)),
            ("sun", site["sun_usd"], 0.0, site["sun"]),
        ):
            found.add(
                "Generator",
                f"{kind} {name}",
                bus=name,
                p_nom_extendable=True,
                capital_cost=usd * yearly,
                marginal_cost=variable,
                p_max_pu=pd.Series(share, index),
            )
        found.add(
            "Generator",
            f"shed {name}",
            bus=name,
            p_nom=float(load.max()),
            p_max_pu=pd.Series(load / load.max(), index),
            marginal_cost=SHED_USD,
        )
        found.add(
            "StorageUnit",
            f"battery {name}",
            bus=name,
            p_nom_extendable=True,
            max_hours=4.0,
            efficiency_store=0.94,
            efficiency_dispatch=0.94,
            cyclic_state_of_charge=True,
            capital_cost=site["battery_usd"] * yearly,
        )
    return found


def problem(seed: int) -> ExpansionProblem:
    """Return the same as a problem."""
    places = figures(seed)
    supplies: list[Supply] = []
    for name, site in places.items():
        capex, fuel = site["gas"]
        supplies += [
            Supply(
                name=f"gas {name}",
                site=name,
                capex_usd_per_mw=capex,
                variable_usd_per_mwh=fuel,
                life_years=LIFE,
            ),
            Supply(
                name=f"sun {name}",
                site=name,
                capex_usd_per_mw=site["sun_usd"],
                availability=site["sun"],
                life_years=LIFE,
            ),
        ]
    return ExpansionProblem(
        periods=(Period(2030),),
        hours=Hours(np.full(HOURS, 8760 / HOURS), (HOURS,)),
        zones=tuple(
            Zone(name=name, price_usd_per_mwh=site["price"]) for name, site in places.items()
        ),
        sites=tuple(
            Site(
                name=name,
                zone=name,
                it_load_fraction=site["load"],
                pue=site["pue"],
                shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=SHED_USD),),
            )
            for name, site in places.items()
        ),
        supplies=tuple(supplies),
        storages=tuple(
            Storage(
                name=f"battery {name}",
                site=name,
                duration_hours=4.0,
                capex_usd_per_mw=site["battery_usd"],
                life_years=LIFE,
            )
            for name, site in places.items()
        ),
        connections=tuple(
            Connection(
                name=f"line {name}",
                site=name,
                capex_usd_per_mw=site["line_usd"],
                life_years=LIFE,
                max_mw=200.0,
            )
            for name, site in places.items()
        ),
        campuses=tuple(
            Campus(name=f"it {name}", site=name, existing_it_mw=site["it_mw"])
            for name, site in places.items()
        ),
        capital_rate_fraction=RATE,
    )
