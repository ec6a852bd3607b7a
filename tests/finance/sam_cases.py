"""Reads NREL Single Owner cases and says which of our lines each of their lines is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gigaplan import finance

# SAM line -> (our line, factor from ours to theirs). kWh and cents per kWh are theirs.
LINES: dict[str, tuple[str, float]] = {
    "cf_annual_costs": ("cost_flow_usd", 1),
    "cf_cash_for_ds": ("cash_for_debt_service_usd", 1),
    "cf_debt_balance": ("debt_balance_usd", 1),
    "cf_debt_payment_interest": ("debt_interest_usd", 1),
    "cf_debt_payment_principal": ("debt_principal_usd", 1),
    "cf_debt_payment_total": ("debt_payment_usd", 1),
    "cf_debt_size": ("debt_sizing_usd", 1),
    "cf_disbursement_debtservice": ("debt_reserve_release_usd", 1),
    "cf_disbursement_om": ("working_reserve_release_usd", 1),
    "cf_ebitda": ("ebitda_usd", 1),
    "cf_effective_tax_frac": ("effective_tax_fraction", 1),
    "cf_energy_net": ("energy_mwh", 1000),
    "cf_energy_sales": ("energy_mwh", 1000),
    "cf_energy_value": ("energy_revenue_usd", 1),
    "cf_feddepr_macrs_5": ("federal_depreciation_usd", 1),
    "cf_feddepr_macrs_15": ("federal_depreciation_usd", 1),
    "cf_feddepr_sl_20": ("federal_depreciation_usd", 1),
    "cf_feddepr_total": ("federal_depreciation_usd", 1),
    "cf_federal_tax_frac": ("federal_tax_fraction", 1),
    "cf_fedtax": ("federal_tax_usd", 1),
    "cf_fedtax_income_prior_incentives": ("federal_taxable_income_usd", 1),
    "cf_fedtax_income_with_incentives": ("federal_taxable_income_usd", 1),
    "cf_funding_debtservice": ("debt_reserve_funding_usd", 1),
    "cf_funding_om": ("working_reserve_funding_usd", 1),
    "cf_insurance_expense": ("insurance_usd", 1),
    "cf_itc_fed": ("investment_credit_usd", 1),
    "cf_itc_fed_percent_amount": ("investment_credit_usd", 1),
    "cf_itc_total": ("investment_credit_usd", 1),
    "cf_om_capacity_expense": ("capacity_cost_usd", 1),
    "cf_om_fixed_expense": ("fixed_cost_usd", 1),
    "cf_om_production_expense": ("production_cost_usd", 1),
    "cf_operating_expenses": ("operating_cost_usd", 1),
    "cf_ppa_price": ("price_usd_per_mwh", 0.1),
    "cf_pretax_cashflow": ("pretax_cash_usd", 1),
    "cf_pretax_dscr": ("dscr", 1),
    "cf_project_dsra": ("debt_reserve_flow_usd", 1),
    "cf_project_financing_activities": ("financing_activities_usd", 1),
    "cf_project_investing_activities": ("investing_activities_usd", 1),
    "cf_project_operating_activities": ("operating_activities_usd", 1),
    "cf_project_ra": ("reserve_flow_usd", 1),
    "cf_project_return_aftertax": ("after_tax_flow_usd", 1),
    "cf_project_return_aftertax_cash": ("pretax_flow_usd", 1),
    "cf_project_return_aftertax_npv": ("after_tax_npv_usd", 1),
    "cf_project_return_pretax": ("pretax_flow_usd", 1),
    "cf_project_return_pretax_npv": ("pretax_npv_usd", 1),
    "cf_project_wcra": ("working_reserve_flow_usd", 1),
    "cf_property_tax_assessed_value": ("assessed_value_usd", 1),
    "cf_property_tax_expense": ("property_tax_usd", 1),
    "cf_ptc_fed": ("production_credit_usd", 1),
    "cf_pv_cash_for_ds": ("present_cash_for_debt_service_usd", 1),
    "cf_pv_interest_factor": ("debt_discount_factor", 1),
    "cf_reserve_debtservice": ("debt_reserve_usd", 1),
    "cf_reserve_interest": ("reserve_interest_usd", 1),
    "cf_reserve_om": ("working_reserve_usd", 1),
    "cf_reserve_total": ("reserve_usd", 1),
    "cf_stadepr_macrs_5": ("state_depreciation_usd", 1),
    "cf_stadepr_macrs_15": ("state_depreciation_usd", 1),
    "cf_stadepr_sl_20": ("state_depreciation_usd", 1),
    "cf_stadepr_total": ("state_depreciation_usd", 1),
    "cf_statax": ("state_tax_usd", 1),
    "cf_statax_income_prior_incentives": ("state_taxable_income_usd", 1),
    "cf_statax_income_with_incentives": ("state_taxable_income_usd", 1),
    "cf_state_tax_frac": ("state_tax_fraction", 1),
    "cf_total_revenue": ("revenue_usd", 1),
}
IRR_LINES: dict[str, str] = {
    "cf_project_return_aftertax_irr": "after_tax_flow_usd",
    "cf_project_return_aftertax_max_irr": "after_tax_flow_usd",
    "cf_project_return_pretax_irr": "pretax_flow_usd",
}


def load(shared: Path, case: str) -> dict[str, Any]:
    """Return one case as stored."""
    found: dict[str, Any] = json.loads(
        (shared / "vectors" / "finance" / f"{case}.json").read_text()
    )
    return found


def project_of(case: dict[str, Any], *, maximum_fraction: float | None = None) -> finance.Project:
    """Return our project for a case's full inputs."""
    given = case["inputs"]
    terms, costs, revenue = given["FinancialParameters"], given["SystemCosts"], given["Revenue"]
    credits = given["TaxCreditIncentives"]
    shares = {
        ours: given["Depreciation"][f"depr_alloc_{theirs}_percent"] / 100
        for theirs, ours in (
            ("macrs_5", "macrs_5"),
            ("macrs_15", "macrs_15"),
            ("sl_20", "straight_20"),
        )
    }
    debt: finance.LevelDebt | finance.SculptedDebt | None = None
    tenor, rate = int(terms["term_tenor"]), terms["term_int_rate"] / 100
    fee, closing = terms["cost_debt_fee"] / 100, terms["cost_debt_closing"]
    if terms["debt_option"] == 1:
        debt = finance.SculptedDebt(terms["dscr"], rate, tenor, fee, closing, maximum_fraction)
    else:
        debt = finance.LevelDebt(terms["debt_percent"] / 100, rate, tenor, fee, closing)
    claimed: list[finance.InvestmentCredit | finance.ProductionCredit] = []
    if credits["itc_fed_percent"][0]:
        claimed.append(finance.InvestmentCredit(credits["itc_fed_percent"][0] / 100))
    if credits["ptc_fed_amount"][0]:
        claimed.append(
            finance.ProductionCredit(
                1000 * credits["ptc_fed_amount"][0],
                int(credits["ptc_fed_term"]),
                credits["ptc_fed_escal"] / 100,
            )
        )
    return finance.Project(
        capacity_mw=terms["system_capacity"] / 1000,
        installed_cost_usd=costs["total_installed_cost"],
        first_year_energy_mwh=given["SystemOutput"]["annual_energy_pre_curtailment_ac"] / 1000,
        life_years=int(terms["analysis_period"]),
        price_usd_per_mwh=1000 * revenue["ppa_price_input"][0],
        price_escalation_fraction=revenue["ppa_escalation"] / 100,
        degradation_fraction=given["SystemOutput"]["degradation"][0] / 100,
        operating=finance.OperatingCosts(
            fixed_usd_per_year=costs["om_fixed"][0],
            capacity_usd_per_kw_year=costs["om_capacity"][0],
            production_usd_per_mwh=costs["om_production"][0],
        ),
        insurance_fraction=terms["insurance_rate"] / 100,
        property_tax_fraction=terms["property_tax_rate"] / 100,
        assessed_fraction=terms["prop_tax_cost_assessed_percent"] / 100,
        assessed_decline_fraction=terms["prop_tax_assessed_decline"] / 100,
        inflation_fraction=terms["inflation_rate"] / 100,
        real_discount_fraction=terms["real_discount_rate"] / 100,
        federal_tax_fraction=terms["federal_tax_rate"][0] / 100,
        state_tax_fraction=terms["state_tax_rate"][0] / 100,
        depreciation=shares,
        credits=tuple(claimed),
        debt=debt,
        reserves=finance.Reserves(
            terms["months_working_reserve"],
            terms["dscr_reserve_months"],
            terms["reserves_interest"] / 100,
        ),
        salvage_fraction=terms["salvage_percentage"] / 100,
    )
