"""A block as a linear program over its hours: the oracle for what the fast one does not know.

It holds any feature of the reference form, several sites of a zone among them. Capacities and
online load are columns held at their values; their reduced costs are the slopes. Constants of
rows become a column held at one, so that the cost is homogeneous. Load that nothing else may
leave unserved can go unserved at a prohibitive price, so that any z has a dispatch.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix, hstack

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import Assembly, Key, LinearProgram
from gigaplan.expansion.assets import Asset, Assets
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.settled import Settled
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.highs import Session, largest_residual
from gigaplan.expansion.model import ExpansionProblem, ShedTier
from gigaplan.expansion.operation import add_operation
from gigaplan.expansion.options import FloatArray, PowerPurchase
from gigaplan.expansion.read_back import read_costs, read_dispatch, read_energy
from gigaplan.expansion.shared_limits import add_energy_limits

EMERGENCY = "must be served"


def with_emergency(problem: ExpansionProblem, usd_per_mwh: float) -> ExpansionProblem:
    """Return the problem with a tier of prohibitive price where its tiers cover too little."""

    def served(site_shed: tuple[ShedTier, ...]) -> tuple[ShedTier, ...]:
        covered = sum(tier.load_fraction for tier in site_shed)
        if covered >= 1 - 1e-12:
            return site_shed
        last = ShedTier(name=EMERGENCY, load_fraction=1 - covered, usd_per_mwh=usd_per_mwh)
        return (*site_shed, last)

    return replace(problem, sites=tuple(replace(s, shed=served(s.shed)) for s in problem.sites))


class HourlyBlock:
    """Operation of one period of some sites as a linear program.

    Parameters
    ----------
    problem : ExpansionProblem
        One period, see `one_period`.
    amounts : tuple of key
        Rows whose left side is counted.
    emergency_usd_per_mwh : float
        Price of unserved load that no tier allows.

    Attributes
    ----------
    keys : tuple of key
        Columns that are its inputs, in order; after them comes the constant one.
    """

    def __init__(
        self,
        problem: ExpansionProblem,
        amounts: tuple[Key, ...],
        emergency_usd_per_mwh: float,
    ) -> None:
        problem = with_emergency(problem, emergency_usd_per_mwh)
        assembly = Assembly()
        assets = held_assets(assembly, problem)
        for site in problem.sites:
            assembly.add_columns(("online", site.name, 0), 1)
        for option in problem.supplies:
            if isinstance(option.contract, PowerPurchase):
                assembly.add_rows(("paid energy", option.name, 0), 1)
        add_operation(assembly, problem, assets)
        add_energy_limits(assembly, problem)
        self.keys: tuple[Key, ...] = input_keys(problem)
        self._inputs = np.concatenate([assembly.columns[key] for key in self.keys])
        self._form = Formulation(problem, assembly, assets, assembly.program())
        self._measured(amounts)
        self._emergency = np.zeros(assembly.column_count)
        for key, columns in assembly.columns.items():
            if key[0] == "shed" and key[2] == EMERGENCY:
                self._emergency[columns] = problem.hours.weights
        self._lock = threading.Lock()
        self._session: Session | None = None

    def _measured(self, amounts: tuple[Key, ...]) -> None:
        """Split the program into hourly rows and the rows that only measure."""
        assembly, program = self._form.assembly, self._form.program
        measuring = [
            assembly.rows[key]
            for key in assembly.rows
            if key[0] in ("clean", "carbon", "water", "paid energy")
        ]
        dropped = np.concatenate(measuring) if measuring else np.empty(0, dtype=np.int64)
        keep = np.setdiff1d(np.arange(assembly.row_count), dropped)
        self._row_place = np.full(assembly.row_count, -1)
        self._row_place[keep] = np.arange(len(keep))
        counted = np.array([assembly.rows[key][0] for key in amounts], dtype=np.int64)
        self._amounts = csr_matrix(program.matrix[counted])
        # what the load itself adds is the master's to count
        online = np.ones(assembly.column_count)
        online[self._inputs] = 0.0
        self._amounts = csr_matrix(self._amounts.multiply(online[None, :]))
        matrix, lower, upper = (
            program.matrix[keep],
            program.row_lower[keep],
            program.row_upper[keep],
        )
        edge = np.where(np.isfinite(upper), upper, np.where(np.isfinite(lower), lower, 0.0))
        held = csr_matrix(hstack([matrix, csr_matrix(-edge[:, None])]))
        self._program = LinearProgram(
            matrix=held,
            cost=np.append(program.cost, 0.0),
            lower=np.append(program.lower, 1.0),
            upper=np.append(program.upper, 1.0),
            row_lower=lower - edge,
            row_upper=upper - edge,
            whole=np.append(program.whole, False),
        )
        self._inputs = np.append(self._inputs, assembly.column_count)

    def operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        """Return the least-cost dispatch and its cut; `inputs` end with the constant one."""
        with self._lock:
            return self._operate(inputs, prices)

    def settle(self, inputs: FloatArray, prices: FloatArray) -> Settled:
        """Return what the dispatch at some inputs and prices comes to in the year."""
        with self._lock:
            answer = self._operate(inputs, prices)
            values = self._values
        form = self._form
        costs = read_costs(form, values)
        dispatch = read_dispatch(form, values)
        found = Settled(amounts=answer.amounts)
        found.cost_usd.update(energy=costs.energy, market=costs.market, unserved=costs.unserved)
        for site, sources in read_energy(form, dispatch).items():
            for source, mwh in sources.items():
                found.energy_mwh[site, source] += float(mwh[0])
        for place in form.problem.sites:
            name = place.name
            shed = dispatch.shed_mw.get((name, EMERGENCY))
            if shed is not None and shed[0].any():
                found.emergency_mw[name] = shed[0]
            found.connection_usd_per_mw_year[name] = -float(
                sum(
                    self._duals((kind, name, 0)).sum()
                    for kind in ("connection", "export")
                    if (kind, name, 0) in form.assembly.rows
                )
            )
        found.residual = largest_residual(self._program, np.append(values, 1.0))
        return found

    def _duals(self, key: Key) -> FloatArray:
        """Return the last duals of some rows."""
        return np.asarray(self._row_duals[self._row_place[self._form.assembly.rows[key]]])

    def _operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        if self._session is None:
            self._session = Session(self._program, threads=1)
        session, base = self._session, self._program.cost
        cost = base.copy()
        cost[:-1] += self._amounts.T @ prices
        session.set_costs(cost)
        session.set_bounds(self._inputs, inputs, inputs)
        point = session.solve_linear("simplex")
        if point.status != "optimal":
            raise SolverError(f"the operation of a block ended with '{point.status}'.")
        self._values, self._row_duals = point.values[:-1], point.row_duals
        reduced = cost - self._program.matrix.T @ point.row_duals
        slopes = reduced[self._inputs]
        return Answer(
            value_usd=float(cost @ point.values),
            slopes=slopes,
            cost_usd=float(base @ point.values),
            amounts=np.asarray(self._amounts @ point.values[:-1]),
            used=inputs.copy(),
            emergency_mwh=float(self._emergency @ point.values[:-1]),
        )


def input_keys(problem: ExpansionProblem) -> tuple[Key, ...]:
    """Return the columns of a period that are inputs of its operation."""
    return (
        *(("capacity", "supply", o.name) for o in problem.supplies),
        *(("capacity", "storage", o.name) for o in problem.storages),
        *(
            ("capacity", "storage energy", o.name)
            for o in problem.storages
            if o.duration_hours is None
        ),
        *(("capacity", "connection", o.name) for o in problem.connections),
        *(("online", site.name, 0) for site in problem.sites),
    )


def held_assets(assembly: Assembly, problem: ExpansionProblem) -> Assets:
    """Add a capacity column for everything that stands in a problem of one period."""

    def held(kind: str, name: str, site: str | None) -> Asset:
        key: Key = (kind, name)
        return Asset(
            key=key,
            owner=name,
            site=site,
            build=np.empty(0, dtype=np.int64),
            build_period=np.empty(0, dtype=np.int64),
            unit=1.0,
            capacity=assembly.add_columns(("capacity", *key), 1),
            may_grow=np.ones(1, dtype=bool),
            existing=np.zeros(1),
            maximum=np.full(1, np.inf),
            capex=np.zeros(1),
            spend_fractions=(1.0,),
            sunk_before_start=False,
            slot_class=None,
            slots_per_mw=1.0,
            acres_per_mw=0.0,
        )

    stores = problem.storages
    return Assets(
        supply={o.name: held("supply", o.name, o.site) for o in problem.supplies},
        power={o.name: held("storage", o.name, o.site) for o in stores},
        energy={
            o.name: held("storage energy", o.name, o.site)
            for o in stores
            if o.duration_hours is None
        },
        connection={o.name: held("connection", o.name, o.site) for o in problem.connections},
        phase={},
        chip={},
    )
