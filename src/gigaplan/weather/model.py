"""What this room gives: hourly weather, site series, zone series, and where each came from.

Every hourly array has 8,760 values and starts at 00:00 UTC on 1 January; hour h
covers [h, h + 1). A leap year has no 29 February. A typical year, or a year
read in local time, is closed into a ring: the first UTC hours of a place west
of Greenwich are its last local hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem, require
from gigaplan.core.timeline import HOURS_PER_YEAR

FloatArray = NDArray[np.float64]
SeriesKind = Literal["real", "generated"]
Cooling = Literal["air_evaporative", "air_chiller", "liquid_dry", "evaporative_tower"]
COOLING_DESIGNS: tuple[Cooling, ...] = (
    "air_evaporative",
    "air_chiller",
    "liquid_dry",
    "evaporative_tower",
)


@dataclass(frozen=True)
class Provenance:
    """Where hourly figures came from and what was done to them.

    Parameters
    ----------
    kind : {"real", "generated"}
        Read from a file of observed or modelled history, or made by the generator.
    place : str
        Station or place the figures stand for.
    source : str
        Who made the figures.
    licence : str
        Terms under which the source gives them.
    file : str
        File that was read; empty for generated figures.
    year : int
        Calendar year of the file, or the generated weather year; 0 for a typical year.
    treatments : tuple of str
        What was changed on the way in: leap days, gaps, time zones, averaging, adjustments.
    """

    kind: SeriesKind
    place: str
    source: str
    licence: str = ""
    file: str = ""
    year: int = 0
    treatments: tuple[str, ...] = ()

    def __str__(self) -> str:
        # the name alone: where a folder lies says nothing of what was used
        where = f" ({Path(self.file).name})" if self.file else ""
        return f"{self.kind}: {self.place}{where}, {self.source}"


@dataclass(frozen=True)
class HourlyWeather:
    """One year of weather at one place, hour by hour in UTC.

    Every array has shape [hour], 8,760 values, and holds no NaN. A field the
    source does not give is None; what needs it says so.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east.
    elevation_m : float
        Height above sea level.
    temp_c : ndarray
        Dry-bulb temperature. [C]
    provenance : Provenance
        Where it came from.
    dew_point_c : ndarray, optional
        Dew point. [C]
    rel_humidity_fraction : ndarray, optional
        Relative humidity over water, 0 to 1.
    pressure_pa : ndarray, optional
        Station pressure. [Pa]
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 : ndarray, optional
        Global horizontal, direct normal and diffuse horizontal irradiance, hourly means. [W/m2]
    wind_m_per_s : ndarray, optional
        Wind speed at `wind_height_m`. [m/s]
    wind_height_m : float
        Height of the wind figures above ground. [m]

    Raises
    ------
    InputError
        If an array has another length or holds a value that is not finite.
    """

    latitude: float
    longitude: float
    elevation_m: float
    temp_c: FloatArray
    provenance: Provenance
    dew_point_c: FloatArray | None = None
    rel_humidity_fraction: FloatArray | None = None
    pressure_pa: FloatArray | None = None
    ghi_w_per_m2: FloatArray | None = None
    dni_w_per_m2: FloatArray | None = None
    dhi_w_per_m2: FloatArray | None = None
    wind_m_per_s: FloatArray | None = None
    wind_height_m: float = 10.0

    def __post_init__(self) -> None:
        require(-90 <= self.latitude <= 90, f"latitude {self.latitude} is outside -90 to 90.")
        require(
            -180 <= self.longitude <= 180, f"longitude {self.longitude} is outside -180 to 180."
        )
        require(self.wind_height_m > 0, "the height of the wind figures must be above 0 m.")
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                check_hours(each.name, value, self.provenance.file)

    def need(self, name: str) -> FloatArray:
        """Return one field as an array.

        Raises
        ------
        InputError
            If the source of this weather does not give the field.
        """
        value: FloatArray | None = getattr(self, name)
        if value is None:
            raise InputError(
                Problem(
                    f"the weather of {self.provenance.place} has no {name}.",
                    file=self.provenance.file,
                    hint="Name a file that holds it, or join one with `with_wind_of`.",
                )
            )
        return value

    def with_wind_of(self, other: HourlyWeather) -> HourlyWeather:
        """Return this weather with the wind of `other`, and both provenances told.

        Raises
        ------
        InputError
            If `other` has no wind, or both are real and of different calendar years.
        """
        mine, theirs = self.provenance, other.provenance
        require(
            mine.kind != "real" or theirs.kind != "real" or mine.year == theirs.year,
            f"the weather of {mine.place} is of {mine.year or 'a typical year'} and the wind of "
            f"{theirs.place} is of {theirs.year or 'a typical year'}; only one year's wind and sun "
            "belong together.",
        )
        told = f"wind from {Path(theirs.file).name or theirs.place} ({theirs.source})"
        return replace(
            self,
            wind_m_per_s=other.need("wind_m_per_s"),
            wind_height_m=other.wind_height_m,
            provenance=replace(mine, treatments=(*mine.treatments, told, *theirs.treatments)),
        )


def check_hours(name: str, values: NDArray[Any], file: str = "") -> None:
    """Raise `InputError` unless `values` is one finite figure for each hour of a year."""
    if values.shape != (HOURS_PER_YEAR,):
        raise InputError(
            Problem(
                f"{name} has shape {values.shape}; one value for each of {HOURS_PER_YEAR:,} hours "
                "is needed.",
                file=file,
            )
        )
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(Problem(f"{name} is not a number in hour {first} of the year.", file=file))


@dataclass(frozen=True)
class HourlySeries:
    """One quantity over one year, hour by hour in UTC.

    Parameters
    ----------
    values : ndarray
        Shape [hour].
    unit : str
        Unit of the values.
    provenance : Provenance
        Where it came from.
    """

    values: FloatArray
    unit: str
    provenance: Provenance

    def __post_init__(self) -> None:
        check_hours(self.provenance.place or "series", self.values, self.provenance.file)


@dataclass(frozen=True)
class SiteSeries:
    """What a site's plant and halls feel, by weather year and hour (UTC).

    Every array has shape [weather_year, hour].

    Parameters
    ----------
    solar_cf : ndarray
        AC output of single-axis tracking solar per MWac.
    wind_cf : ndarray
        Output of wind per MW.
    pue : ndarray
        Facility MW per IT MW.
    water_l_per_kwh_it : ndarray
        Litres of water taken per kWh of IT energy.
    temp_c : ndarray
        Dry-bulb temperature. [C]
    provenance : tuple of Provenance
        One per weather year.
    """

    solar_cf: FloatArray
    wind_cf: FloatArray
    pue: FloatArray
    water_l_per_kwh_it: FloatArray
    temp_c: FloatArray
    provenance: tuple[Provenance, ...]

    @property
    def kind(self) -> SeriesKind:
        """Whether the weather is real or generated."""
        return self.provenance[0].kind


@dataclass(frozen=True)
class MarketNormals:
    """What the generator needs to know of a power market.

    Parameters
    ----------
    name : str
        Name of the market; also keys its random numbers.
    price_usd_per_mwh : float
        Mean wholesale price over the year.
    gas_usd_per_mmbtu : float
        Delivered gas price that the mean price belongs to.
    carbon_kg_per_mwh : float
        Mean carbon of the grid's energy.
    clean_share_fraction : float
        Mean share of nuclear, hydro, wind and sun in the grid's energy.
    wind_share_fraction, solar_share_fraction : float
        Mean shares of wind and of sun in the grid's energy.
    stations : tuple of str
        Climate stations whose weather drives its demand, wind and sun.
    price_cap_usd_per_mwh : float
        Most that a scarcity hour costs.
    scarcity_share_fraction : float
        Share of the mean price that is earned in scarcity hours, over many years.
    heating_per_c, cooling_per_c : float
        Demand added per C below 14 C and above 18 C, over demand at mild weather.
    energy_shape_mean, scarcity_shape_mean : float, optional
        Means over very many years of the two shapes that the price is made of, see
        `gigaplan.weather.zone_generator`; measured on its six reference years if left out.
    """

    name: str
    price_usd_per_mwh: float
    gas_usd_per_mmbtu: float
    carbon_kg_per_mwh: float
    clean_share_fraction: float
    wind_share_fraction: float
    solar_share_fraction: float
    stations: tuple[str, ...]
    price_cap_usd_per_mwh: float = 5000.0
    scarcity_share_fraction: float = 0.05
    heating_per_c: float = 0.02
    cooling_per_c: float = 0.045
    energy_shape_mean: float | None = None
    scarcity_shape_mean: float | None = None

    def __post_init__(self) -> None:
        where = f"market {self.name}: "
        require(bool(self.stations), where + "name at least one climate station.")
        require(self.price_usd_per_mwh > 0, where + "the mean price must be above 0 USD/MWh.")
        require(self.gas_usd_per_mmbtu > 0, where + "the gas price must be above 0 USD/MMBtu.")
        require(self.carbon_kg_per_mwh >= 0, where + "carbon must not be below 0 kg/MWh.")
        require(
            0 <= self.scarcity_share_fraction < 0.9, where + "the scarcity share is 0 up to 0.9."
        )
        weather_share = self.wind_share_fraction + self.solar_share_fraction
        require(
            0 <= weather_share <= self.clean_share_fraction <= 1
            and min(self.wind_share_fraction, self.solar_share_fraction) >= 0,
            where + "shares must be 0 to 1, and wind and sun together within the clean share.",
        )


@dataclass(frozen=True)
class ZoneSeries:
    """Price, carbon and clean share of a zone's grid, by weather year and hour (UTC).

    Every array has shape [weather_year, hour].

    Parameters
    ----------
    price_usd_per_mwh : ndarray
        Wholesale price, USD of the year of the mean price it was made from.
    carbon_kg_per_mwh : ndarray
        Average carbon of the grid's energy.
    clean_share_fraction : ndarray
        Share of nuclear, hydro, wind and sun in the grid's energy.
    price_provenance, carbon_provenance : tuple of Provenance
        One per weather year.
    """

    price_usd_per_mwh: FloatArray
    carbon_kg_per_mwh: FloatArray
    clean_share_fraction: FloatArray
    price_provenance: tuple[Provenance, ...]
    carbon_provenance: tuple[Provenance, ...]


@dataclass(frozen=True)
class Series:
    """Every hourly series of a programme, on the same weather years.

    Parameters
    ----------
    sites : mapping of str to SiteSeries
        By the site's name in the programme.
    zones : mapping of str to ZoneSeries
        By the zone's name in the programme.
    weather_years : int
        Weather years in every array.
    notes : tuple of str
        What the reader of a result must know of where these came from.
    """

    sites: Mapping[str, SiteSeries]
    zones: Mapping[str, ZoneSeries]
    weather_years: int
    notes: tuple[str, ...] = field(default=())
