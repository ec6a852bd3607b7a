"""A smallest set of statements that conflict: all leave no plan, without any one there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import (
    ExpansionProblem,
    Goal,
    InfeasiblePlanError,
    Limits,
    Period,
    ShedTier,
    Supply,
    solve,
)
from gigaplan.expansion.decomposition import decompose

Method = Callable[[ExpansionProblem], Any]
by_both = pytest.mark.parametrize("method", [solve, decompose], ids=["one program", "rounds"])


@pytest.fixture
def too_much(one_site: Callable[..., ExpansionProblem]) -> ExpansionProblem:
    """A target that turbines' slots are too few for; land and other years are ample."""
    return one_site(
        it_mw=300.0,
        periods=(Period(2030), Period(2031)),
        site={"land_acres": 1e5},
        supplies=(
            Supply(name="gas", site="here", capex_usd_per_mw=1e6, slot_class="turbines"),
            Supply(name="old", site="here", existing_mw=50.0, max_mw=50.0),
        ),
        goal=Goal(target_it_mw=[40.0, 200.0]),
        limits=Limits(slots={"turbines": [0.0, 60.0]}, capex_usd=[np.inf, 1e9]),
    )


GONE: dict[tuple[str, str, int], Callable[[ExpansionProblem], ExpansionProblem]] = {
    ("compute target", "", 2031): lambda p: replace(p, goal=Goal(target_it_mw=[40.0, 0.0])),
    ("firm power", "here", 2031): lambda p: replace(
        p,
        sites=(replace(p.sites[0], shed=(ShedTier(name="any", load_fraction=1, usd_per_mwh=9),)),),
    ),
    ("build slots", "turbines", 2030): lambda p: with_slots(p, [1e5, 60.0]),
    ("build slots", "turbines", 2031): lambda p: with_slots(p, [0.0, 1e5]),
}


def with_slots(problem: ExpansionProblem, slots: list[float]) -> ExpansionProblem:
    return replace(problem, limits=replace(problem.limits, slots={"turbines": slots}))


@by_both
def test_what_conflicts_is_named_and_nothing_else(
    too_much: ExpansionProblem, method: Method
) -> None:
    with pytest.raises(InfeasiblePlanError) as caught:
        method(too_much)
    said = {(item.kind, item.place, item.year) for item in caught.value.conflict}
    assert said == set(GONE)
    assert (
        "These cannot all hold, and without any one of them the others can:\n"
        "  firm power at here in 2031\n"
        "  compute target in 2031\n"
        "  build slots at turbines in 2030, 2031\n"
    ) in str(caught.value)


@pytest.mark.parametrize("gone", GONE)
def test_without_any_one_of_them_there_is_a_plan(
    too_much: ExpansionProblem, gone: tuple[str, str, int]
) -> None:
    assert solve(GONE[gone](too_much)).status == "optimal"
