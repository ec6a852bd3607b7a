"""Compare generated weather, capacity factors and zones with the real files.

usage: python benchmarks/weather_fidelity.py DATA [YEARS]

DATA is a folder laid out as ../shared/data; YEARS generated years per station (20).
Prints the tables of docs/weather.md and the time a site-year takes.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from climate_normals import STATIONS, read_station  # type: ignore[import-not-found]

from gigaplan.weather import (
    generate,
    generate_zone,
    market_normals,
    read_series,
    solar_capacity_factor,
    wind_capacity_factor,
)
from gigaplan.weather.climate_statistics import autocorrelation, character, daily_scores
from gigaplan.weather.data_folder import read_grid_mix
from gigaplan.weather.model import FloatArray, HourlyWeather

POINTS = ("west_texas", "minnesota", "gulf_coast")
AIRPORT_WIND = (
    "wind_mean_m_per_s",
    "wind_cv",
    "wind_lag1",
    "wind_lag24",
    "calm_spell_mean_hours",
    "calm_spell_longest_hours",
)


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def characters(data: Path, made: dict[str, list[HourlyWeather]]) -> None:
    """Print the figures of every station, real against generated."""
    real = {n: asdict(character(read_station(data, n)[0])) for n in STATIONS}
    ours = {n: [asdict(character(w)) for w in years] for n, years in made.items()}
    rows = []
    for key in real["west_texas"]:
        row = [key]
        for name in STATIONS:
            values = np.array([one[key] for one in ours[name]])
            # airports measure at 10 m, the generator makes 100 m
            known = "" if key in AIRPORT_WIND and name not in POINTS else f"{real[name][key]:.2f}"
            row.append(f"{known} / {values.mean():.2f} ± {values.std():.2f}")
        rows.append(row)
    table(["real / generated", *STATIONS], rows)


def correlations(data: Path, made: dict[str, list[HourlyWeather]]) -> None:
    """Print site-to-site correlations of daily scores."""
    real = {n: daily_scores(read_station(data, n)[0]) for n in POINTS}
    ours = {n: [daily_scores(w) for w in made[n]] for n in POINTS}
    rows = []
    for i, one in enumerate(POINTS):
        for two in POINTS[i + 1 :]:
            row = [f"{one} - {two}"]
            for key in ("temp", "clearness", "dryness", "wind"):
                known = np.corrcoef(real[one][key], real[two][key])[0, 1]
                found = [
                    np.corrcoef(a[key], b[key])[0, 1]
                    for a, b in zip(ours[one], ours[two], strict=True)
                ]
                row.append(f"{known:.2f} / {np.mean(found):.2f}")
            rows.append(row)
    table(["real / generated", "temperature", "clearness", "dryness", "wind"], rows)


def capacity_factors(data: Path, made: dict[str, list[HourlyWeather]]) -> None:
    """Print capacity factors and their hourly correlation."""
    rows = []
    for name in STATIONS:
        weather = read_station(data, name)[0]
        sun = solar_capacity_factor(weather)
        suns = [solar_capacity_factor(w) for w in made[name]]
        winds = [wind_capacity_factor(w) for w in made[name]]
        both = np.mean([np.corrcoef(s, w)[0, 1] for s, w in zip(suns, winds, strict=True)])
        wind = wind_capacity_factor(weather) if name in POINTS else None
        rows.append(
            [
                name,
                f"{sun.mean():.3f} / {np.mean(suns):.3f}",
                f"{wind.mean():.3f} / {np.mean(winds):.3f}"
                if wind is not None
                else f" / {np.mean(winds):.3f}",
                f"{np.corrcoef(sun, wind)[0, 1]:.2f} / {both:.2f}"
                if wind is not None
                else f" / {both:.2f}",
            ]
        )
    table(["real / generated", "solar", "wind", "hourly correlation"], rows)


def spread(values: FloatArray) -> str:
    """Return five quantiles over the median."""
    at = np.quantile(values, (0.05, 0.25, 0.75, 0.95, 0.99)) / np.median(values)
    return ", ".join(f"{q:.2f}" for q in at)


def zones(data: Path, years: int) -> None:
    """Print price and carbon of generated zones against ERCOT prices and EIA-930 mixes."""
    path = data / "prices/ercot_hubavg_dam_2021_2023.csv"
    rows = []
    for year in (2021, 2022, 2023):
        v = read_series(path, "usd_per_mwh", unit="usd_per_mwh", year=year).values
        rows.append(price_row(f"ERCOT {year}", v))
    for market, price in (("ercot_west", 55.0), ("pjm_aep", 50.0), ("miso_indiana", 40.0)):
        normals = market_normals(
            market,
            price_usd_per_mwh=price,
            gas_usd_per_mmbtu=3.5,
            carbon_kg_per_mwh=400.0,
            clean_share_fraction=0.40,
        )
        made = generate_zone(normals, weather_years=years).price_usd_per_mwh
        rows.append(price_row(f"generated {market}", made.ravel()))
    head = ["price", "mean", "quantiles 5, 25, 75, 95, 99% over median", "dearest 1% earns"]
    table([*head, "log lag 1 h", "log lag 24 h"], rows)
    rows = []
    for operator, market in (("PJM", "pjm_aep"), ("MISO", "miso_indiana"), ("ERCO", "ercot_west")):
        mix = read_grid_mix(data / f"grid_mix/{operator}_eia930_2022.csv")
        normals = market_normals(
            market,
            price_usd_per_mwh=50.0,
            gas_usd_per_mmbtu=3.5,
            carbon_kg_per_mwh=float(mix.carbon_kg_per_mwh.mean()),
            clean_share_fraction=float(mix.clean_share_fraction.mean()),
        )
        zone = generate_zone(normals, weather_years=years)
        row = [operator]
        for known, found in (
            (mix.clean_share_fraction, zone.clean_share_fraction),
            (mix.carbon_kg_per_mwh, zone.carbon_kg_per_mwh),
        ):
            quantiles = (0.05, 0.5, 0.95)
            pairs = zip(np.quantile(known, quantiles), np.quantile(found, quantiles), strict=True)
            row += [f"{a:.3g} / {b:.3g}" for a, b in pairs]
        rows.append(row)
    table(["real / generated", *(f"clean {q}" for q in ("5%", "50%", "95%")),
           *(f"carbon {q}" for q in ("5%", "50%", "95%"))], rows)  # fmt: skip


def price_row(name: str, values: FloatArray) -> list[str]:
    """Return one line of the price table."""
    years = values.reshape(-1, 8760)
    top = np.mean([np.sort(v)[-88:].sum() / v.sum() for v in years])
    logs = [np.log(np.maximum(v, 1)) for v in years]
    lags = [np.mean([autocorrelation(v, lag) for v in logs]) for lag in (1, 24)]
    return [
        name,
        f"{values.mean():.1f}",
        spread(values),
        f"{100 * top:.0f}%",
        *(f"{lag:.2f}" for lag in lags),
    ]


def held_out(data: Path, made: list[HourlyWeather]) -> None:
    """Print Dallas, whose reanalysis took no part in its normals."""
    path = data / "weather/dallas_tx_openmeteo_2021_2022.csv"
    real = np.concatenate(
        [
            read_series(path, "temp_c", unit="c", year=y, most_gap_hours=24).values
            for y in (2021, 2022)
        ]
    )
    ours = np.concatenate([w.temp_c for w in made])
    at = (0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0)
    rows = [
        ["ERA5 2021-2022", *(f"{q:.1f}" for q in np.quantile(real, at))],
        ["generated", *(f"{q:.1f}" for q in np.quantile(ours, at))],
    ]
    table(["Dallas, C", *(f"{100 * q:g}%" for q in at)], rows)


def main() -> None:
    """Print every table."""
    data = Path(sys.argv[1])
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    names = [*STATIONS, "dallas_tx"]
    for name in names:
        generate([name], 0, 1)
    start = time.process_time()
    made = {name: [generate([name], y, 1)[0] for y in range(years)] for name in names}
    seconds = (time.process_time() - start) / (years * len(names))
    print(f"{years} years of {len(names)} stations, {1000 * seconds:.1f} ms of CPU a site-year\n")
    characters(data, {n: made[n] for n in STATIONS})
    correlations(data, made)
    capacity_factors(data, {n: made[n] for n in STATIONS})
    held_out(data, made["dallas_tx"])
    zones(data, years)


if __name__ == "__main__":
    main()
