"""What drives the spread: shares of variance by groups of inputs.

The outputs are computed on common draws; then again with the random numbers of some groups
replaced by independent ones and the others kept ("pick and freeze"). How far the outputs move
says what variance those groups bring. Three indices, each a share of the variance:

* **first order**: what would go if the group alone were known. Their sum falls short of 1 by
  what groups do only together. I. M. Sobol, Math. Modelling Comput. Exp. 1 (1993) 407-414.
* **total effect**: what would be left if all but the group were known. Their sum exceeds 1 by
  the same doings, counted with each group that takes part. Both as mean squares of
  differences: M. J. W. Jansen, Comput. Phys. Commun. 117 (1999) 35-43.
* **Shapley effect**: what groups do together is dealt out to them in equal parts, so that the
  shares add up to 1. A. B. Owen, SIAM/ASA J. Uncertainty Quantification 2 (2014) 245-251;
  E. Song, B. L. Nelson and J. Staum, the same, 4 (2016) 1060-1083.

Groups must be independent of each other: what several activities share (a licensing regime, a
supply chain) is a group of its own. `share_forms` has the algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.explain.jackknife import batch_edges, batch_sums, jackknife
from gigaplan.delivery.explain.share_forms import (
    Forms,
    forms_of_all_mixtures,
    forms_of_orders,
    mixtures_of_orders,
    sampled_orders,
    walsh_moments,
)

Array: TypeAlias = NDArray[np.float64]
Evaluate: TypeAlias = Callable[[frozenset[str]], NDArray[np.float64]]

MOST_GROUPS_EXACT = 8
"""Up to so many groups all 2^k mixtures are evaluated and Shapley counts all orders."""

_MOST_BATCHES = 32
_ROUNDING = 1e-12  # a standard deviation below this part of the output is rounding


@dataclass(frozen=True, slots=True)
class GroupShare:
    """One group's shares of one output's variance."""

    group: str
    first_order: Estimate
    total_effect: Estimate
    shapley: Estimate


@dataclass(frozen=True)
class VarianceShares:
    """Shares of variance; arrays are [group, output] or [output], groups as in `groups`.

    Parameters
    ----------
    groups : tuple of str
        As they were given.
    first_order, total_effect, shapley : ndarray, shape [group, output]
        Shares of `variance`; those of `shapley` add up to 1 over groups. All zero where the
        groups do not move an output. `first_order` may come out negative by noise.
    first_order_standard_error, total_effect_standard_error : ndarray, shape [group, output]
        By jackknife over batches of draws.
    shapley_standard_error : ndarray, shape [group, output]
        Of draws and, where `exact` is false, of the orders that were sampled.
    order_standard_error : ndarray, shape [group, output]
        The part of `shapley_standard_error` that more orders would lower; zero if `exact`.
    variance, variance_standard_error : ndarray, shape [output]
        Variance that the groups bring, in the output's unit squared.
    outside, outside_standard_error : ndarray, shape [output]
        Share of the output's whole variance that stays when every group is drawn anew: what
        no group holds. Clearly above zero, a group was forgotten. May come out negative by noise.
    moves : ndarray of bool, shape [output]
        False where the groups do not move the output: its shares are zero, not unknown.
    draws, evaluations : int
        Draws of an evaluation, and how many there were.
    exact : bool
        Whether Shapley effects count all orders of the groups.
    """

    groups: tuple[str, ...]
    first_order: Array
    first_order_standard_error: Array
    total_effect: Array
    total_effect_standard_error: Array
    shapley: Array
    shapley_standard_error: Array
    order_standard_error: Array
    variance: Array
    variance_standard_error: Array
    outside: Array
    outside_standard_error: Array
    moves: NDArray[np.bool_]
    draws: int
    evaluations: int
    exact: bool

    def ranked(self, output: int = 0) -> list[GroupShare]:
        """Return the shares of one output, the largest Shapley effect first, ties by name."""
        require(
            0 <= output < len(self.variance),
            f"output {output} was asked for; 0 to {len(self.variance) - 1} are there.",
        )
        shares = [
            GroupShare(
                name,
                _at(self.first_order, self.first_order_standard_error, i, output),
                _at(self.total_effect, self.total_effect_standard_error, i, output),
                _at(self.shapley, self.shapley_standard_error, i, output),
            )
            for i, name in enumerate(self.groups)
        ]
        return sorted(shares, key=lambda share: (-share.shapley.mean, share.group))


def _at(value: Array, error: Array, group: int, output: int) -> Estimate:
    return Estimate(float(value[group, output]), float(error[group, output]))


def variance_shares(
    evaluate: Evaluate,
    groups: Sequence[str],
    *,
    batches: int = _MOST_BATCHES,
    pairs: int = 12,
    seed: int = 0,
) -> VarianceShares:
    """Return the shares of the outputs' variance that groups of inputs bring.

    Parameters
    ----------
    evaluate : callable
        Takes the names of groups whose random numbers are replaced by independent ones, the
        others kept, and returns the outputs on the same draws, shape [output, draw]. The same
        names must give the same outputs.
    groups : sequence of str
        Groups of inputs, independent of each other, that hold all random numbers between them.
        Up to 8, all 2^k mixtures are evaluated, held in memory, and used for every index. With
        more, it is ``4 k + 2 pairs (k - 3)`` evaluations or fewer.
    batches : int
        Batches of draws for the standard errors; at least two draws for each.
    pairs : int
        With more than 8 groups, how many random orders Shapley effects rest on, each with its
        reverse; at least 2.
    seed : int
        Where the orders come from.

    Returns
    -------
    VarianceShares
        Draws are taken as independent: for points of a low-discrepancy sequence the standard
        errors are too large.

    Raises
    ------
    InputError
        If there is no group, two have one name, draws are too few, or outputs differ in shape
        or are not finite.
    """
    names = tuple(groups)
    require(bool(names), "there is no group of inputs; one or more are needed.")
    require(len(set(names)) == len(names), "two groups of inputs have the same name.")
    evaluations = _Evaluations(evaluate, names)
    if len(names) <= MOST_GROUPS_EXACT:
        return _shares(evaluations, _all_mixtures(evaluations, batches), exact=True)
    require(pairs >= 2, f"{pairs} pairs of orders were asked for; 2 or more can be.")
    orders = sampled_orders(len(names), pairs, seed)
    return _shares(evaluations, _orders(evaluations, orders, batches), exact=False)


class _Evaluations:
    """Calls `evaluate` with mixtures as bits, checks what it returns, and counts."""

    def __init__(self, evaluate: Evaluate, names: tuple[str, ...]) -> None:
        self._evaluate, self.names, self.count = evaluate, names, 0
        self.everyone = 2 ** len(names) - 1
        self.kept = self(0)
        self.drawn_anew = self(self.everyone)
        self.largest = np.abs(self.kept).max(axis=1)

    def __call__(self, mixture: int) -> Array:
        resampled = frozenset(n for i, n in enumerate(self.names) if mixture >> i & 1)
        found = np.array(self._evaluate(resampled), np.float64)
        self.count += 1
        which = f"with {', '.join(sorted(resampled)) or 'nothing'} drawn anew"
        if found.ndim != 2 or 0 in found.shape:
            raise InputError(
                f"outputs {which} have shape {found.shape}; [output, draw] is allowed."
            )
        if self.count > 1 and found.shape != self.kept.shape:
            raise InputError(
                f"outputs {which} have shape {found.shape}, those with nothing drawn anew "
                f"{self.kept.shape}; each evaluation must have the same outputs and draws."
            )
        wrong = int((~np.isfinite(found)).sum())
        require(
            wrong == 0,
            f"{wrong} of {found.size} outputs {which} are not finite numbers.",
            hint="A date that never comes has no variance: give it a last month, or take "
            "whether it comes by some month as output.",
        )
        return found


@dataclass(frozen=True)
class _Sums:
    """Sums over each batch of draws.

    `moments` are those of `forms`, shape [batch, moment, output]. `pairs` has the mean of
    outputs and their opposites, with just the other groups drawn anew, their product, and their
    mean square, shape [batch, 3, output]; `draws` has shape [batch].
    """

    forms: Forms
    moments: Array
    pairs: Array
    draws: NDArray[np.int64]


def _all_mixtures(evaluations: _Evaluations, batches: int) -> _Sums:
    k, shape = len(evaluations.names), evaluations.kept.shape
    edges = batch_edges(shape[1], batches)
    centre = evaluations.kept.mean(axis=1, keepdims=True)
    outputs = np.empty((2**k, *shape))
    outputs[0] = evaluations.kept - centre
    outputs[-1] = evaluations.drawn_anew - centre
    for mixture in range(1, evaluations.everyone):
        outputs[mixture] = evaluations(mixture) - centre
    forms = forms_of_all_mixtures(k)
    # as T has an odd number of groups or not: an opposite differs in the sign of odd ones
    signs = np.where(forms.variance > 0, -1.0, 1.0)
    moments, pairs = [], []
    for start, end in pairwise(edges.tolist()):
        batch = outputs[..., start:end].copy()
        mean = batch.mean(axis=0).sum(axis=1)
        squares = walsh_moments(batch).sum(axis=2)
        moments.append(squares)
        pairs.append(np.stack([mean, signs @ squares, squares.sum(axis=0)]))
    return _Sums(forms, np.stack(moments), np.stack(pairs), np.diff(edges))


def _orders(evaluations: _Evaluations, orders: list[list[int]], batches: int) -> _Sums:
    """Return sums of c(S) over the mixtures of some orders.

    Evaluating S tells of c(S) beside nothing drawn anew, and of its opposite's beside all;
    as the opposite is evaluated too, each c(S) is the mean of two.
    """
    k, everyone = len(evaluations.names), evaluations.everyone
    kept, anew = evaluations.kept, evaluations.drawn_anew
    edges = batch_edges(kept.shape[1], batches)
    mixtures = mixtures_of_orders(orders, k)
    row = {s: n for n, s in enumerate([*mixtures, everyone])}
    moments = np.empty((batches, len(row), len(kept)))
    moments[:, row[everyone]] = _half_squares(anew - kept, edges)
    centre = kept.mean(axis=1, keepdims=True)
    pairs = _pair_sums(kept - centre, anew - centre, edges)
    lower = [s for s in mixtures if s < everyone ^ s]
    for s in lower:
        one, other = evaluations(s), evaluations(everyone ^ s)
        moments[:, row[s]] = (
            _half_squares(one - kept, edges) + _half_squares(other - anew, edges)
        ) / 2
        moments[:, row[everyone ^ s]] = (
            _half_squares(other - kept, edges) + _half_squares(one - anew, edges)
        ) / 2
        pairs += _pair_sums(one - centre, other - centre, edges)
    forms = forms_of_orders(orders, k, row, len(row))
    return _Sums(forms, moments, pairs / (len(lower) + 1), np.diff(edges))


def _half_squares(difference: Array, edges: NDArray[np.int64]) -> Array:
    return batch_sums(np.square(difference) / 2, edges)


def _pair_sums(one: Array, other: Array, edges: NDArray[np.int64]) -> Array:
    moments = np.stack([(one + other) / 2, one * other, (one**2 + other**2) / 2])
    return batch_sums(moments, edges)


def _shares(evaluations: _Evaluations, sums: _Sums, *, exact: bool) -> VarianceShares:
    k, outputs, forms = len(evaluations.names), sums.moments.shape[2], sums.forms
    least = np.square(_ROUNDING * evaluations.largest)
    weights = np.concatenate([forms.first_order, forms.total_effect, forms.shapley])

    def figures(moments: Array) -> Array:
        variance = forms.variance @ moments
        return np.concatenate([_ratio(weights @ moments, variance, least), variance[None]])

    def correlation_of_opposites(means: Array) -> Array:
        square = np.square(means[0])
        return _ratio(means[1] - square, means[2] - square, least)

    value, error = jackknife(sums.moments, sums.draws, figures)
    outside, outside_error = jackknife(sums.pairs, sums.draws, correlation_of_opposites)
    variance = value[-1]
    moves = variance > least
    order_error = np.zeros((k, outputs))
    if not exact:
        moments = sums.moments.sum(axis=0) / sums.draws.sum()
        by_pair = _ratio(forms.shapley_by_pair @ moments, variance, least)
        order_error = by_pair.std(axis=0, ddof=1) / np.sqrt(len(by_pair))
    return VarianceShares(
        groups=evaluations.names,
        first_order=value[:k],
        first_order_standard_error=error[:k],
        total_effect=value[k : 2 * k],
        total_effect_standard_error=error[k : 2 * k],
        shapley=value[2 * k : 3 * k],
        shapley_standard_error=np.hypot(error[2 * k : 3 * k], order_error),
        order_standard_error=order_error,
        variance=np.where(moves, variance, 0.0),
        variance_standard_error=np.where(moves, error[-1], 0.0),
        outside=outside,
        outside_standard_error=outside_error,
        moves=moves,
        draws=int(sums.draws.sum()),
        evaluations=evaluations.count,
        exact=exact,
    )


def _ratio(above: Array, below: Array, least: Array) -> Array:
    """Return above / below, and zero where below is no more than rounding."""
    counts = below > least
    return np.where(counts, above, 0.0) / np.where(counts, below, 1.0)
