"""Operation: what runs in each hour at each site, given what stands.

At site s, period y, hour h (subscripts dropped where plain):

    sum of supply + discharge + import + flow + shed
        = pue * load fraction * online IT MW + charge + export          [power balance]
    import + flow <= connection                                         [connection]
    supply <= availability * capacity,   supply >= must run * availability * capacity
    what must run behind the meter and finds no use is spilled: spill <= must run output
    charge <= power, discharge <= power, state <= energy
    state[h] = (1 - loss) * state[h-1] + step * (eta_c * charge - discharge / eta_d)
    shed of a tier <= its share * load

`flow` is energy of zone projects; in each zone  sum of supply = sum of flow + sale.
State of charge is cyclic in each chain of hours. An hour's cost counts ``weight of the
period * weight of the hour``.
"""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.assembly import Assembly, IntArray
from gigaplan.expansion.assets import Asset, Assets
from gigaplan.expansion.model import ExpansionProblem, Site
from gigaplan.expansion.options import FloatArray, PowerPurchase, Prepayment, Storage, Supply

MILLION = 1e6


def demand_per_it_mw(problem: ExpansionProblem, site: Site, y: int) -> FloatArray:
    """Return facility MW per online IT MW in a period, [hour]."""
    return np.asarray(problem.by_hour(site.it_load_fraction)[y] * problem.by_hour(site.pue)[y])


def hour_cost_weight(problem: ExpansionProblem) -> FloatArray:
    """Return the present value of one USD paid in each MWh of an hour, [period, hour]."""
    weight = np.array([period.weight for period in problem.periods])
    return np.asarray(weight[:, None] * problem.hours.weights[None, :])


def variable_cost(problem: ExpansionProblem, option: Supply, y: int) -> FloatArray:
    """Return what one more MWh of `option` costs, carbon price included, USD, [hour]."""
    carbon = problem.by_period(problem.limits.carbon_usd_per_t)[y] * option.co2_t_per_mwh
    cost = problem.by_hour(option.variable_usd_per_mwh)[y] + carbon
    contract = option.contract
    if isinstance(contract, Prepayment) or (
        isinstance(contract, PowerPurchase) and contract.take_or_pay_fraction == 0
    ):
        cost = cost + problem.by_hour(contract.price_usd_per_mwh)[y]
    if option.route == "virtual":
        zone = next(zone for zone in problem.zones if zone.name == option.zone)
        cost = cost - problem.by_hour(zone.price_usd_per_mwh)[y]
    return np.asarray(cost)


def add_operation(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Add every hourly column and row; the online IT MW and payments are there already."""
    _add_balances(assembly, problem)
    for option in problem.supplies:
        for y in range(len(problem.periods)):
            _add_supply(assembly, problem, option, assets.supply[option.name], y)
    _add_zones(assembly, problem)
    for site in problem.sites:
        for y in range(len(problem.periods)):
            _add_site(assembly, problem, assets, site, y)
    for storage in problem.storages:
        energy = assets.energy.get(storage.name)
        for y in range(len(problem.periods)):
            _add_storage(assembly, problem, storage, assets.power[storage.name], energy, y)


def add_yearly(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Add what operation has by the year: online IT MW of each site, and take-or-pay."""
    for site in problem.sites:
        for y in range(len(problem.periods)):
            assembly.add_columns(("online", site.name, y), 1)
    for option in problem.supplies:
        for y in range(len(problem.periods)):
            _add_take_or_pay(assembly, problem, option, assets.supply[option.name], y)


def can_stand(asset: Asset, y: int) -> bool:
    """Return whether an asset has or may have capacity in a period."""
    return bool(asset.may_grow[y]) or bool(asset.existing[y] > 0)


def _add_balances(assembly: Assembly, problem: ExpansionProblem) -> None:
    """Add an empty power balance per site and period."""
    for site in problem.sites:
        for y in range(len(problem.periods)):
            need = demand_per_it_mw(problem, site, y)
            online = assembly.columns["online", site.name, y]
            rows = assembly.add_rows(
                ("balance", site.name, y), len(problem.hours), lower=0.0, upper=0.0
            )
            assembly.add_entries(rows, online, -need)


def _add_supply(
    assembly: Assembly, problem: ExpansionProblem, option: Supply, asset: Asset, y: int
) -> None:
    """Add the output of `option` in period `y`, if it can stand."""
    if not can_stand(asset, y):
        return
    grows = bool(asset.may_grow[y])
    count = len(problem.hours)
    share = problem.by_hour(option.availability)[y]
    fixed = share * asset.existing[y]
    least = option.must_run_fraction
    output = assembly.add_columns(
        ("output", option.name, y),
        count,
        cost=hour_cost_weight(problem)[y] * variable_cost(problem, option, y),
        lower=0.0 if grows else least * fixed,
        upper=np.inf if grows else fixed,
    )
    if grows:
        rows = assembly.add_rows(("output", option.name, y), count, upper=0.0)
        assembly.add_entries(rows, output, 1.0)
        assembly.add_entries(rows, asset.capacity[y], -share)
        if least > 0:
            rows = assembly.add_rows(("must run", option.name, y), count, lower=0.0)
            assembly.add_entries(rows, output, 1.0)
            assembly.add_entries(rows, asset.capacity[y], -least * share)
    used = assembly.rows.get(("paid energy", option.name, y))
    if used is not None and isinstance(option.contract, PowerPurchase):
        price = problem.by_hour(option.contract.price_usd_per_mwh)[y] * problem.hours.weights
        assembly.add_entries(used, output, -price / MILLION)
    if option.route == "behind_meter":
        balance = assembly.rows["balance", str(option.site), y]
        assembly.add_entries(balance, output, 1.0)
        if least > 0:
            spill = assembly.add_columns(("spill", option.name, y), count)
            assembly.add_entries(balance, spill, -1.0)
            rows = assembly.add_rows(("spill", option.name, y), count, upper=0.0)
            assembly.add_entries(rows, spill, 1.0)
            assembly.add_entries(rows, asset.capacity[y], -least * share)


def _add_take_or_pay(
    assembly: Assembly, problem: ExpansionProblem, option: Supply, asset: Asset, y: int
) -> None:
    """Add what is paid for energy taken or not; the energy that counts beyond it comes later.

    A year costs ``max(take * value of all available energy, value of the energy used)``.
    """
    contract = option.contract
    if (
        not isinstance(contract, PowerPurchase)
        or contract.take_or_pay_fraction == 0
        or not can_stand(asset, y)
    ):
        return
    share = problem.by_hour(option.availability)[y]
    price = problem.by_hour(contract.price_usd_per_mwh)[y] * problem.hours.weights
    taken = contract.take_or_pay_fraction * float(price @ share)
    weight = problem.periods[y].weight
    most = float(price @ share) * float(asset.maximum[y]) / MILLION
    paid = assembly.add_columns(("paid", option.name, y), 1, cost=weight * MILLION, upper=most)
    floor = assembly.add_rows(("take or pay", option.name, y), 1, lower=0.0)
    assembly.add_entries(floor, paid, 1.0)
    assembly.add_entries(floor, asset.capacity[y], -taken / MILLION)
    if contract.take_or_pay_fraction < 1:
        used = assembly.add_rows(("paid energy", option.name, y), 1, lower=0.0)
        assembly.add_entries(used, paid, 1.0)


def _add_zones(assembly: Assembly, problem: ExpansionProblem) -> None:
    """Add the energy of zone projects: to the zone's sites, or sold."""
    count = len(problem.hours)
    for zone in problem.zones:
        members = [o for o in problem.supplies if o.route == "zone" and o.zone == zone.name]
        earned = -zone.sale_price_fraction * problem.by_hour(zone.price_usd_per_mwh)
        for y in range(len(problem.periods)):
            outputs = [
                assembly.columns["output", o.name, y]
                for o in members
                if ("output", o.name, y) in assembly.columns
            ]
            if not outputs:
                continue
            rows = assembly.add_rows(("zone", zone.name, y), count, lower=0.0, upper=0.0)
            for output in outputs:
                assembly.add_entries(rows, output, 1.0)
            if zone.sale_price_fraction > 0 or any(o.must_run_fraction > 0 for o in members):
                sale = assembly.add_columns(
                    ("sale", zone.name, y), count, cost=hour_cost_weight(problem)[y] * earned[y]
                )
                assembly.add_entries(rows, sale, -1.0)


def _add_site(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, site: Site, y: int
) -> None:
    """Add import, flow, export and shed of a site in a period."""
    count = len(problem.hours)
    balance = assembly.rows["balance", site.name, y]
    cost = hour_cost_weight(problem)[y]
    need = demand_per_it_mw(problem, site, y)
    for tier in site.shed:
        shed = assembly.add_columns(
            ("shed", site.name, tier.name, y), count, cost=cost * tier.usd_per_mwh
        )
        assembly.add_entries(balance, shed, 1.0)
        rows = assembly.add_rows(("shed", site.name, tier.name, y), count, upper=0.0)
        assembly.add_entries(rows, shed, 1.0)
        online = assembly.columns["online", site.name, y]
        assembly.add_entries(rows, online, -tier.load_fraction * need)
    if site.zone is None:
        return
    zone = next(zone for zone in problem.zones if zone.name == site.zone)
    price = problem.by_hour(zone.price_usd_per_mwh)[y]
    carried = problem.by_hour(site.delivery_usd_per_mwh)[y]
    carbon = (
        problem.by_period(problem.limits.carbon_usd_per_t)[y]
        * problem.by_hour(zone.co2_t_per_mwh)[y]
    )
    rows = _add_connection_rows(assembly, problem, assets, site, y, "connection")
    bought = assembly.add_columns(
        ("import", site.name, y), count, cost=cost * (price + carried + carbon)
    )
    assembly.add_entries(balance, bought, 1.0)
    assembly.add_entries(rows, bought, 1.0)
    if ("zone", zone.name, y) in assembly.rows:
        flow = assembly.add_columns(("flow", site.name, y), count, cost=cost * carried)
        assembly.add_entries(balance, flow, 1.0)
        assembly.add_entries(rows, flow, 1.0)
        assembly.add_entries(assembly.rows["zone", zone.name, y], flow, -1.0)
    if zone.max_import_mw is not None:
        depth = assembly.rows.get(("market depth", zone.name, y))
        if depth is None:
            most = problem.by_period(zone.max_import_mw)[y]
            depth = assembly.add_rows(("market depth", zone.name, y), count, upper=most)
        assembly.add_entries(depth, bought, 1.0)
    if site.export_price_fraction is not None:
        rows = _add_connection_rows(assembly, problem, assets, site, y, "export")
        sold = assembly.add_columns(
            ("export", site.name, y), count, cost=-cost * site.export_price_fraction * price
        )
        assembly.add_entries(balance, sold, -1.0)
        assembly.add_entries(rows, sold, 1.0)


def _add_connection_rows(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, site: Site, y: int, what: str
) -> IntArray:
    """Add ``what <= connection`` for each hour, the left side left empty."""
    fixed = problem.by_period(site.connection_mw)[y]
    rows = assembly.add_rows((what, site.name, y), len(problem.hours), upper=fixed)
    for asset in assets.connection.values():
        if asset.site == site.name:
            assembly.add_entries(rows, asset.capacity[y], -1.0)
    return rows


def _add_storage(
    assembly: Assembly,
    problem: ExpansionProblem,
    option: Storage,
    power: Asset,
    energy: Asset | None,
    y: int,
) -> None:
    """Add charge, discharge and state of charge of `option` in a period."""
    if not (can_stand(power, y) and (energy is None or can_stand(energy, y))):
        return
    count = len(problem.hours)
    step = problem.hours.step_hours
    cost = hour_cost_weight(problem)[y] * problem.by_hour(option.variable_usd_per_mwh)[y]
    charge = assembly.add_columns(("charge", option.name, y), count)
    discharge = assembly.add_columns(("discharge", option.name, y), count, cost=cost)
    state = assembly.add_columns(("state", option.name, y), count)
    balance = assembly.rows["balance", option.site, y]
    assembly.add_entries(balance, charge, -1.0)
    assembly.add_entries(balance, discharge, 1.0)
    kept = assembly.add_rows(("state", option.name, y), count, lower=0.0, upper=0.0)
    before = state[previous_hour(problem.hours.chain_lengths)]
    assembly.add_entries(kept, state, 1.0)
    assembly.add_entries(kept, before, -((1 - option.standing_loss_fraction_per_hour) ** step))
    assembly.add_entries(kept, charge, -step * option.charge_efficiency_fraction)
    assembly.add_entries(kept, discharge, step / option.discharge_efficiency_fraction)
    for what, columns in (("charge", charge), ("discharge", discharge)):
        rows = assembly.add_rows((what, option.name, y), count, upper=0.0)
        assembly.add_entries(rows, columns, 1.0)
        assembly.add_entries(rows, power.capacity[y], -1.0)
    rows = assembly.add_rows(("energy", option.name, y), count, upper=0.0)
    assembly.add_entries(rows, state, 1.0)
    if energy is None:
        hours = option.duration_hours or 0.0
        assembly.add_entries(rows, power.capacity[y], -hours)
    else:
        assembly.add_entries(rows, energy.capacity[y], -1.0)


def previous_hour(chain_lengths: tuple[int, ...]) -> IntArray:
    """Return for each hour the one before it in its chain; the first follows the last."""
    ends = np.cumsum(np.asarray(chain_lengths, dtype=np.int64))
    before = np.arange(-1, int(ends[-1]) - 1, dtype=np.int64)
    before[ends - np.asarray(chain_lengths)] = ends - 1
    return before
