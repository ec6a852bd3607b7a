"""What is refused, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InputError
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

LOAD = np.full(48, 10.0)


def holed(at: int) -> Any:
    series = np.full(48, 1.0)
    series[at] = np.nan
    return series


UNIT = Unit("u", 20.0)
CASES: list[tuple[Callable[[], object], str]] = [
    (lambda: assess([UNIT], 10.0 * holed(7)), "load_mw: hour 7"),
    (
        lambda: assess([Unit("sun", 5.0, availability_fraction=holed(30))], LOAD),
        "sun.availability_fraction: hour 30",
    ),
    (lambda: assess([UNIT], LOAD, pue=holed(3)), "pue: hour 3"),
    (lambda: assess([UNIT], LOAD, grid=Grid(5.0, holed(9))), "grid.price_usd_per_mwh: hour 9"),
    (
        lambda: assess([UNIT], LOAD, temperature_celsius=holed(2)),
        "temperature_celsius: hour 2",
    ),
    (
        lambda: Grid(5.0, price_response_usd_per_mwh_per_mw=-1),
        "grid.price_response_usd_per_mwh_per_mw: found -1; a finite number of at least 0",
    ),
    (lambda: assess([UNIT], LOAD, grid=Grid(np.ones(47))), "[48] or [48, weather] is needed"),
    (lambda: assess([UNIT], np.zeros(48)), "found no load"),
    (lambda: assess([UNIT], -LOAD), "a load is at least 0"),
    (lambda: assess([UNIT], np.array(5.0)), "one MW per hour"),
    (lambda: assess([UNIT, UNIT], LOAD), "two units are named 'u'"),
    (lambda: assess([Unit("u", -1.0)], LOAD), "u.capacity_mw: found -1 MW"),
    (lambda: assess([Unit("u", float("nan"))], LOAD), "u.capacity_mw"),
    (lambda: assess([UNIT], LOAD, samples=0), "at least one sample"),
    (lambda: assess([UNIT], LOAD, threads=0), "at least one thread"),
    (lambda: assess([UNIT], LOAD, pue=0.9), "PUE is at least 1"),
    (
        lambda: assess([UNIT], LOAD, tiers=[Tier("a", 0.5, 1.0)]),
        "the tiers' shares add up to 0.5",
    ),
    (
        lambda: assess(
            [UNIT],
            LOAD,
            storage=[
                Storage("b", 1, 1, discharge_above_usd_per_mwh=50.0, charge_below_usd_per_mwh=20.0)
            ],
            dispatch=False,
        ),
        "trades on price, which needs the hourly dispatch",
    ),
    (
        lambda: assess([UNIT], np.ones(8760), pue=np.ones(8784)),
        "leave out its 29 February",
    ),
    (
        lambda: assess([UNIT], np.ones((48, 2)), pue=np.ones((48, 3))),
        "found series of 2 and 3 weather years",
    ),
    (
        lambda: assess(
            [Unit("u", 1.0, mttr_hours=5, temperature_outages=TemperatureOutages((0,), (0.1,)))],
            LOAD,
        ),
        "give temperature_celsius",
    ),
    (
        lambda: assess(
            [UNIT],
            LOAD,
            samples=3,
            by_draw=ByDraw(np.zeros(48, np.int64), load_scale=np.ones((1, 2))),
        ),
        "[1, 3] (step, sample) is needed",
    ),
    (lambda: Unit("u", 1.0, forced_outage_fraction=1.0, mttr_hours=5), "the unit never runs"),
    (lambda: Unit("u", 1.0, forced_outage_fraction=0.1), "hours to repair above 0"),
    (lambda: Unit("u", 1.0, mttf_hours=100, mttr_hours=0), "hours to repair above 0"),
    (lambda: Unit("u", 1.0, mttf_hours=0, mttr_hours=5), "hours above 0"),
    (
        lambda: Unit("u", 1.0, mttf_hours=10, forced_outage_fraction=0.1, mttr_hours=5),
        "give one of them",
    ),
    (lambda: Storage("b", 1, 1, charge_efficiency=1.1), "at most 1"),
    (lambda: Storage("b", 1, 1, discharge_efficiency=0), "above 0"),
    (lambda: Storage("b", float("inf"), 1), "finite number"),
    (
        lambda: Storage("b", 1, 1, charge_below_usd_per_mwh=50, discharge_above_usd_per_mwh=20),
        "the first must be at most the second",
    ),
    (lambda: Refuelling(1, 40), "shorter than its cycle"),
    (lambda: Tier("a", 1.2, 1), "from 0 to 1"),
    (lambda: TemperatureOutages((5, 0), (0.1, 0.2)), "must rise"),
    (lambda: TemperatureOutages((0,), (1.0,)), "below 1"),
]


@pytest.mark.parametrize(("call", "message"), CASES)
def test_a_wrong_input_is_refused_in_its_writers_words(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value)
