"""Checking a programme without running it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve


def check(programme: str | Path) -> dict[str, Any]:
    """Read and resolve a programme, and the data files it names; return what it holds.

    Raises
    ------
    InputError
        With every problem found.
    """
    resolved = resolve(read_programme(locate(str(programme))))
    files = 0
    if any(site.weather_file for site in resolved.sites.values()) or any(
        zone.price_file or zone.carbon_file for zone in resolved.zones.values()
    ):
        from gigaplan import weather  # costs a second, and most programmes name no file

        files = len(weather.read_named(resolved))
    if any(project.reference_class.past_projects for project in resolved.power.values()):
        from gigaplan import delivery

        files += len(delivery.read_named_past(resolved))
    by_mark: dict[str, int] = {}
    for figure in resolved.figures:
        by_mark[figure.mark] = by_mark.get(figure.mark, 0) + 1
    return {
        "programme": resolved.name,
        "title": resolved.title,
        "counts": {
            "zones": len(resolved.zones),
            "sites": len(resolved.sites),
            "campuses": len(resolved.campuses),
            "power projects": len(resolved.power),
            "instruments": len(resolved.instruments),
            "data files": files,
            **{f"{mark} figures": n for mark, n in sorted(by_mark.items())},
        },
    }
