"""Infeasible problems are explained in the words of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gigaplan.core.errors import ExitCode
from gigaplan.expansion import (
    EitherOr,
    ExpansionProblem,
    Goal,
    InfeasiblePlanError,
    Limits,
    Supply,
    Zone,
    solve,
)

Builder = Callable[..., ExpansionProblem]


def explained(problem: ExpansionProblem) -> InfeasiblePlanError:
    with pytest.raises(InfeasiblePlanError) as caught:
        solve(problem)
    return caught.value


def free_power(**rest: Any) -> Supply:
    return Supply(name="power", site="here", existing_mw=1e3, max_mw=1e3, **rest)


def test_a_target_beyond_the_halls_names_both_ways_out(one_site: Builder) -> None:
    error = explained(
        one_site(it_mw=300.0, supplies=(free_power(),), goal=Goal(target_it_mw=500.0))
    )
    assert error.exit_code == ExitCode.INFEASIBLE
    alone = {kind: items[0] for kind, items in error.alternatives.items()}
    assert alone["compute target"].amount == pytest.approx(200.0)
    assert alone["compute target"].year == 2030
    assert alone["halls"].amount == pytest.approx(200.0)
    assert "compute target in 2030: 200 IT MW less" in str(error)


def test_too_little_power_names_the_site_and_the_connection(one_site: Builder) -> None:
    error = explained(
        one_site(
            site={"zone": "z", "connection_mw": 60.0, "pue": 1.2},
            zones=(Zone(name="z", price_usd_per_mwh=40.0),),
        )
    )
    alone = {kind: items[0] for kind, items in error.alternatives.items()}
    assert alone["grid connection"].place == "here"
    assert alone["grid connection"].amount == pytest.approx(60.0)
    assert alone["firm power"].amount == pytest.approx(60.0)
    assert "grid connection at here in 2030: 60 MW more" in str(error)


def test_a_budget_too_small_says_by_how_much(one_site: Builder) -> None:
    error = explained(
        one_site(
            supplies=(Supply(name="plant", site="here", capex_usd_per_mw=2e6),),
            limits=Limits(capex_usd=150e6, slots={"unused": 0.0}),
        )
    )
    budget = error.alternatives["capital budget"][0]
    assert budget.amount == pytest.approx(50.0)
    assert budget.unit == "million USD"
    assert "build slots" not in error.alternatives


def test_slots_that_run_out_are_named_by_their_class(one_site: Builder) -> None:
    error = explained(
        one_site(
            supplies=(Supply(name="plant", site="here", slot_class="turbines"),),
            limits=Limits(slots={"turbines": 70.0}),
        )
    )
    slots = error.alternatives["build slots"][0]
    assert slots.place == "turbines"
    assert slots.amount == pytest.approx(30.0)


def test_rules_that_leave_too_little_are_named(one_site: Builder) -> None:
    error = explained(
        one_site(
            supplies=(
                Supply(name="a", site="here", max_mw=60.0),
                Supply(name="b", site="here", max_mw=60.0),
            ),
            rules=(EitherOr(("a", "b")),),
        )
    )
    assert "at most 1 of a, b" in error.alternatives


def test_every_relaxation_leaves_a_plan(one_site: Builder) -> None:
    def problem(target: float) -> ExpansionProblem:
        return one_site(it_mw=300.0, supplies=(free_power(),), goal=Goal(target_it_mw=target))

    need = explained(problem(500.0)).alternatives["compute target"][0]
    assert solve(problem(500.0 - need.amount - 1e-6)).status == "optimal"
