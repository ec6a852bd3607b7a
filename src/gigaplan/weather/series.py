"""Every hourly series of a programme: real where files are named or found, generated elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gigaplan.core.errors import InputError, Problem
from gigaplan.weather.data_folder import ZoneData, data_files, find_site_weather, find_zone_data
from gigaplan.weather.markets import market_normals
from gigaplan.weather.model import (
    FloatArray,
    HourlySeries,
    HourlyWeather,
    Provenance,
    Series,
    SiteSeries,
    ZoneSeries,
)
from gigaplan.weather.reading import read_series, read_weather
from gigaplan.weather.site_series import site_series
from gigaplan.weather.zone_generator import generate_zone

if TYPE_CHECKING:
    from gigaplan.programme.places import SeriesFile, WeatherFile
    from gigaplan.programme.resolved import ResolvedProgramme, SiteFigures, ZoneFigures


def series_for(
    programme: ResolvedProgramme,
    *,
    weather_years: int = 1,
    data_dir: str | Path | None = None,
    seed: int | None = None,
) -> Series:
    """Return the hourly series of every site and zone of a programme.

    Parameters
    ----------
    programme : ResolvedProgramme
        The programme. A site's own weather file, and a zone's own price and carbon files, come
        before all else.
    weather_years : int
        Weather years wanted; what is read from a file is one year, repeated.
    data_dir : str or Path, optional
        Folder of real files, see `gigaplan.weather.data_folder`; what it lacks is generated.
    seed : int, optional
        Seed of the generator; the programme's if left out.

    Returns
    -------
    Series
        With notes that say which kind each series is.

    Raises
    ------
    InputError
        If a named or found file cannot be used.
    """
    used = programme.seed if seed is None else seed
    folder = None if data_dir is None else Path(data_dir)
    if folder is not None:
        data_files(folder)
    sites = {
        name: _site(site, programme.folder, folder, weather_years, used)
        for name, site in programme.sites.items()
    }
    zones = {
        name: _zone(zone, programme, folder, weather_years, used)
        for name, zone in programme.zones.items()
    }
    return Series(sites, zones, weather_years, tuple(_notes(sites, zones)))


def read_named(programme: ResolvedProgramme) -> tuple[Provenance, ...]:
    """Read every file a programme names, and return what each holds and how it was treated.

    Raises
    ------
    InputError
        With the faults of all files that cannot be used.
    """
    found: list[Provenance] = []
    problems: list[Problem] = []
    home = programme.folder
    readers: list[Callable[[], HourlyWeather | HourlySeries | None]] = [
        partial(_own_weather, site, site.weather_file, home)
        for site in programme.sites.values()
        if site.weather_file is not None
    ]
    for zone in programme.zones.values():
        files = (zone.price_file, zone.carbon_file)
        readers += [partial(_file_series, file, home) for file in files]
    for read in readers:
        try:
            series = read()
        except InputError as error:
            problems += error.problems
        else:
            if series is not None:
                found.append(series.provenance)
    if problems:
        raise InputError(problems)
    return tuple(found)


def _site(
    site: SiteFigures, home: Path, folder: Path | None, weather_years: int, seed: int
) -> SiteSeries:
    weather: HourlyWeather | None = None
    if site.weather_file is not None:
        weather = _own_weather(site, site.weather_file, home)
    elif folder is not None:
        weather = find_site_weather(folder, site.latitude, site.longitude)
    return site_series(
        site.latitude,
        site.longitude,
        site.cooling,
        weather_years=weather_years,
        seed=seed,
        weather=weather,
    )


def _own_weather(site: SiteFigures, file: WeatherFile, home: Path) -> HourlyWeather:
    return read_weather(
        home / file.path, file.format, latitude=site.latitude, longitude=site.longitude
    )


def _zone(
    zone: ZoneFigures, programme: ResolvedProgramme, folder: Path | None, years: int, seed: int
) -> ZoneSeries:
    places = tuple(
        (site.latitude, site.longitude)
        for site in programme.sites.values()
        if site.zone == zone.name
    )
    normals = market_normals(
        zone.market,
        price_usd_per_mwh=zone.power_price_usd_per_mwh,
        gas_usd_per_mmbtu=zone.gas_price_usd_per_mmbtu[0],
        carbon_kg_per_mwh=zone.carbon_kg_per_mwh,
        clean_share_fraction=zone.clean_share_fraction,
        places=places,
    )
    found = ZoneData(None, None, None) if folder is None else find_zone_data(folder, zone.market)
    price = _file_series(zone.price_file, programme.folder) or _in_base_usd(found.price, programme)
    made = generate_zone(
        normals,
        weather_years=years,
        seed=seed,
        grid_year=found.grid_year if price is None else None,
    )
    if price is not None:
        made = replace(
            made,
            price_usd_per_mwh=_repeated(price.values, years),
            price_provenance=(price.provenance,) * years,
        )
    carbon = _file_series(zone.carbon_file, programme.folder)
    if carbon is not None:
        return _with_carbon(made, carbon.values, _clean_of(carbon.values, zone), carbon.provenance)
    if found.mix is not None:
        mix = found.mix
        return _with_carbon(made, mix.carbon_kg_per_mwh, mix.clean_share_fraction, mix.provenance)
    return made


def _in_base_usd(price: HourlySeries | None, programme: ResolvedProgramme) -> HourlySeries | None:
    """Return a posted price in USD of the programme's base year.

    A market posts prices in USD of the day; a programme's own file is taken as it stands.
    """
    if price is None:
        return None
    tag = price.provenance
    factor = programme.price_index.factor(tag.year, programme.base_year)
    told = f"USD of {tag.year} times {factor:.3f}, in USD of {programme.base_year}"
    return replace(
        price,
        values=price.values * factor,
        provenance=replace(tag, treatments=(*tag.treatments, told)),
    )


def _clean_of(carbon: FloatArray, zone: ZoneFigures) -> FloatArray:
    """Return the clean share that goes with carbon read from a file.

    The rest of the energy is taken to emit always the same, so that the mean
    share is the zone's: ``1 - c = (1 - C) k / K``.
    """
    unclean = (1 - zone.clean_share_fraction) * carbon / carbon.mean()
    share: FloatArray = np.clip(1 - unclean, 0.0, 1.0)
    return share


def _with_carbon(
    zone: ZoneSeries, carbon: FloatArray, clean: FloatArray, provenance: Provenance
) -> ZoneSeries:
    years = zone.carbon_kg_per_mwh.shape[0]
    return replace(
        zone,
        carbon_kg_per_mwh=_repeated(carbon, years),
        clean_share_fraction=_repeated(clean, years),
        carbon_provenance=(provenance,) * years,
    )


def _file_series(file: SeriesFile | None, home: Path) -> HourlySeries | None:
    if file is None:
        return None
    return read_series(
        home / file.path,
        file.column,
        unit=file.unit,
        time_zone=file.time_zone,
        hour_label=file.hour_label,
    )


def _repeated(values: FloatArray, years: int) -> FloatArray:
    return np.tile(values, (years, 1))


def _notes(sites: Mapping[str, SiteSeries], zones: Mapping[str, ZoneSeries]) -> list[str]:
    """Say which kind each series is, and warn where years do not belong together."""
    notes = [f"weather of {name}: {_told(s.provenance[0])}" for name, s in sites.items()]
    for name, zone in zones.items():
        notes.append(f"price of {name}: {_told(zone.price_provenance[0])}")
        notes.append(f"carbon of {name}: {_told(zone.carbon_provenance[0])}")
    tags = [s.provenance[0] for s in sites.values()]
    tags += [z.price_provenance[0] for z in zones.values()]
    tags += [z.carbon_provenance[0] for z in zones.values()]
    real = {tag.year for tag in tags if tag.kind == "real"}
    if real and (len(real) > 1 or any(tag.kind == "generated" for tag in tags)):
        notes.append(
            "real series of different years, or real beside generated ones, are used together: "
            "cold spells, calms and prices then do not fall on the same hours"
        )
    return notes


def _told(tag: Provenance) -> str:
    extra = f" [{'; '.join(tag.treatments)}]" if tag.treatments else ""
    return f"{tag}{extra}"
