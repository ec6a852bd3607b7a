"""The best dispatch of one sampled year, beside the rule's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.operations import arrays
from gigaplan.operations.foresight.program import Solution, Year, solve
from gigaplan.operations.fuels import FuelSupply
from gigaplan.operations.model import ONE_TIER, ByDraw, Floats, Grid, Storage, Tier, Unit
from gigaplan.operations.outage_model import CommonCause, LoadOutage
from gigaplan.operations.outages.series._kernels import fill_available
from gigaplan.operations.results import Trace
from gigaplan.operations.rows import Rows
from gigaplan.operations.systems import System, build
from gigaplan.operations.traces import by_name, run_sample


@dataclass(frozen=True)
class Foresight:
    """One sampled year by the rule, and as one who knows every hour would run it.

    Parameters
    ----------
    rule : Trace
    rule_usd, best_usd : float
        Variable cost and imports, less exports and sales, and lost load, work made up taken off
        at its tier's value. The best ends with at least the rule's energy in every storage; no
        rule can cost less.
    source_mw, charge_state_mwh, tier_shed_mw : mapping of str to ndarray [hour]
        Of the best.
    import_mw, export_mw, charge_mw, discharge_mw, made_up_mw, spill_mw : ndarray [hour]
        Of the best.
    price_usd_per_mwh : ndarray [hour]
        What one MW more in that hour would cost the best.
    """

    rule: Trace
    rule_usd: float
    best_usd: float
    source_mw: Mapping[str, Floats]
    charge_state_mwh: Mapping[str, Floats]
    tier_shed_mw: Mapping[str, Floats]
    import_mw: Floats
    export_mw: Floats
    charge_mw: Floats
    discharge_mw: Floats
    made_up_mw: Floats
    spill_mw: Floats
    price_usd_per_mwh: Floats

    @property
    def worth_usd(self) -> float:
        """What knowing the year is worth: the most a better rule could save."""
        return self.rule_usd - self.best_usd


def foresee(
    units: Sequence[Unit],
    load_mw: Floats,
    sample: int = 0,
    *,
    storage: Sequence[Storage] = (),
    tiers: Sequence[Tier] = ONE_TIER,
    grid: Grid | None = None,
    seed: int = 0,
    pue: float | Floats = 1.0,
    temperature_celsius: Floats | None = None,
    common_causes: Sequence[CommonCause] = (),
    load_outages: Sequence[LoadOutage] = (),
    fuels: Sequence[FuelSupply] = (),
    by_draw: ByDraw | None = None,
    samples: int = 1000,
) -> Foresight:
    """Dispatch one sample of `assess` with every hour of its year known.

    A bound on what any rule can reach with the same outages, weather and prices: the gap to the
    rule says what a better rule, or a forecast, could be worth at most.

    Parameters
    ----------
    units, load_mw, storage, tiers, grid, seed, pue, samples
    temperature_celsius, common_causes, load_outages, fuels, by_draw
        As of `gigaplan.operations.assess`.
    sample : int

    Raises
    ------
    InputError
        As `gigaplan.operations.assess`.
    SolverError
        If HiGHS finds no optimum.
    """
    system = build(
        units,
        load_mw,
        storage,
        tiers,
        grid,
        dispatch=True,
        pue=pue,
        water_m3_per_it_mwh=0.0,
        temperature_celsius=temperature_celsius,
        common_causes=common_causes,
        load_outages=load_outages,
        fuels=fuels,
        by_draw=by_draw,
        samples=samples,
        seed=seed,
    )
    require(
        0 <= sample < samples, f"found {sample}; 0 to {samples - 1} is allowed.", field="sample"
    )
    require(
        system.dispatch.price_slope == 0,
        "the best dispatch is a linear program, which has no price that import lifts.",
        field="grid.price_response_usd_per_mwh_per_mw",
        hint="Leave it out for the bound.",
    )
    burners = (system.dispatch.fuels.rate > 0).any(axis=0)
    require(
        not any(burns and s.must_run for burns, s in zip(burners, system.sources, strict=True)),
        "units that give all they can leave no choice of when to burn; the bound has none then.",
        field="fuels",
    )
    rule, figures = run_sample(system, sample)
    ends = [float(rule.charge_state_mwh[store.name][-1]) for store in system.storage]
    year = _year(system, sample, rule.load_mw, np.array(ends))
    return _beside(system, year, rule, _rule_usd(system, figures), solve(system, year))


def _year(system: System, sample: int, load_mw: Floats, least_end_mwh: Floats) -> Year:
    d, load = system.dispatch, system.load
    weather = sample % load.load_mw.shape[0]
    available = np.empty((len(system.sources) + 1, system.hours))
    fill_available(system.units, system.buckets, load, sample, available)
    price = d.price_usd_per_mwh[weather]
    may_export = (price >= 0) & ((available[-1] > 0) | d.export_only)
    scale = d.storage_scale[:, :, sample % d.storage_scale.shape[2]]
    return Year(
        available,
        load_mw,
        load.pue[weather],
        price,
        np.where(may_export, d.export_limit_mw, 0.0),
        scale[:, load.step_of_hour],
        least_end_mwh,
        d.fuels.most_by_hour[:, weather],
    )


def _rule_usd(system: System, figures: Floats) -> float:
    """Return what the rule's year cost, on the terms of the program."""
    total = float(Rows(system).total(system, "cost") @ figures) + float(figures[arrays.LOST_USD])
    for t, tier in enumerate(system.tiers):
        row = arrays.SCALARS + arrays.TIER_ROWS * t + arrays.TIER_MADE_UP
        total -= tier.lost_usd_per_mwh * float(figures[row])
    return total


def _beside(system: System, year: Year, rule: Trace, rule_usd: float, found: Solution) -> Foresight:
    flow, zero = found.flow_mw, np.zeros(system.hours)

    def total(kind: str, count: int) -> Floats:
        return sum((flow.get(f"{kind} {i}", zero) for i in range(count)), start=zero)

    sources = [
        year.available_mw[g] if source.must_run else flow[f"source {g}"]
        for g, source in enumerate(system.sources)
    ]
    stores, tiers = len(system.storage), len(system.tiers)
    return Foresight(
        rule=rule,
        rule_usd=rule_usd,
        best_usd=found.usd,
        source_mw=by_name([source.name for source in system.sources], np.array(sources)),
        charge_state_mwh={
            store.name: flow[f"inside {k}"] for k, store in enumerate(system.storage)
        },
        tier_shed_mw={tier.name: flow[f"shed {t}"] for t, tier in enumerate(system.tiers)},
        import_mw=flow["import"],
        export_mw=flow["export"],
        charge_mw=total("charge", stores),
        discharge_mw=total("discharge", stores),
        made_up_mw=total("made up", tiers),
        spill_mw=flow["spill"],
        price_usd_per_mwh=found.price_usd_per_mwh,
    )
