"""A programme's projects, halls and chips as expansion options.

Conventions. A planning year is operated as it stands at the year's end, when its target is
measured, so what is announced for any month of a year counts in that year. What is operating,
building or announced comes at its announced time; what is optional may come then or later.
Costs are base-year USD. The seller of a purchase agreement, a prepayment or a tolled plant
bears its capital and fixed cost.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.expansion.options import (
    Accelerator,
    Campus,
    Connection,
    Contract,
    FloatArray,
    Ownership,
    Phase,
    PowerPurchase,
    Prepayment,
    Storage,
    Supply,
)
from gigaplan.programme.resolved import (
    AcceleratorFigures,
    CampusFigures,
    ResolvedProgramme,
    SiteFigures,
    SupplyFigures,
)
from gigaplan.programme.supply import Own, Ppa, Prepaid, Tolling

PER_KW = 1e3
_KG_PER_T = 1e3
_MONTH_DAYS = 365.0 / 12


def year_of(month: int) -> int:
    """Return the calendar year of a month number."""
    return month // MONTHS_PER_YEAR


def schedule_mw(project: SupplyFigures, years: tuple[int, ...]) -> FloatArray:
    """Return MW announced by the end of each year."""
    due = np.array([year_of(month) for month in project.announced_months])
    count = (due[None, :] <= np.array(years)[:, None]).sum(axis=1)
    if project.units is None:
        return np.where(count > 0, project.max_mw, 0.0)
    return np.asarray(count * project.unit_mw)


def spend_fractions(project: SupplyFigures) -> tuple[float, ...]:
    """Return shares of capital by whole years before service, from the stages' median months.

    Each stage's share is spent evenly over its own duration, stages as early as they can be.
    """
    ends: dict[str, float] = {}
    spans: list[tuple[float, float, float]] = []
    for stage in project.stages:
        begin = max((ends.get(name, 0.0) for name in stage.after), default=0.0)
        ends[stage.name] = begin + stage.months.p50
        spans.append((begin, ends[stage.name], stage.spend_fraction))
    return _by_year_before(spans, max(ends.values(), default=0.0))


def _by_year_before(spans: list[tuple[float, float, float]], end: float) -> tuple[float, ...]:
    """Return shares by whole years before `end` of amounts spent evenly over spans of months."""
    shares = np.zeros(int(np.ceil(end / MONTHS_PER_YEAR)) + 1)
    for begin, finish, amount in spans:
        if finish <= begin:
            shares[int((end - finish) // MONTHS_PER_YEAR)] += amount
            continue
        for lag in range(len(shares)):
            first, last = end - MONTHS_PER_YEAR * (lag + 1), end - MONTHS_PER_YEAR * lag
            overlap = max(0.0, min(last, finish) - max(first, begin))
            shares[lag] += amount * overlap / (finish - begin)
    total = float(shares.sum())
    return tuple(float(share) for share in np.trim_zeros(shares / total, "b")) if total else (1.0,)


def firm_availability(project: SupplyFigures) -> float:
    """Return mean output of a firm unit over its capacity: outages and refuelling taken off."""
    up = (1 - project.forced_outage_fraction) * (1 - project.planned_outage_fraction)
    if project.refuelling_cycle_months > 0:
        up *= 1 - project.refuelling_days / (project.refuelling_cycle_months * _MONTH_DAYS)
    return max(up, 0.0)


def supply(
    project: SupplyFigures,
    programme: ResolvedProgramme,
    availability: FloatArray | float,
    slot_class: str | None,
) -> Supply:
    """Return a power project as a supply option."""
    years = programme.years
    contract, life, fixed, fuel_is_ours = _terms(project, years)
    own = isinstance(project.contract, Own)
    operating = project.status == "operating"
    announced = schedule_mw(project, years)
    standing = announced if operating else np.zeros(len(years))
    if operating:
        end = year_of(project.month) + life
        standing = np.where(np.array(years) < end, standing, 0.0)
    capex = project.overnight_usd_per_kw * PER_KW if own and not operating else 0.0
    if project.max_mw > 0:
        capex += project.exercise_usd / project.max_mw
    firm = project.status in ("building", "announced")
    variable = np.array([project.variable_usd_per_mwh(y) for y in range(len(years))])
    return Supply(
        name=project.name,
        site=project.site,
        zone=project.zone,
        route="behind_meter" if project.site else "zone",
        availability=availability,
        variable_usd_per_mwh=variable[:, None] if fuel_is_ours else 0.0,
        dirty_fraction=0.0 if project.clean else 1.0,
        co2_t_per_mwh=project.co2_kg_per_mwh / _KG_PER_T,
        water_m3_per_mwh=project.water_m3_per_mwh,
        capacity_credit_fraction=project.capacity_credit_fraction,
        contract=contract,
        capex_usd_per_mw=capex,
        fixed_usd_per_mw_year=fixed,
        life_years=life,
        earliest_year=year_of(project.month),
        existing_mw=standing,
        unit_mw=_unit(project, programme),
        max_mw=standing if operating else np.maximum(announced, standing),
        max_build_mw=_most_a_year(project, programme),
        min_mw=_committed(announced, years, year_of(project.month), life) if firm else 0.0,
        spend_fractions=spend_fractions(project),
        sunk_before_start=project.status != "optional",
        slot_class=slot_class,
    )


def _unit(project: SupplyFigures, programme: ResolvedProgramme) -> float | None:
    whole = programme.integer_units and project.units is not None
    return project.unit_mw if whole else None


def _most_a_year(project: SupplyFigures, programme: ResolvedProgramme) -> FloatArray | None:
    if project.status == "operating":
        return np.zeros(len(programme.years))
    limit = project.max_units_per_year
    if not limit or project.status in ("building", "announced"):
        return None
    free = project.max_mw / project.unit_mw
    return np.array([limit.get(year, free) * project.unit_mw for year in programme.years])


def _committed(
    announced: FloatArray, years: tuple[int, ...], first: int, life: float
) -> FloatArray:
    """Return what is announced as long as its first unit still stands."""
    return np.where(np.array(years) < first + life, announced, 0.0)


def _terms(project: SupplyFigures, years: tuple[int, ...]) -> tuple[Contract, float, float, bool]:
    """Return contract, life or term, fixed USD per MW-year, and whether fuel is ours to pay."""
    terms = project.contract
    if isinstance(terms, Ppa):
        start = year_of(project.month)
        age = np.maximum(np.array(years) - start, 0)
        price = terms.price_usd_per_mwh * (1 + terms.escalation_fraction) ** age
        return PowerPurchase(price[:, None], 1.0), terms.term_years, 0.0, False
    if isinstance(terms, Prepaid):
        prepaid = Prepayment(terms.prepaid_usd_per_kw * PER_KW, terms.price_usd_per_mwh)
        return prepaid, terms.term_years, 0.0, False
    if isinstance(terms, Tolling):
        return Ownership(), terms.term_years, terms.capacity_usd_per_kw_year * PER_KW, True
    return Ownership(), project.life_years, project.fixed_om_usd_per_kw_year * PER_KW, True


def storage(
    project: SupplyFigures, programme: ResolvedProgramme, slot_class: str | None
) -> Storage:
    """Return a battery at a site as a storage option of fixed duration."""
    years = programme.years
    announced = schedule_mw(project, years)
    operating = project.status == "operating"
    firm = project.status in ("building", "announced")
    one_way = float(np.sqrt(project.storage_round_trip_fraction))
    hours = project.storage_hours or 4.0
    per_kw = project.overnight_usd_per_kw + hours * project.storage_energy_usd_per_kwh
    return Storage(
        name=project.name,
        site=str(project.site),
        duration_hours=hours,
        charge_efficiency_fraction=one_way,
        discharge_efficiency_fraction=one_way,
        variable_usd_per_mwh=project.variable_om_usd_per_mwh,
        capacity_credit_fraction=project.capacity_credit_fraction,
        capex_usd_per_mw=0.0 if operating else per_kw * PER_KW,
        fixed_usd_per_mw_year=project.fixed_om_usd_per_kw_year * PER_KW,
        life_years=project.life_years,
        earliest_year=year_of(project.month),
        existing_mw=announced if operating else 0.0,
        unit_mw=_unit(project, programme),
        max_mw=announced,
        max_build_mw=_most_a_year(project, programme),
        min_mw=announced if firm else 0.0,
        spend_fractions=spend_fractions(project),
        sunk_before_start=project.status != "optional",
        slot_class=slot_class,
    )


def campus(figures: CampusFigures, programme: ResolvedProgramme) -> Campus:
    """Return a campus; chips in halls that operate already are taken as evenly aged."""
    years = np.array(programme.years)
    operating = [phase for phase in figures.phases if phase.status == "operating"]
    existing = sum(
        (np.where(years >= year_of(p.month), p.it_mw, 0.0) for p in operating),
        start=np.zeros(len(years)),
    )
    chips: dict[str, FloatArray] = {}
    if operating and figures.accelerators:
        first = figures.accelerators[0]
        left = 1 - (years - years[0]) / programme.accelerators[first].life_years
        chips[first] = existing * np.maximum(left, 0.0)
    to_build = [phase for phase in figures.phases if phase.status != "operating"]
    months = max((phase.construct_months.p50 for phase in to_build), default=0.0)
    return Campus(
        name=figures.name,
        site=figures.site,
        phases=tuple(
            Phase(
                name=phase.name,
                it_mw=phase.it_mw,
                earliest_year=year_of(phase.month),
                committed_year=None if phase.status == "optional" else year_of(phase.month),
                whole=programme.integer_units,
            )
            for phase in to_build
        ),
        existing_it_mw=existing,
        capex_usd_per_it_mw=figures.hall_usd_per_it_kw * PER_KW,
        fixed_usd_per_it_mw_year=programme.finance.opex_usd_per_it_kw_year * PER_KW
        + _taxes_usd_per_it_mw_year(figures, programme),
        life_years=figures.hall_life_years,
        accelerators=figures.accelerators,
        existing_chip_mw=chips,
        spend_fractions=_by_year_before([(0.0, months, 1.0)], months),
        # phases that are committed out of the written order would contradict the sequence
        sequential=all(
            not (a.status == "optional" and b.status != "optional") for a, b in pairwise(to_build)
        ),
    )


def _taxes_usd_per_it_mw_year(figures: CampusFigures, programme: ResolvedProgramme) -> FloatArray:
    """Return sales and property tax of halls and servers as a level amount, by year.

    Servers at what the cheapest of the campus's costs that can be had in the year, else the first.
    """
    taxes, rate = programme.sites[figures.site].taxes, programme.discount_fraction
    one = programme.finance.property_tax_fraction
    if one is not None:
        taxes = replace(
            taxes,
            hall_property_tax_fraction=one,
            server_property_tax_fraction=one,
            halls_abated_fraction=0.0,
            servers_abated_fraction=0.0,
        )
    halls = (
        figures.hall_usd_per_it_kw * PER_KW * taxes.level_of_halls(figures.hall_life_years, rate)
    )
    out = np.full(len(programme.years), halls)
    chips = [programme.accelerators[name] for name in figures.accelerators]
    for i, year in enumerate(programme.years):
        sold = [c for c in chips if year_of(c.available_month) <= year] or chips[:1]
        if sold:
            cheapest = min(sold, key=lambda chip: chip.cost_in(year))
            level = taxes.level_of_servers(cheapest.life_years, rate)
            out[i] += cheapest.cost_in(year) * level
    return out


def accelerator(figures: AcceleratorFigures, programme: ResolvedProgramme) -> Accelerator:
    """Return an accelerator generation."""
    most = None
    if figures.max_it_mw_by_year:
        most = np.array([figures.max_it_mw_by_year.get(y, np.inf) for y in programme.years])
    return Accelerator(
        name=figures.name,
        capex_usd_per_it_mw=[figures.cost_in(year) for year in programme.years],
        exaflops_per_it_mw=figures.bf16_flops_per_it_mw / 1e18,
        life_years=figures.life_years,
        available_from_year=year_of(figures.available_month),
        available_until_year=None if figures.last_month is None else year_of(figures.last_month),
        max_it_mw=most,
    )


def reinforcement(site: SiteFigures) -> Connection:
    """Return the connection that may be bought beyond what is promised."""
    return Connection(
        name=f"{site.name} reinforcement",
        site=site.name,
        capex_usd_per_mw=site.reinforcement_usd_per_kw * PER_KW,
        earliest_year=year_of(site.reinforcement_month),
        max_mw=site.reinforcement_max_mw,
    )


def connection_mw(site: SiteFigures, years: tuple[int, ...]) -> FloatArray:
    """Return MW of announced connection at the end of each year."""
    return np.array(
        [
            max(
                (step.total_mw for step in site.connection if year_of(step.month) <= year),
                default=0,
            )
            for year in years
        ],
        dtype=np.float64,
    )
