"""Is the power there? A 500 MW campus on five gas units, a battery and a grid connection."""

import numpy as np

from gigaplan import operations


def main() -> None:
    """Print how often and how deep the campus is short, with and without its battery."""
    units = [
        operations.Unit(
            name=f"gas {i}", capacity_mw=110, forced_outage_fraction=0.05, mttr_hours=50
        )
        for i in range(1, 6)
    ]
    grid = operations.Grid(limit_mw=60, price_usd_per_mwh=45)
    load_mw = np.full(8760, 500.0)
    battery = operations.Storage(name="battery", power_mw=60, energy_mwh=240)
    for label, storage in (("without battery", ()), ("with battery", (battery,))):
        found = operations.assess(units, load_mw, storage=storage, grid=grid, samples=2000, seed=1)
        print(f"{label:16}  short {found.lolh_hours} hours and {found.eue_mwh} MWh a year")


if __name__ == "__main__":
    main()
