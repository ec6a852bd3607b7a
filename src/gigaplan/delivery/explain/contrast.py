"""What must go right: conditions that tell the draws that meet a target from those that miss it.

A condition is anything that holds or fails in each draw: the licence is granted at the first
application, no hold falls in the first build, turbines come by March 2029.

Two questions. How much more often does each condition hold where the target is met? And which
few of them together are enough: given that all of them hold, is the target as good as met?
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.explain.proportion import proportion

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Condition:
    """How one condition tells draws that meet the target from those that miss it.

    Parameters
    ----------
    name : str
        The condition.
    holds : Estimate
        Share of all draws in which it holds.
    holds_if_met, holds_if_missed : Estimate
        The same among draws that meet the target, and among those that miss it.
    more : Estimate
        `holds_if_met` less `holds_if_missed`: how much more it holds where the target is met.
    met_if_holds, met_if_fails : Estimate
        Chance of the target where the condition holds, and where it fails.
    lift : Estimate
        `met_if_holds` over the chance of the target in all draws.
    """

    name: str
    holds: Estimate
    holds_if_met: Estimate
    holds_if_missed: Estimate
    more: Estimate
    met_if_holds: Estimate
    met_if_fails: Estimate
    lift: Estimate


@dataclass(frozen=True, slots=True)
class EnoughTogether:
    """A few conditions that together all but ensure the target.

    They are chosen on every other draw. The figures are of the draws in between, so that they
    are not flattered by the choice.

    Parameters
    ----------
    names : tuple of str
        The conditions, in the order they were chosen; none if the target needs none.
    met : Estimate
        Chance of the target given that all of them hold.
    all_hold : Estimate
        Chance that all of them hold.
    reached : bool
        Whether `met` is as high as was wished; if not, this is as far as the choice came.
    """

    names: tuple[str, ...]
    met: Estimate
    all_hold: Estimate
    reached: bool


@dataclass(frozen=True)
class MustGoRight:
    """What must go right for a target.

    Parameters
    ----------
    met : Estimate
        Chance of the target.
    conditions : tuple of Condition
        The one that holds most more where the target is met first; ties by name. Empty if the
        target is met in all draws or in none: then nothing tells them apart.
    enough : EnoughTogether
        The fewest conditions found that together are enough.
    always, never : tuple of str
        Conditions left out, as they hold in all draws or in none.
    message : str
        What to tell the reader where there is no contrast; else empty.
    """

    met: Estimate
    conditions: tuple[Condition, ...]
    enough: EnoughTogether
    always: tuple[str, ...]
    never: tuple[str, ...]
    message: str


def what_must_go_right(
    met: ArrayLike,
    conditions: Mapping[str, ArrayLike],
    *,
    wished: float = 0.9,
    least_draws: int = 30,
) -> MustGoRight:
    """Return how conditions tell draws that meet a target from those that miss it.

    Parameters
    ----------
    met : array of bool, shape [draw]
        Whether the target is met.
    conditions : mapping of name to array of bool, shape [draw]
        Whether each condition holds.
    wished : float
        Chance of the target that the conditions together should give.
    least_draws : int
        A set of conditions that hold together in fewer draws than this, among those the choice
        is made on or among those it is judged on, is not considered.

    Notes
    -----
    A set is found greedily. Each step adds the condition with which the chance of the target is
    highest; of those that reach the wished chance, the one with which all hold most often. Then
    conditions that the others make needless are dropped. A smaller set may exist, and more may
    hold with it: this says what is enough, not what is necessary.

    Raises
    ------
    InputError
        If arrays are not of bool or differ in shape, or the wished chance is not one.
    """
    target = _flags("the target", met, None)
    draws = len(target)
    require(0 < wished <= 1, f"a wished chance of {wished:g}; above 0 to 1 is allowed.")
    require(least_draws >= 1, f"sets of {least_draws} draws or more; 1 or more is allowed.")
    holds = {name: _flags(f"condition '{name}'", f, draws) for name, f in conditions.items()}
    count = int(target.sum())
    varying = {name: f for name, f in holds.items() if 0 < int(f.sum()) < draws}
    contrast = 0 < count < draws
    found = [_condition(name, target, flags) for name, flags in varying.items()] if contrast else []
    return MustGoRight(
        met=proportion(count, draws),
        conditions=tuple(sorted(found, key=lambda one: (-one.more.mean, one.name))),
        enough=_enough(target, varying if contrast else {}, wished, least_draws),
        always=tuple(name for name, flags in holds.items() if flags.all()),
        never=tuple(name for name, flags in holds.items() if not flags.any()),
        message="" if contrast else _no_contrast(count, draws),
    )


def _no_contrast(count: int, draws: int) -> str:
    if count:
        return f"The target is met in all {draws:,} draws: no condition need hold for it."
    return (
        f"The target is met in none of {draws:,} draws: no condition makes up for that. Ask for "
        "less, or for a later date, or take more draws."
    )


def _flags(what: str, given: ArrayLike, draws: int | None) -> Flags:
    flags = np.asarray(given)
    require(
        flags.dtype == np.bool_,
        f"{what} holds {flags.dtype}; an array of true or false by draw is allowed.",
    )
    require(
        flags.ndim == 1 and len(flags) > 0 and draws in (None, len(flags)),
        f"{what} has shape {flags.shape}; "
        + ("[draw] is allowed." if draws is None else f"it needs one for each of {draws} draws."),
    )
    return flags


def _condition(name: str, target: Flags, flags: Flags) -> Condition:
    draws, met, holding = len(target), int(target.sum()), int(flags.sum())
    both = int((target & flags).sum())
    if_met, if_missed = proportion(both, met), proportion(holding - both, draws - met)
    return Condition(
        name=name,
        holds=proportion(holding, draws),
        holds_if_met=if_met,
        holds_if_missed=if_missed,
        more=Estimate(
            if_met.mean - if_missed.mean,
            math.hypot(if_met.standard_error, if_missed.standard_error),
        ),
        met_if_holds=proportion(both, holding),
        met_if_fails=proportion(met - both, draws - holding),
        lift=_lift(both, holding, met, draws),
    )


def _lift(both: int, holding: int, met: int, draws: int) -> Estimate:
    """Return P(met | holds) / P(met).

    Its logarithm is ``log b - log h - log m`` in the shares b of both, h and m; to first order
    its variance is ``(1/b - 1/h - 1/m + 2 b / (h m) - 1) / draws``. The error is that of shares
    with one draw more in each of the four cells, so it is never zero by luck.
    """
    lift = both * draws / (holding * met)
    n = draws + 4
    b, h, m = (both + 1) / n, (holding + 2) / n, (met + 2) / n
    variance = (1 / b - 1 / h - 1 / m + 2 * b / (h * m) - 1) / n
    return Estimate(lift, b / (h * m) * math.sqrt(max(variance, 0.0)))


class _Half:
    """Counts in one half of the draws."""

    def __init__(self, target: Flags, holds: Flags) -> None:
        self.target, self.holds = target, holds

    def together(self, rows: list[int]) -> Flags:
        """Return where all conditions of these rows hold."""
        return np.asarray(self.holds[rows].all(axis=0))

    def counts(self, rows: list[int]) -> tuple[int, int]:
        """Return in how many draws all hold, and in how many of these the target is met."""
        flags = self.together(rows)
        return int(flags.sum()), int((flags & self.target).sum())

    def chance(self, rows: list[int]) -> float:
        """Return the chance of the target where all hold; zero if they never do."""
        holding, met = self.counts(rows)
        return met / holding if holding else 0.0


def _enough(
    target: Flags, conditions: Mapping[str, Flags], wished: float, least_draws: int
) -> EnoughTogether:
    names = list(conditions)
    holds = np.array([conditions[name] for name in names], np.bool_).reshape(-1, len(target))
    choosing = _Half(target[::2], holds[:, ::2])
    judging = _Half(target[1::2], holds[:, 1::2]) if len(target) > 1 else choosing

    def reached(rows: list[int]) -> bool:
        return min(choosing.chance(rows), judging.chance(rows)) >= wished

    chosen: list[int] = []
    while not reached(chosen):
        best = _next(choosing, judging, chosen, wished, least_draws)
        if best is None:
            break
        chosen.append(best)
    for row in list(chosen):
        rest = [other for other in chosen if other != row]
        if reached(chosen) and reached(rest):
            chosen = rest
    holding, met = judging.counts(chosen)
    return EnoughTogether(
        names=tuple(names[row] for row in chosen),
        met=proportion(met, holding),
        all_hold=proportion(holding, len(judging.target)),
        reached=reached(chosen),
    )


def _next(
    choosing: _Half, judging: _Half, chosen: list[int], wished: float, least_draws: int
) -> int | None:
    """Return the row of the condition to add, or none if none raises the chance."""
    now = choosing.together(chosen)
    holding = (choosing.holds & now).sum(axis=1)
    judged = (judging.holds & judging.together(chosen)).sum(axis=1)
    met = (choosing.holds & (now & choosing.target)).sum(axis=1)
    chance = met / np.maximum(holding, 1)
    usable = (np.minimum(holding, judged) >= least_draws) & (chance > choosing.chance(chosen))
    if not usable.any():
        return None
    enough = usable & (chance >= wished)
    if enough.any():
        return int(np.argmax(np.where(enough, holding, -1)))
    # of equal chances the one that holds more often
    most = usable & (chance == chance[usable].max())
    return int(np.argmax(np.where(most, holding, -1)))
