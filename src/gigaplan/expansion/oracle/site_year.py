"""A year of one site at given capacities: least operating cost, and what each MW is worth.

The program of a site-year, hour t of weight h[t], with q the vector of capacities and load and
price[k] the price of quantity k:

    min  sum over t  h[t] * (sum over i c[t,i] x[t,i] + wear discharge[t])
         where  c[t,i] = usd[t,i] + sum over k price[k] amount[k,t,i]       [priced cost]
    sum over i x[t,i] + discharge[t] = demand[t] + charge[t]                [price p]
    state[t+1] = state[t] + step (charge[t] eta_c - discharge[t] / eta_d)   [water value w]
    0 <= x[t,i] <= factor[t,i] q[k(i)],  charge, discharge <= power,  0 <= state <= energy
    state after the last hour of a chain = state before its first

Every source is such a segment: must-run output that may be spilled at no cost is one of cost
zero, its cost and its quantities a constant; a sale of up to s at price v that adds a to a
quantity is s more demand, a segment of size s and cost v - price a that leaves it undone, and the
constant -(v - price a) s; unserved load is a segment whose size follows load.

Chains share capacities and nothing else. Within one all hours weigh the same, so a chain is
solved in hours of weight 1, its state in MW steps (energy / step), and counted h times.

The cost-to-go of the state is convex and piecewise linear: a list of segments, value and width,
that fill [0, energy], from the highest value (empty) to the lowest (full). An hour backwards may
charge from the stack between demand and demand + power, where a price p is worth p / eta_c to
the state, or discharge in place of the stack between demand - power and demand, where p is
worth (p - wear) eta_d. So it swaps, cheapest first, what is worth more than charging costs for as
much at that cost, and dearest first, what is worth less than discharging saves for as much at
that. Below the price at which p / eta_c < (p - wear) eta_d (any negative price, without wear) the
storage does both at once and burns energy: there the two laws change sides, with a flat segment
between, and the hour's own list is cut at no change. Only the end values lo[t], hi[t] are kept:
forwards w[t] = clip(w[t-1], lo[t], hi[t]), and p[t] is where the stack, with the storage's bid
w eta_c and ask w / eta_d + wear, meets demand. Laps go on until the cost-to-go repeats; if it does
not within two, because the storage is too long, the value at the turn of the chain is sought: what
a lap from a guess leads to, and if that does not settle, by halving the list of values it can have.

By duality the cost is g . q with, summed over chains and counted h times,

    g of a capacity = sum over t of factor * (p where it is demand, -(p - c)+ where it is supply)
    g of power      = -sum (w eta_c - p)+ + (p - wear - w / eta_d)+
    g of energy     = -sum (w[t+1] - w[t])+ / step,  round the chain,

and p, w are feasible for any q', so  cost(q') >= g . q'  always: a cut without a constant. It
holds at the prices of quantities it was made at.

The dispatch: given w, the change of state that is optimal in an hour is an interval; where w rises
the storage is full, where it falls it is empty. Between two such hours any path inside the
intervals and [0, energy] is optimal; the one taken rests where it may. A change of state says
what is charged and discharged, and that what is made.

Not in this form: standing loss, several storages, ramps, minimum stable level, limits that two
capacities share. The reference program has the first two and the last.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from gigaplan.core.errors import InputError, Problem, SolverError
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.oracle._kernels import evaluate
from gigaplan.expansion.oracle.arrays import StorageLaw, Sums
from gigaplan.expansion.oracle.dispatch._kernels import operate
from gigaplan.expansion.oracle.results import SiteYearHours, SiteYearOperation, SiteYearValue
from gigaplan.expansion.oracle.source import Source
from gigaplan.expansion.oracle.stack import STORAGE, build
from gigaplan.expansion.oracle.togo._kernels import NO_ROOM

MOST_SEGMENTS = 1 << 20
"""Segments that the cost-to-go of a storage may have; a year has seldom over a thousand."""


class SiteYear:
    """A year (or any run of hours, or several) of one site with one storage.

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
    chain_lengths : sequence of int, optional
        Hours of each chain: weather years, or representative days. The storage ends each with
        what it began with. By default all hours are one.
    weights : float or array [hour], optional
        How many hours of the year an hour stands for, alike within a chain; `step_hours` by
        default. Costs, slopes, quantities and energy are sums over hours times weight.
    step_hours : float
        Hours of power that a step adds to the state of the storage.

    Raises
    ------
    InputError
        If a series has the wrong length or a value that is not finite, an availability or weight
        is negative, a fraction is out of range, the tiers do not cover the load, or weights
        differ within a chain.
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
        chain_lengths: Sequence[int] | None = None,
        weights: ArrayLike | None = None,
        step_hours: float = 1.0,
    ) -> None:
        problems: list[Problem] = []
        for what, value in (
            ("charge_efficiency_fraction", charge_efficiency_fraction),
            ("discharge_efficiency_fraction", discharge_efficiency_fraction),
        ):
            if not 0 < value <= 1:
                problems.append(Problem(f"{what} is {value}; allowed: above 0, up to 1."))
        if not 0 <= wear_usd_per_mwh < np.inf:
            problems.append(Problem(f"wear is {wear_usd_per_mwh}; allowed: 0 or more."))
        if not 0 < step_hours < np.inf:
            problems.append(Problem(f"step_hours is {step_hours}; allowed: above 0."))
        if any(not (part >= 0 and np.isfinite(usd)) for part, usd in shed):
            problems.append(Problem("a shed tier needs a share of 0 or more and a cost."))
        elif sum(part for part, _ in shed) < 1 - 1e-12:
            problems.append(
                Problem(
                    "the shed tiers cover less than the load; allowed: shares that add up to 1."
                )
            )
        weights = step_hours if weights is None else weights
        self._stack = build(load_shape, sources, shed, chain_lengths, weights, problems)
        self._law = _law(
            len(self._stack.names) - len(STORAGE),
            charge_efficiency_fraction,
            discharge_efficiency_fraction,
            wear_usd_per_mwh,
            step_hours,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The capacities, in the order in which `value` takes them."""
        return self._stack.names

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that the sources name."""
        return self._stack.quantities

    @property
    def nbytes(self) -> int:
        """Bytes of memory that its hours take."""
        parts, terms = self._stack.parts, self._stack.terms
        hourly = (parts.cost, parts.factor, parts.order, parts.demand_factor, terms.amount)
        return int(sum(array.nbytes for array in hourly))

    def value(
        self,
        capacities: ArrayLike,
        load_mw: ArrayLike,
        prices: Mapping[str, float] | None = None,
    ) -> SiteYearValue:
        """Return the least operating cost and its slopes at one or many points.

        Parameters
        ----------
        capacities : array [capacity] or [point, capacity]
            MW, and MWh for the last, in the order of `names`.
        load_mw : float or array [point]
            MW that `load_shape` is multiplied by.
        prices : mapping of str to float, optional
            USD per unit of a quantity, part of the cost returned; a name that no source has
            costs nothing.

        Raises
        ------
        InputError
            If a capacity or load is negative or not finite, their number is wrong, or a price is
            not finite.
        SolverError
            If the storage's cost-to-go has more than `MOST_SEGMENTS` segments.
        """
        points = self._points(capacities, load_mw)
        usd, constant = self._priced(prices)
        slopes = np.tile(constant, (len(points), 1))
        routes = np.zeros(len(points), dtype=np.int64)
        stack = self._stack
        limit = MOST_SEGMENTS
        evaluate(stack.parts, stack.terms, self._law, usd, points, limit, slopes, routes)
        if (routes == NO_ROOM).any():
            raise _no_room(points[int(np.argmax(routes == NO_ROOM))])
        return SiteYearValue(
            cost_usd=np.einsum("pk,pk->p", slopes, points),
            per_capacity=slopes[:, :-1],
            per_load_mw=slopes[:, -1],
            searched=routes == 1,
        )

    def operate(
        self,
        capacities: ArrayLike,
        load_mw: float,
        prices: Mapping[str, float] | None = None,
        hourly: bool = False,
    ) -> SiteYearOperation:
        """Return the least operating cost at one point, its slopes and a dispatch that has it.

        Parameters
        ----------
        capacities : array [capacity]
            MW, and MWh for the last, in the order of `names`.
        load_mw : float
            MW that `load_shape` is multiplied by.
        prices : mapping of str to float, optional
            As for `value`.
        hourly : bool
            Whether the dispatch is wanted hour by hour as well as in sums.

        Raises
        ------
        InputError
            As `value`, or if there is more than one point.
        SolverError
            As `value`, or if no path of states fits the water values: a fault of ours.
        """
        points = self._points(capacities, load_mw)
        if len(points) != 1:
            raise InputError([Problem(f"{len(points)} points are given; allowed: one.")])
        q = points[0]
        usd, slope = self._priced(prices)
        stack, parts = self._stack, self._stack.parts
        count = parts.cost.shape[1]
        series, flows, out = np.empty((2, count)), np.empty((3, count)), np.zeros(parts.cost.shape)
        sums = Sums(
            energy_mwh=np.zeros(len(parts.key)),
            cost_usd=np.zeros(1),
            amount=np.zeros(len(stack.quantities)),
            used=np.zeros(len(stack.names)),
        )
        route, miss = operate(
            parts,
            stack.terms,
            self._law,
            usd,
            q,
            stack.source_rows,
            MOST_SEGMENTS,
            slope,
            series,
            flows,
            out,
            sums,
        )
        if route == NO_ROOM:
            raise _no_room(q)
        if not miss <= 1e-7 * (1 + max(q[-3], q[-2])):
            raise SolverError(
                f"no path of states fits the water values: {miss:g} MWh are missing. "
                "This is a fault of gigaplan; please report it with the input."
            )
        amount = sums.amount + stack.fixed_amount @ q
        made = dict.fromkeys((p.source.name for p in stack.places if not p.source.sale), 0.0)
        sold = dict.fromkeys((p.source.name for p in stack.places if p.source.sale), 0.0)
        for place in stack.places:
            name, one = place.source.name, place.first
            energy = float(sums.energy_mwh[one])
            if place.source.sale:
                offered = float(stack.hour_weight @ parts.factor[one]) * q[parts.key[one]]
                sold[name] += max(0.0, float(offered - energy))
            else:
                made[name] += energy
                made[name] += float(sums.energy_mwh[place.second]) if place.second >= 0 else 0.0
        return SiteYearOperation(
            cost_usd=float(slope @ q),
            per_capacity=slope[:-1],
            per_load_mw=float(slope[-1]),
            searched=route == 1,
            unpriced_cost_usd=float(sums.cost_usd[0] + stack.fixed_usd @ q),
            quantities=dict(zip(stack.quantities, amount.tolist(), strict=True)),
            energy_mwh=made,
            sold_mwh=sold,
            unserved_mwh=sums.energy_mwh[len(parts.key) - stack.tiers :],
            used=sums.used,
            hours=self._hours(q, series, flows, out) if hourly else None,
        )

    def with_cost(self, name: str, usd_per_mwh: ArrayLike, *, sale: bool = False) -> SiteYear:
        """Return a cheap copy in which one source has another cost series; all else is shared.

        Parameters
        ----------
        name : str
            Name of the source.
        usd_per_mwh : float or array [hour]
            As of `Source`.
        sale : bool
            Whether it is the sale of that name that changes.

        Raises
        ------
        InputError
            If not exactly one such source has the name, or the series is wrong.
        """
        other = copy.copy(self)
        other._stack = self._stack.with_cost(name, usd_per_mwh, sale)
        return other

    def _points(self, capacities: ArrayLike, load_mw: ArrayLike) -> FloatArray:
        """Return capacities and load as one row per point."""
        rows = np.atleast_2d(np.asarray(capacities, dtype=np.float64))
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise InputError(
                [Problem(f"capacities have the shape {rows.shape}; one each of {self.names}.")]
            )
        load = np.asarray(load_mw, dtype=np.float64)
        if load.shape not in ((), (1,), (len(rows),)):
            raise InputError([Problem(f"load_mw has the shape {load.shape}, points {len(rows)}.")])
        points = np.empty((len(rows), rows.shape[1] + 1))
        points[:, :-1], points[:, -1] = rows, load
        if not (np.isfinite(points).all() and (points >= 0).all()):
            raise InputError([Problem("a capacity or load is negative or not finite.")])
        return points

    def _priced(self, prices: Mapping[str, float] | None) -> tuple[FloatArray, FloatArray]:
        """Return the price of each quantity, and the constant slopes at these prices."""
        usd = np.array([float((prices or {}).get(name, 0.0)) for name in self._stack.quantities])
        if not np.isfinite(usd).all():
            name = self._stack.quantities[int(np.argmin(np.isfinite(usd)))]
            raise InputError([Problem(f"the price of {name} is not finite.")])
        return usd, self._stack.fixed_usd + usd @ self._stack.fixed_amount

    def _hours(
        self, q: FloatArray, series: FloatArray, flows: FloatArray, out: FloatArray
    ) -> SiteYearHours:
        """Return the dispatch in the user's terms."""
        parts = self._stack.parts
        made: dict[str, FloatArray] = {}
        sold: dict[str, FloatArray] = {}
        for place in self._stack.places:
            name, one = place.source.name, place.first
            if place.source.sale:
                mw = np.maximum(0.0, parts.factor[one] * q[parts.key[one]] - out[one])
                sold[name] = sold[name] + mw if name in sold else mw
            else:
                mw = out[one] + out[place.second] if place.second >= 0 else out[one]
                made[name] = made[name] + mw if name in made else mw
        return SiteYearHours(
            output_mw=made,
            sold_mw=sold,
            unserved_mw=out[len(parts.key) - self._stack.tiers :],
            charge_mw=flows[0],
            discharge_mw=flows[1],
            state_mwh=flows[2] * self._law.step_hours,
            price_usd_per_mwh=series[0],
            water_value_usd_per_mwh=series[1],
        )


def _law(
    power_key: int, charge: float, discharge: float, wear: float, step_hours: float
) -> StorageLaw:
    """Return the law of a storage; see the module's docstring for the price it burns below."""
    loss = 1 / discharge - charge
    value = -wear / loss if loss > 0 else -np.inf
    return StorageLaw(
        power_key=power_key,
        energy_key=power_key + 1,
        charge=float(charge),
        discharge=float(discharge),
        per_charge=1 / float(charge),
        per_discharge=1 / float(discharge),
        wear=float(wear),
        burn_price=float(value * charge),
        burn_value=float(value),
        step_hours=float(step_hours),
    )


def _no_room(q: FloatArray) -> SolverError:
    """Return the error of a storage whose cost-to-go has too many segments."""
    return SolverError(
        f"the cost-to-go of a storage of {q[-3]:g} MW and {q[-2]:g} MWh has more than "
        f"{MOST_SEGMENTS:,} segments. Round its prices, or make chains shorter."
    )


__all__ = ["MOST_SEGMENTS", "SiteYear"]
