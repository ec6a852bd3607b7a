"""A site's sources and tiers as segments of supply, demand and constants: what the loops read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from gigaplan.core.errors import InputError, Problem
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.oracle.arrays import Parts, Terms
from gigaplan.expansion.oracle.hour._kernels import sort_parts
from gigaplan.expansion.oracle.source import Source

STORAGE = ("storage_mw", "storage_mwh")
"""The capacities of the storage, after those of the sources."""


@dataclass(frozen=True)
class Place:
    """Where a source stands among the parts."""

    source: Source
    first: int
    """The part that is its own, or its must-run share."""
    second: int
    """The part that it may run beside its must-run share; -1 if none."""


@dataclass(frozen=True)
class Stack:
    """A site-year as the loops read it, and the names that lead back to the user's terms."""

    names: tuple[str, ...]
    parts: Parts
    terms: Terms
    places: tuple[Place, ...]
    tiers: int
    """Parts at the end that are load unserved."""
    quantities: tuple[str, ...]
    hour_weight: FloatArray
    """[hour], hours of the year that it stands for."""
    fixed_usd: FloatArray
    """[capacity and load], USD per unit that is paid whatever runs, without prices."""
    fixed_amount: FloatArray
    """[quantity, capacity and load], units per unit of capacity that come whatever runs."""

    @property
    def source_rows(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """[source, 3]: first part, second part, whether it is a sale."""
        rows = [(place.first, place.second, int(place.source.sale)) for place in self.places]
        return np.array(rows, dtype=np.int64).reshape(len(rows), 3)

    def with_cost(self, name: str, usd_per_mwh: ArrayLike, sale: bool) -> Stack:
        """Return a stack in which one source has another cost series; see `SiteYear.with_cost`."""
        found = [
            k
            for k, place in enumerate(self.places)
            if place.source.name == name and place.source.sale == sale
        ]
        if len(found) != 1:
            what = "sales" if sale else "sources that are not sales"
            raise InputError(
                [Problem(f"{len(found)} {what} have the name {name}; one may change its cost.")]
            )
        place = self.places[found[0]]
        problems: list[Problem] = []
        what = f"usd_per_mwh of {name}"
        usd = hourly(what, usd_per_mwh, len(self.hour_weight), problems, nonnegative=False)
        if problems:
            raise InputError(problems)
        cost, order = self.parts.cost.copy(), self.parts.order.copy()
        factor, fixed = self.parts.factor[place.first], self.fixed_usd.copy()
        key = self.names.index(name)
        before = np.asarray(place.source.usd_per_mwh, dtype=np.float64)
        always = -1.0 if sale else float(place.source.must_run_fraction > 0)
        if always:
            fixed[key] += always * float((self.hour_weight * factor * (usd - before)).sum())
        if sale or not place.source.must_run_fraction:
            cost[place.first] = usd
        elif place.second >= 0:
            cost[place.second] = usd
        sort_parts(cost, order)
        places = list(self.places)
        places[found[0]] = replace(place, source=replace(place.source, usd_per_mwh=usd))
        return replace(
            self,
            parts=self.parts._replace(cost=cost, order=order),
            places=tuple(places),
            fixed_usd=fixed,
        )


@dataclass
class _Draft:
    """Parts as they come."""

    key: list[int] = field(default_factory=list)
    factor: list[FloatArray] = field(default_factory=list)
    cost: list[FloatArray] = field(default_factory=list)
    term: list[tuple[int, str, FloatArray]] = field(default_factory=list)

    def add(
        self, key: int, factor: FloatArray, usd: FloatArray, amounts: dict[str, FloatArray]
    ) -> int:
        """Add a part and return its place."""
        self.key.append(key)
        self.factor.append(factor)
        self.cost.append(usd)
        place = len(self.key) - 1
        self.term += [(place, name, amount) for name, amount in amounts.items()]
        return place


def hourly(
    what: str, given: ArrayLike, count: int, problems: list[Problem], *, nonnegative: bool
) -> FloatArray:
    """Return a number or series as a series; note what is wrong with it."""
    series = np.asarray(given, dtype=np.float64)
    if series.shape not in ((), (1,), (count,)):
        problems.append(Problem(f"{what} has shape {series.shape}, hours are {count}."))
        return np.zeros(count)
    bad = ~np.isfinite(series)
    if nonnegative:
        bad |= series < 0
    if bad.any():
        least = "0 or more" if nonnegative else "finite numbers"
        where = int(np.argmax(bad))
        problems.append(Problem(f"{what} is wrong or missing in hour {where}; allowed: {least}."))
        return np.zeros(count)
    return np.broadcast_to(series, (count,))


def chains_of(
    count: int,
    chain_lengths: Sequence[int] | None,
    weights: ArrayLike,
    problems: list[Problem],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], FloatArray, FloatArray]:
    """Return the end and the weight of each chain, and the weight of each hour."""
    lengths = (count,) if chain_lengths is None else tuple(chain_lengths)
    weight = hourly("weights", weights, count, problems, nonnegative=True)
    if any(length < 1 for length in lengths) or sum(lengths) != count:
        problems.append(
            Problem(
                f"chain_lengths are {lengths}; allowed: 1 or more each, {count} hours together."
            )
        )
        lengths = (count,)
    ends = np.cumsum(lengths, dtype=np.int64)
    starts = ends - np.array(lengths)
    for chain, (start, end) in enumerate(zip(starts, ends, strict=True)):
        part = weight[start:end]
        if len(part) and (part != part[0]).any():
            other = int(start + np.argmax(part != part[0]))
            problems.append(
                Problem(
                    f"weights differ within chain {chain}: {part[0]:g} in hour {start}, "
                    f"{weight[other]:g} in hour {other}; allowed: one weight per chain."
                )
            )
    return ends, weight[starts] if count else np.ones(1), weight


def build(
    load_shape: ArrayLike,
    sources: Sequence[Source],
    shed: Sequence[tuple[float, float]],
    chain_lengths: Sequence[int] | None,
    weights: ArrayLike,
    problems: list[Problem],
) -> Stack:
    """Return the stack of a site-year; what is wrong with the input is added to `problems`."""
    shape = np.atleast_1d(np.asarray(load_shape, dtype=np.float64))
    count = len(shape)
    if shape.ndim != 1 or count == 0:
        problems.append(Problem(f"load_shape has shape {shape.shape}; allowed: one series."))
        raise InputError(problems)
    shape = hourly("load_shape", shape, count, problems, nonnegative=True)
    chain_end, chain_weight, weight = chains_of(count, chain_lengths, weights, problems)
    names = (*dict.fromkeys(source.name for source in sources), *STORAGE)
    load_key = len(names)
    draft, nothing = _Draft(), np.zeros(count)
    demands: list[tuple[int, FloatArray]] = [(load_key, shape)]
    fixed_usd = np.zeros(load_key + 1)
    fixed_amounts: dict[str, FloatArray] = {}
    places: list[Place] = []
    for source in sources:
        key, share = names.index(source.name), source.must_run_fraction
        if source.name in STORAGE:
            problems.append(Problem(f"{source.name} names the storage; name it otherwise."))
        if not 0 <= share <= 1 or (share and source.sale):
            problems.append(
                Problem(f"must run of {source.name} is {share}; allowed: 0 to 1, and 0 for a sale.")
            )
        what = f"of {source.name}"
        usd = hourly(f"usd_per_mwh {what}", source.usd_per_mwh, count, problems, nonnegative=False)
        size = hourly(
            f"availability {what}", source.availability, count, problems, nonnegative=True
        )
        amounts = {
            name: hourly(f"{name} {what}", amount, count, problems, nonnegative=False)
            for name, amount in source.quantities.items()
        }
        always = 1.0 if source.sale else float(share)
        fixed_usd[key] += (-always if source.sale else always) * float((weight * size * usd).sum())
        for name, amount in amounts.items():
            fixed = fixed_amounts.setdefault(name, np.zeros(load_key + 1))
            fixed[key] += always * float((weight * size * amount).sum())
        first, second = -1, -1
        if source.sale:
            # what is not sold of a sale that is demand: it earns nothing and adds nothing
            demands.append((key, size))
            first = draft.add(key, size, usd, {name: -amount for name, amount in amounts.items()})
        else:
            if share > 0:
                first = draft.add(key, share * size, nothing, {})
            if share < 1:
                second = draft.add(key, (1 - share) * size, usd, amounts)
            if first < 0:
                first, second = second, -1
        places.append(Place(source, first, second))
    for part, usd_per_mwh in shed:
        draft.add(load_key, part * shape, nothing + usd_per_mwh, {})
    quantities = tuple(fixed_amounts)
    if problems:
        raise InputError(problems)
    cost = np.array(draft.cost)
    order = np.ascontiguousarray(np.argsort(cost, axis=0, kind="stable").T, dtype=np.int16)
    return Stack(
        names=names,
        parts=Parts(
            cost=cost,
            factor=np.array(draft.factor),
            key=np.array(draft.key, dtype=np.int64),
            order=order,
            demand_factor=np.array([size for _, size in demands]),
            demand_key=np.array([key for key, _ in demands], dtype=np.int64),
            chain_end=chain_end,
            chain_weight=np.ascontiguousarray(chain_weight, dtype=np.float64),
        ),
        terms=Terms(
            part=np.array([place for place, _, _ in draft.term], dtype=np.int64),
            quantity=np.array([quantities.index(n) for _, n, _ in draft.term], dtype=np.int64),
            amount=np.array([amount for _, _, amount in draft.term]).reshape(-1, count),
        ),
        places=tuple(places),
        tiers=len(shed),
        quantities=quantities,
        hour_weight=weight,
        fixed_usd=fixed_usd,
        fixed_amount=np.array(list(fixed_amounts.values())).reshape(-1, load_key + 1),
    )
