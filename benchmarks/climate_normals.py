"""Work out the *derived* figures of climate.csv from the real files they name.

usage: python benchmarks/climate_normals.py DATA        prints what would change
       python benchmarks/climate_normals.py DATA --write

DATA is a folder laid out as ../shared/data. Rows marked stated or assumed are
kept as they are.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from gigaplan.catalogue.figures import COLUMNS
from gigaplan.weather.climate import LINKED, MONTHS, SEASONS
from gigaplan.weather.climate_statistics import daily_scores, monthly_normals
from gigaplan.weather.model import FloatArray, HourlyWeather
from gigaplan.weather.reading import read_weather
from gigaplan.weather.sun import MONTH_OF_DAY

FILE = Path(__file__).parents[1] / "src/gigaplan/catalogue/data/climate.csv"
UNITS = {
    "temp_mean_c": "c",
    "temp_spread_c": "c",
    "temp_range_c": "c",
    "dew_point_c": "c",
    "dew_point_depression_spread_c": "c",
    "ghi_kwh_per_m2_day": "kwh_per_m2_day",
    "clear_sky_index_spread": "fraction",
    "wind_100m_m_per_s": "m_per_s",
    "wind_100m_spread_m_per_s": "m_per_s",
}
TITLES = {
    "temp_mean_c": "mean temperature",
    "temp_spread_c": "standard deviation of daily mean temperature",
    "temp_range_c": "mean daily temperature range",
    "dew_point_c": "mean dew point",
    "dew_point_depression_spread_c": "standard deviation of daily dew point depression",
    "ghi_kwh_per_m2_day": "mean daily global horizontal irradiation",
    "clear_sky_index_spread": "standard deviation of hourly clear-sky index",
    "wind_100m_m_per_s": "mean wind at 100 m",
    "wind_100m_spread_m_per_s": "standard deviation of hourly wind at 100 m",
}
TMY = "DOE/NREL TMY3 {} (EPW), monthly statistics by gigaplan"
SATELLITE = "NREL NSRDB PSM v3 and WIND Toolkit 2013 at {}, monthly statistics by gigaplan"
# ruff: noqa: E501  (a table, one station a line)
# station -> (title, geography, pattern of the weather file, pattern of the wind file, source)
STATIONS = {
    "columbus_oh": ("Columbus OH", "OH", "weather/USA_OH_*.epw", "", TMY.format("Columbus OH 724280")),
    "monroe_la": ("Monroe LA", "LA", "weather/USA_LA_*.epw", "", TMY.format("Monroe LA 722486")),
    "el_paso_tx": ("El Paso TX", "TX", "weather/USA_TX_El*.epw", "", TMY.format("El Paso TX 722700")),
    "west_texas": ("West Texas", "TX", "renewables/30*psm*", "renewables/30*.srw", SATELLITE.format("30.66 N 101.71 W")),
    "minnesota": ("Northern Minnesota", "MN", "renewables/47*psm*", "renewables/47*.srw", SATELLITE.format("47.5 N 93.0 W")),
    "gulf_coast": ("Gulf of Mexico coast", "TX", "renewables/29*psm*", "renewables/29*.srw", SATELLITE.format("29.2 N 94.6 W")),
}  # fmt: skip
ARID = ("el_paso_tx", "west_texas")
# standard deviation of a day's mean that its daily process makes; see docs/weather.md
DAILY_PART = {"temp": 1.0, "clearness": 0.86, "dryness": 1.0, "wind": 0.78}
SEASON_MONTHS = {"djf": (11, 0, 1), "mam": (2, 3, 4), "jja": (5, 6, 7), "son": (8, 9, 10)}


def row(
    row_id: str, name: str, value: float, unit: str, place: str, source: str, note: str = ""
) -> dict[str, str]:
    """Return one derived row."""
    blank = dict.fromkeys(COLUMNS, "")
    return blank | {
        "id": f"climate.{row_id}",
        "name": name,
        "value": f"{value:.2f}" if unit in ("degrees", "m") else f"{value:.3g}",
        "unit": unit,
        "as_of": "2013" if "2013" in source else "2008",
        "geography": place,
        "mark": "derived",
        "source_title": source,
        "source_url": "https://nsrdb.nrel.gov",
        "note": note,
    }


def read_station(data: Path, name: str) -> tuple[HourlyWeather, HourlyWeather | None]:
    """Return a station's weather and its wind at 100 m, if a file holds it."""
    _, _, pattern, wind_pattern, _ = STATIONS[name]
    weather = read_weather(next(data.glob(pattern)))
    if not wind_pattern:
        return weather, None
    wind = read_weather(next(data.glob(wind_pattern)), time_zone="-06:00")
    return weather.with_wind_of(wind), wind


def station_rows(
    name: str, weather: HourlyWeather, wind: HourlyWeather | None
) -> list[dict[str, str]]:
    """Return the derived rows of one station."""
    title, place, _, _, source = STATIONS[name]
    rows = [
        row(f"{name}.latitude", f"{title}: latitude", weather.latitude, "degrees", place, source),
        row(f"{name}.longitude", f"{title}: longitude", weather.longitude, "degrees", place, source),
        row(f"{name}.elevation_m", f"{title}: elevation", weather.elevation_m, "m", place, source),
    ]  # fmt: skip
    for field, values in monthly_normals(weather, wind).items():
        note = "1-2-1 smoothed over months" if "spread" in field else ""
        rows += [
            row(f"{name}.{field}_{m}", f"{title}: {TITLES[field]}, {m}", v, UNITS[field], place, source, note)
            for m, v in zip(MONTHS, values, strict=True)
        ]  # fmt: skip
    return rows


def links_of(scores: dict[str, FloatArray]) -> dict[tuple[str, str, str], float]:
    """Return correlations of the daily processes by (season, first, second)."""
    out = {}
    for season in SEASONS:
        days = np.isin(MONTH_OF_DAY, SEASON_MONTHS[season])
        for i, first in enumerate(LINKED):
            for second in LINKED[i + 1 :]:
                found = np.corrcoef(scores[first][days], scores[second][days])[0, 1]
                value = found / (DAILY_PART[first] * DAILY_PART[second])
                out[season, first, second] = float(np.clip(value, -0.9, 0.9))
    return out


def link_rows(scores: dict[str, dict[str, FloatArray]]) -> list[dict[str, str]]:
    """Return links of each kind of climate, and of each station half way to its kind's."""
    own = {name: links_of(s) for name, s in scores.items()}
    source = "DOE/NREL TMY3 and NREL NSRDB/WIND Toolkit 2013, correlations by gigaplan"
    kinds = {"humid": [n for n in own if n not in ARID], "arid": list(ARID)}
    rows = []
    for kind, names in kinds.items():
        for key in own[names[0]]:
            season, first, second = key
            pooled = float(np.mean([own[n][key] for n in names]))
            each = {n: (pooled + own[n][key]) / 2 for n in names}
            for entry, value in {kind: pooled, **each}.items():
                note = "mean over stations" if entry == kind else "half way to its kind's mean"
                rows.append(
                    row(
                        f"{entry}.link_{first}_{second}_{season}",
                        f"{entry}: correlation of daily {first} and {second}, {season}",
                        value,
                        "fraction",
                        "US",
                        source,
                        f"{note}; of daily means, over the part the daily process makes",
                    )
                )
    return rows


def main() -> None:
    """Print or write the derived rows."""
    data = Path(sys.argv[1])
    read = {name: read_station(data, name) for name in STATIONS}
    derived = [r for name, (w, wind) in read.items() for r in station_rows(name, w, wind)]
    derived += link_rows({name: dict(daily_scores(w)) for name, (w, _) in read.items()})
    kept = []
    if FILE.exists():
        with FILE.open(encoding="utf-8", newline="") as handle:
            kept = list(csv.DictReader(handle))
    new = {r["id"]: r for r in derived}
    old = {r["id"]: r["value"] for r in kept}
    changed = [r for i, r in new.items() if old.get(i) != r["value"]]
    print(f"{len(new)} derived figures, {len(changed)} differ from {FILE.name}")
    for r in changed[:20]:
        print(" ", r["id"], old.get(r["id"], "(new)"), "->", r["value"])
    if "--write" in sys.argv[2:]:
        rows = [r for r in kept if r["id"] not in new] + list(new.values())
        rows.sort(key=lambda r: r["id"])
        with FILE.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
