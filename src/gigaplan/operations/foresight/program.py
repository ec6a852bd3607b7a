"""The linear program of one sampled year, all its hours known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from gigaplan.core.errors import SolverError
from gigaplan.operations import arrays
from gigaplan.operations.model import Floats
from gigaplan.operations.systems import System

HOURS_PER_DAY = 24


@dataclass(frozen=True)
class Year:
    """One sampled year as the program sees it; series are [hour], tables [row, hour]."""

    available_mw: Floats  # [source + 1, hour], the last of the connection
    load_mw: Floats
    pue: Floats
    price_usd_per_mwh: Floats
    export_limit_mw: Floats
    storage_size: Floats  # [storage, hour] over the full size
    least_end_mwh: Floats  # [storage]
    most_fuel_mmbtu: Floats  # [fuel, hour]


@dataclass
class _Flows:
    """Flows by name, each one column for every hour, with what they cost."""

    hours: int
    upper: dict[str, Floats] = field(default_factory=dict)
    lower: dict[str, Floats] = field(default_factory=dict)
    usd_per_mwh: dict[str, Floats] = field(default_factory=dict)

    def add(
        self,
        name: str,
        upper: float | Floats,
        usd_per_mwh: float | Floats = 0.0,
        least: float = 0.0,
    ) -> None:
        self.upper[name] = np.broadcast_to(np.asarray(upper, float), (self.hours,))
        self.lower[name] = np.full(self.hours, least)
        self.usd_per_mwh[name] = np.broadcast_to(np.asarray(usd_per_mwh, float), (self.hours,))


@dataclass
class _Rows:
    """Equalities and upper limits over flows; a term is a flow with its matrix [hour, hour]."""

    flows: _Flows
    terms: list[dict[str, sparse.sparray]] = field(default_factory=list)
    sides: list[Floats] = field(default_factory=list)

    def add(self, terms: dict[str, float | sparse.sparray], side: Floats) -> None:
        one = sparse.eye_array(self.flows.hours)
        self.terms.append(
            {name: term * one if isinstance(term, float) else term for name, term in terms.items()}
        )
        self.sides.append(side)

    def matrix(self) -> Any:
        if not self.terms:
            return None
        empty = sparse.csr_array((self.flows.hours, self.flows.hours))
        return sparse.csr_array(
            sparse.block_array(
                [[row.get(name, empty) for name in self.flows.upper] for row in self.terms]
            )
        )

    def side(self) -> Floats | None:
        return np.concatenate(self.sides) if self.sides else None


@dataclass(frozen=True)
class Solution:
    """Optimal flows by name [hour], the balance's dual and what all costs."""

    flow_mw: dict[str, Floats]
    price_usd_per_mwh: Floats
    usd: float


def solve(system: System, year: Year) -> Solution:
    """Return the cheapest dispatch of a year whose every hour is known.

    Flows are bounded as in the rule. Left free, so that no rule does better: storage may charge
    and discharge in one hour, load may be shed although power is there, work is made up in any
    order within its day, and a restart costs nothing.

    Raises
    ------
    SolverError
        If HiGHS finds no optimum.
    """
    flows = _flows(system, year)
    equal, below = _Rows(flows), _Rows(flows)
    _balance(system, year, equal)
    _storage(system, year, equal)
    _work(system, year, equal)
    through = {f"source {g}": 1.0 for g, s in enumerate(system.sources) if s.remote}
    if through:
        below.add({"import": 1.0, **through}, year.available_mw[-1])
    _fuel(system, year, below)
    names = list(flows.upper)
    bounds: Any = np.column_stack(
        [
            np.concatenate([flows.lower[name] for name in names]),
            np.concatenate([flows.upper[name] for name in names]),
        ]
    )
    found: Any = linprog(
        np.concatenate([flows.usd_per_mwh[name] for name in names]),
        A_ub=below.matrix(),
        b_ub=below.side(),
        A_eq=equal.matrix(),
        b_eq=equal.side(),
        bounds=bounds,
        method="highs",
    )
    if found.status != 0:
        raise SolverError(f"the dispatch with foresight has no optimum: {found.message}")
    parts = found.x.reshape(len(names), flows.hours)
    return Solution(
        dict(zip(names, parts, strict=True)),
        found.eqlin.marginals[: flows.hours],
        float(found.fun) + _fixed_usd(system, year),
    )


def _flows(system: System, year: Year) -> _Flows:
    """Return every flow with its bounds and its cost."""
    price, load = year.price_usd_per_mwh, year.load_mw
    flows = _Flows(load.size)
    must_run = np.zeros(load.size)
    for g, source in enumerate(system.sources):
        cost: float | Floats = source.variable_usd_per_mwh
        if source.must_run:
            must_run += year.available_mw[g]
            continue
        if source.remote:  # what it does not send is sold if that pays: it forgoes the price
            cost = np.maximum(cost, price)
        flows.add(f"source {g}", year.available_mw[g], cost)
    flows.add("import", year.available_mw[-1], price)
    flows.add("export", year.export_limit_mw, -price)
    flows.add("spill", must_run)
    for k, row in enumerate(system.dispatch.stores):
        size = year.storage_size[k]
        flows.add(f"charge {k}", row[arrays.POWER] * size)
        flows.add(f"discharge {k}", row[arrays.POWER] * size)
        flows.add(f"inside {k}", row[arrays.ENERGY] * size)
        flows.lower[f"inside {k}"][-1] = min(year.least_end_mwh[k], row[arrays.ENERGY] * size[-1])
    for t, tier in enumerate(system.tiers):
        own = tier.share_fraction * load
        flows.add(f"shed {t}", own, tier.lost_usd_per_mwh)
        if tier.catch_up_fraction > 0:
            flows.add(f"made up {t}", tier.catch_up_fraction * own, -tier.lost_usd_per_mwh)
            flows.add(f"waiting {t}", np.inf)
    return flows


def _balance(system: System, year: Year, rows: _Rows) -> None:
    terms: dict[str, float | sparse.sparray] = {"import": 1.0, "export": -1.0, "spill": -1.0}
    side = year.load_mw.copy()
    for g, source in enumerate(system.sources):
        if source.must_run:
            side -= year.available_mw[g]
        else:
            terms[f"source {g}"] = 1.0
    for k in range(len(system.storage)):
        terms |= {f"charge {k}": -1.0, f"discharge {k}": 1.0}
    for t, tier in enumerate(system.tiers):
        terms[f"shed {t}"] = 1.0
        if tier.catch_up_fraction > 0:
            terms[f"made up {t}"] = -1.0
    rows.add(terms, side)


def _storage(system: System, year: Year, rows: _Rows) -> None:
    hours = year.load_mw.size
    change = sparse.eye_array(hours) - sparse.eye_array(hours, k=-1)
    for k, row in enumerate(system.dispatch.stores):
        start = np.zeros(hours)
        start[0] = row[arrays.INITIAL] * row[arrays.ENERGY] * year.storage_size[k, 0]
        terms = {
            f"inside {k}": change,
            f"charge {k}": -row[arrays.GAIN],
            f"discharge {k}": 1 / row[arrays.YIELD],
        }
        rows.add(terms, start)


def _work(system: System, year: Year, rows: _Rows) -> None:
    """Work shed waits, in IT MWh, until it is made up or the day ends."""
    hours = year.load_mw.size
    same_day = (np.arange(1, hours) % HOURS_PER_DAY > 0).astype(float)
    change = sparse.eye_array(hours) - sparse.diags_array(
        same_day, offsets=-1, shape=(hours, hours)
    )
    per_mw = sparse.diags_array(1 / year.pue)
    for t, tier in enumerate(system.tiers):
        if tier.catch_up_fraction > 0:
            terms = {f"waiting {t}": change, f"shed {t}": -per_mw, f"made up {t}": per_mw}
            rows.add(terms, np.zeros(hours))


def _fuel(system: System, year: Year, rows: _Rows) -> None:
    """Fuel burnt in each hour and in all of them; a budget is not released by month."""
    hours, fuels = year.load_mw.size, system.dispatch.fuels
    all_hours = sparse.csr_array(
        (np.ones(hours), (np.zeros(hours, int), np.arange(hours))), shape=(hours, hours)
    )
    for f in range(fuels.budget.size):
        rates = {f"source {g}": float(rate) for g, rate in enumerate(fuels.rate[f]) if rate > 0}
        if fuels.limits_hours[f]:
            all_running = fuels.rate[f] @ year.available_mw[:-1]
            rows.add(dict(rates), np.minimum(year.most_fuel_mmbtu[f], all_running))
        if np.isfinite(fuels.budget[f]):
            side = np.zeros(hours)
            side[0] = fuels.budget[f]
            rows.add({name: rate * all_hours for name, rate in rates.items()}, side)


def _fixed_usd(system: System, year: Year) -> float:
    """Return what no decision changes: must-run output, and sales that remote units forgo."""
    total = 0.0
    for g, source in enumerate(system.sources):
        cost = source.variable_usd_per_mwh
        if source.must_run:
            total += cost * float(year.available_mw[g].sum())
        elif source.remote:
            gain = np.maximum(year.price_usd_per_mwh - cost, 0.0)
            total -= float(gain @ year.available_mw[g])
    return total
