"""Promises that hold for every schedule, and a plain twin of the compiled loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from tests.delivery.exact_normals import block_words, exact_scores

from gigaplan.core.random_streams import stream_key
from gigaplan.delivery import Activity, Approval, Holds, Link, Quantiles, Scaled, Slots, simulate
from gigaplan.delivery.network import working_order
from gigaplan.delivery.scores._kernels import BLOCK

HOLDS = {"fast": Holds(0.3, Quantiles(3, 8, 20))}
DRAWS = 300
NEVER_EARLIER = 1e-7


@st.composite
def schedules(draw: st.DrawFn) -> list[Activity]:
    out: list[Activity] = []
    for i in range(draw(st.integers(2, 12))):
        earlier = draw(st.lists(st.sampled_from(out), max_size=3, unique_by=id)) if out else []
        p10 = draw(st.floats(0.5, 20))
        p50 = p10 * draw(st.floats(1, 3))
        chance = draw(st.sampled_from([None, None, 0.6]))
        out.append(
            Activity(
                f"a{i}",
                Quantiles(p10, p50, p50 * draw(st.floats(1, 3))),
                [Link(a.id, draw(st.sampled_from([0.0, 2.5]))) for a in earlier],
                earliest_month=draw(st.sampled_from([None, 15.0])),
                loadings=draw(
                    st.sampled_from([{}, {"regime": 0.6}, {"regime": 0.5, "crew": -0.4}])
                ),
                approval=None if chance is None else Approval(chance, 2, Quantiles(3, 6, 12)),
                slots=draw(st.sampled_from([None, "crew", "vendor"])),
                priority=draw(st.integers(0, 3)),
                design=draw(st.sampled_from([None, "fast"])),
                project=draw(st.sampled_from(["p", "q"])),
            )
        )
    return out


def run(
    activities: list[Activity], crews: int = 2, a_year: int = 1
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    result = simulate(
        activities,
        factors=["regime", "crew"],
        draws=DRAWS,
        slots={"crew": Slots(crews), "vendor": Slots(a_year, per_year=True)},
        holds=HOLDS,
        outcome="start_and_finish",
    )
    start = dict(zip(result.ids, result.start_months, strict=True))
    finish = dict(zip(result.ids, result.finish_months, strict=True))
    return start, finish, result.critical_share


def never_later(after: dict[str, np.ndarray], before: dict[str, np.ndarray]) -> bool:
    return all(np.all(after[k] <= before[k] + NEVER_EARLIER) for k in after)


@settings(max_examples=60, deadline=None)
@given(schedules())
def test_no_stage_begins_before_all_it_follows_have_ended(activities: list[Activity]) -> None:
    start, finish, critical = run(activities)
    for activity in activities:
        for link in activity.links:
            assert np.all(start[activity.id] >= finish[link.activity] + link.lag_months)
        assert np.all(finish[activity.id] >= start[activity.id])
        if activity.earliest_month is not None:
            assert np.all(start[activity.id] >= activity.earliest_month)
    assert np.all((critical >= 0) & (critical <= 1))


@settings(max_examples=60, deadline=None)
@given(schedules(), st.integers(0, 11), st.floats(0, 1))
def test_a_shorter_stage_never_delays_anyone(
    activities: list[Activity], which: int, factor: float
) -> None:
    i = which % len(activities)
    shorter = list(activities)
    duration = activities[i].duration
    assert isinstance(duration, Quantiles)
    shorter[i] = replace(activities[i], duration=Scaled(duration, factor))
    before, after = run(activities), run(shorter)
    assert never_later(after[0], before[0])
    assert never_later(after[1], before[1])


@settings(max_examples=40, deadline=None)
@given(schedules(), st.integers(1, 3), st.integers(1, 3))
def test_more_slots_never_delay_anyone(activities: list[Activity], crews: int, a_year: int) -> None:
    before, after = run(activities, 1, 1), run(activities, crews, a_year)
    assert never_later(after[1], before[1])


def renamed(activities: list[Activity], prefix: str) -> list[Activity]:
    return [
        replace(
            a,
            id=prefix + a.id,
            predecessors=[Link(prefix + k.activity, k.lag_months) for k in a.links],
            project=prefix + a.project,
        )
        for a in activities
    ]


@settings(max_examples=40, deadline=None)
@given(schedules(), schedules())
def test_fewer_projects_never_delay_those_that_stay(
    stay: list[Activity], go: list[Activity]
) -> None:
    both = [*renamed(go, "a-"), *renamed(stay, "b-")]
    assert never_later(run(renamed(stay, "b-"))[1], run(both)[1])


@settings(max_examples=30, deadline=None)
@given(schedules(), st.randoms())
def test_the_order_of_writing_changes_no_bit(activities: list[Activity], random: object) -> None:
    mixed = list(activities)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    before, after = run(activities)[1], run(mixed)[1]
    assert all(np.array_equal(before[k], after[k]) for k in before)


def exact_draws(purpose: str, name: str, draws: int) -> np.ndarray:
    key = stream_key(0, purpose, name)
    blocks = range(-(-draws // BLOCK))
    return np.concatenate([exact_scores(block_words(key, block)) for block in blocks])[:draws]


def twin(activities: list[Activity], crews: int, a_year: int) -> dict[str, np.ndarray]:
    """Simulate without holds, one draw and one activity at a time, in double precision."""
    factor = {k: exact_draws("delivery.factor", k, DRAWS) for k in ("regime", "crew")}
    finish = {a.id: np.zeros(DRAWS) for a in activities}
    free = {"crew": np.zeros((DRAWS, crews)), "vendor": np.zeros((DRAWS, a_year))}
    for i in working_order(activities):
        a = activities[i]
        assert isinstance(a.duration, Quantiles)
        own = np.sqrt(1 - sum(v * v for v in a.loadings.values()))
        z = own * exact_draws("delivery.duration", a.id, DRAWS)
        z = z + sum(v * factor[k] for k, v in a.loadings.items())
        months = a.duration.at_scores(z)
        refused = np.zeros(DRAWS, bool)
        if a.approval is not None:
            wait = a.approval.reapply_months
            assert isinstance(wait, Quantiles)
            outcome = exact_draws("delivery.approval", a.id, DRAWS)
            first, second = ndtri(a.approval.thresholds())
            delay = wait.at_scores(exact_draws("delivery.reapply", a.id, DRAWS))
            months = months + np.where(outcome > first, delay, 0.0)
            refused = outcome > second
        for d in range(DRAWS):
            t = max(
                [a.earliest_month or 0.0, *(finish[k.activity][d] + k.lag_months for k in a.links)]
            )
            if a.slots is not None and t < np.inf:
                place = int(np.argmin(free[a.slots][d]))
                t = max(t, free[a.slots][d, place])
                free[a.slots][d, place] = t + (12.0 if a.slots == "vendor" else months[d])
            finish[a.id][d] = np.inf if refused[d] else t + months[d]
    return finish


@settings(max_examples=15, deadline=None)
@given(schedules())
def test_the_compiled_loop_agrees_with_its_plain_twin(activities: list[Activity]) -> None:
    free_of_holds = [replace(a, design=None) for a in activities]
    found = run(free_of_holds)[1]
    for name, expected in twin(free_of_holds, 2, 1).items():
        finite = np.isfinite(expected)
        assert np.array_equal(finite, np.isfinite(found[name]))
        np.testing.assert_allclose(found[name][finite], expected[finite], rtol=1e-4, atol=1e-3)
