"""Standard errors of any figure made of means over draws.

Draws are cut into batches; the figure is computed anew without each. With J batches and theta_j
the figure without batch j,

    SE^2 = (J - 1) / J * sum_j (theta_j - mean theta)^2.

Nothing is drawn, so the same draws give the same error. M. H. Quenouille, Biometrika 43 (1956)
353-360; J. W. Tukey, Ann. Math. Stat. 29 (1958) 614.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require


def batch_edges(draws: int, batches: int) -> NDArray[np.int64]:
    """Return where each batch of draws begins, and the end of the last, shape [batch + 1].

    Raises
    ------
    InputError
        If there are fewer than two batches, or two draws for each.
    """
    require(batches >= 2, f"{batches} batches were asked for; 2 or more can be.")
    require(
        draws >= 2 * batches,
        f"{draws} draws are too few for standard errors from {batches} batches; "
        f"{2 * batches} or more are needed.",
    )
    return np.linspace(0, draws, batches + 1).astype(np.int64)


def batch_sums(values: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return sums over each batch of the last axis, which goes first: [batch, ...]."""
    return np.moveaxis(np.add.reduceat(values, edges[:-1], axis=-1), -1, 0)


def jackknife(
    sums: NDArray[np.float64],
    draws: NDArray[np.int64],
    figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a figure of means over draws, and its standard error, each of the figure's shape.

    Parameters
    ----------
    sums : ndarray, shape [batch, ...]
        Sums over the draws of each batch.
    draws : ndarray, shape [batch]
        Draws of each batch.
    figure : callable
        Takes means over draws, shape [...].
    """
    whole, count = sums.sum(axis=0), int(draws.sum())
    without = np.stack(
        [figure((whole - own) / (count - n)) for own, n in zip(sums, draws, strict=True)]
    )
    spread = np.square(without - without.mean(axis=0)).sum(axis=0)
    return figure(whole / count), np.sqrt(spread * (len(sums) - 1) / len(sums))
