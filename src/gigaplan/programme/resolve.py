"""From what the user wrote to a programme with nothing left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from gigaplan import catalogue
from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import Timeline, month_index
from gigaplan.programme.compute import Accelerator, Campus, SpendLimit
from gigaplan.programme.figure_lookup import FigureLookup
from gigaplan.programme.funding import FinanceTerms, Revenue
from gigaplan.programme.model import Programme
from gigaplan.programme.reading import ProgrammeFile
from gigaplan.programme.resolve_places import interpolated, resolve_site, resolve_zone
from gigaplan.programme.resolve_supply import reference_class, resolve_supply
from gigaplan.programme.resolved import (
    AcceleratorFigures,
    CampusFigures,
    FinanceFigures,
    MonthsRange,
    PhaseFigures,
    ResolvedProgramme,
    RevenueFigures,
    SlotFigures,
    TeamFigures,
)
from gigaplan.programme.yaml_tree import dotted

_KINDS = Literal["technology", "accelerator", "hall", "cooling", "market"]
_HALL_OUTSIDE_WEIGHT = 0.5
"""Weight of the class of buildings against a hall's own estimate, as for power projects."""
_CAUSES = ("licensing", "supply_chain", "labour", "grid", "chips")


def resolve(file: ProgrammeFile, *, seed: int | None = None) -> ResolvedProgramme:
    """Fill what a programme leaves out from the catalogue.

    Parameters
    ----------
    file : ProgrammeFile
        The programme as read.
    seed : int, optional
        Replaces the programme's own seed.

    Raises
    ------
    InputError
        If a technology, market, hall, cooling design or accelerator is not in the
        catalogue, or a figure is in neither.
    """
    programme = file.programme
    _check_catalogue_names(file)
    index = catalogue.price_index()
    if programme.finance.inflation_fraction is not None:
        index = PriceIndex(index.level_by_year, programme.finance.inflation_fraction)
    take = FigureLookup(file, index)
    _note_wants(programme, take)
    planning = programme.planning
    years = tuple(range(planning.first_year, planning.last_year + 1))
    policy = programme.policy
    tariff = programme.uncertainty.chip_tariff
    if tariff is not None:
        take.note_own(("uncertainty", "chip_tariff"), tariff.model_dump())
    return ResolvedProgramme(
        name=programme.name,
        title=programme.title,
        base_year=programme.base_year,
        seed=programme.seed if seed is None else seed,
        timeline=Timeline.of(programme.start, programme.finance.last),
        years=years,
        discount_fraction=planning.discount_fraction,
        representative_days=planning.representative_days,
        reserve_margin_fraction=planning.reserve_margin_fraction,
        integer_units=planning.integer_units,
        target_it_mw=interpolated(programme.target.it_mw_by_year, years),
        target_low_it_mw=_target_end(file, "low", years),
        target_high_it_mw=_target_end(file, "high", years),
        shortfall_usd_per_it_mw_year=programme.target.shortfall_usd_per_it_mw_year,
        capex_limit_usd=tuple(
            (programme.spend_limit.capex_usd_by_year or {}).get(y) for y in years
        ),
        cumulative_limit_usd=_cumulative(programme.spend_limit),
        clean_share_fraction=_held(policy.clean_share_fraction or {}, years, before=0.0),
        carbon_usd_per_tonne=policy.carbon_usd_per_tonne,
        shared_cause_share={
            cause: take.take(
                ("uncertainty", "correlation_fraction", cause),
                programme.uncertainty.correlation_fraction.get(cause),  # type: ignore[call-overload]
                f"uncertainty.shared_cause.{cause}_fraction",
            )
            for cause in _CAUSES
        },
        design_hold_per_year=take.take(
            ("uncertainty", "design_hold_per_year"),
            programme.uncertainty.design_hold_per_year,
            "uncertainty.design_hold.probability_per_year",
        ),
        design_hold_months=take.range(
            ("uncertainty", "design_hold_months"),
            programme.uncertainty.design_hold_months,
            "uncertainty.design_hold.months",
        ),
        tail_degrees_of_freedom=programme.uncertainty.tail_degrees_of_freedom,
        tariff_per_year=tariff.per_year if tariff else 0.0,
        tariff_rise_fraction=tariff.rise_fraction if tariff else 0.0,
        zones={k: resolve_zone(k, zone, years, take) for k, zone in programme.zones.items()},
        sites={k: resolve_site(k, s, take) for k, s in programme.sites.items()},
        campuses={k: _campus(k, c, programme, take) for k, c in programme.campuses.items()},
        accelerators={k: _accelerator(k, a, take) for k, a in programme.accelerators.items()},
        power={k: resolve_supply(k, p, programme, years, take) for k, p in programme.power.items()},
        slots={
            k: SlotFigures(
                k, s.title, tuple(s.technologies), _held(s.mw_by_year, years, before=0.0)
            )
            for k, s in programme.slots.items()
        },
        teams={
            k: TeamFigures(k, t.title, tuple(t.technologies), t.stage, t.at_once)
            for k, t in programme.teams.items()
        },
        rules=tuple(programme.rules),
        company=programme.company,
        instruments=dict(programme.instruments),
        finance=_finance(programme.finance, index, take),
        price_index=index,
        folder=file.folder,
        figures=tuple(take.used.values()),
    )


def _target_end(
    file: ProgrammeFile, end: Literal["low", "high"], years: tuple[int, ...]
) -> tuple[float, ...]:
    """Return the low or high of the target, which must not lie on its other side."""
    target = file.programme.target
    name = f"{end}_it_mw_by_year"
    wanted = interpolated(target.it_mw_by_year, years)
    given: Mapping[int, float] | None = getattr(target, name)
    if given is None:
        return wanted
    found = interpolated(given, years)
    sign = 1 if end == "low" else -1
    for year, value, middle in zip(years, found, wanted, strict=True):
        if sign * value > sign * middle:
            path = ("target", name)
            raise InputError(
                Problem(
                    f"gives {value:,g} IT MW for {year}, {'above' if sign > 0 else 'below'} the "
                    f"target of {middle:,g}.",
                    field=dotted(path),
                    file=file.shown,
                    line=file.line_of(path),
                )
            )
    return found


def _check_catalogue_names(file: ProgrammeFile) -> None:
    """Refuse names that the catalogue does not have, all of them at once."""
    programme = file.programme
    asked: list[tuple[tuple[str | int, ...], str, str]] = []
    asked += [(("zones", k, "market"), "market", z.market) for k, z in programme.zones.items()]
    asked += [(("sites", k, "cooling"), "cooling", s.cooling) for k, s in programme.sites.items()]
    asked += [(("campuses", k, "hall"), "hall", c.hall) for k, c in programme.campuses.items()]
    asked += [
        (("accelerators", k, "system"), "accelerator", a.system)
        for k, a in programme.accelerators.items()
    ]
    asked += [
        (("power", k, "technology"), "technology", p.technology) for k, p in programme.power.items()
    ]
    asked += [
        (("slots", k, "technologies", i), "technology", name)
        for k, slots in programme.slots.items()
        for i, name in enumerate(slots.technologies)
    ]
    asked += [
        (("teams", k, "technologies", i), "technology", name)
        for k, team in programme.teams.items()
        for i, name in enumerate(team.technologies)
    ]
    problems = []
    for path, kind, name in asked:
        known = catalogue.entries(kind)
        if name not in known:
            hint = nearest(name, known) or f"There are: {', '.join(sorted(known))}."
            problems.append(
                Problem(
                    f"'{name}' is no {kind} of the catalogue.",
                    field=dotted(path),
                    file=file.shown,
                    line=file.line_of(path),
                    hint=hint,
                )
            )
    if problems:
        raise InputError(problems)


def _note_wants(programme: Programme, take: FigureLookup) -> None:
    """Record the figures that are the programme's alone, for the list of sources."""
    take.note_own(("target",), programme.target.model_dump())
    take.note_own(("spend_limit",), programme.spend_limit.model_dump(exclude_none=True))
    take.note_own(("policy",), programme.policy.model_dump(exclude_none=True))
    take.note_own(("planning", "discount_fraction"), programme.planning.discount_fraction)
    if programme.company is not None:
        take.note_own(("company",), programme.company.model_dump())
    for key, instrument in programme.instruments.items():
        take.note_own(("instruments", key), instrument.model_dump(exclude_none=True))


def _held(
    by_year: Mapping[int, float], years: tuple[int, ...], *, before: float
) -> tuple[float, ...]:
    """Return values along `years`: each holds until the next; `before` the first, `before`."""
    out, value = [], before
    for year in range(min([*by_year, *years]), years[-1] + 1):
        value = by_year.get(year, value)
        if year >= years[0]:
            out.append(value)
    return tuple(out)


def _campus(name: str, campus: Campus, programme: Programme, take: FigureLookup) -> CampusFigures:
    at, hall = ("campuses", name), f"hall.{campus.hall}"
    phases = []
    for i, phase in enumerate(campus.phases):
        take.note_own((*at, "phases", i, "it_mw"), phase.it_mw)
        months = take.range(
            (*at, "phases", i, "construct_months"),
            phase.construct_months,
            f"{hall}.construct_months",
        )
        phases.append(
            PhaseFigures(phase.name, phase.it_mw, month_index(phase.earliest), phase.status, months)
        )
    tiers = campus.tiers
    return CampusFigures(
        name=name,
        title=campus.title,
        site=campus.site,
        hall=campus.hall,
        phases=tuple(phases),
        hall_usd_per_it_kw=take.take(
            (*at, "hall_usd_per_it_kw"), campus.hall_usd_per_it_kw, f"{hall}.cost_usd_per_it_kw"
        ),
        hall_life_years=take.take((*at, "hall_life_years"), None, f"{hall}.life_years"),
        load_factor_fraction=take.take(
            (*at, "load_factor_fraction"),
            campus.load_factor_fraction,
            f"{hall}.load_factor_fraction",
        ),
        firm_inference_fraction=take.take(
            (*at, "tiers", "firm_inference_fraction"),
            tiers.firm_inference_fraction if tiers else None,
            f"{hall}.firm_inference_fraction",
        ),
        deferrable_batch_fraction=take.take(
            (*at, "tiers", "deferrable_batch_fraction"),
            tiers.deferrable_batch_fraction if tiers else None,
            f"{hall}.deferrable_batch_fraction",
        ),
        accelerators=tuple(campus.accelerators),
        reference_class=reference_class("buildings", _HALL_OUTSIDE_WEIGHT, take),
        outside_view_applied=campus.hall_usd_per_it_kw is None,
    )


def _accelerator(name: str, chip: Accelerator, take: FigureLookup) -> AcceleratorFigures:
    at, system = ("accelerators", name), f"accelerator.{chip.system}"
    ship_year = take.take((*at, "ship_year"), None, f"{system}.ship_year")
    available = chip.available_from
    it_w_per_chip = take.take((*at, "it_w_per_chip"), None, f"{system}.it_w_per_chip")
    chips_per_it_mw = 1e6 / it_w_per_chip
    path = (*at, "cost_usd_per_it_mw")
    cost = take.take(path, chip.cost_usd_per_it_mw, f"{system}.cost_usd_per_it_mw")
    use, stop = take.used_at(path), chip.supply_stop
    low, high = use.low or cost, use.high or cost
    if stop is not None:
        take.note_own((*at, "supply_stop"), stop.model_dump())
    bf16_tflops = take.take((*at, "bf16_tflops"), None, f"{system}.bf16_dense_tflops")
    return AcceleratorFigures(
        name=name,
        system=chip.system,
        cost_usd_per_it_mw=cost,
        price_change_fraction=take.take(
            (*at, "price_change_fraction"),
            chip.price_change_fraction,
            f"{system}.price_change_fraction",
        ),
        available_month=month_index(available) if available else math.floor(12 * ship_year),
        last_month=month_index(chip.available_until) if chip.available_until else None,
        life_years=take.take((*at, "life_years"), chip.life_years, f"{system}.life_years"),
        chips_per_it_mw=chips_per_it_mw,
        bf16_flops_per_it_mw=chips_per_it_mw * bf16_tflops * 1e12,
        delivery_months=take.range((*at, "delivery_months"), None, f"{system}.delivery_months"),
        cost_low_ratio=low / cost if cost > 0 else 1.0,
        cost_high_ratio=high / cost if cost > 0 else 1.0,
        stop_per_year=stop.per_year if stop else 0.0,
        stop_months=MonthsRange(stop.months.p10, stop.months.p50, stop.months.p90)
        if stop
        else MonthsRange(0.0, 0.0, 0.0),
        max_it_mw_by_year=dict(chip.max_it_mw_by_year or {}),
    )


def _finance(terms: FinanceTerms, index: PriceIndex, take: FigureLookup) -> FinanceFigures:
    def of(name: str, own: float | None = None) -> float:
        return take.take(("finance", name), own, f"finance.programme.{name}")

    take.note_own(("finance", "hurdle_fraction"), terms.hurdle_fraction)
    revenue = terms.revenue
    if revenue is not None:
        take.note_own(("finance", "revenue"), revenue.model_dump(exclude_none=True))
    return FinanceFigures(
        hurdle_fraction=terms.hurdle_fraction,
        inflation_fraction=index.future_inflation_fraction,
        tax_rate_fraction=of("tax_rate_fraction", terms.tax_rate_fraction),
        bonus_depreciation_fraction=of(
            "bonus_depreciation_fraction", terms.bonus_depreciation_fraction
        ),
        opex_usd_per_it_kw_year=of("opex_usd_per_it_kw_year", terms.opex_usd_per_it_kw_year),
        property_tax_fraction=terms.property_tax_fraction,
        server_macrs_years=round(of("server_macrs_years")),
        hall_tax_life_years=of("hall_tax_life_years"),
        book_life_servers_years=of("book_life_servers_years"),
        book_life_halls_years=of("book_life_halls_years"),
        revenue=_revenue(revenue) if revenue else None,
        training_flop_utilisation_fraction=of(
            "training_flop_utilisation_fraction", terms.training_flop_utilisation_fraction
        ),
        inference_flop_utilisation_fraction=of(
            "inference_flop_utilisation_fraction", terms.inference_flop_utilisation_fraction
        ),
        active_billion_parameters=of("active_billion_parameters", terms.active_billion_parameters),
    )


def _cumulative(limit: SpendLimit) -> dict[int, float]:
    """Return the most capital from the start through each year that has a limit."""
    found = dict(limit.cumulative_usd_by_year or {})
    if limit.cumulative_usd is not None and limit.through is not None:
        found[limit.through] = min(limit.cumulative_usd, found.get(limit.through, math.inf))
    return dict(sorted(found.items()))


_TENTH_SCORE = 1.2815515655446004
"""A normal lies below minus this with the chance of one in ten."""


def _revenue(terms: Revenue) -> RevenueFigures:
    prices = {
        "capacity": terms.usd_per_it_mw_year,
        "gpu_hour": terms.usd_per_gpu_hour,
        "tokens": terms.usd_per_million_tokens,
    }
    kind, price = next((k, p) for k, p in prices.items() if p is not None)
    low, high = terms.change_low_fraction, terms.change_high_fraction
    spread = 0.0 if low is None or high is None else (high - low) / (2 * _TENTH_SCORE)
    return RevenueFigures(
        kind, price, terms.change_fraction, spread, terms.sold_fraction, terms.ramp_months
    )
