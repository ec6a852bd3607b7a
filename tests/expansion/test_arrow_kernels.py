"""The compiled loops of the arrow solver against plain twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gigaplan.expansion.arrow import _kernels
from gigaplan.expansion.arrow.factor import ArrowFactor
from gigaplan.expansion.arrow.order import _kernels as order
from gigaplan.expansion.arrow.path import _kernels as path
from gigaplan.expansion.arrow.rows import _kernels as rows

Floats = NDArray[np.float64]

quick = settings(max_examples=60, deadline=None, derandomize=True)
seeds = st.integers(0, 1_000_000)


@quick
@given(seeds, st.integers(1, 40), st.integers(0, 12))
def test_a_factored_front_is_the_schur_complement(seed: int, pivots: int, border: int) -> None:
    rng = np.random.default_rng(seed)
    size = pivots + border
    sign = np.where(rng.random(pivots) < 0.5, 1.0, -1.0)
    full = rng.normal(size=(size, size))
    full = full @ full.T / size
    full[np.ix_(np.flatnonzero(sign < 0), np.flatnonzero(sign > 0))] *= 3
    full = (full + full.T) / 2
    every = np.arange(pivots)
    full[every, every] = 0.0
    full[every, every] = sign * (1 + np.abs(full).sum(axis=1)[:pivots])
    front = np.triu(full).ravel().copy()
    _kernels.factor_front(front, 0, size, pivots, sign, 1e-16)
    inner = np.linalg.inv(full[:pivots, :pivots])
    schur = full[pivots:, pivots:] - full[pivots:, :pivots] @ inner @ full[:pivots, pivots:]
    ours = front.reshape(size, size)[pivots:, pivots:]
    assert np.triu(ours) == pytest.approx(np.triu(schur), abs=1e-10)
    right = rng.normal(size=size)
    x = right.copy()
    _kernels.front_forward(front, 0, size, pivots, x)
    x[pivots:] = 0.0
    _kernels.front_backward(front, 0, size, pivots, x)
    assert x[:pivots] == pytest.approx(inner @ right[:pivots], abs=1e-10)


def plain_elimination(
    ties: set[tuple[int, int]], inner: int, nodes: int, sequence: list[int]
) -> list[set[int]]:
    """What each node of a sequence is tied to as it goes, by the elimination game."""
    near: dict[int, set[int]] = {i: set() for i in range(nodes)}
    for i, j in ties:
        near[i].add(j)
        near[j].add(i)
    met = []
    for p in sequence:
        around = near.pop(p)
        for i in around:
            near[i] = (near[i] | around) - {i, p}
        met.append(around)
    return met


@quick
@given(seeds, st.integers(1, 25), st.integers(0, 6))
def test_what_a_pivot_meets_is_that_of_the_elimination_game(
    seed: int, inner: int, border: int
) -> None:
    rng = np.random.default_rng(seed)
    nodes = inner + border
    first, second = rng.integers(0, inner, 3 * inner), rng.integers(0, nodes, 3 * inner)
    keep = first != second
    first, second = first[keep], second[keep]
    soft = rng.random(inner) < 0.3
    sequence, start, met = order.elimination_order(first, second, inner, nodes, soft)
    assert sorted(sequence) == list(range(inner))
    ties = set(zip(first.tolist(), second.tolist(), strict=True))
    plain = plain_elimination(ties, inner, nodes, sequence.tolist())
    for k, around in enumerate(plain):
        assert set(met[start[k] : start[k + 1]].tolist()) == around
    # a soft node goes after its firm neighbours
    place = {int(p): k for k, p in enumerate(sequence)}
    for i, j in ties:
        for node, other in ((i, j), (j, i)):
            if node < inner and other < inner and soft[node] and not soft[other]:
                assert place[node] > place[other]


@quick
@given(seeds, st.integers(0, 5), st.integers(0, 6), st.integers(0, 4))
def test_the_factored_arrow_solves_its_dense_system(
    seed: int, blocks: int, link: int, shared: int
) -> None:
    rng = np.random.default_rng(seed)
    n, m = 7, 5
    columns = blocks * n + shared
    a = np.zeros((blocks * m + link, columns))
    for b in range(blocks):
        part = rng.normal(size=(m, n)) * (rng.random((m, n)) < 0.5)
        a[b * m : (b + 1) * m, b * n : (b + 1) * n] = part
    a[blocks * m :] = rng.normal(size=(link, columns)) * (rng.random((link, columns)) < 0.6)
    a = a[(a != 0).any(axis=1)] if columns else a[:0]
    a = a[:, (a != 0).any(axis=0)] if len(a) else np.zeros((0, 0))
    if not a.size:
        return
    block = np.concatenate([np.repeat(np.arange(blocks), n), np.full(shared, -1)])[: a.shape[1]]
    free, equal = rng.random(a.shape[1]) < 0.1, rng.random(a.shape[0]) < 0.2
    dx = np.where(free, 0.1, 10.0 ** rng.uniform(-3, 3, len(free)))
    ds = np.where(equal, 0.1, 10.0 ** rng.uniform(-3, 3, len(equal)))
    f, g = rng.normal(size=len(dx)), rng.normal(size=len(ds))
    factor = ArrowFactor(csr_matrix(a), block, free, equal)
    factor.factor(dx, ds)
    x, y = factor.solve(f, g)
    dense = np.block([[np.diag(-dx), a.T], [a, np.diag(ds)]])
    truth = np.linalg.solve(dense, np.concatenate([f, g]))
    assert np.concatenate([x, y]) == pytest.approx(truth, rel=1e-6, abs=1e-7)
    assert factor.error <= 1e-9


def test_pivots_are_dense_where_everything_meets_everything() -> None:
    full = np.concatenate([[0], np.cumsum(np.arange(29, -1, -1))])
    assert order.sparse_pivots(full, 30, 10.0, 200.0) == 0
    alone = np.zeros(401, dtype=np.int64)
    assert order.sparse_pivots(alone, 400, 10.0, 200.0) > 350


@quick
@given(seeds)
def test_passes_over_vectors_are_what_they_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q, zp, zq = rng.exponential(size=(4, 30))
    to_p, to_q, low, high, dual, dp, dz, extra = rng.normal(size=(8, 30))
    has = rng.random(30) < 0.7
    move = dp + 0.6 * extra
    with np.errstate(divide="ignore"):
        far = np.where(move < 0, p / -move, np.inf).min()
    assert path.reach(p, dp, extra, 0.6) == pytest.approx(far)
    assert path.plus(p, 0.3, dp) == pytest.approx(p + 0.3 * dp)
    product = (p + 0.4 * dp) * (zp + 0.7 * dz)
    assert path.product_ahead(p, zp, dp, dz, 0.4, 0.7) == pytest.approx(product.sum())
    second = np.where(has, 0.2 - dp * dz, 0.0)
    assert path.second_order(has, dp, dz, 0.2) == pytest.approx(second)
    back = np.maximum(np.clip(product, 0.02, 2.0) - product, -2.0)
    ours = path.towards_path(has, p, zp, dp, dz, 0.4, 0.7, 0.2, 10.0)
    assert ours == pytest.approx(np.where(has, back, 0.0))
    right = dual + (to_q - zq * high) / q - (to_p - zp * low) / p
    assert path.right_side(p, q, zp, zq, to_p, to_q, low, high, dual) == pytest.approx(right)
    step = dp.copy()
    made = path.dual_step(has, p, zp, to_p, step)
    assert step == pytest.approx(np.where(has, dp, 0.0))
    assert made == pytest.approx(np.where(has, (to_p - zp * dp) / p, 0.0))


@quick
@given(seeds)
def test_implied_bounds_hold_at_every_point_that_keeps_the_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = csr_matrix(rng.normal(size=(6, 5)) * (rng.random((6, 5)) < 0.6))
    x = rng.normal(size=5)
    at = a @ x
    low = np.where(rng.random(6) < 0.6, at - rng.exponential(size=6), -np.inf)
    high = np.where(rng.random(6) < 0.6, at + rng.exponential(size=6), np.inf)
    lower = np.where(rng.random(5) < 0.6, x - rng.exponential(size=5), -np.inf)
    upper = np.where(rng.random(5) < 0.6, x + rng.exponential(size=5), np.inf)
    new_lower, new_upper = lower.copy(), upper.copy()
    indices = a.indptr.astype(np.int64), a.indices.astype(np.int64)
    for _ in range(3):
        rows.tighten(*indices, a.data, low, high, new_lower, new_upper)
    assert (new_lower <= x + 1e-9).all()
    assert (new_upper >= x - 1e-9).all()
    known = np.isfinite(lower)
    assert np.array_equal(new_lower[known], lower[known])  # a bound that is known stays


def test_a_row_implies_a_bound_on_its_one_open_column() -> None:
    lower, upper = np.array([1.0, -np.inf]), np.array([3.0, np.inf])
    start, column = np.array([0, 2]), np.array([0, 1])
    rows.tighten(
        start, column, np.array([2.0, -1.0]), np.array([-4.0]), np.array([8.0]), lower, upper
    )
    # -4 <= 2 x - y <= 8 with 1 <= x <= 3: y lies between 2 - 8 and 6 + 4
    assert lower[1] == pytest.approx(-6.0)
    assert upper[1] == pytest.approx(10.0)
