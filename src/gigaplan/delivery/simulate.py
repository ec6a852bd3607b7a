"""Simulates a schedule: when each activity begins and ends, in every draw.

Work begins when all predecessors have ended and their lags have passed, its milestone is
reached, and a slot is free; it takes its drawn duration, longer where holds of its design
stand in the way; a refusal at its end costs another application, or ends the chain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Literal, TypeAlias, TypedDict, Unpack, get_args

import numpy as np

from gigaplan.core.errors import InputError, Problem, nearest, require
from gigaplan.delivery._kernels import simulate_blocks
from gigaplan.delivery.checking import check, check_numbers
from gigaplan.delivery.factors import Factors, usable_correlation
from gigaplan.delivery.first_ready._kernels import first_ready_blocks
from gigaplan.delivery.model import Activity, Holds, Outcome, SimulationResult, Slots
from gigaplan.delivery.network import followers, lay_out
from gigaplan.delivery.scores._kernels import BLOCK

SlotRule: TypeAlias = Literal["listed", "first_ready"]
DEFAULT_HORIZON_MONTHS = 480.0
_MOST_DRAWS = 50_000_000
_ANEW = 1 << 40  # far from any seed that a user gives


class Schedule:
    """A schedule that has been checked and laid out, to be simulated as often as asked.

    Parameters
    ----------
    activities : sequence of Activity
        The work; their order does not matter.
    factors : Factors or sequence of str
        Shared causes; names alone are independent causes.
    seed : int
        Where the worlds come from.
    start_month : float
        Absolute month before which no work begins.
    slots : mapping of class to Slots
        Scarce resources.
    holds : mapping of design to Holds
        Common-cause stops.
    keep : sequence of str, optional
        Ids of activities whose months are kept; all if left out. Memory grows with kept
        activities times draws, and with nothing else.
    outcome : {'finish', 'start_and_finish'}
        Whether starts are kept too.
    critical : bool
        Whether critical shares are counted; they are zero if not.
    horizon_months : float
        Months from the start in which holds are drawn.
    slot_rule : {'listed', 'first_ready'}
        Who takes a free slot: those of lowest priority number in turn, nobody overtaking; or, in
        each draw, whoever has been ready longest, the lower priority number first among equals.
        The first has no anomalies. Under the second, with several stages, shorter work can delay
        others (R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 17
        (1969) 416-429); it is slower, too.

    Raises
    ------
    InputError
        If activities follow each other in a circle or unknown ones, durations are negative,
        quantiles out of order, correlations outside -1 to 1, or slots fewer than one.
    """

    def __init__(
        self,
        activities: Sequence[Activity],
        *,
        factors: Factors | Sequence[str] = (),
        seed: int = 0,
        start_month: float = 0.0,
        slots: Mapping[str, Slots] | None = None,
        holds: Mapping[str, Holds] | None = None,
        keep: Sequence[str] | None = None,
        outcome: Outcome = "finish",
        critical: bool = True,
        horizon_months: float = DEFAULT_HORIZON_MONTHS,
        slot_rule: SlotRule = "listed",
    ) -> None:
        slots, holds = dict(slots or {}), dict(holds or {})
        shared = factors if isinstance(factors, Factors) else Factors(tuple(factors))
        check(activities, slots, holds)
        require(
            slot_rule in get_args(SlotRule),
            f"the slot rule is '{slot_rule}'; {' and '.join(get_args(SlotRule))} are known.",
        )
        self._slot_rule = slot_rule
        self.ids = tuple(a.id for a in activities) if keep is None else tuple(keep)
        _check_kept(self.ids, activities)
        correlation, self.messages = usable_correlation(shared)
        self.seed, self._origin = seed, float(start_month)
        self._critical, self._keep_start = critical, outcome == "start_and_finish"
        self._layout = lay_out(
            activities,
            factors=shared,
            correlation=correlation,
            slots=slots,
            holds=holds,
            seed=seed,
            start_month=start_month,
            keep=self.ids,
            horizon_months=horizon_months,
            own_rows=critical,
        )

    def with_lengths(self, changed: Sequence[Activity]) -> Schedule:
        """Return the schedule with some activities' lengths and milestones changed, nothing else.

        Far quicker than a new one. Draws stay: an activity's random number does not depend on
        how long it lasts.
        """
        check_numbers(changed)
        out = copy(self)
        out._layout = self._layout.with_lengths(changed)
        return out

    def redrawn(self, names: Collection[str]) -> Schedule:
        """Return the schedule with the random numbers of some names drawn anew.

        Parameters
        ----------
        names : collection of str
            Activities (their lengths and the outcomes of their approvals), shared causes, and
            designs (their holds). Those that are none of the schedule's are passed over.
        """
        out = copy(self)
        out._layout = self._layout.redrawn(names, self.seed + _ANEW)
        return out

    def simulate(self, draws: int, *, first_draw: int = 0, threads: int = 1) -> SimulationResult:
        """Return when the activities kept begin and end in some draws.

        Parameters
        ----------
        draws : int
            How many worlds. A draw's numbers do not depend on how many there are.
        first_draw : int
            The first of them; a multiple of 256.
        threads : int
            Threads that share the draws; results do not depend on it, to the last bit.
        """
        require(
            1 <= draws <= _MOST_DRAWS,
            f"{draws} draws were asked for; 1 to {_MOST_DRAWS} can be.",
        )
        require(threads >= 1, f"{threads} threads were asked for; 1 or more can be.")
        require(
            first_draw >= 0 and first_draw % BLOCK == 0,
            f"draws from {first_draw} on were asked for; a multiple of {BLOCK} is allowed.",
        )
        finish = np.empty((len(self.ids), draws))
        start = np.empty((len(self.ids) if self._keep_start else 0, draws))
        counts = self._run(first_draw, draws, threads, start, finish)
        share = dict(zip(self._layout.order, counts / draws, strict=True))
        return SimulationResult(
            ids=self.ids,
            start_months=start,
            finish_months=finish,
            failed=np.isinf(finish),
            critical_share=np.array([share[name] for name in self.ids]),
            draws=draws,
            seed=self.seed,
            messages=self.messages,
        )

    def _run(
        self, first_draw: int, draws: int, threads: int, start: np.ndarray, finish: np.ndarray
    ) -> np.ndarray:
        """Fill start and finish [row, draw]; return the draws with each activity critical."""
        layout, first = self._layout, first_draw // BLOCK
        blocks = -(-draws // BLOCK)
        workers = min(threads, blocks)
        edges = first + np.linspace(0, blocks, workers + 1).astype(int)
        counts = np.zeros((workers, len(layout.order)), np.int64)

        arrays = (layout.network, layout.approvals, layout.shared)
        following = followers(layout.network) if self._slot_rule == "first_ready" else ()
        simulate = first_ready_blocks if following else simulate_blocks

        def work(w: int) -> None:
            simulate(
                *arrays,
                *following,
                int(edges[w]),
                int(edges[w + 1]),
                first_draw,
                draws,
                self._origin,
                self._keep_start,
                start,
                finish,
                np.array([self._critical]),
                counts[w],
            )

        if workers == 1:
            work(0)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, range(workers)))
        total: np.ndarray = counts.sum(axis=0)
        return total


class ScheduleOptions(TypedDict, total=False):
    """What `simulate` hands to `Schedule`."""

    factors: Factors | Sequence[str]
    seed: int
    start_month: float
    slots: Mapping[str, Slots] | None
    holds: Mapping[str, Holds] | None
    keep: Sequence[str] | None
    outcome: Outcome
    critical: bool
    horizon_months: float
    slot_rule: SlotRule


def simulate(
    activities: Sequence[Activity],
    *,
    draws: int = 4096,
    threads: int = 1,
    first_draw: int = 0,
    **schedule: Unpack[ScheduleOptions],
) -> SimulationResult:
    """Simulate a schedule once; see `Schedule` for what it takes and `Schedule.simulate`.

    Returns
    -------
    SimulationResult
        Months [activity, draw] of the activities kept.
    """
    laid_out = Schedule(activities, **schedule)
    return laid_out.simulate(draws, first_draw=first_draw, threads=threads)


def _check_kept(kept: tuple[str, ...], activities: Sequence[Activity]) -> None:
    ids = {activity.id for activity in activities}
    problems = [
        Problem(f"'{name}' is to be kept, but is no activity.", hint=nearest(name, ids))
        for name in kept
        if name not in ids
    ]
    if len(set(kept)) != len(kept):
        problems.append(Problem("an activity is named twice in what is to be kept."))
    if problems:
        raise InputError(problems)
