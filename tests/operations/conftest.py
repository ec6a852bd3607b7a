"""Known systems, and independent ways to their answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.operations import Unit


def _load_mw(model: dict[str, Any], peak_mw: float) -> NDArray[np.float64]:
    def season(week: int) -> str:
        if week <= 8 or week >= 44:
            return "winter"
        return "summer" if 18 <= week <= 30 else "spring_fall"

    hours = [
        peak_mw * weekly / 100 * daily / 100 * hour / 100
        for week, weekly in enumerate(model["weekly_pct"], start=1)
        for day, daily in enumerate(model["daily_pct_mon_sun"])
        for hour in model["hourly_pct"][season(week)]["weekday" if day < 5 else "weekend"]
    ]
    return np.array(hours)


class KnownSystem:
    """RTS-79 or RBTS: units, load and exact indices."""

    def __init__(self, vectors: dict[str, Any], name: str) -> None:
        case = vectors[name]
        self.units = [
            Unit(
                f"{group}-{i}",
                float(entry["MW"]),
                mttf_hours=entry.get("MTTF_h"),
                forced_outage_fraction=None if "MTTF_h" in entry else entry["FOR"],
                mttr_hours=entry.get("MTTR_h", 45.0),
            )
            for group, entry in enumerate(case["units"])
            for i in range(entry["n"])
        ]
        self.outage_fractions = [entry["FOR"] for entry in case["units"] for _ in range(entry["n"])]
        self.load_mw = _load_mw(vectors["load_model"], case["peak_MW"])
        self.exact: dict[str, float] = case["exact_here"]


@pytest.fixture(scope="session", params=["rts79", "rbts"])
def known_system(request: pytest.FixtureRequest, shared: Path) -> KnownSystem:
    vectors = json.loads((shared / "vectors/reliability/rts79_rbts.json").read_text())
    return KnownSystem(vectors, request.param)
