"""What a deal is worth: the programme with it and without, on the same draws."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.delivery import deliver
from gigaplan.finance import fund
from gigaplan.programme import read_programme
from gigaplan.programme.bundled import copy_bundled, locate
from gigaplan.programme.instruments import ProjectDebt
from gigaplan.programme.resolve import resolve
from gigaplan.study import Settings, deals
from gigaplan.study.deals import connection, instrument, power
from gigaplan.study.pipeline import whole_run

SITE = "new-albany"
INSTRUMENTS = """instruments:
  build:
    kind: construction_loan
    title: Building loan
    campus: new-albany
    share_of_cost_fraction: 60%
    rate_fraction: 8%
    max_usd: 5 billion USD
  anchor:
    kind: customer_prepayment
    title: Anchor customer
    campus: new-albany
    usd_by_year: {2027: 300 million USD}
    it_mw: 5 MW
    delivery_years: 4 years
  new-albany:
    kind: revolver
    title: A line with a name that a site has
    max_usd: 1 billion USD
    rate_fraction: 7%
"""


def _quiet(stage: str, share: float) -> None:
    """Show nothing."""


SETTINGS = Settings(draws=60, weather_years=1, threads=1)


@pytest.fixture(scope="module")
def engines() -> deals.PowerDeal:
    found = deals.value_deal("one-campus", "engines", SETTINGS)
    assert isinstance(found, deals.PowerDeal)
    return found


def test_worth_is_money_and_compute_and_its_spread_is_over_draws(engines: deals.PowerDeal) -> None:
    assert engines.taken
    worth = engines.worth
    both = worth.money_usd.mean + worth.compute_usd.mean
    assert worth.usd.mean == pytest.approx(both, rel=1e-9)
    assert worth.p10_usd < worth.usd.mean < worth.p90_usd
    assert 0 <= worth.loses_fraction <= 1
    assert engines.plan_gap_usd >= 0
    assert engines.terms == ()  # an owned plant has no price


def test_the_same_deal_is_worth_the_same_on_any_number_of_threads(engines: deals.PowerDeal) -> None:
    again = deals.value_deal("one-campus", "engines", dataclasses.replace(SETTINGS, threads=3))
    assert again == engines


def test_what_the_plan_does_not_take_is_worth_nothing() -> None:
    found = deals.value_deal("one-campus", "power:nuclear-ppa", SETTINGS)
    assert isinstance(found, deals.PowerDeal)
    assert not found.taken
    assert found.worth.usd.mean == 0
    assert found.terms[0].most is None
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
    held = whole_run(programme, SETTINGS, _quiet, "")
    other = whole_run(power.without(programme, "nuclear-ppa"), SETTINGS, _quiet, "")
    found = power.compare(programme, "nuclear-ppa", held, other, SETTINGS)
    assert found.taken
    price = found.terms[0]
    assert price.most is not None
    assert price.value == 20.0
    assert found.worth.usd.mean > 0
    assert price.most > 20.0
    dear = dataclasses.replace(
        cheap, contract=cheap.contract.model_copy(update={"price_usd_per_mwh": price.most})
    )
    dearer = dataclasses.replace(programme, power={**programme.power, "nuclear-ppa": dear})
    assert held.plan is not None
    assert held.trajectories is not None
    assert held.operations is not None
    assert held.finance is not None
    again = fund(dearer, held.plan, held.trajectories, held.operations.summary)
    more = held.finance.outcomes.npv_usd - again.outcomes.npv_usd
    assert more.mean() == pytest.approx(found.worth.usd.mean, rel=1e-6)
    slopes = np.diff([at.usd for at in price.others]) / np.diff([at.value for at in price.others])
    assert slopes == pytest.approx(np.full(3, slopes[0]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one-campus with a loan, a prepayment and a line named as a site."""
    return _campus(tmp_path_factory.mktemp("deals") / "campus", INSTRUMENTS)


def _campus(folder: Path, instruments: str) -> Path:
    path = copy_bundled("one-campus", folder)
    text = path.read_text("utf-8")
    path.write_text(text.replace("\ninstruments:\n", "\n" + instruments), "utf-8")
    return folder


def test_a_loan_is_worth_less_the_dearer_it_is_and_nothing_at_what_other_money_costs(
    folder: Path,
) -> None:
    found = deals.value_deal(folder, "build", SETTINGS)
    assert isinstance(found, deals.InstrumentDeal)
    assert found.discount_of == "'bonds' at 5.30%, after tax"
    rate = found.terms[0]
    assert rate.name == "rate_fraction"
    worth = [at.usd for at in rate.others]
    assert worth == sorted(worth, reverse=True)
    assert found.cost_fraction is not None
    assert found.brings_usd.mean > 0
    assert (found.cost_fraction > found.discount_fraction) == (found.worth.usd.mean < 0)
    assert max(map(len, deals.as_text(found).splitlines())) <= 80
    assert json.loads(json.dumps(deals.as_json(found)))["deal"]["contract"] == "construction_loan"


def test_a_prepayment_is_worth_nothing_where_it_buys_as_much_compute_as_it_pays_for(
    folder: Path,
) -> None:
    found = deals.value_deal(folder, "anchor", SETTINGS)
    assert isinstance(found, deals.InstrumentDeal)
    assert found.worth.money_usd.mean > 0 > found.worth.compute_usd.mean
    bought = found.terms[0]
    assert (bought.name, bought.value) == ("it_mw", 5.0)
    assert bought.most is not None
    more = INSTRUMENTS.replace("it_mw: 5 MW", f"it_mw: {bought.most:.9f} MW")
    again = deals.value_deal(_campus(folder.parent / "more", more), "anchor", SETTINGS)
    assert isinstance(again, deals.InstrumentDeal)
    assert abs(again.worth.usd.mean) < 1e-4 * again.worth.money_usd.mean


def test_terms_are_looked_at_no_further_than_they_may_go() -> None:
    terms = {"rate_fraction": 0.4, "tenor_years": 40.0, "share_of_cost_fraction": 0.9}
    loan = ProjectDebt(title="Loan", projects=["engines"], max_usd=1e9, **terms)
    programme = resolve(read_programme(locate("one-campus")))
    changed = dataclasses.replace(programme, instruments={"loan": loan})
    far = {"rate_fraction": 0.99, "tenor_years": 100.0, "share_of_cost_fraction": 1.0}
    for term, most in far.items():
        item = instrument._with_term(changed, "loan", term, 4 * terms[term]).instruments["loan"]
        assert getattr(item, term) == most


def test_an_earlier_connection_is_drawn_as_before_and_is_worth_more_the_earlier() -> None:
    found = deals.value_deal("one-campus", SITE, SETTINGS, months=(6, 18))
    assert isinstance(found, deals.ConnectionDeal)
    early, earlier = found.earlier
    assert 0 <= early.kept.usd.mean < earlier.kept.usd.mean
    assert earlier.most_usd.mean >= earlier.kept.usd.mean
    text = deals.as_text(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "pay at energisation" in text


def test_a_step_that_is_promised_sooner_is_late_by_as_much_in_every_draw() -> None:
    programme = resolve(read_programme(locate("one-campus")))
    plan = whole_run(programme, dataclasses.replace(SETTINGS, draws=4), _quiet, "").plan
    assert plan is not None
    moved = connection.sooner(programme, SITE, 6)
    plain, soon = (deliver(p, plan, draws=50, seed=1) for p in (programme, moved))
    rows = [
        i
        for i, entity in enumerate(plain.entities)
        if entity.kind == "connection" and np.ptp(plain.online_month[i]) > 0
    ]
    assert rows
    assert plain.online_month[rows] - soon.online_month[rows] == pytest.approx(6.0)


def test_a_name_of_two_things_is_asked_for_by_kind(folder: Path) -> None:
    with pytest.raises(InputError, match=rf"write instruments:{SITE} or sites:{SITE}\."):
        deals.value_deal(folder, SITE, SETTINGS)
    with pytest.raises(InputError, match="a deal is of power:, instruments: or sites:"):
        deals.value_deal(folder, "places:here", SETTINGS)


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
    left = power.without(changed, "engines")
    assert "engines" not in left.power
    assert left.instruments["both"].projects == ["turbines"]  # type: ignore[union-attr]
    assert "one" not in left.instruments


def test_a_deal_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"no deal 'enginse'\. Did you mean 'engines'\?"):
        deals.value_deal("one-campus", "enginse", SETTINGS)


def test_its_text_fits_a_terminal_and_its_values_a_machine(engines: deals.PowerDeal) -> None:
    assert max(map(len, deals.as_text(engines).splitlines())) <= 80
    assert json.loads(json.dumps(deals.as_json(engines)))["deal"]["deal"] == "engines"
