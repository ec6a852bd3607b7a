"""What a programme's things are estimated to cost, and how far cost may end from estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from gigaplan import catalogue
from gigaplan.core.errors import InputError
from gigaplan.delivery.durations import Duration, Quantiles
from gigaplan.delivery.fitting import FittedClass, fit_cost
from gigaplan.delivery.past_projects import read_past_projects
from gigaplan.delivery.programme_units import Delivered
from gigaplan.delivery.reference_class import CostRatio, ReferenceClass, from_published
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ReferenceClassFigures, ResolvedProgramme, SupplyFigures

_KW_PER_MW = 1e3


def reference_class_of(figures: ReferenceClassFigures) -> ReferenceClass | FittedClass:
    """Return a programme's reference class: fitted to past projects if it names them.

    Else that of the catalogue, with its mean and its share beyond the threshold.
    """
    if figures.past_projects is not None:
        return _fitted(figures.past_projects, figures.past_projects.stat().st_mtime_ns)
    if figures.sigma <= 0 or figures.threshold is None or figures.alpha is None:
        return ReferenceClass(figures.mu, max(figures.sigma, 0.0))
    from scipy.special import ndtr

    beyond = float(ndtr((figures.mu - math.log(figures.threshold)) / figures.sigma))
    tail_mean = figures.threshold * figures.alpha / (figures.alpha - 1)
    return from_published(figures.mean, beyond, tail_mean, figures.threshold)


@lru_cache(maxsize=64)
def _fitted(path: Path, changed_ns: int) -> FittedClass:
    """Return the class of a file of past projects; a file that has changed is read again."""
    projects = read_past_projects(path)
    try:
        return fit_cost(projects, deflator=catalogue.price_index())
    except InputError as error:
        raise InputError([replace(p, file=p.file or str(path)) for p in error.problems]) from None


def read_named_past(programme: ResolvedProgramme) -> dict[str, FittedClass]:
    """Read and fit the past projects that a programme names, by project.

    Raises
    ------
    InputError
        With the file and line of the fault.
    """
    return {
        name: _fitted(path, path.stat().st_mtime_ns)
        for name, project in programme.power.items()
        if (path := project.reference_class.past_projects) is not None
    }


def option_price_usd(project: SupplyFigures, mw: float) -> float:
    """Return a unit's part of the price of the option that it came from."""
    if project.exercise_by is None or project.max_mw <= 0:
        return 0.0
    return project.exercise_usd * mw / project.max_mw


def estimates_usd(
    programme: ResolvedProgramme, plan: Plan, delivered: Sequence[Delivered]
) -> list[float]:
    """Return each entity's estimated capital that the programme pays, base-year USD."""
    connections = {
        f"{build.site}-reinforcement-{build.year}": build.capex_usd for build in plan.connections
    }
    out = []
    for item in delivered:
        entity = item.entity
        usd = 0.0
        if entity.kind == "unit":
            usd = _unit_estimate(programme.power[entity.owner], entity.mw)
        elif entity.kind == "phase" and item.parts:
            campus = programme.campuses[entity.owner]
            usd = campus.hall_usd_per_it_kw * _KW_PER_MW * entity.mw
        elif entity.kind == "accelerator":
            name, _, year = entity.name.rpartition("-")
            usd = programme.accelerators[name].cost_in(int(year)) * entity.mw
        elif entity.kind == "connection":
            usd = connections.get(entity.name, 0.0)
        out.append(usd)
    return out


def _unit_estimate(project: SupplyFigures, mw: float) -> float:
    if project.status == "operating":
        return 0.0
    per_kw = 0.0
    if project.contract.kind == "own":
        per_kw = project.overnight_usd_per_kw
        if project.resource == "storage":
            per_kw += project.storage_hours * project.storage_energy_usd_per_kwh
    elif project.contract.kind == "prepayment":
        per_kw = project.contract.prepaid_usd_per_kw
    return per_kw * _KW_PER_MW * mw + option_price_usd(project, mw)


def cost_ratios(
    programme: ResolvedProgramme, delivered: Sequence[Delivered]
) -> dict[tuple[str, str], Duration]:
    """Return the cost ratio of each owned project, campus and chip system that is bought."""
    out: dict[tuple[str, str], Duration] = {}
    for item in delivered:
        kind, owner = ratio_owner(item)
        if (kind, owner) in out:
            continue
        if kind == "unit":
            project = programme.power[owner]
            if project.contract.kind == "own" and project.status != "operating":
                out[kind, owner] = _ratio(project.reference_class, project.outside_view_applied)
        elif kind == "phase" and item.parts:
            out[kind, owner] = _ratio(
                programme.campuses[owner].reference_class,
                programme.campuses[owner].outside_view_applied,
            )
        elif kind == "accelerator":
            chip = programme.accelerators[owner]
            if 0 < chip.cost_low_ratio < chip.cost_high_ratio:
                out[kind, owner] = Quantiles(chip.cost_low_ratio, 1.0, chip.cost_high_ratio)
    return out


def ratio_owner(item: Delivered) -> tuple[str, str]:
    """Return the kind and name of what an entity shares its cost ratio with.

    That is its project, campus or site; for chips it is the system, whose price is one.
    """
    entity = item.entity
    owner = entity.name.rpartition("-")[0] if entity.kind == "accelerator" else entity.owner
    return entity.kind, owner


def _ratio(figures: ReferenceClassFigures, adjusted: bool) -> CostRatio:
    return CostRatio(
        reference_class_of(figures),
        outside_weight=figures.weight_fraction,
        already_adjusted=adjusted,
    )


def learners(
    programme: ResolvedProgramme, delivered: Sequence[Delivered]
) -> list[tuple[list[int], SupplyFigures]]:
    """Return the units of each design that are built whole, and a project of that design."""
    found: dict[tuple[str, float, float], tuple[list[int], SupplyFigures]] = {}
    for i, item in enumerate(delivered):
        if item.entity.kind != "unit":
            continue
        project = programme.power[item.entity.owner]
        owned = project.contract.kind == "own" and project.status != "operating"
        if owned and project.units is not None and project.learning_rate_fraction != 0:
            key = (project.design, project.learning_rate_fraction, project.forgetting_per_year)
            found.setdefault(key, ([], project))[0].append(i)
    return list(found.values())


def learning_floor(project: SupplyFigures) -> float:
    """Return the least cost over the first unit's: that of the catalogue's nth unit, if given."""
    nth = catalogue.find(f"technology.{project.technology}.nth_overnight_usd_per_kw")
    first = catalogue.find(f"technology.{project.technology}.overnight_usd_per_kw")
    if nth is None or first is None or first.value <= 0:
        return 0.0
    return min(1.0, nth.value / first.value)
