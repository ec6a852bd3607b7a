"""Capital from stated sources: answers worked out by hand, by both methods."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError, InputError
from gigaplan.expansion import ExpansionProblem, Fund, Limits, Period, Solution, Supply, solve
from gigaplan.expansion.decomposition import decompose

Builder = Callable[..., ExpansionProblem]
METHODS = [solve, lambda problem: decompose(problem, gap=1e-7)]

# 100 MW of a plant of 2 million USD per MW, paid off over 20 years without interest: 10 million a
# year, of which the problem has one
PLANT = Supply(name="plant", site="here", capex_usd_per_mw=2e6, life_years=20)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("limit", "loan"), [(90e6, 90e6), (1e9, 120e6)], ids=["its limit", "its share"]
)
def test_the_cheap_loan_is_drawn_up_to_its_limit_or_share_and_equity_pays_the_rest(
    method: Callable[[ExpansionProblem], Solution],
    limit: float,
    loan: float,
    one_site: Builder,
) -> None:
    found = method(
        one_site(
            supplies=(PLANT,),
            limits=Limits(
                funds=(
                    Fund(name="loan", usd=limit, share_fraction=0.6),
                    Fund(name="equity", cost_fraction=0.1),
                )
            ),
        )
    )
    assert found.fund_usd["loan"] == pytest.approx([loan])
    assert found.fund_usd["equity"] == pytest.approx([200e6 - loan])
    assert found.costs.capital == pytest.approx(10e6 + 0.1 * (200e6 - loan))
    assert found.objective_usd == pytest.approx(found.costs.total())


@pytest.mark.parametrize("method", METHODS)
def test_a_fund_for_one_thing_decides_what_is_built(
    method: Callable[[ExpansionProblem], Solution], one_site: Builder
) -> None:
    # the reactor costs 10 million USD a year more, and its own fund saves 20 in fees
    reactor = Supply(name="reactor", site="here", capex_usd_per_mw=4e6, life_years=20)
    general = Fund(name="general", cost_fraction=0.1)
    without = method(one_site(supplies=(PLANT, reactor), limits=Limits(funds=(general,))))
    own = Fund(name="state", pays_for=("reactor",))
    with_own = method(one_site(supplies=(PLANT, reactor), limits=Limits(funds=(general, own))))
    assert without.builds[0].name == "plant"
    assert without.objective_usd == pytest.approx(30e6)
    assert with_own.builds[0].name == "reactor"
    assert with_own.objective_usd == pytest.approx(20e6)
    assert with_own.fund_usd["state"] == pytest.approx([400e6])


@pytest.mark.parametrize("method", METHODS)
def test_what_is_spent_before_service_is_drawn_when_it_is_spent(
    method: Callable[[ExpansionProblem], Solution], one_site: Builder
) -> None:
    late = Supply(
        name="plant",
        site="here",
        capex_usd_per_mw=2e6,
        life_years=20,
        spend_fractions=(0.7, 0.3),
        earliest_year=2031,
    )
    bridge = Supply(name="bridge", site="here", existing_mw=[100.0, 0.0], max_build_mw=0.0)
    found = method(
        one_site(
            periods=(Period(2030), Period(2031)),
            supplies=(late, bridge),
            limits=Limits(funds=(Fund(name="cash"),)),
        )
    )
    assert found.fund_usd["cash"] == pytest.approx([60e6, 140e6])
    assert np.sum(found.capex_usd) == pytest.approx(200e6)


@pytest.mark.parametrize("method", METHODS)
def test_funds_that_do_not_reach_are_named(
    method: Callable[[ExpansionProblem], Solution], one_site: Builder
) -> None:
    problem = one_site(
        supplies=(PLANT,), limits=Limits(funds=(Fund(name="cash", total_usd=150e6),))
    )
    with pytest.raises(InfeasibleError, match="fund in all at cash: 50 million USD more"):
        method(problem)


def test_a_fund_for_what_is_not_there_is_refused(one_site: Builder) -> None:
    fund = Fund(name="state", pays_for=("reactr",), share_fraction=1.5)
    with pytest.raises(InputError) as raised:
        one_site(supplies=(PLANT,), limits=Limits(funds=(fund,)))
    assert "limits.funds.state.pays_for: names the option or campus 'reactr'" in str(raised.value)
    assert "limits.funds.state.share_fraction: found 1.5" in str(raised.value)
