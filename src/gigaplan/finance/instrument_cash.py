"""What one instrument changes in the company's cash: all else as it is, on the same draws.

Of an instrument with a schedule it is the cash before any is raised on demand, after tax, with it
less without: what it brings and takes, the capital that others pay, and what both do to tax. Of
one that is drawn on demand it is what it brings, less repayments, interest and fees, in the
waterfall as it is; the company's interest is taken to lower its tax at once.

Where the cash flows end, what is still owed is paid. Assets that others paid for are then theirs:
they keep the greater of what they are owed and what the assets are worth beside the company's own
stake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import InputError
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance._kernels import present_values, tax_write_off
from gigaplan.finance.amounts import Array, lagged, total
from gigaplan.finance.capital_weights import tax_schedule
from gigaplan.finance.instruments import Bond, Effects, Revolver
from gigaplan.finance.irr import irr, per_year
from gigaplan.finance.money import Money, Paid
from gigaplan.finance.revenue import paid_ahead_it_mw
from gigaplan.finance.waterfall import Waterfall
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

_BLOCK = 200
_RAISED = ("interest on cash", "cash balance", "funding gap")
_LAID_OUT = ("tax", "interest", "fees", "gap repaid", "added to cash")
"""Sources and uses of the waterfall that follow from balancing cash."""
_OWN_ASSETS = ("debt service reserves", "prepaid power")
"""Balances of an instrument that come back to the company at the end."""


@dataclass(frozen=True)
class InstrumentCash:
    """What an instrument changes, nominal USD.

    Parameters
    ----------
    cash_usd : ndarray, shape [month, draw]
        After tax.
    end_usd : ndarray, shape [draw]
        Half a month after the last.
    gw_years : ndarray, shape [draw]
        Present value of compute that it has bought ahead, in GW-years that pay for themselves
        after tax; nought where a revenue is stated, since cash then counts it.
    start_level : float
        Nominal USD of the first month per USD of the base year.
    """

    cash_usd: Array
    end_usd: Array
    gw_years: Array
    start_level: float

    def present_usd(self, rate_fraction: float) -> Array:
        """Return its present value at a yearly rate, base-year USD at the start, [draw]."""
        months = len(self.cash_usd)
        years = (np.arange(months) + 0.5) / MONTHS_PER_YEAR
        factors = (1 + rate_fraction) ** -years
        end = (1 + rate_fraction) ** -((months + 0.5) / MONTHS_PER_YEAR)
        worth: Array = present_values(self.cash_usd, factors) + end * self.end_usd
        return worth / self.start_level

    def brings_usd(self) -> Array:
        """Return the most that it has brought on balance, nominal, [draw]."""
        most: Array = np.cumsum(self.cash_usd, axis=0).max(axis=0)
        return np.maximum(most, 0.0)

    def cost_fraction(self) -> float | None:
        """Return what its money costs a year after tax, of its mean flows.

        The rate, from -50% to 100%, above which it is worth something and below which it is not;
        a fee before a loan and tax relief after it may bring others, at which it is the other way
        about. None if there is no such rate, or more than one.
        """
        flows = np.append(self.cash_usd.mean(axis=1), self.end_usd.mean())
        # below a millionth of the greatest it is rounding, not a change of sign
        flows = np.where(np.abs(flows) < 1e-6 * np.abs(flows).max(initial=0.0), 0.0, flows)
        if not ((flows > 0).any() and (flows < 0).any()):
            return None
        rising = [root for root in irr(flows).roots_fraction if _slope(flows, root) > 0]
        rates = [rate for root in rising if -0.5 < (rate := per_year(root)) < 1]
        return rates[0] if len(rates) == 1 else None


def _slope(flows: Array, rate_per_month: float) -> float:
    """Return how the present value moves with the rate."""
    month = np.arange(len(flows))
    return -float(month @ (flows * (1 + rate_per_month) ** -(month + 1.0)))


def instrument_cash(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    operating: OperatingSummary,
    name: str,
) -> InstrumentCash:
    """Return what an instrument of a programme changes in the company's cash.

    Parameters
    ----------
    programme, plan, trajectories, operating
        As for `fund`.
    name : str
        One of the programme's instruments.
    """
    if name not in programme.instruments:
        raise InputError(f"the programme has no instrument '{name}'.")
    left = {key: item for key, item in programme.instruments.items() if key != name}
    with_it = Money.of(programme, plan, trajectories, operating)
    less = Money.of(replace(programme, instruments=left), plan, trajectories, operating)
    parts = [
        _of_block(with_it, less, name, slice(first, min(first + _BLOCK, trajectories.draws)))
        for first in range(0, trajectories.draws, _BLOCK)
    ]
    cash, end, gw_years = zip(*parts, strict=True)
    return InstrumentCash(
        np.concatenate(cash, axis=1),
        np.concatenate(end),
        np.concatenate(gw_years),
        with_it.weights.start_level,
    )


def _of_block(with_it: Money, less: Money, name: str, part: slice) -> tuple[Array, Array, Array]:
    paid = with_it.paid(part)
    keep = 1 - with_it.terms.tax_fraction
    tool = next((item for item in paid.tools if item.name == name), None)
    if isinstance(tool, Bond | Revolver):
        owed = paid.flow.debt[name][-1]
        return _drawn(paid.flow, tool, keep), -owed, np.zeros_like(owed)
    cash = _before_funding(paid, keep) - _before_funding(less.paid(part), keep)
    effect = paid.flow.effects.get(name)
    end = np.zeros(cash.shape[1]) if effect is None else _at_the_end(with_it, effect)
    return cash, end, keep * _bought_ahead(with_it, less, paid, part)


def _bought_ahead(with_it: Money, less: Money, paid: Paid, part: slice) -> Array:
    """Return the present value of GW-years that are paid for ahead, if no revenue counts them."""
    it_mw = paid.compute.it_mw
    if with_it.sources.programme.finance.revenue is not None:
        return np.zeros(it_mw.shape[1])
    all_of_it, others = (paid_ahead_it_mw(money.sources, part) for money in (with_it, less))
    taken = np.minimum(all_of_it, it_mw) - np.minimum(others, it_mw)
    gw_months: Array = present_values(taken, with_it.weights.priced) / 1000
    return gw_months / MONTHS_PER_YEAR


def _drawn(flow: Waterfall, tool: Bond | Revolver, keep: float) -> Array:
    """Return what a bond or a line brings, less what it takes after tax."""
    name, owed = tool.name, flow.debt[tool.name]
    before = np.vstack([np.zeros_like(owed[:1]), owed[:-1]])
    cost = before * (tool.rate_fraction / MONTHS_PER_YEAR)
    if isinstance(tool, Bond):
        cost += tool.fee_fraction * flow.sources[name]
    else:
        cost += tool.fee_fraction / MONTHS_PER_YEAR * (tool.max_usd - before)
    result: Array = flow.sources[name] - flow.uses[f"{name} repaid"] - keep * cost
    return result


def _before_funding(paid: Paid, keep: float) -> Array:
    """Return cash before any is raised on demand, after tax at the full rate, [month, draw]."""
    flow = paid.flow
    on_demand = {item.name for item in paid.tools if item.name not in flow.effects}
    repaid = {f"{name} repaid" for name in on_demand}
    cash = _sum_but(flow.sources, {*_RAISED, *on_demand}, flow.cash) - _sum_but(
        flow.uses, {*_LAID_OUT, *repaid}, flow.cash
    )
    result: Array = cash - (1 - keep) * flow.taxable
    return result


def _sum_but(lines: Mapping[str, Array], left_out: set[str], like: Array) -> Array:
    return total([values for name, values in lines.items() if name not in left_out], like)


def _at_the_end(money: Money, effect: Effects) -> Array:
    """Return what an instrument still takes when the cash flows end, after tax, [draw]."""
    nought = np.zeros(effect.like.shape[1])

    def last(lines: Iterator[Array]) -> Array:
        rows: Array = np.sum([nought, *(line[-1] for line in lines)], axis=0)
        return rows

    hidden = nought
    if effect.hidden_debt is not None:
        hidden = effect.hidden_debt[-1]
    owed = last(iter(effect.debt.values()))
    owed = owed + np.maximum(last(iter(effect.liabilities.values())), hidden)
    own = last(v for k, v in effect.assets.items() if k in _OWN_ASSETS)
    stake = last(v for k, v in effect.assets.items() if k == "joint ventures")
    worth, basis = np.zeros_like(owed), np.zeros_like(owed)
    for name, paid in effect.capital_paid.items():
        asset, weights = money.sources.assets[name], money.weights
        worth += present_values(paid / money.factors[:, None], weights.residual[name])
        service = lagged(paid, asset.service_lag_months)
        off = tax_write_off(service, money.sources.first_month, tax_schedule(asset))
        basis += paid.sum(axis=0) - off.sum(axis=0)
    # sold at the end, they would have been taxed on what they bring above what is left of cost
    tax = money.terms.tax_fraction * (worth - basis)
    result: Array = own - np.maximum(owed, worth - stake) + tax
    return result
