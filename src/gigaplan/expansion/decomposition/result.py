"""Turns the best point of the rounds into a plan: operated over every hour, and added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import LinearProgram
from gigaplan.expansion.decomposition.block import Block
from gigaplan.expansion.decomposition.carried_out import carry_out
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.rounds import Margins, Met, Rounds
from gigaplan.expansion.decomposition.settled import Settled
from gigaplan.expansion.highs import FEASIBILITY_TOLERANCE
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION, demand_per_it_mw
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.read_back import read_costs, read_limit_prices
from gigaplan.expansion.solution import Costs, Prices


@dataclass(frozen=True)
class Operated:
    """A plan's operation by block, and its whole cost in USD."""

    blocks: tuple[Settled, ...]
    periods: tuple[int, ...]
    costs: Costs
    energy_mwh: dict[str, dict[str, FloatArray]]
    residual: float


def operate_plan(rounds: Rounds[Master], met: Met, threads: int) -> Operated:
    """Return the operation of a plan over every hour, with costs and residual checked.

    Raises
    ------
    SolverError
        If a block's hours do not balance, or the plan violates a row of the master.
    """
    master = rounds.master
    width = master.program.matrix.shape[1]
    settled = carry_out(rounds, met, threads)
    values = met.plan.values[:width].copy()
    values[master.amount_columns] = np.concatenate([part.amounts for part in settled])
    residual = max(
        row_residual(master.program, values),
        max((part.residual for part in settled), default=0.0),
    )
    if not residual <= FEASIBILITY_TOLERANCE:
        raise SolverError(f"the plan violates a limit by {residual:.2g} of its bound.")
    parts, energy = _added_up(rounds, settled)
    base = read_costs(master.form, values)
    costs = Costs(
        capital=base.capital,
        fixed=base.fixed,
        energy=base.energy + parts["energy"],
        market=parts["market"],
        unserved=parts["unserved"],
        shortfall=base.shortfall,
        value=base.value,
    )
    return Operated(
        blocks=settled,
        periods=tuple(block.period for block in master.blocks),
        costs=costs,
        energy_mwh=energy,
        residual=residual,
    )


def row_residual(program: LinearProgram, values: FloatArray) -> float:
    """Return the worst violation of a row or bound, over the size of what adds up in the row."""
    activity = program.matrix @ values
    size = 1.0 + abs(program.matrix) @ np.abs(values)
    over = np.maximum(activity - program.row_upper, program.row_lower - activity) / size
    beyond = np.maximum(values - program.upper, program.lower - values) / (1.0 + np.abs(values))
    return float(max(over.max(initial=0.0), beyond.max(initial=0.0)))


def _added_up(
    rounds: Rounds[Master], settled: tuple[Settled, ...]
) -> tuple[dict[str, float], dict[str, dict[str, FloatArray]]]:
    """Return present value by part of cost, and energy by site and source, markets settled."""
    master = rounds.master
    problem = master.problem
    parts = dict.fromkeys(("energy", "market", "unserved"), 0.0)
    energy: dict[str, dict[str, FloatArray]] = {site.name: {} for site in problem.sites}

    def count(site: str, source: str, y: int, mwh: float) -> None:
        series = energy[site].setdefault(source, np.zeros(len(problem.periods)))
        series[y] += mwh

    for block, part in zip(master.blocks, settled, strict=True):
        weight = problem.periods[block.period].weight
        for name, usd in part.cost_usd.items():
            parts[name] += weight * usd
        for (site, source), mwh in part.energy_mwh.items():
            count(site, source, block.period, mwh)
    for (zone, y), market in master.markets.items():
        drawn, made = _traded(problem, zone, y, master.blocks, settled)
        nothing = np.zeros(len(problem.hours))
        total: FloatArray = np.sum([nothing, *drawn.values()], axis=0)
        output: FloatArray = np.sum([nothing, *made.values()], axis=0)
        weight = problem.periods[y].weight
        # what projects earned moves from energy to market, and netting is paid for
        earned = float(output @ market.project_usd_per_mwh)
        parts["energy"] += weight * earned
        parts["market"] += weight * (market.loss_usd(total, output) - earned)
        met_here = np.divide(
            np.minimum(output, total), total, out=np.zeros_like(total), where=total > 0
        )
        own = {
            name: np.divide(series, output, out=np.zeros_like(series), where=output > 0)
            for name, series in made.items()
        }
        for site, series in drawn.items():
            count(site, "grid", y, float(series @ (1 - met_here)))
            for name, share in own.items():
                count(site, name, y, float((series * met_here) @ share))
    return parts, energy


def _traded(
    problem: ExpansionProblem,
    zone: str,
    y: int,
    blocks: tuple[Block, ...],
    settled: tuple[Settled, ...],
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Return what a zone's sites drew and its projects made in each hour of a period, MWh."""
    drawn: dict[str, FloatArray] = {}
    made: dict[str, FloatArray] = {}
    at = {site.name: site.zone for site in problem.sites}
    of = {option.name: option.zone for option in problem.supplies if option.route == "zone"}
    for block, part in zip(blocks, settled, strict=True):
        if block.period != y:
            continue
        drawn.update({n: mwh for n, mwh in part.drawn_mwh.items() if at[n] == zone})
        made.update({n: mwh for n, mwh in part.made_mwh.items() if of.get(n) == zone})
    return drawn, made


def read_master_prices(rounds: Rounds[Master], operated: Operated, margins: Margins) -> Prices:
    """Return shadow prices of the master's rows, and those of load and connections.

    The price of power is what a MWh more of load costs, spread over the hours as the load is.
    """
    master = rounds.master
    problem = master.problem
    count = len(problem.periods)
    places = {site.name: site for site in problem.sites}
    power = {name: np.zeros(count) for name in places}
    connection = {name: np.zeros(count) for name in places}
    for b, (block, part) in enumerate(zip(master.blocks, operated.blocks, strict=True)):
        y = block.period
        for name, usd in part.connection_usd_per_mw_year.items():
            connection[name][y] = usd
        slopes = margins.slopes[master.links.start[b] : master.links.start[b + 1]]
        for entry, slope in zip(block.inputs, slopes, strict=True):
            if entry.site is None:
                continue
            if entry.exact:
                per_it_mw = demand_per_it_mw(problem, places[entry.site], y)
                mwh = float(per_it_mw @ problem.hours.weights)
                power[entry.site][y] = slope / mwh if mwh > 0 else 0.0
            else:
                connection[entry.site][y] = 0.0 - slope
    return read_limit_prices(
        master.form, margins.duals * MILLION, power=power, connection=connection, hourly={}
    )
