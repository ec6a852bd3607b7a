"""What it is worth that an option may serve earlier than it may now.

Let e be the first period an option may enter service in, used as soon as it opens, and p the one
before. A MW that enters in p instead of e changes the cost of the plan, at the margin, by

    capital[p] - capital[e] + stand[p] - sum of stand[t], t where only that of e still stands

with capital what entering costs (slots and budgets at their prices), and stand[t] the fixed cost
of a MW less what it saves in t. In p the plan has none of the option: what it would save there is
the slope that the oracle of its place finds at the plan's capacities and prices, asked with very
little of it. It holds for the first MW, and so says the most that all of them may be worth.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assets import Asset, alive
from gigaplan.expansion.binding import DUST_MW, MONTHS
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import Connection, FloatArray, Storage, Supply
from gigaplan.programme.reasons import Worth

if TYPE_CHECKING:
    from gigaplan.expansion.decomposition.block import Block
    from gigaplan.expansion.decomposition.master import Master

LITTLE = 1e-4
"""Part of a place's largest capacity, of which there is none, that slopes are asked with."""
LARGE_HOURS = 2_000
EMERGENCY_USD_PER_MWH = 1e6
_NO_PRICE = ("capacity", "either", "rule", "take or pay")
"""Rows that join an option's own columns, and rules: they have no price here that is unique."""


Option = TypeVar("Option", Supply, Storage, Connection)


@dataclass(frozen=True)
class _Wait:
    """An option that enters as soon as it may, in period `first`, above 0."""

    option: Supply | Storage | Connection
    kind: str
    first: int
    mw: float


def worth_of_earlier(
    form: Formulation, values: FloatArray, duals: FloatArray, *, threads: int | None = None
) -> Iterator[Worth]:
    """Yield what a month earlier is worth of each option that enters as soon as it may.

    Parameters
    ----------
    form : Formulation
        The whole program, or that of its years alone.
    values : array [column]
        The plan.
    duals : array [row]
        USD, present value, per unit of a row's side.
    threads : int, optional
        Threads that operate places.
    """
    from gigaplan.expansion.decomposition.master import formulate_master

    waits = list(_waits(form, values))
    if not waits:
        return
    opened = _opened(form.problem, waits)
    master = formulate_master(opened, emergency_usd_per_mwh=EMERGENCY_USD_PER_MWH)
    priced = _Priced(master, form, values, duals)
    every = {asset.key: asset for asset in master.form.assets.all()}
    assets = [every[wait.kind, wait.option.name] for wait in waits]
    for wait, asset in zip(waits, assets, strict=True):
        priced.want(asset, _only_one(opened, wait))
    priced.operate(threads or os.cpu_count() or 1)
    for wait, asset in zip(waits, assets, strict=True):
        a_mw = priced.gain_usd(asset, wait, _only_one(opened, wait))
        year = form.problem.periods[wait.first].year
        months = MONTHS * (year - form.problem.periods[wait.first - 1].year)
        if a_mw > 0:
            total = a_mw * wait.mw
            yield Worth(
                "earlier", wait.option.name, year, total / months, "usd_per_month", wait.mw, total
            )


def _waits(form: Formulation, values: FloatArray) -> Iterator[_Wait]:
    problem = form.problem
    every = {asset.key: asset for asset in form.assets.all()}
    groups: tuple[tuple[str, tuple[Supply | Storage | Connection, ...]], ...] = (
        ("supply", problem.supplies),
        ("storage", problem.storages),
        ("connection", problem.connections),
    )
    for kind, options in groups:
        for option in options:
            asset = every[kind, option.name]
            if option.earliest_year is None or not len(asset.build) or asset.build_period[0] == 0:
                continue
            mw = float(values[asset.build[0]]) * asset.unit
            if mw <= DUST_MW:
                continue
            if not isinstance(option, Storage) or _alone(problem, option):
                yield _Wait(option, kind, int(asset.build_period[0]), mw)


def _alone(problem: ExpansionProblem, store: Storage) -> bool:
    """Return whether a storage has a size by its hours, and none beside it at its site."""
    beside = [other for other in problem.storages if other.site == store.site]
    return len(beside) == 1 and store.duration_hours is not None


def _opened(problem: ExpansionProblem, waits: list[_Wait]) -> ExpansionProblem:
    """Return the problem with each option open in the period before it is."""
    first = {(wait.kind, wait.option.name): wait.first for wait in waits}

    def each(kind: str, options: tuple[Option, ...]) -> tuple[Option, ...]:
        return tuple(
            _open_before(problem, o, first[kind, o.name]) if (kind, o.name) in first else o
            for o in options
        )

    return replace(
        problem,
        supplies=each("supply", problem.supplies),
        storages=each("storage", problem.storages),
        connections=each("connection", problem.connections),
    )


def _open_before(problem: ExpansionProblem, option: Option, e: int) -> Option:
    p = e - 1
    most = np.array(problem.by_period(option.max_mw))
    most[p] = max(most[p], most[e])
    a_period = option.max_build_mw
    if a_period is not None:
        built = np.array(problem.by_period(a_period))
        built[p] = max(built[p], built[e])
        a_period = built
    year = problem.periods[p].year
    return replace(option, earliest_year=year, max_mw=most, max_build_mw=a_period)


def _only_one(problem: ExpansionProblem, wait: _Wait) -> tuple[FloatArray, FloatArray]:
    """Return the periods in which only what enters in p stands, and only what enters in e."""
    stands = alive(problem.periods, wait.option.life_years)
    before, now = stands[wait.first - 1], stands[wait.first]
    return (before & ~now).astype(np.float64), (now & ~before).astype(np.float64)


class _Priced:
    """A plan on the master of a problem that is nearly its own, and what operation would save."""

    def __init__(
        self, master: Master, form: Formulation, values: FloatArray, duals: FloatArray
    ) -> None:
        own, other = master.form.assembly, form.assembly
        self._master = master
        self._values = np.zeros(own.column_count)
        self._duals = np.zeros(own.row_count)
        for mine, theirs, found, given in (
            (own.columns, other.columns, self._values, values),
            (own.rows, other.rows, self._duals, duals),
        ):
            for key, place in mine.items():
                if key in theirs and len(theirs[key]) == len(place):
                    found[place] = given[theirs[key]]
        counted = self._duals.copy()
        for key, rows in own.rows.items():
            if key[0] in _NO_PRICE:
                counted[rows] = 0.0
        program = master.form.program
        self._reduced = np.asarray(program.cost - program.matrix.T @ counted)
        self._wanted = np.zeros(own.column_count, dtype=bool)
        self._saved = np.zeros(own.column_count)

    def want(self, asset: Asset, only: tuple[FloatArray, FloatArray]) -> None:
        """Note the capacities whose savings are asked for."""
        self._wanted[asset.capacity[(only[0] + only[1]) > 0]] = True

    def operate(self, threads: int) -> None:
        """Find what operation would save with a MW more of what is wanted."""
        large = len(self._master.problem.hours) > LARGE_HOURS
        blocks = [
            (number, block)
            for number, block in enumerate(self._master.blocks)
            if any(self._wanted[list(entry.columns)].any() for entry in block.inputs)
            and not (large and block.route == "hourly program")
        ]
        with ThreadPoolExecutor(threads) as pool:
            slopes = list(pool.map(lambda item: self._slopes(*item), blocks))
        for (number, block), found in zip(blocks, slopes, strict=True):
            for entry, usd in zip(block.inputs, found, strict=True):
                saved = -self._master.weight[number] * usd * np.asarray(entry.factors)
                np.add.at(self._saved, list(entry.columns), saved)

    def _slopes(self, number: int, block: Block) -> FloatArray:
        """Return USD of the year per unit of each input; none where there is no load."""
        inputs = block.inputs_at(self._values)
        load = np.array([entry.exact and entry.site is not None for entry in block.inputs])
        nothing = np.zeros(len(inputs))
        if load.any() and not (inputs[load] > DUST_MW).any():
            return nothing
        little = LITTLE * float(inputs.max(initial=0.0)) or 1.0
        inputs = np.where((inputs == 0) & ~load, little, inputs)
        prices = -self._duals[list(block.amount_rows)] / self._master.weight[number]
        try:
            return block.oracle.operate(inputs, prices).slopes
        except SolverError:
            return nothing  # then nothing is said of what it would save

    def gain_usd(self, asset: Asset, wait: _Wait, only: tuple[FloatArray, FloatArray]) -> float:
        """Return what a MW is worth that enters one period before it may."""
        place = {int(period): at for at, period in enumerate(asset.build_period)}
        enter = self._reduced[asset.build] / asset.unit
        stand = self._reduced[asset.capacity] - self._saved[asset.capacity]
        if wait.kind == "supply":
            stand = stand + self._owed_usd(asset)
        sooner = float(enter[place[wait.first - 1]] + only[0] @ stand)
        return float(enter[place[wait.first]] + only[1] @ stand) - sooner

    def _owed_usd(self, asset: Asset) -> FloatArray:
        """Return what a MW owes for energy taken or not, less what counts as energy used."""
        form = self._master.form
        owed = np.zeros(len(asset.capacity))
        for y, period in enumerate(form.problem.periods):
            floor = form.assembly.rows.get(("take or pay", asset.key[1], y))
            if floor is None:
                continue
            used = form.assembly.rows.get(("paid energy", asset.key[1], y))
            counted = 0.0 if used is None else float(self._duals[used][0])
            taken = -float(form.program.matrix[int(floor[0]), int(asset.capacity[y])])
            owed[y] = taken * max(period.weight * MILLION - counted, 0.0)
        return owed
