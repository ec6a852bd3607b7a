"""Work out the long-run means of the price shapes of each market in climate.csv.

usage: python benchmarks/zone_normals.py [YEARS] [--write]

Years (120 unless told) are generated with a seed that no run is likely to use. Needs no
data; run it again whenever the generator or a market's stations change.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from gigaplan.weather.markets import STATIONS, market_normals
from gigaplan.weather.zone_generator import price_shapes, standard_residual

FILE = Path(__file__).parents[1] / "src/gigaplan/catalogue/data/climate.csv"
SEED = 4_000_000_007
TITLES = {
    "energy_shape_mean": "long-run mean of the energy price shape",
    "scarcity_shape_mean": "long-run mean of the scarcity price shape",
}


def shapes(market: str, years: int) -> dict[str, float]:
    """Return the two long-run means of a market, by field."""
    normals = market_normals(
        market,
        price_usd_per_mwh=50.0,
        gas_usd_per_mmbtu=3.5,
        carbon_kg_per_mwh=400.0,
        clean_share_fraction=0.6,
    )
    normals = replace(normals, energy_shape_mean=None, scarcity_shape_mean=None)
    pairs = [price_shapes(standard_residual(normals, y, SEED)) for y in range(years)]
    return {
        "energy_shape_mean": float(np.mean([energy for energy, _ in pairs])),
        "scarcity_shape_mean": float(np.mean([scarcity for _, scarcity in pairs])),
    }


def main() -> None:
    """Print or write the figures."""
    years = next((int(a) for a in sys.argv[1:] if a.isdigit()), 120)
    with FILE.open(encoding="utf-8", newline="") as handle:
        rows = {r["id"]: r for r in csv.DictReader(handle)}
    blank = dict.fromkeys(next(iter(rows.values())), "")
    for market in STATIONS:
        for field, value in shapes(market, years).items():
            row_id = f"climate.zone_{market}.{field}"
            print(row_id, rows.get(row_id, blank)["value"] or "(new)", "->", f"{value:.4g}")
            rows[row_id] = blank | {
                "id": row_id,
                "name": f"{market}: {TITLES[field]}",
                "value": f"{value:.4g}",
                "unit": "ratio",
                "as_of": "2026",
                "geography": "US",
                "mark": "derived",
                "source_title": f"gigaplan weather generator, {years} years",
                "note": "benchmarks/zone_normals.py",
            }
    if "--write" in sys.argv:
        with FILE.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(blank), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[i] for i in sorted(rows))


if __name__ == "__main__":
    main()
