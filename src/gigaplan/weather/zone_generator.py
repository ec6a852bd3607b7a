"""Generated price, carbon and clean share of a grid, hour by hour, from generated weather.

A stylised market, all in units of its mean demand:

- demand ``d = (1 + a cos(hour) + weekend) + u (14 - T)+ + v (T12 - 18)+``, over its mean; T is
  the mean temperature of the market's stations, T12 its mean over the last twelve hours;
  u and v are the market's (ERCOT's fitted to EIA-930 demand of North Texas on ERA5
  temperature, the others' chosen to reproduce the quantiles of EIA-930 demand);
- residual ``r = d - w W - s S + o``, W and S wind and sun over their means (wind drawn a fifth
  of the way to its mean, as a fleet is spread wider than its stations), w and s their
  shares, o the thermal capacity lost in deep cold (2% of demand per C under two
  spreads below the January mean);
- price ``p = A exp(0.52 z + e) + B (z - 2)+^2``, up to the cap, z the standard score of r;
  e is a gas-price noise shared by all markets (daily, spread 0.20) and one of the
  market's own (hourly, spread 0.15). The slope is what ERCOT's 2022 day-ahead prices
  show against its residual demand. A and B are set so that the mean over many years
  is the market's, with the stated share of it from scarcity;
- clean share ``c = (f + w W + s S) / d`` within 0 and 1, f the steady rest; carbon is
  proportional to ``1 - c``. Both are set to the market's means.

A zone may instead be given the demand, wind and sun of a real year (`GridYear`). Then d, W and
S are that year's over their means, o is nothing, and z is scored against the year's own mean
and spread; A and B are set so that the year's mean is the market's before noise, the noise
stays. Its price then falls on the same hours as that year's demand, and is still no observed
price.

Reference years are six generated years of a fixed seed, so that a zone's figures do
not depend on how many years are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from gigaplan.core import random_streams
from gigaplan.core.errors import require
from gigaplan.core.timeline import HOURS_PER_YEAR
from gigaplan.weather._kernels import autoregress
from gigaplan.weather.climate import station
from gigaplan.weather.generator import generate
from gigaplan.weather.model import (
    FloatArray,
    MarketNormals,
    Provenance,
    ZoneSeries,
    check_hours,
)
from gigaplan.weather.solar import solar_capacity_factor
from gigaplan.weather.wind import wind_capacity_factor

_REFERENCE_YEARS: Final = 6
_REFERENCE_SEED: Final = 0
_HEATING_BELOW_C: Final = 14.0
_COOLING_ABOVE_C: Final = 18.0
_DAILY_SWING: Final = 0.09
_PEAK_HOUR: Final = 16.5
_WEEKEND: Final = -0.06
_COLD_OUTAGE_PER_C: Final = 0.02
_FLEET_SMOOTHING: Final = 0.8
_PRICE_SLOPE: Final = 0.52
_SCARCE_ABOVE: Final = 2.0
_GAS_SPREAD: Final = 0.20
_GAS_PERSISTENCE: Final = 0.95
_OWN_SPREAD: Final = 0.15
_OWN_PERSISTENCE: Final = 0.93


@dataclass(frozen=True)
class _Drivers:
    """Weather of a market in one year, shape [hour]; wind and sun as capacity factors."""

    demand: FloatArray
    wind: FloatArray
    sun: FloatArray
    cold_outage: FloatArray


@dataclass(frozen=True)
class GridYear:
    """Demand, wind and sun of a real grid in one year, shape [hour]; any unit of power.

    Parameters
    ----------
    demand, wind, sun : ndarray
        Shape [hour], UTC. Each mean must be above 0.
    provenance : Provenance
        Where demand came from.
    """

    demand: FloatArray
    wind: FloatArray
    sun: FloatArray
    provenance: Provenance

    def __post_init__(self) -> None:
        for name in ("demand", "wind", "sun"):
            values = getattr(self, name)
            check_hours(f"the {name} of {self.provenance.place}", values)
            require(values.mean() > 0, f"the {name} of {self.provenance.place} is 0 all year.")


@dataclass(frozen=True)
class _Calibration:
    demand_mean: float
    wind_mean: float
    sun_mean: float
    residual_mean: float
    residual_spread: float
    price_scale: float
    scarcity_scale: float
    steady_clean: float
    carbon_per_unclean: float


def generate_zone(
    market: MarketNormals,
    *,
    weather_years: int = 1,
    seed: int = 1,
    grid_year: GridYear | None = None,
) -> ZoneSeries:
    """Return generated price, carbon and clean share of a market's grid.

    Parameters
    ----------
    market : MarketNormals
        Its annual means and the stations that drive it.
    weather_years : int
        Years wanted; year y has the weather of `generate` for year y and the same seed.
    seed : int
        Same seed, same bits.
    grid_year : GridYear, optional
        A real year whose demand, wind and sun the prices follow, every year the same but for
        the noise; carbon and clean share are made from generated weather all the same.

    Returns
    -------
    ZoneSeries
        Arrays of shape [weather_year, hour].

    Raises
    ------
    InputError
        If a station is unknown or the number of years is not 1 to 1,000.
    """
    require(1 <= weather_years <= 1000, f"{weather_years} weather years; 1 to 1,000 are allowed.")
    set_to = _calibrate(market)
    prices, carbons, cleans, tags = [], [], [], []
    real_score = None if grid_year is None else grid_year_score(market, grid_year)
    if real_score is not None:
        set_to = _with_means_on(market, set_to, real_score)
    for year in range(weather_years):
        drivers = _drivers(market, year, seed)
        z = standard_residual(market, year, seed) if real_score is None else real_score
        price = _price(market, set_to, z, _noise(market.name, year, seed))
        clean = _clean_share(market, set_to, drivers)
        prices.append(price)
        cleans.append(clean)
        carbons.append(set_to.carbon_per_unclean * (1 - clean))
        tags.append(
            Provenance(
                kind="generated",
                place=market.name,
                source="gigaplan zone generator on the market's annual means and the weather of "
                + ", ".join(market.stations),
                licence="made by gigaplan",
                year=year,
            )
        )
    priced = tags if grid_year is None else [_on_real(tag, grid_year) for tag in tags]
    return ZoneSeries(
        np.stack(prices), np.stack(carbons), np.stack(cleans), tuple(priced), tuple(tags)
    )


def grid_year_score(market: MarketNormals, year: GridYear) -> FloatArray:
    """Return the standard score z of a real year's residual demand, shape [hour]."""
    residual = (
        year.demand / year.demand.mean()
        - market.wind_share_fraction * year.wind / year.wind.mean()
        - market.solar_share_fraction * year.sun / year.sun.mean()
    )
    spread = float(residual.std())
    require(spread > 0, f"the demand of {year.provenance.place} is the same in every hour.")
    result: FloatArray = (residual - residual.mean()) / spread
    return result


def _with_means_on(market: MarketNormals, c: _Calibration, z: FloatArray) -> _Calibration:
    """Return the constants whose price over the hours of `z` has the market's mean.

    A year without a scarce hour has all of its mean from energy.
    """
    energy, scarcity = (float(shape.mean()) for shape in price_shapes(z))
    share = market.scarcity_share_fraction if scarcity > 0 else 0.0
    mean = market.price_usd_per_mwh
    return replace(
        c,
        price_scale=(1 - share) * mean / energy,
        scarcity_scale=share * mean / scarcity if scarcity > 0 else 0.0,
    )


def _on_real(tag: Provenance, year: GridYear) -> Provenance:
    demand = year.provenance
    return replace(
        tag,
        source="gigaplan zone generator on the market's annual means and the real demand of "
        f"{demand.place} ({demand.source}) with the wind and sun of its grid",
        treatments=demand.treatments,
    )


@lru_cache(maxsize=128)
def _station_year(name: str, year: int, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return temperature, wind and solar capacity factor of a station in a generated year."""
    (weather,) = generate([name], year, seed)
    return weather.temp_c, wind_capacity_factor(weather), solar_capacity_factor(weather)


def standard_residual(market: MarketNormals, year: int, seed: int) -> FloatArray:
    """Return the standard score z of residual demand in a generated year, shape [hour]."""
    c = _calibrate(market)
    return (_residual(market, c, _drivers(market, year, seed)) - c.residual_mean) / (
        c.residual_spread
    )


def _drivers(market: MarketNormals, year: int, seed: int) -> _Drivers:
    stations = market.stations
    each = [_station_year(name, year, seed) for name in stations]
    temp = np.mean([t for t, _, _ in each], axis=0)
    deep_cold = [
        np.maximum(station(name).temp_mean_c[0] - 2 * station(name).temp_spread_c[0] - t, 0)
        for name, (t, _, _) in zip(stations, each, strict=True)
    ]
    wind = np.mean([w for _, w, _ in each], axis=0)
    longitude = float(np.mean([station(name).longitude for name in stations]))
    return _Drivers(
        _demand(market, temp, longitude),
        _FLEET_SMOOTHING * wind + (1 - _FLEET_SMOOTHING) * wind.mean(),
        np.mean([s for _, _, s in each], axis=0),
        _COLD_OUTAGE_PER_C * np.mean(deep_cold, axis=0),
    )


def _demand(market: MarketNormals, temp_c: FloatArray, longitude: float) -> FloatArray:
    """Return demand before it is taken over its mean; 1 January is a Monday, as in 2001."""
    local = np.arange(HOURS_PER_YEAR) + longitude / 15
    swing = _DAILY_SWING * np.cos(2 * np.pi * (local - _PEAK_HOUR) / 24)
    weekend = np.where((local // 24) % 7 >= 5, _WEEKEND, 0.0)
    before = np.concatenate((temp_c[-11:], temp_c))
    trailing = np.convolve(before, np.ones(12) / 12, mode="valid")
    heating = market.heating_per_c * np.maximum(_HEATING_BELOW_C - temp_c, 0)
    cooling = market.cooling_per_c * np.maximum(trailing - _COOLING_ABOVE_C, 0)
    result: FloatArray = 1 + swing + weekend + heating + cooling
    return result


def _residual(market: MarketNormals, c: _Calibration, drivers: _Drivers) -> FloatArray:
    result: FloatArray = (
        drivers.demand / c.demand_mean
        - market.wind_share_fraction * drivers.wind / c.wind_mean
        - market.solar_share_fraction * drivers.sun / c.sun_mean
        + drivers.cold_outage
    )
    return result


def _price(market: MarketNormals, c: _Calibration, z: FloatArray, noise: FloatArray) -> FloatArray:
    energy, scarcity = price_shapes(z)
    price = c.price_scale * energy * np.exp(noise) + c.scarcity_scale * scarcity
    return np.minimum(price, market.price_cap_usd_per_mwh)


def price_shapes(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what energy and scarcity follow: ``exp(0.52 z)`` and ``(z - 2)+^2``."""
    return np.exp(_PRICE_SLOPE * z), np.maximum(z - _SCARCE_ABOVE, 0) ** 2


def _noise(market: str, year: int, seed: int) -> FloatArray:
    """Return the logarithm of price noise, of mean factor 1, shape [hour]."""
    gas_days = random_streams.normals(
        seed, "weather.price_gas", "all markets", 365, 1, first_draw=year
    )[:, 0]
    own_hours = random_streams.normals(
        seed, "weather.price_own", market, HOURS_PER_YEAR, 1, first_draw=year
    )[:, 0]
    gas = _GAS_SPREAD * np.repeat(autoregress(gas_days, _GAS_PERSISTENCE), 24)
    own = _OWN_SPREAD * autoregress(own_hours, _OWN_PERSISTENCE)
    result: FloatArray = gas + own - (_GAS_SPREAD**2 + _OWN_SPREAD**2) / 2
    return result


def _clean_share(market: MarketNormals, c: _Calibration, drivers: _Drivers) -> FloatArray:
    weather = market.wind_share_fraction * drivers.wind / c.wind_mean
    weather = weather + market.solar_share_fraction * drivers.sun / c.sun_mean
    return np.clip((c.steady_clean + weather) * c.demand_mean / drivers.demand, 0.0, 1.0)


@lru_cache(maxsize=64)
def _calibrate(market: MarketNormals) -> _Calibration:
    """Return the constants that give the market's means over the reference years."""
    years = [_drivers(market, y, _REFERENCE_SEED) for y in range(_REFERENCE_YEARS)]
    all_hours = _Drivers(
        *(
            np.concatenate([getattr(d, name) for d in years])
            for name in ("demand", "wind", "sun", "cold_outage")
        )
    )
    c = _Calibration(
        demand_mean=float(all_hours.demand.mean()),
        wind_mean=float(all_hours.wind.mean()),
        sun_mean=float(all_hours.sun.mean()),
        residual_mean=0.0,
        residual_spread=1.0,
        price_scale=0.0,
        scarcity_scale=0.0,
        steady_clean=0.0,
        carbon_per_unclean=0.0,
    )
    residual = _residual(market, c, all_hours)
    mean, spread = float(residual.mean()), float(residual.std())
    energy, scarcity = price_shapes((residual - mean) / spread)
    energy_mean = market.energy_shape_mean or float(energy.mean())
    scarcity_mean = market.scarcity_shape_mean or float(scarcity.mean())
    share = market.scarcity_share_fraction
    c = replace(
        c,
        residual_mean=mean,
        residual_spread=spread,
        price_scale=(1 - share) * market.price_usd_per_mwh / energy_mean,
        scarcity_scale=share * market.price_usd_per_mwh / scarcity_mean,
        steady_clean=_steady_clean(market, c, all_hours),
    )
    unclean = float(1 - _clean_share(market, c, all_hours).mean())
    carbon = market.carbon_kg_per_mwh / unclean if unclean > 0 else 0.0
    return replace(c, carbon_per_unclean=carbon)


def _steady_clean(market: MarketNormals, c: _Calibration, drivers: _Drivers) -> float:
    """Return the steady clean supply whose share, within 0 and 1, has the market's mean."""
    low, high = -1.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        trial = replace(c, steady_clean=middle)
        if _clean_share(market, trial, drivers).mean() < market.clean_share_fraction:
            low = middle
        else:
            high = middle
    return (low + high) / 2
