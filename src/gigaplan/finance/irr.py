"""Internal rate of return, with the number of its roots.

For flows ``c_t`` and ``x = 1 / (1 + r)`` the rate solves ``sum(c_t x**t) = 0``
with ``x > 0``. Write ``P`` and ``N`` for the parts with positive and negative
flows. Then ``phi(u) = ln P(e**u) - ln N(e**u)`` has the same roots, and its slope
is the mean time of what comes in minus the mean time of what goes out. If the
flows change sign once, that slope never changes sign, so the root is one and
Newton's method on ``phi`` (nearly a straight line in ``u = ln x``) finds it in a
few steps, kept inside a bracket. Flows that change sign more than once are
searched on a grid of ``u`` for every root (Descartes' rule bounds their number);
where there is not exactly one, the answer is "not unique" and the modified rate
(MIRR) is what can be given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gigaplan.core.errors import InputError, require
from gigaplan.finance.rates._kernels import irr_block, present_value_at

# ln(1 + r) is searched between these: rates from -99.75% to +39,900% per period.
_LOG_RATE_REACH = 6.0
_GRID_POINTS = 6001
# A value this small beside the size of its terms is rounding: the curve touches zero.
_TOUCH = 1e-14


@dataclass(frozen=True, slots=True)
class Irr:
    """The internal rate of return of one series of flows.

    Parameters
    ----------
    value_fraction : float or None
        The rate per period if it is the only one, else None.
    roots_fraction : tuple of float
        Every rate found at which the present value is zero, rising.
    sign_changes : int
        Sign changes of the flows; Descartes' bound on the number of roots.
    modified_fraction : float or None
        MIRR, if asked for or if there is more than one root.
    reason : str
        Why there is no single rate; empty if there is one.
    """

    value_fraction: float | None
    roots_fraction: tuple[float, ...]
    sign_changes: int
    modified_fraction: float | None = None
    reason: str = ""

    @property
    def root_count(self) -> int:
        """Number of rates found."""
        return len(self.roots_fraction)


@dataclass(frozen=True)
class IrrDraws:
    """Rates of many draws; masked where a draw has none or more than one.

    Parameters
    ----------
    rate_fraction : masked array, shape [draw]
        Rate per period.
    root_count : array of int, shape [draw]
        Number of roots of each draw.
    """

    rate_fraction: np.ma.MaskedArray[tuple[int], np.dtype[np.float64]]
    root_count: NDArray[np.int64]

    @property
    def unique_share(self) -> float:
        """Share of draws with exactly one rate."""
        return float(np.mean(self.root_count == 1))


def _checked(flows: ArrayLike) -> NDArray[np.float64]:
    values = np.ascontiguousarray(flows, dtype=np.float64)
    require(values.ndim in (1, 2), "cash flows are [period] or [period, draw].")
    require(values.shape[0] >= 2, "a rate of return needs at least two cash flows.")
    return values


def _finite(good: bool) -> None:
    require(good, "a cash flow is not a finite number.")


def irr(flows: ArrayLike, *, finance_fraction: float = 0.1, reinvest_fraction: float = 0.1) -> Irr:
    """Return the internal rate of return of one series, its roots and why it may be absent.

    Parameters
    ----------
    flows : array, shape [period]
        Cash flows at the ends of periods 0, 1, 2, ... [USD].
    finance_fraction, reinvest_fraction : float
        Rates of the modified rate, used where the rate is not unique.

    Raises
    ------
    InputError
        If the flows are not finite or fewer than two.
    """
    values = _checked(flows)
    _finite(bool(np.isfinite(values).all()))
    require(values.ndim == 1, "irr takes one series; use irr_draws for [period, draw].")
    changes = sign_changes(values)
    if changes == 0:
        return Irr(None, (), 0, reason="the cash flows never change sign, so no rate solves them.")
    roots = _all_roots(values, changes)
    if len(roots) == 1:
        return Irr(roots[0], roots, changes)
    both = bool((values > 0).any() and (values < 0).any())
    modified = (
        mirr(values, finance_fraction=finance_fraction, reinvest_fraction=reinvest_fraction)
        if both
        else None
    )
    if not roots:
        reason = "no rate between -99.75% and +39,900% per period makes the present value zero."
    else:
        listed = ", ".join(f"{100 * root:.4g}%" for root in roots)
        reason = f"{len(roots)} rates make the present value zero ({listed}); none is the return."
    return Irr(None, roots, changes, modified, reason)


def irr_draws(flows: ArrayLike) -> IrrDraws:
    """Return the rates of many draws at once.

    Parameters
    ----------
    flows : array, shape [period, draw]
        Cash flows [USD].

    Returns
    -------
    IrrDraws
        Masked where no rate or several exist.
    """
    values = _checked(flows)
    require(values.ndim == 2, "irr_draws takes [period, draw].")
    draws = values.shape[1]
    rates = np.empty(draws)
    status = np.empty(draws, dtype=np.int64)
    irr_block(values, rates, status)
    _finite(not bool((status < 0).any()))
    for draw in np.flatnonzero(status == 2):
        series = values[:, draw]
        roots = _all_roots(series, sign_changes(series))
        status[draw] = len(roots)
        rates[draw] = roots[0] if len(roots) == 1 else 0.0
    return IrrDraws(np.ma.MaskedArray(rates, mask=status != 1), status)


def sign_changes(flows: NDArray[np.float64]) -> int:
    """Return how often a series changes sign, zeros passed over."""
    signs = np.sign(flows[flows != 0])
    return int(np.count_nonzero(signs[1:] != signs[:-1]))


def mirr(flows: ArrayLike, *, finance_fraction: float, reinvest_fraction: float) -> float:
    """Return the modified internal rate of return.

    Outlays are discounted to the start at `finance_fraction`, receipts carried to the
    end at `reinvest_fraction`; the rate per period links the two sums.

    Raises
    ------
    InputError
        If the flows have no outlay or no receipt.
    """
    values = _checked(flows)
    _finite(bool(np.isfinite(values).all()))
    if not ((values > 0).any() and (values < 0).any()):
        raise InputError("a modified rate needs at least one outlay and one receipt.")
    last = len(values) - 1
    t = np.arange(last + 1)
    out = float(np.sum(np.where(values < 0, -values, 0) / (1 + finance_fraction) ** t))
    come = float(np.sum(np.where(values > 0, values, 0) * (1 + reinvest_fraction) ** (last - t)))
    return float((come / out) ** (1 / last) - 1)


def per_year(rate_per_month: float) -> float:
    """Return the yearly rate that compounds to a monthly one."""
    return float((1 + rate_per_month) ** 12 - 1)


def _all_roots(flows: NDArray[np.float64], changes: int) -> tuple[float, ...]:
    """Return every root found: Newton for one sign change, else a grid refined by bisection."""
    if changes == 1:
        rates = np.empty(1)
        status = np.empty(1, dtype=np.int64)
        irr_block(np.ascontiguousarray(flows[:, None]), rates, status)
        if status[0] == 1:
            return (float(rates[0]),)
        return ()
    grid = np.linspace(-_LOG_RATE_REACH, _LOG_RATE_REACH, _GRID_POINTS)
    scaled = present_value_at(flows, grid)
    # A zero exactly on the grid is its own root; a change of sign brackets one.
    roots = [float(np.expm1(grid[i])) for i in np.flatnonzero(scaled == 0)]
    low = np.flatnonzero((scaled[:-1] * scaled[1:]) < 0)
    roots += [_bisect(flows, float(grid[i]), float(grid[i + 1])) for i in low]
    size = np.abs(scaled)
    inner = (size[1:-1] < size[:-2]) & (size[1:-1] < size[2:]) & (scaled[1:-1] != 0)
    same = (scaled[:-2] * scaled[1:-1] > 0) & (scaled[1:-1] * scaled[2:] > 0)
    for i in np.flatnonzero(inner & same):
        roots += _near_touch(flows, float(grid[i]), float(grid[i + 2]))
    return tuple(sorted(roots))


def _near_touch(flows: NDArray[np.float64], low: float, high: float) -> list[float]:
    """Return the roots where the value comes near zero between grid points without changing sign.

    Two roots closer than the grid, or one double root (the value touches zero).
    """
    left, right = low, high
    sign = np.sign(present_value_at(flows, np.array([low]))[0])
    for _ in range(100):
        a, b = left + (right - left) / 3, right - (right - left) / 3
        value_a, value_b = sign * present_value_at(flows, np.array([a, b]))
        left, right = (left, b) if value_a < value_b else (a, right)
    middle = 0.5 * (left + right)
    value = sign * present_value_at(flows, np.array([middle]))[0]
    scale = present_value_at(np.abs(flows), np.array([middle]))[0]
    if value < -_TOUCH * scale:
        return [_bisect(flows, low, middle), _bisect(flows, middle, high)]
    return [float(np.expm1(middle))] if value <= _TOUCH * scale else []


def _bisect(flows: NDArray[np.float64], low: float, high: float) -> float:
    value_low = present_value_at(flows, np.array([low]))[0]
    for _ in range(80):
        middle = 0.5 * (low + high)
        value = present_value_at(flows, np.array([middle]))[0]
        if (value < 0) == (value_low < 0):
            low, value_low = middle, value
        else:
            high = middle
    return float(np.expm1(0.5 * (low + high)))
