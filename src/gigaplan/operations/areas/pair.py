"""Reliability of two areas that help each other over one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.operations.accumulate import Moments
from gigaplan.operations.areas import _kernels as kernels
from gigaplan.operations.model import ONE_TIER, Floats, Hourly, Unit
from gigaplan.operations.systems import System, build

BLOCK = 128


@dataclass(frozen=True)
class Area:
    """Units and load of one area.

    Parameters
    ----------
    name : str
    units : sequence of Unit
        Names must differ between the areas, too.
    load_mw : ndarray [hour] or [hour, weather]
    """

    name: str
    units: Sequence[Unit]
    load_mw: Floats


@dataclass(frozen=True)
class Line:
    """A line between two areas, of one limit both ways.

    Parameters
    ----------
    limit_mw : float or ndarray [hour]
    mttf_hours, mttr_hours : float, optional
        Never fails if left out.
    """

    limit_mw: Hourly
    mttf_hours: float | None = None
    mttr_hours: float | None = None
    name: str = "line"


@dataclass(frozen=True)
class PairAdequacy:
    """Indices of both areas together and of each.

    Parameters
    ----------
    samples : int
    lolh_hours, eue_mwh : Estimate
        Hours with either short, and MWh short in both.
    area_lolh_hours, area_eue_mwh : dict of str to Estimate
        By area.
    flow_mwh : Estimate
        Net flow from the first area to the second.
    line_use_fraction : Estimate
        Mean flow over the line's limit of the hour; an hour without line counts as full.
    """

    samples: int
    lolh_hours: Estimate
    eue_mwh: Estimate
    area_lolh_hours: dict[str, Estimate]
    area_eue_mwh: dict[str, Estimate]
    flow_mwh: Estimate
    line_use_fraction: Estimate


def assess_pair(
    first: Area, second: Area, line: Line, *, samples: int = 1000, seed: int = 0
) -> PairAdequacy:
    """Run two joined areas through sampled years of outages; capacity only.

    Parameters
    ----------
    first, second : Area
    line : Line
    samples, seed : int

    Raises
    ------
    InputError
        As `gigaplan.operations.assess`, or if names or hours differ where they must agree.
    """
    require(samples >= 1, f"found {samples}; at least one sample is needed.", field="samples")
    require(
        np.shape(first.load_mw)[0] == np.shape(second.load_mw)[0],
        f"found {np.shape(first.load_mw)[0]} and {np.shape(second.load_mw)[0]} hours; "
        "both areas need the same hours.",
        field=f"{second.name}.load_mw",
    )
    names = [unit.name for area in (first, second) for unit in area.units] + [line.name]
    require(len(set(names)) == len(names), "two units have the same name; each needs its own.")
    wire = Unit(line.name, line.limit_mw, mttf_hours=line.mttf_hours, mttr_hours=line.mttr_hours)
    hours = np.ones(np.shape(first.load_mw)[0])
    parts = [
        _system(first.units, first.load_mw, samples, seed),
        _system(second.units, second.load_mw, samples, seed),
        _system([wire], hours, samples, seed),
    ]
    moments = Moments(kernels.ROWS)
    for start in range(0, samples, BLOCK):
        table = np.empty((kernels.ROWS, min(BLOCK, samples - start)))
        kernels.pair_block(
            tuple(part.units for part in parts),
            tuple(part.buckets for part in parts),
            tuple(part.load for part in parts),
            start,
            table,
        )
        moments.record(table)
    areas = (first, second)
    return PairAdequacy(
        samples,
        moments.row(kernels.LOLH),
        moments.row(kernels.EUE),
        {area.name: moments.row(kernels.LOLH + 1 + i) for i, area in enumerate(areas)},
        {area.name: moments.row(kernels.EUE + 1 + i) for i, area in enumerate(areas)},
        moments.row(kernels.FLOW),
        moments.row(kernels.USED, 1 / len(hours)),
    )


def _system(units: Sequence[Unit], load_mw: Floats, samples: int, seed: int) -> System:
    return build(
        units,
        load_mw,
        (),
        ONE_TIER,
        None,
        dispatch=False,
        pue=1.0,
        water_m3_per_it_mwh=0.0,
        temperature_celsius=None,
        by_draw=None,
        samples=samples,
        seed=seed,
    )
