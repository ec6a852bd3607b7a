"""Fuel that sources share: what a pipeline carries in an hour, and a year's budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.operations import arrays
from gigaplan.operations.model import Floats, Hourly
from gigaplan.operations.outage_model import check_at_least
from gigaplan.operations.packing import Source
from gigaplan.operations.series import hourly


@dataclass(frozen=True, slots=True)
class FuelSupply:
    """Fuel that several sources burn.

    In each hour the cheaper source has it first. A year's budget is released month by month, in
    proportion to hours, and what a month leaves is kept for the next; within a month, whoever
    comes first burns it. Where the hours are none of a year, all is there from the start.

    Parameters
    ----------
    name : str
        Unique among the supplies.
    heat_rate_mmbtu_per_mwh : mapping of str to float
        Fuel burnt for each net MWh, by source; sources at the site only.
    most_mmbtu_per_hour : float or ndarray [hour] or [hour, weather]
        What the pipeline carries; less in the cold, if wanted.
    most_mmbtu_per_year : float
        What may be burnt in the hours that are run.
    """

    name: str
    heat_rate_mmbtu_per_mwh: Mapping[str, float]
    most_mmbtu_per_hour: Hourly = math.inf
    most_mmbtu_per_year: float = math.inf

    def __post_init__(self) -> None:
        require(bool(self.name), "a fuel supply needs a name.", field="fuel.name")
        require(
            bool(self.heat_rate_mmbtu_per_mwh),
            "found no source; name those that burn the fuel, with their heat rates.",
            field=f"{self.name}.heat_rate_mmbtu_per_mwh",
        )
        for source, rate in self.heat_rate_mmbtu_per_mwh.items():
            field = f"heat_rate_mmbtu_per_mwh.{source}"
            require(
                math.isfinite(rate) and rate > 0,
                f"found {rate:g}; a finite number above 0 MMBtu/MWh is needed.",
                field=f"{self.name}.{field}",
            )
        require(
            self.most_mmbtu_per_year >= 0,
            f"found {self.most_mmbtu_per_year:g}; at least 0 MMBtu is needed.",
            field=f"{self.name}.most_mmbtu_per_year",
        )
        if isinstance(self.most_mmbtu_per_hour, (int, float)) and math.isfinite(
            self.most_mmbtu_per_hour
        ):
            check_at_least(self.most_mmbtu_per_hour, 0.0, self.name, "most_mmbtu_per_hour")


def most_by_hour(supplies: Sequence[FuelSupply], hours: int) -> list[Floats]:
    """Return what each supply carries, [weather, hour]; endless where nothing is said."""
    found = []
    for supply in supplies:
        most, field = supply.most_mmbtu_per_hour, f"{supply.name}.most_mmbtu_per_hour"
        if np.ndim(most) == 0 and np.isposinf(most):
            found.append(np.full((1, hours), np.inf))
            continue
        series = hourly(most, hours, field)
        require(
            bool(series.min() >= 0), f"found {series.min():g}; at least 0 is needed.", field=field
        )
        found.append(series)
    return found


def fuel_arrays(
    supplies: Sequence[FuelSupply],
    sources: Sequence[Source],
    most: Floats,
    part_start: Floats,
    part_month: Floats,
) -> arrays.FuelArrays:
    """Return fuel supplies over sources in merit order; `most` is [supply, weather, hour].

    Raises
    ------
    InputError
        For a source that is not there, stands elsewhere in the market, or burns two supplies.
    """
    rate = np.zeros((len(supplies), len(sources)))
    taken: dict[str, str] = {}
    known = sorted({source.name for source in sources})
    for f, supply in enumerate(supplies):
        for name, value in supply.heat_rate_mmbtu_per_mwh.items():
            field = f"{supply.name}.heat_rate_mmbtu_per_mwh.{name}"
            rows = [g for g, source in enumerate(sources) if source.name == name]
            listed = ", ".join(known)
            require(bool(rows), f"no source is named '{name}'; there are: {listed}.", field=field)
            require(
                not any(sources[g].remote for g in rows),
                f"'{name}' stands elsewhere in the market; its fuel is not this site's.",
                field=field,
            )
            require(name not in taken, f"'{name}' burns '{taken.get(name)}' already.", field=field)
            taken[name] = supply.name
            rate[f, rows] = value
    ends = {int(m): int(part_start[i + 1]) for i, m in enumerate(part_month)}
    return arrays.FuelArrays(
        rate=rate,
        most_by_hour=most,
        limits_hours=np.isfinite(most).any(axis=(1, 2)) if len(supplies) else np.zeros(0, bool),
        budget=np.array([supply.most_mmbtu_per_year for supply in supplies], float),
        released=np.array([ends[int(m)] for m in part_month]) / int(part_start[-1]),
    )
