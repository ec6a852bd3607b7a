"""Two joined areas: the closed-form toy, and limits in which they are one or two systems."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.core.statistics import Estimate
from gigaplan.operations import Unit, assess
from gigaplan.operations.areas import Area, Line, assess_pair


def within(found: Estimate, exact: float) -> bool:
    return abs(found.mean - exact) <= 3 * found.standard_error


def test_the_two_region_toy_has_its_closed_form_indices(shared: Path) -> None:
    toy = json.loads((shared / "vectors/reliability/toys.json").read_text())["test1_two_region"]
    areas = [
        Area(f"area {i}", [Unit(f"gen {i}", 15.0, mttf_hours=10, mttr_hours=1 / 0.9)], load)
        for i, load in enumerate(np.array(toy["load"], float)[:, None])
    ]
    line = Line(8.0, mttf_hours=10, mttr_hours=1 / 0.9)
    found = assess_pair(areas[0], areas[1], line, samples=100_000, seed=4)
    assert within(found.lolh_hours, toy["lole"])
    assert within(found.eue_mwh, toy["eue"])
    for area, lole, eue in zip(areas, toy["loles"], toy["eues"], strict=True):
        assert within(found.area_lolh_hours[area.name], lole)
        assert within(found.area_eue_mwh[area.name], eue)
    assert within(found.flow_mwh, toy["flow"])
    assert within(found.line_use_fraction, toy["util"])


UNITS = [Unit(f"u{i}", 30.0, forced_outage_fraction=0.15, mttr_hours=30.0) for i in range(8)]
LOAD = 90 + 20 * np.sin(np.arange(500) / 4)


def test_a_line_without_limit_makes_one_system() -> None:
    pair = assess_pair(
        Area("a", UNITS[:4], LOAD), Area("b", UNITS[4:], LOAD), Line(1e6), samples=400
    )
    one = assess(UNITS, 2 * LOAD, samples=400, dispatch=False)
    assert pair.lolh_hours.mean == one.lolh_hours.mean
    assert pair.eue_mwh.mean == pytest.approx(one.eue_mwh.mean, rel=1e-9)


def test_a_line_of_nothing_makes_two_systems() -> None:
    pair = assess_pair(
        Area("a", UNITS[:4], LOAD), Area("b", UNITS[4:], LOAD), Line(0.0), samples=400
    )
    for name, units in (("a", UNITS[:4]), ("b", UNITS[4:])):
        alone = assess(units, LOAD, samples=400, dispatch=False)
        assert pair.area_lolh_hours[name] == alone.lolh_hours
    assert pair.flow_mwh.mean == 0


def test_areas_of_different_hours_are_refused() -> None:
    with pytest.raises(InputError, match="both areas need the same hours"):
        assess_pair(Area("a", UNITS[:4], LOAD), Area("b", UNITS[4:], LOAD[:-1]), Line(1.0))
