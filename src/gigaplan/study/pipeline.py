"""The engines in their order, each given what those before it found.

Draw d is the same world in every engine: delivery samples it, operations runs
its units through the hours, finance pays for them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gigaplan.programme import Plan, Trajectories, headline_year
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme

if TYPE_CHECKING:
    from gigaplan.delivery.bridges.worth import BridgeWorth
    from gigaplan.delivery.options.purchase import PurchaseWorth
    from gigaplan.delivery.why import Reasons
    from gigaplan.finance import FinanceResult, InstrumentCash, OneWorld
    from gigaplan.operations import OperationsResult
    from gigaplan.weather import Series

STAGES = ("plan", "deliver", "operate", "finance")
_OPTION_DRAWS = 4000
"""A rule of exercise learns from half of them."""
Progress = Callable[[str, float], None]
"""Called with a stage's name and the share of it that is done."""


@dataclass(frozen=True)
class Settings:
    """How much is sampled; not part of the programme.

    Parameters
    ----------
    draws : int
        Sampled worlds of delivery, operations and finance.
    weather_years : int
        Weather years operations runs through; draw d has year d modulo this.
    seed : int, optional
        Replaces the programme's seed.
    data : Path, optional
        Folder of real weather, price and grid-mix files.
    threads : int, optional
        Threads to use; results do not depend on it. All cores if left out.
    """

    draws: int = 1000
    weather_years: int = 3
    seed: int | None = None
    data: Path | None = None
    threads: int | None = None

    @property
    def workers(self) -> int:
        """Return the number of threads to use."""
        return self.threads or os.cpu_count() or 1


@dataclass
class Results:
    """What the engines found, as far as they were run, and how long each took."""

    programme: ResolvedProgramme
    series: Series
    plan: Plan | None = None
    trajectories: Trajectories | None = None
    reasons: Reasons | None = None
    bridges: list[BridgeWorth] = field(default_factory=list)
    purchases: list[PurchaseWorth] = field(default_factory=list)
    operations: OperationsResult | None = None
    finance: FinanceResult | None = None
    world: OneWorld | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str, progress: Progress) -> Iterator[None]:
        """Record the seconds of a stage and show its start and end."""
        progress(stage, 0.0)
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start
        progress(stage, 1.0)


def programme_of(programme: str | Path, settings: Settings) -> ResolvedProgramme:
    """Return a programme file, its folder, or a bundled name, with nothing left out."""
    return resolve(read_programme(locate(str(programme))), seed=settings.seed)


def make_series(programme: ResolvedProgramme, settings: Settings, progress: Progress) -> Results:
    """Return results that hold the hourly series only."""
    from gigaplan import weather

    progress("weather", 0.0)
    start = time.perf_counter()
    series = weather.series_for(
        programme,
        weather_years=settings.weather_years,
        data_dir=settings.data,
        seed=programme.seed,
    )
    results = Results(programme, series)
    results.seconds["weather"] = time.perf_counter() - start
    progress("weather", 1.0)
    return results


def make_plan(results: Results, settings: Settings, progress: Progress) -> Plan:
    """Plan, and keep the plan in `results`."""
    from gigaplan import expansion

    with results.timed("plan", progress):
        results.plan = expansion.plan(
            results.programme.to_plan(),
            results.series,
            threads=settings.workers,
            progress=lambda share: progress("plan", share),
        )
    return results.plan


def _deliver(results: Results, settings: Settings, progress: Progress) -> None:
    from gigaplan import delivery
    from gigaplan.delivery.bridges.worth import bridge_worth
    from gigaplan.delivery.options.purchase import open_options, purchase_worth
    from gigaplan.delivery.prepared import PreparedDelivery
    from gigaplan.delivery.why import reasons_for

    assert results.plan is not None
    programme, threads = results.programme, settings.workers
    moves = delivery.deliver(
        programme, results.plan, draws=settings.draws, seed=programme.seed, threads=threads
    )
    progress("deliver", 0.1)
    year = headline_year([target.year for target in moves.targets])
    results.trajectories = moves
    results.reasons = reasons_for(
        programme, results.plan, moves, year or programme.years[-1], threads=threads
    )
    progress("deliver", 0.8)
    work = PreparedDelivery(programme, results.plan, seed=programme.seed)
    results.bridges = [
        bridge_worth(work, rule, settings.draws, threads=threads) for rule in work.bridges
    ]
    results.purchases = [
        purchase_worth(
            programme,
            results.plan,
            project,
            draws=max(settings.draws, _OPTION_DRAWS),
            seed=programme.seed,
            threads=threads,
        )
        for project in open_options(programme)
    ]


def go_on(results: Results, until: str, settings: Settings, progress: Progress) -> Results:
    """Run the engines that follow a plan, up to and with `until`."""
    assert results.plan is not None
    programme, plan = results.programme, results.plan
    last = STAGES.index(until)
    if last >= 1:
        with results.timed("deliver", progress):
            _deliver(results, settings, progress)
    if last >= 2:
        from gigaplan import operations

        assert results.trajectories is not None
        with results.timed("operate", progress):
            results.operations = operations.operate(
                programme,
                plan,
                results.trajectories,
                results.series,
                seed=programme.seed,
                threads=settings.workers,
                progress=lambda share: progress("operate", share),
            )
    if last >= 3:
        from gigaplan import finance

        assert results.trajectories is not None
        assert results.operations is not None
        with results.timed("finance", progress):
            results.finance = paid_again(results, programme, settings)
            results.world = finance.one_world(
                programme,
                plan,
                results.trajectories,
                results.operations.summary,
                _middle_draw(results.finance),
            )
    return results


def whole_run(
    programme: ResolvedProgramme, settings: Settings, progress: Progress, which: str
) -> Results:
    """Return all engines' results of a programme, each stage shown after the words `which`."""

    def shown(stage: str, share: float) -> None:
        progress(which + stage, share)

    results = make_series(programme, settings, shown)
    make_plan(results, settings, shown)
    return go_on(results, "finance", settings, shown)


def paid_again(results: Results, programme: ResolvedProgramme, settings: Settings) -> FinanceResult:
    """Return the money of what was operated, on the terms of a programme."""
    from gigaplan import finance

    assert results.plan is not None
    assert results.trajectories is not None
    assert results.operations is not None
    return finance.fund(
        programme,
        results.plan,
        results.trajectories,
        results.operations.summary,
        threads=settings.workers,
    )


def cash_of(results: Results, programme: ResolvedProgramme, name: str) -> InstrumentCash:
    """Return what an instrument of a programme changes in the cash of what was operated."""
    from gigaplan import finance

    assert results.plan is not None
    assert results.trajectories is not None
    assert results.operations is not None
    return finance.instrument_cash(
        programme, results.plan, results.trajectories, results.operations.summary, name
    )


def _middle_draw(found: FinanceResult) -> int:
    """Return the world whose net present value is the middle one; of two, the lower."""
    order = np.argsort(found.outcomes.npv_usd, kind="stable")
    return int(order[(len(order) - 1) // 2])
