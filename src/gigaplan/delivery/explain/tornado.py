"""Which inputs go with an early or a late outcome: a tornado from the draws of one run.

Each bar is the mean of the outcome in the draws where an input is in its lowest and in its
highest tenth. Nothing is computed anew, and inputs keep the company of their shared causes: a
bar says what goes with an input, `variance_shares` what comes from it.

With q the boundary of the lowest share s, the mean T below it and g the outcome's mean at the
boundary, a draw's influence on T is ``1{x <= q} (y - g) / s - (T - g)``. The boundary is itself
an estimate, so the standard error is larger than that of a mean of as many draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigaplan.core.errors import InputError, require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.explain.ranking import (
    Array,
    Ranking,
    from_influence,
    rank_correlation,
    ranking,
)

Kind: TypeAlias = Literal["tails", "two values", "constant"]

_WINDOW = 0.2  # draws on each side of a boundary that tell the outcome there, per draw beyond it


@dataclass(frozen=True, slots=True)
class Bar:
    """One input's bar.

    Parameters
    ----------
    input : str
        Its name.
    kind : {'tails', 'two values', 'constant'}
        Whether the bar compares the input's tails; its two values, where there are only two; or
        nothing, as the input is the same in all draws. The last has no width.
    low, high : Estimate
        Mean of the outcome in the draws where the input is low, and where it is high.
    width : Estimate
        `high` less `low`: below zero if the outcome falls where the input rises.
    rank_correlation : Estimate
        Spearman's, of input and outcome.
    low_up_to, high_from : float or str
        Largest value that is low, smallest that is high; or the two labels.
    """

    input: str
    kind: Kind
    low: Estimate
    high: Estimate
    width: Estimate
    rank_correlation: Estimate
    low_up_to: float | str
    high_from: float | str


def tornado(outcome: ArrayLike, inputs: Mapping[str, ArrayLike], share: float = 0.1) -> list[Bar]:
    """Return a bar for each input, the widest first, ties by name.

    Parameters
    ----------
    outcome : array, shape [draw]
        What is explained: a date, a cost. Finite.
    inputs : mapping of name to array, shape [draw]
        Numbers, whether something holds, or two labels. Draws that tie at the boundary of a
        tail count by equal parts. Infinity is allowed.
    share : float
        Part of the draws in each tail, at most one half.

    Raises
    ------
    InputError
        If shapes differ, values are not numbers, labels are more than two, or a tail has fewer
        than two draws.
    """
    values = _outcome(outcome)
    draws = len(values)
    require(0 < share <= 0.5, f"a tail of {share:g} of the draws; above 0 to 0.5 is allowed.")
    require(
        share * draws >= 2,
        f"a tail of {share:g} of {draws} draws is fewer than two draws; use more draws.",
    )
    ranked = ranking(values)
    bars = [_bar(name, given, values, ranked, share) for name, given in inputs.items()]
    return sorted(bars, key=lambda bar: (-abs(bar.width.mean), bar.input))


def _outcome(outcome: ArrayLike) -> Array:
    values = np.asarray(outcome, np.float64)
    require(
        values.ndim == 1 and len(values) > 0,
        f"an outcome of shape {values.shape}; [draw] is allowed.",
    )
    wrong = int((~np.isfinite(values)).sum())
    require(
        wrong == 0,
        f"{wrong} of {len(values)} outcomes are not finite numbers.",
        hint="A date that never comes has no mean: give it a last month, or explain whether it "
        "comes by some month.",
    )
    return values


def _input(name: str, given: ArrayLike, draws: int) -> tuple[Array, tuple[str, ...]]:
    """Return an input as numbers, and its labels in the order of their numbers if it has any."""
    values: NDArray[Any] = np.asarray(given)
    require(
        values.shape == (draws,),
        f"input '{name}' has shape {values.shape}; it needs one value for each of {draws} draws.",
    )
    if values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
        wrong = int(np.isnan(numbers).sum())
        require(wrong == 0, f"{wrong} of {draws} values of input '{name}' are not numbers.")
        return numbers, ()
    if not all(isinstance(value, str) for value in values.tolist()):
        raise InputError(f"input '{name}' holds {values.dtype}; numbers or labels are allowed.")
    labels, which = np.unique(values.astype(str), return_inverse=True)
    require(
        len(labels) <= 2,
        f"input '{name}' has {len(labels)} labels; two are allowed.",
        hint="Give an input for each label that says whether it holds.",
    )
    return which.astype(np.float64), tuple(labels.tolist())


def _bar(name: str, given: ArrayLike, outcome: Array, ranked: Ranking, share: float) -> Bar:
    values, labels = _input(name, given, len(outcome))
    order = ranking(values)
    kind = _kind(order)
    low, high = _two_sides(outcome, order, kind, share)
    in_tail = int(np.ceil(share * len(outcome))) if kind == "tails" else 1
    ends = order.at(in_tail - 1), order.at(len(outcome) - in_tail)
    return Bar(
        input=name,
        kind=kind,
        low=from_influence(*low),
        high=from_influence(*high),
        width=from_influence(high[0] - low[0], high[1] - low[1]),
        rank_correlation=rank_correlation(order, ranked),
        low_up_to=labels[int(ends[0])] if labels else ends[0],
        high_from=labels[int(ends[1])] if labels else ends[1],
    )


def _kind(order: Ranking) -> Kind:
    if len(order.values) == 1:
        return "constant"
    return "two values" if len(order.values) == 2 else "tails"


def _two_sides(
    outcome: Array, order: Ranking, kind: Kind, share: float
) -> tuple[tuple[float, Array], tuple[float, Array]]:
    """Return the mean outcome where an input is low and where it is high, with influences."""
    if kind == "tails":
        return _tail(outcome, order, share), _tail(outcome, _reversed(order), share)
    last = len(order.values) - 1
    return _group(outcome, order.which == 0), _group(outcome, order.which == last)


def _group(outcome: Array, member: NDArray[np.bool_]) -> tuple[float, Array]:
    """Return a group's mean outcome, and each draw's influence on it."""
    size, mean = int(member.sum()), float(outcome[member].mean())
    if size == 1:  # one draw says nothing of its error
        return mean, np.full(len(outcome), np.inf)
    influence = np.where(member, outcome - mean, 0.0) * (len(outcome) / size)
    return mean, influence * np.sqrt(size / (size - 1))


def _tail(outcome: Array, order: Ranking, share: float) -> tuple[float, Array]:
    """Return the mean outcome in the lowest share of draws, and each draw's influence on it."""
    draws = len(outcome)
    weight = order.lowest(share)
    mean = float(weight @ outcome / weight.sum())
    beyond = share * draws
    window = max(1.0, _WINDOW * beyond)
    near = order.between(int(beyond - window), min(int(beyond + window), draws - 1))
    at_boundary = float(outcome[near].mean())
    return mean, weight * (outcome - at_boundary) / share - (mean - at_boundary)


def _reversed(order: Ranking) -> Ranking:
    return Ranking(-order.values[::-1], order.count[::-1], len(order.values) - 1 - order.which)
