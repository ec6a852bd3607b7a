"""Slots that go to whoever is ready first: a twin, known cases, and what need not hold."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.delivery import Activity, Approval, Holds, Slots, simulate
from gigaplan.delivery.abandonment import abandonment
from gigaplan.delivery.durations import Lognormal
from gigaplan.delivery.simulate import Schedule


def _ends(activities: list[Activity], slots: dict[str, Slots] | None = None) -> dict[str, float]:
    found = simulate(activities, slots=slots, slot_rule="first_ready", draws=1)
    return {a.id: float(found.finish(a.id)[0]) for a in activities}


def _twin(work: list[tuple[str, float, list[str], bool]], crews: int) -> dict[str, float]:
    """Serve by readiness, ties by place in the list, in plain Python."""
    place = {name: i for i, (name, *_) in enumerate(work)}
    ready = {name: 0.0 for name, *_ in work}
    waiting = {name: len(before) for name, _, before, _ in work}
    heap = [(0.0, place[name], name) for name, _, before, _ in work if not before]
    heapq.heapify(heap)
    free, end = [0.0] * crews, {}
    while heap:
        _, _, name = heapq.heappop(heap)
        _, months, _, crew = work[place[name]]
        start = ready[name]
        if crew:
            start = max(start, heapq.heappop(free))
        end[name] = start + months
        if crew:
            heapq.heappush(free, end[name])
        for other, _, before, _ in work:
            if name in before:
                ready[other] = max(ready[other], end[name])
                waiting[other] -= 1
                if waiting[other] == 0:
                    heapq.heappush(heap, (ready[other], place[other], other))
    return end


@settings(max_examples=60, deadline=None)
@given(data=st.data(), crews=st.integers(1, 3), count=st.integers(1, 9))
def test_it_is_what_a_plain_twin_does(data: st.DataObject, crews: int, count: int) -> None:
    work: list[tuple[str, float, list[str], bool]] = []
    for i in range(count):
        name = f"a{i:02d}"
        before = (
            data.draw(st.lists(st.sampled_from([w[0] for w in work]), unique=True)) if i else []
        )
        months = data.draw(st.integers(0, 12)) + i / 64
        work.append((name, months, before, data.draw(st.booleans())))
    activities = [
        Activity(name, months, before, slots="crew" if crew else None, priority=float(i))
        for i, (name, months, before, crew) in enumerate(work)
    ]
    # priorities rise along the list and every link points back, so that is the working order
    found = _ends(activities, {"crew": Slots(crews)})
    assert found == pytest.approx(_twin(work, crews))


def test_who_is_ready_first_does_not_wait_for_who_is_listed_before() -> None:
    late = Activity("late", 10.0, earliest_month=20.0, slots="crew", priority=0)
    early = Activity("early", 5.0, slots="crew", priority=1)
    slots = {"crew": Slots(1)}
    assert _ends([late, early], slots) == {"late": 30.0, "early": 5.0}
    listed = simulate([late, early], slots=slots, draws=1)
    assert listed.finish("early")[0] == 35.0


def test_shorter_work_can_delay_others_which_is_grahams_anomaly() -> None:
    # with a's successor ready sooner, it takes the crew that the long chain would have had
    def work(first: float) -> list[Activity]:
        return [
            Activity("a", first),
            Activity("b", 3.0),
            Activity("after a", 10.0, ["a"], slots="crew"),
            Activity("after b", 2.0, ["b"], slots="crew"),
            Activity("chain", 10.0, ["after b"]),
        ]

    slots = {"crew": Slots(1)}
    usual, quick = (max(_ends(work(months), slots).values()) for months in (4.0, 2.0))
    assert usual == 15.0
    assert quick == 24.0


def test_without_slots_both_rules_are_one_to_the_last_bit() -> None:
    licence = Activity(
        "licence",
        Lognormal(20.0, 0.3),
        approval=Approval(0.6, attempts=2, reapply_months=9.0),
        loadings={"regime": 0.6},
    )
    fate = abandonment("fate", 0.1)
    build = Activity(
        "build", Lognormal(30.0, 0.3), ["licence"], design="d", given_up_at="fate", project="p"
    )
    run = {
        rule: Schedule(
            [licence, fate, build],
            factors=["regime"],
            holds={"d": Holds(0.1, 12.0)},
            outcome="start_and_finish",
            slot_rule=rule,
        ).simulate(1500)
        for rule in ("listed", "first_ready")
    }
    one, two = run["listed"], run["first_ready"]
    assert np.array_equal(one.finish_months, two.finish_months)
    assert np.array_equal(one.start_months, two.start_months)
    assert np.array_equal(one.critical_share, two.critical_share)


def test_if_all_are_ready_at_once_it_is_the_listed_order() -> None:
    work = [Activity(f"a{i}", Lognormal(5.0, 0.5), slots="crew", priority=i) for i in range(8)]
    slots = {"crew": Slots(3)}
    listed = simulate(work, slots=slots, draws=700)
    ready = simulate(work, slots=slots, draws=700, slot_rule="first_ready", threads=2)
    assert np.array_equal(listed.finish_months, ready.finish_months)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), crews=st.integers(1, 3))
def test_more_slots_never_delay_work_of_one_stage(seed: int, crews: int) -> None:
    work = [
        Activity(f"a{i}", Lognormal(6.0, 0.6), earliest_month=float(i % 4), slots="crew")
        for i in range(7)
    ]

    def run(count: int) -> np.ndarray:
        return simulate(
            work, slots={"crew": Slots(count)}, seed=seed, draws=256, slot_rule="first_ready"
        ).finish_months

    assert np.all(run(crews + 1) <= run(crews) + 1e-9)


def test_a_slot_of_work_that_is_given_up_is_free_then() -> None:
    fate = abandonment("fate", 6.0)
    first = Activity("first", 1000.0, slots="crew", priority=0.0, given_up_at="fate")
    following = Activity("next", 1.0, slots="crew", priority=1.0)
    found = simulate(
        [fate, first, following], draws=500, slots={"crew": Slots(1)}, slot_rule="first_ready"
    )
    given_up = found.finish("fate") < 1000
    assert found.finish("next")[given_up] == pytest.approx(found.finish("fate")[given_up] + 1.0)


def test_starts_per_year_are_kept_to() -> None:
    work = [Activity(f"a{i}", 1.0, slots="slot") for i in range(6)]
    ends = _ends(work, {"slot": Slots(2, per_year=True)})
    assert sorted(ends.values()) == [1.0, 1.0, 13.0, 13.0, 25.0, 25.0]


def test_a_rule_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="listed and first_ready are known"):
        Schedule([Activity("a", 1.0)], slot_rule="quickest")  # type: ignore[arg-type]
