"""Finding real files for sites and zones in a folder of data (the option ``--data DIR``).

The folder is laid out as::

    weather/*.epw                     typical or real years
    renewables/*psm*.csv, *.srw       NSRDB and WIND Toolkit of one point and year
    prices/ercot*.csv                 column usd_per_mwh, UTC, hour-beginning
    grid_mix/{PJM,MISO,ERCO}_*.csv    EIA-930 net generation by source, UTC
    demand/eia930_demand_*.csv        MW by region, UTC, hour-ending

A site takes the nearest place that has a weather file, up to `MOST_KM` away; the
distance is told. A zone takes the files of its market's system operator: its price, or
where there is none the demand, wind and sun that a price can be made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from gigaplan.core.errors import InputError, Problem
from gigaplan.weather.anchors import distance_km
from gigaplan.weather.climate import row_value
from gigaplan.weather.hourly_csv import years_in
from gigaplan.weather.model import FloatArray, HourlySeries, HourlyWeather, Provenance
from gigaplan.weather.reading import read_series, read_weather
from gigaplan.weather.table import read_lines
from gigaplan.weather.zone_generator import GridYear

MOST_KM: Final = 400.0
_SAME_POINT_KM: Final = 5.0
_MOST_GAP_HOURS: Final = 24  # EIA-930 leaves whole days blank here and there
_OPERATOR: Final = {"pjm": "PJM", "miso": "MISO", "ercot": "ERCO"}
_YEAR: Final = 2022  # the year that prices and grid mix both have
_FUELS: Final = {"COL": "coal", "NG": "gas", "OIL": "oil", "OTH": "other"}
_CLEAN: Final = ("WND", "SUN", "WAT", "NUC")
_DEMAND_COLUMN: Final = {
    "pjm_aep": "PJM-AEP",
    "miso_south": "MISO-8910",
    "ercot_west": "ERCO-FWES",
    "pjm": "PJM",
    "ercot": "ERCO",
}
_PATTERNS: Final = (
    "weather/*.epw",
    "renewables/*psm*.csv",
    "renewables/*.srw",
    "prices/ercot*.csv",
    "grid_mix/*.csv",
    "demand/eia930_demand_*.csv",
)


@dataclass(frozen=True)
class GridMix:
    """Carbon and clean share of a grid's energy, wind and sun in one year, shape [hour]."""

    carbon_kg_per_mwh: FloatArray
    clean_share_fraction: FloatArray
    wind_mw: FloatArray
    solar_mw: FloatArray
    provenance: Provenance


@dataclass(frozen=True)
class ZoneData:
    """Real series that a folder holds for a zone; None where it holds none."""

    price: HourlySeries | None
    mix: GridMix | None
    demand: HourlySeries | None

    @property
    def grid_year(self) -> GridYear | None:
        """Return the demand, wind and sun of one year, where the folder holds them all."""
        if self.demand is None or self.mix is None:
            return None
        if self.mix.wind_mw.mean() <= 0 or self.mix.solar_mw.mean() <= 0:
            return None
        return GridYear(
            self.demand.values, self.mix.wind_mw, self.mix.solar_mw, self.demand.provenance
        )


def data_files(folder: str | Path) -> tuple[Path, ...]:
    """Return the files of a data folder that could be used, in order.

    Raises
    ------
    InputError
        If there is no such folder, or it holds none.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(Problem("there is no such folder of data.", file=str(root)))
    found = tuple(sorted(path for pattern in _PATTERNS for path in root.glob(pattern)))
    if not found:
        raise InputError(
            Problem(
                "the folder holds no data file that is known.",
                file=str(root),
                hint=f"Looked for {', '.join(_PATTERNS)}.",
            )
        )
    return found


def find_site_weather(
    folder: str | Path, latitude: float, longitude: float, *, most_km: float = MOST_KM
) -> HourlyWeather | None:
    """Return the nearest real weather of a data folder, or None if none is near enough.

    Solar points of NSRDB take the wind of the WIND Toolkit file at the same point.
    Where the nearest place is not the site's own, its distance is told.
    """
    places = _places(Path(folder))
    if not places:
        return None
    away = distance_km(
        latitude,
        longitude,
        np.array([place[1] for place in places]),
        np.array([place[2] for place in places]),
    )
    best = int(np.argmin(away))
    if away[best] > most_km:
        return None
    path, at_latitude, at_longitude = places[best]
    weather = _read(path)
    for srw in sorted(Path(folder).glob("renewables/*.srw")):
        head = read_lines(srw)[0]
        there = np.array([float(head[5])]), np.array([float(head[6])])
        if distance_km(at_latitude, at_longitude, *there)[0] < _SAME_POINT_KM:
            # an .srw file names no zone; it is taken as the solar file's of the same point
            weather = weather.with_wind_of(read_weather(srw, time_zone=_zone_of(path)))
    note = f"nearest real file, {away[best]:.0f} km from the site"
    told = replace(weather.provenance, treatments=(*weather.provenance.treatments, note))
    return replace(weather, provenance=told)


def find_zone_data(folder: str | Path, market: str) -> ZoneData:
    """Return the real price, grid mix and demand that a data folder holds for a market.

    Raises
    ------
    InputError
        If a file is there and cannot be read.
    """
    root = Path(folder)
    operator = next((v for k, v in _OPERATOR.items() if market.startswith(k)), None)
    price_files = sorted(root.glob("prices/ercot*.csv")) if operator == "ERCO" else []
    mix_files = sorted(root.glob(f"grid_mix/{operator}_*.csv")) if operator else []
    price = (
        read_series(price_files[0], "usd_per_mwh", unit="usd_per_mwh", year=_YEAR)
        if price_files and _YEAR in years_in(price_files[0])
        else None
    )
    return ZoneData(
        price=_with_source(
            price, "ERCOT hub average", f"day-ahead price, {_YEAR}", "public posting of ERCOT"
        ),
        mix=read_grid_mix(mix_files[0]) if mix_files else None,
        demand=_demand(root, market),
    )


def read_grid_mix(path: str | Path, *, year: int = _YEAR) -> GridMix:
    """Return carbon and clean share of an EIA-930 file of net generation by source.

    Emission factors are the figures ``climate.emissions.<fuel>_kg_per_mwh``; storage
    and imports are not in the file. Negative net generation counts as none.
    """
    read = {
        name: read_series(path, name, unit="mwh", year=year, most_gap_hours=_MOST_GAP_HOURS)
        for name in (*_CLEAN, *_FUELS)
    }
    output = {name: np.maximum(series.values, 0) for name, series in read.items()}
    total = np.sum(list(output.values()), axis=0)
    if (total <= 0).any():
        raise InputError(Problem("an hour has no generation at all.", file=str(path)))
    carbon = sum(
        (
            row_value(f"climate.emissions.{fuel}_kg_per_mwh") * output[c]
            for c, fuel in _FUELS.items()
        ),
        start=np.zeros_like(total),
    )
    clean = np.sum([output[name] for name in _CLEAN], axis=0)
    treatments = _told_once({name: s.provenance.treatments for name, s in read.items()})
    return GridMix(
        carbon / total,
        clean / total,
        output["WND"],
        output["SUN"],
        Provenance(
            kind="real",
            place=Path(path).stem,
            source=f"EIA-930 net generation by source, {year}",
            licence="EIA, US public domain",
            file=str(path),
            year=year,
            treatments=treatments,
        ),
    )


def _told_once(by_column: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return treatments with the columns they befell, each told once."""
    columns: dict[str, list[str]] = {}
    for name, treatments in by_column.items():
        for text in treatments:
            columns.setdefault(text.removeprefix(f"column {name}: "), []).append(name)
    return tuple(f"{', '.join(names)}: {text}" for text, names in columns.items())


def _with_source(
    series: HourlySeries | None, place: str, source: str, licence: str
) -> HourlySeries | None:
    if series is None:
        return None
    told = replace(series.provenance, place=place, source=source, licence=licence)
    return replace(series, provenance=told)


def _demand(root: Path, market: str) -> HourlySeries | None:
    column = _DEMAND_COLUMN.get(market) or _DEMAND_COLUMN.get(market.partition("_")[0])
    files = sorted(root.glob("demand/eia930_demand_*.csv"))
    if column is None or not files:
        return None
    found = read_series(files[0], column, unit="mw", hour_label="ending", year=_YEAR)
    return _with_source(
        found,
        f"region {column}",
        f"EIA-930 cleaned demand, {_YEAR}",
        "CC BY 4.0 (Ruggles, Farnham, Wongel)",
    )


@lru_cache(maxsize=8)
def _places(root: Path) -> tuple[tuple[Path, float, float], ...]:
    """Return (file, latitude, longitude) of every weather file of a folder."""
    out = []
    for path in sorted(root.glob("weather/*.epw")):
        head = _first_lines(path, 1)[0]
        if len(head) > 7:
            out.append((path, _float(path, head[6], 1), _float(path, head[7], 1)))
    for path in sorted(root.glob("renewables/*psm*.csv")):
        names, values = _first_lines(path, 2)
        at = dict(zip(names, values, strict=False))
        out.append((path, _float(path, at["Latitude"], 2), _float(path, at["Longitude"], 2)))
    return tuple(out)


def _first_lines(path: Path, count: int) -> list[list[str]]:
    with path.open("r", encoding="latin-1") as handle:
        return [[cell.strip() for cell in handle.readline().split(",")] for _ in range(count)]


def _float(path: Path, text: str, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            Problem(f"found '{text[:40]}' for a coordinate.", file=str(path), line=line)
        ) from None


def _zone_of(nsrdb: Path) -> str:
    names, values = _first_lines(nsrdb, 2)
    hours = float(dict(zip(names, values, strict=False))["Time Zone"])
    return f"{'-' if hours < 0 else '+'}{abs(int(hours)):02d}:00"


@lru_cache(maxsize=16)
def _read(path: Path) -> HourlyWeather:
    return read_weather(path)
