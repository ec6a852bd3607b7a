"""What power projects of a programme cost and earn, on a block of draws, for who pays for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance._kernels import tax_write_off
from gigaplan.finance.amounts import Array, lagged
from gigaplan.finance.capital_weights import tax_schedule
from gigaplan.finance.draws import GROUP_OF_KIND, Sources
from gigaplan.finance.programme_money import Block, build_months, unit_energy


@dataclass(frozen=True)
class PlantMoney:
    """Owned power projects beside the company, nominal USD, [month, draw].

    Parameters
    ----------
    capital_usd : ndarray
        By the month it is spent.
    in_service_usd : ndarray
        By the month its asset class begins service.
    service_month : ndarray, shape [draw]
        Row of the first unit's first month of service; past the end if never.
    cash_usd : ndarray
        Energy at a price, less running cost and fuel; nought where they are more.
    write_off_usd : ndarray
        Tax depreciation.
    """

    capital_usd: Array
    in_service_usd: Array
    service_month: NDArray[np.int64]
    cash_usd: Array
    write_off_usd: Array

    @classmethod
    def of(
        cls,
        sources: Sources,
        block: Block,
        factors: Array,
        projects: tuple[str, ...],
        price_usd_per_mwh: float,
    ) -> PlantMoney:
        """Return the money of some projects whose energy has a price, base-year USD."""
        chosen = sources.entities("unit", *projects)
        capital, service = share_of_group(sources, block, factors, "unit", chosen)
        asset = block.flows.assets["power"]
        in_service = lagged(capital, asset.service_lag_months)
        cash = np.zeros_like(capital)
        for name in projects:
            cash += _earned(sources, name, price_usd_per_mwh, block.part)
        return cls(
            capital,
            in_service,
            service,
            np.maximum(cash, 0.0) * factors[:, None],
            tax_write_off(in_service, sources.first_month, tax_schedule(asset)),
        )


def _earned(sources: Sources, name: str, price: float, part: slice) -> Array:
    """Return what a project's energy brings at a price, after running cost and fuel, real."""
    serving, operating = sources.serving_mw(name, part), sources.operating
    yearly = 1000 * sources.programme.power[name].fixed_om_usd_per_kw_year
    cash: Array = -yearly / MONTHS_PER_YEAR * serving
    mwh = operating.project_energy_mwh.get(name)
    if mwh is None:
        return cash
    made, spent = mwh[:, part], operating.project_variable_usd[name][:, part]
    per_mwh = np.divide(spent, made, out=np.zeros_like(made), where=made > 0)
    energy = unit_energy(sources, name, part) * serving
    cash += (price - per_mwh[sources.planning_year]) * energy
    return cash


def share_of_group(
    sources: Sources, block: Block, factors: Array, kind: str, chosen: list[int]
) -> tuple[Array, NDArray[np.int64]]:
    """Return nominal capital of some entities by month, and the month the first begins service.

    Delivery gives capital by group and month; an entity's share of a month is that of
    its own capital, spread evenly over construction, in the same spread of all of them.
    """
    group = GROUP_OF_KIND[kind]
    capital: Array = block.flows.capex_usd[group].values * factors[:, None]
    service = sources.first_service(chosen, block.part)
    if not chosen:
        return np.zeros_like(capital), service
    before = {i: _construction(sources, i) for i in sources.entities(kind)}
    capital *= sources.share_of_spending(kind, chosen, before, block.part)
    return capital, service


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
