"""Cash by month: each stage's money is spent evenly while the stage lasts in that draw.

A slipping stage spends later, a longer one more slowly; a stage that never begins spends
nothing, and one that is refused at its end has spent. One that is given up has spent what its
median length would have by then. Money before the first month is
sunk and money after the last month is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core._kernels import add_forward
from gigaplan.core.errors import require
from gigaplan.delivery.months._kernels import DUST, add_spend
from gigaplan.delivery.parallel import over_draws

Floats = NDArray[np.float64]


def spend_by_month(
    begin_months: Floats,
    end_months: Floats,
    amount_usd: Floats,
    *,
    first_month: int,
    months: int,
    refused_after_months: Floats | None = None,
    threads: int = 1,
) -> tuple[Floats, Floats]:
    """Return spending by month and draw, and what each stage has spent.

    Parameters
    ----------
    begin_months, end_months : ndarray, shape [stage, draw]
        Absolute months; infinity where never.
    amount_usd : ndarray, shape [stage, draw]
        Money of each stage in each draw.
    first_month, months : int
        The months counted.
    refused_after_months : ndarray, shape [stage], optional
        Length over which a stage that begins and never ends has spent; 1 month if left out.
    threads : int
        Threads that share the draws; results do not depend on it.

    Returns
    -------
    by_month : ndarray, shape [month, draw]
    by_stage : ndarray, shape [stage, draw]
        Summed over the months counted.
    """
    require(
        begin_months.shape == end_months.shape == amount_usd.shape and begin_months.ndim == 2,
        "beginnings, ends and money of the stages have different shapes.",
    )
    require(bool(np.all(amount_usd >= 0)), "money of a stage is below zero; 0 or more is allowed.")
    stages, draws = begin_months.shape
    length = np.ones(stages) if refused_after_months is None else refused_after_months
    each = np.arange(stages)
    rows = SpendRows(
        begin=each,
        end=each,
        usd=np.ones(stages),
        factor=each,
        refused_after_months=length,
        group=np.zeros(stages, np.int64),
        entity=each,
    )
    change = np.zeros((1, months + 2, draws))
    by_stage = np.zeros((stages, draws))
    rows.add(begin_months, end_months, amount_usd, first_month, change, by_stage, threads)
    return monthly(change[0]), by_stage


@dataclass(frozen=True)
class SpendRows:
    """Stages that cost money, by the rows of what is drawn that each one reads; all [stage].

    Parameters
    ----------
    begin, end, factor : ndarray of int
        Rows of when it begins, when it ends, and what its money is multiplied by.
    usd : ndarray
        Money before that factor.
    refused_after_months : ndarray
        Length over which a stage that begins and never ends has spent.
    group, entity : ndarray of int
        Where its money is counted.
    stop : ndarray of int, optional
        Row of ends at which it stops spending, -1 where nothing stops it; none are if left out.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    usd: Floats
    factor: NDArray[np.int64]
    refused_after_months: Floats
    group: NDArray[np.int64]
    entity: NDArray[np.int64]
    stop: NDArray[np.int64] | None = None

    def add(
        self,
        begin_months: Floats,
        end_months: Floats,
        factor: Floats,
        first_month: int,
        change: Floats,
        by_entity: Floats,
        threads: int,
    ) -> None:
        """Add changes of monthly money to change[group, month + 2, draw], totals to by_entity."""
        stop = np.full(len(self.usd), -1) if self.stop is None else self.stop
        over_draws(
            lambda at, to: add_spend(
                begin_months,
                end_months,
                self.begin,
                self.end,
                self.usd,
                factor,
                self.factor,
                self.refused_after_months,
                stop,
                self.group,
                self.entity,
                float(first_month),
                at,
                to,
                change,
                by_entity,
            ),
            change.shape[2],
            threads,
        )


def monthly(change: Floats) -> Floats:
    """Return money by month, shape [month, draw], from its changes, shape [month + 2, draw]."""
    usd = change[:-2].copy()
    add_forward(usd)
    usd[usd <= DUST * np.abs(change[:-2]).max(axis=0)] = 0.0
    return usd
