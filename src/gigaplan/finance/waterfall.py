"""The monthly waterfall of a programme and the company that pays for it, over [month, draw].

Each month, in every draw, sources equal uses:

sources
    operating cash flow of the company without the programme, money moved from its other
    activities, the programme's revenue, tax credits, interest on cash, what instruments
    with a schedule bring (loans drawn, prepayments, distributions of ventures), bonds,
    equity, revolver, cash taken from the balance, and the funding gap: what no
    instrument covers.
uses
    capital (nominal, less what others pay and own), running cost, energy, property tax,
    what instruments with a schedule cost (service, rent, guarantees, contributions),
    interest and fees, tax, repayments, the company's other capital, dividends and
    buybacks, earlier gaps repaid, and cash added to the balance.

Capital of an asset class begins service ``service_lag_months`` after it is spent. Book
depreciation is straight line from the month after; tax depreciation is MACRS (or
straight line) with bonus, the first year's share spread over the months left of that
year. Tax on the programme is the change it makes to the company's tax: a loss lowers
the tax on other income in the same month, and what exceeds that is carried forward
(used up to `loss_limit_fraction` of income, 26 USC 172). Property tax is
on all capital at cost, who uses what others paid for paying it, too. The gap carries no
interest, since nobody lends it; it is repaid first when there is cash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from gigaplan.core.errors import InputError
from gigaplan.finance._kernels import balance_cash, straight_line, tax_write_off
from gigaplan.finance.amounts import Array, RealUsd, lagged, month_factors, spread, total
from gigaplan.finance.capital_weights import tax_schedule
from gigaplan.finance.flows import CompanyFlows, ProgrammeFlows, Terms, checked_shape
from gigaplan.finance.instruments import (
    Bond,
    Effects,
    Equity,
    Instrument,
    OnDemand,
    Revolver,
    Scheduled,
    check_instruments,
)
from gigaplan.finance.property_tax import property_tax


@dataclass(frozen=True)
class Waterfall:
    """Every flow and balance, nominal USD, [month, draw]; statements are made from it.

    ``sources`` and ``uses`` add up to the same in every month and draw.
    """

    first_month: int
    factors: Array
    company: CompanyFlows
    sources: Mapping[str, Array]
    uses: Mapping[str, Array]
    capex: Mapping[str, Array]
    book_depreciation: Mapping[str, Array]
    tax_depreciation: Mapping[str, Array]
    capitalised_interest: Mapping[str, Array]
    cash: Array
    unfunded: Array
    gap: Array
    tax: Array
    interest: Array
    fees: Array
    taxable: Array
    debt: Mapping[str, Array]
    effects: Mapping[str, Effects]
    drawn: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def shape(self) -> tuple[int, int]:
        """Months and draws."""
        months, draws = self.cash.shape
        return months, draws


def waterfall(
    flows: ProgrammeFlows,
    company: CompanyFlows,
    instruments: Sequence[Instrument],
    terms: Terms,
) -> Waterfall:
    """Return the monthly waterfall of a programme.

    Parameters
    ----------
    flows : ProgrammeFlows
        Real, [month, draw].
    company : CompanyFlows
        Nominal, [month].
    instruments : sequence of Instrument
        Those drawn when cash runs short are drawn in this order.
    terms : Terms
        Tax and prices.

    Raises
    ------
    InputError
        If shapes differ, a figure is not finite or a term of an instrument cannot be.
    """
    chosen = tuple(instruments)
    shape = checked_shape(flows, company, terms)
    check_instruments(chosen, flows.capex_usd.keys(), shape)
    effects = {i.name: i.effects(flows.first_month) for i in chosen if isinstance(i, Scheduled)}
    parts = _prepare(flows, terms, shape, effects)
    return _balanced(flows.first_month, company, chosen, terms, parts)


@dataclass
class _Parts:
    """What is known before cash is balanced, nominal, [month, draw]."""

    factors: Array
    capex: dict[str, Array]
    capitalised: dict[str, Array]
    book: dict[str, Array]
    tax: dict[str, Array]
    revenue: Array
    running: Array
    energy: Array
    credits: Array
    property_tax: Array
    effects: Mapping[str, Effects]


def _prepare(
    flows: ProgrammeFlows,
    terms: Terms,
    shape: tuple[int, int],
    effects: Mapping[str, Effects],
) -> _Parts:
    base = next(iter(flows.capex_usd.values())).base_year
    factors = month_factors(terms.price_index, base, flows.first_month, shape[0])

    nothing = np.broadcast_to(0.0, shape)

    def nominal(real: RealUsd | None) -> Array:
        return nothing if real is None else real.to_nominal(factors).values

    whole = {name: nominal(real) for name, real in flows.capex_usd.items()}
    capex = dict(whole)
    capitalised = dict.fromkeys(capex, nothing)
    for payer, effect in effects.items():
        for name, paid in effect.capital_paid.items():
            capex[name] = _less_paid(capex[name], paid, name, payer)
        for name, added in effect.capitalised.items():
            capitalised[name] = capitalised[name] + added
    book, tax, on_property = {}, {}, np.zeros(shape)
    for name, spent in capex.items():
        asset = flows.assets[name]
        added = spent if capitalised[name] is nothing else spent + capitalised[name]
        service = lagged(added, asset.service_lag_months)
        book[name] = straight_line(service, asset.book_life_months)
        tax[name] = tax_write_off(service, flows.first_month, tax_schedule(asset))
        if asset.property_tax:
            # who uses what others paid for pays its tax, too
            alike = added is whole[name]
            stands = service if alike else lagged(whole[name], asset.service_lag_months)
            on_property += property_tax(stands, asset.book_life_months, asset.property_tax)
    return _Parts(
        factors=factors,
        capex=capex,
        capitalised=capitalised,
        book=book,
        tax=tax,
        revenue=nominal(flows.revenue_usd),
        running=nominal(flows.running_usd),
        energy=nominal(flows.energy_usd),
        credits=np.zeros(shape) if flows.credits_usd is None else flows.credits_usd,
        property_tax=on_property,
        effects=effects,
    )


def _less_paid(capex: Array, paid: Array, name: str, payer: str) -> Array:
    """Return what the company pays of a class of capital, others paying some of it."""
    left = capex - paid
    if (left < -0.01).any():
        raise InputError(
            f"'{payer}' pays more {name} capital than is spent in a month.", field=payer
        )
    result: Array = np.maximum(left, 0.0)
    return result


def _balanced(
    first_month: int,
    company: CompanyFlows,
    instruments: tuple[Instrument, ...],
    terms: Terms,
    parts: _Parts,
) -> Waterfall:
    shape = parts.revenue.shape
    changes = [e.taxable for e in parts.effects.values() if e.taxable is not None]
    taxable = total(
        [parts.revenue, *changes],
        parts.revenue,
        less=[parts.running, parts.energy, parts.property_tax, *parts.tax.values()],
    )
    own = {
        "operating cash flow": spread(company.operating_cash_usd, shape),
        "reallocation": spread(company.reallocated_usd, shape),
        "revenue": parts.revenue,
        "tax credits": parts.credits,
    }
    sources = own | {k: v for effect in parts.effects.values() for k, v in effect.sources.items()}
    uses = {f"capital: {name}": spent for name, spent in parts.capex.items()}
    uses |= {
        "running cost": parts.running,
        "energy": parts.energy,
        "property tax": parts.property_tax,
        "other capital": spread(company.other_capex_usd, shape),
        "shareholder payments": spread(company.shareholder_usd, shape),
    }
    uses |= {k: v for effect in parts.effects.values() for k, v in effect.uses.items()}
    net = total([*sources.values()], parts.revenue, less=[*uses.values()])
    on_demand = tuple(i for i in instruments if isinstance(i, Bond | Revolver | Equity))
    solved = _solve(first_month, net, taxable, company, on_demand, terms)
    cash, tax, interest, fees, earned, unfunded, gap = solved.flows
    change = np.diff(cash, axis=0, prepend=company.cash_usd)
    for i, item in enumerate(on_demand):
        sources[item.name] = solved.issued[i]
        if not isinstance(item, Equity):
            uses[f"{item.name} repaid"] = solved.repaid[i]
    sources |= {
        "interest on cash": earned,
        "cash balance": np.maximum(-change, 0.0),
        "funding gap": np.maximum(gap, 0.0),
    }
    # A tax below zero is relief on the company's other income: a source of its own sign.
    uses |= {
        "tax": tax,
        "interest": interest,
        "fees": fees,
        "gap repaid": np.maximum(-gap, 0.0),
        "added to cash": np.maximum(change, 0.0),
    }
    debt = {
        item.name: solved.owed[i]
        for i, item in enumerate(on_demand)
        if not isinstance(item, Equity)
    }
    debt |= {k: v for effect in parts.effects.values() for k, v in effect.debt.items()}
    return Waterfall(
        first_month=first_month,
        factors=parts.factors,
        company=company,
        sources=MappingProxyType(sources),
        uses=MappingProxyType(uses),
        capex=MappingProxyType(parts.capex),
        book_depreciation=MappingProxyType(parts.book),
        tax_depreciation=MappingProxyType(parts.tax),
        capitalised_interest=MappingProxyType(parts.capitalised),
        cash=cash,
        unfunded=unfunded,
        gap=gap,
        tax=tax,
        interest=interest,
        fees=fees,
        taxable=taxable,
        debt=MappingProxyType(debt),
        effects=MappingProxyType(dict(parts.effects)),
        drawn=MappingProxyType(
            {
                item.name: solved.issued[i]
                for i, item in enumerate(on_demand)
                if isinstance(item, Equity)
            }
        ),
    )


@dataclass(frozen=True)
class _Solved:
    flows: Array
    issued: Array
    repaid: Array
    owed: Array


def _solve(
    first_month: int,
    net: Array,
    taxable: Array,
    company: CompanyFlows,
    on_demand: tuple[OnDemand, ...],
    terms: Terms,
) -> _Solved:
    count, (months, draws) = len(on_demand), net.shape
    flows = np.zeros((7, months, draws))
    issued, repaid, owed = np.zeros((3, count, months, draws))

    def column(name: str, default: float) -> Array:
        return np.array([float(getattr(item, name, default)) for item in on_demand])

    kinds = np.array([_KINDS[type(item)] for item in on_demand], dtype=np.int64)
    revolving = kinds == 1
    fees = column("fee_fraction", 0.0)
    totals = np.where(revolving, column("max_usd", 0.0), column("max_usd_total", 0.0))
    balance_cash(
        net,
        taxable,
        np.ascontiguousarray(spread(company.taxable_usd, net.shape)),
        np.full(months, company.minimum_cash_usd),
        company.cash_usd,
        terms.cash_interest_fraction / 12,
        terms.tax_fraction,
        terms.loss_limit_fraction,
        first_month,
        kinds,
        column("rate_fraction", 0.0) / 12,
        np.where(revolving, 0.0, fees),
        np.where(revolving, fees / 12, 0.0),
        totals,
        column("max_usd_per_year", np.inf),
        column("first_month", 0).astype(np.int64),
        column("tenor_months", 1).astype(np.int64),
        flows,
        issued,
        repaid,
        owed,
    )
    return _Solved(flows, issued, repaid, owed)


_KINDS: Mapping[type, int] = MappingProxyType({Bond: 0, Revolver: 1, Equity: 2})
