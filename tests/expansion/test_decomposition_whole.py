"""Whole reactors, turbines and phases by rounds, against branch and bound over one program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion import (
    EitherOr,
    ExpansionProblem,
    Goal,
    Phase,
    Prerequisite,
    Progress,
    Solution,
    solve,
)
from gigaplan.expansion.decomposition import decompose

from .both_ways import ROUNDING, WHOLE_GAP, encloses
from .decomposition_cases import changed, least_cost_of_plan, limited, programme

SMALL_MW, LARGE_MW, TURBINE_MW = 50.0, 100.0, 45.0


def units(seed: int) -> ExpansionProblem:
    """Return a programme of two sizes of reactor, turbines, and phases that are built whole."""
    problem = programme(seed)
    problem = changed(problem, "reactor", unit_mw=LARGE_MW, capex_usd_per_mw=3.6e6)
    reactor = next(o for o in problem.supplies if o.name == "reactor")
    small = replace(reactor, name="small reactor", site="b", unit_mw=SMALL_MW, capex_usd_per_mw=4e6)
    problem = replace(problem, supplies=(*problem.supplies, small))
    for name in ("a", "b"):
        problem = changed(problem, f"gas {name}", unit_mw=TURBINE_MW, max_mw=360.0)
        whole = name == "a"  # fewer whole numbers: the reference takes longest by far
        phases = tuple(Phase(name=f"{n}", it_mw=70.0 + 30.0 * n, whole=whole) for n in range(2))
        problem = changed(problem, f"it {name}", phases=phases)
    return limited(problem, slots={"turbines": [90.0, 135.0, 90.0]})


def are_whole(problem: ExpansionProblem, found: Solution) -> None:
    """Hold every build that has units to a whole number of them."""
    sizes = {o.name: o.unit_mw for o in problem.supplies if o.unit_mw}
    sizes |= {f"{c.name} {p.name}": p.it_mw for c in problem.campuses for p in c.phases if p.whole}
    counted = 0
    for build in found.builds:
        size = sizes.get(f"{build.name} {build.part}".strip())
        if size is not None:
            assert build.units >= 1
            assert build.mw == pytest.approx(size * build.units, rel=1e-6)
            counted += 1
    assert counted > 0


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_with_whole_units_lies_between_bound_and_plan(seed: int) -> None:
    problem = units(seed)
    reference = solve(problem, gap=2e-4)
    found = encloses(problem, reference)
    are_whole(problem, found)
    usd = least_cost_of_plan(problem, found)
    assert found.objective_usd >= usd * (1 - ROUNDING)
    assert found.objective_usd == pytest.approx(usd, rel=WHOLE_GAP)
    # whole units bind: in parts, reactors and turbines cost less
    parts = replace(problem, supplies=tuple(replace(o, unit_mw=None) for o in problem.supplies))
    assert solve(parts).objective_usd < found.bound_usd


@pytest.mark.parametrize("fast", [True, False])
def test_whole_units_at_sites_that_share_a_zone_are_enclosed(fast: bool) -> None:
    problem = changed(changed(units(3), "b", zone="za"), "za", max_import_mw=120.0)
    found = encloses(problem, solve(problem, gap=2e-4), fast=fast)
    are_whole(problem, found)
    assert found.operated_by == {"hourly program": 3}


def test_units_too_large_for_what_can_stand_are_not_built() -> None:
    problem = changed(units(1), "reactor", max_mw=LARGE_MW - 1.0)
    found = encloses(problem, solve(problem, gap=2e-4))
    assert found.capacity.supply_mw["reactor"] == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_a_target_that_halls_reach_in_parts_but_not_whole_is_explained() -> None:
    problem = units(1)
    for name in ("it a", "it b"):
        problem = changed(problem, name, phases=(Phase(name="one", it_mw=100.0),))
    # 320 IT MW can stand, but the budget leaves no second hall of 100, of which 40 were enough
    hard = replace(problem, goal=Goal(target_it_mw=[120.0, 120.0, 260.0]))
    tight = limited(hard, capex_usd=[2.6e8, 3e7, 4.5e8])
    halls = tuple(
        replace(c, phases=tuple(replace(p, whole=False) for p in c.phases)) for c in tight.campuses
    )
    in_parts = replace(tight, campuses=halls)
    assert decompose(in_parts).status == "optimal"
    with pytest.raises(InfeasibleError):
        solve(tight)
    with pytest.raises(InfeasibleError):
        decompose(tight)


def test_rules_and_units_hold_together() -> None:
    rules = (
        EitherOr(("gas a", "gas b")),
        EitherOr(("it a", "sun b")),
        Prerequisite("small reactor", "reactor", 100.0),
    )
    problem = replace(units(2), rules=rules)
    found = encloses(problem, solve(problem, gap=2e-4))
    mw = found.capacity.supply_mw
    assert min(mw["gas a"].max(), mw["gas b"].max()) <= 1e-6
    for small, large in zip(mw["small reactor"], mw["reactor"], strict=True):
        assert small <= 1e-6 or large >= 100.0 - 1e-6
    phases = sum(b.mw for b in found.builds if b.name == "it a")
    assert min(phases, mw["sun b"].max()) <= 1e-6


def stopped(problem: ExpansionProblem, when: Callable[[Progress], bool]) -> Solution:
    """Return the plan of rounds that the user stops; the interruption must not get through."""

    def stop(at: Progress) -> None:
        if when(at):
            raise KeyboardInterrupt

    try:
        return decompose(problem, gap=1e-9, progress=stop)
    except KeyboardInterrupt:  # would end the whole test run
        pytest.fail("the interruption was not caught")


@pytest.mark.parametrize("after", [0.9, 2e-2])
def test_a_user_who_stops_before_there_are_units_gets_some_with_their_gap(after: float) -> None:
    problem = units(4)
    reference = solve(problem, gap=1e-6)
    found = stopped(problem, lambda at: at.gap < after)
    assert found.status == "interrupted"
    are_whole(problem, found)
    assert found.bound_usd <= reference.objective_usd * (1 + ROUNDING)
    assert found.objective_usd >= reference.objective_usd * (1 - 1e-5)
    assert found.gap == pytest.approx(1 - found.bound_usd / found.objective_usd, abs=1e-9)
    assert found.objective_usd >= least_cost_of_plan(problem, found) * (1 - ROUNDING)


def test_a_user_who_stops_once_units_are_priced_gets_them() -> None:
    found = stopped(units(4), lambda at: at.stage == "units")
    assert found.status == "interrupted"
    are_whole(units(4), found)
    assert found.gap < 0.05


def test_no_time_gives_whole_units_with_an_honest_gap() -> None:
    problem = units(5)
    reference = solve(problem, gap=1e-6)
    found = decompose(problem, gap=1e-6, time_limit_s=0.0)
    assert found.status == "time limit"
    are_whole(problem, found)
    assert found.bound_usd <= reference.objective_usd * (1 + ROUNDING)
    assert found.objective_usd >= reference.objective_usd * (1 - 1e-5)


def test_whole_units_are_the_same_on_any_threads_and_twice() -> None:
    problem = units(6)
    one, two, again = (decompose(problem, threads=n) for n in (1, 2, 2))
    assert one.objective_usd == two.objective_usd == again.objective_usd
    assert one.bound_usd == two.bound_usd == again.bound_usd
    assert one.builds == two.builds == again.builds
    assert np.array_equal(one.capex_usd, again.capex_usd)
