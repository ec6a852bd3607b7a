"""Commits under uncertainty, and measures what that is worth on futures nobody planned on.

Three plans commit before the decision year, each with the figures that its planner looks at:

    hedged      scenarios drawn from delivery, prices and demand, reduced to a few
    median      the median of every date and cost, prices as given, demand as wanted
    announced   every date as announced, every cost as estimated: the plan of `gigaplan plan`

The same fresh futures, drawn with another seed, then come to all three. In each, all is known from
the decision year on, and the best that can follow the commitments follows. Differences are paired
by future.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.core.random_streams import stream_key, uniforms
from gigaplan.core.statistics import Estimate, estimate
from gigaplan.expansion.from_programme import PlannedProgramme, plan_in_full
from gigaplan.expansion.plan_tables import plan_of_orders
from gigaplan.expansion.solution import Build, Progress
from gigaplan.expansion.stochastic import Order, Risk, ScenarioReduction, TwoStage
from gigaplan.expansion.stochastic.by_rounds import Committed, Recourse, ScenarioPlanner
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.two_stage.futures import Floats, Futures, draw_futures
from gigaplan.study.two_stage.scenarios import World, median_future
from gigaplan.weather.model import Series

Orders = dict[str, tuple[Build | Order, ...]]
"""Plans by name, by the year ordered for."""

PLANS = ("hedged", "median", "announced")
YEARS_TO_DECISION = 3
RESAMPLES = 2000
FRESH_GAP = 1e-3
"""Relative gap of each cost in a fresh future: far below what plans differ by."""


@dataclass(frozen=True)
class CommitSettings:
    """How much is drawn and how it is weighed.

    Parameters
    ----------
    scenarios : int
        How many stand for all that are drawn.
    drawn, fresh : int
        Futures that scenarios are chosen from, and others that plans are tested on.
    decision_year : int, optional
        When the future is known; `YEARS_TO_DECISION` after the first planning year if None, or
        the last.
    cvar_level, cvar_weight : float
        See `gigaplan.expansion.stochastic.Risk`.
    gap : float
        Relative gap of the plans.
    """

    scenarios: int = 20
    drawn: int = 1000
    fresh: int = 50
    decision_year: int | None = None
    cvar_level: float = 0.9
    cvar_weight: float = 0.0
    gap: float = 5e-3

    def __post_init__(self) -> None:
        for name, least in (("scenarios", 1), ("fresh", 2)):
            found = getattr(self, name)
            require(found >= least, f"found {found}; at least {least} is needed.", field=name)
        require(
            self.drawn >= self.scenarios,
            f"found {self.drawn}; at least as many as scenarios ({self.scenarios}) are needed.",
            field="drawn",
        )

    @property
    def risk(self) -> Risk:
        """How costs are weighed."""
        return Risk(self.cvar_level, self.cvar_weight)


@dataclass(frozen=True)
class Tested:
    """A plan's commitments, and what they come to.

    Parameters
    ----------
    name : str
        One of `PLANS`.
    orders : tuple of Build or Order
        Commitments.
    in_sample_usd : float
        Risk-weighed cost over the scenarios.
    fresh : tuple of Recourse
        One a fresh future.
    plan : Plan
        The commitments, and what follows them in the median future.
    """

    name: str
    orders: tuple[Build | Order, ...]
    in_sample_usd: float
    fresh: tuple[Recourse, ...]
    plan: Plan

    @property
    def costs_usd(self) -> Floats:
        """Return the whole discounted cost in each fresh future."""
        return np.array([one.cost_usd for one in self.fresh])


@dataclass(frozen=True)
class Hedge:
    """The hedged plan beside the others.

    Parameters
    ----------
    programme : str
    years : tuple of int
    settings : CommitSettings
    decision_year : int
    lead_years : mapping of str to float
        From order to service.
    reduction : ScenarioReduction
    committed : Committed
    tested : tuple of Tested
        In the order of `PLANS`.
    """

    programme: str
    years: tuple[int, ...]
    settings: CommitSettings
    decision_year: int
    lead_years: Mapping[str, float]
    reduction: ScenarioReduction
    committed: Committed
    tested: tuple[Tested, ...]

    def saved(self, other: Tested) -> Estimate:
        """Return what hedging saves over another plan, mean over fresh futures, paired."""
        return estimate(other.costs_usd - self.tested[0].costs_usd)

    def tail(self, tested: Tested) -> Estimate:
        """Return the mean of the dearest futures, with its error by resampling."""
        risk = self.settings.risk
        return _tail(tested.costs_usd, risk)

    def tail_saved(self, other: Tested) -> Estimate:
        """Return by how much another plan's dearest futures are dearer, futures resampled alike."""
        mine, theirs = self.tested[0].costs_usd, other.costs_usd
        risk = self.settings.risk
        ahead = np.array(
            [_tail_mean(theirs[n], risk) - _tail_mean(mine[n], risk) for n in _resampled(len(mine))]
        )
        mean = _tail_mean(theirs, risk) - _tail_mean(mine, risk)
        return Estimate(mean, float(ahead.std(ddof=1)))


def _tail_mean(costs: Floats, risk: Risk) -> float:
    return risk.tail_mean_usd(costs, np.full(len(costs), 1 / len(costs)))


def _resampled(count: int) -> np.ndarray:
    """Return positions of resampled futures, [resample, future]; the same for every plan."""
    return np.asarray(uniforms(1, "study.resample", "", RESAMPLES, count) * count, dtype=np.int64)


def _tail(costs: Floats, risk: Risk) -> Estimate:
    found = np.array([_tail_mean(costs[n], risk) for n in _resampled(len(costs))])
    return Estimate(_tail_mean(costs, risk), float(found.std(ddof=1)))


def fresh_seed(seed: int) -> int:
    """Return the seed of futures that no plan has seen."""
    return int(stream_key(seed, "study.fresh futures") >> np.uint64(33))


def hedge(
    programme: ResolvedProgramme,
    series: Series,
    settings: CommitSettings | None = None,
    *,
    threads: int | None = None,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> Hedge:
    """Return the plan that hedges over what may come, tested beside two that do not.

    Parameters
    ----------
    programme : ResolvedProgramme
    series : Series
        Every hour of its weather years is operated in every scenario.
    settings : CommitSettings, optional
    threads : int, optional
        All cores if None; results do not depend on it.
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If the decision year is none of the planning years after the first.
    InfeasibleScenarioError
        If a plan's commitments leave no plan in some future.
    """
    settings = settings or CommitSettings()
    decided = _decision_year(programme, settings.decision_year)
    announced = plan_in_full(
        programme, series, threads=threads, progress=lambda share: progress("announced", share)
    )
    world = World.of(programme, series)
    draws = draw_futures(
        programme, announced.plan, draws=settings.drawn, seed=programme.seed, threads=threads or 1
    )
    reduction = world.reduced(draws, settings.scenarios)
    task = _Task(world, settings, decided, threads, progress)
    scenarios = task.problem(draws, reduction.chosen.tolist(), reduction.probabilities)
    median = task.problem(median_future(draws, programme), [0], [1.0])
    task.stage("hedged", 2 * settings.scenarios)
    committed = task.planner.commit(scenarios)
    task.stage("median", 2)
    middle = task.planner.commit(median)
    orders: Orders = {
        "hedged": committed.first_stage,
        "median": middle.first_stage,
        "announced": announced.solution.builds,
    }
    costs = task.in_sample(scenarios, committed, orders)
    fresh = task.fresh(announced, orders)
    task.stage("plans", 1)
    plans = task.planner.recourse(median, *orders.values())
    tested = tuple(
        Tested(
            name,
            tuple(orders[name]),
            cost,
            tuple(found),
            plan_of_orders(programme, world.on_path[0], after[0], ()),
        )
        for name, cost, found, after in zip(PLANS, costs, fresh, plans, strict=True)
    )
    return Hedge(
        programme.name,
        programme.years,
        settings,
        decided,
        world.lead_years,
        reduction,
        committed,
        tested,
    )


def _decision_year(programme: ResolvedProgramme, asked: int | None) -> int:
    first, last = programme.years[0], programme.years[-1]
    require(last > first, "nothing can be decided later in a programme of one planning year.")
    if asked is None:
        return min(first + YEARS_TO_DECISION, last)
    require(
        first < asked <= last,
        f"found {asked}; a planning year after the first is allowed, {first + 1} to {last}.",
        field="decision year",
    )
    return asked


class _Task:
    """What the steps of one call share."""

    def __init__(
        self,
        world: World,
        settings: CommitSettings,
        decision_year: int,
        threads: int | None,
        progress: Callable[[str, float], None],
    ) -> None:
        self.world, self.settings, self.decision_year = world, settings, decision_year
        self._threads = threads
        self._progress = progress
        self._stage, self._steps, self._done = "", 1, 0
        self.planner = ScenarioPlanner(gap=settings.gap, threads=threads, progress=self._tell)

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage of so many steps."""
        self._stage, self._steps, self._done = name, steps, 0

    def _tell(self, at: Progress) -> None:
        self._done += 1
        self._progress(self._stage, min(self._done / self._steps, 1.0))

    def problem(
        self, futures: Futures, draws: Sequence[int], probabilities: Sequence[float] | Floats
    ) -> TwoStage:
        """Return some futures as a two-stage problem."""
        return self.world.two_stage(
            futures,
            draws,
            list(probabilities),
            decision_year=self.decision_year,
            cvar_level=self.settings.cvar_level,
            cvar_weight=self.settings.cvar_weight,
        )

    def in_sample(
        self,
        scenarios: TwoStage,
        committed: Committed,
        orders: Orders,
    ) -> list[float]:
        """Return the risk-weighed cost of each plan over the scenarios."""
        others = [orders[name] for name in PLANS[1:]]
        self.stage("scenarios", len(scenarios.scenarios))
        found = self.planner.recourse(scenarios, *others)
        chance = scenarios.probabilities
        return [committed.objective_usd] + [
            scenarios.risk.objective_usd([one.cost_usd for one in costs], chance) for costs in found
        ]

    def fresh(self, announced: PlannedProgramme, orders: Orders) -> list[list[Recourse]]:
        """Return what each plan comes to in each fresh future."""
        count, programme = self.settings.fresh, self.world.programme
        draws = draw_futures(
            programme,
            announced.plan,
            draws=count,
            seed=fresh_seed(programme.seed),
            threads=self._threads or 1,
        )
        self.stage("fresh futures", count)
        found: list[list[Recourse]] = [[] for _ in orders]
        for draw in range(count):
            one = self.problem(draws, [draw], [1.0])
            for costs, new in zip(
                found, self.planner.recourse(one, *orders.values(), gap=FRESH_GAP), strict=True
            ):
                costs += new
        return found
