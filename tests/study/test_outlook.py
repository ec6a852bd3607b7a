"""Money over many worlds: the same as over the worlds that were run, and as if all had been."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from gigaplan import finance
from gigaplan.core.errors import InputError
from gigaplan.delivery import PreparedDelivery, deliver, delivered_worlds
from gigaplan.finance.money import Money
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.study import outlook
from gigaplan.study.pipeline import Results, Settings, go_on, make_plan, make_series

OPERATED = 128


def silent(stage: str, share: float) -> None:
    """Show no progress."""


def held(draws: int, plan: Results | None = None) -> Results:
    settings = Settings(draws=draws, weather_years=2, threads=2)
    found = make_series(resolve(read_programme(locate("one-campus"))), settings, silent)
    if plan is None:
        make_plan(found, settings, silent)
    else:
        found.plan = plan.plan
    return go_on(found, "finance", settings, silent)


@pytest.fixture(scope="module")
def few() -> Results:
    return held(OPERATED)


def means(found: finance.FinanceResult) -> dict[tuple[str, str, str], float]:
    return {(x.group, x.name, x.period): x.value.mean for x in (*found.cash, *found.statements)}


def test_of_the_worlds_that_were_run_it_says_what_finance_does(few: Results) -> None:
    told = outlook.of_results(few, OPERATED, 1).money
    assert few.finance is not None
    same = means(few.finance)
    assert means(told) == pytest.approx(same, rel=1e-9, abs=1.0)
    for mine, theirs in zip(told.metrics, few.finance.metrics, strict=True):
        assert mine.name == theirs.name
        if theirs.value is not None:
            assert mine.value is not None
            assert mine.value.standard_error == pytest.approx(theirs.value.standard_error)
    draws = few.finance.outcomes
    for name, values in (("npv_usd", draws.npv_usd), ("capex_usd", draws.capex_usd)):
        value = told.metric(name).value
        assert value is not None
        for quantile, share in ((value.p10, 0.1), (value.p50, 0.5), (value.p90, 0.9)):
            assert np.mean(values <= quantile) == pytest.approx(share, abs=1.5 / OPERATED)


def test_worlds_that_were_not_run_come_out_as_if_they_had_been(few: Results) -> None:
    """Mean and spread of 1,024 worlds, 128 of them operated, against all of them operated."""
    every = held(1024, few).finance
    told = outlook.of_results(few, 1024, 2).money
    assert every is not None
    for name in ("npv_usd", "required_revenue_usd_per_gw_year", "lcoe_usd_per_mwh"):
        mine, theirs = told.metric(name).value, every.metric(name).value
        assert mine is not None
        assert theirs is not None
        assert mine.mean == pytest.approx(theirs.mean, rel=0.005)
        assert mine.p90 - mine.p10 == pytest.approx(theirs.p90 - theirs.p10, rel=0.1)
    assert told.capex_usd_by_year[2028].mean == pytest.approx(
        every.capex_usd_by_year[2028].mean, rel=1e-9
    )


def test_the_balance_sheet_balances_and_sources_equal_uses_in_every_new_world(
    few: Results,
) -> None:
    assert few.plan is not None
    assert few.trajectories is not None
    assert few.operations is not None
    programme = few.programme
    money = Money.of(programme, few.plan, few.trajectories, few.operations.summary)
    work = PreparedDelivery(programme, few.plan, seed=programme.seed)
    found = money.of_worlds(delivered_worlds(work, 64, first_draw=512), 512).outcome(slice(0, 64))
    sources, uses = sum(found["source"].values()), sum(found["use"].values())
    np.testing.assert_allclose(sources, uses, rtol=1e-9, atol=1.0)
    sheet = found["balance_sheet"]
    np.testing.assert_allclose(
        sheet["total assets"], sheet["total liabilities"] + sheet["equity"], rtol=1e-9, atol=1.0
    )


def test_threads_change_no_bit_and_a_world_is_the_same_however_it_is_drawn(few: Results) -> None:
    one, two = (outlook.of_results(few, 1300, threads) for threads in (1, 2))
    assert means(one.money) == means(two.money)
    assert one.money.metrics == two.money.metrics
    assert few.plan is not None
    work = PreparedDelivery(few.programme, few.plan, seed=few.programme.seed)
    part = delivered_worlds(work, 64, first_draw=256)
    whole = deliver(few.programme, few.plan, draws=320)
    np.testing.assert_array_equal(part.online_month, whole.online_month[:, 256:])
    np.testing.assert_array_equal(part.entity_capex_usd, whole.entity_capex_usd[:, 256:])


def test_what_differs_from_the_operated_world_is_made_up_by_the_market(few: Results) -> None:
    """Load carried over less what projects bring is what is bought, as in the operated world."""
    assert few.plan is not None
    assert few.trajectories is not None
    assert few.operations is not None
    known = few.operations.summary
    money = Money.of(few.programme, few.plan, few.trajectories, known)
    work = PreparedDelivery(few.programme, few.plan, seed=few.programme.seed)
    other = money.of_worlds(delivered_worlds(work, 128, first_draw=256), 256).sources.operating
    bought = other.load_mwh - sum(other.project_energy_mwh.values())
    before = known.load_mwh - sum(known.project_energy_mwh.values())
    clear = (other.grid_energy_mwh > 0) & (other.load_mwh > 0)
    np.testing.assert_allclose(
        (other.grid_energy_mwh - known.grid_energy_mwh)[clear],
        (bought - before)[clear],
        rtol=1e-9,
        atol=1.0,
    )
    assert (other.load_mwh >= 0).all()


def test_fewer_worlds_than_were_run_are_refused(few: Results) -> None:
    with pytest.raises(InputError, match="operations has run 128"):
        outlook.of_results(few, 100, 1)


def test_it_is_told_to_people_in_80_columns_and_to_machines(few: Results) -> None:
    found = outlook.of_results(few, 256, 2)
    text = outlook.as_text(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "256 worlds, 128 of them operated" in text
    told = json.loads(json.dumps(outlook.as_json(found), allow_nan=False))
    assert told["draws"] == 256
    assert told["metrics"]["npv_usd"]["mean"] == found.money.npv_usd.value.mean  # type: ignore[union-attr]
    short = replace(found, money=replace(found.money, metrics=()))
    assert "Over all years" in outlook.as_text(short)
