"""Whether two blocks cost and do the same at any inputs and prices, so that cuts carry over.

A cut or dispatch of a block is a statement about one function: least operating cost of the
block's year at inputs z and prices of its amounts. It holds in another problem if that problem's
block is the same function, whatever capital, limits, targets or discounting are there: those are
the master's. A wrong "same" would make a wrong bound, so everything counts as entering the block
unless it is named here as the master's: a field that is added to the model later counts too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from typing import Any, cast

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.decomposition.block import Block
from gigaplan.expansion.decomposition.hourly_block import HourlyBlock
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.merchant import Merchant
from gigaplan.expansion.decomposition.site_block import SiteOracle
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import Investment

OF_MASTER = frozenset(
    {entry.name for entry in fields(Investment) if entry.name != "name"}
    | {
        "capacity_credit_fraction",
        "capex_usd_per_mwh",
        "fixed_usd_per_mwh_year",
        "existing_mwh",
        "max_mwh",
        "reserve_margin_fraction",
        "reserve_mw_per_it_mw",
        "connection_credit_fraction",
        "land_acres",
        "max_water_m3",
    }
)
"""Fields of supplies, storages, connections and sites that no block ever sees."""


def amount_keys(master: Master) -> dict[int, Key]:
    """Return the key of each row of a master, its place in the key's rows included."""
    return {
        int(row): (*key, place)
        for key, rows in master.form.assembly.rows.items()
        for place, row in enumerate(rows)
    }


def keys_of(block: Block, keys: dict[int, Key]) -> tuple[Key, ...]:
    """Return what a block's amounts are, in their order."""
    return tuple(keys[row] for row in block.amount_rows)


def same_operation(
    old: Block, old_amounts: tuple[Key, ...], new: Block, new_amounts: tuple[Key, ...]
) -> bool:
    """Return whether two blocks are the same function of inputs and prices.

    Parameters
    ----------
    old, new : Block
    old_amounts, new_amounts : tuple of key
        See `keys_of`.
    """
    inputs = [(entry.name, entry.exact) for entry in old.inputs]
    if (
        old.key != new.key
        or old_amounts != new_amounts
        or inputs != [(entry.name, entry.exact) for entry in new.inputs]
    ):
        return False
    before, after = old.oracle, new.oracle
    if before is after:
        return True
    if isinstance(before, SiteOracle) and isinstance(after, SiteOracle):
        return _same_site(before, after)
    if isinstance(before, Merchant) and isinstance(after, Merchant):
        return _alike(before, after)
    if isinstance(before, HourlyBlock) and isinstance(after, HourlyBlock):
        return before.keys == after.keys and _same_hours(_hourly(before), _hourly(after))
    return False


def _hourly(oracle: HourlyBlock) -> ExpansionProblem:
    """Return the one period that an hourly program was made of, emergency included."""
    return oracle._form.problem


def _same_hours(old: ExpansionProblem, new: ExpansionProblem) -> bool:
    """Return whether two problems of one period have the same hourly program.

    Of the limits the shares, caps and targets are rows of the master; whether there is a row shows
    in the amounts. A site's connection in hand is in its hours here.
    """
    return (
        _alike(old.hours, new.hours)
        and _all_alike(old, new, "sites", 0)
        and _all_alike(old, new, "zones", 0)
        and _all_alike(old, new, "supplies", 0)
        and _all_alike(old, new, "storages", 0)
        and _all_alike(old, new, "connections", 0)
        and old.limits.clean_matching == new.limits.clean_matching
        and _carbon_usd(old, 0) == _carbon_usd(new, 0)
    )


def _all_alike(old: ExpansionProblem, new: ExpansionProblem, what: str, y: int) -> bool:
    before, after = getattr(old, what), getattr(new, what)
    return len(before) == len(after) and all(
        _alike(a, b, (old, new, y), OF_MASTER) for a, b in zip(before, after, strict=True)
    )


def _same_site(old: SiteOracle, new: SiteOracle) -> bool:
    """Return whether two sites in a period are operated alike; what is in hand is an input."""
    y, where = old.y, (old.problem, new.problem, old.y)
    return (
        y == new.y
        and old.amounts == new.amounts
        and old.emergency_usd_per_mwh == new.emergency_usd_per_mwh
        and _alike(old.problem.hours, new.problem.hours)
        and old.problem.limits.clean_matching == new.problem.limits.clean_matching
        and _carbon_usd(old.problem, y) == _carbon_usd(new.problem, y)
        and _alike(old.site, new.site, where, OF_MASTER | {"connection_mw"})
        and _alike(_zone(old), _zone(new), where)
        and len(old.here) == len(new.here)
        and all(_alike(a, b, where, OF_MASTER) for a, b in zip(old.here, new.here, strict=True))
        and _alike(old.store, new.store, where, OF_MASTER)
        and _alike(old.market, new.market)
    )


def _zone(oracle: SiteOracle) -> object:
    name = oracle.site.zone
    return next((zone for zone in oracle.problem.zones if zone.name == name), None)


def _carbon_usd(problem: ExpansionProblem, y: int) -> float:
    return float(problem.by_period(problem.limits.carbon_usd_per_t)[y])


def _alike(
    old: object,
    new: object,
    where: tuple[ExpansionProblem, ExpansionProblem, int] | None = None,
    ignored: Collection[str] = (),
) -> bool:
    """Return whether two values are equal, field by field and array by array.

    Parameters
    ----------
    where : (old problem, new problem, period), optional
        Given: values by hour and by period are compared in that period alone.
    ignored : collection of str
        Fields that need not be equal.
    """
    if old is new and (where is None or len(where[0].periods) == len(where[1].periods)):
        return True
    if type(old) is not type(new):
        return _equal(old, new)
    if not is_dataclass(old):
        if isinstance(old, tuple):
            others = cast("tuple[object, ...]", new)
            return len(old) == len(others) and all(
                _alike(a, b, where, ignored) for a, b in zip(old, others, strict=True)
            )
        return _equal(old, new)
    for entry in fields(cast(Any, old)):
        if entry.name in ignored:
            continue
        before, after = getattr(old, entry.name), getattr(new, entry.name)
        kind = str(entry.type)
        if where is None or before is None or after is None:
            if not _alike(before, after):
                return False
        elif kind.startswith("PerHour"):
            (a, b), y = where[:2], where[2]
            if not _equal(a.by_hour(before)[y], b.by_hour(after)[y]):
                return False
        elif kind.startswith("PerPeriod"):
            (a, b), y = where[:2], where[2]
            if a.by_period(before)[y] != b.by_period(after)[y]:
                return False
        elif not _alike(before, after, where, ignored):
            return False
    return True


def _equal(old: object, new: object) -> bool:
    """Return whether two plain values are equal; arrays need the same shape."""
    return np.array_equal(cast(Any, old), cast(Any, new))
