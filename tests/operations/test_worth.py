"""What a MW more is worth, and the load it carries, against closed forms and identities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.operations import Grid, Storage, Tier, Unit, assess
from gigaplan.operations.worth import carried_load, marginal_load, marginal_worth

UNITS = [
    Unit(f"u{i}", 50.0, forced_outage_fraction=0.1, mttr_hours=40.0, variable_usd_per_mwh=30.0,
         co2_kg_per_mwh=400.0, source="gas")
    for i in range(10)
]  # fmt: skip
LOAD = 380 + 40 * np.sin(np.arange(8760) / 24 * 2 * np.pi)


def test_a_unit_that_never_fails_carries_its_whole_capacity() -> None:
    found = carried_load(UNITS, LOAD, Unit("sure", 40.0), samples=400)
    assert found.mw.mean == pytest.approx(40.0, abs=0.02)
    assert found.share_fraction.mean == pytest.approx(1.0, abs=1e-3)
    assert found.mw.standard_error < 1e-3  # the same hours short by the same MW, draw by draw


def test_a_unit_that_fails_carries_less_and_a_short_storage_less_still() -> None:
    failing = replace(UNITS[0], name="another")
    unit = carried_load(UNITS, LOAD, failing, samples=600)
    assert 0.5 < unit.share_fraction.mean < 0.95
    battery = carried_load(UNITS, LOAD, Storage("battery", 50.0, 50.0), samples=600)
    longer = carried_load(UNITS, LOAD, Storage("battery", 50.0, 400.0), samples=600)
    assert battery.mw.mean < longer.mw.mean < 50.0
    for found in (unit, battery, longer):
        assert 0 < found.mw.standard_error < 3.0


def test_the_load_carried_by_a_unit_is_that_of_a_convolution() -> None:
    """One load in every hour: EUE by enumerating states, solved for the load that keeps it."""
    units = UNITS[:5]
    states = np.array(np.meshgrid(*[[0, 1]] * 5)).reshape(5, -1).sum(axis=0)
    chance = 0.9**states * 0.1 ** (5 - states)

    def eue(load: float, extra: float) -> float:
        short = np.maximum(load - 50.0 * states - extra, 0.0)
        return float(chance @ short)

    def with_unit(load: float) -> float:
        return 0.9 * eue(load, 50.0) + 0.1 * eue(load, 0.0)

    base, low, high = eue(180.0, 0.0), 0.0, 50.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if with_unit(180.0 + middle) > base else (middle, high)
    load = np.full(8760, 180.0)
    found = carried_load(units, load, replace(UNITS[0], name="more"), samples=3000, seed=3)
    assert abs(found.mw.mean - low) < 3 * found.mw.standard_error + 0.01


def test_two_things_together_carry_what_they_do_together() -> None:
    sun = Unit(
        "sun", 60.0, availability_fraction=np.maximum(np.sin(np.arange(8760) / 24 * 6.283), 0)
    )
    battery = Storage("battery", 40.0, 160.0)
    both = carried_load(UNITS, LOAD, [sun, battery], samples=300)
    assert both.nameplate_mw == pytest.approx(100.0, rel=1e-3)
    assert both.mw.mean > carried_load(UNITS, LOAD, sun, samples=300).mw.mean


def test_a_mw_more_avoids_what_two_runs_differ_by() -> None:
    addition = Unit("wind", 5.0, clean=True, must_run=True)
    found = marginal_worth(UNITS, LOAD, {"wind": addition}, samples=200)["wind"].alone
    before = assess(UNITS, LOAD, samples=200)
    after = assess([*UNITS, addition], LOAD, samples=200)
    assert before.energy is not None
    assert after.energy is not None
    assert found.eue_mwh.mean == pytest.approx((before.eue_mwh.mean - after.eue_mwh.mean) / 5)
    saved = (before.energy.cost_usd.mean - after.energy.cost_usd.mean) / 5
    assert found.cost_usd.mean == pytest.approx(saved)
    # every hour it replaces gas, except where the MW serves what was short
    assert found.co2_t.mean == pytest.approx(0.4 * (8760 - found.eue_mwh.mean), rel=1e-9)


def test_a_mw_is_worth_less_beside_a_storage_that_already_helps() -> None:
    found = marginal_worth(
        UNITS,
        LOAD,
        {"unit": Unit("sure", 5.0), "battery": Storage("more", 5.0, 20.0)},
        beside=Storage("large", 100.0, 800.0),
        samples=300,
        tiers=(Tier("load", 1.0, 5000.0),),
        grid=Grid(0.0),
    )
    for kind in found.values():
        assert kind.beside_storage is not None
        assert kind.beside_storage.eue_mwh.mean < kind.alone.eue_mwh.mean


def test_a_system_that_is_never_short_is_refused() -> None:
    with pytest.raises(InputError, match="never short"):
        carried_load(UNITS, np.full(48, 1.0), Unit("sure", 5.0), samples=3)
    with pytest.raises(InputError, match="MW above 0"):
        carried_load(UNITS, LOAD, Unit("none", 0.0), samples=3)


def test_a_mwh_more_is_made_by_the_last_source_and_the_average_by_all() -> None:
    units = [
        Unit("wind", 60.0, clean=True, must_run=True),
        Unit("gas", 50.0, variable_usd_per_mwh=30.0, co2_kg_per_mwh=400.0, water_m3_per_mwh=0.7),
        Unit("oil", 90.0, variable_usd_per_mwh=120.0, co2_kg_per_mwh=750.0),
    ]
    load = np.repeat([100.0, 130.0], 4380)  # half of the time gas is last, then oil
    found = marginal_load(units, load, samples=2)
    assert found.cost_usd_per_mwh.mean == pytest.approx((30 + 120) / 2)
    assert found.co2_kg_per_mwh.mean == pytest.approx((400 + 750) / 2)
    assert found.water_m3_per_mwh.mean == pytest.approx(0.35)
    assert found.eue_fraction.mean == 0.0
    energy = assess(units, load, samples=2).energy
    assert energy is not None
    average = (400 * (40 + 50) + 750 * 20) / 230
    assert energy.co2_kg_per_mwh.mean == pytest.approx(average)


def test_a_mwh_more_is_not_served_where_all_run_already() -> None:
    found = marginal_load([Unit("gas", 50.0)], np.full(48, 50.0), samples=2)
    assert found.eue_fraction.mean == pytest.approx(1.0)
