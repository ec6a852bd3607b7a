"""What must hold in every sampled hour, and how results move with capacity, threads and load."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.operations import Adequacy, Grid, Storage, Tier, Unit, assess, trace

HOURS = 24 * 14

unit_lists = st.lists(
    st.builds(
        lambda mw, out, repair, cost, must, clean: (mw, out, repair, cost, must, clean),
        st.floats(0, 60),
        st.floats(0, 0.5),
        st.floats(1, 100),
        st.floats(0, 90),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
stores = st.lists(
    st.builds(
        lambda power, energy, gain, yield_, prices, keep: (
            power,
            energy,
            gain,
            yield_,
            prices,
            keep,
        ),
        st.floats(0, 40),
        st.floats(0, 200),
        st.floats(0.5, 1),
        st.floats(0.5, 1),
        st.one_of(st.none(), st.tuples(st.floats(0, 40), st.floats(40, 90))),
        st.floats(0, 1),
    ),
    max_size=3,
)


def units_of(rows: list[tuple[float, float, float, float, bool, bool]]) -> list[Unit]:
    return [
        Unit(
            f"u{i}",
            mw,
            forced_outage_fraction=out,
            mttr_hours=repair,
            variable_usd_per_mwh=cost,
            must_run=must,
            clean=clean,
        )
        for i, (mw, out, repair, cost, must, clean) in enumerate(rows)
    ]


@settings(max_examples=150, deadline=None)
@given(
    rows=unit_lists,
    batteries=stores,
    limit=st.floats(0, 60),
    export=st.floats(0, 60),
    seed=st.integers(0, 10_000),
)
def test_energy_balances_in_every_hour(
    rows: list[tuple[float, float, float, float, bool, bool]],
    batteries: list[tuple[float, float, float, float, tuple[float, float] | None, float]],
    limit: float,
    export: float,
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    storage = []
    for k, (power, energy, gain, out, prices, keep) in enumerate(batteries):
        low, high = prices or (math.inf, math.inf)
        storage.append(Storage(f"b{k}", power, energy, gain, out, low, high, keep))
    found = trace(
        units_of(rows),
        random.uniform(1, 120, HOURS),
        seed,
        samples=10_001,
        storage=storage,
        grid=Grid(limit, random.uniform(-20, 100, HOURS), export_limit_mw=export),
        tiers=[Tier("a", 0.3, 900.0), Tier("b", 0.7, 60.0, catch_up_fraction=1.0)],
        seed=seed,
    )
    supply = sum(found.source_mw.values()) + found.import_mw + found.discharge_mw + found.shed_mw
    use = found.load_mw + found.made_up_mw + found.charge_mw + found.export_mw + found.spill_mw
    assert abs(supply - use).max() <= 1e-6
    assert abs(sum(found.tier_shed_mw.values()) - found.shed_mw).max() <= 1e-6
    for series in (found.shed_mw, found.import_mw, found.spill_mw, found.charge_mw):
        assert series.min() >= -1e-9
    assert (found.clean_mw <= found.load_mw - found.shed_mw + found.made_up_mw + 1e-6).all()
    for store in storage:
        state = found.charge_state_mwh[store.name]
        assert state.min() >= -1e-9
        assert state.max() <= store.energy_mwh + 1e-9
    if len(storage) == 1:
        store = storage[0]
        before = np.concatenate(
            [[store.initial_fraction * store.energy_mwh], found.charge_state_mwh[store.name][:-1]]
        )
        change = found.charge_mw * store.charge_efficiency
        change = change - found.discharge_mw / store.discharge_efficiency
        assert abs(found.charge_state_mwh[store.name] - before - change).max() <= 1e-6
        assert not ((found.charge_mw > 0) & (found.discharge_mw > 0)).any()


FLEET = [
    Unit(f"u{i}", 30.0, forced_outage_fraction=0.1, mttr_hours=40.0, variable_usd_per_mwh=20.0)
    for i in range(8)
]
LOAD = 170 + 30 * np.sin(np.arange(HOURS) * 2 * np.pi / 24)
BATTERY = Storage("battery", 30.0, 120.0)


def eue(**changes: object) -> float:
    options: dict[str, object] = {"storage": [BATTERY], "samples": 200, "seed": 9, **changes}
    units = options.pop("units", FLEET)
    return assess(units, LOAD, **options).eue_mwh.mean  # type: ignore[arg-type]


def test_more_of_anything_never_raises_unserved_energy_on_common_draws() -> None:
    base = eue()
    assert base > 0
    for mw in (1.0, 10.0, 40.0):
        extra = Unit("extra", mw, forced_outage_fraction=0.2, mttr_hours=30.0)
        assert eue(units=[*FLEET, extra]) <= base
        assert eue(storage=[Storage("battery", 30.0 + mw, 120.0)]) <= base
        assert eue(storage=[Storage("battery", 30.0, 120.0 + mw)]) <= base
        assert eue(grid=Grid(mw, 50.0, mttf_hours=500.0, mttr_hours=10.0)) <= base
    assert eue(storage=[]) > base


def figures(found: Adequacy) -> tuple[object, ...]:
    assert found.energy is not None
    assert found.by_sample is not None
    return (
        found.lolh_hours,
        found.eue_mwh,
        found.lole_days,
        found.event_hours,
        found.energy.cost_usd,
        found.energy.sources,
        found.tiers,
        found.lolp_by_hour.tobytes(),
        found.by_sample.cost_usd.tobytes(),
        [(t.sample, t.shed_mw.tobytes()) for t in found.worst],
        found.dispatch_week.load_mw.tobytes() if found.dispatch_week else b"",
    )


def test_results_are_bit_identical_for_one_and_two_threads() -> None:
    def run(threads: int) -> Adequacy:
        return assess(
            FLEET, LOAD, storage=[BATTERY], samples=1000, threads=threads, keep_samples=True
        )

    assert figures(run(1)) == figures(run(2)) == figures(run(3))


def test_the_worst_samples_are_the_worst_and_repeat_hour_by_hour() -> None:
    found = assess(FLEET, LOAD, storage=[BATTERY], samples=500, keep_worst=4, keep_samples=True)
    assert found.by_sample is not None
    order = np.argsort(-found.by_sample.eue_mwh, kind="stable")[:4]
    assert [t.sample for t in found.worst] == order.tolist()
    for kept in found.worst:
        assert kept.shed_mw.sum() == pytest.approx(found.by_sample.eue_mwh[kept.sample], rel=1e-12)


def test_estimates_equal_the_mean_and_error_of_the_samples() -> None:
    found = assess(FLEET, LOAD, storage=[BATTERY], samples=700, keep_samples=True)
    assert found.by_sample is not None
    assert found.energy is not None
    shed, cost = found.by_sample.eue_mwh, found.by_sample.cost_usd
    assert found.eue_mwh.mean == pytest.approx(shed.mean())
    assert found.eue_mwh.standard_error == pytest.approx(shed.std(ddof=1) / np.sqrt(700))
    assert found.energy.cost_usd.mean == pytest.approx(cost.mean())
    assert found.energy.cost_usd.standard_error == pytest.approx(cost.std(ddof=1) / np.sqrt(700))
    by_hand = shed.mean() / found.by_sample.load_mwh.mean()
    assert found.neue_fraction.mean == pytest.approx(by_hand)


def test_independent_hourly_outages_would_understate_loss_beside_storage() -> None:
    # The same fraction out, in long runs: a battery of four hours cannot bridge them.
    short_runs = [Unit(u.name, 30.0, forced_outage_fraction=0.1, mttr_hours=1.0) for u in FLEET]
    assert eue() > 2 * eue(units=short_runs)
