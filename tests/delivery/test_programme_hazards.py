"""What may befall a programme: withdrawn connections, stops of supply, tariffs, heavy tails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.delivery.announced import announced_plan, bundled

from gigaplan.delivery import deliver
from gigaplan.programme import Trajectories
from gigaplan.programme.resolved import MonthsRange, ResolvedProgramme, TeamFigures

DRAWS = 3000


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute").to_plan()


@pytest.fixture(scope="module")
def as_it_is(meta: ResolvedProgramme) -> Trajectories:
    return deliver(meta, announced_plan(meta), draws=DRAWS)


def _rows(found: Trajectories, kind: str, owner: str = "") -> list[int]:
    return [i for i, e in enumerate(found.entities) if e.kind == kind and owner in ("", e.owner)]


def test_a_sites_connection_is_withdrawn_as_a_whole_or_not_at_all(
    meta: ResolvedProgramme, as_it_is: Trajectories
) -> None:
    site = replace(meta.sites["lebanon"], connection_withdrawn_fraction=0.3)
    changed = replace(meta, sites={**meta.sites, "lebanon": site})
    found = deliver(changed, announced_plan(meta), draws=DRAWS)
    rows = _rows(found, "connection", "lebanon")
    gone = np.isinf(found.online_month[rows])
    assert len(rows) > 1
    assert np.all(gone == gone[0])
    assert gone[0].mean() == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / DRAWS))
    others = [i for i in range(len(found.entities)) if i not in rows]
    assert np.array_equal(found.online_month[others], as_it_is.online_month[others])


def test_a_stop_of_supply_delays_deliveries_of_that_system_alone(
    meta: ResolvedProgramme, as_it_is: Trajectories
) -> None:
    chip = replace(
        meta.accelerators["vr200"], stop_per_year=0.5, stop_months=MonthsRange(6.0, 12.0, 24.0)
    )
    changed = replace(meta, accelerators={**meta.accelerators, "vr200": chip})
    found = deliver(changed, announced_plan(meta), draws=DRAWS)
    far = found.timeline.last + 1.0
    late = np.minimum(found.online_month, far) - np.minimum(as_it_is.online_month, far)
    chips = _rows(found, "accelerator")
    stopped = [i for i in chips if found.entities[i].name.startswith("vr200-")]
    others = [i for i in range(len(found.entities)) if i not in stopped]
    assert stopped
    assert np.all(late[stopped] >= 0)
    assert late[stopped].max() > 6
    assert np.all(late[others] == 0)


def test_a_tariff_lifts_the_price_of_what_is_bought_after_it(
    meta: ResolvedProgramme, as_it_is: Trajectories
) -> None:
    changed = replace(meta, tariff_per_year=0.2, tariff_rise_fraction=0.25)
    found = deliver(changed, announced_plan(meta), draws=DRAWS)
    chips = _rows(found, "accelerator")
    ratio = found.cost_multiplier[chips] / as_it_is.cost_multiplier[chips]
    assert np.all(np.isclose(ratio, 1.0) | np.isclose(ratio, 1.25))
    months = found.online_month[chips]
    for d in range(0, DRAWS, 101):
        with_it = months[:, d][np.isclose(ratio[:, d], 1.25) & np.isfinite(months[:, d])]
        without = months[:, d][np.isclose(ratio[:, d], 1.0)]
        assert with_it.size == 0 or without.size == 0 or without.max() <= with_it.min()
    # the share of draws in which it has come by then is that of a fifth a year
    last = int(np.argmax(np.where(np.isfinite(months).all(axis=1), months.mean(axis=1), 0)))
    years = (months[last] - meta.timeline.first) / 12
    expected = float(np.mean(1 - 0.8**years))
    came = float(np.isclose(ratio[last], 1.25).mean())
    assert came == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / DRAWS))


def test_all_chips_of_a_system_have_one_price_that_spreads_as_its_range_says(
    meta: ResolvedProgramme, as_it_is: Trajectories
) -> None:
    chip = meta.accelerators["vr200"]
    rows = [
        i for i in _rows(as_it_is, "accelerator") if as_it_is.entities[i].name.startswith("vr200-")
    ]
    ratio = as_it_is.cost_multiplier[rows]
    assert np.all(ratio == ratio[0])
    low, middle, high = np.quantile(ratio[0], [0.1, 0.5, 0.9])
    assert low == pytest.approx(chip.cost_low_ratio, rel=0.02)
    assert middle == pytest.approx(1.0, rel=0.02)
    assert high == pytest.approx(chip.cost_high_ratio, rel=0.03)


def test_heavy_tails_keep_each_date_and_spread_their_sum(
    meta: ResolvedProgramme, as_it_is: Trajectories
) -> None:
    found = deliver(replace(meta, tail_degrees_of_freedom=2.0), announced_plan(meta), draws=DRAWS)
    late = []
    for moves in (as_it_is, found):
        rows = _rows(moves, "connection")
        month = np.minimum(moves.online_month[rows], moves.timeline.last + 1)
        planned = np.array([moves.entities[i].planned_month for i in rows])[:, None]
        late.append(month - planned)
    plain, heavy = late
    for a, b in zip(plain, heavy, strict=True):
        assert np.median(b) == pytest.approx(np.median(a), abs=1.0 + 0.1 * np.median(a))
    assert heavy.mean(axis=0).std() > plain.mean(axis=0).std()


@pytest.mark.parametrize("draws", [300])
def test_nothing_that_may_befall_changes_what_is_sure(meta: ResolvedProgramme, draws: int) -> None:
    changed = replace(
        meta,
        tariff_per_year=0.0,
        tariff_rise_fraction=0.5,
        tail_degrees_of_freedom=None,
    )
    plan = announced_plan(meta)
    one, two = (deliver(p, plan, draws=draws) for p in (meta, changed))
    assert np.array_equal(one.online_month, two.online_month)
    assert np.array_equal(one.entity_capex_usd, two.entity_capex_usd)


def test_a_team_serves_so_many_at_a_time_and_its_lack_brings_nothing_forward(
    meta: ResolvedProgramme, as_it_is: Trajectories
) -> None:
    plan = announced_plan(meta)

    def with_crews(at_once: int) -> Trajectories:
        team = TeamFigures("crew", "Crew", ("oklo_aurora",), "construct", at_once)
        return deliver(replace(meta, teams={"crew": team}), plan, draws=500)

    one, two, many = (with_crews(n) for n in (1, 2, 50))
    rows = _rows(many, "unit", "oklo-pike")
    assert np.array_equal(many.online_month, as_it_is.online_month[:, :500])
    assert np.all(one.online_month >= two.online_month)
    assert np.all(two.online_month >= many.online_month)
    # sixteen units one after another take far longer than sixteen at once
    built = np.isfinite(one.online_month[rows]).all(axis=0)
    late = [np.median(found.online_month[rows][:, built].max(axis=0)) for found in (one, many)]
    assert late[0] > late[1] + 60
    others = [i for i in range(len(many.entities)) if i not in rows]
    assert np.array_equal(one.online_month[others], many.online_month[others])
