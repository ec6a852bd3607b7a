"""Headroom as text of 80 columns, and as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gigaplan.operations.headroom.capacity import Headroom

_HEAD = (
    f"{'curtailed':>9} {'new load':>9} {'±':>5} {'hours':>7} {'worst':>6} {'length':>7} "
    f"{'longest':>8} {'depth':>6} {'half kept':>10}"
)
_UNITS = (
    f"{'of energy':>9} {'GW':>9} {'GW':>5} {'a year':>7} {'year':>6} {'h':>7} "
    f"{'h':>8} {'':>6} {'of hours':>10}"
)


def as_text(found: Sequence[Headroom]) -> str:
    """Return a table for each area."""
    parts = []
    for name in dict.fromkeys(one.area for one in found):
        rows = [one for one in found if one.area == name]
        peaks = ", ".join(f"{s} {mw / 1000:,.1f}" for s, mw in rows[0].peak_mw.items())
        title = (
            f"{name}: peaks {peaks} GW, load factor {rows[0].load_factor:.0%}, "
            f"{len(rows[0].by_year_fraction)} years"
        )
        parts.append("\n".join([title, _HEAD, _UNITS, *map(_row, rows)]))
    parts.append(
        "Curtailed when demand with the new load would pass the season's own peak\n"
        "(winter: October to March, summer: April to September). ±: standard error over\n"
        "years. Only demand is looked at; whether fuel, plant and wires suffice below\n"
        "the peak is not."
    )
    return "\n\n".join(parts)


def _row(one: Headroom) -> str:
    error = f"{one.error_mw / 1000:.1f}" if math.isfinite(one.error_mw) else "-"
    return (
        f"{f'{one.rate_fraction:.2%}':>9} {one.headroom_mw / 1000:>9.1f} {error:>5} "
        f"{one.hours_per_year:>7.0f} {one.most_hours_in_year:>6.0f} {one.mean_hours:>7.1f} "
        f"{one.longest_hours:>8d} {one.mean_depth_fraction:>6.0%} {one.half_kept_fraction:>10.0%}"
    )


def as_json(found: Sequence[Headroom]) -> dict[str, Any]:
    """Return plain values."""
    rows = []
    for one in found:
        row = asdict(one)
        row["error_mw"] = one.error_mw if math.isfinite(one.error_mw) else None
        row["by_year_fraction"] = {str(y): v for y, v in one.by_year_fraction.items()}
        rows.append(row)
    return {"schema_version": 1, "headroom": rows}
