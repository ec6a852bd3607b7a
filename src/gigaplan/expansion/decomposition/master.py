"""The master program: everything of a plan but its hours.

It is the reference program without hourly columns: builds, capacity, halls, chips, target,
budgets, slots, rules, and the yearly limits, in whose rows each block's amounts stand as columns.
Costs are in million USD, present value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.expansion.assembly import Assembly, IntArray, Key, LinearProgram
from gigaplan.expansion.assets import Asset, Assets, add_assets
from gigaplan.expansion.compute import add_compute
from gigaplan.expansion.decomposition.block import Block, Input, Links
from gigaplan.expansion.decomposition.hourly_block import HourlyBlock
from gigaplan.expansion.decomposition.kept import Kept
from gigaplan.expansion.decomposition.market import MarketZone, market_zones, merchant
from gigaplan.expansion.decomposition.one_period import one_period
from gigaplan.expansion.decomposition.site_block import SiteOracle, fits_fast, standing_stores
from gigaplan.expansion.decomposition.starts import plain_starts, site_starts
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.model import ExpansionProblem, Site
from gigaplan.expansion.operation import MILLION, add_yearly, can_stand, demand_per_it_mw
from gigaplan.expansion.options import Supply
from gigaplan.expansion.shared_limits import add_shared_limits

ROOM_BYTES = 200_000_000
"""Memory in which hours of site-years stay between rounds; what does not fit is made anew."""


@dataclass(frozen=True, kw_only=True)
class CoupledBlocks:
    """Blocks, and the program that couples them.

    Parameters
    ----------
    program : LinearProgram
        Cost in million USD, that of the blocks left out.
    blocks : tuple of Block
    links : Links
    weight : array [block]
        Present value of a USD of the block's year.
    amount_columns : array [amount]
        Columns of the blocks' amounts, block by block.
    amount_start : array [block + 1]
        Where each block's amounts begin.
    money_row : array [block], optional
        Row in which a block's cost is taken off, million USD; None: it counts in the objective.
    """

    program: LinearProgram
    blocks: tuple[Block, ...]
    links: Links
    weight: np.ndarray
    amount_columns: IntArray
    amount_start: IntArray
    money_row: IntArray | None = None


@dataclass(frozen=True, kw_only=True)
class Master(CoupledBlocks):
    """A problem without its hours, and the blocks that hold them.

    Parameters
    ----------
    form : Formulation
        The master alone, cost in USD.
    markets : mapping of (zone, period) to MarketZone
        Zones whose sites stand alone.
    """

    form: Formulation
    markets: Mapping[tuple[str, int], MarketZone]

    @property
    def problem(self) -> ExpansionProblem:
        """Return the problem it was made of."""
        return self.form.problem


def formulate_master(
    problem: ExpansionProblem, *, emergency_usd_per_mwh: float, fast: bool = True
) -> Master:
    """Return the master of `problem`.

    Parameters
    ----------
    problem : ExpansionProblem
    emergency_usd_per_mwh : float
        Price of unserved load that no tier allows; not in `Master.program`.
    fast : bool
        Whether blocks may be operated by the value of their storage, or else are hourly programs.
    """
    assembly = Assembly()
    assets = add_assets(assembly, problem)
    add_yearly(assembly, problem, assets)
    add_compute(assembly, problem, assets)
    add_shared_limits(assembly, problem, assets)
    builder = _Blocks(problem, assembly, assets, fast, emergency_usd_per_mwh)
    blocks = tuple(builder.all())
    columns = [
        assembly.add_columns(("amount", *block.key, place), 1, lower=-np.inf)
        for block in blocks
        for place in range(len(block.amount_rows))
    ]
    rows = [row for block in blocks for row in block.amount_rows]
    for row, column in zip(rows, columns, strict=True):
        assembly.add_entries(row, column, 1.0)
    program = assembly.program()
    weight = np.array([problem.periods[block.period].weight for block in blocks])
    return Master(
        form=Formulation(problem, assembly, assets, program),
        program=replace(program, cost=program.cost / MILLION),
        blocks=blocks,
        links=Links.of(blocks),
        weight=weight,
        amount_columns=np.array([int(c[0]) for c in columns], dtype=np.int64),
        amount_start=np.cumsum([0, *(len(block.amount_rows) for block in blocks)]),
        markets=builder.markets,
    )


class _Blocks:
    """Makes the blocks of a problem: fast where its features allow, else hourly programs."""

    def __init__(
        self,
        problem: ExpansionProblem,
        assembly: Assembly,
        assets: Assets,
        fast: bool,
        emergency_usd_per_mwh: float,
    ) -> None:
        self._problem = problem
        self._assembly = assembly
        self._assets = assets
        self._fast = fast
        self._emergency = emergency_usd_per_mwh
        self._kept = Kept(ROOM_BYTES)
        self.markets = market_zones(problem, assets)
        if not fast:
            at = {site.zone for site in problem.sites}
            self.markets = {key: m for key, m in self.markets.items() if key[0] not in at}

    def all(self) -> list[Block]:
        """Return every block, by period and in the order of sites and supplies."""
        found = []
        for y in range(len(self._problem.periods)):
            for group in self._groups(y):
                if self._fast and all(self._fits(site, y) for site in group):
                    found += [self._site(site, y) for site in group]
                    found += self._zone_projects(group, y)
                else:
                    found.append(self._hourly(group, y))
            found += [
                self._merchant(option, y)
                for option in self._problem.supplies
                if (option.route == "virtual" or (option.route == "zone" and self._alone(option)))
                and can_stand(self._assets.supply[option.name], y)
            ]
        return found

    def _alone(self, option: Supply) -> bool:
        """Return whether no site stands in a project's zone."""
        return all(site.zone != option.zone for site in self._problem.sites)

    def _groups(self, y: int) -> list[list[Site]]:
        """Return the sites that share a zone's projects or its depth, others alone."""
        problem = self._problem
        shared = {
            zone.name
            for zone in problem.zones
            if zone.max_import_mw is not None
            or any(
                o.route == "zone"
                and o.zone == zone.name
                and can_stand(self._assets.supply[o.name], y)
                for o in problem.supplies
            )
        }
        groups: dict[str, list[Site]] = {}
        for site in problem.sites:
            key = f"zone {site.zone}" if site.zone in shared else f"site {site.name}"
            groups.setdefault(key, []).append(site)
        return list(groups.values())

    def _fits(self, site: Site, y: int) -> bool:
        return fits_fast(self._problem, self._assets, self.markets, site, y)

    def _amounts(self, keys: list[Key], y: int) -> list[tuple[Key, int]]:
        """Return those of some rows that the master has, with their place in it."""
        found = []
        for key in keys:
            rows = self._assembly.rows.get(key)
            if rows is not None:
                found.append((key, int(rows[y if key[0] == "water" else 0])))
        return found

    def _capacity(
        self, name: str, asset: Asset, y: int, factor: float = 1.0, *, exact: bool = False
    ) -> Input:
        return Input(name, (int(asset.capacity[y]),), (factor,), exact=exact)

    def _supply(self, option: Supply, y: int) -> Input:
        """Return a supply's capacity; where it must run, a dispatch may leave none of it out."""
        asset = self._assets.supply[option.name]
        return self._capacity(option.name, asset, y, exact=option.must_run_fraction > 0)

    def _site(self, site: Site, y: int) -> Block:
        """Return the block of a site that the fast oracle can operate."""
        problem, assets = self._problem, self._assets
        here = [
            o
            for o in problem.supplies
            if o.site == site.name
            and o.route == "behind_meter"
            and can_stand(assets.supply[o.name], y)
        ]
        keys: list[Key] = [("clean", y), ("carbon", y), ("water", site.name)]
        keys += [("paid energy", o.name, y) for o in here]
        amounts = self._amounts(keys, y)
        stores = standing_stores(problem, assets, site, y)
        store = stores[0] if stores else None
        inputs = [self._supply(o, y) for o in here]
        if site.zone is not None:
            lines = [a for a in assets.connection.values() if a.site == site.name]
            lines = [a for a in lines if can_stand(a, y)]
            inputs.append(
                Input(
                    "connection",
                    tuple(int(a.capacity[y]) for a in lines),
                    (1.0,) * len(lines),
                    float(problem.by_period(site.connection_mw)[y]),
                    site=site.name,
                )
            )
        if store is not None:
            power = assets.power[store.name]
            inputs.append(self._capacity("storage power", power, y))
            if store.duration_hours is None:
                inputs.append(self._capacity("storage energy", assets.energy[store.name], y))
            else:
                inputs.append(self._capacity("storage energy", power, y, store.duration_hours))
        online = int(self._assembly.columns["online", site.name, y][0])
        inputs.append(Input("load", (online,), (1.0,), exact=True, site=site.name))
        peak_mw = float(demand_per_it_mw(problem, site, y).max())
        return Block(
            key=("site", site.name, y),
            period=y,
            inputs=tuple(inputs),
            amount_rows=tuple(row for _, row in amounts),
            oracle=SiteOracle(
                problem,
                site,
                tuple(here),
                y,
                tuple(key for key, _ in amounts),
                self.markets.get((str(site.zone), y)),
                store,
                self._emergency,
                self._kept,
            ),
            route="storage value",
            site=site.name,
            starts=site_starts(tuple(inputs), here, peak_mw),
        )

    def _zone_projects(self, group: list[Site], y: int) -> list[Block]:
        zone = group[0].zone
        if (str(zone), y) not in self.markets:
            return []
        return [
            self._merchant(option, y)
            for option in self._problem.supplies
            if option.route == "zone"
            and option.zone == zone
            and can_stand(self._assets.supply[option.name], y)
        ]

    def _merchant(self, option: Supply, y: int) -> Block:
        amounts = self._amounts([("clean", y), ("carbon", y), ("paid energy", option.name, y)], y)
        market = self.markets.get((str(option.zone), y)) if option.route == "zone" else None
        return Block(
            key=("project", option.name, y),
            period=y,
            inputs=(self._supply(option, y),),
            amount_rows=tuple(row for _, row in amounts),
            oracle=merchant(self._problem, option, y, [key for key, _ in amounts], market),
            route="sales",
            starts=(np.ones(1),),
        )

    def _hourly(self, group: list[Site], y: int) -> Block:
        """Return the block of some sites as a program over their hours."""
        problem, assembly = self._problem, self._assembly
        part = one_period(problem, y, [site.name for site in group])
        keys: list[Key] = [("clean", y), ("carbon", y)]
        keys += [("water", site.name) for site in group]
        keys += [("paid energy", o.name, y) for o in part.supplies]
        amounts = self._amounts(keys, y)
        local = tuple(_local(key) for key, _ in amounts)
        oracle = HourlyBlock(part, local, self._emergency)
        running = {("capacity", "supply", o.name) for o in part.supplies if o.must_run_fraction > 0}
        inputs = []
        for key in oracle.keys:
            if key[0] == "online":
                column = int(assembly.columns["online", key[1], y][0])
                load = Input(f"load {key[1]}", (column,), (1.0,), exact=True, site=str(key[1]))
                inputs.append(load)
            else:
                column = int(assembly.columns[key][y])
                inputs.append(Input(str(key[-1]), (column,), (1.0,), exact=key in running))
        inputs.append(Input("in hand", constant=1.0))
        return Block(
            key=("sites", "+".join(site.name for site in group), y),
            period=y,
            inputs=tuple(inputs),
            amount_rows=tuple(row for _, row in amounts),
            oracle=oracle,
            route="hourly program",
            site=group[0].name if len(group) == 1 else None,
            starts=plain_starts(tuple(inputs)),
        )


def _local(key: Key) -> Key:
    """Return a row's key in a problem of one period."""
    if key[0] in ("clean", "carbon"):
        return (key[0], 0)
    if key[0] == "paid energy":
        return (key[0], key[1], 0)
    return key
