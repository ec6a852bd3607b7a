"""From a programme's company, instruments and terms to those of the waterfall."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import GROUP_OF_KIND
from gigaplan.finance.flows import AssetClass, CompanyFlows, Terms
from gigaplan.finance.programme_taxes import property_taxes
from gigaplan.programme.funding import Company
from gigaplan.programme.instruments import Reallocation
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

_CONNECTION_TAX_CLASS = "macrs_15"


def terms_of(programme: ResolvedProgramme) -> Terms:
    """Return tax and prices of a programme."""
    finance = programme.finance
    return Terms(
        price_index=programme.price_index,
        tax_fraction=finance.tax_rate_fraction,
    )


def assets_of(
    programme: ResolvedProgramme, plan: Plan, trajectories: Trajectories
) -> dict[str, AssetClass]:
    """Return how each group of capital is written off.

    Power is a blend of its projects by planned capital. Bonus depreciation goes to
    property of 20 years or less, so not to halls written off straight line.
    """
    finance = programme.finance
    lag = service_lags(programme, trajectories)
    power_tax, power_life = _power_classes(programme, plan)
    hall_years = round(finance.hall_tax_life_years)
    hall_class = f"macrs_{hall_years}" if hall_years <= 15 else f"straight_{hall_years}"
    bonus = finance.bonus_depreciation_fraction
    halls = round(MONTHS_PER_YEAR * finance.book_life_halls_years)
    servers = round(MONTHS_PER_YEAR * finance.book_life_servers_years)
    server_class = f"macrs_{finance.server_macrs_years}"
    classes = {
        "hall": (halls, {hall_class: 1.0}, bonus if hall_years <= 20 else 0.0),
        "servers": (servers, {server_class: 1.0}, bonus),
        "power": (power_life, power_tax, bonus),
        "connection": (halls, {_CONNECTION_TAX_CLASS: 1.0}, bonus),
    }
    taxes = property_taxes(programme, plan)
    return {name: AssetClass(*terms, lag[name], taxes[name]) for name, terms in classes.items()}


def _power_classes(programme: ResolvedProgramme, plan: Plan) -> tuple[dict[str, float], int]:
    weight = {build.project: 0.0 for build in plan.units}
    for build in plan.units:
        weight[build.project] += build.capex_usd
    total = sum(weight.values())
    if total <= 0:
        return {_CONNECTION_TAX_CLASS: 1.0}, 30 * MONTHS_PER_YEAR
    classes: dict[str, float] = {}
    life = 0.0
    for name, capital in weight.items():
        project = programme.power[name]
        tax_class = f"macrs_{project.macrs_years}"
        classes[tax_class] = classes.get(tax_class, 0.0) + capital / total
        # a prepayment buys energy for the contract's term, not a plant for its life
        contract = project.contract
        years = contract.term_years if contract.kind == "prepayment" else project.life_years
        life += years * capital / total
    return classes, round(MONTHS_PER_YEAR * life)


def service_lags(programme: ResolvedProgramme, trajectories: Trajectories) -> dict[str, int]:
    """Return months from spending to service by group: the distance of their mean dates.

    Over what comes online within the months of delivery.
    """
    lags: dict[str, int] = {}
    first, months = trajectories.timeline.first, len(trajectories.timeline)
    for kind, group in GROUP_OF_KIND.items():
        chosen = [i for i, entity in enumerate(trajectories.entities) if entity.kind == kind]
        spent = trajectories.capex_usd.get(group)
        lags[group] = 0
        if not chosen or spent is None:
            continue
        online = trajectories.online_month[chosen] - first
        inside = np.isfinite(online) & (online < months) & (online > 0)
        weight = np.where(inside, trajectories.entity_capex_usd[chosen], 0.0)
        outlay = spent.sum(axis=1)
        if weight.sum() > 0 and outlay.sum() > 0:
            served = float(np.sum(np.where(inside, online, 0.0) * weight) / weight.sum())
            paid = float(np.arange(months) @ outlay / outlay.sum())
            lags[group] = int(np.clip(round(served - paid), 0, 60))
    return lags


def company_of(programme: ResolvedProgramme, factors: Array) -> CompanyFlows:
    """Return the parent by month, nominal; a programme without one has no cash of its own."""
    company, months = programme.company, len(factors)
    reallocated = np.zeros(months)
    for instrument in programme.instruments.values():
        if isinstance(instrument, Reallocation):
            reallocated = reallocated + _held(instrument.usd_by_year, programme) / 12 * factors
    if company is None:
        none = CompanyFlows.none(months)
        zero = np.zeros(months)
        return (
            CompanyFlows(0.0, 0.0, zero, reallocated, *(zero,) * 6) if reallocated.any() else none
        )
    scale = _growth(company.operating_cash_flow_growth_fraction, programme)
    other = _held(company.other_capex_usd_by_year, programme) / 12 * factors
    income = company.operating_income_usd / 12 * scale * factors
    interest = company.long_term_debt_usd * company.debt_rate_fraction / 12
    return CompanyFlows(
        cash_usd=company.cash_usd,
        minimum_cash_usd=company.minimum_cash_usd,
        operating_cash_usd=company.operating_cash_flow_usd / 12 * scale * factors,
        reallocated_usd=reallocated,
        other_capex_usd=other,
        shareholder_usd=_held(company.shareholder_payments_usd_by_year, programme) / 12 * factors,
        depreciation_usd=_depreciation(company, other, factors),
        taxable_usd=np.maximum(income, 0.0),
        ebitda_usd=income + company.depreciation_usd / 12 * scale * factors,
        interest_usd=np.full(months, interest),
        plant_usd=company.property_plant_equipment_usd,
        debt_usd=company.long_term_debt_usd,
    )


def _depreciation(company: Company, other_capex: Array, factors: Array) -> Array:
    """Return depreciation of plant outside the programme, never more than there is to write off."""
    wanted = company.depreciation_usd / 12 * factors
    out = np.zeros_like(wanted)
    # A transfer to a venture at closing also leaves the plant; it stays well above zero then.
    plant = company.property_plant_equipment_usd
    for month in range(len(out)):
        out[month] = min(wanted[month], plant)
        plant += other_capex[month] - out[month]
    return out


def _years(programme: ResolvedProgramme) -> NDArray[np.int64]:
    return programme.timeline.year_of_month


def _held(by_year: Mapping[int, float], programme: ResolvedProgramme) -> Array:
    """Return a yearly figure by month; the last given year holds after, nought before the first."""
    years = sorted(by_year)
    position = np.searchsorted(years, _years(programme), side="right") - 1
    values = np.array([by_year[year] for year in years])
    return np.where(position >= 0, values[np.maximum(position, 0)], 0.0)


def _growth(by_year: Mapping[int, float], programme: ResolvedProgramme) -> Array:
    """Return the real level over the base year's by month, from growth by year."""
    level, levels = 1.0, {programme.base_year: 1.0}
    years, rate = sorted(by_year), 0.0
    for year in range(programme.base_year + 1, int(_years(programme)[-1]) + 1):
        rate = by_year.get(year, rate) if years else 0.0
        level *= 1 + rate
        levels[year] = level
    return np.array([levels.get(int(year), 1.0) for year in _years(programme)])
