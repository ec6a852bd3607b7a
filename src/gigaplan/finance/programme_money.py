"""From a programme and its draws to the flows its waterfall is made from.

Delivery says when things come online and what their capital is; operations says what
energy each year takes. Here every contract is priced and every flow put on its month,
for one block of draws at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array, RealUsd
from gigaplan.finance.draws import Sources, server_life_months
from gigaplan.finance.energy_cost import EnergyBook, by_year
from gigaplan.finance.fleet import Fleet, fleet_of
from gigaplan.finance.flows import ProgrammeFlows
from gigaplan.finance.held_compute import after_planning, standing_it_mw
from gigaplan.finance.programme_metrics import Compute
from gigaplan.finance.programme_taxes import sales_tax_fraction
from gigaplan.finance.revenue import revenue_of
from gigaplan.programme.resolved import SupplyFigures


@dataclass(frozen=True)
class Block:
    """Some draws of a programme: its flows, what comes online, and spending by owner."""

    flows: ProgrammeFlows
    compute: Compute
    fleet: Fleet
    part: slice


def make_block(sources: Sources, energy_book: EnergyBook, all_it_mw: Array, part: slice) -> Block:
    """Return the flows of some draws, `all_it_mw` [month, draw] being their online compute."""
    programme = sources.programme
    it_mw = np.maximum(all_it_mw - standing_it_mw(sources)[:, None], 0.0)
    own = np.divide(it_mw, all_it_mw, out=np.ones_like(it_mw), where=all_it_mw > 0)
    base = programme.base_year
    capex = _capex(sources, part)
    power_running = _power_running(sources, part)
    site_running = programme.finance.opex_usd_per_it_kw_year * 1000 / MONTHS_PER_YEAR * it_mw
    energy, energy_mwh = energy_book.by_month(sources, all_it_mw, part)
    energy = energy * own + _rents(sources, part)
    fleet = fleet_of(sources, it_mw, part)
    compute = Compute(
        it_mw=it_mw,
        chips=fleet.chips,
        peak_flops=fleet.peak_flops,
        served_flops=fleet.peak_flops * _served_fraction(sources, part),
        energy_mwh=energy_mwh * own,
        power_running_usd=RealUsd(power_running, base),
    )
    flows = ProgrammeFlows(
        first_month=sources.first_month,
        capex_usd={name: RealUsd(values, base) for name, values in capex.items()},
        assets=sources.assets,
        revenue_usd=revenue_of(sources, compute, part),
        running_usd=RealUsd(site_running + power_running, base),
        energy_usd=RealUsd(energy, base),
    )
    return Block(flows, compute, fleet, part)


def renewed(spent: Array, life_months: int, from_month: int) -> Array:
    """Return capital with what wears out from a month on bought again at the same real cost."""
    out = spent.copy()
    for month in range(max(from_month, life_months), len(out)):
        out[month] += out[month - life_months]
    return out


def _capex(sources: Sources, part: slice) -> dict[str, Array]:
    capex = {
        name: sources.aligned(values[:, part], hold=False)
        for name, values in sources.trajectories.capex_usd.items()
    }
    life = server_life_months(sources)
    servers = renewed(capex["servers"], life, after_planning(sources))
    capex["servers"] = servers * (1 + sales_tax_fraction(sources.programme, sources.plan))
    capex["power"] = capex["power"] + _prepaid(sources, part)
    return capex


def _served_fraction(sources: Sources, part: slice) -> Array:
    """Return the share of wanted compute that power serves; the last planning year's after it."""
    served, wanted = (
        table[:, part]
        for table in (sources.operating.served_it_mwh, sources.operating.wanted_it_mwh)
    )
    share = np.divide(served, wanted, out=np.ones_like(served), where=wanted > 0)
    result: Array = share[sources.planning_year]
    return result


def build_months(project: SupplyFigures) -> float:
    """Return the middle length of a project's construction stage."""
    stages = [stage.months.p50 for stage in project.stages if stage.name == "construct"]
    return stages[0] if stages else 24.0


def _prepaid(sources: Sources, part: slice) -> Array:
    """Return prepayments for energy, where delivery holds no capital of the project.

    Delivery's capital is taken as it is; a prepaid project without any there has its
    prepayment spread evenly over construction.
    """
    out = np.zeros((sources.months, sources.trajectories.online_month[0, part].size))
    for name, project in sources.programme.power.items():
        contract = project.contract
        if contract.kind != "prepayment":
            continue
        positions = sources.entities("unit", name)
        if not positions or sources.trajectories.entity_capex_usd[positions].any():
            continue
        grows = np.diff(sources.online_mw(positions, part), axis=0, prepend=0.0)
        paid = 1000 * contract.prepaid_usd_per_kw * grows
        length = max(1, round(build_months(project)))
        for month in range(len(out)):
            last = min(month + length, len(out))
            ahead = paid[month + 1 : last + 1]
            out[month] += ahead.sum(axis=0) / length
    return out


def _power_running(sources: Sources, part: slice) -> Array:
    """Return fixed running cost of owned power, real, [month, draw]."""
    out = np.zeros((sources.months, sources.trajectories.online_month[0, part].size))
    for name, project in sources.programme.power.items():
        positions = sources.entities("unit", name)
        if positions and project.contract.kind == "own":
            yearly = 1000 * project.fixed_om_usd_per_kw_year
            out += yearly / MONTHS_PER_YEAR * sources.serving_mw(name, part)
    return out


def _rents(sources: Sources, part: slice) -> Array:
    """Return rent of tolled capacity, real, [month, draw]."""
    out = np.zeros((sources.months, sources.trajectories.online_month[0, part].size))
    for name, project in sources.programme.power.items():
        contract = project.contract
        positions = sources.entities("unit", name)
        if positions and contract.kind == "tolling":
            yearly = 1000 * contract.capacity_usd_per_kw_year
            out += yearly / MONTHS_PER_YEAR * sources.serving_mw(name, part)
    return out


def unit_energy(sources: Sources, name: str, part: slice) -> Array:
    """Return MWh per MW in service of a project, [month, draw]."""
    online = sources.serving_mw(name, part)
    mwh = sources.operating.project_energy_mwh.get(name)
    if mwh is None:
        return np.zeros_like(online)
    mean = by_year(sources, online)
    per_mw = np.divide(mwh[:, part], mean, out=np.zeros_like(mean), where=mean > 0)
    result: Array = per_mw[sources.planning_year] / MONTHS_PER_YEAR
    return result
