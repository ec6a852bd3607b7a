"""Projects that are given up: closed forms of competing risks, and what must hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.delivery import Activity, Slots, simulate
from gigaplan.delivery.abandonment import abandonment
from gigaplan.delivery.durations import Exponential, Lognormal

DRAWS = 100_000


def _three_errors(chance: float, draws: int = DRAWS) -> float:
    return 3 * math.sqrt(chance * (1 - chance) / draws)


def test_the_share_that_is_finished_is_that_still_there_when_the_work_ends() -> None:
    fate = abandonment("fate", 0.1)
    work = Activity("work", 36.0, given_up_at="fate")
    found = simulate([fate, work], draws=DRAWS)
    survive = math.exp(-0.1 * 3)
    assert np.isfinite(found.finish("work")).mean() == pytest.approx(
        survive, abs=_three_errors(survive)
    )


def test_the_sooner_of_two_exponential_waits_decides() -> None:
    fate = abandonment("fate", 0.3)
    work = Activity("work", Exponential(20.0), given_up_at="fate")
    found = simulate([fate, work], draws=DRAWS, seed=3)
    ends, given_up = 12 / 20.0, 0.3
    chance = ends / (ends + given_up)
    done = np.isfinite(found.finish("work"))
    assert done.mean() == pytest.approx(chance, abs=_three_errors(chance))
    # of two exponential waits, the sooner has the sum of their hazards, whichever it is
    mean = 12 / (ends + given_up)
    months = found.finish("work")[done]
    assert months.mean() == pytest.approx(mean, abs=3 * mean / math.sqrt(done.sum()))


def test_a_hazard_begins_in_its_month() -> None:
    fate = abandonment("fate", 2.0, from_month=24.0)
    done = Activity("done", 24.0, given_up_at="fate")
    found = simulate([fate, done], draws=1000)
    assert np.isfinite(found.finish("done")).all()
    assert found.finish("fate").min() >= 24.0


def test_a_project_is_given_up_as_a_whole() -> None:
    fate = abandonment("fate", 0.2)
    first = Activity("first", Lognormal(24.0, 0.3), given_up_at="fate")
    second = Activity("second", 12.0, ["first"], given_up_at="fate")
    found = simulate([fate, first, second], draws=5000, outcome="start_and_finish")
    stop = found.finish("fate")
    begun = found.start_months[2]
    assert np.all(np.isinf(found.finish("second")) | (found.finish("second") <= stop))
    assert np.all(np.isinf(begun) | (begun < stop))
    # what never began has no end, and what follows what never ended has not begun
    assert np.all(np.isinf(begun[np.isinf(found.finish("first"))]))


def test_work_that_is_given_up_frees_its_slot_then() -> None:
    fate = abandonment("fate", 6.0)
    first = Activity("first", 1000.0, slots="crew", priority=0.0, given_up_at="fate")
    next_one = Activity("next", 1.0, slots="crew", priority=1.0)
    found = simulate([fate, first, next_one], draws=500, slots={"crew": Slots(1)})
    given_up = found.finish("fate") < 1000
    assert found.finish("next")[given_up] == pytest.approx(found.finish("fate")[given_up] + 1.0)


def test_a_cause_that_makes_work_long_makes_it_end_sooner_too() -> None:
    work = Activity("work", Lognormal(24.0, 0.5), loadings={"regime": 0.9})
    fate = abandonment("fate", 0.2, loadings={"regime": 0.9})
    found = simulate([fate, work], draws=20_000, factors=["regime"])
    both = np.corrcoef(np.log(found.finish("fate")), np.log(found.finish("work")))
    assert both[0, 1] < -0.5


@settings(max_examples=25, deadline=None)
@given(
    low=st.floats(0.01, 0.5),
    more=st.floats(0.0, 1.0),
    seed=st.integers(0, 1000),
    months=st.lists(st.floats(1.0, 40.0), min_size=1, max_size=4),
)
def test_a_higher_hazard_brings_nothing_forward_and_finishes_no_more(
    low: float, more: float, seed: int, months: list[float]
) -> None:
    def run(per_year: float) -> np.ndarray:
        work = [
            Activity(f"w{i}", Lognormal(m, 0.4), [f"w{i - 1}"] if i else [], given_up_at="fate")
            for i, m in enumerate(months)
        ]
        return simulate([abandonment("fate", per_year), *work], draws=256, seed=seed).finish_months[
            1:
        ]

    assert np.all(run(low + more) >= run(low))


def test_what_is_not_of_the_project_is_left_alone() -> None:
    other = Activity("other", Lognormal(20.0, 0.4))
    work = Activity("work", 30.0, given_up_at="fate")
    alone = simulate([other], draws=1000)
    together = simulate([other, abandonment("fate", 0.5), work], draws=1000)
    assert np.array_equal(alone.finish("other"), together.finish("other"))


def test_threads_and_order_do_not_matter() -> None:
    parts = [
        abandonment("fate", 0.3),
        Activity("a", Lognormal(20.0, 0.4), given_up_at="fate"),
        Activity("b", Lognormal(10.0, 0.4), ["a"], given_up_at="fate"),
    ]
    one = simulate(parts, draws=2000)
    two = simulate(parts[::-1], draws=2000, threads=2)
    for name in ("fate", "a", "b"):
        assert np.array_equal(one.finish(name), two.finish(name))


@pytest.mark.parametrize("per_year", [0.0, -1.0, math.nan, math.inf])
def test_a_hazard_that_is_none_is_refused(per_year: float) -> None:
    with pytest.raises(InputError, match="a hazard above 0 is allowed"):
        abandonment("fate", per_year)


def test_a_fate_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="'fats', which is no activity"):
        simulate([abandonment("fate", 0.1), Activity("work", 1.0, given_up_at="fats")])


def test_work_cannot_wait_for_its_own_fate_in_a_circle() -> None:
    fate = replace(abandonment("fate", 0.1), predecessors=["work"])
    with pytest.raises(InputError, match="in a circle"):
        simulate([fate, Activity("work", 1.0, given_up_at="fate")])
