"""Reads the folder of real files: reactors (GeoNuclearData), campuses (Epoch AI).

Layout: ``nuclear/reactors_geonucleardata.csv``, and
``datacenters/epoch_{2025-12,2026-04}/data_center_timelines.csv`` and ``data_centers.csv``.
"""

from __future__ import annotations

import csv
import datetime
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gigaplan.core.errors import InputError, Problem
from gigaplan.delivery.backtest.build_durations import Builds

REACTORS = Path("nuclear/reactors_geonucleardata.csv")
TIMELINES = "datacenters/epoch_{}/data_center_timelines.csv"
CAMPUSES = "datacenters/epoch_{}/data_centers.csv"

REACTORS_AS_OF = 2024.17
"""The reactor file's last change, March 2024: until then a build without an end was running."""

_NOT_FINISHED = (
    "Under Construction",
    "Suspended Construction",
    "Cancelled Construction",
    "Never Commissioned",
)
_SAME_PLACE_KM = 3.0
_EARTH_KM = 6371.0
_HINT = "docs/backtests.md says what the folder holds."
_DAYS = 365.25

Path_ = tuple[tuple[float, float], ...]
"""Power over time: (year, MW), in order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One campus in two snapshots: (year, MW) at each milestone."""

    name: str
    earlier: Path_
    later: Path_


def read_reactors(folder: Path) -> tuple[Builds, int]:
    """Return reactor builds, and how many were left out for want of a date.

    Builds cancelled or halted stay in, as not finished.
    """
    kept: list[tuple[str, str, float, float, bool]] = []
    unknown = 0
    for line, row in _rows(
        folder / REACTORS, ("Name", "Country", "Status", "ConstructionStartAt", "OperationalFrom")
    ):
        if not row["ConstructionStartAt"]:
            continue
        late = not row["OperationalFrom"]
        if late and row["Status"] not in _NOT_FINISHED:
            unknown += 1
            continue
        place = (folder / REACTORS, line)
        start = _year(row["ConstructionStartAt"], "ConstructionStartAt", *place)
        end = REACTORS_AS_OF if late else _year(row["OperationalFrom"], "OperationalFrom", *place)
        if end <= start:
            raise _bad(
                *place,
                "OperationalFrom",
                f"found {row['OperationalFrom']}; allowed: after {row['ConstructionStartAt']}.",
            )
        kept.append((row["Name"], row["Country"], start, 12 * (end - start), late))
    names, countries, starts, months, lates = zip(*kept, strict=True)
    return (
        Builds(names, countries, np.array(starts), np.array(months), np.array(lates)),
        unknown,
    )


def read_plans(folder: Path, earlier: str, later: str) -> tuple[Plan, ...]:
    """Return campuses of the earlier snapshot with what the later says of the same place.

    A campus of the later snapshot belongs to the nearest of the earlier within 3 km: names
    changed between the two, and one campus was split in two. Powers of one place are added.
    """
    old, new = _timelines(folder, earlier), _timelines(folder, later)
    old_at, new_at = _places(folder, earlier), _places(folder, later)
    parts: dict[str, list[Path_]] = {name: [] for name in old}
    for name, at in new_at.items():
        distance, nearest = min((_km(at, old_at[o]), o) for o in old)
        if distance <= _SAME_PLACE_KM and name in new:
            parts[nearest].append(new[name])
    return tuple(Plan(n, old[n], _added(p)) for n, p in parts.items() if p)


def power_at(path: Path_, year: float) -> float:
    """Return MW online at a time: that of the last milestone until then."""
    return next((mw for when, mw in reversed(path) if when <= year), 0.0)


def _added(parts: list[Path_]) -> Path_:
    dates = sorted({when for part in parts for when, _ in part})
    return tuple((when, sum(power_at(part, when) for part in parts)) for when in dates)


def _timelines(folder: Path, snapshot: str) -> dict[str, Path_]:
    file = folder / TIMELINES.format(snapshot)
    found: dict[str, list[tuple[float, float]]] = {}
    for line, row in _rows(file, ("Date", "Data center", "Power (MW)")):
        when = _year(row["Date"], "Date", file, line)
        try:
            mw = float(row["Power (MW)"] or 0)
        except ValueError:
            text = f"found '{row['Power (MW)']}'; allowed: a number of MW."
            raise _bad(file, line, "Power (MW)", text) from None
        found.setdefault(row["Data center"], []).append((when, mw))
    return {name: tuple(sorted(path)) for name, path in found.items()}


def _places(folder: Path, snapshot: str) -> dict[str, tuple[float, float]]:
    file = folder / CAMPUSES.format(snapshot)
    places = {}
    for line, row in _rows(file, ("Latitude", "Longitude")):
        if row["Latitude"]:
            name = row.get("Handle") or row.get("Name") or ""
            places[name] = (
                _degrees(row["Latitude"], "Latitude", file, line),
                _degrees(row["Longitude"], "Longitude", file, line),
            )
    return places


def _degrees(text: str, column: str, file: Path, line: int) -> float:
    parts = [float(p) for p in re.findall(r"\d+(?:\.\d+)?", text)]
    if not parts or len(parts) > 3:
        raise _bad(file, line, column, f"found '{text}'; allowed: such as 41°41'36\"N.")
    value = sum(p / float(60**i) for i, p in enumerate(parts))
    return -value if text.strip()[-1] in "SW" else value


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = math.radians(a[0] - b[0])
    east = math.radians(a[1] - b[1]) * math.cos(math.radians(a[0]))
    return _EARTH_KM * math.hypot(north, east)


def _rows(file: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    if not file.is_file():
        raise InputError(Problem("there is no such file.", file=str(file), hint=_HINT))
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        absent = [c for c in columns if c not in (reader.fieldnames or ())]
        if absent:
            raise _bad(file, 1, absent[0], f"the column is not there; found {reader.fieldnames}.")
        rows = [(reader.line_num, row) for row in reader]
    if not rows:
        raise _bad(file, 1, "", "the file has no rows.")
    return rows


def _year(text: str, column: str, file: Path, line: int) -> float:
    """Return a date, as 2026-04-01 or 4/1/2026, in years."""
    try:
        if "/" in text:
            month, day, year = (int(part) for part in text.split("/"))
            date = datetime.date(year, month, day)
        else:
            date = datetime.date.fromisoformat(text)
    except ValueError:
        allowed = f"found '{text}'; allowed: a date such as 2026-04-01."
        raise _bad(file, line, column, allowed) from None
    return date.year + (date.timetuple().tm_yday - 1) / _DAYS


def _bad(file: Path, line: int, field: str, message: str) -> InputError:
    return InputError(Problem(message, field=field, file=str(file), line=line))
