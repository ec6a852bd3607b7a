from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    Activity,
    Approval,
    Factors,
    Holds,
    Link,
    Lognormal,
    Normal,
    Quantiles,
    QuantileTable,
    Slots,
    simulate,
)
from gigaplan.delivery.simulate import Schedule

DRAWS = 200_000


def within(samples: np.ndarray, expected: float, errors: float = 3.0) -> bool:
    return bool(abs(samples.mean() - expected) < errors * samples.std() / math.sqrt(samples.size))


def test_the_published_critical_path_is_found_exactly(shared: Path) -> None:
    case = json.loads((shared / "vectors/schedule/cpm.json").read_text())["general_foundry"]
    result = simulate(
        [Activity(a["id"], float(a["dur"]), a["preds"]) for a in case["activities"]], draws=300
    )
    assert np.all(result.finish_months.max(axis=0) == case["makespan"])
    critical = [n for n, s in zip(result.ids, result.critical_share, strict=True) if s == 1]
    assert critical == case["critical"]
    assert set(result.critical_share) == {0.0, 1.0}


@pytest.mark.parametrize("seed", [0, 1])
def test_merge_bias_of_correlated_paths_has_its_closed_form(shared: Path, seed: int) -> None:
    cases = json.loads((shared / "vectors/schedule/cpm.json").read_text())["merge_bias"]["cases"]
    for case in cases:
        pair = [
            Activity(i, Normal(case["m"], case["s"]), loadings={"shared": math.sqrt(case["r"])})
            for i in ("x", "y")
        ]
        end = simulate(
            [*pair, Activity("end", 0.0, ["x", "y"])],
            factors=["shared"],
            draws=1_000_000,
            seed=seed,
            keep=["end"],
        ).finish("end")
        assert within(end, case["expected"])


def test_a_chain_of_correlated_stages_has_the_variance_of_the_sum() -> None:
    n, s, r = 6, 2.0, 0.4
    chain = [
        Activity(
            f"s{i}",
            Normal(30, s),
            [f"s{i - 1}"] if i else [],
            loadings={"shared": math.sqrt(r)},
        )
        for i in range(n)
    ]
    end = simulate(chain, factors=["shared"], draws=DRAWS, seed=4).finish(f"s{n - 1}")
    variance = n * s**2 + n * (n - 1) * r * s**2
    assert within(end, 30.0 * n)
    assert within((end - end.mean()) ** 2, variance)


def test_a_sum_of_lognormals_has_its_mean_and_variance() -> None:
    chain = [Activity("a", Lognormal(10, 0.3)), Activity("b", Lognormal(20, 0.5), ["a"])]
    end = simulate(chain, draws=DRAWS, seed=5).finish("b")
    mean = 10 * math.exp(0.045) + 20 * math.exp(0.125)
    variance = sum(
        m * m * math.exp(s * s) * (math.exp(s * s) - 1) for m, s in ((10, 0.3), (20, 0.5))
    )
    assert within(end, mean)
    assert within((end - mean) ** 2, variance)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_the_latest_of_uniform_paths_has_its_closed_form(n: int) -> None:
    paths = [Activity(f"p{i}", QuantileTable([0, 1], [0, 10])) for i in range(n)]
    end = simulate(
        [*paths, Activity("end", 0.0, [p.id for p in paths])], draws=DRAWS, keep=["end"]
    ).finish("end")
    assert within(end, 10 * n / (n + 1))
    assert within(end**2, 100 * n / (n + 2))


def test_a_two_stage_decision_tree_with_refusals_has_its_closed_form() -> None:
    licence = Approval(0.65, attempts=2, reapply_months=12.0, retry_success_probability=0.5)
    permit = Approval(0.8)
    result = simulate(
        [
            Activity("licence", 24.0, approval=licence),
            Activity("permit", 6.0, ["licence"], approval=permit),
            Activity("build", 36.0, ["permit"]),
        ],
        draws=DRAWS,
        seed=8,
    )
    end = result.finish("build")
    granted = 0.65 + 0.35 * 0.5
    assert within(np.isfinite(end).astype(float), granted * 0.8)
    assert within(result.failed[0].astype(float), 1 - granted)
    done = end[np.isfinite(end)]
    assert set(np.unique(done)) == {66.0, 78.0}
    assert within(done, 66 + 12 * 0.35 * 0.5 / granted)


def test_three_attempts_and_a_drawn_wait_have_their_closed_form() -> None:
    wait = QuantileTable([0, 1], [6, 18])
    end = simulate(
        [Activity("a", 10.0, approval=Approval(0.5, attempts=3, reapply_months=wait))],
        draws=DRAWS,
        seed=2,
    ).finish("a")
    done = end[np.isfinite(end)]
    assert within(np.isinf(end).astype(float), 0.125)
    assert within(done, 10 + 12 * (0.25 + 2 * 0.125) / 0.875)


def test_a_refused_licence_never_delivers_power_and_delays_nobody_else() -> None:
    result = simulate(
        [
            Activity("licence", 10.0, approval=Approval(0.0), project="a"),
            Activity("a build", 10.0, ["licence"], slots="crew", priority=0, project="a"),
            Activity("b build", 10.0, slots="crew", priority=1, project="b"),
        ],
        draws=10,
        slots={"crew": Slots(1)},
    )
    assert np.all(np.isinf(result.finish("a build")))
    assert result.failed[:2].all()
    assert np.all(result.finish("b build") == 10)
    assert result.critical_share.tolist() == [0, 0, 1]


def test_a_shared_cause_ties_refusals_to_delays() -> None:
    moved = {"regime": 0.8}
    result = simulate(
        [
            Activity("l", Normal(30, 5), loadings=moved, approval=Approval(0.7, loadings=moved)),
            Activity("other", Normal(30, 5), loadings=moved),
        ],
        factors=["regime"],
        draws=DRAWS,
    )
    refused = result.failed[0]
    assert within(refused.astype(float), 0.3)
    other = result.finish("other")
    assert other[refused].mean() > other[~refused].mean() + 3


def test_lags_and_milestones_hold() -> None:
    result = simulate(
        [
            Activity("a", 4.5, earliest_month=100.0),
            Activity("b", 2.0, [Link("a", 3.25)]),
            Activity("c", 1.0, ["b"], earliest_month=120.0),
        ],
        draws=5,
        start_month=90.0,
        outcome="start_and_finish",
    )
    assert result.start_months[:, 0].tolist() == [100.0, 107.75, 120.0]
    assert result.finish_months[:, 0].tolist() == [104.5, 109.75, 121.0]
    # the milestone set c's start, so the chain behind it is not critical
    assert result.critical_share.tolist() == [0, 0, 1]


def test_two_crews_serve_four_units_in_order_of_priority() -> None:
    months = {"d": 10.0, "c": 4.0, "b": 6.0, "a": 5.0}
    units = [
        Activity(name, months[name], slots="crew", priority=i, project=name)
        for i, name in enumerate(months)
    ]
    result = simulate(units, draws=3, slots={"crew": Slots(2)}, outcome="start_and_finish")
    start = dict(zip(result.ids, result.start_months[:, 0], strict=True))
    assert start == {"d": 0.0, "c": 0.0, "b": 4.0, "a": 10.0}


def test_no_more_than_two_start_in_any_twelve_months() -> None:
    units = [Activity(f"u{i}", 30.0, slots="vendor", priority=i) for i in range(7)]
    result = simulate(
        units, draws=2, slots={"vendor": Slots(2, per_year=True)}, outcome="start_and_finish"
    )
    assert result.start_months[:, 0].tolist() == [0, 0, 12, 12, 24, 24, 36]


def test_holds_of_a_design_have_their_closed_form_and_stop_all_its_units() -> None:
    rate, work, length = 0.4, 60.0, 7.0
    units = [Activity(n, work, design="fast", project=n) for n in ("a", "b")]
    free = Activity("c", work, project="c")
    result = simulate([*units, free], draws=DRAWS, seed=6, holds={"fast": Holds(rate, length)})
    a, b, c = result.finish_months
    # holds met in `work` months of work are Poisson of mean rate x work
    met = rate / 12 * work
    assert within(a, work + met * length)
    assert within((a == work).astype(float), math.exp(-met))
    assert np.array_equal(a, b)
    assert np.all(c == work)


def test_work_that_would_begin_in_a_hold_waits_for_its_end() -> None:
    result = simulate(
        [Activity("a", 12.0, earliest_month=24.0, design="d")],
        draws=5000,
        seed=3,
        holds={"d": Holds(2.0, 9.0)},
        outcome="start_and_finish",
    )
    waits = result.start_months[0] - 24.0
    assert waits.min() == 0
    assert 0 < (waits > 0).mean() < 1
    assert waits.max() <= 9.0 + 1e-9
    assert np.all(result.finish_months[0] - result.start_months[0] >= 12 - 1e-9)


def programme(extra: bool) -> list[Activity]:
    out = []
    for name in ("a", "b", "z") if extra else ("a", "b"):
        moved = {"regime": 0.5}
        out += [
            Activity(
                f"{name}.licence",
                Quantiles(18, 27, 48),
                loadings=moved,
                approval=Approval(0.7, attempts=2, reapply_months=Quantiles(6, 12, 24)),
                project=name,
            ),
            Activity(
                f"{name}.build",
                Quantiles(24, 36, 60),
                [f"{name}.licence"],
                design="fast",
                project=name,
            ),
        ]
    return out


def test_adding_a_project_leaves_the_draws_of_others_unchanged_to_the_bit() -> None:
    holds = {"fast": Holds(0.2, Quantiles(4, 9, 20))}
    few = simulate(programme(False), factors=["regime"], draws=3000, holds=holds)
    more = simulate(programme(True)[::-1], factors=["regime", "new"], draws=3000, holds=holds)
    for name in few.ids:
        assert np.array_equal(few.finish(name), more.finish(name))


def test_threads_and_the_number_of_draws_change_no_bit() -> None:
    holds = {"fast": Holds(0.2, Quantiles(4, 9, 20))}
    one = simulate(programme(True), factors=["regime"], draws=5000, holds=holds, threads=1)
    two = simulate(programme(True), factors=["regime"], draws=5000, holds=holds, threads=2)
    few = simulate(programme(True), factors=["regime"], draws=777, holds=holds, threads=3)
    assert np.array_equal(one.finish_months, two.finish_months)
    assert np.array_equal(one.critical_share, two.critical_share)
    assert np.array_equal(one.finish_months[:, :777], few.finish_months)


def test_another_seed_gives_other_worlds() -> None:
    one = simulate(programme(False), factors=["regime"], draws=100, seed=1)
    two = simulate(programme(False), factors=["regime"], draws=100, seed=2)
    assert not np.array_equal(one.finish_months, two.finish_months)


def test_only_what_is_to_be_kept_is_kept() -> None:
    everything = simulate(programme(False), factors=["regime"], draws=100)
    last = simulate(programme(False), factors=["regime"], draws=100, keep=["b.build"])
    assert last.ids == ("b.build",)
    assert np.array_equal(last.finish("b.build"), everything.finish("b.build"))


def test_the_critical_shares_of_parallel_paths_are_their_chances_to_be_last() -> None:
    paths = [Activity(n, Normal(50, 5)) for n in ("a", "b", "c")]
    result = simulate([*paths, Activity("end", 1.0, ["a", "b", "c"])], draws=DRAWS)
    assert result.critical_share[:3].sum() == pytest.approx(1, abs=1e-3)
    error = math.sqrt(2 / 9 / DRAWS)
    assert np.all(np.abs(result.critical_share[:3] - 1 / 3) < 4 * error)


def test_a_probability_carries_its_standard_error() -> None:
    result = simulate([Activity("a", Normal(50, 5))], draws=10_000)
    chance = result.probability_by("a", 50.0)
    assert chance.standard_error == pytest.approx(0.005, rel=0.01)
    assert abs(chance.mean - 0.5) < 3 * chance.standard_error


def test_correlated_causes_give_the_correlation_of_their_activities() -> None:
    factors = Factors(("labour", "rates"), {("labour", "rates"): 0.6})
    result = simulate(
        [
            Activity("a", Normal(50, 5), loadings={"labour": 0.7}),
            Activity("b", Normal(50, 5), loadings={"rates": 0.8}),
        ],
        factors=factors,
        draws=DRAWS,
    )
    r = float(np.asarray(np.corrcoef(result.finish_months))[0, 1])
    expected = 0.7 * 0.6 * 0.8
    assert abs(r - expected) < 4 * (1 - expected**2) / math.sqrt(DRAWS)


def test_a_schedule_with_other_lengths_is_the_one_laid_out_anew() -> None:
    parts = [
        Activity("a", Lognormal(12.0, 0.3)),
        Activity("b", Lognormal(6.0, 0.4), ["a"], earliest_month=3.0),
        Activity("c", 5.0, ["a"]),
        Activity("d", Lognormal(6.0, 0.4), ["b", "c"], slots="crew"),
    ]
    slots = {"crew": Slots(1)}
    longer = replace(parts[1], duration=Lognormal(9.0, 0.2), earliest_month=20.0)
    known = replace(parts[2], duration=Lognormal(7.0, 0.1))
    anew = simulate([parts[0], longer, known, parts[3]], slots=slots, draws=512, seed=3)
    taken = Schedule(parts, slots=slots, seed=3).with_lengths([longer, known]).simulate(512)
    assert np.array_equal(anew.finish_months, taken.finish_months)
    with pytest.raises(InputError, match="earliest_month nan"):
        Schedule(parts, slots=slots).with_lengths([replace(longer, earliest_month=np.nan)])
