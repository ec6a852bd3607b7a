"""A programme's money over any number of draws, in memory that does not grow with them.

Parts of draws are delivered, paid for and counted (`kept.Counted`); none is kept. Means are added
in the order of the parts, so results do not depend on the threads.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np

from gigaplan.core.errors import require
from gigaplan.finance.kept import Counted, Sums, stacked
from gigaplan.finance.money import Money
from gigaplan.finance.results import DrawOutcomes, FinanceResult
from gigaplan.finance.summary import summarise
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

PART = 1024
"""Draws that are delivered at once, by 256."""
_PIECE = 512
"""Draws that are paid for at once: their months stay near the processor."""
_PILOT = 2048

Worlds = Callable[[int, int], Trajectories]
"""Delivers worlds from a first one on: (first draw, number of draws)."""


def money_outlook(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    operating: OperatingSummary,
    worlds: Worlds,
    *,
    draws: int = 100_000,
    threads: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> FinanceResult:
    """Return what `fund` does, of more worlds than operations has run.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
    trajectories : Trajectories
        The worlds that operations has run.
    operating : OperatingSummary
        Their energy, which others carry over; see `carried_over`.
    worlds : callable
        Delivery of any worlds: the first of them are those of `trajectories`.
    draws : int
    threads : int
        Parts worked on at once; does not change results.
    progress : callable
        Called with the share done.

    Returns
    -------
    FinanceResult
        Percentiles from counts: exact in rank to the share of draws in a cell, of which there
        are 1,024 between the ends of a pilot. Its ``outcomes`` hold no draw.

    Raises
    ------
    InputError
        If fewer draws are asked for than operations has run, or a term cannot be.
    """
    known = trajectories.draws
    require(draws >= known, f"{draws} draws were asked for; operations has run {known} already.")
    money = Money.of(programme, plan, trajectories, operating)

    pilot = min(draws, _PILOT)
    counted = Counted(money.of_worlds(worlds(0, pilot), 0).outcome(slice(0, pilot)))
    lock = Lock()

    def count(first: int) -> list[Sums]:
        many = min(PART, draws - first)
        part, sums = money.of_worlds(worlds(first, many), first), []
        for begin in range(0, many, _PIECE):
            rows = stacked(part.outcome(slice(begin, min(begin + _PIECE, many))))
            with lock:
                counted.count_rows(rows)
            sums.append(Sums.of(rows))
        return sums

    with ThreadPoolExecutor(max(1, threads)) as pool:
        for done, found in enumerate(pool.map(count, range(0, draws, PART)), start=1):
            for sums in found:
                counted.add(sums)
            progress(min(1.0, done * PART / draws))
    none = np.zeros(0)
    outcomes = DrawOutcomes(none, none, none, none, none > 0)
    return summarise(counted, programme, (*money.notes, _note(known)), outcomes)


def _note(known: int) -> str:
    return (
        f"Worlds beyond the {known:,} that were operated take weather, outages and prices of one "
        "of those; compute and plants that differ count at the mean by IT MW and by MW in service."
    )
