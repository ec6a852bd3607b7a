from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from gigaplan.core.errors import InputError
from gigaplan.core.statistics import Estimate
from gigaplan.delivery import (
    Activity,
    Approval,
    Duration,
    Holds,
    Link,
    Normal,
    Quantiles,
    SimulationResult,
    Slots,
    simulate,
)
from gigaplan.delivery.explain import Chain, aggregate, trace_chain

Array = np.ndarray


def near(found: Estimate, expected: float, errors: float = 3.0) -> bool:
    return abs(found.mean - expected) <= errors * found.standard_error


def run(
    activities: list[Activity], draws: int = 4096, start_month: float = 0.0
) -> SimulationResult:
    return simulate(
        activities,
        draws=draws,
        start_month=start_month,
        factors=["regime"],
        slots={"crew": Slots(1), "vendor": Slots(1, per_year=True)},
        holds={"fast": Holds(0.4, Quantiles(3, 8, 20))},
        outcome="start_and_finish",
    )


@pytest.mark.parametrize("start_month", [0.0, 24_312.3])
def test_the_published_critical_path_is_the_chain(shared: Path, start_month: float) -> None:
    case = json.loads((shared / "vectors/schedule/cpm.json").read_text())["general_foundry"]
    activities = [Activity(a["id"], float(a["dur"]), a["preds"]) for a in case["activities"]]
    result = run(activities, 300, start_month)
    chain = trace_chain(activities, result, case["critical"][-1])
    assert [n for n, s in zip(chain.names, chain.share, strict=True) if s == 1] == case["critical"]
    assert set(chain.share) == {0.0, 1.0}
    assert (chain.share * chain.months).sum() == pytest.approx(case["makespan"])
    assert chain.part("A").began_at_milestone.mean == 1.0
    assert np.all(chain.began_month == pytest.approx(start_month))


def test_of_two_parallel_activities_the_later_is_on_the_chain() -> None:
    x, y, lag = Normal(30, 3), Normal(31, 4), 2.0
    activities = [Activity("x", x), Activity("y", y), Activity("end", 5.0, [Link("x", lag), "y"])]
    chain = trace_chain(activities, run(activities, 100_000), "end")
    apart = math.hypot(3, 4)
    z = (30 + lag - 31) / apart
    later = float(norm.cdf(z))
    part = chain.part("x")
    assert near(part.share, later)
    assert near(chain.part("y").share, 1 - later)
    assert part.share.mean + chain.part("y").share.mean == pytest.approx(1.0, abs=1e-12)
    # E[x | x + lag > y] of two normals
    expected = 30 + 9 / apart * float(norm.pdf(z)) / later
    assert near(part.months, expected)
    assert part.wait_months == 0.0
    assert chain.part("end").wait_months == pytest.approx(lag * part.share.mean)


def test_months_later_are_those_above_the_reference() -> None:
    activities = [
        Activity("x", Normal(30, 3)),
        Activity("y", 29.0),
        Activity("end", 5.0, ["x", "y"]),
    ]
    reference = np.array([30.0, 24.0, 5.0])
    chain = trace_chain(activities, run(activities), "end", reference_months=reference)
    for i, name in enumerate(chain.names):
        part = chain.part(name)
        assert part.later_months.mean == pytest.approx(part.months.mean - reference[i])
        assert part.later_months.standard_error == pytest.approx(
            part.months.standard_error, abs=1e-9
        )
    assert chain.part("x").later_months.mean > 0
    assert chain.part("y").later_months.mean == pytest.approx(5.0)


def test_a_chain_begins_where_a_milestone_a_slot_or_a_hold_set_the_start() -> None:
    first = Activity("first", 20.0, slots="crew", priority=1)
    second = Activity("second", 10.0, slots="crew", priority=2)
    third = Activity("third", 4.0, ["second"], earliest_month=31.0, priority=3)
    activities = [first, second, third]
    result = run(activities, 64)
    by_milestone = trace_chain(activities, result, "third")
    assert by_milestone.part("third").began_at_milestone.mean == 1.0
    assert by_milestone.part("second").share.mean == 0.0
    by_slot = trace_chain(activities, result, "second")
    assert by_slot.part("second").began_at_slot_or_hold.mean == 1.0
    assert by_slot.part("first").share.mean == 0.0
    by_start = trace_chain(activities, result, "first")
    assert by_start.part("first").began_at_milestone.mean == 1.0


def test_a_hold_that_moves_the_start_breaks_the_chain() -> None:
    activities = [Activity("before", 24.0), Activity("after", 6.0, ["before"], design="fast")]
    result = run(activities, 2000)
    chain = trace_chain(activities, result, "after")
    held = result.start_months[1] > 24 + 1e-6
    assert 0 < held.mean() < 1
    assert chain.part("after").began_at_slot_or_hold.mean == held.mean()
    assert chain.part("before").share.mean == pytest.approx(1 - held.mean())


def test_ties_go_to_what_ends_last_then_to_the_lowest_id() -> None:
    activities = [
        Activity("c", 10.0),
        Activity("b", 10.0),
        Activity("a", 7.0),
        Activity("end", 1.0, ["c", "b", Link("a", 3.0)]),
    ]
    chain = trace_chain(activities, run(activities, 8), "end")
    assert chain.share.tolist() == [0.0, 1.0, 0.0, 1.0]


def test_draws_in_which_the_date_never_comes_do_not_count() -> None:
    licence = Activity("licence", Quantiles(18, 27, 48), approval=Approval(0.6))
    activities = [licence, Activity("build", 40.0, ["licence"])]
    result = run(activities, 2000)
    chain = trace_chain(activities, result, "build")
    refused = result.failed[1]
    assert chain.dated == int((~refused).sum()) < chain.draws
    assert chain.share.tolist() == [1.0, 1.0]
    assert np.array_equal(chain.began_with == -1, refused)
    assert np.array_equal(np.isinf(chain.began_month), refused)
    assert not chain.at_milestone[refused].any()


def test_a_date_that_never_comes_has_an_empty_chain() -> None:
    activities = [Activity("a", 1.0), Activity("b", 2.0, ["a"])]
    chain = trace_chain(activities, run(activities, 16), np.full(16, -1))
    assert chain.dated == 0
    assert chain.ranked() == []
    for values in (chain.share, chain.months, chain.began_at_milestone):
        assert np.all(values == 0)
    assert np.all(np.isinf(chain.share_standard_error))
    assert aggregate(chain, {"a": "x", "b": "x"}).share.tolist() == [0.0]


MONTHS: list[Duration | float] = [3.0, 6.0, Quantiles(3, 6, 12), Quantiles(5, 9, 30)]


@st.composite
def schedules(draw: st.DrawFn) -> list[Activity]:
    out: list[Activity] = []
    for i in range(draw(st.integers(1, 10))):
        earlier = draw(st.lists(st.sampled_from(out), max_size=3, unique_by=id)) if out else []
        months: Duration | float = draw(st.sampled_from(MONTHS))
        chance = draw(st.sampled_from([None, None, 0.7]))
        out.append(
            Activity(
                f"a{draw(st.integers(0, 9))}{i}",
                months,
                [Link(a.id, draw(st.sampled_from([0.0, 3.0]))) for a in earlier],
                earliest_month=draw(st.sampled_from([None, None, 12.0, 110.5])),
                approval=None if chance is None else Approval(chance, 2, 4.0),
                slots=draw(st.sampled_from([None, "crew", "vendor"])),
                priority=draw(st.integers(0, 3)),
                design=draw(st.sampled_from([None, "fast"])),
                project=draw(st.sampled_from(["p", "q"])),
            )
        )
    return draw(st.permutations(out))


def slow_chain(
    activities: list[Activity], result: SimulationResult, last: str, draw: int
) -> Iterator[tuple[str, float]]:
    """Ids from the last back to the first, each with the lag before it."""
    start = dict(zip(result.ids, result.start_months[:, draw], strict=True))
    finish = dict(zip(result.ids, result.finish_months[:, draw], strict=True))
    links = {activity.id: activity.links for activity in activities}
    name = last
    while True:
        binding = [
            (-round(finish[link.activity], 5), link.activity, link.lag_months)
            for link in links[name]
            if finish[link.activity] + link.lag_months > start[name] - 1e-6
        ]
        if not binding:
            yield name, 0.0
            return
        _, before, lag = min(binding)
        yield name, lag
        name = before


@settings(max_examples=60, deadline=None)
@given(schedules(), st.sampled_from([0.0, 100.0]))
def test_chains_are_those_of_a_plain_twin(activities: list[Activity], start_month: float) -> None:
    draws = 40
    result = run(activities, draws, start_month)
    ends = [
        name
        for name, finish in zip(result.ids, result.finish_months, strict=True)
        if np.isfinite(finish).any()
    ]
    if not ends:
        return
    last = ends[-1]
    chain = trace_chain(activities, result, last, start_month=start_month)
    earliest = {a.id: max(start_month, a.earliest_month or 0.0) for a in activities}
    project = {a.id: a.project for a in activities}
    by_project = aggregate(chain, project)
    date = result.finish(last)
    on_chain: dict[str, list[float]] = {name: [] for name in result.ids}
    on_group: dict[str, list[float]] = {name: [] for name in by_project.names}
    for d in np.flatnonzero(np.isfinite(date)):
        walked = list(slow_chain(activities, result, last, int(d)))
        mine = chain.steps.row[chain.steps.draw == d]
        assert [name for name, _ in walked] == [chain.names[row] for row in mine]
        first = walked[-1][0]
        begins = result.start_months[result.position(first), d]
        assert chain.names[chain.began_with[d]] == first
        assert chain.at_milestone[d] == (begins < earliest[first] + 1e-6)
        total = begins + sum(lag for _, lag in walked)
        group: dict[str, float] = {}
        for name, _ in walked:
            i = result.position(name)
            months = result.finish_months[i, d] - result.start_months[i, d]
            on_chain[name].append(months)
            group[project[name]] = group.get(project[name], 0.0) + months
            total += months
        for label, months in group.items():
            on_group[label].append(months)
        assert total == pytest.approx(date[d], abs=1e-4)
    for found, expected in ((chain, on_chain), (by_project, on_group)):
        for i, name in enumerate(found.names):
            values = np.array(expected[name])
            assert found.share[i] == pytest.approx(values.size / chain.dated)
            assert found.months[i] == pytest.approx(values.mean() if values.size else 0.0)
            if values.size > 1:
                error = values.std(ddof=1) / math.sqrt(values.size)
                assert found.months_standard_error[i] == pytest.approx(error, abs=1e-9)
            else:
                assert found.months_standard_error[i] == math.inf
    assert_date_adds_up(chain, date)
    assert_date_adds_up(by_project, date)


def assert_date_adds_up(chain: Chain, date: Array) -> None:
    """Mean date = mean beginning + what each is on the chain and how long it then takes."""
    dated = np.isfinite(date)
    added = (chain.share * (chain.months + chain.wait_months)).sum()
    assert chain.began_month[dated].mean() + added == pytest.approx(date[dated].mean(), abs=1e-4)
    begun = chain.began_at_milestone.sum() + chain.began_at_slot_or_hold.sum()
    assert begun == pytest.approx(1.0)


def test_a_date_may_be_set_by_another_activity_in_each_draw() -> None:
    activities = [Activity("x", Normal(30, 3)), Activity("y", Normal(30, 3))]
    result = run(activities, 1000)
    last = np.argmax(result.finish_months, axis=0)
    last[:10] = -1
    chain = trace_chain(activities, result, last)
    assert chain.dated == 990
    assert chain.share.sum() == pytest.approx(1.0, abs=1e-12)
    assert chain.share[0] == pytest.approx((last == 0).sum() / 990)


def test_a_group_counts_each_draw_once() -> None:
    activities = [
        Activity("p licence", 24.0),
        Activity("p build", 40.0, ["p licence"]),
        Activity("q grid", Normal(64, 2)),
        Activity("commission", 6.0, ["p build", "q grid"]),
    ]
    chain = trace_chain(activities, run(activities), "commission")
    groups = aggregate(chain, lambda name: name.split()[0])
    assert groups.names == ("p", "q", "commission")
    assert near(groups.part("p").share, 0.5)
    assert groups.part("p").share.mean + groups.part("q").share.mean == pytest.approx(1.0)
    assert groups.part("p").months.mean == pytest.approx(64.0)
    assert groups.part("p").months.standard_error == pytest.approx(0.0, abs=1e-9)
    everything = aggregate(groups, dict.fromkeys(groups.names, "all"))
    assert everything.share.tolist() == [1.0]
    assert everything.began_at_milestone.tolist() == [1.0]


def test_parts_are_ranked_by_how_often_they_are_on_the_chain() -> None:
    activities = [
        Activity("x", Normal(30, 3)),
        Activity("y", Normal(32, 3)),
        Activity("never", 1.0),
        Activity("end", 1.0, ["x", "y", "never"]),
    ]
    chain = trace_chain(activities, run(activities), "end")
    assert [part.name for part in chain.ranked()] == ["end", "y", "x"]
    with pytest.raises(InputError, match=r"'ned' is not in this chain\. Did you mean 'end'"):
        chain.part("ned")


PAIR = [Activity("a", 1.0), Activity("b", 2.0, ["a"])]


@pytest.mark.parametrize(
    ("activities", "last", "options", "message"),
    [
        ([], "a", {}, "there is no activity"),
        ([*PAIR, Activity("c", 1.0)], "a", {}, "'c' is not in the result; keep all"),
        (PAIR[:1], "a", {}, "'b' is in the result, but not among"),
        ([PAIR[0], replace(PAIR[1], predecessors=["aa"])], "a", {}, "follows 'aa', which is no"),
        ([replace(PAIR[0], predecessors=["b"]), PAIR[1]], "a", {}, "in a circle"),
        ([PAIR[0], PAIR[1], PAIR[1]], "a", {}, "same id"),
        (PAIR, "c", {}, "'c' is not among the activities kept"),
        (PAIR, np.zeros(3, int), {}, r"shape \(3,\); a row of the result for each of 8"),
        (PAIR, np.zeros(8), {}, "the last activities are float64"),
        (PAIR, np.full(8, 2), {}, "row 2 is no row of the result; -1 to 1"),
        (PAIR, "b", {"reference_months": np.zeros(3)}, r"reference months have shape \(3,\)"),
        (PAIR, "b", {"reference_months": np.full(2, np.nan)}, "a number for each of 2"),
    ],
)
def test_input_that_cannot_be_used_is_named(
    activities: list[Activity], last: str | Array, options: dict[str, Array], message: str
) -> None:
    result = run(PAIR, 8)
    with pytest.raises(InputError, match=message):
        trace_chain(activities, result, last, **options)  # type: ignore[arg-type]


def test_a_result_without_starts_and_a_date_that_never_ends_are_named() -> None:
    with pytest.raises(InputError, match="does not hold starts"):
        trace_chain(PAIR, simulate(PAIR, draws=8), "b")
    never = [Activity("licence", 5.0, approval=Approval(0.0))]
    with pytest.raises(InputError, match="'licence' is to have set the date of draw 0"):
        trace_chain(never, run(never, 8), np.zeros(8, int))
    chain = trace_chain(PAIR, run(PAIR, 8), "b")
    with pytest.raises(InputError, match="'b' has no group"):
        aggregate(chain, {"a": "x"})
