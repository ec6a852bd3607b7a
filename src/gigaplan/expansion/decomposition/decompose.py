"""One call from a problem to its plan."""

from __future__ import annotations

from collections.abc import Callable

from gigaplan.expansion.decomposition.planner import Planner
from gigaplan.expansion.decomposition.workers import Executor
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.solution import Progress, Solution


def decompose(
    problem: ExpansionProblem,
    *,
    gap: float = 1e-3,
    time_limit_s: float | None = None,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    fast: bool = True,
    executor: Executor | None = None,
) -> Solution:
    """Return the least-cost plan of `problem`, found block by block.

    Parameters
    ----------
    problem : ExpansionProblem
    gap : float
        Relative gap between the plan and its bound at which to stop.
    time_limit_s : float, optional
        Wall seconds after which the best plan found is returned.
    threads : int, optional
        Threads that operate blocks; all cores if None. The plan does not depend on it.
    progress : callable, optional
        Called with a `Progress` after each round. If it, or the user, raises `KeyboardInterrupt`,
        the best plan found is returned.
    fast : bool
        Whether site-years may be operated by their storage's value; False: each is an hourly
        program (for comparison).
    executor : Executor, optional
        Who operates the blocks; threads of this process if None.

    Raises
    ------
    InfeasibleError
        If no plan meets the problem's own statements.
    SolverError
        If a result does not pass our checks.
    """
    with Planner(problem, threads=threads, fast=fast, executor=executor) as planner:
        return planner.plan(gap=gap, time_limit_s=time_limit_s, progress=progress)
