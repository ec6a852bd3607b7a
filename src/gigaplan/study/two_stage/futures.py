"""Draws what may come: dates and costs from delivery, prices and demand from their stated ranges.

Delivery is given a reference plan that orders everything a programme offers, so that each option
has a date and a cost in every draw. What is asked for too early for its own stages is late in
most draws; what is refused a licence or blocked never serves, and costs what was spent by then.

Prices follow one of three paths: the low, the value and the high of each zone's gas and power
price, all zones and both prices together, with odds of 30, 40 and 30 in a hundred. (Swanson's rule
for a tenth, half and nine tenths quantile; A. Hurst, G. C. Brown, R. I. Swanson, Swanson's 30-40-30
rule, AAPG Bulletin 84 (2000), 1883-1891.) Demand is one normal score along the target's own low and
high, a tenth beyond each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from gigaplan.core.random_streams import normals, uniforms
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.programme.plan import ConnectionBuild, PhaseBuild, Plan, UnitBuild
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER_YEARS = 99
"""Delay of what never serves: beyond any horizon."""

PATHS = ("low", "value", "high")
PATH_ODDS = (0.3, 0.4, 0.3)
TENTH = float(-ndtri(0.1))
"""Normal score of nine tenths."""


@dataclass(frozen=True)
class Futures:
    """What may come, by draw.

    Parameters
    ----------
    draws : int
    delay_years : mapping of option to array of int [draw]
        Project, campus or reinforcement; `NEVER_YEARS` where it never serves.
    cost_factor : mapping of option to array [draw]
        Final over estimated capital; of what never serves the share spent.
    connection_mw : mapping of site to array [draw, year]
        Announced connection in place at each year's end.
    price_path : array of int [draw]
        Position in `PATHS`.
    target_it_mw : array [draw, year]
    """

    draws: int
    delay_years: Mapping[str, Ints]
    cost_factor: Mapping[str, Floats]
    connection_mw: Mapping[str, Floats]
    price_path: Ints
    target_it_mw: Floats


def draw_futures(
    programme: ResolvedProgramme, plan: Plan, *, draws: int, seed: int, threads: int = 1
) -> Futures:
    """Return futures of a programme; each draw is a world of its own.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
        Says when what it builds is wanted; what it leaves out is wanted when announced.
    draws, seed : int
    threads : int
        The futures do not depend on it.
    """
    from gigaplan import delivery

    offered = replace(programme, slots={})  # who waits for a scarce thing is the plan's to decide
    found = delivery.deliver(
        offered, everything_offered(offered, plan), draws=draws, seed=seed, threads=threads
    )
    options: dict[str, list[int]] = {}
    announced: dict[str, list[int]] = {name: [] for name in programme.sites}
    for i, entity in enumerate(found.entities):
        if entity.kind != "connection":
            options.setdefault(entity.owner, []).append(i)
        elif "-reinforcement-" in entity.name:
            options.setdefault(reinforcement_of(entity.owner), []).append(i)
        else:
            announced[entity.owner].append(i)
    odds = uniforms(seed, "study.prices", "", 1, draws)[0]
    return Futures(
        draws=draws,
        delay_years={name: _delay_years(found, at) for name, at in options.items()},
        cost_factor={name: _cost_factor(found, at) for name, at in options.items()},
        connection_mw={
            name: _connection_mw(programme, found, at) for name, at in announced.items()
        },
        price_path=np.searchsorted(np.cumsum(PATH_ODDS)[:-1], odds, side="right").astype(np.int64),
        target_it_mw=_targets(programme, normals(seed, "study.demand", "", 1, draws)[0]),
    )


def everything_offered(programme: ResolvedProgramme, plan: Plan) -> Plan:
    """Return a plan with what it leaves out added, for the year it is announced for."""
    units = {build.project for build in plan.units}
    phases = {(build.campus, build.phase) for build in plan.phases}
    connections = {build.site for build in plan.connections}
    return replace(
        plan,
        units=(
            *plan.units,
            *(
                UnitBuild(p.name, _year(p.month), p.units or 1, p.max_mw, p.contract.kind, 0.0)
                for p in programme.power.values()
                if p.name not in units and p.max_mw > 0
            ),
        ),
        phases=(
            *plan.phases,
            *(
                PhaseBuild(campus.name, phase.name, _year(phase.month), phase.it_mw, 0.0)
                for campus in programme.campuses.values()
                for phase in campus.phases
                if (campus.name, phase.name) not in phases
            ),
        ),
        connections=(
            *plan.connections,
            *(
                ConnectionBuild(
                    site.name,
                    _year(site.reinforcement_month),
                    site.reinforcement_max_mw,
                    site.reinforcement_usd_per_kw * 1e3 * site.reinforcement_max_mw,
                )
                for site in programme.sites.values()
                if site.name not in connections and site.reinforcement_max_mw > 0
            ),
        ),
        accelerators=(),
    )


def _year(month: float) -> int:
    return int(month // MONTHS_PER_YEAR)


def reinforcement_of(site: str) -> str:
    """Return the name of the connection that may be bought at a site."""
    return f"{site} reinforcement"


def _weights(found: Trajectories, rows: Sequence[int]) -> Floats:
    return np.array([found.entities[i].mw for i in rows])[:, None]


def _delay_years(found: Trajectories, rows: list[int]) -> Ints:
    """Return the mean delay over an option's units that come, in whole years.

    An option of which less than half comes never serves; of any other, all does.
    A planning year is as it stands at its end, so what comes within the year it was planned for is
    on time.
    """
    month = found.online_month[rows]
    comes = np.isfinite(month)
    planned = np.array([found.entities[i].planned_month for i in rows])[:, None]
    year = np.floor(np.where(comes, month, planned) / MONTHS_PER_YEAR)
    late = np.maximum(year - planned // MONTHS_PER_YEAR, 0.0)
    weight = np.where(comes, _weights(found, rows), 0.0)
    total = weight.sum(axis=0)
    mean = np.divide((weight * late).sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    return np.where(_serves(found, rows), np.round(mean), NEVER_YEARS).astype(np.int64)


def _serves(found: Trajectories, rows: list[int]) -> NDArray[np.bool_]:
    """Return whether at least half of an option's MW comes, shape [draw]."""
    weight = _weights(found, rows)
    came = np.isfinite(found.online_month[rows])
    serves: NDArray[np.bool_] = (weight * came).sum(axis=0) >= 0.5 * weight.sum()
    return serves


def _cost_factor(found: Trajectories, rows: list[int]) -> Floats:
    """Return final over estimated capital of an option, mean by MW over its units that come.

    Of one that never serves, what is spent on all of them.
    """
    comes = np.isfinite(found.online_month[rows])
    spent, ratio = found.entity_capex_usd[rows], found.cost_multiplier[rows]
    estimate = np.array(
        [
            np.median(usd[c] / r[c]) if c.any() else 0.0
            for usd, r, c in zip(spent, ratio, comes, strict=True)
        ]
    )[:, None]
    lost = np.divide(spent, estimate, out=np.ones_like(spent), where=estimate > 0)
    serves, weight = _serves(found, rows), _weights(found, rows)
    counted = weight * np.where(serves, comes, True)
    total = (counted * np.where(comes, ratio, lost)).sum(axis=0)
    return np.asarray(total / np.maximum(counted.sum(axis=0), 1e-9))


def _connection_mw(programme: ResolvedProgramme, found: Trajectories, rows: list[int]) -> Floats:
    ends = MONTHS_PER_YEAR * (np.array(programme.years) + 1)
    out = np.zeros((found.draws, len(ends)))
    for i in rows:
        out += found.entities[i].mw * (found.online_month[i][:, None] < ends[None, :])
    return out


def _targets(programme: ResolvedProgramme, score: Floats) -> Floats:
    middle = np.array(programme.target_it_mw)
    low, high = np.array(programme.target_low_it_mw), np.array(programme.target_high_it_mw)
    share = score[:, None] / TENTH
    moved = middle + np.where(share > 0, share * (high - middle), share * (middle - low))
    return np.asarray(np.maximum(moved, 0.0))
