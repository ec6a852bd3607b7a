"""Factors the quasi-definite system of an arrow and solves with it.

    [ -Dx  A' ] [ dx ]   [ f ]
    [  A   Ds ] [ dy ] = [ g ]

``Dx >= 0`` by column and ``Ds >= 0`` by row. Each block's columns and rows are eliminated in an
order found once: first, sparsely, those that meet few others (a cut meets a year's columns),
then the rest of the block as a dense front that ends in the border nodes it touches. What the
blocks leave on the border (linking rows and shared columns) is summed in block order and
factored densely. ``LDL'`` without pivoting holds in any order for a quasi-definite matrix;
nodes with no diagonal of their own (free columns, equality rows) wait until their neighbours have
given them one. A small regularisation covers the rest and is refined away.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gigaplan.expansion.arrow import _kernels
from gigaplan.expansion.arrow.order import _kernels as order_kernels
from gigaplan.expansion.arrow.reduce import blocks_of_rows
from gigaplan.expansion.options import FloatArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

REGULARISATION = 1e-12
MOST_REGULARISATION = 1e-8
LEAST_PIVOT = 1e-16
SPARSE_COST = 10.0
PIVOT_COST = 200.0


def _starts(counts: NDArray[Any]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


class ArrowFactor:
    """Symbolic work once, then `factor` and `solve` as often as wanted.

    Parameters
    ----------
    matrix : csr_matrix [row, column]
    block : array of int [column]
        Block of each column, -1 if shared.
    free : array of bool [column]
        Columns without bounds.
    equal : array of bool [row]
        Equality rows.
    threads : int
        Threads over blocks; results do not depend on it.

    Attributes
    ----------
    error : float
        What the last solve left of its right side.
    """

    def __init__(
        self, matrix: csr_matrix, block: Ints, free: Flags, equal: Flags, threads: int = 1
    ) -> None:
        self.matrix = matrix
        self.transposed = matrix.T.tocsr()
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        rows, columns = matrix.shape
        row_of = np.repeat(np.arange(rows), np.diff(matrix.indptr))
        row_block = blocks_of_rows(matrix, block)
        # a free column that meets linking rows alone would have nothing to wait for
        local = np.zeros(columns, dtype=bool)
        local[matrix.indices[row_block[row_of] >= 0]] = True
        block = np.where(free & ~local, -1, block)
        node_block = np.concatenate([block, row_block])
        soft = np.concatenate([free, equal])
        self._number(node_block, soft, columns)
        self._lay_out(row_of + columns, matrix.indices.astype(np.int64), soft)
        sign = np.concatenate([-np.ones(columns), np.ones(rows)])
        self._sign = sign[self._inner_nodes]
        self._border_sign = sign[self._border_nodes]
        self._chunks = self._split(threads)
        self._dx = np.ones(columns)
        self._ds = np.ones(rows)
        self._added = REGULARISATION
        self.error = 0.0

    def _number(self, node_block: Ints, soft: Flags, columns: int) -> None:
        """Give every node its block's next place, or its place in the border."""
        nodes = len(node_block)
        inner = np.flatnonzero(node_block >= 0)
        inner = inner[np.argsort(node_block[inner], kind="stable")]
        _, counts = np.unique(node_block[inner], return_counts=True)
        self._node_start = _starts(counts)
        self._block_count = len(counts)
        self._inner_nodes = inner
        at = np.flatnonzero(node_block < 0)
        # in the border firm columns go first, then rows, then free columns
        rank = np.where(at >= columns, 1, np.where(soft[at], 2, 0))
        self._border_nodes = at[np.argsort(rank, kind="stable")]
        self._local = np.empty(nodes, dtype=np.int64)
        self._block_of = np.full(nodes, -1)
        which = np.repeat(np.arange(self._block_count), counts)
        self._block_of[inner] = which
        self._local[inner] = np.arange(len(inner)) - self._node_start[which]
        self._local[self._border_nodes] = np.arange(len(at))

    def _lay_out(self, row_node: Ints, column_node: Ints, soft: Flags) -> None:
        """Order each block's elimination and say where every value goes."""
        blocks, border = self._block_count, len(self._border_nodes)
        entry_block = np.maximum(self._block_of[column_node], self._block_of[row_node])
        entry = np.argsort(entry_block, kind="stable")
        outside = np.searchsorted(entry_block[entry], 0)
        corner, entry = entry[:outside], entry[outside:]
        low, high = self._local[column_node[corner]], self._local[row_node[corner]]
        self._corner = (np.minimum(low, high), np.maximum(low, high), corner)
        owner = entry_block[entry]
        first = self._local[column_node[entry]]
        second = self._local[row_node[entry]].copy()
        linking = self._block_of[row_node[entry]] < 0
        pair, back = np.unique(owner[linking] * border + second[linking], return_inverse=True)
        owned = pair // max(border, 1)
        self._border_start = _starts(np.bincount(owned, minlength=blocks))
        self._border_node = pair - owned * border
        inner = np.diff(self._node_start)
        mine = owner[linking]
        second[linking] = inner[mine] + back - self._border_start[mine]
        entry_start = _starts(np.bincount(owner, minlength=blocks))
        found = []

        def order(b: int) -> tuple[Any, ...]:
            part = slice(entry_start[b], entry_start[b + 1])
            n, nodes = inner[b], inner[b] + self._border_start[b + 1] - self._border_start[b]
            own = self._inner_nodes[self._node_start[b] : self._node_start[b + 1]]
            sequence, met_start, met = order_kernels.elimination_order(
                first[part], second[part], n, nodes, soft[own]
            )
            pivots = order_kernels.sparse_pivots(met_start, nodes, SPARSE_COST, PIVOT_COST)
            layout = order_kernels.block_layout(sequence, met_start, met, pivots, nodes)
            column_start, below, targets, place, target_start = layout
            every = np.arange(n)
            places = np.empty(len(first[part]) + n, dtype=np.int64)
            order_kernels.entry_places(
                np.concatenate([first[part], every]),
                np.concatenate([second[part], every]),
                column_start,
                met_start,
                below,
                place,
                pivots,
                nodes,
                places,
            )
            size = column_start[-1] + (nodes - pivots) ** 2
            return (
                pivots, column_start, below, targets, place[:n], target_start, places, size,
                met_start[: pivots + 1],
            )  # fmt: skip

        found = self._each(order, range(blocks))
        joined = _joined(found)
        self._pivot_start = _starts(np.array([f[0] for f in found], dtype=np.int64))
        self._column_start = joined(1)
        self._below, self._targets = joined(2).astype(np.int32), joined(3).astype(np.int32)
        self._value_place = joined(6)
        self._store_start = _starts(np.array([f[7] for f in found], dtype=np.int64))
        self._below_start = _starts(np.concatenate([np.diff(f[8]) for f in found] or [[]]))
        self._target_start = _starts(np.concatenate([np.diff(f[5]) for f in found] or [[]]))
        self._value_start = _starts(np.diff(entry_start) + inner)
        # values of a block: its entries, then the diagonal of its nodes
        spot = np.repeat(entry_start[:-1], np.diff(entry_start))
        self._value_source = np.empty(len(entry) + len(self._inner_nodes), dtype=np.int64)
        shift = np.repeat(self._value_start[:-1], np.diff(entry_start))
        self._value_source[shift + np.arange(len(entry)) - spot] = entry
        which = self._block_of[self._inner_nodes]
        after = self._value_start[which] + np.diff(entry_start)[which]
        local = self._local[self._inner_nodes]
        self._value_source[after + local] = len(column_node) + self._inner_nodes
        slot = self._node_start[which] + joined(4).astype(np.int64)
        self._inner_nodes = self._inner_nodes[np.argsort(slot)]
        self._store = np.empty(self._store_start[-1])
        self._square = np.zeros((border, border))

    def _split(self, threads: int) -> list[tuple[int, int]]:
        """Return runs of blocks of about equal work, one a thread."""
        work = np.cumsum(np.diff(self._store_start))
        if threads <= 1 or self._block_count < 2:
            return [(0, self._block_count)]
        edges = np.searchsorted(work, work[-1] * np.arange(1, threads) / threads)
        cuts = [0, *(int(e) + 1 for e in edges), self._block_count]
        return [(a, b) for a, b in pairwise(cuts) if b > a]

    def _each(self, work: Callable[[Any], Any], parts: Any) -> list[Any]:
        if self._pool is None:
            return [work(part) for part in parts]
        return list(self._pool.map(work, parts))

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def factor(self, dx: FloatArray, ds: FloatArray) -> None:
        """Factor with these diagonals, both not negative."""
        self._dx, self._ds = dx, ds
        diagonal = np.concatenate([-(dx + self._added), ds + self._added])
        values = np.concatenate([self.matrix.data, diagonal])
        own = values[self._value_source]

        def work(part: tuple[int, int]) -> None:
            _kernels.factor_blocks(
                part[0],
                part[1],
                self._store,
                self._store_start,
                own,
                self._value_start,
                self._value_place,
                self._column_start,
                self._pivot_start,
                self._below_start,
                self._targets,
                self._target_start,
                self._node_start,
                self._border_start,
                self._sign,
                LEAST_PIVOT,
            )

        self._each(work, self._chunks)
        square = self._square
        square[:] = 0.0
        low, high, which = self._corner
        square[low, high] = values[which]
        every = np.arange(len(square))
        square[every, every] = diagonal[self._border_nodes]
        _kernels.add_borders(
            self._store,
            self._store_start,
            self._column_start,
            self._pivot_start,
            self._node_start,
            self._border_start,
            self._border_node,
            square,
        )
        size = len(square)
        _kernels.factor_front(square.ravel(), 0, size, size, self._border_sign, LEAST_PIVOT)

    def firmer(self) -> bool:
        """Factor again with more regularisation, from now on; False if there is enough."""
        if self._added >= MOST_REGULARISATION:
            return False
        self._added *= 10.0
        self.factor(self._dx, self._ds)
        return True

    def _once(self, right: FloatArray) -> FloatArray:
        """Return the solution of the regularised system."""
        x = right[self._inner_nodes]
        border = right[self._border_nodes]
        left = np.zeros(len(self._border_node))
        pattern = (
            self._store,
            self._store_start,
            self._column_start,
            self._pivot_start,
            self._below_start,
            self._below,
            self._node_start,
            self._border_start,
        )
        self._each(lambda p: _kernels.forward_blocks(p[0], p[1], *pattern, x, left), self._chunks)
        # bincount adds in order, so the sum does not depend on threads
        border += np.bincount(self._border_node, left, len(border))
        flat, size = self._square.ravel(), len(border)
        _kernels.front_forward(flat, 0, size, size, border)
        _kernels.front_backward(flat, 0, size, size, border)
        self._each(
            lambda p: _kernels.backward_blocks(p[0], p[1], *pattern, self._border_node, x, border),
            self._chunks,
        )
        out = np.empty(len(right))
        out[self._inner_nodes] = x
        out[self._border_nodes] = border
        return out

    def residual(self, right: FloatArray, at: FloatArray) -> FloatArray:
        """Return what `at` leaves of `right` in the system without regularisation."""
        n = len(self._dx)
        dx, dy = at[:n], at[n:]
        out = right.copy()
        out[:n] -= self.transposed @ dy - self._dx * dx
        out[n:] -= self.matrix @ dx + self._ds * dy
        return out

    def solve(
        self, f: FloatArray, g: FloatArray, *, refinements: int = 3, accuracy: float = 1e-10
    ) -> tuple[FloatArray, FloatArray]:
        """Return ``dx, dy``, refined until the residual is `accuracy` of the right side.

        Without refinements the residual is not looked at.
        """
        right = np.concatenate([f, g])
        if refinements == 0:
            at = self._once(right)
            return at[: len(f)], at[len(f) :]
        size = np.abs(right).max(initial=0.0)
        at = self._once(right)
        rest = self.residual(right, at)
        worst = np.abs(rest).max(initial=0.0)
        for _ in range(refinements):
            if worst <= accuracy * size:
                break
            trial = at + self._once(rest)
            after = self.residual(right, trial)
            worse = np.abs(after).max(initial=0.0)
            if not worse < worst:
                break
            at, rest, worst = trial, after, worse
        self.error = worst / size if size > 0 else 0.0
        return at[: len(f)], at[len(f) :]


def _joined(found: list[tuple[Any, ...]]) -> Callable[[int], Ints]:
    def join(i: int) -> Ints:
        if not found:
            return np.empty(0, dtype=np.int64)
        return np.asarray(np.concatenate([f[i] for f in found]))

    return join
