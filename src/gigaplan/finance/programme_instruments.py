"""From a programme's instruments to those of the waterfall, on a block of draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR, month_index
from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import GROUP_OF_KIND, Sources
from gigaplan.finance.instruments import (
    Bond,
    ConstructionLoan,
    CustomerPrepayment,
    Instrument,
    JointVenture,
    Lease,
    ProjectDebt,
    Revolver,
    VendorFinance,
)
from gigaplan.finance.programme_money import Block, build_months
from gigaplan.programme import funding


def instruments_of(sources: Sources, block: Block, factors: Array) -> tuple[Instrument, ...]:
    """Return a block's instruments: those drawn on demand in the file's order, lines last."""
    found = list(_each(sources, block, factors))
    return tuple(sorted(found, key=lambda item: isinstance(item, Revolver)))


def _each(sources: Sources, block: Block, factors: Array) -> Iterator[Instrument]:
    programme = sources.programme
    for name, item in programme.instruments.items():
        if isinstance(item, funding.Bond):
            yield Bond(
                name=name,
                rate_fraction=item.rate_fraction,
                tenor_months=_months(item.tenor_years),
                max_usd_total=item.max_usd_total,
                max_usd_per_year=item.max_usd_per_year,
                fee_fraction=item.fee_fraction,
                first_month=max(0, month_index(item.first) - sources.first_month),
            )
        elif isinstance(item, funding.Revolver):
            yield Revolver(name, item.rate_fraction, item.max_usd, item.fee_fraction)
        elif isinstance(item, funding.ProjectDebt):
            yield _project_debt(sources, block, factors, name, item)
        elif isinstance(item, funding.ConstructionLoan):
            yield _construction_loan(sources, block, factors, name, item)
        elif isinstance(item, funding.JointVenture):
            yield _joint_venture(sources, block, factors, name, item)
        elif isinstance(item, funding.VendorFinance):
            yield VendorFinance(
                name=name,
                capital_usd=_servers(block, factors),
                share_fraction=item.share_of_cost_fraction,
                rate_fraction=item.rate_fraction,
                tenor_months=_months(item.tenor_years),
                max_usd=item.max_usd,
            )
        elif isinstance(item, funding.Lease):
            yield _lease(sources, block, factors, name, item)
        elif isinstance(item, funding.CustomerPrepayment):
            yield _prepayment(sources, block, factors, name, item)


def _project_debt(
    sources: Sources, block: Block, factors: Array, name: str, item: funding.ProjectDebt
) -> ProjectDebt:
    chosen = sources.entities("unit", *item.projects)
    capital, service = _share_of_group(sources, block, factors, "unit", chosen)
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
    sources: Sources, block: Block, factors: Array, name: str, item: funding.ConstructionLoan
) -> ConstructionLoan:
    kind, asset, owners = "phase", "hall", [item.campus or ""]
    if item.projects is not None:
        kind, asset, owners = "unit", "power", list(item.projects)
    chosen = sources.entities(kind, *owners)
    capital, service = _share_of_group(sources, block, factors, kind, chosen)
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


def _lease(sources: Sources, block: Block, factors: Array, name: str, item: funding.Lease) -> Lease:
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
    sources: Sources, block: Block, factors: Array, name: str, item: funding.CustomerPrepayment
) -> CustomerPrepayment:
    chosen = sources.entities("phase", item.campus)
    capital, service = _share_of_group(sources, block, factors, "phase", chosen)
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
    sources: Sources, block: Block, factors: Array, name: str, item: funding.JointVenture
) -> JointVenture:
    chosen = sources.entities("phase", item.campus)
    capital, service = _share_of_group(sources, block, factors, "phase", chosen)
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


def _share_of_group(
    sources: Sources, block: Block, factors: Array, kind: str, chosen: list[int]
) -> tuple[Array, NDArray[np.int64]]:
    """Return nominal capital of some entities by month, and the month the first begins service.

    Delivery gives capital by group and month; an entity's share of a month is that of
    its own capital, spread evenly over construction, in the same spread of all of them.
    """
    group = GROUP_OF_KIND[kind]
    capital = block.flows.capex_usd[group].values * factors[:, None]
    online = sources.trajectories.online_month[:, block.part]
    never = np.full(online.shape[1], sources.months + 1, dtype=np.int64)
    if not chosen:
        return np.zeros_like(capital), never
    before = {i: _construction(sources, i) for i in sources.entities(kind)}
    theirs = sources.spending(chosen, before, block.part)
    everyone = sources.spending(sources.entities(kind), before, block.part)
    share = np.divide(theirs, everyone, out=np.zeros_like(theirs), where=everyone > 0)
    built = sources.trajectories.entity_capex_usd[chosen][:, block.part] > 0
    months = np.where(built, online[chosen], np.inf).min(axis=0) - sources.first_month
    finite = np.isfinite(months)
    service = np.where(finite, np.ceil(np.where(finite, months, 0.0)), never)
    return capital * np.minimum(share, 1.0), np.clip(service, 0, never).astype(np.int64)


def _construction(sources: Sources, position: int) -> float:
    """Return the middle length of an entity's construction, months."""
    entity, programme = sources.trajectories.entities[position], sources.programme
    if entity.kind == "unit":
        return build_months(programme.power[entity.owner])
    if entity.kind == "phase":
        for phase in programme.campuses[entity.owner].phases:
            if phase.name == entity.name:
                return phase.construct_months.p50
    return 24.0


def _months(years: float) -> int:
    return max(1, round(MONTHS_PER_YEAR * years))
