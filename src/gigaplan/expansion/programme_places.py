"""A programme's zones, sites and power projects on chosen days of its series.

With `scaled`, prices, sun, wind and PUE on the chosen days keep the means of the whole series.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.errors import require
from gigaplan.expansion import programme_options as options
from gigaplan.expansion.model import ShedTier, Site, Zone
from gigaplan.expansion.options import FloatArray, Storage, Supply
from gigaplan.expansion.representative import RepresentativeDays
from gigaplan.programme.resolved import ResolvedProgramme, SiteFigures, SupplyFigures
from gigaplan.weather.model import Series

FIRM_SHED_MULTIPLE = 10.0
"""Unserved firm inference costs this many times what unserved training does. Assumed."""

SALE_PRICE_FRACTION = 0.99
"""What contracts deliver beyond need settles at the market's price; a hair below it, so that what
is contracted is used before energy is bought."""

_KG_PER_T = 1e3


def zone_of(name: str, series: Series, days: RepresentativeDays, scaled: bool) -> Zone:
    """Return a zone with its prices, clean share and carbon on the chosen days."""
    found = series.zones[name]
    return Zone(
        name=name,
        price_usd_per_mwh=days.take(found.price_usd_per_mwh, keep_mean=scaled),
        dirty_fraction=np.clip(1 - days.take(found.clean_share_fraction), 0, 1),
        co2_t_per_mwh=days.take(found.carbon_kg_per_mwh) / _KG_PER_T,
        sale_price_fraction=SALE_PRICE_FRACTION,
    )


def site_of(
    site: SiteFigures,
    programme: ResolvedProgramme,
    series: Series,
    days: RepresentativeDays,
    scaled: bool,
) -> Site:
    """Return a site; its load factor and workloads are the mean over its campuses by IT MW.

    Training and batch that go unserved cost what missing compute does, per MWh of facility load.
    """
    found = series.sites[site.name]
    here = [c for c in programme.campuses.values() if c.site == site.name]
    size = np.array([sum(phase.it_mw for phase in c.phases) for c in here])
    share = size / size.sum() if size.sum() > 0 else np.zeros(len(here))
    load = float(share @ [c.load_factor_fraction for c in here]) if here else 1.0
    firm = float(share @ [c.firm_inference_fraction for c in here]) if here else 1.0
    pue = np.maximum(days.take(found.pue, keep_mean=scaled), 1.0)
    mean_pue = float(np.average(pue, weights=days.hours.weights))
    worth = programme.shortfall_usd_per_it_mw_year / (8760 * load * mean_pue)
    return Site(
        name=site.name,
        zone=site.zone,
        it_load_fraction=load,
        pue=pue,
        connection_mw=options.connection_mw(site, programme.years),
        shed=(
            ShedTier(name="training and batch", load_fraction=1 - firm, usd_per_mwh=worth),
            ShedTier(
                name="firm inference",
                load_fraction=firm,
                usd_per_mwh=worth * FIRM_SHED_MULTIPLE,
            ),
        ),
        reserve_margin_fraction=programme.reserve_margin_fraction,
        reserve_mw_per_it_mw=site.design_pue,
        water_m3_per_it_mwh=days.take(found.water_l_per_kwh_it),
        max_water_m3=site.water_m3_per_year_max,
    )


def power(
    programme: ResolvedProgramme, series: Series, days: RepresentativeDays, scaled: bool
) -> tuple[tuple[Supply, ...], tuple[Storage, ...]]:
    """Return power projects as supply and storage options.

    Raises
    ------
    InputError
        If a battery stands in a zone; batteries are planned behind a site's meter.
    """
    supplies, storages = [], []
    for project in programme.power.values():
        slot = next(
            (s.name for s in programme.slots.values() if project.technology in s.technologies),
            None,
        )
        if project.resource == "storage":
            require(
                project.site is not None,
                "a battery is planned behind the meter only; give it a site.",
                field=f"power.{project.name}.zone",
            )
            storages.append(options.storage(project, programme, slot))
        else:
            available = _availability(project, programme, series, days, scaled)
            supplies.append(options.supply(project, programme, available, slot))
    return tuple(supplies), tuple(storages)


def _availability(
    project: SupplyFigures,
    programme: ResolvedProgramme,
    series: Series,
    days: RepresentativeDays,
    scaled: bool,
) -> FloatArray | float:
    """Return output over capacity on the chosen days; outages are taken at their mean."""
    up = options.firm_availability(project)
    if project.resource not in ("solar", "wind"):
        return up
    return np.clip(days.take(resource(project, programme, series), keep_mean=scaled) * up, 0, 1)


def resource(project: SupplyFigures, programme: ResolvedProgramme, series: Series) -> FloatArray:
    """Return output over capacity as the weather allows, [weather year, hour]."""
    names = [project.site] if project.site else _sites_of(project.zone, programme)
    found = [
        series.sites[name].solar_cf if project.resource == "solar" else series.sites[name].wind_cf
        for name in names
    ]
    return np.asarray(np.mean(found, axis=0))


def _sites_of(zone: str, programme: ResolvedProgramme) -> list[str]:
    inside = [name for name, site in programme.sites.items() if site.zone == zone]
    return inside or list(programme.sites)
