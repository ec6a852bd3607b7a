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

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance._kernels import present_values, tax_write_off
from gigaplan.finance.amounts import Array, RealUsd, lagged
from gigaplan.finance.capital_weights import Residual, Weights, tax_schedule
from gigaplan.finance.flows import ProgrammeFlows, Terms
from gigaplan.finance.property_tax import property_tax
from gigaplan.finance.returns import Returns, returns_of

HOURS_PER_MONTH = 730.0


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
    peak_flops, served_flops : array or None
        Dense FLOP/s of the chips online, and of those that power serves, for cost per FLOP.
    energy_mwh : array or None
        Facility energy, for the cost of electricity.
    power_running_usd : RealUsd or None
        Running cost of power projects: part of the running cost, for the cost of electricity.
    """

    it_mw: Array
    chips: Array | None = None
    used_fraction: float = 1.0
    peak_flops: Array | None = None
    served_flops: Array | None = None
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
    cost_usd_per_peak_exaflop : array, shape [draw], or None
        The same per 10^18 floating-point operations that the chips could do at their peak.
    returns : Returns or None
        On calendar-year nominal flows; None without revenue.
    break_even_ratio : array, shape [draw], or None
        Price over the stated one at which the net present value is nought; infinity where nothing
        is earned.
    """

    defined: NDArray[np.bool_]
    npv_usd: Array
    required_revenue_usd_per_gw_year: Array
    cost_split_usd_per_gw_year: Mapping[str, Array]
    lcoe_usd_per_mwh: Array | None
    cost_usd_per_gpu_hour: Array | None
    cost_usd_per_peak_exaflop: Array | None
    returns: Returns | None
    break_even_ratio: Array | None


def programme_metrics(
    flows: ProgrammeFlows,
    terms: Terms,
    compute: Compute,
    *,
    hurdle_fraction: float,
    residual: Residual = "annuity",
    power_assets: tuple[str, ...] = ("power", "connection"),
    weights: Weights | None = None,
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
    weights : Weights, optional
        What `Weights.of` makes of the same, for who asks block by block.

    Raises
    ------
    InputError
        If the hurdle rate is not above zero or shapes differ.
    """
    require(hurdle_fraction > 0, f"found {hurdle_fraction:g}; a hurdle rate is above 0.")
    if weights is None:
        first = next(iter(flows.capex_usd.values()))
        weights = Weights.of(
            flows.assets,
            flows.first_month,
            len(first.values),
            first.base_year,
            terms,
            hurdle_fraction,
            residual,
        )
    priced, keep = weights.priced, 1 - terms.tax_fraction
    require(
        compute.it_mw.shape == (len(priced), len(next(iter(flows.capex_usd.values())).values[0])),
        "online compute has another shape than capital.",
    )
    gw_years = present_values(compute.it_mw, priced) / (1000 * MONTHS_PER_YEAR)
    parts, relief, on_property = _capital(flows, weights)
    running = _present(flows.running_usd, priced, gw_years)
    energy = _present(flows.energy_usd, priced, gw_years)
    revenue = _present(flows.revenue_usd, priced, gw_years)
    credits = np.zeros_like(gw_years)
    if flows.credits_usd is not None:
        credits = present_values(flows.credits_usd, weights.discount) / weights.start_level
    capital = sum(parts.values(), start=np.zeros_like(gw_years))
    operating = running + energy + on_property
    # `relief` holds D + B - V: the deductions, net of the gain on what is left at the end.
    npv = keep * (revenue - operating) - capital + credits + terms.tax_fraction * relief
    before_tax = operating + capital - credits
    needed = operating + (capital - credits - terms.tax_fraction * relief) / keep
    split = parts | {
        "energy": energy,
        "running cost": running,
        "property tax": on_property,
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
        cost_usd_per_peak_exaflop=_peak_exaflop(compute, needed, priced),
        returns=None
        if flows.revenue_usd is None
        else returns_of(_yearly_flows(flows, terms, weights, residual), hurdle_fraction),
        break_even_ratio=None
        if flows.revenue_usd is None
        else np.divide(needed, revenue, out=np.full_like(needed, np.inf), where=revenue > 0),
    )


def _capital(flows: ProgrammeFlows, weights: Weights) -> tuple[dict[str, Array], Array, Array]:
    """Return capital net of residual by class, tax relief, and property tax, each [draw]."""
    parts = {
        name: present_values(money.values, weights.capital[name])
        for name, money in flows.capex_usd.items()
    }
    like = np.zeros_like(next(iter(parts.values())))
    relief, on_property = like.copy(), like.copy()
    for name, money in flows.capex_usd.items():
        relief += present_values(money.values, weights.relief[name])
        on_property += present_values(money.values, weights.property_tax[name])
    return parts, relief, on_property


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
    hours = present_values(compute.chips, priced) * (HOURS_PER_MONTH * compute.used_fraction)
    return _ratio(needed, hours)


def _peak_exaflop(compute: Compute, needed: Array, priced: Array) -> Array | None:
    if compute.served_flops is None:
        return None
    seconds = 3600 * HOURS_PER_MONTH * compute.used_fraction
    return _ratio(needed, present_values(compute.served_flops, priced) * (seconds / 1e18))


def _yearly_flows(
    flows: ProgrammeFlows, terms: Terms, weights: Weights, residual: Residual
) -> Array:
    """Return calendar-year nominal flows after tax, [year, draw], what is left sold at the end."""
    index, rate = weights.index[:, None], terms.tax_fraction
    like = next(iter(flows.capex_usd.values())).values

    def nominal(money: RealUsd | None) -> Array:
        return np.zeros_like(like) if money is None else money.values * index

    income = nominal(flows.revenue_usd) - nominal(flows.running_usd) - nominal(flows.energy_usd)
    flow = np.zeros_like(like) if flows.credits_usd is None else flows.credits_usd.copy()
    for name, money in flows.capex_usd.items():
        asset, spent = flows.assets[name], money.values * index
        service = lagged(spent, asset.service_lag_months)
        off = tax_write_off(service, flows.first_month, tax_schedule(asset))
        income -= off
        income -= property_tax(service, asset.book_life_months, asset.property_tax)
        flow += off - spent
        worth = present_values(money.values, weights.residual[name])
        basis = spent.sum(axis=0) - off.sum(axis=0)
        flow[-1] += worth - rate * (worth - basis)
    flow += income * (1 - rate)
    years = (flows.first_month + np.arange(len(flow))) // MONTHS_PER_YEAR
    yearly: Array = np.add.reduceat(flow, np.flatnonzero(np.diff(years, prepend=-1)), axis=0)
    return yearly
