"""A year of one site at given capacities: least operating cost, and what each MW is worth.

The program of a site-year, hour t, with q the vector of capacities and load:

    min  sum over t  sum over i cost[t,i] x[t,i] + wear discharge[t]        [operating cost]
    sum over i x[t,i] + discharge[t] = demand[t] + charge[t]                [price p]
    state[t+1] = state[t] + charge[t] * eta_c - discharge[t] / eta_d        [water value w]
    0 <= x[t,i] <= factor[t,i] q[k(i)],  charge, discharge <= power,  state <= energy
    state[end] = state[0]

Every source is such a segment: must-run output that may be spilled at no cost is one of cost
zero, its cost a constant; a sale of up to s at price v is s more demand, a segment of size s and
cost v, and the constant -v s; unserved load is a segment whose size follows load.

The cost-to-go of the state is convex and piecewise linear, so an hour backwards merges two
sorted lists: the segments of the cost-to-go and those of the stack between demand - power and
demand + power, where a price p is worth p / eta_c to charging and (p - wear) eta_d to not
discharging. Both ends are then trimmed to [0, energy]. Below the price at which
p / eta_c < (p - wear) eta_d (any negative price, without wear) the storage does both at once and
burns energy: the two swap places, with a flat segment between. Only the end values lo[t], hi[t]
are kept: forwards w[t] = clip(w[t-1], lo[t], hi[t]), and p[t] is where the stack, with the
storage's bid w eta_c and ask w / eta_d + wear, meets demand. Laps go on until the cost-to-go
repeats; if it does not within three, because the storage is too long, the value at the turn of the
year is found by halving the list of values it can have.

By duality the cost is g . q with

    g of a capacity = sum over t of factor * (p where it is demand, -(p - cost)+ where it is supply)
    g of power      = -sum (w eta_c - p)+ + (p - wear - w / eta_d)+
    g of energy     = -sum (w[t+1] - w[t])+,  round the year,

and p, w are feasible for any q', so  cost(q') >= g . q'  always: a cut without a constant.

Not in this form: standing loss, several storages, ramps, minimum stable level, limits that two
capacities share. The reference program has the first two and the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gigaplan.core.errors import InputError, Problem
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.oracle._kernels import evaluate_all
from gigaplan.expansion.oracle.arrays import Stack, StorageLaw


@dataclass(frozen=True)
class Source:
    """Power that can be made, bought or sold at the site.

    Parameters
    ----------
    name : str
        The name of its capacity; sources of one name draw on one capacity each for itself,
        as purchase and sale do on a connection.
    usd_per_mwh : float or array [hour]
        Cost of a MWh made or bought, or what a MWh sold earns; it may be negative.
    availability : float or array [hour]
        MW per MW of capacity, 0 or more.
    dirty_fraction : float or array [hour]
        Share of its energy that the price of dirty energy is paid on.
    must_run_fraction : float
        Share of what is available that is always made and paid for; it may be spilled.
    sale : bool
        Whether power leaves the site.
    """

    name: str
    usd_per_mwh: ArrayLike
    availability: ArrayLike = 1.0
    dirty_fraction: ArrayLike = 0.0
    must_run_fraction: float = 0.0
    sale: bool = False


@dataclass(frozen=True)
class SiteYearValue:
    """Least operating cost at each vector of capacities, and its slopes: a cut each.

    For any other capacities and load, the cost is at least
    ``per_capacity @ capacities + per_load_mw * load_mw``.
    """

    cost_usd: FloatArray
    """[point], USD over the hours."""
    per_capacity: FloatArray
    """[point, capacity], USD per MW; per MWh for the energy of the storage."""
    per_load_mw: FloatArray
    """[point], USD per MW of load."""
    searched: FloatArray
    """[point], whether the storage was too long for laps to settle (slower, as exact)."""


class SiteYear:
    """A year (or any run of hours) of one site with one storage.

    Parameters
    ----------
    load_shape : array [hour]
        Facility MW per MW of load, PUE included.
    sources : sequence of Source
        What makes, buys or sells power.
    shed : sequence of (load fraction, USD per MWh)
        Tiers of load that may go unserved; they must add up to all of it.
    charge_efficiency_fraction, discharge_efficiency_fraction : float
        Of the storage, in (0, 1].
    wear_usd_per_mwh : float
        Cost of a MWh discharged, 0 or more.

    Raises
    ------
    InputError
        If a series has the wrong length or a value that is not finite, an availability is
        negative, a fraction is out of range or the tiers do not cover the load.
    """

    def __init__(
        self,
        load_shape: ArrayLike,
        sources: Sequence[Source],
        shed: Sequence[tuple[float, float]] = ((1.0, 9000.0),),
        *,
        charge_efficiency_fraction: float = 1.0,
        discharge_efficiency_fraction: float = 1.0,
        wear_usd_per_mwh: float = 0.0,
    ) -> None:
        self._shape = np.atleast_1d(np.asarray(load_shape, dtype=np.float64))
        self._problems: list[Problem] = []
        self._require("load_shape", self._shape, nonnegative=True)
        for what, value in (
            ("charge_efficiency_fraction", charge_efficiency_fraction),
            ("discharge_efficiency_fraction", discharge_efficiency_fraction),
        ):
            if not 0 < value <= 1:
                self._problems.append(Problem(f"{what} is {value}; allowed: above 0, up to 1."))
        if not 0 <= wear_usd_per_mwh < np.inf:
            self._problems.append(Problem(f"wear is {wear_usd_per_mwh}; allowed: 0 or more."))
        if any(not (part >= 0 and np.isfinite(usd)) for part, usd in shed):
            self._problems.append(Problem("a shed tier needs a share of 0 or more and a cost."))
        elif sum(part for part, _ in shed) < 1 - 1e-12:
            self._problems.append(
                Problem(
                    "the shed tiers cover less than the load; allowed: shares that add up to 1."
                )
            )
        self.names: tuple[str, ...] = (
            *dict.fromkeys(source.name for source in sources),
            "storage_mw",
            "storage_mwh",
        )
        """The capacities, in the order in which `value` takes them."""
        self._load_key = len(self.names)
        self._parts: list[tuple[int, FloatArray, FloatArray, FloatArray]] = []
        self._demands: list[tuple[int, FloatArray]] = [(self._load_key, self._shape)]
        self._fixed: list[tuple[int, FloatArray, FloatArray, FloatArray]] = []
        for source in sources:
            self._add(source)
        nothing = np.zeros(len(self._shape))
        for part, usd in shed:
            self._parts.append((self._load_key, part * self._shape, nothing + usd, nothing))
        if self._problems:
            raise InputError(self._problems)
        self._law = _law(
            self.names, charge_efficiency_fraction, discharge_efficiency_fraction, wear_usd_per_mwh
        )
        self._stacks: dict[float, tuple[Stack, FloatArray]] = {}

    def value(
        self, capacities: ArrayLike, load_mw: ArrayLike, dirty_usd_per_mwh: float = 0.0
    ) -> SiteYearValue:
        """Return the least operating cost and its slopes at one or many points.

        Parameters
        ----------
        capacities : array [capacity] or [point, capacity]
            MW, and MWh for the last, in the order of `names`.
        load_mw : float or array [point]
            MW that `load_shape` is multiplied by.
        dirty_usd_per_mwh : float
            Price of dirty energy on top of what it costs; part of the cost returned.

        Raises
        ------
        InputError
            If a capacity or load is negative or not finite, or their number is wrong.
        """
        rows = np.atleast_2d(np.asarray(capacities, dtype=np.float64))
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise InputError(
                [Problem(f"capacities have the shape {rows.shape}; one each of {self.names}.")]
            )
        load = np.broadcast_to(np.asarray(load_mw, dtype=np.float64), (len(rows),))
        points = np.ascontiguousarray(np.column_stack([rows, load]))
        if not (np.isfinite(points).all() and (points >= 0).all()):
            raise InputError([Problem("a capacity or load is negative or not finite.")])
        if not np.isfinite(dirty_usd_per_mwh):
            raise InputError([Problem(f"the price of dirty energy is {dirty_usd_per_mwh}.")])
        stack, constant = self._stack(float(dirty_usd_per_mwh))
        slopes = np.tile(constant, (len(points), 1))
        routes = np.zeros(len(points), dtype=np.int64)
        evaluate_all(stack, self._law, points, 4096, slopes, routes)
        return SiteYearValue(
            cost_usd=np.einsum("pk,pk->p", slopes, points),
            per_capacity=slopes[:, :-1].copy(),
            per_load_mw=slopes[:, -1].copy(),
            searched=routes == 1,
        )

    def _add(self, source: Source) -> None:
        """Write a source as segments, demand and constants."""
        count = len(self._shape)
        key = self.names.index(source.name)
        series = {}
        for field in ("usd_per_mwh", "availability", "dirty_fraction"):
            given = np.asarray(getattr(source, field), dtype=np.float64)
            if given.shape not in ((), (1,), (count,)):
                self._problems.append(
                    Problem(f"{field} of {source.name} has shape {given.shape}, hours are {count}.")
                )
                return
            series[field] = np.broadcast_to(given, (count,))
            self._require(f"{field} of {source.name}", series[field], field != "usd_per_mwh")
        usd, size, dirty = series["usd_per_mwh"], series["availability"], series["dirty_fraction"]
        share = source.must_run_fraction
        if source.name in ("storage_mw", "storage_mwh"):
            self._problems.append(Problem(f"{source.name} names the storage; name it otherwise."))
        if not 0 <= share <= 1 or (share and source.sale):
            self._problems.append(
                Problem(f"must run of {source.name} is {share}; allowed: 0 to 1, and 0 for a sale.")
            )
        if source.sale:
            self._demands.append((key, size))
            self._parts.append((key, size, usd, dirty))
            self._fixed.append((key, -size, usd, dirty))
            return
        if share > 0:
            self._parts.append((key, share * size, 0 * usd, 0 * dirty))
            self._fixed.append((key, share * size, usd, dirty))
        if share < 1:
            self._parts.append((key, (1 - share) * size, usd, dirty))

    def _require(self, what: str, series: FloatArray, nonnegative: bool) -> None:
        """Note a series that is not finite, or negative where it may not be."""
        bad = ~np.isfinite(series)
        if nonnegative:
            bad |= series < 0
        if len(series) == 0 or bad.any():
            where = int(np.argmax(bad)) if len(series) else 0
            least = "0 or more" if nonnegative else "finite numbers"
            self._problems.append(
                Problem(f"{what} is wrong or missing in hour {where}; allowed: {least}.")
            )

    def _stack(self, dirty_usd_per_mwh: float) -> tuple[Stack, FloatArray]:
        """Return the stack at a price of dirty energy, sorted in each hour, and the constants."""
        known = self._stacks.get(dirty_usd_per_mwh)
        if known is not None:
            return known
        cost = np.stack([usd + dirty_usd_per_mwh * d for _, _, usd, d in self._parts], axis=1)
        order = np.argsort(cost, axis=1, kind="stable")
        factor = np.stack([size for _, size, _, _ in self._parts], axis=1)
        keys = np.array([key for key, _, _, _ in self._parts], dtype=np.int64)
        stack = Stack(
            cost=np.take_along_axis(cost, order, axis=1),
            factor=np.take_along_axis(factor, order, axis=1),
            key=keys[order],
            source=np.ascontiguousarray(order, dtype=np.int64),
            demand_factor=np.stack([size for _, size in self._demands], axis=1),
            demand_key=np.array([key for key, _ in self._demands], dtype=np.int64),
        )
        constant = np.zeros(self._load_key + 1)
        for key, size, usd, dirty in self._fixed:
            constant[key] += float(size @ (usd + dirty_usd_per_mwh * dirty))
        # one entry: a search over the price moves on and comes back to the last only
        self._stacks = {dirty_usd_per_mwh: (stack, constant)}
        return stack, constant


def _law(names: tuple[str, ...], charge: float, discharge: float, wear: float) -> StorageLaw:
    """Return the law of a storage; see the module's docstring for the price it burns below."""
    loss = 1 / discharge - charge
    value = -wear / loss if loss > 0 else -np.inf
    return StorageLaw(
        power_key=names.index("storage_mw"),
        energy_key=names.index("storage_mwh"),
        charge=float(charge),
        discharge=float(discharge),
        wear=float(wear),
        burn_price=float(value * charge),
        burn_value=float(value),
    )


__all__ = ["SiteYear", "SiteYearValue", "Source"]
