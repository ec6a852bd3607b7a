"""From a programme's instruments to those of the waterfall, on a block of draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR, month_index
from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import Sources
from gigaplan.finance.instruments import (
    Bond,
    CoInvestment,
    ConstructionLoan,
    CreditTransfer,
    CustomerPrepayment,
    Instrument,
    JointVenture,
    Lease,
    ProjectDebt,
    Revolver,
    SculptedLoan,
    TaxEquity,
    VendorFinance,
)
from gigaplan.finance.programme_credits import credit_flows
from gigaplan.finance.programme_money import Block
from gigaplan.finance.programme_plants import PlantMoney, share_of_group
from gigaplan.programme import instruments as named


def instruments_of(sources: Sources, block: Block, factors: Array) -> tuple[Instrument, ...]:
    """Return a block's instruments: those drawn on demand in the file's order, lines last."""
    found = list(_each(sources, block, factors))
    return tuple(sorted(found, key=lambda item: isinstance(item, Revolver)))


def _each(sources: Sources, block: Block, factors: Array) -> Iterator[Instrument]:
    programme = sources.programme
    for name, item in programme.instruments.items():
        if isinstance(item, named.Bond):
            yield Bond(
                name=name,
                rate_fraction=item.rate_fraction,
                tenor_months=_months(item.tenor_years),
                max_usd_total=item.max_usd_total,
                max_usd_per_year=item.max_usd_per_year,
                fee_fraction=item.fee_fraction,
                first_month=max(0, month_index(item.first) - sources.first_month),
            )
        elif isinstance(item, named.Revolver):
            yield Revolver(name, item.rate_fraction, item.max_usd, item.fee_fraction)
        elif isinstance(item, named.ProjectDebt):
            yield _project_debt(sources, block, factors, name, item)
        elif isinstance(item, named.ConstructionLoan):
            yield _construction_loan(sources, block, factors, name, item)
        elif isinstance(item, named.JointVenture):
            yield _joint_venture(sources, block, factors, name, item)
        elif isinstance(item, named.VendorFinance):
            yield VendorFinance(
                name=name,
                capital_usd=_servers(block, factors),
                share_fraction=item.share_of_cost_fraction,
                rate_fraction=item.rate_fraction,
                tenor_months=_months(item.tenor_years),
                max_usd=item.max_usd,
            )
        elif isinstance(item, named.Lease):
            yield _lease(sources, block, factors, name, item)
        elif isinstance(item, named.CustomerPrepayment):
            yield _prepayment(sources, block, factors, name, item)
        elif isinstance(item, named.SculptedLoan | named.CoInvestment | named.TaxEquity):
            yield _of_plants(sources, block, factors, name, item)
        elif isinstance(item, named.CreditTransfer):
            yield _credit_transfer(sources, block, factors, name, item)


def _project_debt(
    sources: Sources, block: Block, factors: Array, name: str, item: named.ProjectDebt
) -> ProjectDebt:
    chosen = sources.entities("unit", *item.projects)
    capital, service = share_of_group(sources, block, factors, "unit", chosen)
    return ProjectDebt(
        name=name,
        capital_usd=capital,
        service_month=service,
        share_fraction=item.share_of_cost_fraction,
        rate_fraction=item.rate_fraction,
        tenor_months=_months(item.tenor_years),
        asset="power",
        max_usd=item.max_usd,
        fee_fraction=item.fee_fraction,
    )


def _construction_loan(
    sources: Sources, block: Block, factors: Array, name: str, item: named.ConstructionLoan
) -> ConstructionLoan:
    kind, asset, owners = "phase", "hall", [item.campus or ""]
    if item.projects is not None:
        kind, asset, owners = "unit", "power", list(item.projects)
    chosen = sources.entities(kind, *owners)
    capital, service = share_of_group(sources, block, factors, kind, chosen)
    return ConstructionLoan(
        name=name,
        capital_usd=capital,
        service_month=service,
        share_fraction=item.share_of_cost_fraction,
        rate_fraction=item.rate_fraction,
        asset=asset,
        max_usd=item.max_usd,
        fee_fraction=item.fee_fraction,
    )


def _servers(block: Block, factors: Array) -> Array:
    """Return nominal server capital by month and draw."""
    result: Array = block.flows.capex_usd["servers"].values * factors[:, None]
    return result


def _lease(sources: Sources, block: Block, factors: Array, name: str, item: named.Lease) -> Lease:
    return Lease(
        name=name,
        capital_usd=item.share_of_cost_fraction * _servers(block, factors),
        asset="servers",
        rate_fraction=item.rate_fraction,
        lease_months=_months(item.lease_years),
        asset_life_months=block.flows.assets["servers"].book_life_months,
        kind=item.accounting,
        residual_fraction=item.residual_fraction,
        guaranteed_fraction=item.guaranteed_fraction,
        end_value_fraction=item.end_value_fraction,
        max_usd=item.max_usd,
    )


def _prepayment(
    sources: Sources, block: Block, factors: Array, name: str, item: named.CustomerPrepayment
) -> CustomerPrepayment:
    chosen = sources.entities("phase", item.campus)
    capital, service = share_of_group(sources, block, factors, "phase", chosen)
    years = sources.programme.timeline.year_of_month
    by_month = np.array([item.usd_by_year.get(int(year), 0.0) for year in years])
    # a year cut by the start of the cash flows still brings its whole sum
    counts = np.array([(years == year).sum() for year in years])
    return CustomerPrepayment(
        name=name,
        receipts_usd=np.repeat((by_month / counts)[:, None], capital.shape[1], axis=1),
        service_month=service,
        tenor_months=_months(item.delivery_years),
    )


def _joint_venture(
    sources: Sources, block: Block, factors: Array, name: str, item: named.JointVenture
) -> JointVenture:
    chosen = sources.entities("phase", item.campus)
    capital, service = share_of_group(sources, block, factors, "phase", chosen)
    closing = month_index(item.closing) - sources.first_month
    return JointVenture(
        name=name,
        capital_usd=capital,
        service_month=service,
        max_usd=item.max_usd,
        company_share_fraction=item.company_share_fraction,
        equity_fraction=item.equity_fraction,
        debt_rate_fraction=item.debt_rate_fraction,
        equity_return_fraction=item.equity_return_fraction,
        lease_start_month=max(0, month_index(item.lease_start) - sources.first_month),
        lease_months=_months(item.lease_years),
        asset="hall",
        residual_guarantee_months=round(MONTHS_PER_YEAR * item.residual_guarantee_years),
        # What was paid before the cash flows begin is in the opening balance already.
        upfront_distribution_usd=item.upfront_distribution_usd if closing >= 0 else 0.0,
        closing_month=max(closing, 0),
    )


def _of_plants(
    sources: Sources,
    block: Block,
    factors: Array,
    name: str,
    item: named.SculptedLoan | named.CoInvestment | named.TaxEquity,
) -> Instrument:
    """Return what lives of the cash of power projects."""
    projects = tuple(item.projects)
    plants = PlantMoney.of(sources, block, factors, projects, item.price_usd_per_mwh)
    if isinstance(item, named.SculptedLoan):
        return SculptedLoan(
            name=name,
            capital_usd=plants.capital_usd,
            cash_usd=plants.cash_usd,
            service_month=plants.service_month,
            dscr=item.dscr,
            rate_fraction=item.rate_fraction,
            tenor_months=_months(item.tenor_years),
            asset="power",
            maximum_fraction=item.share_of_cost_fraction,
            reserve_months=round(item.reserve_months),
        )
    if isinstance(item, named.CoInvestment):
        return CoInvestment(
            name=name,
            capital_usd=plants.capital_usd,
            cash_usd=plants.cash_usd,
            share_fraction=item.share_of_cost_fraction,
            equity_return_fraction=item.equity_return_fraction,
            promote_fraction=item.promote_fraction,
            max_usd=item.max_usd,
        )
    return TaxEquity(
        name=name,
        contribution_usd=item.share_of_cost_fraction * plants.in_service_usd,
        cash_usd=plants.cash_usd,
        write_off_usd=plants.write_off_usd,
        credits_usd=credit_flows(sources, factors, block.part, projects),
        rate_fraction=item.rate_fraction,
        before_fraction=item.before_fraction,
        cash_fraction=item.cash_fraction,
        after_fraction=item.after_fraction,
        investor_tax_fraction=item.investor_tax_fraction,
    )


def _credit_transfer(
    sources: Sources, block: Block, factors: Array, name: str, item: named.CreditTransfer
) -> CreditTransfer:
    sold = np.zeros((sources.months, block.compute.it_mw.shape[1]))
    for project in item.projects:
        law = sources.credits.get(sources.programme.power[project].credit)
        if law is not None:
            # at its face value, whatever a company without tax would have for it
            of_face = 1 - law.transfer_discount_fraction
            sold += credit_flows(sources, factors, block.part, (project,)) / of_face
    return CreditTransfer(
        name=name,
        credits_usd=sold,
        discount_fraction=item.discount_fraction,
        lag_months=round(item.lag_months),
    )


def sold_projects(sources: Sources) -> tuple[str, ...]:
    """Return the projects whose credits are sold by an instrument."""
    return tuple(
        project
        for item in sources.programme.instruments.values()
        if isinstance(item, named.CreditTransfer)
        for project in item.projects
    )


def _months(years: float) -> int:
    return max(1, round(MONTHS_PER_YEAR * years))
