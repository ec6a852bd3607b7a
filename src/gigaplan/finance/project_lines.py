"""The yearly lines of a project, over [year, draw]; the algebra stands in `pro_forma`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigaplan.core.errors import InputError, require
from gigaplan.finance._kernels import present_values
from gigaplan.finance.debt import balances, capital_recovery
from gigaplan.finance.depreciation import blended
from gigaplan.finance.model import (
    InvestmentCredit,
    LevelDebt,
    ProductionCredit,
    Project,
    SculptedDebt,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Varied:
    """What may differ by draw, each of shape [draw]."""

    installed_cost_usd: Array
    first_year_energy_mwh: Array
    price_usd_per_mwh: Array
    fuel_usd_per_mmbtu: Array
    fixed_usd_per_year: Array

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.installed_cost_usd)

    def part(self, part: slice) -> Varied:
        """Return some of the draws."""
        return Varied(**{name: values[part] for name, values in vars(self).items()})

    @classmethod
    def of(cls, project: Project, **given: ArrayLike | None) -> Varied:
        """Return what is given, and the project's own value where nothing is."""
        own = {
            "installed_cost_usd": project.installed_cost_usd,
            "first_year_energy_mwh": project.first_year_energy_mwh,
            "price_usd_per_mwh": project.price_usd_per_mwh,
            "fuel_usd_per_mmbtu": project.operating.fuel_usd_per_mmbtu,
            "fixed_usd_per_year": project.operating.fixed_usd_per_year,
        }
        arrays: dict[str, Array] = {}
        for name, value in own.items():
            chosen = given.get(name)
            array = np.atleast_1d(np.asarray(value if chosen is None else chosen, np.float64))
            require(array.ndim == 1, "what varies has one value per draw: [draw].", field=name)
            require(bool(np.isfinite(array).all()), "holds a value that is not finite.", field=name)
            arrays[name] = array
        for name in ("installed_cost_usd", "first_year_energy_mwh"):
            require(bool((arrays[name] > 0).all()), "must be above 0 in every draw.", field=name)
        lengths = {len(array) for array in arrays.values() if len(array) > 1}
        require(len(lengths) <= 1, f"arrays of different numbers of draws: {sorted(lengths)}.")
        draws = max(lengths, default=1)
        return cls(**{name: np.broadcast_to(array, (draws,)) for name, array in arrays.items()})


@dataclass(frozen=True)
class Opening:
    """The loan and the total cost at year 0, shape [draw]."""

    debt: Array
    total_cost: Array


def build(project: Project, varied: Varied) -> tuple[dict[str, Array], Opening]:
    """Return every line, shape [year, draw], and the sums at year 0."""
    lines = _operation(project, varied)
    scalars = _finance(project, varied, lines)
    _taxes(project, varied, lines)
    _owner(scalars, lines)
    return lines, scalars


def _grown(years: int, growth: float) -> Array:
    """Return ``(1 + growth)**(t - 1)`` for years 1 on and 0 in year 0, shape [year, 1]."""
    out = (1 + growth) ** np.arange(-1.0, years)
    out[0] = 0.0
    return out[:, None]


def _operation(project: Project, varied: Varied) -> dict[str, Array]:
    years, inflation, costs = project.life_years, project.inflation_fraction, project.operating
    energy = varied.first_year_energy_mwh * _grown(years, -project.degradation_fraction)
    price = varied.price_usd_per_mwh * _grown(years, project.price_escalation_fraction)
    fuel_price = varied.fuel_usd_per_mmbtu * _grown(
        years, inflation + costs.fuel_escalation_fraction
    )
    capacity = 1000 * project.capacity_mw * costs.capacity_usd_per_kw_year
    production = costs.production_usd_per_mwh
    ones = np.ones((1, varied.draws))
    assessed = project.assessed_fraction * (
        1 - project.assessed_decline_fraction * np.arange(-1.0, years)[:, None]
    )
    assessed[0] = 0.0
    lines = {
        "energy_mwh": energy,
        "price_usd_per_mwh": price,
        "energy_revenue_usd": energy * price,
        "fixed_cost_usd": varied.fixed_usd_per_year
        * _grown(years, inflation + costs.fixed_escalation_fraction),
        "capacity_cost_usd": capacity
        * ones
        * _grown(years, inflation + costs.capacity_escalation_fraction),
        "production_cost_usd": energy
        * (production * _grown(years, inflation + costs.production_escalation_fraction)),
        "fuel_cost_usd": energy * (costs.heat_rate_mmbtu_per_mwh * fuel_price),
        "insurance_usd": project.insurance_fraction
        * varied.installed_cost_usd
        * _grown(years, inflation),
        "assessed_value_usd": varied.installed_cost_usd * np.maximum(assessed, 0.0),
    }
    lines["property_tax_usd"] = project.property_tax_fraction * lines["assessed_value_usd"]
    salvage = np.zeros_like(energy)
    salvage[-1] = project.salvage_fraction * varied.installed_cost_usd
    lines["salvage_usd"] = salvage
    lines["revenue_usd"] = lines["energy_revenue_usd"] + salvage
    lines["operating_cost_usd"] = sum(
        (lines[f"{name}_usd"] for name in _COSTS), start=np.zeros_like(energy)
    )
    lines["ebitda_usd"] = lines["revenue_usd"] - lines["operating_cost_usd"]
    return lines


_COSTS = (
    "fixed_cost",
    "capacity_cost",
    "production_cost",
    "fuel_cost",
    "insurance",
    "property_tax",
)


def _reserve(next_year: Array, months: float, last: int) -> tuple[Array, Array, Array]:
    """Return balance, funding and disbursement of a reserve given back in year `last`."""
    balance = np.zeros_like(next_year)
    balance[:last] = months / 12 * next_year[1 : last + 1]
    funding = np.zeros_like(balance)
    funding[:last] = balance[:last]
    funding[1:last] -= balance[: last - 1]
    release = np.zeros_like(balance)
    release[last] = -balance[last - 1]
    return balance, funding, release


def _finance(project: Project, varied: Varied, lines: dict[str, Array]) -> Opening:
    """Add debt, reserves and fees; return the loan and the total cost."""
    reserves, debt = project.reserves, project.debt
    balance, funding, release = _reserve(
        lines["operating_cost_usd"], reserves.working_months, project.life_years
    )
    cost = varied.installed_cost_usd + project.other_financing_usd + balance[0]
    payments = np.zeros_like(balance)
    tenor = debt.tenor_years if debt is not None else 0
    cash = lines["ebitda_usd"].copy()
    cash[tenor + 1 :] = 0.0
    lines["cash_for_debt_service_usd"] = cash
    if isinstance(debt, LevelDebt):
        loan = _level_loan(debt, cost, reserves.debt_service_months)
        payments[1 : tenor + 1] = loan * capital_recovery(debt.rate_fraction, tenor)
    elif isinstance(debt, SculptedDebt):
        payments[1 : tenor + 1] = _sculpted_payments(
            debt, cash[1 : tenor + 1], cost, reserves.debt_service_months
        )
    rate = debt.rate_fraction if debt is not None else 0.0
    owed, interest, principal = balances(payments, rate)
    held, held_funding, held_release = (
        _reserve(payments, reserves.debt_service_months, tenor)
        if tenor
        else (np.zeros_like(payments),) * 3
    )
    fee = debt.fee_fraction * owed[0] + debt.closing_usd if debt is not None else 0.0 * owed[0]
    reserve = balance + held
    earned = np.zeros_like(reserve)
    earned[1:] = reserves.interest_fraction * reserve[:-1]
    dscr = np.divide(cash, payments, out=np.zeros_like(cash), where=payments > 0)
    working_flow, debt_flow = -(funding + release), -(held_funding + held_release)
    lines |= {
        "debt_balance_usd": owed,
        "debt_interest_usd": interest,
        "debt_principal_usd": principal,
        "debt_payment_usd": payments,
        "dscr": dscr,
        "working_reserve_usd": balance,
        "working_reserve_funding_usd": funding,
        "working_reserve_release_usd": release,
        "debt_reserve_usd": held,
        "debt_reserve_funding_usd": held_funding,
        "debt_reserve_release_usd": held_release,
        "reserve_usd": reserve,
        "reserve_interest_usd": earned,
        "working_reserve_flow_usd": working_flow,
        "debt_reserve_flow_usd": debt_flow,
        "reserve_flow_usd": working_flow + debt_flow,
    }
    total = cost + fee + held[0]
    if debt is not None:
        _refuse_overlending(owed[0], total)
    return Opening(owed[0], total)


def _level_loan(debt: LevelDebt, cost: Array, reserve_months: float) -> Array:
    """Return a loan of a share of cost, where cost holds the debt's own fee and reserve.

    The reserve follows the loan in full; the fee is reckoned on the loan before the
    fee is financed. With share p, fee f and k reserve USD per USD lent:
    ``D = p (1 + f p) (C + k D)``.
    """
    share = debt.share_fraction * (1 + debt.fee_fraction * debt.share_fraction)
    per_usd = reserve_months / 12 * capital_recovery(debt.rate_fraction, debt.tenor_years)
    # share * per_usd < 1 because per_usd <= 1 (12 months of a payment) needs tenor 1.
    room = 1 - share * per_usd
    require(room > 0, "the debt reserve is larger than what it secures.", field="debt")
    result: Array = share * (cost + debt.closing_usd) / room
    return result


def _sculpted_payments(
    debt: SculptedDebt, cash: Array, cost: Array, reserve_months: float
) -> Array:
    """Return debt service that cash covers `dscr` times, scaled down to the cap if there is one."""
    if (cash < 0).any():
        year = int(np.flatnonzero((cash < 0).any(axis=1))[0]) + 1
        raise InputError(
            f"cash for debt service is below zero in year {year}, so no debt can be sculpted "
            "to it; shorten the tenor, raise the price or lower the cost.",
            field="debt",
        )
    payments = cash / debt.dscr
    if debt.maximum_fraction is None:
        return payments
    factors = (1 + debt.rate_fraction) ** -np.arange(1.0, len(cash) + 1)
    loan = present_values(payments, factors)
    cap = debt.maximum_fraction
    # Scale s with s * loan = cap * (cost + s * (first reserve + fee)).
    grows = loan - cap * (reserve_months / 12 * payments[0] + debt.fee_fraction * loan)
    room = cap * (cost + debt.closing_usd)
    scale = np.divide(room, grows, out=np.ones_like(grows), where=grows > room)
    result: Array = payments * scale
    return result


def _refuse_overlending(loan: Array, total: Array) -> None:
    share = loan / total
    worst = int(np.argmax(share))
    if share[worst] >= 1:
        where = f" in draw {worst}" if len(share) > 1 else ""
        raise InputError(
            f"debt comes to {100 * share[worst]:.1f}% of total cost{where} "
            f"({loan[worst]:,.0f} of {total[worst]:,.0f} USD); it must stay below 100%.",
            field="debt",
        )


def _taxes(project: Project, varied: Varied, lines: dict[str, Array]) -> None:
    """Add depreciation, credits and taxes (tax paid is negative, as a flow)."""
    years = project.life_years
    credit = project.credits[0] if project.credits else None
    basis = varied.installed_cost_usd
    investment = np.zeros_like(lines["ebitda_usd"])
    production = np.zeros_like(investment)
    if isinstance(credit, InvestmentCredit):
        claimed = credit.share_fraction * credit.qualifying_fraction * basis
        investment[1] = claimed * (1 - credit.transfer_discount_fraction)
        basis = basis - credit.basis_reduction_fraction * claimed
    elif isinstance(credit, ProductionCredit):
        rates = _credit_rates(credit, years)[:, None]
        production = lines["energy_mwh"] * rates * (1 - credit.transfer_discount_fraction)
    state = blended(project.depreciation, years)[:, None]
    federal = blended(project.depreciation, years, bonus_fraction=project.bonus_fraction)[:, None]
    for name, shares in (("state", state), ("federal", federal)):
        line = np.zeros_like(investment)
        line[1:] = shares * basis
        lines[f"{name}_depreciation_usd"] = line
    pretax = lines["ebitda_usd"] - lines["debt_interest_usd"] + lines["reserve_interest_usd"]
    state_income = pretax - lines["state_depreciation_usd"]
    state_tax = -project.state_tax_fraction * state_income
    federal_income = pretax - lines["federal_depreciation_usd"] + state_tax
    lines |= {
        "investment_credit_usd": investment,
        "production_credit_usd": production,
        "operating_activities_usd": pretax,
        "state_taxable_income_usd": state_income,
        "state_tax_usd": state_tax,
        "federal_taxable_income_usd": federal_income,
        "federal_tax_usd": -project.federal_tax_fraction * federal_income,
    }


def _credit_rates(credit: ProductionCredit, years: int) -> Array:
    rates = credit.usd_per_mwh * _grown(years, credit.escalation_fraction)[:, 0]
    step = credit.rounding_usd_per_mwh
    if step > 0:
        # Half steps go up, as in the notices; the small term absorbs binary rounding.
        rates = np.floor(rates / step + 0.5 + 1e-9) * step
    rates[credit.years + 1 :] = 0.0
    return rates


def _owner(scalars: Opening, lines: dict[str, Array]) -> None:
    """Add the flows by activity and the owner's flows before and after tax."""
    investing = lines["reserve_flow_usd"].copy()
    investing[0] = -scalars.total_cost
    financing = -lines["debt_principal_usd"]
    financing[0] = scalars.total_cost
    cash = lines["operating_activities_usd"] + investing + financing
    flow = cash.copy()
    flow[0] = -(scalars.total_cost - scalars.debt)
    after_tax = (
        flow
        + lines["investment_credit_usd"]
        + lines["production_credit_usd"]
        + lines["state_tax_usd"]
        + lines["federal_tax_usd"]
    )
    lines |= {
        "investing_activities_usd": investing,
        "financing_activities_usd": financing,
        "pretax_cash_usd": cash,
        "pretax_flow_usd": flow,
        "after_tax_flow_usd": after_tax,
        "cost_flow_usd": after_tax - lines["revenue_usd"],
    }
