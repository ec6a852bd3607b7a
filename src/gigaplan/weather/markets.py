"""What the generator needs to know of each power market, from the catalogue and from EIA-930.

Mean price, carbon and clean share come with a programme's zone; the shares of wind
and sun and the stations whose weather drives a market stand here, the shares as
figures ``climate.zone_<market>.<field>`` of `climate.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gigaplan.weather.climate import has_row, row_value, station_at
from gigaplan.weather.model import MarketNormals

# market -> climate stations that stand for its demand, wind and sun
STATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pjm_aep": ("columbus_oh", "dulles_va", "indianapolis_in"),
    "miso_indiana": ("indianapolis_in", "des_moines_ia"),
    "miso_south": ("monroe_la", "gulf_coast"),
    "ercot_west": ("dallas_tx", "west_texas", "gulf_coast"),
    "wecc": ("el_paso_tx", "kemmerer_wy", "redmond_or"),
}
_FAMILIES: Final = ("pjm", "miso", "ercot", "wecc")


def market_like(market: str) -> str | None:
    """Return the market of `STATIONS` that stands for one: itself, or the first of its kind."""
    if market in STATIONS:
        return market
    family = next((f for f in _FAMILIES if market.startswith(f)), None)
    return next((m for m in STATIONS if family is not None and m.startswith(family)), None)


def market_normals(
    market: str,
    *,
    price_usd_per_mwh: float,
    gas_usd_per_mmbtu: float,
    carbon_kg_per_mwh: float,
    clean_share_fraction: float,
    places: tuple[tuple[float, float], ...] = (),
) -> MarketNormals:
    """Return a market's normals with the shares and stations that are known of it.

    Parameters
    ----------
    market : str
        Catalogue name of the market.
    price_usd_per_mwh, gas_usd_per_mmbtu, carbon_kg_per_mwh, clean_share_fraction : float
        Means over the year.
    places : tuple of (latitude, longitude)
        Sites in the market; their nearest stations stand for a market that is not known.
    """
    like = market_like(market)
    if like is not None:
        stations = STATIONS[like]
        entry = f"climate.zone_{like}"
    else:
        found = {station_at(*place)[0].name for place in places} or {"columbus_oh"}
        stations, entry = tuple(sorted(found)), "climate.zone_other"

    def value(field: str) -> float:
        own = f"{entry}.{field}"
        return row_value(own if has_row(own) else f"climate.zone_other.{field}")

    def known(field: str) -> float | None:
        return row_value(f"{entry}.{field}") if has_row(f"{entry}.{field}") else None

    wind, solar = value("wind_share_fraction"), value("solar_share_fraction")
    # a programme may state a cleaner or dirtier grid than the file's: keep within its clean share
    room = min(1.0, clean_share_fraction / (wind + solar)) if wind + solar > 0 else 1.0
    return MarketNormals(
        name=market,
        price_usd_per_mwh=price_usd_per_mwh,
        gas_usd_per_mmbtu=gas_usd_per_mmbtu,
        carbon_kg_per_mwh=carbon_kg_per_mwh,
        clean_share_fraction=clean_share_fraction,
        wind_share_fraction=wind * room,
        solar_share_fraction=solar * room,
        stations=stations,
        price_cap_usd_per_mwh=value("price_cap_usd_per_mwh"),
        scarcity_share_fraction=value("scarcity_share_fraction"),
        heating_per_c=value("heating_per_c"),
        cooling_per_c=value("cooling_per_c"),
        energy_shape_mean=known("energy_shape_mean"),
        scarcity_shape_mean=known("scarcity_shape_mean"),
    )
