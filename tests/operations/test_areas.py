"""Joined areas: the closed-form toy, limits in which they are one or several, and a flow LP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linprog

from gigaplan.core.errors import InputError
from gigaplan.core.statistics import Estimate
from gigaplan.operations import Storage, Unit, assess
from gigaplan.operations.areas import Area, Line, assess_network

Floats = NDArray[np.float64]


def within(found: Estimate, exact: float) -> bool:
    return abs(found.mean - exact) <= 3 * found.standard_error


def test_the_two_region_toy_has_its_closed_form_indices(shared: Path) -> None:
    toy = json.loads((shared / "vectors/reliability/toys.json").read_text())["test1_two_region"]
    areas = [
        Area(f"area {i}", [Unit(f"gen {i}", 15.0, mttf_hours=10, mttr_hours=1 / 0.9)], load)
        for i, load in enumerate(np.array(toy["load"], float)[:, None])
    ]
    line = Line("area 0", "area 1", 8.0, mttf_hours=10, mttr_hours=1 / 0.9)
    found = assess_network(areas, [line], samples=100_000, seed=4)
    assert within(found.lolh_hours, toy["lole"])
    assert within(found.eue_mwh, toy["eue"])
    for area, lole, eue in zip(areas, toy["loles"], toy["eues"], strict=True):
        assert within(found.areas[area.name].lolh_hours, lole)
        assert within(found.areas[area.name].eue_mwh, eue)
    assert within(found.lines[line.label].flow_mwh, toy["flow"])
    assert within(found.lines[line.label].use_fraction, toy["util"])


UNITS = [Unit(f"u{i}", 30.0, forced_outage_fraction=0.15, mttr_hours=30.0) for i in range(12)]
LOAD = 95 + 20 * np.sin(np.arange(500) / 4)
NAMES = ("a", "b", "c")


def three_areas(storage: bool = False) -> list[Area]:
    return [
        Area(
            name,
            UNITS[4 * i : 4 * i + 4],
            LOAD * (1 + 0.05 * i),
            [Storage("battery", 20.0, 80.0)] if storage and name == "b" else [],
        )
        for i, name in enumerate(NAMES)
    ]


@pytest.mark.parametrize("storage", [False, True])
def test_lines_without_limit_make_one_system(storage: bool) -> None:
    areas = three_areas(storage)
    lines = [Line("a", "b", 1e6), Line("c", "b", 1e6)]
    found = assess_network(areas, lines, samples=300)
    one = assess(
        UNITS,
        np.sum([area.load_mw for area in areas], axis=0),
        storage=[store for area in areas for store in area.storage],
        samples=300,
        dispatch=False,
    )
    assert found.lolh_hours.mean == pytest.approx(one.lolh_hours.mean, abs=1e-9)
    assert found.eue_mwh.mean == pytest.approx(one.eue_mwh.mean, rel=1e-9)
    assert found.events_per_year.mean == pytest.approx(one.events_per_year.mean, abs=1e-9)


@pytest.mark.parametrize("storage", [False, True])
def test_lines_of_nothing_make_systems_apart(storage: bool) -> None:
    areas = three_areas(storage)
    found = assess_network(areas, [Line("a", "b", 0.0), Line("b", "c", 0.0)], samples=300)
    for area in areas:
        alone = assess(area.units, area.load_mw, storage=area.storage, samples=300, dispatch=False)
        assert found.areas[area.name].lolh_hours == alone.lolh_hours
        assert found.areas[area.name].eue_mwh.mean == pytest.approx(alone.eue_mwh.mean)
    assert all(line.flow_mwh.mean == 0 for line in found.lines.values())


def least_shortage(margin: Floats, ends: list[tuple[int, int]], limit: Floats) -> float:
    """Return the least MW short of all areas, by a linear program."""
    areas, lines = len(margin), len(ends)
    balance = np.zeros((areas, areas + 2 * lines))
    balance[:, :areas] = np.eye(areas)
    for i, (a, b) in enumerate(ends):
        balance[[a, b], areas + 2 * i] = [-1, 1]
        balance[[a, b], areas + 2 * i + 1] = [1, -1]
    cost = np.r_[np.ones(areas), np.zeros(2 * lines)]
    bounds = [(0, None)] * areas + [(0, mw) for mw in limit]
    found = linprog(cost, A_ub=-balance, b_ub=margin, bounds=bounds, method="highs")
    return float(found.fun or 0.0)


@given(st.data())
@settings(max_examples=60)
def test_no_flow_leaves_less_short(data: st.DataObject) -> None:
    """Units that never fail, one hour: MWh short is the optimum of a linear program."""
    areas = data.draw(st.integers(2, 7))
    mw = st.floats(0, 100).map(lambda x: round(x, 3))
    made = np.array(data.draw(st.lists(mw, min_size=areas, max_size=areas)))
    wanted = np.array(data.draw(st.lists(mw, min_size=areas, max_size=areas)))
    wanted[0] += 1.0
    pairs = [(a, b) for a in range(areas) for b in range(a)]
    ends = data.draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=10))
    limit = np.array(data.draw(st.lists(mw, min_size=2 * len(ends), max_size=2 * len(ends))))
    found = assess_network(
        [Area(f"{i}", [Unit(f"u{i}", made[i])], np.array([wanted[i]])) for i in range(areas)],
        [
            Line(f"{a}", f"{b}", limit[2 * i], limit[2 * i + 1], name=f"line {i}")
            for i, (a, b) in enumerate(ends)
        ],
        samples=1,
    )
    least = least_shortage(made - wanted, ends, limit)
    assert found.eue_mwh.mean == pytest.approx(least, abs=1e-6)
    total = sum(area.eue_mwh.mean for area in found.areas.values())
    assert total == pytest.approx(least, abs=1e-6)


def ring(limit_mw: float, **more: Any) -> list[Line]:
    return [Line(a, b, limit_mw, **more) for a, b in (("a", "b"), ("b", "c"), ("c", "a"))]


def test_wider_lines_never_lose_more() -> None:
    lost = [
        assess_network(three_areas(), ring(mw), samples=100).eue_mwh.mean
        for mw in (0.0, 5.0, 20.0, 80.0)
    ]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > lost[-1]


def test_a_line_that_fails_loses_more_and_counts_as_full() -> None:
    kept = assess_network(three_areas(), ring(20.0), samples=200)
    lost = assess_network(
        three_areas(), ring(20.0, mttf_hours=100.0, mttr_hours=100.0), samples=200
    )
    assert lost.eue_mwh.mean > kept.eue_mwh.mean
    for line in lost.lines.values():
        assert line.use_fraction.mean > 0.45


def test_the_answer_does_not_depend_on_threads() -> None:
    one, three = (
        assess_network(three_areas(True), ring(10.0), samples=500, threads=n) for n in (1, 3)
    )
    assert one == three


def test_many_lines_side_by_side_carry_what_one_carries() -> None:
    """More lines than a mask of lines holds, half of which never fail."""
    made, wanted = Unit("made", 100.0), np.full(48, 90.0)
    areas = [Area("a", [made], np.zeros(48)), Area("b", [], wanted)]
    lines = [
        Line("a", "b", 1.0, mttf_hours=None if i % 2 else 30.0, mttr_hours=10.0, name=f"line {i}")
        for i in range(120)
    ]
    found = assess_network(areas, lines, samples=2000)
    # 60 MW stand, and of 60 others a quarter is out: seldom more than 30 are
    out = stats.binom(60, 0.25)
    short = sum(out.pmf(k) * max(k - 30, 0) for k in range(61)) * 48
    assert abs(found.eue_mwh.mean - short) <= 3 * found.eue_mwh.standard_error
    flow = sum(line.flow_mwh.mean for line in found.lines.values())
    assert flow == pytest.approx(90 * 48 - found.eue_mwh.mean)


def test_storage_of_one_area_helps_another() -> None:
    steady = Unit("steady", 10.0)
    load = np.array([10.0, 10.0, 12.0])
    battery = Storage("battery", 5.0, 10.0, 1.0, 1.0, initial_fraction=0.5)
    areas = [Area("a", [steady], load), Area("b", [], np.zeros(3), [battery])]
    assert assess_network(areas, [Line("a", "b", 0.0)], samples=1).eue_mwh.mean == 2.0
    assert assess_network(areas, [Line("a", "b", 0.5)], samples=1).eue_mwh.mean == 1.5
    assert assess_network(areas, [Line("a", "b", 9.0)], samples=1).eue_mwh.mean == 0.0


def test_storage_charges_over_a_line() -> None:
    load = np.array([5.0, 12.0])
    empty = Storage("battery", 5.0, 10.0, 1.0, 1.0, initial_fraction=0.0)
    areas = [Area("a", [Unit("steady", 10.0)], load), Area("b", [], np.zeros(2), [empty])]
    assert assess_network(areas, [Line("a", "b", 9.0)], samples=1).eue_mwh.mean == 0.0
    assert assess_network(areas, [Line("a", "b", 0.5)], samples=1).eue_mwh.mean == 1.5


@pytest.mark.parametrize(
    ("areas", "lines", "message"),
    [
        ([Area("a", UNITS[:4], LOAD), Area("b", UNITS[4:], LOAD[:-1])], ring(1.0)[:1], "same hou"),
        ([Area("a", UNITS[:4], LOAD), Area("b", UNITS[4:], LOAD)], [], "2 areas and no line"),
        ([Area("a", UNITS[:4], LOAD)], ring(1.0)[:1], "no area is named 'b'"),
        ([Area("a", UNITS, LOAD), Area("b", UNITS[:1], LOAD)], ring(1.0)[:1], "two units are"),
        ([Area("a", UNITS, LOAD), Area("b", [], -LOAD)], ring(1.0)[:1], "a load is at least 0"),
        ([Area("a", UNITS, LOAD), Area("b", [], LOAD)], ring(-1.0)[:1], "a limit is at least 0"),
    ],
)
def test_a_network_that_cannot_be_is_refused(
    areas: list[Area], lines: list[Line], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        assess_network(areas, lines)
