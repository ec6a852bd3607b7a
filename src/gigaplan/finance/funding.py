"""Pays for a programme: waterfall, statements and metrics on delivery's draws.

Draws are worked on in blocks, each written to its own place, so that neither the
block's size nor the number of threads changes a result. Monthly arrays live no longer
than their block; what is kept of a draw is its yearly lines.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import numpy as np

from gigaplan.core.errors import require
from gigaplan.finance.kept import Kept
from gigaplan.finance.money import Money
from gigaplan.finance.results import DrawOutcomes, FinanceResult
from gigaplan.finance.summary import summarise
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

_BLOCK = 200
_OTHERS = ("irr", "payback_years", "cost_usd_per_gpu_hour", "lcoe_usd_per_mwh", "peak_debt_usd")


def fund(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    operating: OperatingSummary,
    *,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> FinanceResult:
    """Return the money of a programme on the draws of its delivery.

    Parameters
    ----------
    programme : ResolvedProgramme
        What is built and how it is paid for.
    plan : Plan
        Decisions; weights lives and classes.
    trajectories : Trajectories
        Delivery's draws: capital and what is online.
    operating : OperatingSummary
        Energy by planning year, on the same draws.
    threads : int
        Blocks worked on at once; does not change results.
    progress : callable, optional
        Called with the share done.

    Raises
    ------
    InputError
        If operations and delivery hold different draws, or a term cannot be.
    """
    require(
        operating.grid_cost_usd.shape[1] == trajectories.draws,
        f"operations has {operating.grid_cost_usd.shape[1]} draws, delivery {trajectories.draws}; "
        "they must be the same worlds.",
    )
    work = Money.of(programme, plan, trajectories, operating)
    parts = [
        slice(first, min(first + _BLOCK, trajectories.draws))
        for first in range(0, trajectories.draws, _BLOCK)
    ]
    # The first block alone lays out what is kept, then all others fill their own places.
    kept = Kept.laid_out(work.outcome(parts[0]), parts[0], trajectories.draws)

    def fill(part: slice) -> None:
        kept.write(work.outcome(part), part)

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        for done, _ in enumerate(pool.map(fill, parts[1:]), start=1):
            if progress is not None:
                progress(done / len(parts))
    return summarise(kept, programme, work.notes, _outcomes(kept))


def _outcomes(kept: Kept) -> DrawOutcomes:
    single = {name: values[0] for name, values in kept.tables["single"].items()}
    needed = single["required_revenue_usd_per_gw_year"]
    defined = np.isfinite(needed)
    return DrawOutcomes(
        npv_usd=single["npv_usd"],
        required_revenue_usd_per_gw_year=np.where(defined, needed, 0.0),
        funding_gap_usd=single["funding_gap_usd"],
        capex_usd=single["capex_usd"],
        defined=defined,
        others=MappingProxyType(
            {name: single[name] for name in _OTHERS if np.isfinite(single.get(name, np.inf)).all()}
        ),
    )
