"""A monthly waterfall by longer periods: flows are added up, balances are those at the ends.

Statements are made of sums and differences of flows, so those of a year are the sums of its
months': a yearly waterfall gives yearly statements, with a twelfth of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gigaplan.finance._kernels import sum_periods
from gigaplan.finance.amounts import Array
from gigaplan.finance.flows import CompanyFlows
from gigaplan.finance.instruments import Effects
from gigaplan.finance.waterfall import Waterfall

Lines = Mapping[str, Array]


@dataclass(frozen=True)
class Periods:
    """Periods that months fall into, `period` [month] being their numbers, in their order."""

    period: NDArray[np.int64]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First month of each period."""
        return np.flatnonzero(np.diff(self.period, prepend=self.period[0] - 1))

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Last month of each period."""
        return np.append(self.starts[1:], len(self.period)) - 1

    def sums(self, flow: Array) -> Array:
        """Return a flow added up, [period, draw] or [period]."""
        wide = flow.reshape(len(flow), -1)
        alike = wide.shape[1] > 1 and wide.strides[1] == 0  # the same in every draw
        values = np.ascontiguousarray(wide[:, :1] if alike else wide)
        out = np.empty((len(self.starts), values.shape[1]))
        sum_periods(values, self.starts, out)
        if alike:
            out = np.repeat(out, wide.shape[1], axis=1)
        return out.reshape(-1, *flow.shape[1:])

    def all_sums(self, flows: Lines, done: dict[int, Array]) -> Lines:
        """Return flows added up; `done` keeps each array's, as one may stand in several places."""
        for values in flows.values():
            if id(values) not in done:
                done[id(values)] = self.sums(values)
        return MappingProxyType({name: done[id(values)] for name, values in flows.items()})

    def all_ends(self, balances: Lines) -> Lines:
        """Return balances at the periods' ends."""
        return MappingProxyType({name: values[self.ends] for name, values in balances.items()})


def by_period(flow: Waterfall, periods: Periods) -> Waterfall:
    """Return a waterfall by period: flows added up, balances at the ends."""
    done: dict[int, Array] = {}

    def flows(lines: Lines) -> Lines:
        return periods.all_sums(lines, done)

    single = {"gap": flow.gap, "tax": flow.tax, "interest": flow.interest, "fees": flow.fees}
    summed = flows(single | {"taxable": flow.taxable})
    return replace(
        flow,
        factors=flow.factors[periods.ends],
        company=_company(flow.company, periods),
        sources=flows(flow.sources),
        uses=flows(flow.uses),
        capex=flows(flow.capex),
        book_depreciation=flows(flow.book_depreciation),
        tax_depreciation=flows(flow.tax_depreciation),
        capitalised_interest=flows(flow.capitalised_interest),
        cash=flow.cash[periods.ends],
        unfunded=flow.unfunded[periods.ends],
        debt=periods.all_ends(flow.debt),
        effects=MappingProxyType(
            {name: _effects(e, periods, flows) for name, e in flow.effects.items()}
        ),
        drawn=flows(flow.drawn),
        gap=summed["gap"],
        tax=summed["tax"],
        interest=summed["interest"],
        fees=summed["fees"],
        taxable=summed["taxable"],
    )


def _effects(effects: Effects, periods: Periods, flows: Callable[[Lines], Lines]) -> Effects:
    given, hidden, taxable = effects.plant_given, effects.hidden_debt, effects.taxable
    return Effects(
        like=effects.like[periods.ends],
        sources=flows(effects.sources),
        uses=flows(effects.uses),
        income=flows(effects.income),
        cash_flow=flows(effects.cash_flow),
        assets=periods.all_ends(effects.assets),
        debt=periods.all_ends(effects.debt),
        liabilities=periods.all_ends(effects.liabilities),
        taxable=None if taxable is None else periods.sums(taxable),
        capital_paid=flows(effects.capital_paid),
        capitalised=flows(effects.capitalised),
        plant_given=None if given is None else periods.sums(given),
        hidden_debt=None if hidden is None else hidden[periods.ends],
    )


def _company(company: CompanyFlows, periods: Periods) -> CompanyFlows:
    return replace(
        company,
        operating_cash_usd=periods.sums(company.operating_cash_usd),
        reallocated_usd=periods.sums(company.reallocated_usd),
        other_capex_usd=periods.sums(company.other_capex_usd),
        shareholder_usd=periods.sums(company.shareholder_usd),
        depreciation_usd=periods.sums(company.depreciation_usd),
        taxable_usd=periods.sums(company.taxable_usd),
        ebitda_usd=periods.sums(company.ebitda_usd),
        interest_usd=periods.sums(company.interest_usd),
    )
