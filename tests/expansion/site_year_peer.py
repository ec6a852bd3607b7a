"""A site-year as one linear program for HiGHS, written from the statement of the problem."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gigaplan.expansion.oracle import SiteYear, Source

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A site-year in the terms that both sides read."""

    shape: Floats
    sources: tuple[Source, ...]
    shed: tuple[tuple[float, float], ...]
    charge: float
    discharge: float
    wear: float
    capacities: Floats
    load_mw: float
    prices: dict[str, float]
    chain_lengths: tuple[int, ...]
    weights: Floats
    step_hours: float

    def ours(self) -> SiteYear:
        return SiteYear(
            self.shape,
            self.sources,
            self.shed,
            charge_efficiency_fraction=self.charge,
            discharge_efficiency_fraction=self.discharge,
            wear_usd_per_mwh=self.wear,
            chain_lengths=self.chain_lengths,
            weights=self.weights,
            step_hours=self.step_hours,
        )

    @property
    def names(self) -> list[str]:
        return [*dict.fromkeys(s.name for s in self.sources), "storage_mw", "storage_mwh"]


def random_case(seed: int, hours: int | None = None) -> Case:
    """Return a site-year from a seed: scarce or ample, short or long storage, negative prices."""
    rng = np.random.default_rng(seed)
    count = hours or int(rng.integers(24, 201))
    hour = np.arange(count)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.2, 1, count)
    price = np.round(rng.uniform(-60 if rng.random() < 0.5 else 5, 150, count), 1)
    dirty = rng.uniform(0, 1, count)
    sources = [
        Source("gas", float(rng.uniform(20, 90)), 0.95, {"carbon": 0.4, "clean": 0.0}),
        Source("sun", 0.0, sun, {"clean": 1.0}),
        Source("wind", 0.0, rng.beta(1.2, 2.0, count), {"clean": 1.0}),
        Source(
            "reactor",
            11.0,
            0.9,
            {"clean": 1.0, "water": 2.0},
            must_run_fraction=float(rng.choice([0.0, 0.5, 1.0])),
        ),
        Source("line", price, 1.0, {"clean": 1 - dirty, "carbon": 0.5 * dirty}),
    ]
    if rng.random() < 0.4:
        earns = price * rng.uniform(0.2, 1.1)
        sources.append(Source("line", earns, quantities={"clean": -0.5}, sale=True))
    capacities = rng.uniform(0, 1.5, 7) * rng.choice([0.3, 1.0, 3.0]) * 100
    capacities[:5] *= rng.random(5) < 0.8
    capacities[5] *= rng.choice([0.0, 0.2, 1.0, 1.0, 1.0])
    capacities[6] = capacities[5] * rng.choice([0.0, 0.5, 4.0, 10.0, 100.0, 1000.0])
    if rng.random() < 0.05:
        capacities[6] = 200.0
    if rng.random() < 0.5:
        lengths = [count]
    else:
        cuts = np.sort(rng.choice(np.arange(1, count), int(rng.integers(1, 5)), replace=False))
        lengths = np.diff([0, *cuts, count]).tolist()
    weight = rng.uniform(0.2, 20, len(lengths)) if rng.random() < 0.5 else np.ones(len(lengths))
    prices = {"clean": -20.0, "carbon": 80.0, "water": 1.5, "unknown": 5.0}
    return Case(
        shape=rng.uniform(0.6, 1.2, count),
        sources=tuple(sources),
        shed=((0.3, float(rng.uniform(200, 500))), (0.7, 9000.0)),
        charge=float(rng.choice([1.0, 0.94, 0.7])),
        discharge=float(rng.choice([1.0, 0.94, 0.8])),
        wear=float(rng.choice([0.0, 0.0, 5.0])),
        capacities=capacities,
        load_mw=float(rng.choice([0.0, 100.0, 100.0, 100.0])),
        prices=prices if rng.random() < 0.5 else {},
        chain_lengths=tuple(lengths),
        weights=np.repeat(weight, lengths),
        step_hours=float(rng.choice([1.0, 1.0, 0.5, 3.0])),
    )


def unit_cost(case: Case, source: Source) -> Floats:
    """Return what a MWh of a source costs with the prices of what it adds to; a sale earns it."""
    added = np.zeros(len(case.shape))
    for name, amount in source.quantities.items():
        added += case.prices.get(name, 0.0) * np.asarray(amount)
    return np.asarray(source.usd_per_mwh) + (-added if source.sale else added)


def linear_program(case: Case) -> tuple[highspy.HighsLp, float]:
    """Return the program of a case, and the constant that its cost lacks."""
    count = len(case.shape)
    names = case.names
    cost: list[Floats] = []
    upper: list[Floats] = []
    sign: list[float] = []
    constant = 0.0

    def columns(usd: Floats, most: Floats, into: float) -> None:
        cost.append(case.weights * usd)
        upper.append(most + np.zeros(count))
        sign.append(into)

    for source in case.sources:
        usd = unit_cost(case, source)
        most = np.asarray(source.availability) * case.capacities[names.index(source.name)]
        always = source.must_run_fraction * most
        if source.must_run_fraction > 0:
            # paid for whether it is used or spilled
            constant += float(np.sum(case.weights * usd * always))
            columns(np.zeros(count), always, 1.0)
        columns(-usd if source.sale else usd, most - always, -1.0 if source.sale else 1.0)
    for share, unserved in case.shed:
        columns(np.full(count, unserved), share * case.shape * case.load_mw, 1.0)
    power, energy = case.capacities[-2:]
    columns(np.zeros(count), np.full(count, power), -1.0)
    columns(np.full(count, case.wear), np.full(count, power), 1.0)
    columns(np.zeros(count), np.full(count, energy), 0.0)
    eye = sparse.identity(count, format="csc")
    ahead = np.arange(count) + 1
    first = 0
    for length in case.chain_lengths:
        ahead[first + length - 1] = first
        first += length
    turn = sparse.csc_matrix((np.ones(count), (np.arange(count), ahead)), (count, count))
    balance = sparse.hstack([s * eye for s in sign])
    blank = sparse.csc_matrix((count, count * (len(sign) - 3)))
    kept = sparse.hstack(
        [
            blank,
            -case.step_hours * case.charge * eye,
            case.step_hours / case.discharge * eye,
            turn - eye,
        ]
    )
    matrix = sparse.csc_matrix(sparse.vstack([balance, kept], format="csc"))
    right = np.concatenate([case.shape * case.load_mw, np.zeros(count)])
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
    lp.col_cost_ = np.concatenate(cost)
    lp.col_lower_ = np.zeros(matrix.shape[1])
    lp.col_upper_ = np.concatenate(upper)
    lp.row_lower_, lp.row_upper_ = right, right
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return lp, constant


def highs_cost(case: Case) -> float:
    """Return the least cost by HiGHS."""
    lp, constant = linear_program(case)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(str(solver.getModelStatus()))
    return float(solver.getInfo().objective_function_value) + constant
