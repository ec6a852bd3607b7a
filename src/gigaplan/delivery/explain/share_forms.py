"""Which mixtures of draws give which share of variance: the algebra of `variance_shares`.

Let c(S) be the variance that the groups of S bring, alone and with all others,

    c(S) = E[(Y - Y with the groups of S drawn anew)^2] / 2,

so c(all) is the variance. Then, over c(all),

    first order of i   c(all) - c(all without i)
    total effect of i  c({i})
    Shapley of i       mean over orders of the groups of c(those up to i) - c(those before i)

Every one is a linear form of moments over another, and this file gives the forms' weights.

**All mixtures.** With k groups and two sets of random numbers there are 2^k mixtures R, and c(S)
is half the mean of ``(Y(R) - Y(R flip S))^2`` over all of them, not only over R = none. Their
Walsh transform ``W(T) = 2^-k sum_R (-1)^|R and T| Y(R)`` has the moments p(T) = E[W(T)^2] with

    c(S) = 2 * sum of p(T) over T that share an odd number of groups with S,

from which follow

    first order  2 * sum over T with i of +p(T) where |T| is odd, -p(T) where it is even
    total        2 * sum over T with i of p(T)
    Shapley      2 * sum over odd T with i of p(T) / |T|

since the game "|S and T| is odd" gives all members of T the same, and hands out 1 if |T| is odd,
else 0. So Shapley shares and total effects are never negative, whatever the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.random_streams import uniforms

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Forms:
    """Weights of moments.

    Parameters
    ----------
    first_order, total_effect, shapley : ndarray, shape [group, moment]
        Before division by the variance.
    variance : ndarray, shape [moment]
        The sum of `shapley` over groups.
    shapley_by_pair : ndarray, shape [pair of orders, group, moment]
        Shapley from one order of the groups and its reverse; their mean is `shapley`. Empty
        where all orders are counted.
    """

    first_order: Array
    total_effect: Array
    shapley: Array
    variance: Array
    shapley_by_pair: Array


def forms_of_all_mixtures(groups: int) -> Forms:
    """Return the forms of the moments p(T), T as in `walsh_moments`."""
    mixtures = np.arange(2**groups)
    member = np.asarray((mixtures >> np.arange(groups)[:, None]) & 1, np.float64)
    size = member.sum(axis=0)
    odd = size % 2
    shapley = 2.0 * member * odd / np.maximum(size, 1)
    return Forms(
        first_order=2.0 * member * (2 * odd - 1),
        total_effect=2.0 * member,
        shapley=shapley,
        variance=2.0 * odd,
        shapley_by_pair=np.empty((0, groups, 2**groups)),
    )


def walsh_moments(outputs: Array) -> Array:
    """Return W(T)^2 of every draw, shape [T, ...] as `outputs`, which is spoilt.

    Parameters
    ----------
    outputs : ndarray, shape [mixture, ...]
        Bit i of a mixture's row, and of T, says whether it has group i drawn anew.
    """
    step, rest = 1, outputs.shape[1:]
    while step < len(outputs):
        pairs = outputs.reshape(-1, 2, step, *rest)
        kept = pairs[:, 0].copy()
        pairs[:, 0] += pairs[:, 1]
        np.subtract(kept, pairs[:, 1], out=pairs[:, 1])
        step *= 2
    outputs /= len(outputs)
    return np.square(outputs, out=outputs)


def sampled_orders(groups: int, pairs: int, seed: int) -> list[list[int]]:
    """Return random orders of the groups; each stands for itself and its reverse."""
    keys = uniforms(seed, "delivery.explain.order", "", groups, pairs)
    return [[int(i) for i in np.argsort(keys[:, n])] for n in range(pairs)]


def mixtures_of_orders(orders: Sequence[Sequence[int]], groups: int) -> list[int]:
    """Return the mixtures, as bits, whose c(S) the orders need, without none and all.

    With each mixture there is its opposite: the first ones of an order's reverse are all but the
    last ones of the order. Each group alone is among them.
    """
    everyone = 2**groups - 1
    found = {1 << i for i in range(groups)}
    for order in orders:
        so_far = 0
        for i in order[:-1]:
            so_far |= 1 << i
            found.add(so_far)
    return sorted(found | {everyone ^ s for s in found})


def forms_of_orders(
    orders: Sequence[Sequence[int]], groups: int, row: dict[int, int], moments: int
) -> Forms:
    """Return the forms of the moments c(S), where `row` says which moment S is."""
    everyone = 2**groups - 1
    first, total = np.zeros((groups, moments)), np.zeros((groups, moments))
    by_pair = np.zeros((len(orders), groups, moments))
    variance = np.zeros(moments)
    variance[row[everyone]] = 1.0
    for i in range(groups):
        first[i, row[everyone]] += 1.0
        first[i, row[everyone ^ (1 << i)]] -= 1.0
        total[i, row[1 << i]] += 1.0
    for n, order in enumerate(orders):
        for one_way in (order, order[::-1]):
            so_far = 0
            for i in one_way:
                if so_far:
                    by_pair[n, i, row[so_far]] -= 0.5
                so_far |= 1 << i
                by_pair[n, i, row[so_far]] += 0.5
    return Forms(first, total, by_pair.mean(axis=0), variance, by_pair)
