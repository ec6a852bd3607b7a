"""Limits that many sites or hours share: money, slots, clean share, carbon, water, land, rules.

Rows are kept near unit size: money in million USD, energy in GWh, carbon in kt, water in
thousand m3.
"""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.assembly import Assembly, IntArray, Key
from gigaplan.expansion.assets import Assets
from gigaplan.expansion.funds import add_funds
from gigaplan.expansion.model import EitherOr, ExpansionProblem, Prerequisite, Site
from gigaplan.expansion.operation import demand_per_it_mw
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.spending import add_budgets

THOUSAND = 1e3


def add_shared_limits(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Add every row that couples sites, hours or periods."""
    add_budgets(assembly, problem, assets)
    add_funds(assembly, problem, assets)
    _add_slots(assembly, problem, assets)
    add_energy_limits(assembly, problem)
    for site in problem.sites:
        _add_reserve_margin(assembly, problem, assets, site)
        _add_land(assembly, problem, assets, site)
    for position, rule in enumerate(problem.rules):
        if isinstance(rule, EitherOr):
            _add_either_or(assembly, problem, assets, rule, position)
        else:
            _add_prerequisite(assembly, problem, assets, rule, position)


def add_energy_limits(assembly: Assembly, problem: ExpansionProblem) -> None:
    """Add the limits on energy of a year: clean share, carbon, water."""
    if problem.limits.clean_share_fraction is not None:
        _add_clean_share(assembly, problem)
    if problem.limits.carbon_t is not None:
        _add_carbon(assembly, problem)
    for site in problem.sites:
        _add_water(assembly, problem, site)


def _add_slots(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    for name, offered in problem.limits.slots.items():
        most = problem.by_period(offered)
        rows = assembly.add_rows(("slots", name), len(most), upper=most)
        for asset in assets.all():
            if asset.slot_class == name:
                taken = asset.slots_per_mw * asset.unit
                assembly.add_entries(rows[asset.build_period], asset.build, taken)


def _outputs(assembly: Assembly, problem: ExpansionProblem, y: int) -> list[tuple[int, IntArray]]:
    """Return the position and output columns of each supply that can stand in a period."""
    return [
        (position, assembly.columns["output", option.name, y])
        for position, option in enumerate(problem.supplies)
        if ("output", option.name, y) in assembly.columns
    ]


def _imports(
    assembly: Assembly, problem: ExpansionProblem, y: int
) -> list[tuple[FloatArray, FloatArray, IntArray]]:
    """Return dirty share, carbon and columns of each site's imports in a period, if any."""
    zones = {zone.name: zone for zone in problem.zones}
    return [
        (
            problem.by_hour(zones[site.zone].dirty_fraction)[y],
            problem.by_hour(zones[site.zone].co2_t_per_mwh)[y],
            assembly.columns["import", site.name, y],
        )
        for site in problem.sites
        if site.zone is not None and ("import", site.name, y) in assembly.columns
    ]


def _sales(
    assembly: Assembly, problem: ExpansionProblem, y: int
) -> list[tuple[FloatArray, IntArray]]:
    """Return dirty share and columns of what zones' projects and sites sell in a period."""
    zones = {zone.name: zone for zone in problem.zones}
    keys: list[tuple[str, Key]] = [(name, ("sale", name, y)) for name in zones]
    keys += [(s.zone, ("export", s.name, y)) for s in problem.sites if s.zone is not None]
    return [
        (problem.by_hour(zones[name].dirty_fraction)[y], assembly.columns[key])
        for name, key in keys
        if key in assembly.columns
    ]


def _add_clean_share(assembly: Assembly, problem: ExpansionProblem) -> None:
    """Add ``clean made >= share * demand`` (annual) or ``dirty drawn <= rest`` (hourly), GWh.

    Annually the grid's clean share counts on what is bought less what is sold: else selling
    contracted energy and buying the same from the grid would count its clean part twice.
    """
    assert problem.limits.clean_share_fraction is not None
    least = problem.by_period(problem.limits.clean_share_fraction)
    hourly = problem.limits.clean_matching == "hourly"
    energy = problem.hours.weights / THOUSAND
    for y in range(len(problem.periods)):
        if least[y] <= 0:
            continue
        rows = assembly.add_rows(("clean", y), 1, lower=0.0)
        for position, output in _outputs(assembly, problem, y):
            option = problem.supplies[position]
            if hourly and option.route != "virtual":
                assembly.add_entries(rows, output, -option.dirty_fraction * energy)
            elif not hourly:
                assembly.add_entries(rows, output, (1 - option.dirty_fraction) * energy)
        for dirty, _, bought in _imports(assembly, problem, y):
            counted = -dirty if hourly else 1 - dirty
            assembly.add_entries(rows, bought, counted * energy)
        for dirty, sold in [] if hourly else _sales(assembly, problem, y):
            assembly.add_entries(rows, sold, -(1 - dirty) * energy)
        asked = -(1 - least[y]) if hourly else least[y]
        for site in problem.sites:
            online = assembly.columns["online", site.name, y]
            demand = float(demand_per_it_mw(problem, site, y) @ energy)
            assembly.add_entries(rows, online, -asked * demand)


def _add_carbon(assembly: Assembly, problem: ExpansionProblem) -> None:
    assert problem.limits.carbon_t is not None
    most = problem.by_period(problem.limits.carbon_t)
    energy = problem.hours.weights / THOUSAND
    for y in range(len(problem.periods)):
        rows = assembly.add_rows(("carbon", y), 1, upper=most[y] / THOUSAND)
        for position, output in _outputs(assembly, problem, y):
            option = problem.supplies[position]
            if option.route != "virtual":
                assembly.add_entries(rows, output, option.co2_t_per_mwh * energy)
        for _, carbon, bought in _imports(assembly, problem, y):
            assembly.add_entries(rows, bought, carbon * energy)


def _add_reserve_margin(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, site: Site
) -> None:
    """Add ``accredited capacity >= (1 + margin) * peak demand`` in MW, by period."""
    if site.reserve_margin_fraction is None:
        return
    in_hand = site.connection_credit_fraction * problem.by_period(site.connection_mw)
    count = len(problem.periods)
    rows = assembly.add_rows(("reserve", site.name), count, lower=-in_hand)
    credits = [
        (assets.supply[o.name], o.capacity_credit_fraction)
        for o in problem.supplies
        if o.route == "behind_meter"
    ]
    credits += [(assets.power[o.name], o.capacity_credit_fraction) for o in problem.storages]
    credits += [(asset, site.connection_credit_fraction) for asset in assets.connection.values()]
    for asset, credit in credits:
        if asset.site == site.name:
            assembly.add_entries(rows, asset.capacity, credit)
    peak = np.array([demand_per_it_mw(problem, site, y).max() for y in range(count)])
    if site.reserve_mw_per_it_mw is not None:
        peak = np.full(count, site.reserve_mw_per_it_mw)
    for y in range(count):
        online = assembly.columns["online", site.name, y]
        assembly.add_entries(rows[y], online, -(1 + site.reserve_margin_fraction) * peak[y])


def _add_water(assembly: Assembly, problem: ExpansionProblem, site: Site) -> None:
    if site.max_water_m3 is None:
        return
    most = problem.by_period(site.max_water_m3) / THOUSAND
    weight = problem.hours.weights / THOUSAND
    cooling = problem.by_hour(site.water_m3_per_it_mwh) * problem.by_hour(site.it_load_fraction)
    rows = assembly.add_rows(("water", site.name), len(problem.periods), upper=most)
    for y in range(len(problem.periods)):
        online = assembly.columns["online", site.name, y]
        assembly.add_entries(rows[y], online, float(cooling[y] @ weight))
        for position, output in _outputs(assembly, problem, y):
            option = problem.supplies[position]
            if option.route == "behind_meter" and option.site == site.name:
                assembly.add_entries(rows[y], output, option.water_m3_per_mwh * weight)


def _add_land(assembly: Assembly, problem: ExpansionProblem, assets: Assets, site: Site) -> None:
    if site.land_acres is None:
        return
    rows = assembly.add_rows(("land", site.name), len(problem.periods), upper=site.land_acres)
    for asset in assets.all():
        if asset.site == site.name and asset.acres_per_mw > 0:
            assembly.add_entries(rows, asset.capacity, asset.acres_per_mw)


def _add_either_or(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, rule: EitherOr, position: int
) -> None:
    """Let new capacity stand only for chosen names, and at most so many be chosen."""
    count = len(problem.periods)
    chosen = assembly.add_columns(("chosen", position), len(rule.names), upper=1.0, whole=True)
    for place, name in enumerate(rule.names):
        owned = assets.owned_by(name)
        new = sum(asset.maximum - asset.existing for asset in owned)
        rows = assembly.add_rows(
            ("either", position, place), count, upper=sum(asset.existing for asset in owned)
        )
        for asset in owned:
            assembly.add_entries(rows, asset.capacity, 1.0)
        assembly.add_entries(rows, chosen[place], -np.asarray(new))
    rows = assembly.add_rows(("rule", position), 1, upper=float(rule.at_most))
    assembly.add_entries(rows, chosen, 1.0)


def _add_prerequisite(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, rule: Prerequisite, position: int
) -> None:
    """Let new capacity of one name stand only while enough of another stands."""
    count = len(problem.periods)
    chosen = assembly.add_columns(("chosen", position), count, upper=1.0, whole=True)
    owned = assets.owned_by(rule.name)
    new = sum(asset.maximum - asset.existing for asset in owned)
    rows = assembly.add_rows(
        ("either", position, 0), count, upper=sum(asset.existing for asset in owned)
    )
    for asset in owned:
        assembly.add_entries(rows, asset.capacity, 1.0)
    assembly.add_entries(rows, chosen, -np.asarray(new))
    rows = assembly.add_rows(("rule", position), count, lower=0.0)
    for asset in assets.owned_by(rule.requires):
        assembly.add_entries(rows, asset.capacity, 1.0)
    assembly.add_entries(rows, chosen, -rule.required_mw)
