"""The months of a year, from the moments of their figures."""

from __future__ import annotations

import numpy as np

from gigaplan.core.statistics import Estimate
from gigaplan.operations import arrays
from gigaplan.operations.accumulate import Moments
from gigaplan.operations.model import Floats
from gigaplan.operations.results import MonthResult


def month_results(moments: Moments, first_row: int, months: int) -> tuple[MonthResult, ...]:
    """Return each month's figures; they stand figure by figure from `first_row` on."""
    return tuple(_month(moments, first_row, months, month) for month in range(months))


def months_of(by_month: Floats) -> tuple[MonthResult, ...]:
    """Return each month's figures from samples [figure, month, sample]."""
    figures, months, samples = by_month.shape
    moments = Moments(figures * months)
    moments.record(by_month.reshape(figures * months, samples))
    return month_results(moments, 0, months)


def _month(moments: Moments, first_row: int, months: int, month: int) -> MonthResult:
    def row(figure: int) -> int:
        return first_row + months * figure + month

    def only(figure: int) -> Floats:
        weights = np.zeros(moments.mean.size)
        weights[row(figure)] = 1.0
        return weights

    served = only(arrays.M_SERVED)
    made = moments.ratio(only(arrays.M_CLEAN_MADE), served)
    return MonthResult(
        month=month + 1,
        load_mwh=moments.row(row(arrays.M_LOAD)),
        served_mwh=moments.row(row(arrays.M_SERVED)),
        eue_mwh=moments.row(row(arrays.M_EUE)),
        clean_share_hourly=moments.ratio(only(arrays.M_CLEAN_MATCHED), served),
        clean_share_monthly=Estimate(min(made.mean, 1.0), made.standard_error),
        co2_t=moments.row(row(arrays.M_CO2_KG), 1 / 1000),
        water_m3=moments.row(row(arrays.M_WATER_M3)),
    )
