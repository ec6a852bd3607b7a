"""Which orders are shared, and plans of them.

A commitment is an order placed before the decision date. `commitments` finds the build columns
of each scenario that are one decision; `hold` gives a scenario's program with them decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import InputError
from gigaplan.expansion.assembly import IntArray, Key, LinearProgram
from gigaplan.expansion.assets import Asset, Assets
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Build
from gigaplan.expansion.stochastic.model import TwoStage, known
from gigaplan.expansion.stochastic.solution import Order
from gigaplan.expansion.stochastic.stacking import Share

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Commitments:
    """The orders of a two-stage problem that are shared.

    Parameters
    ----------
    shares : tuple of Share
        One per asset with any; its key is the asset's.
    periods : mapping of tuple to array
        Period that each item of a share is ordered for.
    unit_mw : mapping of tuple to float
        MW of one in its columns.
    """

    shares: tuple[Share, ...]
    periods: Mapping[Key, IntArray]
    unit_mw: Mapping[Key, float]


FirstStage = Mapping[Key, FloatArray]
"""Shared orders by the key of their asset, in its units, in the order of `Commitments.periods`."""


def commitments(two_stage: TwoStage, assets: Sequence[Assets]) -> Commitments:
    """Return the shared orders.

    Parameters
    ----------
    assets : sequence of Assets
        Those of each scenario, with columns as they stand in its own program.
    """
    years = [period.year for period in two_stage.scenarios[0].problem.periods]
    by_key = [{asset.key: asset for asset in group.all()} for group in assets]
    keys = dict.fromkeys(key for group in by_key for key in group)
    shares: list[Share] = []
    periods: dict[Key, IntArray] = {}
    units: dict[Key, float] = {}
    for key in keys:
        here = [group.get(key) for group in by_key]
        owner = next(asset.owner for asset in here if asset is not None)
        offered = {int(y) for asset in here if asset is not None for y in asset.build_period}
        shared = [y for y in sorted(offered) if two_stage.is_shared(owner, years[y])]
        if not shared:
            continue
        shares.append(Share(key, np.stack([_columns(asset, shared) for asset in here])))
        periods[key] = np.array(shared)
        units[key] = _one_unit(owner, here)
    return Commitments(tuple(shares), periods, units)


def _columns(asset: Asset | None, periods: list[int]) -> IntArray:
    found = (
        {}
        if asset is None
        else {int(y): int(c) for y, c in zip(asset.build_period, asset.build, strict=True)}
    )
    return np.array([found.get(y, -1) for y in periods], dtype=np.int64)


def _one_unit(owner: str, here: Sequence[Asset | None]) -> float:
    units = {asset.unit for asset in here if asset is not None}
    if len(units) > 1:
        raise InputError(
            f"has units of {sorted(units)} MW; one size in all scenarios is needed, for orders "
            "before the decision date are shared.",
            field=f"options.{owner}.unit_mw",
        )
    return units.pop()


def first_stage_of(
    two_stage: TwoStage, shared: Commitments, builds: Iterable[Build | Order]
) -> dict[Key, FloatArray]:
    """Return the shared part of a plan; what is decided after the decision date is left out.

    Parameters
    ----------
    builds : iterable of Build or Order
        By the year ordered for. What is not named is not ordered.
    """
    problem = two_stage.scenarios[0].problem
    years = [period.year for period in problem.periods]
    found = {key: np.zeros(len(items)) for key, items in shared.periods.items()}
    for build in builds:
        key: Key = (build.kind, build.name) + ((build.part,) if build.part else ())
        owner = build.part if build.kind == "chip" else build.name
        known(owner, problem, "builds")
        if not two_stage.is_shared(owner, build.year):
            continue
        periods = [] if key not in found else [years[y] for y in shared.periods[key]]
        if build.year not in periods:
            what = " ".join(str(part) for part in key)
            raise InputError(
                f"orders {what} for {build.year}, when no scenario offers it.", field="builds"
            )
        found[key][periods.index(build.year)] += build.mw / shared.unit_mw[key]
    return found


def hold(
    program: LinearProgram,
    shared: Commitments,
    first_stage: FirstStage,
    scenario: int,
    *,
    slack_fraction: float = 0.0,
) -> tuple[LinearProgram, list[tuple[Key, int, float]]]:
    """Return a scenario's program with its shared orders decided.

    Parameters
    ----------
    slack_fraction : float
        By how much of itself an order may differ, for rounding.

    Returns
    -------
    LinearProgram
    list of (key, period, units)
        Orders that lie outside what the scenario offers; if there are any the scenario has no
        plan.
    """
    lower, upper, whole = program.lower.copy(), program.upper.copy(), program.whole.copy()
    outside: list[tuple[Key, int, float]] = []
    for share in shared.shares:
        values = first_stage[share.key]
        for y, column, value in zip(
            shared.periods[share.key], share.columns[scenario], values, strict=True
        ):
            low, high = (lower[column], upper[column]) if column >= 0 else (0.0, 0.0)
            held = np.round(value) if column >= 0 and whole[column] else value
            slack = _TOLERANCE * (1 + abs(value))
            if held < low - slack or held > high + slack or abs(held - value) > slack:
                outside.append((share.key, int(y), float(value)))
            if column >= 0:
                room = 0.0 if whole[column] else slack_fraction * (1 + abs(held))
                lower[column] = min(max(held - room, low), high)
                upper[column] = max(min(held + room, high), low)
                whole[column] = False
    return replace(program, lower=lower, upper=upper, whole=whole), outside
