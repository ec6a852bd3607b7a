"""Bridge power ordered by a rule: known cases, no look ahead, and what it is worth."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.delivery.announced import announced_plan, bundled

from gigaplan.delivery import deliver
from gigaplan.delivery.bridges._kernels import order_months, planned_capacity
from gigaplan.delivery.bridges.worth import bridge_worth
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.programme import Trajectories
from gigaplan.programme.resolved import (
    BridgeFigures,
    MonthsRange,
    ResolvedProgramme,
    SupplyFigures,
)
from gigaplan.programme.supply import Tolling

DRAWS = 400
SITE = "hyperion"


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute").to_plan()


def _bridged(meta: ResolvedProgramme, **changes: object) -> ResolvedProgramme:
    like: SupplyFigures = meta.power["next-texas-bridge"]
    bridge = replace(
        like,
        name="rented",
        title="Rented",
        site=SITE,
        month=meta.timeline.first,
        max_mw=600.0,
        contract=Tolling(kind="tolling", capacity_usd_per_kw_year=500.0, term_years=4.0),
        bridge=BridgeFigures(100.0, MonthsRange(4.0, 6.0, 10.0)),
    )
    bridge = replace(bridge, **changes)  # type: ignore[arg-type]
    return replace(meta, power={**meta.power, "rented": bridge})


def _row(found: Trajectories) -> int:
    return next(i for i, e in enumerate(found.entities) if e.owner == "rented")


@pytest.fixture(scope="module")
def bridged(meta: ResolvedProgramme) -> Trajectories:
    programme = _bridged(meta)
    return deliver(programme, announced_plan(programme), draws=DRAWS)


def test_it_is_ordered_in_the_first_month_whose_forecast_falls_short() -> None:
    # one campus of 100 MW from month 12 and 200 more from month 24, a connection for each
    kind = np.array([0, 1, 2, 0, 1, 2, 3, 3])
    mw = np.array([100.0, 100.0, 100.0, 200.0, 200.0, 200.0, 100.0, 200.0])
    plan = np.array([12.0, 12.0, 12.0, 24.0, 24.0, 24.0, 12.0, 24.0])
    ready, power = np.empty(36), np.empty(36)
    planned_capacity(kind, mw, plan[:, None].copy(), 1, 1.0, 0, ready, power)
    assert np.array_equal(ready, np.repeat([0.0, 100.0, 300.0], 12))
    assert np.array_equal(power, ready)
    when = np.repeat(plan[:, None], 3, axis=1)
    # power as planned; five months late; never after the first step
    when[6:, 1] += 5.0
    when[7, 2] = np.inf
    out = np.empty(3)
    order_months(kind, mw, when, 1, 1.0, 0, ready, power, 0, 35, 6, 90.0, 0, 3, out)
    assert np.isinf(out[0])
    # overdue by up to 5 months and so taken to need 5 more, it is there when an order would come
    assert np.isinf(out[1])
    # the second step is overdue since month 24: by month 29 it is taken to need 6 months more
    assert out[2] == 29


def test_halls_and_power_of_a_site_are_what_its_steps_add_up_to() -> None:
    kind = np.array([0, 1, 2, 3, 4])
    mw = np.array([100.0, 100.0, 80.0, 60.0, 30.0])
    when = np.array([[0.0], [2.0], [3.0], [1.0], [4.0]])
    ready, power = np.empty(6), np.empty(6)
    planned_capacity(kind, mw, when, 1, 1.2, 0, ready, power)
    assert ready == pytest.approx([0, 0, 0, 80, 80, 80])
    assert power == pytest.approx([0, 50, 50, 50, 75, 75])


def test_bridge_power_takes_no_compute_away_and_brings_some(
    meta: ResolvedProgramme, bridged: Trajectories
) -> None:
    without = deliver(meta, announced_plan(meta), draws=DRAWS)
    i = bridged.sites.index(SITE)
    gain = bridged.site_online_it_mw[i].astype(float) - without.site_online_it_mw[i]
    assert gain.min() >= -1e-3
    assert gain.mean() > 1
    others = [j for j in range(len(bridged.sites)) if j != i]
    assert np.array_equal(bridged.site_online_it_mw[others], without.site_online_it_mw[others])
    # it comes where it is ordered and brings nothing where it is not
    never = np.isinf(bridged.online_month[_row(bridged)])
    assert 0 < never.mean() < 1
    assert np.all(gain[:, never] == 0)


def test_what_comes_after_an_order_does_not_change_it(meta: ResolvedProgramme) -> None:
    """Cut each draw off after the order: what had not come by then never comes."""
    programme = _bridged(meta)
    work = PreparedDelivery(programme, announced_plan(programme))
    rule = work.bridges[0]
    result = work.draw(DRAWS, leave_out="rented")
    ordered = rule.orders(result)
    came = np.isfinite(ordered)
    cut: NDArray[np.bool_] = result.finish_months > ordered
    result.finish_months[cut] = np.inf
    again = rule.orders(result)
    assert came.any()
    assert np.array_equal(again[came], ordered[came])


def test_a_higher_threshold_orders_no_sooner(meta: ResolvedProgramme) -> None:
    programme = _bridged(meta)
    work = PreparedDelivery(programme, announced_plan(programme))
    result = work.draw(DRAWS, leave_out="rented")
    low, high = (work.bridges[0].orders(result, mw) for mw in (50.0, 900.0))
    assert np.all(high >= low)
    assert np.any(high > low)


def test_it_leaves_at_the_end_of_its_term(meta: ResolvedProgramme) -> None:
    programme = _bridged(meta)
    work = PreparedDelivery(programme, announced_plan(programme))
    result = work.draw(DRAWS)
    site = next(s for s in work.sites if s.layout.name == SITE)
    when = site.months(result.finish_months)
    steps = np.flatnonzero(np.isclose(np.abs(site.layout.mw), 600.0))
    begin, end = when[steps]
    came = np.isfinite(begin)
    assert np.allclose(end[came] - begin[came], 48.0)


def test_the_rule_stated_is_worth_what_two_deliveries_differ_by(
    meta: ResolvedProgramme, bridged: Trajectories
) -> None:
    programme = _bridged(meta)
    plan = announced_plan(programme)
    work = PreparedDelivery(programme, plan)
    found = bridge_worth(work, work.bridges[0], DRAWS)
    without = deliver(meta, announced_plan(meta), draws=DRAWS)
    gain = (bridged.online_it_mw().astype(float) - without.online_it_mw()).sum(axis=0)
    assert found.stated.gain_it_mw_months.mean == pytest.approx(gain.mean(), rel=1e-4)
    ordered = np.isfinite(bridged.online_month[_row(bridged)]).mean()
    assert found.stated.ordered.mean == pytest.approx(ordered)
    assert found.best.net_usd.mean >= found.stated.net_usd.mean


def test_a_bridge_that_costs_nothing_is_worth_the_more_the_sooner_it_is_ordered(
    meta: ResolvedProgramme,
) -> None:
    free = Tolling(kind="tolling", capacity_usd_per_kw_year=0.0, term_years=40.0)
    programme = _bridged(meta, contract=free, fuel_usd_per_mmbtu=(), variable_om_usd_per_mwh=0.0)
    work = PreparedDelivery(programme, announced_plan(programme))
    found = bridge_worth(work, work.bridges[0], DRAWS)
    worth = [rule.net_usd.mean for rule in found.tried]
    assert all(a >= b - 1e-6 for a, b in pairwise(worth))


def test_threads_do_not_matter(bridged: Trajectories, meta: ResolvedProgramme) -> None:
    programme = _bridged(meta)
    again = deliver(programme, announced_plan(programme), draws=DRAWS, threads=2)
    assert np.array_equal(again.online_month, bridged.online_month)
    assert np.array_equal(again.site_online_it_mw, bridged.site_online_it_mw)


def test_a_bridge_at_a_site_without_a_campus_never_comes(meta: ResolvedProgramme) -> None:
    empty = replace(meta.sites[SITE], name="empty")
    programme = _bridged(meta, site="empty")
    programme = replace(programme, sites={**programme.sites, "empty": empty})
    found = deliver(programme, announced_plan(programme), draws=10)
    assert "rented" not in {entity.owner for entity in found.entities}
