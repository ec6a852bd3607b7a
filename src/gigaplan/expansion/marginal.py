"""What a MW more of an option would cost and save in a plan, from the prices of its limits.

A plan is seen on the program of its years (the master of `decomposition`), whose row duals are y.
A MW of an option that stands in period t has the present value

    stand[t] = fixed cost - y . rows it counts in (halls, reserve, land) - saved[t]

where saved[t] is what operation saves in t with a MW more of it: the slope that the oracle of its
site and period finds at the plan's capacities and prices. Where nothing of an option stands it is
asked with very little of it: at nothing, slopes are not unique. A MW that enters in period b costs

    enter[b] = capital - y . rows of capital, slots, deliveries + sum of stand[t], b alive in t

more than it saves: its reduced cost. Rows that only join an option's own columns (its capacity,
its chips, its take-or-pay), and rules, have no price here, as none that is unique.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assets import Asset, alive
from gigaplan.expansion.compute import NO_CHIPS
from gigaplan.expansion.decomposition.block import Block
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray

DUST_MW = 1e-6
LITTLE = 1e-4
"""Part of a place's largest capacity, of which there is none, that slopes are asked with."""
ENERGY_HOURS = 4.0
"""Hours of storage that come with a MW where energy is chosen apart from power."""

LARGE_HOURS = 2_000
HOURLY = "hourly program"

CAPITAL_ROWS = ("budget", "total budget", "paid for", "fund share")
_OWN_ROWS = ("capacity", "either", "rule", "sequence", "chips", "take or pay")


@dataclass(frozen=True)
class Priced:
    """A plan on the program of its years.

    Parameters
    ----------
    master : Master
    values : array [column]
    duals : array [row]
        USD, present value, per unit of each row's bound.
    """

    master: Master
    values: FloatArray
    duals: FloatArray

    @property
    def form(self) -> Formulation:
        """Return the program with its costs in USD."""
        return self.master.form

    @property
    def problem(self) -> ExpansionProblem:
        """Return the problem."""
        return self.form.problem


def priced_on(
    master: Master, form: Formulation, values: FloatArray, duals: FloatArray
) -> Priced:
    """Return a plan of another program of the same problem, or nearly the same, on a master."""
    own, other = master.form.assembly, form.assembly
    found = np.zeros(own.column_count)
    prices = np.zeros(own.row_count)
    for key, columns in own.columns.items():
        theirs = other.columns.get(key)
        if theirs is not None and len(theirs) == len(columns):
            found[columns] = values[theirs]
    for key, rows in own.rows.items():
        theirs = other.rows.get(key)
        if theirs is not None and len(theirs) == len(rows):
            prices[rows] = duals[theirs]
    return Priced(master, found, prices)


def built_mw(form: Formulation, values: FloatArray, asset: Asset) -> FloatArray:
    """Return MW of an option that enter in each period in which it may."""
    return np.asarray(values[asset.build] * asset.unit)


class Marginal:
    """Costs and savings of a MW more, for some options.

    Parameters
    ----------
    priced : Priced
    assets : iterable of Asset
        Options that are asked for: what operation saves is found for these only.
    threads : int, optional
        Threads that operate places.
    quick : bool
        Whether to leave out places that are large programs by the hour: nothing is said of them.
    """

    def __init__(
        self,
        priced: Priced,
        assets: Iterable[Asset],
        *,
        threads: int | None = None,
        quick: bool = False,
    ) -> None:
        self.priced = priced
        form = priced.form
        self._reduced_build = _reduced(form, priced.duals, _OWN_ROWS)
        self._online = {
            (site.name, y): float(priced.values[form.assembly.columns["online", site.name, y]][0])
            for site in priced.problem.sites
            for y in range(len(priced.problem.periods))
        }
        wanted = np.zeros(form.assembly.column_count, dtype=bool)
        for asset in assets:
            for part in self._parts(asset):
                wanted[part.capacity] = True
        self._quick = quick and len(priced.problem.hours) > LARGE_HOURS
        self._saved = self._saved_usd(wanted, threads or os.cpu_count() or 1)

    def _parts(self, asset: Asset) -> list[Asset]:
        """Return an option with the energy part that comes with it."""
        energy = self.priced.form.assets.energy.get(str(asset.key[1]))
        return [asset, energy] if asset.key[0] == "storage" and energy is not None else [asset]

    def _saved_usd(self, wanted: np.ndarray, threads: int) -> FloatArray:
        """Return what operation saves, present value, with a unit more of each capacity."""
        saved = np.zeros(len(wanted))
        blocks = [
            (number, block)
            for number, block in enumerate(self.priced.master.blocks)
            if any(wanted[list(entry.columns)].any() for entry in block.inputs)
            and not (self._quick and block.route == HOURLY)
        ]
        with ThreadPoolExecutor(threads) as pool:
            slopes = list(pool.map(lambda item: self._slopes(*item), blocks))
        weight = self.priced.master.weight
        for (number, block), slope in zip(blocks, slopes, strict=True):
            for entry, usd in zip(block.inputs, slope, strict=True):
                if not entry.exact:
                    factors = np.asarray(entry.factors)
                    np.add.at(saved, list(entry.columns), -weight[number] * usd * factors)
        return saved

    def _slopes(self, number: int, block: Block) -> FloatArray:
        """Return USD of the year per unit of each input; none where there is no load."""
        inputs = block.inputs_at(self.priced.values)
        load = np.array([entry.exact for entry in block.inputs])
        if load.any() and not (inputs[load] > DUST_MW).any():
            return np.zeros(len(inputs))
        raised = (inputs == 0) & ~load
        little = LITTLE * float(inputs.max(initial=0.0)) or 1.0
        inputs = np.where(raised, little * self._with_energy(block), inputs)
        prices = -self.priced.duals[list(block.amount_rows)] / self.priced.master.weight[number]
        try:
            return block.oracle.operate(inputs, prices).slopes
        except SolverError:
            return np.zeros(len(inputs))  # then nothing is said of what it would save

    def _with_energy(self, block: Block) -> FloatArray:
        """Return how much of each input goes with a MW."""
        energy = {int(c) for a in self.priced.form.assets.energy.values() for c in a.capacity}
        return np.array([ENERGY_HOURS if energy & set(e.columns) else 1.0 for e in block.inputs])

    def stand_usd(self, asset: Asset) -> FloatArray:
        """Return what a MW that stands in each period costs more than it saves, [period]."""
        kind = asset.key[0]
        found = self._reduced_build[asset.capacity] - self._saved[asset.capacity]
        if kind == "supply":
            found = found + self._owed_usd(asset)
        elif kind == "phase":
            found = found - self._idle_halls_usd(asset)
        elif kind == "chip":
            found = found - self._run_usd(asset)
        return np.asarray(found)

    def _owed_usd(self, asset: Asset) -> FloatArray:
        """Return what a MW owes for energy taken or not, less what counts as energy used."""
        form, duals = self.priced.form, self.priced.duals
        owed = np.zeros(len(asset.capacity))
        for y, period in enumerate(self.priced.problem.periods):
            floor = form.assembly.rows.get(("take or pay", asset.key[1], y))
            if floor is None:
                continue
            used = form.assembly.rows.get(("paid energy", asset.key[1], y))
            counted = 0.0 if used is None else float(duals[used][0])
            taken = -float(form.program.matrix[int(floor[0]), int(asset.capacity[y])])
            owed[y] = taken * max(period.weight * MILLION - counted, 0.0)
        return owed

    def _idle_halls_usd(self, asset: Asset) -> FloatArray:
        """Return the part of a hall's price that rests on no compute in the period."""
        form, duals = self.priced.form, self.priced.duals
        campus = str(asset.key[1])
        idle = np.zeros(len(asset.capacity))
        for y in range(len(idle)):
            if self.run_mw(campus, y) <= DUST_MW:
                idle[y] = float(duals[form.assembly.rows["halls", campus, y]][0])
        return idle

    def run_mw(self, campus: str, y: int) -> float:
        """Return IT MW that run at a campus in a period."""
        columns = self.priced.form.assembly.columns
        site = next(c for c in self.priced.problem.campuses if c.name == campus)
        names = site.accelerators or (NO_CHIPS,)
        return sum(float(self.priced.values[columns["run", campus, n, y]][0]) for n in names)

    def _run_usd(self, asset: Asset) -> FloatArray:
        """Return what a MW of chips earns where it runs, present value, [period]."""
        columns = self.priced.form.assembly.columns
        campus, name = str(asset.key[1]), str(asset.key[2])
        run = [int(columns["run", campus, name, y][0]) for y in range(len(asset.capacity))]
        return np.maximum(-self._reduced_build[run], 0.0)

    def online_mw(self, site: str, y: int) -> float:
        """Return IT MW that are online at a site in a period."""
        return self._online[site, y]

    def enter_usd(self, asset: Asset) -> FloatArray:
        """Return what a MW that enters costs more than it saves, present value, [build]."""
        found = np.zeros(len(asset.build))
        for part, much in self._shares(asset):
            stands = self.stands(part)
            cost = self._reduced_build[part.build] / part.unit
            found += much * (cost + stands @ self.stand_usd(part))
        return found

    def capital_usd(self, asset: Asset) -> FloatArray:
        """Return what the capital of a MW costs, its money's price included, [build]."""
        form = self.priced.form
        every = {str(key[0]) for key in form.assembly.rows}
        reduced = _reduced(form, self.priced.duals, tuple(every - set(CAPITAL_ROWS)))
        found = np.zeros(len(asset.build))
        for part, much in self._shares(asset):
            found += much * reduced[part.build] / part.unit
        return found

    def _shares(self, asset: Asset) -> list[tuple[Asset, float]]:
        """Return the parts of an option, and how much of each makes a MW of it."""
        parts = self._parts(asset)
        return [(part, 1.0 if part is asset else ENERGY_HOURS) for part in parts]

    def stands(self, asset: Asset) -> FloatArray:
        """Return whether what enters in a period stands in another, [build, period]."""
        life = life_years(self.priced.problem, asset)
        return alive(self.priced.problem.periods, life)[asset.build_period].astype(np.float64)


def life_years(problem: ExpansionProblem, asset: Asset) -> float:
    """Return the years an option serves."""
    kind, name = str(asset.key[0]), str(asset.key[1])
    if kind == "phase":
        return next(c.life_years for c in problem.campuses if c.name == name)
    if kind == "chip":
        return next(g.life_years for g in problem.accelerators if g.name == asset.key[2])
    groups = (problem.supplies, problem.storages, problem.connections)
    return next(o.life_years for group in groups for o in group if o.name == name)


def _reduced(form: Formulation, duals: FloatArray, without: tuple[str, ...]) -> FloatArray:
    """Return cost less what rows are worth of each column, some kinds of rows left out."""
    counted = duals.copy()
    for key, rows in form.assembly.rows.items():
        if key[0] in without:
            counted[rows] = 0.0
    return np.asarray(form.program.cost - form.program.matrix.T @ counted)
