"""Planned outages put where there is most to spare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gigaplan.core.errors import nearest, require
from gigaplan.operations.model import Floats, Unit
from gigaplan.operations.series import hourly


def schedule_maintenance(
    units: Sequence[Unit],
    load_mw: Floats,
    hours_needed: Mapping[str, int],
    *,
    step_hours: int = 24,
) -> list[Unit]:
    """Return the units with planned outages set so that the least reserve is as large as it can be.

    Levelised reserve: unit by unit, from the one with most MWh to lose, the outage is put where
    load and what is out already are lowest at their highest hour within it, then on average.

    Parameters
    ----------
    units : sequence of Unit
        Outages planned already count, and stay.
    load_mw : ndarray [hour] or [hour, weather]
        With several weather years, an hour counts with its highest load.
    hours_needed : mapping of str to int
        Length of the outage of each unit that needs one.
    step_hours : int
        Outages begin at multiples of this.

    Raises
    ------
    InputError
        For a unit that is not there, or an outage longer than the hours.

    References
    ----------
    L. L. Garver, "Adjusting maintenance schedules to levelize risk", IEEE Transactions on Power
    Apparatus and Systems PAS-91 (1972) 2057-2063, has both this method and one that weighs units
    by how much load they carry.
    """
    series = np.asarray(load_mw, np.float64)
    burden = hourly(series, series.shape[0], "load_mw").max(axis=0)
    by_name = {unit.name: unit for unit in units}
    for name, hours in hours_needed.items():
        require(
            name in by_name,
            f"no unit is named '{name}'.{nearest(name, list(by_name))}",
            field="hours_needed",
        )
        require(
            0 < hours <= burden.size,
            f"found {hours} h; 1 to {burden.size} are possible.",
            field=f"hours_needed.{name}",
        )
    require(step_hours >= 1, f"found {step_hours}; at least 1 is needed.", field="step_hours")
    for unit in units:
        for first, end in unit.planned_hours:
            burden[first:end] += _mw(unit)
    order = sorted(hours_needed, key=lambda name: (-_mw(by_name[name]) * hours_needed[name], name))
    for name in order:
        unit, hours = by_name[name], hours_needed[name]
        first = _best_start(burden, hours, step_hours)
        burden[first : first + hours] += _mw(unit)
        planned = tuple(sorted((*unit.planned_hours, (first, first + hours))))
        by_name[name] = replace(unit, planned_hours=planned)
    return list(by_name.values())


def _mw(unit: Unit) -> float:
    return float(np.max(unit.capacity_mw))


def _best_start(burden: Floats, hours: int, step_hours: int) -> int:
    """Return where a window's highest hour is lowest; of equal ones, its mean; then the first."""
    starts = np.arange(0, burden.size - hours + 1, step_hours)
    windows = np.lib.stride_tricks.sliding_window_view(burden, hours)[starts]
    # the last key comes first; rounding must not decide between equal hours
    order = np.lexsort((np.round(windows.mean(axis=1), 6), np.round(windows.max(axis=1), 6)))
    return int(starts[order[0]])
