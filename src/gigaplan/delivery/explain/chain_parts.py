"""Chains of all draws, added up by activity or by group."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.explain.proportion import proportion

Array: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """All chains, activity by activity; arrays are [step], draw by draw, the last one first.

    Parameters
    ----------
    draw, row : ndarray of int
        Which draw's chain, and which activity or group.
    months : ndarray
        Months from the start of the work to its end.
    later_months : ndarray
        The same less the reference; zero if there is none.
    wait_months : ndarray
        Lag between the one before and this one.
    """

    draw: Rows
    row: Rows
    months: Array
    later_months: Array
    wait_months: Array


@dataclass(frozen=True)
class Chain:
    """Chains of all draws, added up; arrays are [name] or [draw].

    A draw is dated if the date comes in it. Shares are of dated draws. Months are means over
    the draws in which the activity is on the chain; zero, with infinite error, where there is
    none.

    Parameters
    ----------
    names : tuple of str
        Activities, in the order of the result; or groups, if added up by `aggregate`.
    share, share_standard_error : ndarray, shape [name]
        In how many it is on the chain.
    months, months_standard_error : ndarray, shape [name]
        How long it then takes; of a group, all its activities on the chain together.
    later_months, later_months_standard_error : ndarray, shape [name]
        How much longer than the reference; zero if none was given.
    wait_months : ndarray, shape [name]
        Lags between what is before on the chain and it.
    began_at_milestone, began_at_slot_or_hold : ndarray, shape [name]
        In how many the chain began with it: at its earliest month or the schedule's start; or
        later than that, as it waited for a slot or a hold. All add up to 1.
    began_with : ndarray of int, shape [draw]
        Row of what the chain began with, -1 where there is no date.
    began_month : ndarray, shape [draw]
        When the chain began, infinity where there is no date.
    at_milestone : ndarray of bool, shape [draw]
        Whether it began at a milestone.
    dated, draws : int
        Draws in which the date comes, and all.
    steps : Steps
        The chains themselves.
    """

    names: tuple[str, ...]
    share: Array
    share_standard_error: Array
    months: Array
    months_standard_error: Array
    later_months: Array
    later_months_standard_error: Array
    wait_months: Array
    began_at_milestone: Array
    began_at_slot_or_hold: Array
    began_with: Rows
    began_month: Array
    at_milestone: NDArray[np.bool_]
    dated: int
    draws: int
    steps: Steps

    def ranked(self) -> list[ChainPart]:
        """Return what is ever on the chain, the most frequent first, ties by name."""
        parts = [self.part(name) for i, name in enumerate(self.names) if self.share[i] > 0]
        return sorted(parts, key=lambda part: (-part.share.mean, part.name))

    def part(self, name: str) -> ChainPart:
        """Return one activity's or group's part."""
        if name not in self.names:
            raise InputError(
                Problem(f"'{name}' is not in this chain.", hint=nearest(name, self.names))
            )
        i = self.names.index(name)
        began = self.began_with == i
        at_milestone = int((began & self.at_milestone).sum())
        return ChainPart(
            name=name,
            share=Estimate(float(self.share[i]), float(self.share_standard_error[i])),
            months=Estimate(float(self.months[i]), float(self.months_standard_error[i])),
            later_months=Estimate(
                float(self.later_months[i]), float(self.later_months_standard_error[i])
            ),
            wait_months=float(self.wait_months[i]),
            began_at_milestone=proportion(at_milestone, self.dated),
            began_at_slot_or_hold=proportion(int(began.sum()) - at_milestone, self.dated),
        )


@dataclass(frozen=True, slots=True)
class ChainPart:
    """What one activity or group adds to the date; see `Chain` for the fields."""

    name: str
    share: Estimate
    months: Estimate
    later_months: Estimate
    wait_months: float
    began_at_milestone: Estimate
    began_at_slot_or_hold: Estimate


def aggregate(chain: Chain, group_of: Mapping[str, str] | Callable[[str], str]) -> Chain:
    """Return chains added up by group, each draw counted once for each group on its chain.

    Parameters
    ----------
    chain : Chain
        Of activities, or of groups to be grouped again.
    group_of : mapping or callable
        Gives the group of each name: its stage, project, site.

    Raises
    ------
    InputError
        If a name has no group.
    """
    if isinstance(group_of, Mapping):
        missing = [name for name in chain.names if name not in group_of]
        if missing:
            raise InputError([Problem(f"'{name}' has no group.") for name in missing[:5]])
        labels = [group_of[name] for name in chain.names]
    else:
        labels = [group_of(name) for name in chain.names]
    groups = tuple(dict.fromkeys(labels))
    place = {label: i for i, label in enumerate(groups)}
    new_row = np.array([place[label] for label in labels], np.int64)
    steps, first = chain.steps, chain.began_with
    key = steps.draw * len(groups) + new_row[steps.row]
    found, which = np.unique(key, return_inverse=True)
    merged = Steps(
        draw=found // len(groups),
        row=found % len(groups),
        months=_sums(which, steps.months, len(found)),
        later_months=_sums(which, steps.later_months, len(found)),
        wait_months=_sums(which, steps.wait_months, len(found)),
    )
    return added_up(
        groups,
        merged,
        np.where(first >= 0, new_row[first], -1),
        chain.began_month,
        chain.at_milestone,
    )


def added_up(
    names: tuple[str, ...],
    steps: Steps,
    began_with: Rows,
    began_month: Array,
    at_milestone: NDArray[np.bool_],
) -> Chain:
    """Return what the steps of all draws come to, by name."""
    size, dated = len(names), int((began_with >= 0).sum())
    count = np.bincount(steps.row, minlength=size)
    shares = [proportion(int(n), dated) for n in count]
    months, months_error = _means(steps.row, steps.months, count)
    later, later_error = _means(steps.row, steps.later_months, count)
    wait, _ = _means(steps.row, steps.wait_months, count)
    begun = [
        np.bincount(began_with[(began_with >= 0) & of_kind], minlength=size) / max(dated, 1)
        for of_kind in (at_milestone, ~at_milestone)
    ]
    return Chain(
        names=names,
        share=np.array([share.mean for share in shares]),
        share_standard_error=np.array([share.standard_error for share in shares]),
        months=months,
        months_standard_error=months_error,
        later_months=later,
        later_months_standard_error=later_error,
        wait_months=wait,
        began_at_milestone=begun[0],
        began_at_slot_or_hold=begun[1],
        began_with=began_with,
        began_month=began_month,
        at_milestone=at_milestone,
        dated=dated,
        draws=len(began_with),
        steps=steps,
    )


def _means(row: Rows, values: Array, count: Rows) -> tuple[Array, Array]:
    """Return the mean of each row's values and its standard error."""
    mean = _sums(row, values, len(count)) / np.maximum(count, 1)
    squares = _sums(row, np.square(values - mean[row]), len(count))
    error = np.sqrt(squares / (np.maximum(count - 1, 1) * np.maximum(count, 1)))
    return mean, np.where(count > 1, error, math.inf)


def _sums(row: Rows, values: Array, rows: int) -> Array:
    """Return the sum of each row's values; numbers even where there is no value."""
    return np.bincount(row, values, rows).astype(np.float64)
