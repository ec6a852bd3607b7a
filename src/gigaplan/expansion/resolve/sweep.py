"""Solves variants of a problem one after another; each begins with what the others found.

What a variant costs depends on what it changes:

- capital, fixed cost, limits, targets, dates, budgets, discounting: every block stays what it was,
  and its cuts and dispatches hold unchanged; a few rounds are left to do;
- fuel or market prices, weather, load of some sites: these blocks are operated anew where the last
  plan stood, the others keep what is known.

Each plan has a bound and gap of its own, as if it were solved alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gigaplan.core.errors import InfeasibleError, require
from gigaplan.expansion.decomposition.planner import Planner
from gigaplan.expansion.decomposition.workers import Executor
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.resolve.memory import Memory, Warm
from gigaplan.expansion.solution import Solution

Change: TypeAlias = ExpansionProblem | Callable[[ExpansionProblem], ExpansionProblem]
"""A variant of a problem, or what makes one of it."""


@dataclass(frozen=True)
class Resolve:
    """One variant and its plan.

    Parameters
    ----------
    name : str
    problem : ExpansionProblem
    solution : Solution, optional
        None where no plan meets the problem.
    infeasible : str
        Why there is none; empty where there is one.
    seconds : float
        Wall time, from the problem to its plan.
    warm : Warm
        Blocks that took over what was known, that were operated anew, that began from nothing.
    """

    name: str
    problem: ExpansionProblem
    solution: Solution | None
    infeasible: str
    seconds: float
    warm: Warm


class Resolver:
    """Plans one problem after another and remembers what it found.

    Parameters
    ----------
    gap : float
        Relative gap at which each plan stops.
    threads : int, optional
        Threads that operate blocks; all cores if None. Plans do not depend on it.
    fast : bool
        As of `decompose`.
    executor : Executor, optional
        Who operates the blocks; threads of this process if None.
    time_limit_s : float, optional
        Wall seconds of one plan.
    """

    def __init__(
        self,
        *,
        gap: float = 1e-4,
        threads: int | None = None,
        fast: bool = True,
        executor: Executor | None = None,
        time_limit_s: float | None = None,
    ) -> None:
        require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
        self._gap = gap
        self._threads = threads
        self._fast = fast
        self._executor = executor
        self._limit = time_limit_s
        self._memory = Memory()

    def plan(self, problem: ExpansionProblem, name: str = "") -> Resolve:
        """Return the plan of a problem, begun with what earlier ones of this resolver found.

        Raises
        ------
        SolverError
            If a result does not pass our checks. A problem without a plan is no error here.
        """
        began = time.perf_counter()
        solution, reason = None, ""
        with Planner(
            problem, threads=self._threads, fast=self._fast, executor=self._executor
        ) as planner:
            warm = self._memory.fill(planner.rounds, self._threads or os.cpu_count() or 1)
            try:
                solution = planner.plan(gap=self._gap, time_limit_s=self._limit)
            except InfeasibleError as error:
                reason = str(error)
            else:
                self._memory.learn(planner.rounds, planner.met)
        return Resolve(name, problem, solution, reason, time.perf_counter() - began, warm)


def sweep(
    problem: ExpansionProblem,
    changes: Mapping[str, Change] | Iterable[Change],
    *,
    gap: float = 1e-4,
    threads: int | None = None,
    fast: bool = True,
    executor: Executor | None = None,
    time_limit_s: float | None = None,
    progress: Callable[[Resolve], None] | None = None,
) -> tuple[Resolve, ...]:
    """Return the plan of a problem and of each of its variants.

    Parameters
    ----------
    problem : ExpansionProblem
    changes : mapping of str to Change, or iterable of Change
        Variants by name, or numbered from 1. Neighbours in order are planned fastest.
    gap : float
        Relative gap at which each plan stops.
    threads : int, optional
        Threads that operate blocks; all cores if None.
    fast : bool
        As of `decompose`.
    executor : Executor, optional
        Who operates the blocks; threads of this process if None.
    time_limit_s : float, optional
        Wall seconds of one plan.
    progress : callable, optional
        Called with each `Resolve`.

    Returns
    -------
    tuple of Resolve
        The problem itself first, named "as it is".

    Raises
    ------
    InputError
        If a variant is wrong.
    SolverError
        If a result does not pass our checks. A variant without a plan is no error: it says why.
    """
    if isinstance(changes, Mapping):
        named: list[tuple[str, Change]] = list(changes.items())
    else:
        named = [(str(number), change) for number, change in enumerate(changes, start=1)]
    resolver = Resolver(
        gap=gap, threads=threads, fast=fast, executor=executor, time_limit_s=time_limit_s
    )
    found = []
    for name, change in [("as it is", problem), *named]:
        variant = change if isinstance(change, ExpansionProblem) else change(problem)
        found.append(resolver.plan(variant, name))
        if progress is not None:
            progress(found[-1])
    return tuple(found)
