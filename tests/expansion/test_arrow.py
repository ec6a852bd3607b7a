"""The arrow solver against HiGHS, and by what its duals prove."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from gigaplan.expansion.arrow import ArrowPoint, solve_arrow
from gigaplan.expansion.assembly import LinearProgram
from gigaplan.expansion.highs import Session, largest_residual

Ints = NDArray[np.int64]

quick = settings(max_examples=60, deadline=None, derandomize=True)
seeds = st.integers(0, 1_000_000)
# blocks, their columns and rows, linking rows, shared columns
SHAPES = [
    (1, 8, 5, 0, 0),
    (3, 6, 4, 3, 2),
    (4, 10, 8, 0, 0),
    (0, 0, 0, 8, 12),
    (1, 1, 1, 1, 1),
    (2, 12, 3, 6, 0),
    (3, 20, 15, 6, 3),
]
shapes = st.sampled_from(SHAPES)


def benchmark_module() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "expansion_master.py"
    spec = importlib.util.spec_from_file_location("benchmarks.expansion_master", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = benchmark_module()


def random_arrow(seed: int, shape: tuple[int, ...]) -> tuple[LinearProgram, Ints]:
    """A feasible, bounded program with equality, ranged, open, empty rows and every kind of bound.

    A point and duals are drawn first, sides and costs after them.
    """
    blocks, n, m, link, shared = shape
    rng = np.random.default_rng(seed)
    columns, rows = blocks * n + shared, blocks * m + link
    a = np.zeros((rows, columns))
    for b in range(blocks):
        part = rng.normal(size=(m, n)) * (rng.random((m, n)) < 0.4)
        a[b * m : (b + 1) * m, b * n : (b + 1) * n] = part
    a[blocks * m :] = rng.normal(size=(link, columns)) * (rng.random((link, columns)) < 0.3)
    a *= 10.0 ** rng.integers(-2, 3, (rows, 1))
    a *= 10.0 ** rng.integers(-2, 3, (1, columns))
    lower = np.where(
        rng.random(columns) < 0.7, -rng.exponential(size=columns) * rng.integers(0, 2), -np.inf
    )
    base = np.where(np.isfinite(lower), lower, 0.0)
    upper = np.where(rng.random(columns) < 0.5, base + rng.exponential(size=columns), np.inf)
    fixed = rng.random(columns) < 0.08
    lower[fixed] = upper[fixed] = base[fixed]
    at = a @ np.clip(rng.normal(size=columns), lower, upper)
    kind = rng.integers(0, 5, rows)  # equal, at least, at most, ranged, open
    away = rng.exponential(size=rows) * (rng.random(rows) < 0.5)
    row_lower = np.select([kind == 0, kind == 1, kind == 3], [at, at - away, at - 1], -np.inf)
    row_upper = np.select([kind == 0, kind == 2, kind == 3], [at, at + away, at + 1], np.inf)
    y = rng.normal(size=rows) * (rng.random(rows) < 0.7)
    y = np.select([kind == 1, kind == 2, kind == 4], [np.abs(y), -np.abs(y), 0.0], y)
    z = rng.normal(size=columns) * (rng.random(columns) < 0.6)
    open_low, open_high = np.isinf(lower), np.isinf(upper)
    z = np.select([open_low & open_high, open_high, open_low], [0.0, np.abs(z), -np.abs(z)], z)
    cost = a.T @ y + z
    whole = np.zeros(columns, dtype=bool)
    program = LinearProgram(csr_matrix(a), cost, lower, upper, row_lower, row_upper, whole)
    return program, np.concatenate([np.repeat(np.arange(blocks), n), np.full(shared, -1)])


def assert_optimal(program: LinearProgram, found: ArrowPoint, tolerance: float = 1e-8) -> None:
    truth = Session(program, threads=1).solve_linear()
    assert truth.status == "optimal"
    size = max(abs(truth.objective), 1.0)
    assert found.status == "optimal"
    assert abs(found.objective - truth.objective) <= 2 * tolerance * size + 1e-9 * size
    assert found.bound <= truth.objective + 1e-8 * size
    assert found.bound >= truth.objective - 2 * tolerance * size
    assert found.primal_residual <= 1e-8
    assert (found.values >= program.lower).all()
    assert (found.values <= program.upper).all()


@quick
@given(seeds, shapes)
def test_the_optimum_of_any_arrow_is_that_of_highs(seed: int, shape: tuple[int, ...]) -> None:
    program, block = random_arrow(seed, shape)
    assert_optimal(program, solve_arrow(program, block))


@pytest.mark.parametrize("kind", ["outer", "inner"])
@pytest.mark.parametrize(
    ("sites", "pieces", "years"), [(2, 1, 2), (2, 3, 3), (5, 12, 4), (6, 20, 10)]
)
@pytest.mark.parametrize("tolerance", [1e-8, 1e-4])
def test_the_optimum_of_a_master_problem_is_that_of_highs(
    kind: str, sites: int, pieces: int, years: int, tolerance: float
) -> None:
    for seed in range(3):
        program, block = bench.master(kind, sites, pieces, years=years, seed=seed)
        assert_optimal(program, solve_arrow(program, block, tolerance=tolerance), tolerance)


@pytest.mark.parametrize("kind", ["outer", "inner"])
def test_values_keep_every_row_as_our_own_check_measures_it(kind: str) -> None:
    program, block = bench.master(kind, 8, 10)
    found = solve_arrow(program, block)
    assert largest_residual(program, found.values) <= 1e-5  # rows without a side, up to 1e7 MWh
    assert found.primal_residual <= 1e-10


@quick
@given(seeds, shapes)
def test_the_answer_does_not_depend_on_blocks(seed: int, shape: tuple[int, ...]) -> None:
    program, block = random_arrow(seed, shape)
    shared = solve_arrow(program, np.full(len(block), -1))
    one = solve_arrow(program, np.zeros(len(block), dtype=np.int64))
    size = max(abs(shared.objective), 1.0)
    assert shared.status == one.status == "optimal"
    assert abs(shared.objective - one.objective) <= 3e-8 * size


@pytest.mark.parametrize("kind", ["outer", "inner"])
def test_threads_change_no_bit(kind: str) -> None:
    program, block = bench.master(kind, 7, 8)
    one = solve_arrow(program, block)
    for threads in (2, 3, 16):
        many = solve_arrow(program, block, threads=threads)
        assert np.array_equal(one.values, many.values)
        assert np.array_equal(one.row_duals, many.row_duals)
        assert one.bound == many.bound


@pytest.mark.parametrize("kind", ["outer", "inner"])
def test_rows_said_twice_and_rows_of_zeros_change_nothing(kind: str) -> None:
    program, block = bench.master(kind, 3, 6, years=4)
    zeros = csr_matrix((2, len(program.cost)))
    doubled = replace(
        program,
        matrix=csr_matrix(vstack([program.matrix, program.matrix, zeros])),
        row_lower=np.concatenate([program.row_lower, program.row_lower, [0.0, -np.inf]]),
        row_upper=np.concatenate([program.row_upper, program.row_upper, [0.0, 5.0]]),
    )
    assert_optimal(doubled, solve_arrow(doubled, block))


def test_duals_are_what_one_unit_more_of_a_row_costs() -> None:
    program, block = bench.master("outer", 4, 6, years=3)
    found = solve_arrow(program, block)
    load = np.arange(3)  # the first rows: at least this much load, which costs more when higher
    for row in load:
        moved = program.row_lower.copy()
        moved[row] += 0.5
        more = solve_arrow(replace(program, row_lower=moved), block)
        slope = (more.objective - found.objective) / 0.5
        assert found.row_duals[row] >= 0
        assert slope == pytest.approx(found.row_duals[row], rel=0.05, abs=1.0)


@quick
@given(seeds, shapes)
def test_what_has_no_feasible_point_is_never_called_a_plan(
    seed: int, shape: tuple[int, ...]
) -> None:
    program, block = random_arrow(seed, shape)
    row = np.random.default_rng(seed).normal(size=(1, len(block)))
    twice = csr_matrix(np.vstack([program.matrix.toarray(), row, row]))
    program = replace(
        program,
        matrix=twice,
        row_lower=np.append(program.row_lower, [1.0, -np.inf]),
        row_upper=np.append(program.row_upper, [np.inf, 0.9]),
    )
    assert solve_arrow(program, block).status != "optimal"


def test_load_that_no_site_can_serve_is_called_infeasible() -> None:
    program, block = bench.master("inner", 3, 5, years=3)
    short = block < 0
    upper = np.where(short, 0.0, program.upper)
    lower = np.append(program.row_lower[:3] * 50, program.row_lower[3:])
    found = solve_arrow(replace(program, upper=upper, row_lower=lower), block)
    assert found.status == "infeasible"
    assert found.objective == np.inf


def test_what_costs_less_without_limit_has_no_optimum() -> None:
    program, block = random_arrow(3, (2, 4, 2, 1, 0))
    cost = np.append(program.cost, -1.0)
    column = csr_matrix((program.matrix.shape[0], 1))
    matrix = csr_matrix(np.hstack([program.matrix.toarray(), column.toarray()]))
    whole = np.zeros(len(cost), dtype=bool)
    lower, upper = np.append(program.lower, 0.0), np.append(program.upper, np.inf)
    loose = LinearProgram(matrix, cost, lower, upper, program.row_lower, program.row_upper, whole)
    found = solve_arrow(loose, np.append(block, -1))
    assert found.status == "unbounded"
    assert found.bound == -np.inf


def test_bounds_alone_may_settle_everything() -> None:
    matrix = csr_matrix([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    program = LinearProgram(
        matrix,
        np.array([1.0, 2.0, -3.0]),
        np.zeros(3),
        np.array([9.0, 9.0, 4.0]),
        np.array([2.0, 5.0]),
        np.array([2.0, 5.0]),
        np.zeros(3, dtype=bool),
    )
    found = solve_arrow(program, np.array([0, 0, 1]))
    assert found.status == "optimal"
    assert found.values == pytest.approx([2.0, 3.0, 4.0])
    assert found.bound == pytest.approx(-4.0)


@pytest.mark.parametrize("kind", ["outer", "inner"])
def test_a_start_from_the_round_before_leads_to_the_same_optimum_sooner(kind: str) -> None:
    program, block = bench.master(kind, 10, 10)
    cold = solve_arrow(program, block, tolerance=1e-6)
    before = solve_arrow(program, block, tolerance=1e-3)
    some = np.arange(len(before.values)) % 17 == 0
    values = np.where(some, np.nan, before.values)
    warm = solve_arrow(program, block, tolerance=1e-6, start=replace(before, values=values))
    assert warm.status == "optimal"
    assert warm.objective == pytest.approx(cold.objective, rel=3e-6)
    assert warm.iterations < cold.iterations


def test_a_nonsensical_start_does_no_harm() -> None:
    program, block = bench.master("outer", 3, 6, years=4)
    good = solve_arrow(program, block)
    rng = np.random.default_rng(0)
    start = replace(
        good,
        values=1e8 * rng.normal(size=len(good.values)),
        row_duals=1e8 * rng.normal(size=len(good.row_duals)),
    )
    assert_optimal(program, solve_arrow(program, block, start=start))


def test_columns_that_might_share_an_optimum_share_it() -> None:
    # two equal columns: a vertex would give all to one, the centre gives each half
    program = LinearProgram(
        csr_matrix([[1.0, 1.0]]),
        np.ones(2),
        np.zeros(2),
        np.full(2, np.inf),
        np.array([2.0]),
        np.array([np.inf]),
        np.zeros(2, dtype=bool),
    )
    assert solve_arrow(program, np.array([0, 1])).values == pytest.approx([1.0, 1.0], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_the_optimum_of_300_arrows_of_a_shape_is_that_of_highs(shape: tuple[int, ...]) -> None:
    for seed in range(300):
        program, block = random_arrow(seed, shape)
        assert_optimal(program, solve_arrow(program, block))
