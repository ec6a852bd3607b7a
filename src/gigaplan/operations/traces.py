"""Single samples hour by hour: run again from their number, cut and searched."""

from __future__ import annotations

import numpy as np

from gigaplan.operations import arrays
from gigaplan.operations.dispatch._kernels import dispatch_block
from gigaplan.operations.model import Floats
from gigaplan.operations.results import Event, Trace
from gigaplan.operations.systems import System

WEEK = 168


def by_name(names: list[str], rows: Floats) -> dict[str, Floats]:
    """Return rows by name, rows of one name added."""
    out: dict[str, Floats] = {}
    for name, row in zip(names, rows, strict=True):
        out[name] = out[name] + row if name in out else row.copy()
    return out


def run_trace(system: System, sample: int) -> Trace:
    """Return one sample of a system hour by hour: the same numbers as in its block."""
    return run_sample(system, sample)[0]


def run_sample(system: System, sample: int) -> tuple[Trace, Floats]:
    """Return one sample hour by hour, and its column of the block's table."""
    table = np.zeros((system.rows, 1))
    rows = np.zeros((system.trace_rows, system.hours))
    dispatch_block(
        system.units,
        system.buckets,
        system.campus,
        system.load,
        system.dispatch,
        sample,
        table,
        np.zeros((2, system.hours)),
        rows,
    )
    sources, stores = len(system.sources), len(system.storage)
    at = arrays.TRACE_SCALARS
    trace = Trace(
        sample=sample,
        first_hour=0,
        load_mw=rows[arrays.T_LOAD],
        shed_mw=rows[arrays.T_SHED],
        made_up_mw=rows[arrays.T_MADE_UP],
        import_mw=rows[arrays.T_IMPORT],
        export_mw=rows[arrays.T_EXPORT],
        charge_mw=rows[arrays.T_CHARGE],
        discharge_mw=rows[arrays.T_DISCHARGE],
        sold_mw=rows[arrays.T_SOLD],
        spill_mw=rows[arrays.T_SPILL],
        available_mw=rows[arrays.T_AVAILABLE],
        clean_mw=rows[arrays.T_CLEAN],
        price_usd_per_mwh=rows[arrays.T_PRICE],
        source_mw=by_name([s.name for s in system.sources], rows[at : at + sources]),
        charge_state_mwh=by_name(
            [s.name for s in system.storage], rows[at + sources : at + sources + stores]
        ),
        tier_shed_mw=by_name([t.name for t in system.tiers], rows[at + sources + stores :]),
    )
    return trace, table[:, 0]


def typical_week(trace: Trace) -> Trace:
    """Return the week whose mean mix of sources, import and load is nearest to the year's."""
    weeks = len(trace) // WEEK
    if weeks < 1:
        return trace
    series = np.vstack([trace.load_mw, trace.import_mw, *trace.source_mw.values()])
    by_week = series[:, : weeks * WEEK].reshape(series.shape[0], weeks, WEEK).mean(axis=2)
    distance = np.abs(by_week - series.mean(axis=1)[:, None]).sum(axis=0)
    first = int(distance.argmin()) * WEEK
    return trace.window(first, first + WEEK)


def events(trace: Trace) -> tuple[Event, ...]:
    """Return the events of a trace, the largest first."""
    short = np.concatenate([[False], trace.shed_mw > 0, [False]])
    edges = np.flatnonzero(short[1:] != short[:-1])
    found = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        shed = trace.shed_mw[first:end]
        found.append(
            Event(
                trace.sample,
                trace.first_hour + int(first),
                int(end - first),
                float(shed.sum()),
                float(shed.max()),
            )
        )
    return tuple(sorted(found, key=_by_size))


def _by_size(event: Event) -> tuple[float, int]:
    return (-event.shed_mwh, event.first_hour)


def worst_event(trace: Trace, margin_hours: int = 48) -> Trace:
    """Return the hours around the largest event of a trace, or the whole trace if it has none."""
    found = events(trace)
    if not found:
        return trace
    first = found[0].first_hour - trace.first_hour
    return trace.window(first - margin_hours, first + found[0].hours + margin_hours)
