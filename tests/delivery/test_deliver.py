"""A programme's plan delivered: promises that hold whatever its figures are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.delivery.announced import announced_plan, bundled

from gigaplan.core.errors import InputError
from gigaplan.delivery import deliver
from gigaplan.programme.plan import (
    AcceleratorPurchase,
    ConnectionBuild,
    PhaseBuild,
    Plan,
    UnitBuild,
)
from gigaplan.programme.resolved import MonthsRange, ResolvedProgramme, StageFigures
from gigaplan.programme.trajectories import BOTTLENECKS, CAPEX_GROUPS, Trajectories

DRAWS = 1000


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute")


@pytest.fixture(scope="module")
def plan(meta: ResolvedProgramme) -> Plan:
    return announced_plan(meta)


@pytest.fixture(scope="module")
def delivered(meta: ResolvedProgramme, plan: Plan) -> Trajectories:
    return deliver(meta, plan, draws=DRAWS)


def rows(found: Trajectories, kind: str, owner: str) -> list[int]:
    return [i for i, e in enumerate(found.entities) if e.kind == kind and e.owner == owner]


def test_the_shapes_and_codes_are_those_of_the_contract(delivered: Trajectories) -> None:
    months, entities = len(delivered.timeline), len(delivered.entities)
    sites = len(delivered.sites)
    assert delivered.online_month.shape == (entities, DRAWS)
    assert delivered.cost_multiplier.shape == (entities, DRAWS)
    assert delivered.entity_capex_usd.shape == (entities, DRAWS)
    assert delivered.site_online_it_mw.shape == (sites, months, DRAWS)
    assert delivered.bottleneck.shape == (sites, months, DRAWS)
    assert set(delivered.capex_usd) == set(CAPEX_GROUPS)
    assert all(v.shape == (months, DRAWS) for v in delivered.capex_usd.values())
    assert delivered.bottleneck.max() < len(BOTTLENECKS)
    filled: list[NDArray[np.floating]] = [
        delivered.cost_multiplier,
        delivered.entity_capex_usd,
        delivered.site_online_it_mw,
        *delivered.capex_usd.values(),
    ]
    for values in filled:
        assert np.all(np.isfinite(values))
        assert np.all(values >= 0)
    assert not np.isnan(delivered.online_month).any()


def test_nothing_is_online_before_its_planned_month(delivered: Trajectories) -> None:
    # bridge power is planned for no month: its rule orders it
    rows = [i for i, e in enumerate(delivered.entities) if not e.owner.endswith("-rented")]
    planned = np.array([delivered.entities[i].planned_month for i in rows])
    assert np.all(delivered.online_month[rows] >= planned[:, None] - 1e-6)


def test_threads_and_the_number_of_draws_change_no_bit(
    meta: ResolvedProgramme, plan: Plan, delivered: Trajectories
) -> None:
    two = deliver(meta, plan, draws=DRAWS, threads=2)
    few = deliver(meta, plan, draws=300)
    for name in ("online_month", "cost_multiplier", "site_online_it_mw", "bottleneck"):
        assert np.array_equal(getattr(delivered, name), getattr(two, name))
        assert np.array_equal(getattr(delivered, name)[..., :300], getattr(few, name))
    assert np.array_equal(delivered.entity_capex_usd, two.entity_capex_usd)
    for group in CAPEX_GROUPS:
        assert np.array_equal(delivered.capex_usd[group], two.capex_usd[group])
        assert np.array_equal(delivered.capex_usd[group][:, :300], few.capex_usd[group])


def test_adding_a_project_leaves_the_draws_of_others_unchanged_to_the_bit(
    meta: ResolvedProgramme, plan: Plan, delivered: Trajectories
) -> None:
    extra = replace(meta.power["oklo-pike"], name="another", site="next-gulf", design="another")
    power = {"another": extra, **meta.power}
    more = deliver(
        replace(meta, power=power),
        replace(plan, units=(UnitBuild("another", 2031, 2.0, 150.0, "own", 0.0), *plan.units)),
        draws=DRAWS,
    )
    place = {(e.kind, e.owner, e.name): i for i, e in enumerate(more.entities)}
    same = [place[e.kind, e.owner, e.name] for e in delivered.entities]
    for name in ("online_month", "cost_multiplier", "entity_capex_usd"):
        assert np.array_equal(getattr(more, name)[same], getattr(delivered, name))
    for i, site in enumerate(delivered.sites):
        if site != "next-gulf":
            assert np.array_equal(more.site_online_it_mw[i], delivered.site_online_it_mw[i])


def test_money_by_month_is_the_money_by_entity(delivered: Trajectories) -> None:
    by_month = sum(values.sum(axis=0) for values in delivered.capex_usd.values())
    np.testing.assert_allclose(by_month, delivered.entity_capex_usd.sum(axis=0), rtol=1e-9)


def _given_up(programme: ResolvedProgramme, project: str, per_year: float) -> ResolvedProgramme:
    changed = replace(programme.power[project], abandoned_per_year=per_year)
    return replace(programme, power={**programme.power, project: changed})


def test_all_units_of_a_project_share_one_licence(meta: ResolvedProgramme) -> None:
    kept = _given_up(meta, "oklo-pike", 0.0)
    delivered = deliver(kept, announced_plan(kept), draws=DRAWS)
    units = rows(delivered, "unit", "oklo-pike")
    refused = np.isinf(delivered.online_month[units])
    assert len(units) == 16
    assert np.all(refused == refused[0])
    chance = meta.power["oklo-pike"].licence_fail_probability ** 2
    error = np.sqrt(chance * (1 - chance) / DRAWS)
    assert abs(refused[0].mean() - chance) < 3 * error


def test_a_project_that_is_given_up_keeps_the_units_that_run_and_stops_spending(
    meta: ResolvedProgramme,
) -> None:
    kept, risky = (_given_up(meta, "oklo-pike", chance) for chance in (0.0, 0.2))
    without, found = (deliver(p, announced_plan(p), draws=DRAWS) for p in (kept, risky))
    units = rows(found, "unit", "oklo-pike")
    months, before = found.online_month[units], without.online_month[units]
    lost = np.isinf(months) & np.isfinite(before)
    assert np.array_equal(months[~lost], before[~lost])
    # the share that is left falls by a fifth in each year
    start, last = meta.timeline.first, before[-1]
    expected = np.mean(np.where(np.isfinite(last), 0.8 ** ((last - start) / 12), 0.0))
    left = np.isfinite(months[-1]).mean()
    assert left == pytest.approx(expected, abs=3 * np.sqrt(expected / DRAWS))
    spent, whole = found.entity_capex_usd[units], without.entity_capex_usd[units]
    assert np.all(spent <= whole * (1 + 1e-9) + 1)
    assert spent[lost].sum() < 0.6 * whole[lost].sum()
    assert np.any((spent[lost] > 0) & (spent[lost] < whole[lost]))


def test_reactors_come_later_than_announced(delivered: Trajectories) -> None:
    units = rows(delivered, "unit", "oklo-pike")
    planned = np.array([delivered.entities[i].planned_month for i in units])
    late = np.median(delivered.online_month[units], axis=1) - planned
    assert np.all(late > 6)


def test_a_blocked_site_gets_none_of_the_phases_that_are_not_begun(
    meta: ResolvedProgramme, delivered: Trajectories
) -> None:
    phases = rows(delivered, "phase", "next-indiana")
    blocked = np.isinf(delivered.online_month[phases])
    assert np.all(blocked == blocked[0])
    chance = meta.sites["next-indiana"].block_probability_fraction
    assert abs(blocked[0].mean() - chance) < 3 * np.sqrt(chance * (1 - chance) / DRAWS)
    at = delivered.sites.index("next-indiana")
    assert np.all(delivered.site_online_it_mw[at][:, blocked[0]] == 0)
    month = delivered.timeline.position(12 * 2034)
    codes = delivered.bottleneck[at, month][blocked[0]]
    assert {BOTTLENECKS[c] for c in codes} == {"permission"}


def test_online_compute_never_exceeds_halls_or_chips_or_power(
    meta: ResolvedProgramme, delivered: Trajectories
) -> None:
    month = delivered.timeline.position(12 * 2033)
    now = delivered.timeline.first + month
    for at, site in enumerate(delivered.sites):

        def standing(kind: str, owners: set[str]) -> np.ndarray:
            return sum(
                (
                    delivered.entities[i].mw * (delivered.online_month[i] <= now)
                    for i in range(len(delivered.entities))
                    if delivered.entities[i].kind == kind and delivered.entities[i].owner in owners
                ),
                start=np.zeros(DRAWS),
            )

        campuses = {c.name for c in meta.campuses.values() if c.site == site}
        behind = {p.name for p in meta.power.values() if p.site == site}
        online = delivered.site_online_it_mw[at, month]
        power = standing("connection", {site}) + standing("unit", behind)
        assert np.all(online <= standing("phase", campuses) + 0.01)
        assert np.all(online * meta.sites[site].design_pue <= power + 0.01)


def test_the_chance_of_each_target_is_that_of_the_draws(delivered: Trajectories) -> None:
    online = delivered.online_it_mw()
    for chance in delivered.targets:
        at = delivered.timeline.position(12 * chance.year + 11)
        share = float((online[at] >= chance.target_it_mw - 1e-3).mean())
        assert chance.probability == pytest.approx(share)
        assert chance.standard_error == pytest.approx(np.sqrt(share * (1 - share) / DRAWS))


def test_what_a_seller_pays_for_costs_the_programme_nothing_or_its_prepayment(
    meta: ResolvedProgramme, delivered: Trajectories
) -> None:
    for i, entity in enumerate(delivered.entities):
        if entity.kind != "unit":
            continue
        project = meta.power[entity.owner]
        usd = delivered.entity_capex_usd[i]
        option = project.exercise_usd * entity.mw / project.max_mw if project.exercise_by else 0
        if project.contract.kind in ("ppa", "tolling"):
            assert np.all(usd <= option + 1)
        elif project.contract.kind == "prepayment":
            built = np.isfinite(delivered.online_month[i])
            built &= delivered.online_month[i] < delivered.timeline.last
            expected = 1000 * project.contract.prepaid_usd_per_kw * entity.mw + option
            np.testing.assert_allclose(usd[built], expected, rtol=1e-9)


def test_a_certain_programme_is_delivered_as_planned() -> None:
    sure = certain(bundled("one-campus"))
    found = deliver(sure, announced_plan(sure), draws=64)
    for entity, months in zip(found.entities, found.online_month, strict=True):
        expected = float(entity.planned_month)
        if entity.kind == "unit":
            # what needs longer than is left is late even when nothing is unsure
            stages = sure.power[entity.owner].stages
            expected = max(expected, sure.timeline.first + longest_path(stages))
        np.testing.assert_allclose(months, expected, atol=1e-3)
    assert np.all(found.bottleneck == 0)
    assert np.all(np.ptp(found.online_it_mw(), axis=1) == 0)


def longest_path(stages: tuple[StageFigures, ...]) -> float:
    by_name = {stage.name: stage for stage in stages}

    def end(name: str) -> float:
        stage = by_name[name]
        return stage.months.p50 + max((end(before) for before in stage.after), default=0.0)

    return max(end(name) for name in by_name)


def certain(programme: ResolvedProgramme) -> ResolvedProgramme:
    def median(months: MonthsRange) -> MonthsRange:
        return MonthsRange(months.p50, months.p50, months.p50)

    none = MonthsRange(0, 0, 0)
    return replace(
        programme,
        design_hold_per_year=0.0,
        sites={
            k: replace(s, connection_delay_months=none, block_probability_fraction=0.0)
            for k, s in programme.sites.items()
        },
        campuses={
            k: replace(
                c,
                phases=tuple(
                    replace(p, construct_months=median(p.construct_months)) for p in c.phases
                ),
            )
            for k, c in programme.campuses.items()
        },
        accelerators={
            k: replace(a, delivery_months=median(a.delivery_months))
            for k, a in programme.accelerators.items()
        },
        power={
            k: replace(
                p,
                licence_fail_probability=0.0,
                abandoned_per_year=0.0,
                stages=tuple(replace(s, months=median(s.months)) for s in p.stages),
            )
            for k, p in programme.power.items()
        },
    )


def test_owned_units_learn_from_completions_of_their_own_design() -> None:
    programme = bundled("one-campus")
    reactors = replace(programme.power["reactors"], learning_rate_fraction=0.2)
    programme = replace(programme, power={**programme.power, "reactors": reactors})
    units = tuple(
        UnitBuild("reactors", year, 1.0, 75.0, "own", 0.0) for year in (2032, 2040, 2041, 2045)
    )
    found = deliver(programme, replace(announced_plan(programme), units=units), draws=DRAWS)
    ratio = found.cost_multiplier[rows(found, "unit", "reactors")]
    assert np.all(ratio[1:] <= ratio[0] + 1e-12)
    assert (ratio[1] < ratio[0]).any()
    assert ratio[-1].mean() < ratio[1].mean() < ratio[0].mean()


def test_a_programme_without_anything_planned_is_delivered_too(meta: ResolvedProgramme) -> None:
    empty = replace(announced_plan(meta), units=(), phases=(), accelerators=(), connections=())
    found = deliver(meta, empty, draws=10)
    assert np.all(found.online_it_mw() == 0)
    assert all(np.all(v == 0) for v in found.capex_usd.values())


def test_a_plan_of_another_programme_is_refused_with_every_name(meta: ResolvedProgramme) -> None:
    wrong = replace(
        announced_plan(meta),
        units=(UnitBuild("oklo-pyke", 2031, 1.0, 75.0, "own", 0.0),),
        phases=(PhaseBuild("hyperion", "venture-9", 2030, 100.0, 0.0),),
        accelerators=(AcceleratorPurchase("el-paso", "h900", 2030, -5.0, 0.0),),
        connections=(ConnectionBuild("mars", 2030, 5.0, 0.0),),
    )
    with pytest.raises(InputError) as caught:
        deliver(meta, wrong, draws=10)
    text = str(caught.value)
    for part in (
        "units of 'oklo-pyke', which programme 'meta-compute' has not. Did you mean 'oklo-pike'?",
        "at campus 'hyperion' the phase 'venture-9'",
        "the accelerator 'h900'",
        "a connection at 'mars'",
        "adds -5 MW of 'h900' at 'el-paso'",
    ):
        assert part in text


def test_a_phase_built_over_two_years_comes_in_two_parts() -> None:
    programme = certain(bundled("one-campus"))
    halves = tuple(PhaseBuild("new-albany", "one", year, 125.0, 0.0) for year in (2028, 2028, 2030))
    found = deliver(programme, replace(announced_plan(programme), phases=halves), draws=10)
    months = {
        e.planned_month: e.mw for e in found.entities if e.kind == "phase" and e.name == "one"
    }
    assert months == {12 * 2028: 250.0, 12 * 2030: 125.0}
    online = found.online_it_mw()[:, 0]
    assert online[found.timeline.position(12 * 2029 + 11)] == pytest.approx(250)
    assert online[-1] == pytest.approx(375)
