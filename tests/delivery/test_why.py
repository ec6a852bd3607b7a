"""Why a programme's compute comes when it does: what must hold whatever its figures are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.delivery.announced import announced_plan, bundled

from gigaplan.delivery import deliver, planned_online_it_mw
from gigaplan.delivery.model import SimulationResult
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.why import (
    bottleneck_relief,
    headline,
    month_earlier,
    must_go_right,
    site_dates,
    spread_of,
)
from gigaplan.delivery.why.spread import groups_of
from gigaplan.programme.resolved import MonthsRange

DRAWS = 600


@pytest.fixture(scope="module")
def work() -> PreparedDelivery:
    meta = bundled("meta-compute")
    return PreparedDelivery(meta, announced_plan(meta))


@pytest.fixture(scope="module")
def result(work: PreparedDelivery) -> SimulationResult:
    return work.draw(DRAWS)


def test_relief_never_takes_compute_away_and_relief_of_all_brings_what_is_planned(
    work: PreparedDelivery,
) -> None:
    found = bottleneck_relief(work, DRAWS)
    # chips that come sooner wear out sooner: the order holds until the first do
    young = np.array(found.years) < found.years[0] + 5
    assert np.all(found.gain_it_mw[:, young] >= -1e-6)
    assert np.all(found.gain_it_mw[:, young] <= found.gain_it_mw[-1, young] + 1e-6)
    _, planned = planned_online_it_mw(work.programme, work.plan)
    at = [12 * year + 11 - work.programme.timeline.first for year in found.years]
    wanted = planned.sum(axis=0)[at][young]
    as_planned = (found.mean_it_mw + found.gain_it_mw[-1])[young]
    # from the fourth year some units are announced sooner than their stages' medians allow
    assert as_planned[:3] == pytest.approx(wanted[:3], rel=0.01)
    assert as_planned == pytest.approx(wanted, rel=0.05)


def test_what_is_never_late_is_worth_nothing_to_relieve(work: PreparedDelivery) -> None:
    nothing = MonthsRange(0.0, 0.0, 0.0)
    sites = {
        name: replace(site, connection_delay_months=nothing)
        for name, site in work.programme.sites.items()
    }
    sure = PreparedDelivery(replace(work.programme, sites=sites), work.plan)
    found = bottleneck_relief(sure, 200)
    assert np.all(found.gain_it_mw[found.relieved.index("connection")] == 0)
    assert found.gain_it_mw[found.relieved.index("chips")].max() > 0


def test_a_sites_date_is_the_first_month_with_that_much_online(
    work: PreparedDelivery, result: SimulationResult
) -> None:
    whole = deliver(work.programme, work.plan, draws=DRAWS)
    dates = site_dates(work, result, 2030)
    assert dates
    for date in dates:
        online = whole.site_online_it_mw[whole.sites.index(date.site)]
        for draw in range(0, DRAWS, 37):
            there = np.flatnonzero(online[:, draw] >= date.wanted_it_mw - 1e-3)
            want = whole.timeline.first + there[0] if there.size else np.inf
            assert date.month[draw] == want
        assert sum(date.set_by.values()) == pytest.approx(1.0, abs=0.02)


def test_the_chain_adds_up_to_the_date_it_explains(
    work: PreparedDelivery, result: SimulationResult
) -> None:
    for date in site_dates(work, result, 2030):
        chain = date.chain
        assert chain is not None
        traced = chain.began_with >= 0
        added = float((chain.share * (chain.months + chain.wait_months)).sum())
        end = chain.began_month[traced].mean() + added
        # the date is the first whole month after what came last
        assert 0 <= date.month[traced].mean() - end < 1.0


def test_every_random_number_is_in_one_group_and_shares_add_up(work: PreparedDelivery) -> None:
    groups = groups_of(work)
    names = [name for group in groups.values() for name in group]
    assert len(names) == len(set(names))
    assert {a.id for a in work.activities} <= set(names)
    found = spread_of(work, [2030], draws=256)
    assert found.outputs == ("online_it_mw_2030", "capex_usd")
    assert found.shares.shapley.sum(axis=0) == pytest.approx(1.0)
    outside = found.shares.outside, found.shares.outside_standard_error
    assert np.all(np.abs(outside[0]) < 4 * outside[1])


def test_redrawing_everything_gives_other_worlds_of_the_same_kind_and_nothing_gives_the_same(
    work: PreparedDelivery, result: SimulationResult
) -> None:
    same = work.redrawn(()).draw(DRAWS)
    assert np.array_equal(same.finish_months, result.finish_months)
    names = set().union(*groups_of(work).values())
    other = work.redrawn(names).draw(DRAWS)
    varies = (
        np.ptp(np.where(np.isfinite(result.finish_months), result.finish_months, 0), axis=1) > 0
    )
    assert np.all((other.finish_months[varies] != result.finish_months[varies]).any(axis=1))
    medians = np.median(result.finish_months, axis=1), np.median(other.finish_months, axis=1)
    assert np.nanmedian(np.abs(medians[0] - medians[1])[varies]) < 2.0


def test_what_must_go_right_parts_the_worlds_by_the_target_or_by_the_best_tenth(
    work: PreparedDelivery,
) -> None:
    whole = deliver(work.programme, work.plan, draws=DRAWS)
    outcome = headline(whole, 2030)
    month = 12 * 2030 + 11 - whole.timeline.first
    assert np.array_equal(outcome.met, whole.online_it_mw()[month] >= outcome.wanted_it_mw - 1e-3)
    assert 0.05 <= outcome.met.mean() <= 0.95
    found = must_go_right(whole, outcome)
    assert found.conditions
    for condition in found.conditions:
        chance = condition.holds.mean * condition.met_if_holds.mean
        chance += (1 - condition.holds.mean) * condition.met_if_fails.mean
        assert chance == pytest.approx(found.met.mean, abs=1e-9)


def test_a_month_earlier_brings_what_an_earlier_announcement_brings(
    work: PreparedDelivery,
) -> None:
    # without bridge power, whose rule looks at the announcements, and with
    # a known delay, since a step that is announced for another month has draws of its own
    known = MonthsRange(9.0, 9.0, 9.0)
    site = replace(work.programme.sites["lebanon"], connection_delay_months=known)
    sooner = tuple(replace(step, month=step.month - 1) for step in site.connection)
    plan = replace(work.plan, connections=())
    first, second = (
        replace(work.programme.to_plan(), sites={**work.programme.sites, "lebanon": changed})
        for changed in (site, replace(site, connection=sooner))
    )
    before, after = (deliver(p, plan, draws=DRAWS).online_it_mw() for p in (first, second))
    gain = (after.astype(float) - before).sum(axis=0)
    all_found = month_earlier(PreparedDelivery(first, plan), DRAWS)
    found = next(e for e in all_found if (e.kind, e.owner) == ("connection", "lebanon"))
    assert found.it_mw_months.mean == pytest.approx(gain.mean(), rel=1e-4)
    assert found.it_mw_months.mean > 100
    worth = work.programme.shortfall_usd_per_it_mw_year / 12
    assert 0.2 * worth < found.usd.mean / found.it_mw_months.mean < worth


def test_what_comes_after_the_last_month_gains_nothing_by_a_month(work: PreparedDelivery) -> None:
    never = MonthsRange(900.0, 900.0, 900.0)
    sites = {
        name: replace(site, connection_delay_months=never) if name == "lebanon" else site
        for name, site in work.programme.sites.items()
    }
    late = PreparedDelivery(replace(work.programme, sites=sites), work.plan)
    found = {(e.kind, e.owner): e for e in month_earlier(late, 50)}
    assert found["connection", "lebanon"].it_mw_months.mean == 0
