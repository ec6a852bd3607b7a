"""A power project with nothing left out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from gigaplan import catalogue
from gigaplan.core.errors import InputError, Problem
from gigaplan.core.timeline import month_index
from gigaplan.programme.figure_lookup import FigureLookup
from gigaplan.programme.model import Programme
from gigaplan.programme.resolve_places import gas_prices, in_outlook
from gigaplan.programme.resolved import (
    BridgeFigures,
    MonthsRange,
    ReferenceClassFigures,
    StageFigures,
    SupplyFigures,
)
from gigaplan.programme.supply import PowerProject, Stage
from gigaplan.programme.yaml_tree import FieldPath, dotted

STAGES: tuple[tuple[Stage, tuple[Stage, ...], str], ...] = (
    ("licence", (), "licensing"),
    ("site", (), "labour"),
    ("long_lead", (), "supply_chain"),
    ("construct", ("licence", "site", "long_lead"), "labour"),
    ("fuel", ("licence",), "supply_chain"),
    ("commission", ("construct", "fuel"), "labour"),
)
"""Each stage, the stages it follows, and the shared cause that moves it."""

_RESOURCES: dict[str, Literal["solar", "wind", "storage"]] = {
    "solar": "solar",
    "wind": "wind",
    "battery": "storage",
}


def resolve_supply(
    name: str,
    project: PowerProject,
    programme: Programme,
    years: tuple[int, ...],
    take: FigureLookup,
) -> SupplyFigures:
    """Return the figures of one power project, from the programme or the catalogue."""
    tech = f"technology.{project.technology}"
    at = ("power", name)

    def of(field: str, absent: float | None = None) -> float:
        own = getattr(project, field, None)
        return take.take((*at, field), own, f"{tech}.{field}", absent)

    zone = project.zone or programme.sites[str(project.site)].zone
    unit_mw = of("unit_mw", absent=math.nan)
    if project.units is not None and math.isnan(unit_mw):
        raise InputError(
            Problem(
                "is left out, and the technology has no unit size; give it.",
                field=dotted((*at, "unit_mw")),
                file=take.file.shown,
                line=take.file.line_of(at),
            )
        )
    max_mw = project.max_mw if project.units is None else project.units * unit_mw
    take.note_own(
        (*at, "max_mw" if project.units is None else "units"),
        project.max_mw if project.units is None else project.units,
    )
    take.note_own((*at, "contract"), project.contract.model_dump())
    storage_hours = (
        project.storage.energy_hours if project.storage else of("storage_hours", absent=0.0)
    )
    fuel = catalogue.technology(project.technology).fuel
    own_energy_cost = project.storage.energy_usd_per_kwh if project.storage else None
    return SupplyFigures(
        name=name,
        title=project.title,
        technology=project.technology,
        design=project.design or project.technology,
        site=project.site,
        zone=zone,
        status=project.status,
        month=month_index(project.earliest),
        unit_mw=float(max_mw or 0.0) if math.isnan(unit_mw) else unit_mw,
        units=project.units,
        max_mw=float(max_mw or 0.0),
        announced_months=_announced(project),
        unit_interval_months=project.unit_interval_months,
        max_units_per_year=dict(project.max_units_per_year or {}),
        contract=project.contract,
        exercise_by=month_index(project.option.exercise_by) if project.option else None,
        exercise_usd=project.option.price_usd if project.option else 0.0,
        alternative_usd_per_mwh=_alternative(project, zone, at, take),
        bridge=_bridge(project, at, take),
        overnight_usd_per_kw=of("overnight_usd_per_kw"),
        fixed_om_usd_per_kw_year=of("fixed_om_usd_per_kw_year"),
        variable_om_usd_per_mwh=of("variable_om_usd_per_mwh", absent=0.0),
        heat_rate_mmbtu_per_mwh=of("heat_rate_mmbtu_per_mwh", absent=0.0),
        fuel=fuel,
        fuel_usd_per_mmbtu=_fuel_prices(fuel, zone, programme, years, at, take),
        co2_kg_per_mwh=of("co2_kg_per_mwh", absent=0.0),
        water_m3_per_mwh=of("water_m3_per_mwh", absent=0.0),
        life_years=of("life_years"),
        forced_outage_fraction=of("forced_outage_fraction", absent=0.0),
        repair_hours=of("mttr_hours", absent=0.0),
        planned_outage_fraction=of("planned_outage_fraction", absent=0.0),
        refuelling_cycle_months=of("refuelling_cycle_months", absent=0.0),
        refuelling_days=of("refuelling_days", absent=0.0),
        capacity_credit_fraction=of("capacity_credit_fraction"),
        clean=catalogue.technology(project.technology).clean,
        resource=_RESOURCES.get(project.technology, "firm"),
        storage_hours=storage_hours,
        storage_round_trip_fraction=of("round_trip_efficiency_fraction", absent=1.0),
        storage_energy_usd_per_kwh=take.take(
            (*at, "storage", "energy_usd_per_kwh"),
            own_energy_cost,
            f"{tech}.energy_usd_per_kwh",
            absent=0.0,
        ),
        boost_mw=of("boost_mw", absent=0.0),
        licence_fail_probability=of("licence_fail_probability", absent=0.0),
        abandoned_per_year=of("abandoned_per_year", absent=0.0),
        licence_months_done=project.licence_months_done,
        stages=_stages(project, at, take),
        reference_class=_reference_class(project, at, take),
        outside_view_applied=_holds_overrun(project),
        learning_rate_fraction=of("learning_rate_fraction", absent=0.0),
        forgetting_per_year=project.forgetting_per_year,
        macrs_years=round(of("macrs_years")),
        credit=project.credit or catalogue.technology(project.technology).credit,
    )


def _bridge(project: PowerProject, at: FieldPath, take: FigureLookup) -> BridgeFigures | None:
    """Return the rule that orders a project, if it is bridge power."""
    bridge = project.bridge
    if bridge is None:
        return None
    take.note_own((*at, "bridge"), bridge.model_dump())
    lead = bridge.lead_months
    return BridgeFigures(bridge.short_it_mw, MonthsRange(lead.p10, lead.p50, lead.p90))


def _alternative(
    project: PowerProject, zone: str, at: FieldPath, take: FigureLookup
) -> tuple[float, float, float] | None:
    """Return low, value and high of what an option's energy costs from elsewhere."""
    if project.option is None:
        return None
    take.note_own((*at, "option"), project.option.model_dump(exclude_none=True))
    own = project.option.alternative_usd_per_mwh is not None
    path = (*at, "option", "alternative_usd_per_mwh")
    use = take.used_at(path if own else ("zones", zone, "power_price_usd_per_mwh"))
    low = use.value if use.low is None else use.low
    high = use.value if use.high is None else use.high
    return low, use.value, high


def _reference_class(
    project: PowerProject, at: FieldPath, take: FigureLookup
) -> ReferenceClassFigures:
    """Return the class of the project's technology, or that of the past projects it names."""
    estimate = project.estimate
    found = reference_class(
        catalogue.technology(project.technology).reference_class,
        estimate.outside_view_weight_fraction,
        take,
    )
    if estimate.past_projects_file is None:
        return found
    take.note_own((*at, "estimate", "past_projects_file"), estimate.past_projects_file)
    return replace(found, past_projects=take.file.folder / estimate.past_projects_file)


def _holds_overrun(project: PowerProject) -> bool:
    """Say whether the project's cost already holds the overrun of its class."""
    if project.overnight_usd_per_kw is None:
        return catalogue.technology(project.technology).overnight_basis in ("outturn", "contract")
    return project.estimate.outside_view_applied


def _announced(project: PowerProject) -> tuple[int, ...]:
    """Return the announced month of each unit, as far as units are counted."""
    if project.units is None:
        return (month_index(project.earliest),)
    first = month_index(project.earliest)
    if project.units_by_month is None:
        step = project.unit_interval_months
        return tuple(first + round(step * i) for i in range(project.units))
    months: list[int] = []
    for month, total in project.units_by_month.items():
        months += [month_index(month)] * (total - len(months))
    months += [months[-1]] * (project.units - len(months))
    return tuple(months)


def _fuel_prices(
    fuel: str,
    zone: str,
    programme: Programme,
    years: tuple[int, ...],
    at: tuple[str, str],
    take: FigureLookup,
) -> tuple[float, ...]:
    if not fuel:
        return ()
    if fuel == "gas":
        return gas_prices(zone, programme.zones[zone], years, take)
    return tuple(
        take.take(
            (*at, "fuel_usd_per_mmbtu", year), None, f"fuel.{fuel}.usd_per_mmbtu_{in_outlook(year)}"
        )
        for year in years
    )


def _stages(
    project: PowerProject, at: tuple[str, str], take: FigureLookup
) -> tuple[StageFigures, ...]:
    """Return the stages a unit of this technology passes, with gaps in the chain closed."""
    own = project.stage_months or {}
    tech = f"technology.{project.technology}"
    known = {
        name for name, _, _ in STAGES if name in own or catalogue.find(f"{tech}.{name}_months")
    }
    stages = []
    for name, after, cause in STAGES:
        if name not in known:
            continue
        months = take.range((*at, "stage_months", name), own.get(name), f"{tech}.{name}_months")
        spend = take.take((*at, "spend", name), None, f"{tech}.{name}_spend_fraction", absent=0.0)
        stages.append(StageFigures(name, months, _before(after, known), cause, spend))
    total = sum(stage.spend_fraction for stage in stages)
    if not stages:
        return (StageFigures("construct", MonthsRange(0.0, 0.0, 0.0), (), "labour", 1.0),)
    if total <= 0:
        last = stages[-1]
        return (*stages[:-1], StageFigures(last.name, last.months, last.after, last.cause, 1.0))
    return tuple(
        StageFigures(s.name, s.months, s.after, s.cause, s.spend_fraction / total) for s in stages
    )


def _before(after: tuple[Stage, ...], known: set[Stage]) -> tuple[Stage, ...]:
    """Return the stages to wait for: where one does not apply, those it would wait for."""
    order = {name: waits for name, waits, _ in STAGES}
    found: list[Stage] = []
    for name in after:
        found += [name] if name in known else _before(order[name], known)
    return tuple(dict.fromkeys(found))


def reference_class(name: str, weight: float, take: FigureLookup) -> ReferenceClassFigures:
    """Return the catalogue's reference class with the weight a project gives it."""
    found = catalogue.reference_class(name)

    def of(field: str) -> float:
        return take.take(("reference_class", name, field), None, f"reference_class.{name}.{field}")

    return ReferenceClassFigures(
        name=name,
        mu=of("mu"),
        sigma=of("sigma"),
        threshold=of("threshold") if found.find("threshold") else None,
        alpha=of("alpha") if found.find("alpha") else None,
        mean=of("mean"),
        schedule_mean=of("schedule_mean"),
        weight_fraction=weight,
    )
