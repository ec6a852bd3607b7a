"""Reads decisions, dispatch and prices out of a program's point and duals."""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Asset
from gigaplan.expansion.compute import generations
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.operation import MILLION, demand_per_it_mw, hour_cost_weight
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.shared_limits import THOUSAND
from gigaplan.expansion.solution import Build, Capacity, Costs, Dispatch, Kind, Prices
from gigaplan.expansion.spending import spend_by_build

_DUST_MW = 1e-6


def read_builds(form: Formulation, values: FloatArray) -> tuple[Build, ...]:
    """Return what enters service, by year."""
    kinds: dict[str, Kind] = {
        "supply": "supply",
        "storage": "storage",
        "storage energy": "storage energy",
        "connection": "connection",
        "phase": "phase",
        "chip": "chip",
    }
    builds = []
    for asset in form.assets.all():
        for column, y in zip(asset.build, asset.build_period, strict=True):
            mw = float(values[column]) * asset.unit
            if mw > _DUST_MW:
                whole = bool(form.program.whole[column])
                builds.append(
                    Build(
                        kind=kinds[str(asset.key[0])],
                        name=str(asset.key[1]),
                        part=str(asset.key[2]) if len(asset.key) > 2 else "",
                        year=form.problem.periods[y].year,
                        mw=mw,
                        units=round(mw / asset.unit) if whole else 0,
                        capex_usd=mw * float(asset.capex[y]),
                    )
                )
    return tuple(sorted(builds, key=lambda build: build.year))


def read_capacity(form: Formulation, values: FloatArray) -> Capacity:
    """Return what stands in each period."""
    problem, assets = form.problem, form.assets

    def stands(asset: Asset) -> FloatArray:
        return np.maximum(values[asset.capacity], 0.0)

    connection = {
        site.name: problem.by_period(site.connection_mw)
        + sum(stands(a) for a in assets.connection.values() if a.site == site.name)
        for site in problem.sites
    }
    phases = {key: stands(asset) for key, asset in assets.phase.items()}
    halls = {
        campus.name: problem.by_period(campus.existing_it_mw)
        + sum(phases[campus.name, phase.name] for phase in campus.phases)
        for campus in problem.campuses
    }
    power = {name: stands(asset) for name, asset in assets.power.items()}
    energy = {name: stands(asset) for name, asset in assets.energy.items()}
    for storage in problem.storages:
        if storage.duration_hours is not None:
            energy[storage.name] = power[storage.name] * storage.duration_hours
    return Capacity(
        supply_mw={name: stands(asset) for name, asset in assets.supply.items()},
        storage_mw=power,
        storage_mwh=energy,
        connection_mw=connection,
        hall_it_mw=halls,
        phase_it_mw=phases,
        chip_it_mw={key: stands(asset) for key, asset in assets.chip.items()},
    )


def _by_period(form: Formulation, values: FloatArray, *key: str) -> FloatArray:
    """Return a column per period as [period], zero where there is none."""
    columns = form.assembly.columns
    found = np.zeros(len(form.problem.periods))
    for y in range(len(found)):
        block: Key = (*key, y)
        if block in columns:
            found[y] = values[columns[block]][0]
    return found


def _by_hour(form: Formulation, values: FloatArray, *key: str) -> FloatArray:
    """Return hourly columns as [period, hour], zero where there are none."""
    columns = form.assembly.columns
    found = np.zeros((len(form.problem.periods), len(form.problem.hours)))
    for y in range(len(found)):
        block: Key = (*key, y)
        if block in columns:
            found[y] = values[columns[block]]
    return found


def read_online(form: Formulation, values: FloatArray) -> dict[str, FloatArray]:
    """Return online IT MW by site, [period]."""
    return {s.name: _by_period(form, values, "online", s.name) for s in form.problem.sites}


def read_run(form: Formulation, values: FloatArray) -> dict[tuple[str, str], FloatArray]:
    """Return online IT MW by campus and generation, [period]."""
    return {
        (campus.name, name): _by_period(form, values, "run", campus.name, name)
        for campus in form.problem.campuses
        for name in generations(campus)
    }


def read_shortfall(form: Formulation, values: FloatArray) -> FloatArray:
    """Return IT MW missing to the target, [period]."""
    return _by_period(form, values, "shortfall")


def read_capex(form: Formulation, values: FloatArray) -> FloatArray:
    """Return undiscounted capital by the period it is spent in, USD."""
    count = len(form.problem.periods)
    spent = np.zeros(count)
    for asset in form.assets.all():
        spent += values[asset.build] @ spend_by_build(asset, count)
    return np.asarray(spent * MILLION)


def read_draws(form: Formulation, values: FloatArray) -> dict[str, FloatArray]:
    """Return USD drawn from each fund by period."""
    count = len(form.problem.periods)
    found = {fund.name: np.zeros(count) for fund in form.problem.limits.funds}
    for key, columns in form.assembly.columns.items():
        if key[0] == "draw":
            found[str(key[1])] += values[columns] * MILLION
    return found


def read_dispatch(form: Formulation, values: FloatArray) -> Dispatch:
    """Return what runs in each hour."""
    problem = form.problem
    online = read_online(form, values)
    sites = [site.name for site in problem.sites]
    stores = [storage.name for storage in problem.storages]

    def hours(kind: str, names: list[str]) -> dict[str, FloatArray]:
        return {name: _by_hour(form, values, kind, name) for name in names}

    return Dispatch(
        load_mw={
            site.name: np.stack(
                [
                    demand_per_it_mw(problem, site, y) * online[site.name][y]
                    for y in range(len(problem.periods))
                ]
            )
            for site in problem.sites
        },
        import_mw=hours("import", sites),
        flow_mw=hours("flow", sites),
        export_mw=hours("export", sites),
        shed_mw={
            (site.name, tier.name): _by_hour(form, values, "shed", site.name, tier.name)
            for site in problem.sites
            for tier in site.shed
        },
        output_mw=hours("output", [option.name for option in problem.supplies]),
        charge_mw=hours("charge", stores),
        discharge_mw=hours("discharge", stores),
        state_mwh=hours("state", stores),
        sale_mw=hours("sale", [zone.name for zone in problem.zones]),
    )


def read_energy(form: Formulation, dispatch: Dispatch) -> dict[str, dict[str, FloatArray]]:
    """Return MWh of a year by site and source; a zone's projects share their flow by output."""
    problem, weights = form.problem, form.problem.hours.weights
    shape = (len(problem.periods), len(problem.hours))
    made = {zone.name: np.zeros(shape) for zone in problem.zones}
    for option in problem.supplies:
        if option.route == "zone":
            made[str(option.zone)] = made[str(option.zone)] + dispatch.output_mw[option.name]
    found: dict[str, dict[str, FloatArray]] = {}
    for site in problem.sites:
        sources = {"grid": dispatch.import_mw[site.name] @ weights}
        for option in problem.supplies:
            output = dispatch.output_mw[option.name]
            if option.route == "behind_meter" and option.site == site.name:
                sources[option.name] = output @ weights
            elif option.route == "zone" and option.zone == site.zone:
                total = made[str(option.zone)]
                share = np.divide(output, total, out=np.zeros_like(total), where=total > 0)
                sources[option.name] = (dispatch.flow_mw[site.name] * share) @ weights
        unserved = sum(
            (dispatch.shed_mw[site.name, tier.name] for tier in site.shed), start=np.zeros(shape)
        )
        sources["unserved"] = unserved @ weights
        found[site.name] = sources
    return found


_PART_OF_COST = {
    "build": "capital",
    "draw": "capital",
    "capacity": "fixed",
    "output": "energy",
    "paid": "energy",
    "discharge": "energy",
    "import": "market",
    "flow": "market",
    "export": "market",
    "sale": "market",
    "shed": "unserved",
    "shortfall": "shortfall",
    "run": "value",
}


def read_costs(form: Formulation, values: FloatArray) -> Costs:
    """Return the parts of the objective."""
    parts = dict.fromkeys(Costs.__dataclass_fields__, 0.0)
    for key, columns in form.assembly.columns.items():
        part = _PART_OF_COST.get(str(key[0]))
        if part is not None:
            parts[part] += float(form.program.cost[columns] @ values[columns])
    return Costs(**parts)


def read_prices(form: Formulation, duals: FloatArray, load: dict[str, FloatArray]) -> Prices:
    """Return shadow prices from row duals.

    Parameters
    ----------
    duals : array [row]
        Change of the objective per unit of each row's bound.
    load : mapping of site to array [period, hour]
        Facility MW, the weights of the mean power price.
    """
    problem, rows = form.problem, form.assembly.rows
    weight = np.array([period.weight for period in problem.periods])
    hour_weight = hour_cost_weight(problem)
    hourly = {
        site.name: np.stack([duals[rows["balance", site.name, y]] for y in range(len(weight))])
        / hour_weight
        for site in problem.sites
    }
    connection = {}
    for site in problem.sites:
        worth = np.zeros(len(weight))
        for kind in ("connection", "export"):
            for y in range(len(weight)):
                if (kind, site.name, y) in rows:
                    worth[y] -= duals[rows[kind, site.name, y]].sum()
        connection[site.name] = worth / weight
    power = {
        name: _mean_price(price, load[name] * problem.hours.weights)
        for name, price in hourly.items()
    }
    return read_limit_prices(form, duals, power=power, connection=connection, hourly=hourly)


def read_limit_prices(
    form: Formulation,
    duals: FloatArray,
    *,
    power: dict[str, FloatArray],
    connection: dict[str, FloatArray],
    hourly: dict[str, FloatArray],
) -> Prices:
    """Return the prices of limits from row duals, with those of sites as they are given."""
    problem, rows = form.problem, form.assembly.rows
    weight = np.array([period.weight for period in problem.periods])

    def per_period(key: Key) -> FloatArray:
        return duals[rows[key]] if key in rows else np.zeros(len(weight))

    def each_period(name: str) -> FloatArray:
        found = np.zeros(len(weight))
        for y in range(len(weight)):
            if (name, y) in rows:
                found[y] = duals[rows[name, y]][0]
        return found

    limits, every = problem.limits, range(len(weight))
    totals = [-duals[rows["total budget", i]][0] for i in range(len(limits.cumulative_capex))]
    names = [site.name for site in problem.sites]

    def saved_a_year(name: str) -> dict[str, FloatArray]:
        """Return what a unit more of a site's limit saves in a year, by site."""
        return {at: (0.0 - per_period((name, at))) / weight for at in names}

    return Prices(
        power_usd_per_mwh=power,
        hourly_power_usd_per_mwh=hourly,
        connection_usd_per_mw_year=connection,
        target_usd_per_it_mw_year=each_period("target") / weight,
        budget_usd_per_usd=(0.0 - per_period(("budget",))) / MILLION,
        total_budget_usd_per_usd=np.asarray(totals, dtype=np.float64) / MILLION,
        slot_usd={name: 0.0 - per_period(("slots", name)) for name in limits.slots},
        clean_usd_per_mwh=each_period("clean") / weight / THOUSAND + 0.0,
        carbon_usd_per_t=(0.0 - each_period("carbon")) / weight / THOUSAND,
        water_usd_per_m3={at: usd / THOUSAND for at, usd in saved_a_year("water").items()},
        reserve_usd_per_mw_year={name: per_period(("reserve", name)) / weight for name in names},
        land_usd_per_acre_year=saved_a_year("land"),
        delivery_usd_per_it_mw={
            chip.name: 0.0 - per_period(("deliveries", chip.name))
            for chip in problem.accelerators
            if chip.max_it_mw is not None
        },
        fund_usd_per_usd={
            fund.name: (0.0 - per_period(("fund", fund.name))) / MILLION for fund in limits.funds
        },
        fund_total_usd_per_usd={
            fund.name: float(0.0 - duals[rows["fund total", fund.name]][0]) / MILLION
            for fund in limits.funds
        },
        market_depth_usd_per_mw_year={
            zone.name: np.array(
                [-duals[rows.get(("market depth", zone.name, y), [])].sum() for y in every]
            )
            / weight
            for zone in problem.zones
            if any(("market depth", zone.name, y) in rows for y in every)
        },
    )


def _mean_price(price: FloatArray, energy: FloatArray) -> FloatArray:
    """Return the mean over energy, or over time where there is none, [period]."""
    total = energy.sum(axis=1)
    plain = price.mean(axis=1)
    weighted = (price * energy).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.asarray(np.where(total > 0, weighted, plain))


def read_whole(form: Formulation, values: FloatArray) -> dict[Key, FloatArray]:
    """Return the whole numbers by block of columns."""
    return {
        key: np.round(values[columns])
        for key, columns in form.assembly.columns.items()
        if len(columns) and form.program.whole[columns[0]]
    }
