"""The problems that benchmarks time have the optimum of the peer's own model of the same case."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import math
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import solve
from gigaplan.expansion.formulation import formulate

from .pypsa_peer import pypsa, same, solve_model

__all__ = ["pypsa"]  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")

GAP = 1e-9


def benchmark_module(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmarks.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"benchmarks.{name}"] = module
    spec.loader.exec_module(module)
    return module


cases = benchmark_module("expansion_cases")
peers = benchmark_module("expansion_peers")
goals = benchmark_module("expansion_goals")
table = benchmark_module("expansion")


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = cases.peers_folder()
    if found is None:
        pytest.skip("needs the peers folder of the shared data")
    assert isinstance(found, Path)
    return found


def model_of_peer(folder: Path, case: dict[str, Any]) -> Any:
    """Return PyPSA's network of a loaded case with its model made and its own rows added."""
    baseline = cases.load_module(folder, "pypsa_baseline")
    network, extra, multi = getattr(baseline, case["kind"])(case)
    unit = case.get("turbine_unit_mw")
    if unit is not None:
        turbines = network.generators.index.str.contains("ccgt")
        network.generators.loc[turbines, "p_nom_mod"] = unit
    network.optimize.create_model(multi_investment_periods=multi)
    extra(network, network.snapshots)
    return network


SIZES = [
    cases.CaseSize(name="campus", kind="single", hours=336),
    cases.CaseSize(name="campus, other weather", kind="single", hours=336, seed=4),
    cases.CaseSize(name="programme", sites=2, years=2, weeks=1),
    cases.CaseSize(name="programme, three years", sites=2, years=3, weeks=1, seed=3),
    cases.CaseSize(name="whole reactors", sites=2, years=2, weeks=1, whole=True),
    cases.CaseSize(
        name="whole reactors and turbines",
        sites=2,
        years=2,
        weeks=1,
        seed=5,
        whole=True,
        turbine_unit_mw=100.0,
    ),
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size.name))
def test_a_case_costs_what_pypsa_says_and_leaves_no_hall_idle(
    pypsa: Any, folder: Path, size: Any
) -> None:
    casegen = cases.load_module(folder, "casegen")
    case = casegen.load(cases.raw_case(size, casegen))
    ours = solve(cases.problem_from_case(case), gap=GAP)
    same(ours.objective_usd, solve_model(model_of_peer(folder, case)))
    if size.kind == "multi":
        assert cases.idle_it_mw(ours.builds, ours.online_it_mw) <= 1e-6
    if size.whole:
        assert any(len(values) for values in ours.whole.values())


def test_a_prepared_case_is_the_case_that_casegen_loads(folder: Path, tmp_path: Path) -> None:
    casegen = cases.load_module(folder, "casegen")
    size = cases.CaseSize(name="both", sites=2, years=2, weeks=1)
    prepared = cases.prepare(size, casegen, tmp_path)
    found = cases.read_prepared(prepared.case, prepared.series)
    wanted = casegen.load(cases.raw_case(size, casegen))
    assert found["weight"] == wanted["weight"]
    for ours, theirs in zip(found["site_series"], wanted["site_series"], strict=True):
        for name in cases.SERIES:
            np.testing.assert_array_equal(ours[name], theirs[name])
    assert found["sites"] == wanted["sites"]


def test_the_sizes_by_which_a_peer_is_passed_over_are_those_of_its_program(
    pypsa: Any, folder: Path
) -> None:
    casegen = cases.load_module(folder, "casegen")
    size = cases.CaseSize(name="size", sites=2, years=3, weeks=1, seed=2)
    case = casegen.load(cases.raw_case(size, casegen))
    matrix = formulate(cases.problem_from_case(case)).program.matrix
    ours = peers.lean_size(case, size.hour_count)
    assert ours.rows == pytest.approx(matrix.shape[0], rel=0.05)
    assert ours.columns == pytest.approx(matrix.shape[1], rel=0.05)
    assert ours.entries == pytest.approx(matrix.nnz, rel=0.05)
    model = model_of_peer(folder, case).model
    theirs = peers.pypsa_size(case, size.hour_count)
    assert theirs.rows == pytest.approx(model.ncons, rel=0.05)
    assert theirs.columns == pytest.approx(model.nvars, rel=0.05)


def test_the_case_to_compile_on_has_a_plan() -> None:
    found = solve(cases.problem_from_case(cases.tiny_case()), gap=1e-3)
    assert found.gap <= 1e-3


# ---- the table ---------------------------------------------------------------------------------

GAP_ASKED = 1e-3


def our_answer(**fields: Any) -> Any:
    said = {
        "status": "answered",
        "objective_usd": 1000.0,
        "bound_usd": 999.5,
        "gap": 5e-4,
        "rounds": 12,
        "peak_mb": 900.0,
    }
    return peers.Answer("gigaplan", **(said | fields))


def peer_answer(objective_usd: float | None = 999.8, **fields: Any) -> Any:
    return peers.Answer("peer", **({"status": "answered", "objective_usd": objective_usd} | fields))


def measured(answer: Any, wall_s: float = 2.0, cpu_s: float = 2.0, **fields: Any) -> Any:
    return goals.Measured(answer, (wall_s,), (cpu_s,), **fields)


@pytest.mark.parametrize(
    ("ours", "peer", "said"),
    [
        ({}, {}, True),
        ({}, {"objective_usd": 999.5 - 1.9e-3}, True),  # both errors of 1e-6 count
        ({}, {"objective_usd": 1000.0 + 1.9e-3}, True),
        ({}, {"objective_usd": 999.5 - 2.1e-3}, False),
        ({}, {"objective_usd": 1000.0 + 2.1e-3}, False),
        ({}, {"objective_usd": math.nan}, False),
        ({}, {"objective_usd": 1000.05, "tolerance_fraction": 1e-4}, True),
        ({}, {"objective_usd": 1000.05, "tolerance_fraction": 2e-3}, None),  # says nothing
        ({}, {"tolerance_fraction": math.nan}, None),
        ({}, {"objective_usd": None, "status": "did not finish"}, None),
        ({"bound_usd": 900.0}, {}, None),  # a gap that the numbers do not have
        ({"bound_usd": 900.0}, {"objective_usd": 899.0}, False),
        ({"status": "did not finish"}, {}, None),
        ({"objective_usd": None}, {}, None),
    ],
)
def test_a_peer_agrees_where_it_lies_between_our_bound_and_our_objective(
    ours: dict[str, Any], peer: dict[str, Any], said: bool | None
) -> None:
    found = dataclasses.replace(our_answer(), **ours)
    assert goals.same_answer(found, peer_answer(**peer), GAP_ASKED) is said


@pytest.mark.parametrize("power", [0.0, 1.0, 1.7])
def test_growth_finds_the_power_that_amounts_were_made_by(power: float) -> None:
    sizes = [100.0, 200.0, 500.0, 1000.0, 2000.0]
    exact = [3.0 * size**power for size in sizes]
    assert goals.growth_exponent(sizes, exact) == pytest.approx(power, abs=1e-9)
    shaken = [a * s for a, s in zip(exact, (1.05, 0.96, 1.02, 0.97, 1.03), strict=True)]
    assert goals.growth_exponent(sizes, shaken) == pytest.approx(power, abs=0.05)
    assert goals.growth_exponent([100.0, 200.0, 200.0], exact[:3]) is None
    assert goals.growth_exponent(sizes, [0.0, *exact[1:]]) is None


FAST = goals.Goal("times", 50, "PyPSA + HiPO")


@pytest.mark.parametrize(
    ("peer", "wall_s", "cpu_s", "limit_s", "said", "times"),
    [
        (peer_answer(), 110.0, 102.0, math.inf, True, "51.0 x"),
        (peer_answer(), 110.0, 98.0, math.inf, False, "49.0 x"),  # the lesser of both counts
        (peer_answer(), 98.0, 110.0, math.inf, False, "49.0 x"),
        (peer_answer(1100.0), 110.0, 110.0, math.inf, False, "another answer"),
        (peer_answer(None, status="did not finish"), 999.0, 998.0, 102.0, True, "at least 51.0 x"),
        (peer_answer(None, status="did not finish"), 999.0, 998.0, 98.0, None, "at least 49.0 x"),
        (peer_answer(None, status="does not fit"), 999.0, 999.0, math.inf, None, "does not fit"),
        (peer_answer(None, status="failed"), 999.0, 999.0, math.inf, None, "failed"),
        (peer_answer(tolerance_fraction=0.1), 110.0, 110.0, math.inf, None, "55.0 x"),
    ],
)
def test_a_speed_goal_is_met_by_the_lesser_ratio_over_a_peer_that_agrees(
    peer: Any, wall_s: float, cpu_s: float, limit_s: float, said: bool | None, times: str
) -> None:
    ours = measured(our_answer())
    beside = goals.compare(ours, measured(peer, wall_s, cpu_s, limit_s=limit_s), GAP_ASKED)
    found = goals.judge(FAST, ours, {"PyPSA + HiPO": beside})
    assert found.met is said
    assert found.found == times


def test_goals_of_time_and_memory_are_met_up_to_their_number() -> None:
    ours = measured(our_answer(peak_mb=1024.0), wall_s=2.0)
    for what, least in (("seconds", 2.0), ("peak_mb", 1024.0)):
        assert goals.judge(goals.Goal(what, least), ours, {}).met is True
        assert goals.judge(goals.Goal(what, least * 0.999), ours, {}).met is False
    unread = measured(our_answer(peak_mb=None))
    assert goals.judge(goals.Goal("peak_mb", 1e9), unread, {}).met is None
    assert goals.judge(FAST, ours, {}).met is None


@pytest.mark.parametrize("goal", [FAST, goals.Goal("seconds", 1e9), goals.Goal("peak_mb", 1e9)])
def test_no_goal_is_met_without_our_answer(goal: Any) -> None:
    late = our_answer(status="did not finish", seconds=30.0)
    peer = measured(peer_answer(), 1e6, 1e6)
    for limit_s, own_limit_s, said in (
        (30.0, 300.0, None),
        (30.0, 30.0, False),
        (99.0, 300.0, False),
    ):
        ours = measured(late, limit_s=limit_s)
        ours = dataclasses.replace(ours, cut=table.was_cut(ours, own_limit_s))
        beside = {"PyPSA + HiPO": goals.compare(ours, peer, GAP_ASKED)}
        assert goals.judge(goal, ours, beside).met is said


def test_growth_is_judged_once_all_sizes_have_answers() -> None:
    grows = [bench for bench in goals.BENCHES if bench.grows]
    assert [bench.size.sites for bench in grows] == [10, 20, 50, 100, 200]

    def verdicts(power: float, rounds_power: float, benches: Any = grows, **fields: Any) -> Any:
        found = []
        for bench in benches:
            size = bench.size.site_years
            answer = our_answer(rounds=round(1000 * size**rounds_power), **fields)
            found.append((bench, measured(answer, 0.1 * size**power, 0.1 * size**power)))
        return found

    def met(found: Any) -> list[bool | None]:
        return [verdict.met for verdict in goals.judge_growth(found)]

    assert met(verdicts(1.0, 0.0)) == [True, True, True]
    assert met(verdicts(1.2, 0.2)) == [False, False, False]
    assert met(verdicts(1.0, 0.2)) == [True, True, False]
    assert met(verdicts(1.0, 0.0, grows[:4])) == [None, None, None]
    late = verdicts(1.0, 0.0, grows[4:], objective_usd=None)
    late = [(b, dataclasses.replace(o, answer=peer_answer(status="failed"))) for b, o in late]
    assert met(verdicts(1.0, 0.0, grows[:4]) + late) == [False, False, False]


def test_a_method_is_repeated_while_it_is_quick_and_stopped_when_time_is_up() -> None:
    asked = table.Asked(False, 3, None, False, math.inf)
    given: list[float] = []

    def runs(answers: list[Any], **fields: Any) -> Any:
        given.clear()
        left = iter(answers)

        def run(limit_s: float) -> Any:
            given.append(limit_s)
            return next(left)

        return table._measure("x", run, 40.0, dataclasses.replace(asked, **fields), 60.0)

    quick = [our_answer(seconds=s, cpu_s=s, peak_mb=100 * s) for s in (1.0, 3.0, 2.0)]
    found = runs(quick)
    assert found.seconds == (1.0, 3.0, 2.0)
    assert found.answer.peak_mb == 300.0
    assert given == [40.0, 40.0, 40.0]
    assert runs([our_answer(seconds=60.0, cpu_s=60.0)]).seconds == (60.0,)
    failed = our_answer(status="failed", seconds=5.0, peak_mb=1.0)
    assert runs([quick[0], failed]).answer.status == "failed"
    broken = dataclasses.replace(failed, seconds=41.0)
    assert runs([broken]).answer.status == "did not finish"
    assert runs([failed], ends_at=time.perf_counter() + 20.2).limit_s == 20.0
    nothing = runs([], ends_at=time.perf_counter())
    assert given == []
    assert not nothing.answered
    assert table.was_cut(nothing, 40.0)


def test_the_table_has_the_goals_that_were_set() -> None:
    stated = {bench.size.name: bench.goal for bench in goals.BENCHES}
    growth = "rounds flat, time linear in site-years"
    assert stated == {
        "campus": ">= 100 x PyPSA default, >= 20 x PyPSA + HiPO, <= 1 s",
        "2x2x168": "",
        "5x5x336": ">= 80 x PyPSA + HiPO",
        "10x10x672": f"<= 10 s, >= 50 x lean CSR + HiPO, {growth}",
        **{f"{sites}x10x672": growth for sites in (20, 50, 100, 200)},
        "50x10x8760": "<= 2 min, <= 1 GB",
        "200x10x8760": "<= 6 min, <= 1.5 GB",
        "50x10x8760-whole": "<= 5 min",
    }
    for bench in goals.BENCHES:
        assert bench.gap == (1e-4 if bench.size.name == "campus" else 1e-3)
        assert {goal.peer for goal in bench.goals} - {None} <= set(bench.peers)
        assert all(goal.than <= bench.limit_s for goal in bench.goals if goal.what == "seconds")
    quick = [bench.size.name for bench in table.chosen([], quick=True)]
    assert quick == ["campus", "2x2x168", "5x5x336"]
    assert len(table.chosen(["growth", "campus"], quick=False)) == 6
    with pytest.raises(SystemExit, match="no case campsu"):
        table.chosen(["campsu"], quick=False)


def test_what_is_printed_fits_the_page_and_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    bench = goals.BENCHES[-1]
    ours = measured(our_answer(gap=math.inf, idle_it_mw=12.0), 1234.56, 2345.67)
    large = peer_answer(None, status="does not fit", note="does not fit: " + "rows " * 40)
    late = peer_answer(None, status="did not finish", note="did not finish in 600 s")
    beside = {
        "PyPSA default": goals.compare(ours, goals.Measured(large), GAP_ASKED),
        "PyPSA + HiPO": goals.compare(ours, measured(late, 654321.0, 7e5), GAP_ASKED),
        "lean CSR + HiPO": goals.compare(ours, measured(peer_answer(), 9e4, 9e4), GAP_ASKED),
    }
    verdicts = [goals.judge(goal, ours, beside) for goal in bench.goals]
    outcome = table.Outcome(bench, ours, beside, verdicts)
    table.print_head()
    table.print_case(outcome)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    text = " ".join(line.strip() for line in lines)
    for said in ("did not finish in 600 s", "does not fit: rows", ">530.0", "yes", "NOT MET"):
        assert said in text
    table.print_objects(outcome)
    made = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["peer"] for row in made] == list(beside)
    assert [row["same_answer"] for row in made] == [None, None, True]
    assert [row["ratio_at_least"] for row in made] == [False, True, False]
    assert made[2]["ratio"] == pytest.approx(9e4 / 1234.56)
    assert made[2]["cpu_ratio"] == pytest.approx(9e4 / 2345.67)
    assert made[0]["gap"] is None
    alone = table.objects(table.Outcome(bench, ours, {}, verdicts))
    wanted = {"case", "goal", "ours_s", "peer", "peer_s", "ratio", "same_answer", "peak_mb"}
    assert len(alone) == 1
    assert all(wanted <= set(row) for row in [*alone, *made])


def test_kept_hours_are_made_once_for_what_was_asked(folder: Path, tmp_path: Path) -> None:
    size = cases.CaseSize(name="kept", sites=2, years=2, weeks=1)
    first = table.prepare_whole(size, folder, tmp_path)
    made = first.series.stat().st_mtime_ns
    assert table.prepare_whole(size, folder, tmp_path).series.stat().st_mtime_ns == made
    other = table.prepare_whole(dataclasses.replace(size, seed=2), folder, tmp_path)
    assert other.series != first.series
    assert len(list(tmp_path.iterdir())) == 2
