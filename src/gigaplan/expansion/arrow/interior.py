"""The primal-dual iteration on a scaled program: predictor, corrector, further correctors.

    min c x   with   A x - s = b   (s only in rows that are not equalities; b = 0 in those),
    v = (x, s),   v - low = p,   high - v = q,   p, q > 0 where a bound is finite;
    c - A' y = zp - zq for x,   y = zp - zq for s,   zp, zq > 0.

A direction solves the linearised conditions. Eliminating p, q, zp, zq and s leaves the
quasi-definite system of `factor`, with ``Dx = zp/p + zq/q`` of columns and ``Ds`` its inverse for
the slacks. Each iteration takes Mehrotra's predictor and corrector and then up to a few of
Gondzio's correctors, which draw products that are far off the central path back to it and so keep
the points centred.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gigaplan.expansion.arrow.factor import ArrowFactor
from gigaplan.expansion.arrow.path._kernels import (
    dual_step,
    plus,
    product_ahead,
    reach,
    right_side,
    second_order,
    towards_path,
)
from gigaplan.expansion.arrow.reduce import Reduced
from gigaplan.expansion.options import FloatArray

STEP_FRACTION = 0.9995
CORRECTORS = 3
SPREAD = 10.0
MOST_CENTRING = 0.1
LOOSE = 1e-9
WARMTH = 0.03
WIDEST_RATIO = 1e40


@dataclass(frozen=True)
class Iterate:
    """A point of the iteration: ``v``, ``y`` and the distances to bounds with their duals."""

    v: FloatArray
    y: FloatArray
    p: FloatArray
    q: FloatArray
    zp: FloatArray
    zq: FloatArray

    def moved(self, step: Iterate, primal: float, dual: float) -> Iterate:
        """Return the point after a step, of different lengths in primal and dual parts."""
        return Iterate(
            plus(self.v, primal, step.v),
            plus(self.y, dual, step.y),
            plus(self.p, primal, step.p),
            plus(self.q, primal, step.q),
            plus(self.zp, dual, step.zp),
            plus(self.zq, dual, step.zq),
        )

    def finite(self) -> bool:
        """Say whether no number is lost."""
        return all(np.isfinite(part.sum()) for part in (self.v, self.y, self.zp, self.zq))


@dataclass(frozen=True)
class Residuals:
    """What a point leaves of the conditions, and how far from the optimum it is.

    Parameters
    ----------
    primal, dual, low, high : array
    mu : float
        Mean product of a distance and its dual.
    primal_worst, dual_worst, gap : float
        Relative: to right sides, costs and the objective.
    """

    primal: FloatArray
    dual: FloatArray
    low: FloatArray
    high: FloatArray
    mu: float
    primal_worst: float
    dual_worst: float
    gap: float

    @property
    def worst(self) -> float:
        """The largest of the three."""
        return max(self.primal_worst, self.dual_worst, self.gap)


class Interior:
    """One scaled program under iteration.

    Parameters
    ----------
    reduced : Reduced
    factor : ArrowFactor
        Of the same matrix.
    offset : float
        Cost of what is settled, scaled; the gap is relative to all.
    """

    def __init__(self, reduced: Reduced, factor: ArrowFactor, offset: float) -> None:
        self.matrix, self.transposed = factor.matrix, factor.transposed
        self.cost, self.factor, self.offset = reduced.cost, factor, offset
        self.n = len(reduced.cost)
        equal = reduced.row_lower == reduced.row_upper
        self.slack_rows = np.flatnonzero(~equal)
        self.right = np.where(equal, reduced.row_lower, 0.0)
        low = np.concatenate([reduced.lower, reduced.row_lower[self.slack_rows]])
        high = np.concatenate([reduced.upper, reduced.row_upper[self.slack_rows]])
        self.has_low, self.has_high = np.isfinite(low), np.isfinite(high)
        self.low = np.where(self.has_low, low, 0.0)
        self.high = np.where(self.has_high, high, 0.0)
        self._none = np.zeros(len(low))
        self.count = max(int(self.has_low.sum() + self.has_high.sum()), 1)
        edges = (np.abs(self.right), np.abs(self.low), np.abs(self.high))
        self.side_size = 1.0 + max(edge.max(initial=0.0) for edge in edges)
        self.cost_size = 1.0 + np.abs(self.cost).max(initial=0.0)

    def activity(self, v: FloatArray) -> FloatArray:
        """Return ``A x - s``."""
        out = self.matrix @ v[: self.n]
        out[self.slack_rows] -= v[self.n :]
        return np.asarray(out)

    def pull(self, y: FloatArray) -> FloatArray:
        """Return the transpose of `activity` applied to row duals."""
        return np.concatenate([self.transposed @ y, -y[self.slack_rows]])

    def residuals(self, at: Iterate) -> Residuals:
        """Return what `at` leaves of the conditions."""
        primal = self.right - self.activity(at.v)
        dual = -self.pull(at.y) - at.zp + at.zq
        dual[: self.n] += self.cost
        low = np.where(self.has_low, at.v - self.low - at.p, 0.0)
        high = np.where(self.has_high, self.high - at.v - at.q, 0.0)
        pay = float(self.cost @ at.v[: self.n])
        earn = float(self.right @ at.y + self.low @ at.zp - self.high @ at.zq)
        worst = max(np.abs(r).max(initial=0.0) for r in (primal, low, high))
        return Residuals(
            primal,
            dual,
            low,
            high,
            float(at.p @ at.zp + at.q @ at.zq) / self.count,
            worst / self.side_size,
            np.abs(dual).max(initial=0.0) / self.cost_size,
            abs(pay - earn) / (1e-12 + abs(pay + self.offset)),
        )

    def begin(self) -> Iterate:
        """Return Mehrotra's starting point: least squares, then pushed inside."""
        slack, n = self.slack_rows, self.n
        ones = np.ones(n), np.where(np.isin(np.arange(len(self.right)), slack), 1.0, 0.0)
        self.factor.factor(*ones)
        rest = np.clip(0.0, *self._clip_ends())
        dx, dy = self.factor.solve(np.zeros(n), self.right - self.activity(rest))
        ds = -dy[slack]
        v = rest + np.concatenate([dx, ds])
        _, y = self.factor.solve(self.cost, np.zeros(len(self.right)))
        z = np.concatenate([self.cost - self.transposed @ y, y[slack]])
        p = np.where(self.has_low, v - self.low, 1.0)
        q = np.where(self.has_high, self.high - v, 1.0)
        both = self.has_low & self.has_high
        zp = np.where(self.has_low, np.where(both, np.maximum(z, 0.0), z), 0.0)
        zq = np.where(self.has_high, np.where(both, np.maximum(-z, 0.0), -z), 0.0)
        return self._inside(Iterate(v, y, p, q, zp, zq))

    def begin_near(self, x: FloatArray, y: FloatArray) -> Iterate:
        """Return a point near given values and row duals (NaN: not known), pushed inside.

        No distance or dual is below `WARMTH` of what it would be without them.
        """
        cold, slack = self.begin(), self.slack_rows
        x = np.where(np.isfinite(x), x, cold.v[: self.n])
        y = np.where(np.isfinite(y), y, 0.0)
        low, high = self._clip_ends()
        v = np.clip(np.concatenate([x, (self.matrix @ x)[slack]]), low, high)
        z = np.concatenate([self.cost - self.transposed @ y, y[slack]])
        p, q = np.maximum(v - self.low, WARMTH * cold.p), np.maximum(self.high - v, WARMTH * cold.q)
        zp, zq = np.maximum(z, WARMTH * cold.zp), np.maximum(-z, WARMTH * cold.zq)
        return Iterate(
            v,
            y,
            np.where(self.has_low, p, 1.0),
            np.where(self.has_high, q, 1.0),
            np.where(self.has_low, zp, 0.0),
            np.where(self.has_high, zq, 0.0),
        )

    def _clip_ends(self) -> tuple[FloatArray, FloatArray]:
        low = np.where(self.has_low, self.low, -np.inf)
        high = np.where(self.has_high, self.high, np.inf)
        return low, high

    def _inside(self, at: Iterate) -> Iterate:
        """Return the point with distances and duals pushed well above zero (Mehrotra)."""
        low, high = self.has_low, self.has_high
        p, q, zp, zq = at.p, at.q, at.zp, at.zq
        least_p = min(p[low].min(initial=np.inf), q[high].min(initial=np.inf))
        least_z = min(zp[low].min(initial=np.inf), zq[high].min(initial=np.inf))
        push_p = max(-1.5 * least_p, 0.0) if np.isfinite(least_p) else 0.0
        push_z = max(-1.5 * least_z, 0.0) if np.isfinite(least_z) else 0.0
        total_p = p[low].sum() + q[high].sum() + self.count * push_p
        total_z = zp[low].sum() + zq[high].sum() + self.count * push_z
        product = ((p + push_p) * (zp + push_z))[low].sum()
        product += ((q + push_p) * (zq + push_z))[high].sum()
        push_p += 0.5 * product / max(total_z, 1e-8) + 1e-4
        push_z += 0.5 * product / max(total_p, 1e-8) + 1e-4
        return Iterate(
            at.v,
            at.y,
            np.where(low, p + push_p, 1.0),
            np.where(high, q + push_p, 1.0),
            np.where(low, zp + push_z, 0.0),
            np.where(high, zq + push_z, 0.0),
        )

    def prepare(self, at: Iterate) -> None:
        """Factor at a point."""
        weight = at.zp / at.p + at.zq / at.q
        self._room = 1.0 / np.clip(weight[self.n :], 1 / WIDEST_RATIO, WIDEST_RATIO)
        diagonal = np.zeros(len(self.right))
        diagonal[self.slack_rows] = self._room
        self.factor.factor(np.minimum(weight[: self.n], WIDEST_RATIO), diagonal)

    def direction(
        self, at: Iterate, gone: Residuals | None, to_p: FloatArray, to_q: FloatArray
    ) -> Iterate:
        """Return the step that removes residuals and changes products by `to_p`, `to_q`."""
        n, slack = self.n, self.slack_rows
        low, high, dual = self._none, self._none, self._none
        g = np.zeros(len(self.right))
        if gone is not None:
            low, high, dual = gone.low, gone.high, gone.dual
            g += gone.primal
        f = right_side(at.p, at.q, at.zp, at.zq, to_p, to_q, low, high, dual)
        g[slack] -= self._room * f[n:]
        # what a corrector misses, the next iteration sees
        dx, dy = self.factor.solve(f[:n], g, refinements=0 if gone is None else 3)
        dv = np.concatenate([dx, -(dy[slack] + f[n:]) * self._room])
        dp, dq = dv + low, high - dv
        zp = dual_step(self.has_low, at.p, at.zp, to_p, dp)
        zq = dual_step(self.has_high, at.q, at.zq, to_q, dq)
        return Iterate(dv, dy, dp, dq, zp, zq)

    def mended(self, at: Iterate, left: Residuals) -> Iterate:
        """Return the point with its primal residual taken out, as far as it stays inside."""
        gone = replace(left, dual=self._none)
        found = self.direction(at, gone, self._none, self._none)
        primal, _ = longest(at, found)
        return at.moved(found, primal, 0.0)

    def step(self, at: Iterate, gone: Residuals) -> tuple[Iterate, float, float]:
        """Return a combined direction at `at` and its step lengths."""
        to_p, to_q = -at.p * at.zp, -at.q * at.zq
        affine = self.direction(at, gone, to_p, to_q)
        while self.factor.error > LOOSE and self.factor.firmer():
            affine = self.direction(at, gone, to_p, to_q)
        primal, dual = longest(at, affine)
        ahead = product_ahead(at.p, at.zp, affine.p, affine.zp, primal, dual)
        ahead += product_ahead(at.q, at.zq, affine.q, affine.zq, primal, dual)
        sigma = (ahead / self.count / gone.mu) ** 3 if gone.mu > 0 else 0.0
        mu = min(sigma, MOST_CENTRING) * gone.mu
        to_p = second_order(self.has_low, affine.p, affine.zp, mu)
        to_q = second_order(self.has_high, affine.q, affine.zq, mu)
        found = affine.moved(self.direction(at, None, to_p, to_q), 1.0, 1.0)
        primal, dual = longest(at, found)
        for _ in range(CORRECTORS):
            if min(primal, dual) > 0.95:
                break
            better = self._corrected(at, found, mu, primal, dual)
            if better is None:
                break
            found, primal, dual = better
        return found, primal, dual

    def _corrected(
        self, at: Iterate, found: Iterate, mu: float, primal: float, dual: float
    ) -> tuple[Iterate, float, float] | None:
        """Return the direction with one of Gondzio's correctors, or None if it gains little."""
        aim = min(1.0, 2.0 * primal + 0.1), min(1.0, 2.0 * dual + 0.1)
        to_p = towards_path(self.has_low, at.p, at.zp, found.p, found.zp, *aim, mu, SPREAD)
        to_q = towards_path(self.has_high, at.q, at.zq, found.q, found.zq, *aim, mu, SPREAD)
        extra = self.direction(at, None, to_p, to_q)
        best, far = 0.0, (primal, dual)
        for share in (1.0, 0.6, 0.3):
            new = longest(at, found, extra, share)
            enough = min(new[0] - primal, new[1] - dual) > -0.09
            if enough and sum(new) > sum(far) + (0.02 if best == 0.0 else 0.0):
                best, far = share, new
        return (found.moved(extra, best, best), *far) if best > 0.0 else None


def longest(
    at: Iterate, step: Iterate, extra: Iterate | None = None, share: float = 0.0
) -> tuple[float, float]:
    """Return how far a step may go in primal and dual parts, short of the boundary, up to 1.

    The step is `step` and `share` of `extra`.
    """
    more = step if extra is None else extra
    primal = min(reach(at.p, step.p, more.p, share), reach(at.q, step.q, more.q, share))
    dual = min(reach(at.zp, step.zp, more.zp, share), reach(at.zq, step.zq, more.zq, share))
    return min(1.0, STEP_FRACTION * primal), min(1.0, STEP_FRACTION * dual)
