"""Units that fail in other ways: Weibull, as on record, derated, at the start, several at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gigaplan.core.errors import InputError
from gigaplan.core.statistics import Estimate
from gigaplan.operations import (
    Adequacy,
    CommonCause,
    Derating,
    Empirical,
    Grid,
    LoadOutage,
    Tier,
    Unit,
    Weibull,
    assess,
    trace,
)

HOURS = 8760
LOAD = np.full(HOURS, 100.0)


def run(*units: Unit, samples: int = 3000, dispatch: bool = False, **more: Any) -> Adequacy:
    return assess(units, LOAD, samples=samples, dispatch=dispatch, **more)


def within(found: Estimate, exact: float) -> bool:
    return abs(found.mean - exact) <= 3.5 * found.standard_error


LASTING = [
    (Weibull(400.0, 2.5), Weibull(50.0, 0.7)),
    (Weibull(150.0, 0.6), Empirical((5.0, 20.0, 20.0, 200.0))),
    (Empirical((100.0, 300.0, 1000.0)), Weibull(30.0, 4.0)),
]


@pytest.mark.parametrize(("life", "repair"), LASTING)
def test_the_share_out_is_that_of_the_means_from_the_first_hour(life: Any, repair: Any) -> None:
    unit = Unit("unit", 100.0, time_to_failure=life, time_to_repair=repair)
    found = run(unit)
    share = repair.mean_hours / (life.mean_hours + repair.mean_hours)
    assert within(found.lolh_hours, share * HOURS)
    chance = found.lolp_by_hour
    error = math.sqrt(share * (1 - share) / 3000)
    for hours in (slice(0, 1), slice(100, 101), slice(8759, 8760)):
        assert abs(chance[hours].mean() - share) < 4 * error


def least_hour(durations: Any) -> float:
    """Return the mean of the lesser of a duration and an hour: the chance to hold a full hour."""
    if isinstance(durations, Empirical):
        return float(np.minimum(durations.hours, 1.0).mean())
    of = stats.weibull_min(durations.shape, scale=durations.scale_hours)
    return float(np.mean(of.sf((np.arange(10_000) + 0.5) / 10_000)))


@pytest.mark.parametrize(("life", "repair"), LASTING)
def test_failures_come_once_a_cycle(life: Any, repair: Any) -> None:
    """A stationary renewal process begins an outage once per mean cycle."""
    unit = Unit("unit", 100.0, time_to_failure=life, time_to_repair=repair)
    found = run(unit)
    cycle = life.mean_hours + repair.mean_hours
    out_at_start = repair.mean_hours / cycle
    # outages begun, and the one that is on at the start; those within an hour are not seen, nor
    # are lives that part two outages by less
    seen = (HOURS / cycle + out_at_start) * least_hour(repair) * least_hour(life)
    assert found.events_per_year.mean == pytest.approx(seen, rel=0.01)


def test_outages_last_as_long_as_a_weibull_says() -> None:
    unit = Unit(
        "unit", 100.0, time_to_failure=Weibull(200.0, 1.0), time_to_repair=Weibull(80.0, 3.0)
    )
    lengths = []
    for sample in range(60):
        out = np.concatenate([[0], trace([unit], LOAD, sample).shed_mw > 0, [0]]).astype(int)
        starts, ends = np.flatnonzero(np.diff(out) == 1), np.flatnonzero(np.diff(out) == -1)
        whole = (starts > 0) & (ends < HOURS)
        lengths += (ends - starts)[whole].tolist()
    exact = stats.weibull_min(3.0, scale=80.0 / math.gamma(1 + 1 / 3))
    assert len(lengths) > 1000
    # whole hours: jitter them over the hour before the comparison
    jitter = np.random.default_rng(0).uniform(-0.5, 0.5, len(lengths))
    assert stats.kstest(np.array(lengths) + jitter, exact.cdf).pvalue > 0.001


def test_a_weibull_of_shape_one_is_an_exponential() -> None:
    plain = run(Unit("unit", 100.0, mttf_hours=300.0, mttr_hours=40.0), samples=200)
    weibull = run(
        Unit("unit", 100.0, time_to_failure=Weibull(300.0, 1.0), time_to_repair=Weibull(40.0, 1.0)),
        samples=200,
    )
    assert weibull.lolh_hours.mean == pytest.approx(plain.lolh_hours.mean, rel=1e-3)


def test_starts_that_fail_lengthen_outages() -> None:
    unit = Unit("unit", 100.0, mttf_hours=300.0, mttr_hours=20.0, start_failure_fraction=0.5)
    assert within(run(unit).lolh_hours, HOURS * 40 / 340)


@pytest.mark.parametrize("dispatch", [False, True])
def test_a_derated_unit_gives_the_rest(dispatch: bool) -> None:
    """Per cycle: 300 h up, then 30% of the time 100 h at 60%, else 50 h at nothing."""
    derating = Derating(share_of_failures=0.3, lost_fraction=0.4, mean_hours=100.0)
    unit = Unit("unit", 100.0, mttf_hours=300.0, mttr_hours=50.0, derating=derating)
    found = run(unit, dispatch=dispatch, samples=2000)
    cycle = 300 + 0.7 * 50 + 0.3 * 100
    assert within(found.lolh_hours, HOURS * (cycle - 300) / cycle)
    assert within(found.eue_mwh, HOURS * 100 * (0.7 * 50 + 0.3 * 100 * 0.4) / cycle)


def test_one_cause_stops_all_its_units_at_once() -> None:
    """Events of a Poisson stream: any is on with the chance 1 - exp(-rate x length)."""
    units = [Unit(name, 50.0) for name in ("a", "b", "c")]
    pipe = CommonCause("pipeline", ("a", "b"), events_per_year=8.0, mean_hours=60.0)
    found = run(*units, common_causes=[pipe])
    on = 1 - math.exp(-8 / 8760 * 60)
    assert within(found.lolh_hours, HOURS * on)
    assert within(found.eue_mwh, HOURS * on * 50.0)  # a and b together: 50 of 100 are left
    assert found.lolp_by_hour[0] == pytest.approx(on, abs=4 * math.sqrt(on / 3000))


def test_an_event_stops_some_of_its_units() -> None:
    units = [Unit(f"u{i}", 50.0) for i in range(4)]
    freeze = CommonCause(
        "freeze",
        tuple(u.name for u in units),
        events_per_year=5.0,
        mean_hours=30.0,
        hit_fraction=0.5,
    )
    found = run(*units, common_causes=[freeze], samples=4000)
    on = 1 - math.exp(-5 / 8760 * 30)
    lost = {3: 50.0, 4: 100.0}  # MW short where three or four of four are hit
    exact = sum(stats.binom.pmf(k, 4, 0.5) * mw for k, mw in lost.items())
    assert found.eue_mwh.mean == pytest.approx(HOURS * on * exact, rel=0.06)


@pytest.mark.parametrize("dispatch", [False, True])
def test_cold_events_begin_in_cold_hours_only(dispatch: bool) -> None:
    celsius = np.where(np.arange(HOURS) < 1000, -20.0, 10.0)
    freeze = CommonCause("freeze", ("a",), 4.0, 10.0, below_celsius=-10.0)
    found = run(
        Unit("a", 100.0), common_causes=[freeze], temperature_celsius=celsius, dispatch=dispatch
    )
    assert found.lolp_by_hour[1300:].max() == 0.0
    # four a year, all in the thousand cold hours
    on = 1 - math.exp(-4 / 1000 * 10)
    assert found.lolp_by_hour[:1000].mean() == pytest.approx(on, rel=0.06)


def test_a_cause_leaves_the_outages_of_others_as_they_are() -> None:
    own = Unit("own", 100.0, mttf_hours=300.0, mttr_hours=40.0)
    other = Unit("other", 0.0)
    cause = CommonCause("cause", ("other",), 5.0, 30.0)
    assert (
        run(own, other, samples=50).eue_mwh
        == run(own, other, samples=50, common_causes=[cause]).eue_mwh
    )


@pytest.mark.parametrize("dispatch", [False, True])
def test_two_full_feeds_are_out_only_together(dispatch: bool) -> None:
    one = Grid(100.0, mttf_hours=90.0, mttr_hours=10.0)
    two = Grid(100.0, mttf_hours=90.0, mttr_hours=10.0, feeds=2)
    halves = Grid(100.0, mttf_hours=90.0, mttr_hours=10.0, feeds=2, feed_fraction=0.5)
    for grid, exact in ((one, 10.0), (two, 1.0), (halves, 10.0)):
        found = run(grid=grid, dispatch=dispatch, samples=1000)
        assert within(found.eue_mwh, HOURS * exact)


def test_a_substation_takes_its_connection_and_units_with_it() -> None:
    substation = CommonCause("substation", ("grid", "gas"), 2.0, 24.0)
    found = run(Unit("gas", 100.0), grid=Grid(100.0), common_causes=[substation])
    assert within(found.lolh_hours, HOURS * (1 - math.exp(-2 / 8760 * 24)))


CAUSE = CommonCause("x", ("a",), 1.0, 1.0, below_celsius=0.0)
STOPPED: Any = {"mttf_hours": 9.0, "mttr_hours": 1.0, "start_failure_fraction": 1.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Weibull(0.0, 1.0), "above 0"),
        (lambda: Weibull(10.0, math.nan), "above 0"),
        (lambda: Empirical(()), "at least one"),
        (lambda: Empirical((3.0, 0.0)), "above 0"),
        (lambda: Derating(1.2, 0.5, 10.0), "0 to 1"),
        (lambda: CommonCause("x", ("a",), 30.0, 10.0), "at most 20"),
        (lambda: Unit("x", 1.0, mttf_hours=9.0, time_to_failure=Weibull(9.0, 1.0)), "give one"),
        (lambda: Unit("x", 1.0, **STOPPED), "below"),
        (lambda: Grid(1.0, feeds=2, feed_fraction=0.4), "at least all of it"),
        (lambda: run(Unit("b", 1.0), common_causes=[CAUSE]), "no unit is named 'a'"),
        (lambda: run(Unit("a", 1.0), common_causes=[CAUSE]), "give temperature_celsius"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_a_campus_that_fails_loses_its_work_and_asks_for_no_power() -> None:
    """Cooling is out 2% of the time and stops half the load; the network 1%, all of it."""
    cooling = LoadOutage("cooling", 980.0, 20.0, lost_fraction=0.5)
    network = LoadOutage("network", 990.0, 10.0)
    tiers = (Tier("training", 0.7, 100.0), Tier("firm", 0.3, 5000.0))
    found = run(
        Unit("gas", 100.0, variable_usd_per_mwh=30.0),
        dispatch=True,
        samples=2000,
        pue=1.25,
        tiers=tiers,
        load_outages=[cooling, network],
    )
    # independent; both at once lose all
    share = 0.01 + 0.99 * 0.02 * 0.5
    assert within(found.campus_lost_it_mwh, share * HOURS * 80.0)
    assert found.eue_mwh.mean == 0.0
    assert found.energy is not None
    assert within(found.energy.served_mwh, (1 - share) * HOURS * 100.0)
    for tier in found.tiers:
        assert within(tier.served_share, 1 - share)
    wanted = sum(tier.wanted_it_mwh.mean for tier in found.tiers)
    assert wanted == pytest.approx(HOURS * 80.0)


def test_a_campus_s_events_move_no_outage_of_its_units() -> None:
    gas = Unit("gas", 100.0, mttf_hours=300.0, mttr_hours=40.0)
    quiet = trace([gas], LOAD, 3)
    event = LoadOutage("network", 200.0, 20.0)
    loud = trace([gas], LOAD, 3, load_outages=[event])
    np.testing.assert_array_equal(quiet.available_mw, loud.available_mw)
    assert (loud.load_mw == 0).any()
    assert loud.shed_mw[loud.load_mw == 0].max() == 0.0


def test_load_outages_need_the_hourly_dispatch() -> None:
    with pytest.raises(InputError, match="need the hourly dispatch"):
        run(Unit("gas", 100.0), load_outages=[LoadOutage("network", 200.0, 20.0)])
    with pytest.raises(InputError, match="hours above 0"):
        LoadOutage("network", 200.0, 0.0)
