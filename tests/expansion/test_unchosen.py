"""What was not chosen: a little cheaper than said it enters, a little dearer it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gigaplan.expansion import ExpansionProblem, PowerPurchase, Solution, Supply, solve
from gigaplan.expansion.decomposition import decompose

from .test_decomposition import without_zone_projects
from .test_properties import random_problem

Method = Callable[[ExpansionProblem], Solution]
METHODS: list[Method] = [solve, lambda problem: decompose(problem, gap=1e-7)]
IDS = ["one program", "rounds"]


@pytest.mark.parametrize("method", METHODS, ids=IDS)
def test_a_dearer_plant_lacks_what_its_capital_is_above_that_of_the_chosen(
    method: Method, one_site: Callable[..., ExpansionProblem]
) -> None:
    # both run alike; the second costs 0.5 million USD a MW more, a fifth of its capital
    plant = Supply(name="plant", site="here", capex_usd_per_mw=2e6, life_years=20)
    dearer = replace(plant, name="dearer", capex_usd_per_mw=2.5e6)
    (one,) = method(one_site(supplies=(plant, dearer))).unchosen
    assert (one.name, one.year) == ("dearer", 2030)
    assert one.capex_fraction == pytest.approx(0.2)
    assert one.capex_usd_per_mw == pytest.approx(5e5)


@pytest.mark.parametrize("method", METHODS, ids=IDS)
def test_a_contract_lacks_what_its_price_is_above_that_of_the_chosen(
    method: Method, one_site: Callable[..., ExpansionProblem]
) -> None:
    deal = Supply(name="deal", site="here", availability=0.5, contract=PowerPurchase(70.0, 1.0))
    plant = Supply(name="plant", site="here", variable_usd_per_mwh=45.0)
    found = method(one_site(supplies=(deal, plant)))
    (one,) = found.unchosen
    assert one.name == "deal"
    assert one.usd_per_mwh == pytest.approx(25.0)
    assert one.capex_fraction == 0.0


@pytest.mark.parametrize("method", METHODS, ids=IDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_little_cheaper_than_said_it_enters_and_a_little_dearer_it_does_not(
    seed: int, method: Method
) -> None:
    problem = without_zone_projects(random_problem(seed))
    dear = [
        replace(option, name=f"dear {option.name}", capex_usd_per_mw=4e6, existing_mw=0.0)
        for option in problem.supplies
    ]
    problem = replace(problem, supplies=(*problem.supplies, *dear))
    found = method(problem)
    unchosen = [one for one in found.unchosen if one.name.startswith("dear")]
    assert unchosen
    one = unchosen[0]
    for factor, enters in ((1.02, True), (0.98, False)):
        capex = 4e6 * np.ones(2)
        year = [period.year for period in problem.periods].index(one.year)
        capex[year] -= factor * one.capex_usd_per_mw
        supplies = tuple(
            replace(o, capex_usd_per_mw=capex) if o.name == one.name else o
            for o in problem.supplies
        )
        again = solve(replace(problem, supplies=supplies))
        built = sum(build.mw for build in again.builds if build.name == one.name)
        assert (built > 1e-3) == enters
