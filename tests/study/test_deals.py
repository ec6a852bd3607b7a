"""What a deal is worth: the programme with it and without, on the same draws."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.finance import fund
from gigaplan.programme import read_programme
from gigaplan.programme.bundled import locate
from gigaplan.programme.funding import ProjectDebt
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study import Settings, deals
from gigaplan.study.pipeline import Results, go_on, make_plan, make_series

SETTINGS = Settings(draws=60, weather_years=1, threads=1)


@pytest.fixture(scope="module")
def engines() -> deals.DealWorth:
    return deals.value_deal("one-campus", "engines", SETTINGS)


def test_worth_is_money_and_compute_and_its_spread_is_over_draws(engines: deals.DealWorth) -> None:
    assert engines.taken
    assert engines.worth_usd.mean == pytest.approx(
        engines.cost_usd.mean + engines.compute_usd.mean, rel=1e-9
    )
    assert engines.p10_usd < engines.worth_usd.mean < engines.p90_usd
    assert 0 <= engines.loses_fraction <= 1
    assert engines.price is None  # an owned plant has no price


def test_the_same_deal_is_worth_the_same_on_any_number_of_threads(engines: deals.DealWorth) -> None:
    again = deals.value_deal("one-campus", "engines", dataclasses.replace(SETTINGS, threads=3))
    assert again == engines


def test_what_the_plan_does_not_take_is_worth_nothing() -> None:
    found = deals.value_deal("one-campus", "nuclear-ppa", SETTINGS)
    assert not found.taken
    assert found.worth_usd.mean == 0
    assert found.most_price is None
    assert "The plan does not take it on these terms" in deals.as_text(found)


def test_at_the_most_price_a_contract_costs_all_that_it_is_worth() -> None:
    # A cheap agreement that the plan takes; finance again at the most price, plan and hours kept.
    programme = resolve(read_programme(locate("one-campus")))
    contract = programme.power["nuclear-ppa"].contract
    cheap = dataclasses.replace(
        programme.power["nuclear-ppa"],
        contract=contract.model_copy(update={"price_usd_per_mwh": 20.0}),
    )
    programme = dataclasses.replace(programme, power={**programme.power, "nuclear-ppa": cheap})

    def run(chosen: ResolvedProgramme) -> Results:
        results = make_series(chosen, SETTINGS, lambda stage, share: None)
        make_plan(results, SETTINGS, lambda stage, share: None)
        return go_on(results, "finance", SETTINGS, lambda stage, share: None)

    held, other = run(programme), run(deals.without(programme, "nuclear-ppa"))
    found = deals._compare(programme, "nuclear-ppa", held, other, SETTINGS)
    assert found.taken
    assert found.most_price is not None
    assert found.price == 20.0
    assert found.worth_usd.mean > 0
    assert found.most_price > 20.0
    dear = dataclasses.replace(
        cheap, contract=cheap.contract.model_copy(update={"price_usd_per_mwh": found.most_price})
    )
    dearer = dataclasses.replace(programme, power={**programme.power, "nuclear-ppa": dear})
    assert held.plan is not None
    assert held.trajectories is not None
    assert held.operations is not None
    assert held.finance is not None
    again = fund(dearer, held.plan, held.trajectories, held.operations.summary)
    more = held.finance.outcomes.npv_usd - again.outcomes.npv_usd
    assert more.mean() == pytest.approx(found.worth_usd.mean, rel=1e-6)
    slopes = np.diff([at.worth_usd for at in found.at_prices]) / np.diff(
        [at.price for at in found.at_prices]
    )
    assert slopes == pytest.approx(np.full(3, slopes[0]))


def test_what_names_the_deal_goes_with_it() -> None:
    programme = resolve(read_programme(locate("one-campus")))
    loan = ProjectDebt(
        title="Loan",
        projects=["engines", "turbines"],
        share_of_cost_fraction=0.5,
        rate_fraction=0.06,
        tenor_years=10,
        max_usd=1e9,
    )
    alone = loan.model_copy(update={"projects": ["engines"]})
    changed = dataclasses.replace(programme, instruments={"both": loan, "one": alone})
    left = deals.without(changed, "engines")
    assert "engines" not in left.power
    assert left.instruments["both"].projects == ["turbines"]  # type: ignore[union-attr]
    assert "one" not in left.instruments


def test_a_deal_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"no deal 'enginse'\. Did you mean 'engines'\?"):
        deals.value_deal("one-campus", "enginse", SETTINGS)


def test_its_text_fits_a_terminal_and_its_values_a_machine(engines: deals.DealWorth) -> None:
    assert max(map(len, deals.as_text(engines).splitlines())) <= 80
    assert json.loads(json.dumps(deals.as_json(engines)))["deal"]["deal"] == "engines"
