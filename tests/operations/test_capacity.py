"""Capacity against load without prices gives the losses that the hourly dispatch gives."""

from __future__ import annotations

import numpy as np
import pytest

from gigaplan.operations import (
    ByDraw,
    Grid,
    Refuelling,
    Storage,
    TemperatureOutages,
    Tier,
    Unit,
    assess,
)

HOURS = 500  # not a whole number of days
COLD = TemperatureOutages((-10.0, 10.0), (0.3, 0.05))


def random_system(number: int) -> dict[str, object]:
    random = np.random.default_rng(number)
    units = [
        Unit(
            f"u{i}",
            float(random.uniform(5, 30)),
            forced_outage_fraction=float(random.choice([0.0, 0.05, 0.3])),
            mttr_hours=float(random.uniform(2, 40)),
            availability_fraction=random.uniform(0, 1, (HOURS, 2))
            if random.random() < 0.3
            else None,
            planned_hours=((40, 90),) if random.random() < 0.2 else (),
            refuelling=Refuelling(1, 2.0) if random.random() < 0.2 else None,
            first_hour=int(random.choice([0, 0, 100])),
        )
        for i in range(int(random.integers(2, 8)))
    ]
    units.append(Unit("cold", 15.0, mttr_hours=15.0, temperature_outages=COLD))
    storage = [
        Storage(
            f"b{k}",
            float(random.uniform(2, 20)),
            float(random.uniform(5, 80)),
            reserve_fraction=float(random.choice([0.0, 0.5])),
            initial_fraction=float(random.uniform(0, 1)),
        )
        for k in range(int(random.integers(0, 4)))
    ]
    tiers = [
        Tier("firm", 0.4, 5000.0),
        Tier("batch", 0.2, 400.0, catch_up_fraction=float(random.choice([0.0, 1.5]))),
        Tier("training", 0.4, 100.0, restart_hours=2.0),
    ]
    grid = None
    if random.random() < 0.5:
        grid = Grid(random.uniform(0, 30, HOURS), mttf_hours=100.0, mttr_hours=5.0)
    by_draw = ByDraw(
        (np.arange(HOURS) // 200).astype(np.int64),
        load_scale=random.uniform(0.7, 1.2, (3, 4)),
        storage_scale={s.name: np.sort(random.uniform(0.5, 1, (3, 4)), axis=0) for s in storage},
    )
    return {
        "units": units,
        "load_mw": random.uniform(20, 110, (HOURS, 2)),
        "storage": storage,
        "tiers": tiers,
        "grid": grid,
        "pue": random.uniform(1.05, 1.4, (HOURS, 1)),
        "temperature_celsius": random.uniform(-15, 20, HOURS),
        "by_draw": by_draw if random.random() < 0.5 else None,
        "samples": 8,
        "seed": number,
        "keep_samples": True,
    }


@pytest.mark.parametrize("number", range(40))
def test_both_ways_lose_the_same_in_every_sample(number: int) -> None:
    system = random_system(number)
    plain = assess(dispatch=False, **system)  # type: ignore[arg-type]
    whole = assess(dispatch=True, **system)  # type: ignore[arg-type]
    assert plain.by_sample is not None
    assert whole.by_sample is not None
    for name in ("lolh_hours", "eue_mwh", "load_mwh", "served_mwh"):
        a, b = getattr(plain.by_sample, name), getattr(whole.by_sample, name)
        assert a == pytest.approx(b, abs=1e-6), name
    for tier in ("firm", "batch", "training"):
        a, b = plain.by_sample.lost_it_mwh[tier], whole.by_sample.lost_it_mwh[tier]
        assert a == pytest.approx(b, abs=1e-6)
    for name in ("lole_days", "days_short", "events_per_year"):
        assert getattr(plain, name).mean == pytest.approx(getattr(whole, name).mean)
    assert plain.lolp_by_hour == pytest.approx(whole.lolp_by_hour)
    assert plain.eue_by_hour_mwh == pytest.approx(whole.eue_by_hour_mwh, abs=1e-9)
    assert plain.energy is None
    assert [t.shed_mwh.mean for t in plain.tiers] == pytest.approx(
        [t.shed_mwh.mean for t in whole.tiers], abs=1e-6
    )


def test_a_unit_that_fails_very_often_is_out_for_its_fraction() -> None:
    # far more cycles in a year than are drawn at once
    unit = Unit("u", 10.0, mttf_hours=6.0, mttr_hours=4.0)
    found = assess([unit], np.full(8760, 5.0), samples=400, dispatch=False)
    share = found.lolh_hours.mean / 8760
    assert abs(share - 0.4) < 3.5 * found.lolh_hours.standard_error / 8760
