"""The yearly pro forma of one project with one owner, on its own or over many draws.

Year 0 is construction, years 1 to ``life_years`` are operation; flows fall at year
ends. With ``B_t`` for the value of line B in year t:

- running cost grows with inflation and its own real escalation; property tax does not;
- ``cash_for_debt_service = revenue - operating cost`` (EBITDA);
- the working reserve holds ``months / 12`` of next year's running cost, the debt
  reserve the same of next year's debt service; both are bought at year 0, topped up
  each year, and given back in the last year of operation or of the loan;
- ``total cost = installed cost + debt fee + reserves at year 0 + other financing``;
  debt and equity pay for it together;
- taxable income is EBITDA less depreciation and interest paid plus interest earned
  on reserves; state tax is deducted federally; a loss is worth its tax at once
  (the owner has other income);
- the owner's flow is cash after debt service and reserve moves, plus credits, less tax.

The lines and their order agree with NREL's System Advisor Model, Single Owner
(PySAM 7.1.1), for what is offered here. Levelised cost is the present value of the
owner's flows without revenue over that of energy (nominal: energy at the nominal
rate; real: at the real rate).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigaplan.core.errors import require
from gigaplan.finance._kernels import present_values
from gigaplan.finance.irr import Irr, irr, irr_draws
from gigaplan.finance.model import LevelDebt, Project, ProjectDraws, ProjectResult
from gigaplan.finance.project_lines import Varied, build

Array = NDArray[np.float64]


def evaluate(project: Project) -> ProjectResult:
    """Return every yearly line of a project and what they come to.

    Raises
    ------
    InputError
        If debt would be at or above total cost.
    """
    lines, scalars = build(project, Varied.of(project))
    nominal, real = project.nominal_discount_fraction, project.real_discount_fraction
    flat = {name: values[:, 0].copy() for name, values in lines.items()}
    flat["after_tax_npv_usd"] = np.cumsum(_discounted(flat["after_tax_flow_usd"], nominal))
    flat["pretax_npv_usd"] = np.cumsum(_discounted(flat["pretax_flow_usd"], nominal))
    flat |= _detail(project, flat)
    for values in flat.values():
        values.setflags(write=False)
    energy_nominal = float(_npv(lines["energy_mwh"], nominal)[0])
    energy_real = float(_npv(lines["energy_mwh"], real)[0])
    cost = -float(_npv(lines["cost_flow_usd"], nominal)[0])
    revenue = float(_npv(lines["revenue_usd"], nominal)[0])
    found = irr(flat["after_tax_flow_usd"])
    debt, total = float(scalars.debt[0]), float(scalars.total_cost[0])
    cover = flat["dscr"][flat["debt_payment_usd"] > 0]
    return ProjectResult(
        lines=MappingProxyType(flat),
        installed_cost_usd=project.installed_cost_usd,
        total_cost_usd=total,
        debt_usd=debt,
        equity_usd=total - debt,
        npv_usd=float(flat["after_tax_npv_usd"][-1]),
        irr=found,
        pretax_irr=irr(flat["pretax_flow_usd"]),
        lcoe_nominal_usd_per_mwh=cost / energy_nominal,
        lcoe_real_usd_per_mwh=cost / energy_real,
        lppa_nominal_usd_per_mwh=revenue / energy_nominal,
        lppa_real_usd_per_mwh=revenue / energy_real,
        min_dscr=float(cover.min()) if cover.size else None,
        wacc_fraction=_wacc(project, found, debt / total),
    )


def evaluate_draws(
    project: Project,
    *,
    installed_cost_usd: ArrayLike | None = None,
    first_year_energy_mwh: ArrayLike | None = None,
    price_usd_per_mwh: ArrayLike | None = None,
    fuel_usd_per_mmbtu: ArrayLike | None = None,
    fixed_usd_per_year: ArrayLike | None = None,
    block: int = 256,
) -> ProjectDraws:
    """Return what a project comes to in many draws of its cost, energy and prices.

    Parameters
    ----------
    project : Project
        What does not vary.
    installed_cost_usd, first_year_energy_mwh, price_usd_per_mwh, fuel_usd_per_mmbtu,
    fixed_usd_per_year : array, shape [draw], or None
        What varies; left out, the project's own value. All of one length.
    block : int
        Draws worked on at a time; does not change results.

    Raises
    ------
    InputError
        If lengths differ, a value is not finite, or debt is above cost in a draw.
    """
    varied = Varied.of(
        project,
        installed_cost_usd=installed_cost_usd,
        first_year_energy_mwh=first_year_energy_mwh,
        price_usd_per_mwh=price_usd_per_mwh,
        fuel_usd_per_mmbtu=fuel_usd_per_mmbtu,
        fixed_usd_per_year=fixed_usd_per_year,
    )
    draws = varied.draws
    flows = np.empty((project.life_years + 1, draws))
    npv, lcoe_nominal, lcoe_real, debt, equity = np.empty((5, draws))
    nominal, real = project.nominal_discount_fraction, project.real_discount_fraction
    for first in range(0, draws, block):
        part = slice(first, first + block)
        lines, scalars = build(project, varied.part(part))
        flows[:, part] = lines["after_tax_flow_usd"]
        npv[part] = _npv(lines["after_tax_flow_usd"], nominal)
        cost = -_npv(lines["cost_flow_usd"], nominal)
        lcoe_nominal[part] = cost / _npv(lines["energy_mwh"], nominal)
        lcoe_real[part] = cost / _npv(lines["energy_mwh"], real)
        debt[part] = scalars.debt
        equity[part] = scalars.total_cost - scalars.debt
    return ProjectDraws(npv, irr_draws(flows), lcoe_nominal, lcoe_real, debt, equity)


def _discounted(flows: Array, rate: float) -> Array:
    factors = (1 + rate) ** -np.arange(float(flows.shape[0]))
    result: Array = flows * factors.reshape(-1, *[1] * (flows.ndim - 1))
    return result


def _npv(flows: Array, rate: float) -> Array:
    """Return the present value at year 0 of flows [year, draw], shape [draw]."""
    worth: Array = present_values(flows, (1 + rate) ** -np.arange(float(flows.shape[0])))
    return worth


def _detail(project: Project, lines: Mapping[str, Array]) -> dict[str, Array]:
    """Return the lines that explain the loan's size and the tax rates, shape [year]."""
    running = np.ones(project.life_years + 1)
    running[0] = 0.0
    tenor, rate = (0, 0.0)
    if project.debt is not None:
        tenor, rate = project.debt.tenor_years, project.debt.rate_fraction
    factor = (1 + rate) ** -np.arange(float(project.life_years + 1))
    factor[tenor + 1 :] = 0.0
    worth = lines["cash_for_debt_service_usd"] * factor
    # SAM prints the first year's factor in year 0 too; nothing is paid in it.
    factor[0] = factor[1] if tenor else 0.0
    level = isinstance(project.debt, LevelDebt)
    sizing = lines["debt_principal_usd"] if level else lines["debt_payment_usd"] * factor
    return {
        "debt_sizing_usd": sizing.copy(),
        "debt_discount_factor": factor,
        "present_cash_for_debt_service_usd": worth,
        "federal_tax_fraction": project.federal_tax_fraction * running,
        "state_tax_fraction": project.state_tax_fraction * running,
        "effective_tax_fraction": project.effective_tax_fraction * running,
    }


def _wacc(project: Project, found: Irr, debt_fraction: float) -> float | None:
    if found.value_fraction is None:
        return None
    after_tax_rate = 0.0
    if project.debt is not None:
        after_tax_rate = project.debt.rate_fraction * (1 - project.effective_tax_fraction)
    return (1 - debt_fraction) * found.value_fraction + debt_fraction * after_tax_rate


def lcoe_fixed_charge(
    capital_cost_usd: float,
    fixed_cost_usd_per_year: float,
    variable_cost_usd_per_mwh: float,
    fixed_charge_fraction: float,
    energy_mwh_per_year: float,
) -> float:
    """Return the levelised cost of energy by the fixed charge rate method [USD/MWh].

    ``(charge rate * capital + fixed cost) / energy + variable cost``, the "simple LCOE"
    of NREL's System Advisor Model.

    Raises
    ------
    InputError
        If energy is not above zero.
    """
    require(energy_mwh_per_year > 0, f"found {energy_mwh_per_year:g} MWh; energy must be above 0.")
    yearly = fixed_charge_fraction * capital_cost_usd + fixed_cost_usd_per_year
    return yearly / energy_mwh_per_year + variable_cost_usd_per_mwh
