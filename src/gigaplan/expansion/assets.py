"""Capacity: what is built when, what stands, what it costs and what it uses up.

For each asset with build b (period of entry into service) and period y:

    capacity[y] = existing[y] + sum over b alive in y of unit * build[b]
    min[y] <= capacity[y] <= max[y],    0 <= build[b] <= max_build[b] / unit

b is alive in y while ``year[b] <= year[y] < year[b] + life``. Capital is an annuity: each
period that a build is alive pays ``capex[b] * rate / (1 - (1 + rate)**-life)`` a year,
so what outlives the horizon is charged only for the years inside it. The capital budget
counts the whole overnight cost when it is spent, see `shared_limits`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.expansion.assembly import Assembly, IntArray, Key
from gigaplan.expansion.model import ExpansionProblem, Period
from gigaplan.expansion.options import (
    NO_LIMIT_MW,
    Accelerator,
    Campus,
    FloatArray,
    Investment,
    PerPeriod,
    Phase,
    Prepayment,
    Storage,
    Supply,
)


@dataclass(frozen=True)
class Asset:
    """One thing with a capacity, as columns of the program.

    Parameters
    ----------
    key : tuple
        ``(kind, name, ...)``.
    owner : str
        Name by which rules refer to it.
    build : array [build]
        Build columns, in units of `unit` MW.
    build_period : array [build]
        Period each enters service in.
    capacity : array [period]
        Capacity columns, MW (MWh for the energy part of storage).
    may_grow : array of bool [period]
        Whether some build can be alive.
    existing : array [period]
        MW there already.
    """

    key: Key
    owner: str
    site: str | None
    build: IntArray
    build_period: IntArray
    unit: float
    capacity: IntArray
    may_grow: NDArray[np.bool_]
    existing: FloatArray
    maximum: FloatArray
    capex: FloatArray
    spend_fractions: tuple[float, ...]
    sunk_before_start: bool
    slot_class: str | None
    slots_per_mw: float
    acres_per_mw: float


def annuity_fraction(rate: float, life_years: float) -> float:
    """Return the equal yearly payment, at each year's end, on one USD of capital."""
    if rate == 0:
        return 1.0 / life_years
    return float(rate / -np.expm1(-life_years * np.log1p(rate)))


def alive(periods: tuple[Period, ...], life_years: float) -> NDArray[np.bool_]:
    """Return whether a build of one period still stands in another, [build period, period]."""
    year = np.array([period.year for period in periods], dtype=np.float64)
    age = year[None, :] - year[:, None]
    return (age >= 0) & (age < life_years - 1e-9)


def window(
    periods: tuple[Period, ...], earliest: int | None, latest: int | None
) -> NDArray[np.bool_]:
    """Return the periods in which something may enter service."""
    year = np.array([period.year for period in periods])
    first = -np.inf if earliest is None else earliest
    last = np.inf if latest is None else latest
    return np.asarray((year >= first) & (year <= last))


def add_asset(
    assembly: Assembly,
    problem: ExpansionProblem,
    key: Key,
    option: Investment,
    *,
    owner: str,
    site: str | None,
    capex: PerPeriod | None = None,
) -> Asset:
    """Add the build and capacity columns of `option` and the rows that join them."""
    count = len(problem.periods)
    weight = np.array([period.weight for period in problem.periods])
    stands = alive(problem.periods, option.life_years)
    existing = problem.by_period(option.existing_mw)
    price = problem.by_period(option.capex_usd_per_mw if capex is None else capex)
    unit = option.unit_mw or 1.0
    limit = problem.by_period(option.max_mw)
    most = limit
    if option.max_build_mw is not None:
        most = np.minimum(limit, problem.by_period(option.max_build_mw))
    most = most / unit
    if option.unit_mw:
        most = np.floor(most + 1e-9)
    opens = window(problem.periods, option.earliest_year, option.latest_year) & (most > 0)
    builds = np.flatnonzero(opens)
    rate = option.capital_rate_fraction
    yearly = annuity_fraction(
        problem.capital_rate_fraction if rate is None else rate, option.life_years
    )
    build = assembly.add_columns(
        ("build", *key),
        len(builds),
        cost=(unit * price * yearly * (stands @ weight))[builds],
        upper=most[builds],
        whole=bool(option.unit_mw),
    )
    may_grow = np.asarray(stands[builds].sum(axis=0) > 0)
    least = problem.by_period(option.min_mw)
    capacity = assembly.add_columns(
        ("capacity", *key),
        count,
        cost=weight * problem.by_period(option.fixed_usd_per_mw_year),
        lower=least,
        upper=np.where(may_grow, limit, existing),
    )
    rows = assembly.add_rows(("capacity", *key), count, lower=existing, upper=existing)
    assembly.add_entries(rows, capacity, 1.0)
    born, lives = np.nonzero(stands[builds])
    assembly.add_entries(rows[lives], build[born], -unit)
    return Asset(
        key=key,
        owner=owner,
        site=site,
        build=build,
        build_period=builds,
        unit=unit,
        capacity=capacity,
        may_grow=may_grow,
        existing=existing,
        maximum=limit,
        capex=price,
        spend_fractions=option.spend_fractions,
        sunk_before_start=option.sunk_before_start,
        slot_class=option.slot_class,
        slots_per_mw=option.slots_per_mw,
        acres_per_mw=option.acres_per_mw,
    )


@dataclass(frozen=True)
class Assets:
    """Every asset of a problem, by what it is."""

    supply: dict[str, Asset]
    power: dict[str, Asset]
    energy: dict[str, Asset]
    connection: dict[str, Asset]
    phase: dict[tuple[str, str], Asset]
    chip: dict[tuple[str, str], Asset]

    def all(self) -> Iterable[Asset]:
        """Yield every asset, in a fixed order."""
        for group in (self.supply, self.power, self.energy, self.connection):
            yield from group.values()
        yield from self.phase.values()
        yield from self.chip.values()

    def owned_by(self, name: str) -> list[Asset]:
        """Return the assets that a rule means by `name` (not the energy part of storage)."""
        energy = set(map(id, self.energy.values()))
        return [a for a in self.all() if a.owner == name and id(a) not in energy]


def add_assets(assembly: Assembly, problem: ExpansionProblem) -> Assets:
    """Add the capacity of every option of `problem`."""
    supply = {
        o.name: add_asset(
            assembly,
            problem,
            ("supply", o.name),
            o,
            owner=o.name,
            site=o.site if o.route == "behind_meter" else None,
            capex=_supply_capex(problem, o),
        )
        for o in problem.supplies
    }
    power = {
        o.name: add_asset(assembly, problem, ("storage", o.name), o, owner=o.name, site=o.site)
        for o in problem.storages
    }
    energy = {
        o.name: add_asset(
            assembly,
            problem,
            ("storage energy", o.name),
            _energy_part(o),
            owner=o.name,
            site=o.site,
        )
        for o in problem.storages
        if o.duration_hours is None
    }
    connection = {
        o.name: add_asset(assembly, problem, ("connection", o.name), o, owner=o.name, site=o.site)
        for o in problem.connections
    }
    phase = {
        (campus.name, part.name): add_asset(
            assembly,
            problem,
            ("phase", campus.name, part.name),
            _phase_part(problem, campus, part),
            owner=campus.name,
            site=campus.site,
        )
        for campus in problem.campuses
        for part in campus.phases
    }
    generations = {generation.name: generation for generation in problem.accelerators}
    chip = {
        (campus.name, name): add_asset(
            assembly,
            problem,
            ("chip", campus.name, name),
            _chip_part(campus, generations[name]),
            owner=name,
            site=campus.site,
        )
        for campus in problem.campuses
        for name in campus.accelerators
    }
    return Assets(supply, power, energy, connection, phase, chip)


def _supply_capex(problem: ExpansionProblem, option: Supply) -> FloatArray:
    capex = problem.by_period(option.capex_usd_per_mw)
    if isinstance(option.contract, Prepayment):
        return np.asarray(capex + problem.by_period(option.contract.prepaid_usd_per_mw))
    return capex


def _energy_part(option: Storage) -> Investment:
    return Investment(
        name=option.name,
        capex_usd_per_mw=option.capex_usd_per_mwh,
        fixed_usd_per_mw_year=option.fixed_usd_per_mwh_year,
        life_years=option.life_years,
        earliest_year=option.earliest_year,
        latest_year=option.latest_year,
        existing_mw=option.existing_mwh,
        max_mw=option.max_mwh,
        spend_fractions=option.spend_fractions,
        capital_rate_fraction=option.capital_rate_fraction,
    )


def _phase_part(problem: ExpansionProblem, campus: Campus, phase: Phase) -> Investment:
    own = phase.capex_usd_per_it_mw
    committed = window(problem.periods, phase.committed_year, None)
    bound = phase.it_mw if phase.committed_year is not None else 0.0
    return Investment(
        name=phase.name,
        capex_usd_per_mw=campus.capex_usd_per_it_mw if own is None else own,
        fixed_usd_per_mw_year=campus.fixed_usd_per_it_mw_year,
        life_years=campus.life_years,
        earliest_year=phase.earliest_year,
        latest_year=phase.latest_year,
        unit_mw=phase.it_mw if phase.whole else None,
        max_mw=phase.it_mw,
        min_mw=np.where(committed, bound, 0.0),
        spend_fractions=campus.spend_fractions,
        sunk_before_start=phase.committed_year is not None,
        slot_class=campus.slot_class,
        slots_per_mw=campus.slots_per_mw,
        acres_per_mw=campus.acres_per_it_mw,
    )


def _chip_part(campus: Campus, generation: Accelerator) -> Investment:
    return Investment(
        name=generation.name,
        capex_usd_per_mw=generation.capex_usd_per_it_mw,
        fixed_usd_per_mw_year=generation.fixed_usd_per_it_mw_year,
        life_years=generation.life_years,
        earliest_year=generation.available_from_year,
        latest_year=generation.available_until_year,
        existing_mw=campus.existing_chip_mw.get(generation.name, 0.0),
        max_mw=NO_LIMIT_MW,
        spend_fractions=generation.spend_fractions,
        slot_class=generation.slot_class,
        slots_per_mw=generation.slots_per_mw,
    )
