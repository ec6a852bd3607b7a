"""What is a MW worth? Gas, sun or battery at a 500 MW campus; and a line between two of them."""

import numpy as np

from gigaplan import operations
from gigaplan.operations import areas, foresight, worth


def main() -> None:
    """Print the load that each carries, what a rule leaves on the table, and what a line saves."""
    hour = np.arange(8760)
    load_mw = 450 + 50 * np.sin(hour / 24 * 2 * np.pi)
    sun = np.maximum(np.sin((hour % 24 - 6) / 12 * np.pi), 0.0)
    price = 45 + 20 * np.sin(hour / 24 * 2 * np.pi)
    units = [
        operations.Unit(f"gas {i}", 110, forced_outage_fraction=0.05, mttr_hours=50)
        for i in range(1, 7)
    ]
    additions = (
        operations.Unit("gas 7", 110, forced_outage_fraction=0.05, mttr_hours=50),
        operations.Unit("sun", 100, availability_fraction=sun),
        operations.Storage("battery", power_mw=100, energy_mwh=400),
    )
    for addition in additions:
        found = worth.carried_load(units, load_mw, addition, samples=2000, seed=1)
        print(f"{addition.name:8} of {found.nameplate_mw:g} MW carries {found.mw} MW of load")

    trading = operations.Storage(
        "battery", 100, 400, charge_below_usd_per_mwh=35, discharge_above_usd_per_mwh=55
    )
    grid = operations.Grid(limit_mw=600, price_usd_per_mwh=price)
    best = foresight.foresee([], load_mw, storage=[trading], grid=grid)
    print(f"a rule of two prices leaves {best.worth_usd:,.0f} USD of {best.rule_usd:,.0f} a year")

    second = [
        operations.Unit(f"more {i}", 110, forced_outage_fraction=0.05, mttr_hours=50)
        for i in range(1, 7)
    ]
    for limit_mw in (0.0, 50.0, 100.0):
        pair = areas.assess_network(
            [areas.Area("north", units, load_mw), areas.Area("south", second, load_mw)],
            [areas.Line("north", "south", limit_mw)],
            samples=2000,
            seed=1,
        )
        print(f"with {limit_mw:3.0f} MW between two campuses: {pair.eue_mwh} MWh short a year")


if __name__ == "__main__":
    main()
