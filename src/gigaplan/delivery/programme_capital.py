"""What a programme pays for what is delivered: by month and group, and by entity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan import catalogue
from gigaplan.delivery.factors import Factors
from gigaplan.delivery.learning import completed_before, learned_cost
from gigaplan.delivery.model import Activity, SimulationResult
from gigaplan.delivery.programme_units import Delivered, StagePart
from gigaplan.delivery.reference_class import CostRatio, ReferenceClass, from_published
from gigaplan.delivery.simulate import simulate
from gigaplan.delivery.spend_curve import spend_by_month
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ReferenceClassFigures, ResolvedProgramme, SupplyFigures
from gigaplan.programme.trajectories import CAPEX_GROUPS

Floats = NDArray[np.float64]
COST_CAUSES = ("labour", "supply_chain")
"""Shared causes that move cost, each with half of the variance that it explains of a stage."""

GROUP_OF_KIND = {
    "phase": "hall",
    "accelerator": "servers",
    "unit": "power",
    "connection": "connection",
}
_KW_PER_MW = 1e3


@dataclass(frozen=True)
class Capital:
    """Capital in base-year USD: [month, draw] by group; [entity, draw]; final over estimated."""

    by_group: Mapping[str, Floats]
    by_entity: Floats
    cost_multiplier: Floats


def reference_class_of(figures: ReferenceClassFigures) -> ReferenceClass:
    """Return a programme's reference class, with its mean and its share beyond the threshold."""
    if figures.sigma <= 0 or figures.threshold is None or figures.alpha is None:
        return ReferenceClass(figures.mu, max(figures.sigma, 0.0))
    from scipy.special import ndtr

    beyond = float(ndtr((figures.mu - math.log(figures.threshold)) / figures.sigma))
    tail_mean = figures.threshold * figures.alpha / (figures.alpha - 1)
    return from_published(figures.mean, beyond, tail_mean, figures.threshold)


def capital(
    programme: ResolvedProgramme,
    plan: Plan,
    delivered: Sequence[Delivered],
    result: SimulationResult,
    online_month: Floats,
    factors: Factors,
    threads: int,
) -> Capital:
    """Return what everything delivered costs the programme, and when."""
    multiplier = _multipliers(programme, delivered, result, online_month, factors, threads)
    estimates = _estimates(programme, plan, delivered)
    by_entity = np.zeros(online_month.shape)
    by_group: dict[str, Floats] = {}
    place = {name: i for i, name in enumerate(result.ids)}
    for group in CAPEX_GROUPS:
        rows = _PaidRows(programme, result, place)
        for i, item in enumerate(delivered):
            if GROUP_OF_KIND[item.entity.kind] == group and estimates[i] > 0:
                rows.add(i, item, estimates[i], multiplier[i])
        by_group[group], by_stage = rows.spend(threads)
        np.add.at(by_entity, rows.entity, by_stage)
    return Capital(by_group, by_entity, multiplier)


class _PaidRows:
    """Stages that cost money: when they last, and what they cost in each draw."""

    def __init__(
        self, programme: ResolvedProgramme, result: SimulationResult, place: Mapping[str, int]
    ) -> None:
        self.programme, self.result, self.place = programme, result, place
        self.entity: list[int] = []
        self.begin: list[Floats] = []
        self.end: list[Floats] = []
        self.usd: list[Floats] = []
        self.refused_after: list[float] = []

    def add(self, i: int, item: Delivered, estimate_usd: float, multiplier: Floats) -> None:
        """Add the stages of entity `i`, and its option's price."""
        project = self.programme.power.get(item.entity.owner) if _is_unit(item) else None
        parts = item.parts
        if project is not None and project.contract.kind != "own":
            chosen = [part for part in parts if part.stage == "construct"] or list(parts[-1:])
            parts = tuple(
                StagePart(p.activity, p.stage, 1 / len(chosen), p.median_months) for p in chosen
            )
        price = _option_price(project, item.entity.mw) if project is not None else 0.0
        for part in parts:
            row = self.place[part.activity]
            usd = (estimate_usd - price) * item.capital_fraction * part.spend_fraction
            self._append(
                i,
                self.result.start_months[row],
                self.result.finish_months[row],
                usd * multiplier,
                part.median_months,
            )
        if price > 0 and project is not None:
            paid = self._first_work(item)
            if project.exercise_by is not None:
                paid = np.minimum(paid, float(project.exercise_by))
            self._append(i, paid, paid, np.full(paid.shape, price), 1.0)

    def _first_work(self, item: Delivered) -> Floats:
        rows = [self.place[part.activity] for part in item.parts] or [self.place[item.last]]
        first: Floats = self.result.start_months[rows].min(axis=0)
        return first

    def _append(
        self, i: int, begin: Floats, end: Floats, usd: Floats, refused_after: float
    ) -> None:
        self.entity.append(i)
        self.begin.append(begin)
        self.end.append(end)
        self.usd.append(usd)
        self.refused_after.append(max(refused_after, 1.0))

    def spend(self, threads: int) -> tuple[Floats, Floats]:
        """Return spending by month and draw, and by row and draw."""
        timeline, draws = self.programme.timeline, self.result.draws
        if not self.entity:
            return np.zeros((len(timeline), draws)), np.zeros((0, draws))
        return spend_by_month(
            np.array(self.begin),
            np.array(self.end),
            np.array(self.usd),
            first_month=timeline.first,
            months=len(timeline),
            refused_after_months=np.array(self.refused_after),
            threads=threads,
        )


def _is_unit(item: Delivered) -> bool:
    return item.entity.kind == "unit"


def _option_price(project: SupplyFigures, mw: float) -> float:
    """Return a unit's part of the price of the option that it came from."""
    if project.exercise_by is None or project.max_mw <= 0:
        return 0.0
    return project.exercise_usd * mw / project.max_mw


def _estimates(
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
    return per_kw * _KW_PER_MW * mw + _option_price(project, mw)


def _multipliers(
    programme: ResolvedProgramme,
    delivered: Sequence[Delivered],
    result: SimulationResult,
    online_month: Floats,
    factors: Factors,
    threads: int,
) -> Floats:
    """Return final over estimated capital of each entity that the programme pays for itself."""
    owners = _cost_ratios(programme, delivered)
    ratio = _drawn_ratios(programme, owners, result, factors, threads)
    out = np.ones(online_month.shape)
    for i, item in enumerate(delivered):
        found = ratio.get((item.entity.kind, item.entity.owner))
        if found is not None:
            out[i] = found
    for positions, project in _learners(programme, delivered):
        begin = np.array([_construction(delivered[i], result) for i in positions])
        completed = completed_before(begin, online_month[positions])
        out[positions] *= learned_cost(
            completed, project.learning_rate_fraction, _learning_floor(project)
        )
    return out


def _cost_ratios(
    programme: ResolvedProgramme, delivered: Sequence[Delivered]
) -> dict[tuple[str, str], CostRatio]:
    """Return the cost ratio of each owned project and each campus that is built."""
    out: dict[tuple[str, str], CostRatio] = {}
    for item in delivered:
        kind, owner = item.entity.kind, item.entity.owner
        if kind == "unit":
            project = programme.power[owner]
            if project.contract.kind == "own" and project.status != "operating":
                out[kind, owner] = _ratio(project.reference_class, project.outside_view_applied)
        elif kind == "phase" and item.parts:
            out[kind, owner] = _ratio(
                programme.campuses[owner].reference_class,
                programme.campuses[owner].outside_view_applied,
            )
    return out


def _ratio(figures: ReferenceClassFigures, adjusted: bool) -> CostRatio:
    return CostRatio(
        reference_class_of(figures),
        outside_weight=figures.weight_fraction,
        already_adjusted=adjusted,
    )


def _drawn_ratios(
    programme: ResolvedProgramme,
    ratios: Mapping[tuple[str, str], CostRatio],
    result: SimulationResult,
    factors: Factors,
    threads: int,
) -> dict[tuple[str, str], Floats]:
    """Return the drawn cost ratio of each owner, on the same shared causes as its schedule.

    A ratio is drawn as the length of an activity of its own that nothing precedes.
    """
    if not ratios:
        return {}
    loadings = {
        cause: math.sqrt(programme.shared_cause_share[cause] / 2)
        for cause in COST_CAUSES
        if programme.shared_cause_share.get(cause, 0.0) > 0
    }
    drawn = simulate(
        [
            Activity(f"cost of {kind} {owner}", ratio, loadings=loadings)
            for (kind, owner), ratio in ratios.items()
        ],
        factors=factors,
        draws=result.draws,
        seed=result.seed,
        threads=threads,
        critical=False,
    )
    return dict(zip(ratios, drawn.finish_months, strict=True))


def _learners(
    programme: ResolvedProgramme, delivered: Sequence[Delivered]
) -> list[tuple[list[int], SupplyFigures]]:
    """Return the units of each design that are built whole, and a project of that design."""
    found: dict[tuple[str, float], tuple[list[int], SupplyFigures]] = {}
    for i, item in enumerate(delivered):
        if item.entity.kind != "unit":
            continue
        project = programme.power[item.entity.owner]
        owned = project.contract.kind == "own" and project.status != "operating"
        if owned and project.units is not None and project.learning_rate_fraction != 0:
            key = (project.design, project.learning_rate_fraction)
            found.setdefault(key, ([], project))[0].append(i)
    return list(found.values())


def _construction(item: Delivered, result: SimulationResult) -> Floats:
    """Return when an entity's construction begins, shape [draw]."""
    names = [p.activity for p in item.parts if p.stage == "construct"] or [item.last]
    row: Floats = result.start_months[result.position(names[0])]
    return row


def _learning_floor(project: SupplyFigures) -> float:
    """Return the least cost over the first unit's: that of the catalogue's nth unit, if given."""
    nth = catalogue.find(f"technology.{project.technology}.nth_overnight_usd_per_kw")
    first = catalogue.find(f"technology.{project.technology}.overnight_usd_per_kw")
    if nth is None or first is None or first.value <= 0:
        return 0.0
    return min(1.0, nth.value / first.value)
