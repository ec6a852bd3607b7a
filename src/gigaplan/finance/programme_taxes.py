"""Sales and property tax of a programme's campuses, by where its planned capital stands."""

from __future__ import annotations

from collections.abc import Iterable

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.property_tax import PropertyTax
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.site_taxes import SiteTaxFigures

CLASSES = ("hall", "servers", "power", "connection")


def property_taxes(programme: ResolvedProgramme, plan: Plan) -> dict[str, tuple[PropertyTax, ...]]:
    """Return the property taxes of each asset class.

    A programme that gives one rate has it on all capital. Else halls and servers are taxed where
    they stand, agreements counted; running cost of power, as published, holds its own.
    """
    one = programme.finance.property_tax_fraction
    if one is not None:
        return {name: (PropertyTax(one),) for name in CLASSES}
    halls = [(b.campus, b.capex_usd) for b in plan.phases]
    servers = [(b.campus, b.capex_usd) for b in plan.accelerators]
    return {
        "hall": _joined(
            (share * t.hall_property_tax_fraction, t.halls_abated_fraction, t.halls_years)
            for share, t in _shares(programme, halls)
        ),
        "servers": _joined(
            (share * t.server_property_tax_fraction, t.servers_abated_fraction, t.servers_years)
            for share, t in _shares(programme, servers)
        ),
        "power": (),
        "connection": (),
    }


def sales_tax_fraction(programme: ResolvedProgramme, plan: Plan) -> float:
    """Return what sales tax adds to servers; prices of halls hold what is paid on material."""
    servers = [(b.campus, b.capex_usd) for b in plan.accelerators]
    return sum(share * taxes.sales_fraction for share, taxes in _shares(programme, servers))


def untaxed_sites(programme: ResolvedProgramme, plan: Plan) -> tuple[str, ...]:
    """Return sites that are built on and at which neither tax is known."""
    sites = {programme.campuses[build.campus].site for build in plan.phases}
    return tuple(
        name
        for name in programme.sites
        if name in sites
        and programme.sites[name].taxes.hall_property_tax_fraction == 0
        and programme.sites[name].taxes.sales_tax_fraction == 0
    )


def _shares(
    programme: ResolvedProgramme, built: list[tuple[str, float]]
) -> list[tuple[float, SiteTaxFigures]]:
    """Return each site's share of some planned capital, with its taxes."""
    total = sum(capital for _, capital in built)
    by_site: dict[str, float] = {}
    for campus, capital in built:
        site = programme.campuses[campus].site
        by_site[site] = by_site.get(site, 0.0) + capital
    return [
        (capital / total, programme.sites[site].taxes)
        for site, capital in by_site.items()
        if total > 0
    ]


def _joined(parts: Iterable[tuple[float, float, float]]) -> tuple[PropertyTax, ...]:
    """Return taxes with those of the same agreement as one."""
    rates: dict[tuple[float, int], float] = {}
    for rate, abated, years in parts:
        months = round(MONTHS_PER_YEAR * years)
        terms = (abated, months) if abated > 0 and months > 0 else (0.0, 0)
        rates[terms] = rates.get(terms, 0.0) + rate
    return tuple(PropertyTax(rate, *terms) for terms, rate in rates.items() if rate > 0)
