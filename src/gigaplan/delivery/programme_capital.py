"""What a programme pays for what is delivered: by month and group, and by entity."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.delivery.durations import Duration
from gigaplan.delivery.factors import Factors
from gigaplan.delivery.learning import experience_before, learned_cost
from gigaplan.delivery.model import Activity, SimulationResult
from gigaplan.delivery.programme_compute import TARIFF
from gigaplan.delivery.programme_estimates import (
    cost_ratios,
    estimates_usd,
    learners,
    learning_floor,
    option_price_usd,
    ratio_owner,
)
from gigaplan.delivery.programme_units import (
    Delivered,
    StagePart,
    cost_loading,
    fate_id,
    half_loading,
)
from gigaplan.delivery.simulate import Schedule
from gigaplan.delivery.spend_curve import SpendRows
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures
from gigaplan.programme.trajectories import CAPEX_GROUPS

Floats = NDArray[np.float64]
GROUP_OF_KIND = {
    "phase": "hall",
    "accelerator": "servers",
    "unit": "power",
    "connection": "connection",
}


@dataclass(frozen=True)
class Capital:
    """Capital in base-year USD in some draws.

    Parameters
    ----------
    change_usd : ndarray, shape [group, month + 2, draw]
        Changes of monthly spending, see `spend_curve.monthly`; groups as `CAPEX_GROUPS`.
    by_entity_usd, cost_multiplier : ndarray, shape [entity, draw]
        Capital of each, and final over estimated.
    """

    change_usd: Floats
    by_entity_usd: Floats
    cost_multiplier: Floats


class CapitalLayout:
    """The stages that cost money, laid out once.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
    delivered : sequence of Delivered
    row : mapping of activity to int
        Its row of what is drawn.
    factors : Factors
        Shared causes of the schedule.
    seed : int
    """

    def __init__(
        self,
        programme: ResolvedProgramme,
        plan: Plan,
        delivered: Sequence[Delivered],
        row: Mapping[str, int],
        factors: Factors,
        seed: int,
    ) -> None:
        self._first_month, self._months = programme.timeline.first, len(programme.timeline)
        ratios = cost_ratios(programme, delivered)
        self._ratios = _ratio_schedule(programme, ratios, factors, seed)
        ratio_row = {owner: 1 + i for i, owner in enumerate(ratios)}
        owners = [ratio_owner(item) for item in delivered]
        self._ratio_row = np.array([ratio_row.get(owner, 0) for owner in owners], np.int64)
        self._last = np.array([row[item.last] for item in delivered], np.int64)
        self._learners = [
            _Learners(positions, np.array([_construct(delivered[i], row) for i in positions]), p)
            for positions, p in learners(programme, delivered)
        ]
        bought = [i for i, item in enumerate(delivered) if item.entity.kind == "accelerator"]
        self._tariff = (
            (row[TARIFF], np.array(bought), programme.tariff_rise_fraction)
            if TARIFF in row
            else None
        )
        paid = _PaidRows(programme, row)
        for i, usd in enumerate(estimates_usd(programme, plan, delivered)):
            if usd > 0:
                paid.add(i, delivered[i], usd)
        self._stages, self._prices = paid.laid_out(), paid.prices

    def redrawn(self, names: Collection[str]) -> CapitalLayout:
        """Return the layout with cost ratios and causes of some names drawn anew."""
        out = copy(self)
        out._ratios = None if self._ratios is None else self._ratios.redrawn(names)
        return out

    def draw(self, result: SimulationResult, *, first_draw: int = 0, threads: int = 1) -> Capital:
        """Return what everything delivered costs in the draws of a simulated schedule."""
        draws = result.draws
        multiplier = self._multipliers(result, first_draw, threads)
        change = np.zeros((len(CAPEX_GROUPS), self._months + 2, draws))
        by_entity = np.zeros(multiplier.shape)
        begin, end = result.start_months, result.finish_months
        self._stages.add(begin, end, multiplier, self._first_month, change, by_entity, threads)
        if self._prices:
            paid = np.array([price.month(begin) for price in self._prices])
            rows = _price_rows(self._prices)
            once = np.ones((1, draws))
            rows.add(paid, paid, once, self._first_month, change, by_entity, threads)
        return Capital(change, by_entity, multiplier)

    def _multipliers(self, result: SimulationResult, first_draw: int, threads: int) -> Floats:
        """Return final over estimated capital of each entity, 1 where the programme bears none."""
        base = np.ones((1, result.draws))
        if self._ratios is not None:
            drawn = self._ratios.simulate(result.draws, first_draw=first_draw, threads=threads)
            base = np.concatenate([base, drawn.finish_months])
        out = base[self._ratio_row]
        for design in self._learners:
            begin = result.start_months[design.construct]
            finish = result.finish_months[self._last[design.positions]]
            out[design.positions] *= learned_cost(
                experience_before(begin, finish, design.project.forgetting_per_year),
                design.project.learning_rate_fraction,
                learning_floor(design.project),
            )
        if self._tariff is not None:
            row, bought, rise = self._tariff
            begun = result.finish_months[self._last[bought]] >= result.finish_months[row]
            out[bought] *= 1 + rise * begun
        return out


@dataclass(frozen=True)
class _Learners:
    """Units of one design: entities, and rows of the activities that begin their building."""

    positions: list[int]
    construct: NDArray[np.int64]
    project: SupplyFigures


@dataclass(frozen=True)
class _OptionPrice:
    """The price of an option: paid when the work begins, or at the last month to exercise it."""

    entity: int
    usd: float
    first_work: NDArray[np.int64]
    exercise_by: float

    def month(self, start_months: Floats) -> Floats:
        """Return when it is paid, shape [draw]."""
        first: Floats = start_months[self.first_work].min(axis=0)
        return np.minimum(first, self.exercise_by)


def _price_rows(prices: Sequence[_OptionPrice]) -> SpendRows:
    each = np.arange(len(prices))
    return SpendRows(
        begin=each,
        end=each,
        usd=np.array([price.usd for price in prices]),
        factor=np.zeros(len(prices), np.int64),
        refused_after_months=np.ones(len(prices)),
        group=np.full(len(prices), CAPEX_GROUPS.index(GROUP_OF_KIND["unit"])),
        entity=np.array([price.entity for price in prices]),
    )


class _PaidRows:
    """Gathers the stages that cost money, and the prices of options."""

    def __init__(self, programme: ResolvedProgramme, row: Mapping[str, int]) -> None:
        self.programme, self.row = programme, row
        self.prices: list[_OptionPrice] = []
        self._activity: list[int] = []
        self._entity: list[int] = []
        self._group: list[int] = []
        self._usd: list[float] = []
        self._refused_after: list[float] = []
        self._stop: list[int] = []

    def add(self, i: int, item: Delivered, estimate_usd: float) -> None:
        """Add the stages of entity `i`, and its option's price."""
        unit = item.entity.kind == "unit"
        project = self.programme.power[item.entity.owner] if unit else None
        parts = item.parts
        if project is not None and project.contract.kind != "own":
            chosen = [part for part in parts if part.stage == "construct"] or list(parts[-1:])
            parts = tuple(
                StagePart(p.activity, p.stage, 1 / len(chosen), p.median_months) for p in chosen
            )
        price = option_price_usd(project, item.entity.mw) if project is not None else 0.0
        for part in parts:
            self._activity.append(self.row[part.activity])
            self._entity.append(i)
            self._group.append(CAPEX_GROUPS.index(GROUP_OF_KIND[item.entity.kind]))
            self._usd.append((estimate_usd - price) * item.capital_fraction * part.spend_fraction)
            self._refused_after.append(max(part.median_months, 1.0))
            self._stop.append(self.row.get(fate_id(item.entity.owner), -1) if unit else -1)
        if price > 0 and project is not None:
            first = [self.row[p.activity] for p in item.parts] or [self.row[item.last]]
            by = math.inf if project.exercise_by is None else float(project.exercise_by)
            self.prices.append(_OptionPrice(i, price, np.array(first), by))

    def laid_out(self) -> SpendRows:
        """Return the stages; money is multiplied by each entity's cost multiplier."""
        activity, entity = np.array(self._activity, np.int64), np.array(self._entity, np.int64)
        return SpendRows(
            begin=activity,
            end=activity,
            usd=np.array(self._usd, np.float64),
            factor=entity,
            refused_after_months=np.array(self._refused_after, np.float64),
            group=np.array(self._group, np.int64),
            entity=entity,
            stop=np.array(self._stop, np.int64),
        )


def _ratio_schedule(
    programme: ResolvedProgramme,
    ratios: Mapping[tuple[str, str], Duration],
    factors: Factors,
    seed: int,
) -> Schedule | None:
    """Return what draws the cost ratio of each owner, on the shared causes of its schedule.

    A ratio is drawn as the length of an activity of its own that nothing precedes.
    """
    if not ratios:
        return None
    usual = cost_loading(programme)
    # a tight supply makes chips late and dear
    of_chips = half_loading(programme, "chips")
    activities = [
        Activity(
            cost_stream(kind, owner), ratio, loadings=of_chips if kind == "accelerator" else usual
        )
        for (kind, owner), ratio in ratios.items()
    ]
    return Schedule(activities, factors=factors, seed=seed, critical=False)


def cost_stream(kind: str, owner: str) -> str:
    """Return the name that the random numbers of an owner's cost ratio hang on."""
    return f"cost of {kind} {owner}"


def _construct(item: Delivered, row: Mapping[str, int]) -> int:
    """Return the row of the activity that begins an entity's building."""
    names = [p.activity for p in item.parts if p.stage == "construct"] or [item.last]
    return row[names[0]]
