"""What a programme must earn, and what it costs, per draw and free of how it is financed.

Flows are discounted by the month (its middle) at the nominal after-tax hurdle rate and
given in base-year USD at the programme's start. With present values of compute ``G``
(GW of IT online, each GW-year priced at the index), capital ``K``, residual value ``V``,
running cost, energy and property tax ``O``, tax write-offs ``D``, tax basis left at the
end ``B``, credits ``C`` and tax rate ``s``, the constant real revenue ``R`` per GW-year
that makes the net present value zero solves

    (1 - s) (R G - O) - K + V + C + s (D + B - V) = 0.

A loss is worth its tax at once (the company has other income). At the end each asset is
worth what its remaining life would still earn at a constant real annuity (``annuity``),
its book value (``book``) or nothing (``none``); the first makes the answer free of where
the cash flows stop. What joint ventures pay for counts as capital here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance._kernels import present_values, straight_line, tax_write_off
from gigaplan.finance.amounts import Array, RealUsd, month_factors
from gigaplan.finance.depreciation import blended
from gigaplan.finance.flows import AssetClass, ProgrammeFlows, Terms
from gigaplan.finance.irr import IrrDraws, irr_draws

Residual = Literal["annuity", "book", "none"]
_HOURS_PER_MONTH = 730.0


@dataclass(frozen=True)
class Compute:
    """What the money buys, [month, draw].

    Parameters
    ----------
    it_mw : array
        Online compute.
    chips : array or None
        Accelerators online, for cost per GPU-hour.
    used_fraction : float
        Share of a chip's hours that are sold or used.
    energy_mwh : array or None
        Facility energy, for the cost of electricity.
    power_running_usd : RealUsd or None
        Running cost of power projects: part of the running cost, for the cost of electricity.
    """

    it_mw: Array
    chips: Array | None = None
    used_fraction: float = 1.0
    energy_mwh: Array | None = None
    power_running_usd: RealUsd | None = None


@dataclass(frozen=True)
class ProgrammeMetrics:
    """Metrics by draw, base-year USD; ``defined`` marks draws in which any compute comes online.

    Parameters
    ----------
    npv_usd : array, shape [draw]
        At the hurdle rate; of cost alone if no revenue is stated.
    required_revenue_usd_per_gw_year : array, shape [draw]
        Constant real revenue per GW-year of IT online that makes the net present value
        zero; nought where not ``defined``.
    cost_split_usd_per_gw_year : mapping of component to array, shape [draw]
        Its parts: each kind of capital (less residual value), energy, running cost,
        property tax, credits, tax. They add up to it.
    lcoe_usd_per_mwh, cost_usd_per_gpu_hour : array, shape [draw], or None
        Real; before tax for electricity, after tax for a GPU-hour.
    irr : IrrDraws or None
        On calendar-year nominal flows; None without revenue.
    """

    defined: NDArray[np.bool_]
    npv_usd: Array
    required_revenue_usd_per_gw_year: Array
    cost_split_usd_per_gw_year: Mapping[str, Array]
    lcoe_usd_per_mwh: Array | None
    cost_usd_per_gpu_hour: Array | None
    irr: IrrDraws | None


def programme_metrics(
    flows: ProgrammeFlows,
    terms: Terms,
    compute: Compute,
    *,
    hurdle_fraction: float,
    residual: Residual = "annuity",
    power_assets: tuple[str, ...] = ("power", "connection"),
) -> ProgrammeMetrics:
    """Return the metrics of each draw.

    Parameters
    ----------
    flows : ProgrammeFlows
        All capital of the programme, what ventures pay included.
    terms : Terms
        Tax and prices.
    compute : Compute
        What comes online.
    hurdle_fraction : float
        Nominal after-tax return that is required.
    residual : "annuity", "book" or "none"
        Worth of assets at the end.
    power_assets : tuple of str
        Asset classes that count as capital of power.

    Raises
    ------
    InputError
        If the hurdle rate is not above zero or shapes differ.
    """
    require(hurdle_fraction > 0, f"found {hurdle_fraction:g}; a hurdle rate is above 0.")
    weights = _weights(flows, terms, hurdle_fraction, residual)
    priced, keep = weights.priced, 1 - terms.tax_fraction
    require(
        compute.it_mw.shape == (len(priced), len(next(iter(flows.capex_usd.values())).values[0])),
        "online compute has another shape than capital.",
    )
    gw_years = present_values(compute.it_mw, priced) / (1000 * MONTHS_PER_YEAR)
    parts, relief, property_tax = _capital(flows, weights)
    running = _present(flows.running_usd, priced, gw_years)
    energy = _present(flows.energy_usd, priced, gw_years)
    revenue = _present(flows.revenue_usd, priced, gw_years)
    credits = np.zeros_like(gw_years)
    if flows.credits_usd is not None:
        credits = present_values(flows.credits_usd, weights.discount) / weights.start_level
    capital = sum(parts.values(), start=np.zeros_like(gw_years))
    operating = running + energy + property_tax
    # `relief` holds D + B - V: the deductions, net of the gain on what is left at the end.
    npv = keep * (revenue - operating) - capital + credits + terms.tax_fraction * relief
    before_tax = operating + capital - credits
    needed = operating + (capital - credits - terms.tax_fraction * relief) / keep
    split = parts | {
        "energy": energy,
        "running cost": running,
        "property tax": property_tax,
        "credits": -credits,
        "tax": needed - before_tax,
    }
    defined = gw_years > 0
    per_gw = {name: _ratio(value, gw_years) for name, value in split.items()}
    return ProgrammeMetrics(
        defined=defined,
        npv_usd=npv,
        required_revenue_usd_per_gw_year=_ratio(needed, gw_years),
        cost_split_usd_per_gw_year=MappingProxyType(per_gw),
        lcoe_usd_per_mwh=_lcoe(compute, parts, energy, priced, power_assets),
        cost_usd_per_gpu_hour=_gpu_hour(compute, needed, priced),
        irr=None if flows.revenue_usd is None else _irr(flows, terms, weights, residual),
    )


@dataclass(frozen=True)
class _Weights:
    """Monthly factors: nominal prices, discount, and both over the level at the start."""

    index: Array
    discount: Array
    priced: Array
    start_level: float
    capital: Mapping[str, Array]
    relief: Mapping[str, Array]
    property_tax: Mapping[str, Array]
    residual: Mapping[str, Array]


def _weights(flows: ProgrammeFlows, terms: Terms, hurdle: float, residual: Residual) -> _Weights:
    """Return what a USD of capital spent in each month comes to, by asset class.

    Write-offs are linear in capital, so that one pass over unit spending in each month
    gives weights, and a draw costs one product per class.
    """
    first = next(iter(flows.capex_usd.values()))
    months = len(first.values)
    # One month more than there is: what is left is sold in the middle of it.
    through = month_factors(terms.price_index, first.base_year, flows.first_month, months + 1)
    index, end_level, level = through[:-1], float(through[-1]), float(through[0])
    discount = (1 + hurdle) ** -((np.arange(months) + 0.5) / MONTHS_PER_YEAR)
    end = float((1 + hurdle) ** -((months + 0.5) / MONTHS_PER_YEAR))
    priced = index * discount / level
    real_rate = (1 + hurdle) * (level / end_level) ** (MONTHS_PER_YEAR / months) - 1
    capital, relief, property_tax, left = {}, {}, {}, {}
    for name in flows.capex_usd:
        asset = flows.assets[name]
        service = np.eye(months, k=-asset.service_lag_months)
        off = tax_write_off(service, flows.first_month, _schedule(asset))
        written = straight_line(service, asset.book_life_months)
        book = np.cumsum(service - written, axis=0)
        in_work = np.arange(months) + asset.service_lag_months
        remaining = np.minimum(asset.book_life_months - (months - in_work), asset.book_life_months)
        worth = _residual_share(residual, asset, remaining, real_rate) * (end_level / index)
        if residual == "book":
            worth = np.where(in_work < months, book[-1], 1.0)
        basis_left = 1 - off.sum(axis=0)
        capital[name] = (discount - worth * end) * index / level
        relief[name] = (discount @ off + (basis_left - worth) * end) * index / level
        held = np.zeros(months)
        held[: months - 1] = discount[1:]
        property_tax[name] = (terms.property_tax_fraction / 12) * (held @ book) * index / level
        left[name] = worth * index
    return _Weights(index, discount, priced, level, capital, relief, property_tax, left)


def _schedule(asset: AssetClass) -> Array:
    schedule = blended(asset.tax_classes, 41, bonus_fraction=asset.bonus_fraction)
    return schedule[: int(np.max(np.flatnonzero(schedule), initial=0)) + 1]


def _residual_share(
    residual: Residual, asset: AssetClass, remaining_months: Array, real_rate: float
) -> Array:
    """Return what is left at the end of a USD of real capital, by month of spending."""
    years_left = np.clip(remaining_months, 0, None) / MONTHS_PER_YEAR
    if residual == "none":
        return np.zeros_like(years_left)
    life = asset.book_life_months / MONTHS_PER_YEAR
    if abs(real_rate) < 1e-9:
        return years_left / life
    share: Array = np.expm1(-years_left * np.log1p(real_rate)) / np.expm1(
        -life * np.log1p(real_rate)
    )
    return share


def _capital(flows: ProgrammeFlows, weights: _Weights) -> tuple[dict[str, Array], Array, Array]:
    """Return capital net of residual by class, tax relief, and property tax, each [draw]."""
    parts = {
        name: present_values(money.values, weights.capital[name])
        for name, money in flows.capex_usd.items()
    }
    like = np.zeros_like(next(iter(parts.values())))
    relief, property_tax = like.copy(), like.copy()
    for name, money in flows.capex_usd.items():
        relief += present_values(money.values, weights.relief[name])
        property_tax += present_values(money.values, weights.property_tax[name])
    return parts, relief, property_tax


def _present(money: RealUsd | None, priced: Array, like: Array) -> Array:
    return np.zeros_like(like) if money is None else present_values(money.values, priced)


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _lcoe(
    compute: Compute,
    parts: Mapping[str, Array],
    energy: Array,
    priced: Array,
    power_assets: tuple[str, ...],
) -> Array | None:
    if compute.energy_mwh is None:
        return None
    power = sum((parts[name] for name in power_assets if name in parts), start=energy)
    if compute.power_running_usd is not None:
        power = power + present_values(compute.power_running_usd.values, priced)
    return _ratio(power, present_values(compute.energy_mwh, priced))


def _gpu_hour(compute: Compute, needed: Array, priced: Array) -> Array | None:
    if compute.chips is None:
        return None
    hours = present_values(compute.chips, priced) * (_HOURS_PER_MONTH * compute.used_fraction)
    return _ratio(needed, hours)


def _irr(flows: ProgrammeFlows, terms: Terms, weights: _Weights, residual: Residual) -> IrrDraws:
    """Return the rate on calendar-year nominal flows after tax, what is left sold at the end."""
    index, rate = weights.index[:, None], terms.tax_fraction
    like = next(iter(flows.capex_usd.values())).values

    def nominal(money: RealUsd | None) -> Array:
        return np.zeros_like(like) if money is None else money.values * index

    income = nominal(flows.revenue_usd) - nominal(flows.running_usd) - nominal(flows.energy_usd)
    flow = np.zeros_like(like) if flows.credits_usd is None else flows.credits_usd.copy()
    for name, money in flows.capex_usd.items():
        asset, spent = flows.assets[name], money.values * index
        service = np.zeros_like(spent)
        lag = asset.service_lag_months
        service[lag:] = spent[: len(spent) - lag]
        off = tax_write_off(service, flows.first_month, _schedule(asset))
        book = np.cumsum(service - straight_line(service, asset.book_life_months), axis=0)
        income -= off
        income[1:] -= terms.property_tax_fraction / 12 * book[:-1]
        flow += off - spent
        worth = present_values(money.values, weights.residual[name])
        basis = spent.sum(axis=0) - off.sum(axis=0)
        flow[-1] += worth - rate * (worth - basis)
    flow += income * (1 - rate)
    years = (flows.first_month + np.arange(len(flow))) // MONTHS_PER_YEAR
    yearly = np.add.reduceat(flow, np.flatnonzero(np.diff(years, prepend=-1)), axis=0)
    require(len(yearly) > 1, "a rate of return needs cash flows over at least two years.")
    return irr_draws(yearly)
