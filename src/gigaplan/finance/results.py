"""What finance finds for a programme, over all draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import Percentiles
from gigaplan.finance.amounts import Array


@dataclass(frozen=True, slots=True)
class Line:
    """One line in one period, over draws.

    Parameters
    ----------
    group : str
        ``source`` or ``use`` of cash, a statement (``income``, ``cash_flow``,
        ``balance_sheet``, ``ratios``), ``capex`` or ``fleet``.
    name : str
        The line.
    period : str
        Year, or quarter as ``2027-Q3``.
    value : Percentiles
        Nominal USD (ratios: a number), unless the table says otherwise.
    defined_fraction : float
        Share of draws in which a ratio exists (its denominator is above zero).
    """

    group: str
    name: str
    period: str
    value: Percentiles
    defined_fraction: float = 1.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure over draws, or the reason there is none."""

    name: str
    unit: str
    value: Percentiles | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the company said it will spend, and what it spends in the programme.

    Parameters
    ----------
    name, title : str
    first_year, last_year : int
    low_usd, high_usd : float
        What was said, nominal.
    value : Percentiles
        Capital of the programme that the company pays, and its other capital, nominal.
    below_fraction, above_fraction : float
        Shares of draws below what was said, and above.
    """

    name: str
    title: str
    first_year: int
    last_year: int
    low_usd: float
    high_usd: float
    value: Percentiles
    below_fraction: float
    above_fraction: float


@dataclass(frozen=True)
class DrawOutcomes:
    """What each draw comes to, [draw]: for differences between runs and for drivers.

    ``defined`` marks draws in which compute comes online; the required revenue of
    others is nought and stands in no percentile. ``others`` holds the metrics that every draw has.
    """

    npv_usd: Array
    required_revenue_usd_per_gw_year: Array
    funding_gap_usd: Array
    capex_usd: Array
    defined: NDArray[np.bool_]
    others: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class FinanceResult:
    """The money of a programme over draws.

    Parameters
    ----------
    draws : int
        Worlds, the same as delivery's.
    capex_usd_by_year : mapping of year to Percentiles
        Capital, real base-year USD.
    capex : tuple of Line
        Capital by group and year, real base-year USD.
    funding_gap_usd : Percentiles
        The most that no instrument covered at once, nominal.
    npv_usd, required_revenue_usd_per_gw_year, irr : Metric
        Base-year USD at the programme's start; constant real; per year.
    metrics : tuple of Metric
        All of them.
    cost_split_usd_per_gw_year : mapping of component to float
        Mean parts of the required revenue.
    cash, funding_gap, statements : tuple of Line
        Nominal: sources and uses by year, new gap by quarter, statements and ratios by year.
    fleet : tuple of Line
        Online IT MW of the programme by accelerator at each year's end.
    stated : tuple of Stated
        What the company said it will spend, beside what it does.
    limits : tuple of Line
        Share of draws, its mean, in which each limit of the rating is broken, by year.
    outcomes : DrawOutcomes
        By draw.
    notes : tuple of str
        What was assumed.
    """

    draws: int
    capex_usd_by_year: Mapping[int, Percentiles]
    capex: tuple[Line, ...]
    funding_gap_usd: Percentiles
    npv_usd: Metric
    required_revenue_usd_per_gw_year: Metric
    irr: Metric
    metrics: tuple[Metric, ...]
    cost_split_usd_per_gw_year: Mapping[str, float]
    cash: tuple[Line, ...]
    funding_gap: tuple[Line, ...]
    statements: tuple[Line, ...]
    fleet: tuple[Line, ...]
    stated: tuple[Stated, ...]
    limits: tuple[Line, ...]
    outcomes: DrawOutcomes
    notes: tuple[str, ...] = ()

    def metric(self, name: str) -> Metric:
        """Return one metric by name."""
        return next(metric for metric in self.metrics if metric.name == name)
