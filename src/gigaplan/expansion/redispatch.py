"""Operates a plan over full years: what its representative days did not show.

Capacities are held and nothing else couples periods, zones (with their sites) or windows of the
year, so each is a small linear program of its own. Storage ends each window as full as it began
it. Limits on a whole year's energy are priced, not enforced: carbon and clean share at the plan's
own shadow prices, so the share that is reached may differ from the share that was asked, which
is what this is run to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np

from gigaplan.core.errors import require
from gigaplan.expansion.assembly import Key
from gigaplan.expansion.formulation import Formulation, formulate
from gigaplan.expansion.highs import Session, check_point
from gigaplan.expansion.infeasible import explain_infeasible
from gigaplan.expansion.model import ExpansionProblem, Hours, Limits, Period, Site, Zone
from gigaplan.expansion.options import (
    NO_LIMIT_MW,
    Campus,
    FloatArray,
    Ownership,
    PerHour,
    PowerPurchase,
    Prepayment,
    Storage,
    Supply,
)
from gigaplan.expansion.read_back import read_dispatch
from gigaplan.expansion.solution import Dispatch, Solution

# what makes an option stand as it is: nothing is built, nothing but operation costs
_HELD: dict[str, Any] = {
    "capex_usd_per_mw": 0.0,
    "fixed_usd_per_mw_year": 0.0,
    "unit_mw": None,
    "max_mw": NO_LIMIT_MW,
    "max_build_mw": 0.0,
    "min_mw": 0.0,
    "slot_class": None,
}


@dataclass(frozen=True)
class FullYear:
    """One period operated hour by hour with the plan's capacities.

    Parameters
    ----------
    operating_usd : float
        Energy, market and unserved load of a year, not discounted.
    planned_usd : float
        The same as the plan counted it on its representative days.
    unserved_mwh, planned_unserved_mwh : mapping of site to float
    clean_share_fraction, planned_clean_share_fraction : float
        Clean energy made or bought over facility energy.
    energy_mwh : mapping of str to float
        By supply; imports under the site's name.
    """

    year: int
    operating_usd: float
    planned_usd: float
    unserved_mwh: Mapping[str, float]
    planned_unserved_mwh: Mapping[str, float]
    clean_share_fraction: float
    planned_clean_share_fraction: float
    energy_mwh: Mapping[str, float]

    @property
    def operating_error_fraction(self) -> float:
        """How far the plan's operating cost was from the full year's, over the latter."""
        return (self.planned_usd - self.operating_usd) / max(abs(self.operating_usd), 1.0)


@dataclass
class _Tally:
    """Sums over windows and zones of one period."""

    operating_usd: float = 0.0
    clean_mwh: float = 0.0
    load_mwh: float = 0.0
    unserved_mwh: dict[str, float] = field(default_factory=dict)
    energy_mwh: dict[str, float] = field(default_factory=dict)

    def add(self, form: Formulation, dispatch: Dispatch) -> None:
        """Count the dispatch of one window."""
        problem, weights = form.problem, form.problem.hours.weights
        groups = {
            "import": dispatch.import_mw,
            "flow": dispatch.flow_mw,
            "export": dispatch.export_mw,
            "output": dispatch.output_mw,
            "discharge": dispatch.discharge_mw,
            "sale": dispatch.sale_mw,
        }
        for key, columns in form.assembly.columns.items():
            kind, cost = str(key[0]), form.program.cost[columns]
            if kind == "shed":
                shed = dispatch.shed_mw[str(key[1]), str(key[2])][0]
                self.operating_usd += float(cost @ shed)
                self._count(self.unserved_mwh, str(key[1]), float(weights @ shed))
            elif kind in groups:
                self.operating_usd += float(cost @ groups[kind][str(key[1])][0])
        for option in problem.supplies:
            made = float(weights @ dispatch.output_mw[option.name][0])
            self._count(self.energy_mwh, option.name, made)
            self.clean_mwh += (1 - option.dirty_fraction) * made
        zones = {zone.name: zone for zone in problem.zones}
        for site in problem.sites:
            self.load_mwh += float(weights @ dispatch.load_mw[site.name][0])
            self.unserved_mwh.setdefault(site.name, 0.0)
            if site.zone is not None:
                bought = weights * dispatch.import_mw[site.name][0]
                clean = 1 - problem.by_hour(zones[site.zone].dirty_fraction)[0]
                self._count(self.energy_mwh, site.name, float(bought.sum()))
                self.clean_mwh += float(bought @ clean)
                if site.name in dispatch.export_mw:
                    self.clean_mwh -= float(weights * dispatch.export_mw[site.name][0] @ clean)
        for name, sold in dispatch.sale_mw.items():
            clean = 1 - problem.by_hour(zones[name].dirty_fraction)[0]
            self.clean_mwh -= float(weights * sold[0] @ clean)

    @staticmethod
    def _count(totals: dict[str, float], name: str, mwh: float) -> None:
        totals[name] = totals.get(name, 0.0) + mwh


def redispatch(
    full: ExpansionProblem,
    problem: ExpansionProblem,
    solution: Solution,
    *,
    years: Sequence[int] | None = None,
    windows: int = 12,
    threads: int | None = None,
) -> tuple[FullYear, ...]:
    """Operate `solution` over the hours of `full`.

    Parameters
    ----------
    full : ExpansionProblem
        The same options on full chronology (one chain of equal weights).
    problem : ExpansionProblem
        What `solution` solves.
    years : sequence of int, optional
        First years of the periods to operate; all if None.
    windows : int
        Parts of the year that are operated apart.
    threads : int, optional
        Most threads of the solver.

    Raises
    ------
    InputError
        If `full` has other periods, or a year asked for is none of them.
    """
    every = [period.year for period in problem.periods]
    require(
        [period.year for period in full.periods] == every, "the full problem has other periods."
    )
    asked = every if years is None else list(years)
    unknown = sorted(set(asked) - set(every))
    require(not unknown, f"no period begins in {unknown}; there are {every}.")
    require(1 <= windows <= len(full.hours), f"{windows} windows of {len(full.hours)} hours.")
    return tuple(
        _operate(full, problem, solution, every.index(year), windows, threads) for year in asked
    )


def _operate(
    full: ExpansionProblem,
    problem: ExpansionProblem,
    solution: Solution,
    y: int,
    windows: int,
    threads: int | None,
) -> FullYear:
    tally = _Tally()
    edges = np.linspace(0, len(full.hours), windows + 1).astype(int)
    for names in _groups(full):
        for first, last in pairwise(edges):
            part = _held(full, solution, y, names, slice(first, last))
            form = formulate(part)
            tally.add(form, _dispatched(form, full.limits, solution, y, threads))
    planned = _Tally()
    everywhere = [site.name for site in problem.sites]
    at = _held(problem, solution, y, everywhere, slice(None))
    planned.add(formulate(at), _in_period(solution.dispatch, y))
    return FullYear(
        year=full.periods[y].year,
        operating_usd=tally.operating_usd,
        planned_usd=planned.operating_usd,
        unserved_mwh=tally.unserved_mwh,
        planned_unserved_mwh=planned.unserved_mwh,
        clean_share_fraction=tally.clean_mwh / max(tally.load_mwh, 1e-9),
        planned_clean_share_fraction=planned.clean_mwh / max(planned.load_mwh, 1e-9),
        energy_mwh=tally.energy_mwh,
    )


def _groups(problem: ExpansionProblem) -> list[list[str]]:
    """Return the sites that share a zone, and each site without one alone."""
    groups: dict[str, list[str]] = {}
    for site in problem.sites:
        key = f"zone {site.zone}" if site.zone is not None else f"site {site.name}"
        groups.setdefault(key, []).append(site.name)
    return list(groups.values())


def _cut(problem: ExpansionProblem, value: PerHour, y: int, hours: slice) -> FloatArray:
    """Return an hourly value of one period and window, [1, hour]."""
    return np.asarray(problem.by_hour(value)[y : y + 1, hours])


def _held(
    problem: ExpansionProblem, solution: Solution, y: int, names: list[str], hours: slice
) -> ExpansionProblem:
    """Return one period, window and group of sites, with the plan's capacities and load."""
    sites = [site for site in problem.sites if site.name in names]
    zones = {site.zone for site in sites}
    weights = problem.hours.weights[hours]
    whole = hours == slice(None)
    chains = problem.hours.chain_lengths if whole else (len(weights),)
    capacity = solution.capacity
    online = solution.online_it_mw

    def supply(option: Supply) -> Supply:
        return replace(
            option,
            existing_mw=float(capacity.supply_mw[option.name][y]),
            availability=_cut(problem, option.availability, y, hours),
            variable_usd_per_mwh=_cut(problem, _energy_price(problem, option), y, hours),
            contract=Ownership(),
            **_HELD,
        )

    def storage(option: Storage) -> Storage:
        return replace(
            option,
            existing_mw=float(capacity.storage_mw[option.name][y]),
            existing_mwh=float(capacity.storage_mwh[option.name][y]),
            max_mwh=1e7,
            capex_usd_per_mwh=0.0,
            fixed_usd_per_mwh_year=0.0,
            variable_usd_per_mwh=_cut(problem, option.variable_usd_per_mwh, y, hours),
            **_HELD,
        )

    def site(place: Site) -> Site:
        return replace(
            place,
            it_load_fraction=_cut(problem, place.it_load_fraction, y, hours),
            pue=_cut(problem, place.pue, y, hours),
            connection_mw=float(capacity.connection_mw[place.name][y]),
            delivery_usd_per_mwh=_cut(problem, place.delivery_usd_per_mwh, y, hours),
            reserve_margin_fraction=None,
            water_m3_per_it_mwh=0.0,
            max_water_m3=None,
            land_acres=None,
        )

    def zone(area: Zone) -> Zone:
        depth = area.max_import_mw
        return replace(
            area,
            price_usd_per_mwh=_cut(problem, area.price_usd_per_mwh, y, hours),
            dirty_fraction=_cut(problem, area.dirty_fraction, y, hours),
            co2_t_per_mwh=_cut(problem, area.co2_t_per_mwh, y, hours),
            max_import_mw=None if depth is None else float(problem.by_period(depth)[y]),
        )

    carbon = float(problem.by_period(problem.limits.carbon_usd_per_t)[y])
    return ExpansionProblem(
        periods=(Period(problem.periods[y].year),),
        hours=Hours(weights, chains, problem.hours.step_hours),
        sites=tuple(site(place) for place in sites),
        zones=tuple(zone(area) for area in problem.zones if area.name in zones),
        supplies=tuple(
            supply(option)
            for option in problem.supplies
            if option.site in names or (option.site is None and option.zone in zones)
        ),
        storages=tuple(storage(option) for option in problem.storages if option.site in names),
        campuses=tuple(
            Campus(
                name=f"load of {place.name}",
                site=place.name,
                existing_it_mw=max(float(online[place.name][y]), 0.0),
            )
            for place in sites
        ),
        limits=Limits(carbon_usd_per_t=carbon),
    )


def _energy_price(problem: ExpansionProblem, option: Supply) -> FloatArray:
    """Return the cost of one MWh used; energy under take-or-pay is paid for already."""
    price = problem.by_hour(option.variable_usd_per_mwh)
    contract = option.contract
    as_used = isinstance(contract, Prepayment) or (
        isinstance(contract, PowerPurchase) and contract.take_or_pay_fraction < 1
    )
    if as_used and not isinstance(contract, Ownership):
        price = price + problem.by_hour(contract.price_usd_per_mwh)
    return np.asarray(price)


def _dispatched(
    form: Formulation, limits: Limits, solution: Solution, y: int, threads: int | None
) -> Dispatch:
    """Return the least-cost dispatch with carbon cap and clean share as prices on energy."""
    carbon = float(solution.prices.carbon_usd_per_t[y])
    clean = float(solution.prices.clean_usd_per_mwh[y])
    hourly = limits.clean_matching == "hourly"
    problem, columns = form.problem, form.assembly.columns
    cost = form.program.cost.copy()

    def charge(key: Key, dirty: FloatArray | float, co2: FloatArray | float) -> None:
        if key in columns:
            # annual matching rewards clean energy, hourly matching charges for the rest
            counted = np.asarray(dirty) - (0.0 if hourly else 1.0)
            priced = clean * counted + carbon * np.asarray(co2)
            cost[columns[key]] += problem.hours.weights * priced

    def refund(key: Key, dirty: FloatArray) -> None:
        if key in columns and not hourly:
            cost[columns[key]] += problem.hours.weights * clean * (1 - dirty)

    for option in problem.supplies:
        dirty = option.dirty_fraction
        if option.route == "virtual":
            dirty = 0.0 if hourly else dirty
        charge(("output", option.name, 0), dirty, option.co2_t_per_mwh)
    zones = {zone.name: zone for zone in problem.zones}
    for site in problem.sites:
        if site.zone is not None:
            zone = zones[site.zone]
            dirty_share = problem.by_hour(zone.dirty_fraction)[0]
            co2 = problem.by_hour(zone.co2_t_per_mwh)[0]
            charge(("import", site.name, 0), dirty_share, co2)
            refund(("export", site.name, 0), dirty_share)
    for zone in problem.zones:
        refund(("sale", zone.name, 0), problem.by_hour(zone.dirty_fraction)[0])
    program = replace(form.program, cost=cost)
    point = Session(program, threads=threads).solve_linear()
    if point.status != "optimal":
        raise explain_infeasible(form, threads=threads)
    check_point(program, point)
    return read_dispatch(form, point.values)


def _in_period(dispatch: Dispatch, y: int) -> Dispatch:
    """Return the dispatch of one period alone."""
    return Dispatch(
        **{
            item.name: {key: mw[y : y + 1] for key, mw in getattr(dispatch, item.name).items()}
            for item in fields(Dispatch)
        }
    )
