"""Zones and sites with nothing left out."""

from __future__ import annotations

from collections.abc import Mapping

from gigaplan.core.timeline import month_index
from gigaplan.programme.figure_lookup import FigureLookup
from gigaplan.programme.places import Site, SiteTaxes, TaxAgreement, Zone
from gigaplan.programme.resolved import (
    ConnectionFigures,
    MonthsRange,
    SiteFigures,
    ZoneFigures,
)
from gigaplan.programme.site_taxes import SiteTaxFigures

_OUTLOOK = (2025, 2050)


def in_outlook(year: int) -> int:
    """Return the year whose fuel price stands for `year`: the outlook is held outside its years."""
    return min(max(year, _OUTLOOK[0]), _OUTLOOK[1])


def interpolated(by_year: Mapping[int, float], years: tuple[int, ...]) -> tuple[float, ...]:
    """Return values along `years`: straight between given years, held outside them."""
    known = sorted(by_year)
    out = []
    for year in years:
        after = next((k for k in known if k >= year), known[-1])
        before = next((k for k in reversed(known) if k <= year), known[0])
        share = 0.0 if after == before else (year - before) / (after - before)
        out.append(by_year[before] + share * (by_year[after] - by_year[before]))
    return tuple(out)


def gas_prices(
    name: str, zone: Zone, years: tuple[int, ...], take: FigureLookup
) -> tuple[float, ...]:
    """Return a zone's delivered gas price along `years`, USD per MMBtu of the base year."""
    at = ("zones", name, "gas_price_usd_per_mmbtu")
    if zone.gas_price_usd_per_mmbtu is not None:
        take.note_own(at, zone.gas_price_usd_per_mmbtu)
        return interpolated(zone.gas_price_usd_per_mmbtu, years)
    market = f"market.{zone.market}"
    return tuple(
        take.take((*at, year), None, f"{market}.gas_usd_per_mmbtu_{in_outlook(year)}")
        for year in years
    )


def resolve_zone(name: str, zone: Zone, years: tuple[int, ...], take: FigureLookup) -> ZoneFigures:
    """Return the figures of one zone."""

    def of(field: str) -> float:
        own = getattr(zone, field)
        return take.take(("zones", name, field), own, f"market.{zone.market}.{field}")

    if zone.price_response_usd_per_mwh_per_gw > 0:
        take.note_own(
            ("zones", name, "price_response_usd_per_mwh_per_gw"),
            zone.price_response_usd_per_mwh_per_gw,
        )
    return ZoneFigures(
        name=name,
        title=zone.title,
        market=zone.market,
        power_price_usd_per_mwh=of("power_price_usd_per_mwh"),
        gas_price_usd_per_mmbtu=gas_prices(name, zone, years, take),
        carbon_kg_per_mwh=of("carbon_kg_per_mwh"),
        clean_share_fraction=of("clean_share_fraction"),
        price_response_usd_per_mwh_per_gw=zone.price_response_usd_per_mwh_per_gw,
        price_file=zone.price_file,
        carbon_file=zone.carbon_file,
    )


def resolve_site(name: str, site: Site, take: FigureLookup) -> SiteFigures:
    """Return the figures of one site."""
    at = ("sites", name)
    reinforcement, community = site.reinforcement, site.community
    if reinforcement is not None:
        take.note_own((*at, "reinforcement", "max_mw"), reinforcement.max_mw)
    if site.connection_withdrawn_fraction > 0:
        take.note_own((*at, "connection_withdrawn_fraction"), site.connection_withdrawn_fraction)
    if community is not None:
        take.note_own((*at, "community"), community.model_dump(exclude_none=True))
    for field in ("connection_feeds", "gas_supply"):
        if (stated := getattr(site, field)) is not None:
            take.note_own((*at, field), stated.model_dump(exclude_none=True))
    for i, event in enumerate(site.campus_events):
        take.note_own((*at, "campus_events", i), event.model_dump())
    delay = community.delay_months if community else None
    return SiteFigures(
        name=name,
        title=site.title,
        zone=site.zone,
        state=site.state,
        latitude=site.latitude,
        longitude=site.longitude,
        cooling=site.cooling,
        design_pue=take.take((*at, "cooling"), None, f"cooling.{site.cooling}.pue"),
        connection=_steps(at, site, take),
        connection_delay_months=take.range(
            (*at, "connection_delay_months"),
            site.connection_delay_months,
            "connection.large_load.delay_months",
        ),
        connection_withdrawn_fraction=site.connection_withdrawn_fraction,
        reinforcement_max_mw=reinforcement.max_mw if reinforcement else 0.0,
        reinforcement_usd_per_kw=take.take(
            (*at, "reinforcement", "cost_usd_per_kw"),
            reinforcement.cost_usd_per_kw,
            "connection.large_load.upgrade_usd_per_kw",
        )
        if reinforcement
        else 0.0,
        reinforcement_month=month_index(reinforcement.earliest) if reinforcement else 0,
        land_acres=site.land_acres,
        water_m3_per_year_max=site.water_m3_per_year_max,
        block_probability_fraction=community.block_probability_fraction if community else 0.0,
        community_delay_months=MonthsRange(delay.p10, delay.p50, delay.p90) if delay else None,
        weather_file=site.weather_file,
        connection_feeds=site.connection_feeds,
        gas_supply=site.gas_supply,
        campus_events=tuple(site.campus_events),
        taxes=_taxes(at, site, take),
    )


def _taxes(at: tuple[str, str], site: Site, take: FigureLookup) -> SiteTaxFigures:
    """Return a site's taxes: its own, else the catalogue's of its state, else none."""
    own = site.taxes or SiteTaxes()

    def of(name: str) -> float:
        figure = f"jurisdiction.{site.state.lower()}.{name}"
        return take.take((*at, "taxes", name), getattr(own, name), figure, absent=0.0)

    agreement = own.agreement or TaxAgreement()
    if own.agreement is not None:
        take.note_own((*at, "taxes", "agreement"), agreement.model_dump())
    return SiteTaxFigures(
        of("sales_tax_fraction"),
        of("sales_exempt_fraction"),
        of("hall_property_tax_fraction"),
        of("server_property_tax_fraction"),
        agreement.halls_abated_fraction,
        agreement.halls_years,
        agreement.servers_abated_fraction,
        agreement.servers_years,
    )


def _steps(at: tuple[str, str], site: Site, take: FigureLookup) -> tuple[ConnectionFigures, ...]:
    before, steps = 0.0, []
    for i, step in enumerate(site.connection):
        take.note_own((*at, "connection", i, "mw"), step.mw)
        steps.append(
            ConnectionFigures(
                step.start, month_index(step.start), step.mw, step.mw - before, step.firm
            )
        )
        before = step.mw
    return tuple(steps)
