"""Coverage of a load by wind, solar, battery and flexible work."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.operations.sizing import (
    EmbodiedCarbon,
    FlexibleWork,
    LithiumBattery,
    designs,
    sweep,
)

Floats = NDArray[np.float64]


def output(path: Path, source: str, hours: int | None = None) -> Floats:
    """Return a fleet's output over its greatest; a blank hour counts as nothing."""
    with path.open(encoding="utf-8") as file:
        mwh = np.array([float(row[source] or 0.0) for row in csv.DictReader(file)])[:hours]
    return np.asarray(mwh / mwh.max())


def swinging_load(mean_mw: float, hours: int) -> Floats:
    """Return Carbon Explorer's load: a swing of 5% whose angle rises by a quarter an hour."""
    return np.asarray(np.roll(mean_mw * (1 + 0.025 * np.sin(np.arange(hours) / 4)), 6))


def test_the_published_case_of_utah_is_met(shared: Path) -> None:
    file = shared / "data/grid_mix/PACE_eia930_2021-05.csv"
    wind, solar = output(file, "WND", 337), output(file, "SUN", 337)
    found = sweep(swinging_load(20.0, 337), wind, solar, np.array([[239.0, 694.0, 0.0]]))
    assert 100 * found.coverage_fraction[0] == pytest.approx(99.61, abs=0.005)


def test_a_full_year_with_a_battery_is_met(shared: Path) -> None:
    file = shared / "data/grid_mix/PJM_eia930_2022.csv"
    wind, solar = output(file, "WND"), output(file, "SUN")
    found = sweep(swinging_load(50.0, 8760), wind, solar, np.array([[200.0, 200.0, 400.0]]))
    assert 100 * found.coverage_fraction[0] == pytest.approx(99.2021, abs=0.00005)


def minute_by_minute(
    gap_mw: Floats, capacity_mwh: float, cell: LithiumBattery
) -> tuple[Floats, Floats]:
    """Return MWh given and taken by hour, one minute after the other, from the model's words."""
    inside, step = cell.initial_fraction * capacity_mwh, 1 / 60
    given, taken = np.zeros(len(gap_mw)), np.zeros(len(gap_mw))
    for h, gap in enumerate(gap_mw):
        for _ in range(60):
            if gap > 0:
                # after p MW for a minute at least taper x p must still be inside
                most = inside / (cell.taper_discharge_hours + step / cell.discharge_efficiency)
                rate = cell.discharge_rate_per_hour * capacity_mwh * cell.discharge_efficiency
                mw = min(gap, most, rate)
                inside -= mw * step / cell.discharge_efficiency
                given[h] += mw * step
            else:
                room = capacity_mwh - inside
                most = room / (cell.taper_charge_hours + step * cell.charge_efficiency)
                rate = cell.charge_rate_per_hour * capacity_mwh / cell.charge_efficiency
                mw = min(-gap, most, rate)
                inside += mw * step * cell.charge_efficiency
                taken[h] += mw * step
    return given, taken


cells = st.builds(
    LithiumBattery,
    charge_efficiency=st.floats(0.6, 1.0),
    discharge_efficiency=st.floats(0.6, 1.0),
    taper_charge_hours=st.floats(0, 0.3),
    taper_discharge_hours=st.floats(0, 0.3),
    charge_rate_per_hour=st.floats(0.05, 3),
    discharge_rate_per_hour=st.floats(0.05, 3),
    initial_fraction=st.floats(0, 1),
)


@settings(max_examples=60, deadline=None)
@given(cell=cells, seed=st.integers(0, 2**32 - 1), capacity=st.floats(0, 200))
def test_an_hour_in_one_step_is_its_sixty_minutes(
    cell: LithiumBattery, seed: int, capacity: float
) -> None:
    random = np.random.default_rng(seed)
    load, wind = random.uniform(1, 60, 48), random.uniform(0, 1, 48)
    found = sweep(load, wind, np.zeros(48), np.array([[80.0, 0.0, capacity]]), battery=cell)
    gap = load - 80.0 * wind
    given_mwh, taken = minute_by_minute(gap, capacity, cell)
    assert found.discharged_mwh[0] == pytest.approx(given_mwh.sum(), rel=1e-9, abs=1e-9)
    assert found.charged_mwh[0] == pytest.approx(taken.sum(), rel=1e-9, abs=1e-9)
    short = np.maximum(gap, 0) - given_mwh
    assert found.short_mwh[0] == pytest.approx(short.sum(), rel=1e-9, abs=1e-9)
    assert found.most_short_mw[0] == pytest.approx(short.max(), rel=1e-9, abs=1e-9)


def random_hours(seed: int, days: int = 4) -> tuple[Floats, Floats, Floats]:
    random = np.random.default_rng(seed)
    hours = 24 * days
    return random.uniform(5, 50, hours), random.uniform(0, 1, hours), random.uniform(0, 1, hours)


sizes = st.tuples(st.floats(0, 150), st.floats(0, 150), st.floats(0, 300))
works = st.builds(FlexibleWork, share_fraction=st.floats(0, 1), most_load_mw=st.floats(0, 90))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=sizes, cell=cells, work=works)
def test_energy_is_conserved(
    seed: int, size: tuple[float, float, float], cell: LithiumBattery, work: FlexibleWork
) -> None:
    load, wind, solar = random_hours(seed)
    found = sweep(load, wind, solar, np.array([size]), battery=cell, flexible=work)
    made = size[0] * wind.sum() + size[1] * solar.sum()
    into = made + found.discharged_mwh[0] + found.short_mwh[0]
    out = load.sum() + found.charged_mwh[0] + found.spill_mwh[0]
    assert into == pytest.approx(out, rel=1e-9)
    gained = (
        found.charged_mwh[0] * cell.charge_efficiency
        - found.discharged_mwh[0] / cell.discharge_efficiency
    )
    inside = cell.initial_fraction * size[2] + gained
    assert -1e-6 <= inside <= size[2] + 1e-6
    assert 0 <= found.coverage_fraction[0] <= 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=sizes, more=sizes, cell=cells)
def test_more_of_anything_never_covers_less(
    seed: int,
    size: tuple[float, float, float],
    more: tuple[float, float, float],
    cell: LithiumBattery,
) -> None:
    load, wind, solar = random_hours(seed)
    base = np.array(size)
    tried = [base] + [base + np.eye(3)[i] * more[i] for i in range(3)]
    found = sweep(load, wind, solar, np.array(tried), battery=cell)
    assert (found.short_mwh[1:] <= found.short_mwh[0] + 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=sizes, work=works)
def test_moving_work_moves_as_much_as_can_be(
    seed: int, size: tuple[float, float, float], work: FlexibleWork
) -> None:
    load, wind, solar = random_hours(seed)
    bare = np.array([[size[0], size[1], 0.0]])
    found = sweep(load, wind, solar, bare, flexible=work)
    still = sweep(load, wind, solar, bare)
    gap = (load - size[0] * wind - size[1] * solar).reshape(-1, 24)
    day = load.reshape(-1, 24)
    give = np.minimum(np.maximum(gap, 0), work.share_fraction * day).sum(axis=1)
    room = np.maximum(work.most_load_mw - day, 0)
    take = np.minimum(np.maximum(-gap, 0), room).sum(axis=1)
    moved = np.minimum(give, take).sum()
    assert found.moved_mwh[0] == pytest.approx(moved, rel=1e-9, abs=1e-9)
    assert found.short_mwh[0] == pytest.approx(still.short_mwh[0] - moved, rel=1e-9, abs=1e-6)
    assert found.most_load_mw[0] <= max(load.max(), work.most_load_mw) + 1e-9


def test_designs_do_not_depend_on_their_company_or_on_threads() -> None:
    load, wind, solar = random_hours(7, days=30)
    many = designs(np.linspace(0, 100, 9), np.linspace(0, 100, 9), np.linspace(0, 200, 8))
    work = FlexibleWork(0.3, 70.0)
    one = sweep(load, wind, solar, many, flexible=work)
    two = sweep(load, wind, solar, many[::-1], flexible=work, threads=2)
    assert np.array_equal(one.coverage_fraction, two.coverage_fraction[::-1])
    assert np.array_equal(one.carbon_t, two.carbon_t[::-1])


def test_carbon_is_what_the_grid_gives_and_what_the_design_took_to_make() -> None:
    load, wind, solar = np.full(8760, 10.0), np.full(8760, 0.5), np.zeros(8760)
    carbon = EmbodiedCarbon(11.0, 40.0, 80.0, 10.0)
    found = sweep(
        load, wind, solar, np.array([[12.0, 5.0, 20.0]]), grid_kg_per_mwh=400.0, embodied=carbon,
        battery=LithiumBattery(initial_fraction=0.0),
    )  # fmt: skip
    assert found.operational_t[0] == pytest.approx(4.0 * 8760 * 0.4)
    assert found.embodied_t[0] == pytest.approx(6.0 * 8760 * 0.011 + 20 * 80 / 10)


def test_the_frontier_holds_what_nothing_beats() -> None:
    load, wind, solar = random_hours(3, days=20)
    found = sweep(load, wind, solar, designs([0, 20, 60], [0, 20, 60], [0, 50, 100]))
    best = found.frontier()
    for i in range(len(found.wind_mw)):
        beaten = (found.embodied_t <= found.embodied_t[i]) & (
            found.coverage_fraction > found.coverage_fraction[i]
        )
        assert (i in best) <= (not beaten.any())
    assert (np.diff(found.coverage_fraction[best]) > 0).all()
    assert (np.diff(found.embodied_t[best]) >= 0).all()


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: sweep(np.array([1.0, np.nan]), np.zeros(2), np.zeros(2), np.ones((1, 3))), "hour 1"),
    (lambda: sweep(np.zeros(2), np.zeros(2), np.zeros(2), np.ones((1, 3))), "0 in every hour"),
    (lambda: sweep(np.ones(2), np.zeros(3), np.zeros(2), np.ones((1, 3))), r"found shape \[3\]"),
    (lambda: sweep(np.ones(2), -np.ones(2), np.zeros(2), np.ones((1, 3))), "holds -1"),
    (lambda: sweep(np.ones(2), np.zeros(2), np.zeros(2), -np.ones((1, 3))), "design 0 holds -1"),
    (lambda: sweep(np.ones(2), np.zeros(2), np.zeros(2), np.ones((1, 2))), r"\[design, 3\]"),
    (lambda: LithiumBattery(charge_efficiency=1.1), "above 0 and at most 1"),
    (lambda: FlexibleWork(1.2, 10.0), "from 0 to 1"),
    (lambda: EmbodiedCarbon(battery_life_years=0.0), "years above 0"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_is_refused_in_words(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
