"""When units are up: fractions, durations, planned windows, independence of streams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.operations import Refuelling, TemperatureOutages, Unit, assess, stagger, trace

HOURS = 8760
FLAT = np.full(HOURS, 1000.0)


def available(unit: Unit, sample: int, **options: object) -> NDArray[np.float64]:
    return trace([unit], FLAT, sample, **options).available_mw  # type: ignore[arg-type]


def test_a_unit_is_out_for_its_fraction_in_runs_of_its_repair_time() -> None:
    unit = Unit("u", 100.0, forced_outage_fraction=0.08, mttr_hours=40.0)
    out = np.concatenate([available(unit, s) == 0 for s in range(150)])
    starts = int((out[1:] & ~out[:-1]).sum())
    # About 2,600 outages: the fraction is known to some 3%, the run length to 3%.
    assert out.mean() == pytest.approx(0.08, rel=0.08)
    # Outages that begin and end between two whole hours are not seen.
    assert out.sum() / starts == pytest.approx(40.0 / np.exp(-0.0125), rel=0.08)


def test_the_first_hour_is_already_stationary() -> None:
    unit = Unit("u", 100.0, forced_outage_fraction=0.3, mttr_hours=500.0)
    found = assess([unit], np.full(24, 50.0), samples=20_000, dispatch=False)
    assert found.lolp_by_hour[0] == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / 20_000))
    assert found.lolp_by_hour[23] == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / 20_000))


def test_adding_a_unit_leaves_the_outages_of_others_unchanged() -> None:
    unit = Unit("u", 100.0, forced_outage_fraction=0.1, mttr_hours=40.0)
    other = Unit("other", 7.0, forced_outage_fraction=0.2, mttr_hours=20.0)
    alone = trace([unit], FLAT, 3).source_mw["u"]
    assert (trace([other, unit], FLAT, 3).source_mw["u"] == alone).all()


def test_the_seed_and_the_sample_change_the_outages() -> None:
    unit = Unit("u", 100.0, forced_outage_fraction=0.1, mttr_hours=40.0)
    assert (available(unit, 0) != available(unit, 1)).any()
    assert (available(unit, 0) != available(unit, 0, seed=1)).any()


def test_planned_hours_take_the_unit_out_and_nothing_else() -> None:
    unit = Unit("u", 100.0, planned_hours=((10, 20), (15, 30), (8000, 9000)))
    expected = np.full(HOURS, 100.0)
    expected[10:30] = 0.0
    expected[8000:] = 0.0
    assert (available(unit, 0) == expected).all()


def test_forced_outages_within_planned_ones_do_not_count_twice() -> None:
    unit = Unit("u", 100.0, forced_outage_fraction=0.4, mttr_hours=30.0)
    planned = replace(unit, planned_hours=((100, 3000), (5000, 5001)))
    expected = available(unit, 4).copy()
    expected[100:3000] = 0.0
    expected[5000] = 0.0
    assert (available(planned, 4) == expected).all()


def test_refuelling_takes_its_days_of_every_cycle() -> None:
    unit = Unit("u", 100.0, refuelling=Refuelling(18, 34))
    share = np.mean([(available(unit, s) == 0).mean() for s in range(400)])
    exact = 34 * 24 / (18 * 730)
    # The yearly share lies between 0 and 34 days: its standard error is about 0.2 points.
    assert share == pytest.approx(exact, abs=0.008)


def test_staggered_units_never_refuel_together() -> None:
    units = [Unit(f"u{i}", 100.0, source=f"s{i}", refuelling=Refuelling(18, 34)) for i in range(4)]
    for sample in range(20):
        found = trace(stagger(units), FLAT, sample).source_mw
        out = sum((found[f"s{i}"] == 0).astype(int) for i in range(4))
        assert out.max() <= 1


def test_a_unit_gives_nothing_before_its_first_hour_or_from_its_end() -> None:
    unit = Unit("u", 100.0, first_hour=np.array([0, 5000]), end_hour=np.array([8000, 20_000]))
    assert (available(unit, 0, samples=2)[:8000] == 100).all()
    assert (available(unit, 0, samples=2)[8000:] == 0).all()
    assert (available(unit, 1, samples=2)[:5000] == 0).all()
    assert (available(unit, 1, samples=2)[5000:] == 100).all()


COLD = TemperatureOutages((-15.0, 0.0, 20.0), (0.30, 0.06, 0.03))


@pytest.mark.parametrize(("celsius", "fraction"), [(-30.0, 0.30), (-7.5, 0.18), (25.0, 0.03)])
def test_at_a_constant_temperature_the_fraction_of_the_table_is_out(
    celsius: float, fraction: float
) -> None:
    unit = Unit("u", 100.0, mttr_hours=20.0, temperature_outages=COLD)
    found = assess(
        [unit],
        np.full(HOURS, 50.0),
        samples=200,
        dispatch=False,
        temperature_celsius=np.full(HOURS, celsius),
    )
    assert abs(found.lolh_hours.mean / HOURS - fraction) < 3.5 * (
        found.lolh_hours.standard_error / HOURS
    )


def test_more_units_fail_together_in_a_cold_snap() -> None:
    celsius = np.full(HOURS, 15.0)
    celsius[4000:4200] = -15.0
    units = [
        Unit(f"u{i}", 10.0, mttr_hours=20.0, temperature_outages=COLD, source="gas")
        for i in range(20)
    ]
    found = [trace(units, FLAT, s, temperature_celsius=celsius).available_mw for s in range(60)]
    out = 1 - np.mean(found, axis=0) / 200
    assert out[4100:4200].mean() == pytest.approx(0.30, abs=0.02)
    assert out[:4000].mean() == pytest.approx(0.0375, abs=0.01)
