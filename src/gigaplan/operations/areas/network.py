"""Reliability of areas that help each other over limited lines: pipe and bubble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gigaplan.core.errors import require
from gigaplan.operations.accumulate import Moments
from gigaplan.operations.areas import arrays as rows
from gigaplan.operations.areas._kernels import network_block
from gigaplan.operations.areas.arrays import LINES_PER_MASK, Graph, NetworkArrays
from gigaplan.operations.areas.model import (
    Area,
    AreaResult,
    Line,
    LineResult,
    NetworkAdequacy,
)
from gigaplan.operations.blocks import BLOCK, in_blocks
from gigaplan.operations.model import ONE_TIER, Floats, Unit
from gigaplan.operations.outage_model import CommonCause
from gigaplan.operations.outage_packing import hit_by
from gigaplan.operations.series import hourly, stack, weathers_of
from gigaplan.operations.systems import System, build, names_differ


def assess_network(
    areas: Sequence[Area],
    lines: Sequence[Line],
    *,
    samples: int = 1000,
    seed: int = 0,
    threads: int = 1,
    temperature_celsius: Floats | None = None,
    common_causes: Sequence[CommonCause] = (),
) -> NetworkAdequacy:
    """Run joined areas through sampled years of outages; capacity only.

    In each hour surplus goes to shortage so that the least is short in all; storage helps what
    is then still short, its own area first, and charges from what is left over anywhere.

    Parameters
    ----------
    areas : sequence of Area
    lines : sequence of Line
        An area that no line reaches stands alone.
    samples, seed, threads : int
        The result is the same, bit for bit, for any number of threads. Sample s meets weather
        year s modulo the number of years, in every series alike.
    temperature_celsius : ndarray [hour] or [hour, weather], optional
        For units whose outages go by temperature.
    common_causes : sequence of CommonCause
        Events that stop several units, or lines, at once, in any areas.

    Returns
    -------
    NetworkAdequacy

    Raises
    ------
    InputError
        As `gigaplan.operations.assess`, or if names or hours differ where they must agree, or
        several areas stand without any line between them.

    References
    ----------
    The problem is that of the pipe-and-bubble models of resource adequacy, e.g. G. Stephen,
    "Probabilistic Resource Adequacy Suite (PRAS) v0.6 Model Documentation", NREL (2021).
    """
    require(samples >= 1, f"found {samples}; at least one sample is needed.", field="samples")
    require(threads >= 1, f"found {threads}; at least one thread is needed.", field="threads")
    hours = _check(areas, lines)
    loads = [hourly(area.load_mw, hours, f"{area.name}.load_mw") for area in areas]
    for area, load in zip(areas, loads, strict=True):
        require(
            bool(load.min() >= 0),
            f"found {load.min():g} MW; a load is at least 0.",
            field=f"{area.name}.load_mw",
        )
    limits = [limit for line in lines for limit in _limits(line, hours)]
    system = _system(
        areas, lines, [*loads, *limits], samples, seed, temperature_celsius, common_causes
    )
    network = _arrays(areas, lines, system, loads, limits, common_causes)
    count = rows.SCALARS + rows.AREA_ROWS * len(areas) + rows.LINE_ROWS * len(lines)

    def run(first: int) -> Floats:
        table = np.empty((count, min(BLOCK, samples - first)))
        network_block(system.units, system.buckets, network, first, table)
        return table

    moments = Moments(count)
    for table in in_blocks(run, samples, threads):
        moments.record(table)
    return _result(areas, lines, moments, hours)


def _check(areas: Sequence[Area], lines: Sequence[Line]) -> int:
    """Refuse names and hours that do not agree; return the number of hours."""
    require(len(areas) > 0, "found none; at least one area is needed.", field="areas")
    names_differ([area.name for area in areas], "areas")
    names_differ([line.label for line in lines], "lines")
    names_differ([unit.name for area in areas for unit in area.units], "units")
    names_differ([store.name for area in areas for store in area.storage], "storages")
    known = [area.name for area in areas]
    for line in lines:
        for end in (line.first, line.second):
            require(
                end in known,
                f"no area is named '{end}'; the areas are {', '.join(known)}.",
                field=line.label,
            )
    require(
        len(areas) == 1 or len(lines) > 0,
        f"found {len(areas)} areas and no line; give lines (of 0 MW if nothing may flow), or "
        "assess each area alone.",
        field="lines",
    )
    lengths = [np.shape(area.load_mw)[0] if np.ndim(area.load_mw) else 0 for area in areas]
    for area, length in zip(areas, lengths, strict=True):
        require(
            length == lengths[0],
            f"found {length} hours, and {lengths[0]} in {areas[0].name}; "
            "all areas need the same hours.",
            field=f"{area.name}.load_mw",
        )
        remote = [unit.name for unit in area.units if unit.remote]
        require(
            not remote,
            f"'{', '.join(remote)}' is remote; in a network, put it into the area it stands in.",
            field=area.name,
        )
    return lengths[0]


def _limits(line: Line, hours: int) -> tuple[Floats, Floats]:
    """Return a line's limits there and back, each [weather, hour]."""
    back = line.limit_mw if line.back_limit_mw is None else line.back_limit_mw
    out = (
        hourly(line.limit_mw, hours, f"{line.label}.limit_mw"),
        hourly(back, hours, f"{line.label}.back_limit_mw"),
    )
    for limit in out:
        require(
            bool(limit.min() >= 0),
            f"found {limit.min():g} MW; a limit is at least 0.",
            field=f"{line.label}.limit_mw",
        )
    return out


def _wire(line: Line, bit: int) -> Unit:
    """Return a line as a unit whose MW are its bit in the group's mask."""
    return Unit(line.label, 2.0**bit, mttf_hours=line.mttf_hours, mttr_hours=line.mttr_hours)


def _may_fail(unit: Unit, common_causes: Sequence[CommonCause]) -> bool:
    return bool(np.isfinite(unit.mean_up_hours)) or unit.name in hit_by(common_causes)


def _system(
    areas: Sequence[Area],
    lines: Sequence[Line],
    series: Sequence[Floats],
    samples: int,
    seed: int,
    temperature_celsius: Floats | None,
    common_causes: Sequence[CommonCause],
) -> System:
    """Return all units as one system: its sources are the areas, then lines by group.

    `series` are loads, then limits: their weather years are the system's, too. A source's cost
    is its place.
    """
    places: list[tuple[Sequence[Unit], int]] = [(area.units, i) for i, area in enumerate(areas)]
    for first in range(0, len(lines), LINES_PER_MASK):
        group = [_wire(line, i) for i, line in enumerate(lines[first : first + LINES_PER_MASK])]
        failing = [unit for unit in group if _may_fail(unit, common_causes)]
        places.append((failing, len(areas) + first // LINES_PER_MASK))
    units = [
        replace(
            unit,
            source=f"{place}",
            variable_usd_per_mwh=float(place),
            co2_kg_per_mwh=0.0,
            water_m3_per_mwh=0.0,
            clean=False,
            must_run=False,
        )
        for members, place in places
        for unit in members
    ]
    total = np.zeros((weathers_of(series), series[0].shape[1]))
    for load in series[: len(areas)]:
        total += load
    stores = [
        replace(store, charge_below_usd_per_mwh=np.inf, discharge_above_usd_per_mwh=np.inf)
        for area in areas
        for store in area.storage
    ]
    return build(
        units,
        total.T,
        stores,
        ONE_TIER,
        None,
        dispatch=True,
        pue=1.0,
        water_m3_per_it_mwh=0.0,
        temperature_celsius=temperature_celsius,
        common_causes=common_causes,
        by_draw=None,
        samples=samples,
        seed=seed,
    )


def _arrays(
    areas: Sequence[Area],
    lines: Sequence[Line],
    system: System,
    loads: Sequence[Floats],
    limits: Sequence[Floats],
    common_causes: Sequence[CommonCause],
) -> NetworkArrays:
    weathers, hours = system.load.load_mw.shape
    index = {area.name: i for i, area in enumerate(areas)}
    ends = np.array([[index[line.first], index[line.second]] for line in lines], np.int64)
    tail, head = ends.reshape(-1), ends[:, ::-1].reshape(-1) if len(lines) else ends.reshape(-1)
    leaving = np.argsort(tail, kind="stable")
    limit_mw = stack(limits, weathers, hours)
    is_open = np.maximum(limit_mw[::2], limit_mw[1::2]) > 0
    always_up = np.zeros(-(-len(lines) // LINES_PER_MASK))
    for i, line in enumerate(lines):
        if not _may_fail(_wire(line, 0), common_causes):
            always_up[i // LINES_PER_MASK] += 2.0 ** (i % LINES_PER_MASK)
    counts = np.bincount(tail, minlength=len(areas))
    return NetworkArrays(
        load_mw=stack(loads, weathers, hours),
        limit_mw=np.ascontiguousarray(np.moveaxis(limit_mw, 0, -1)),
        limits_last=bool((limit_mw == limit_mw[:, :1, :1]).all()),
        open_hours=np.pad(is_open, ((0, 0), (0, 0), (1, 0))).cumsum(axis=2, dtype=np.int32),
        always_up=always_up,
        place=np.array([int(source.name) for source in system.sources], np.int64),
        graph=Graph(
            np.ascontiguousarray(tail),
            np.ascontiguousarray(head),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            leaving.astype(np.int64),
        ),
        stores=system.dispatch.stores,
        store_area=np.array([i for i, area in enumerate(areas) for _ in area.storage], np.int64),
        tolerance_mw=system.load.tolerance_mw,
    )


def _result(
    areas: Sequence[Area], lines: Sequence[Line], moments: Moments, hours: int
) -> NetworkAdequacy:
    def weight(row: int) -> Floats:
        out = np.zeros(moments.mean.size)
        out[row] = 1.0
        return out

    by_area, by_line = {}, {}
    for i, area in enumerate(areas):
        at = rows.SCALARS + rows.AREA_ROWS * i
        by_area[area.name] = AreaResult(
            moments.row(at + rows.AREA_LOLH),
            moments.row(at + rows.AREA_EUE),
            moments.row(at + rows.AREA_LOAD),
        )
    for i, line in enumerate(lines):
        at = rows.SCALARS + rows.AREA_ROWS * len(areas) + rows.LINE_ROWS * i
        by_line[line.label] = LineResult(
            moments.row(at + rows.FLOW),
            moments.row(at + rows.USED, 1 / hours),
            moments.row(at + rows.FULL),
        )
    return NetworkAdequacy(
        samples=moments.count,
        hours=hours,
        lolh_hours=moments.row(rows.LOLH),
        eue_mwh=moments.row(rows.EUE),
        neue_fraction=moments.ratio(weight(rows.EUE), weight(rows.LOAD)),
        events_per_year=moments.row(rows.EVENTS),
        areas=by_area,
        lines=by_line,
    )
