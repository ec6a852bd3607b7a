"""A look after a change is what a whole delivery of the changed programme gives."""

from __future__ import annotations

import numpy as np
import pytest
from tests.delivery.announced import announced_plan, bundled

from gigaplan.core.errors import InputError
from gigaplan.delivery import Explorer, Look, deliver
from gigaplan.programme.changed import with_value
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme

DRAWS = 700
SLOWER_GRID = "sites.hyperion.connection_delay_months.p90"


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute")


@pytest.fixture(scope="module")
def plan(meta: ResolvedProgramme) -> Plan:
    return announced_plan(meta)


def same(one: Look, two: Look) -> bool:
    return (
        np.array_equal(one.online_it_mw, two.online_it_mw)
        and np.array_equal(one.bottleneck_share, two.bottleneck_share)
        and one.targets == two.targets
    )


def test_a_look_is_what_deliver_finds(meta: ResolvedProgramme, plan: Plan) -> None:
    found = Explorer(meta, plan, draws=DRAWS).look()
    whole = deliver(meta, plan, draws=DRAWS)
    exact = np.quantile(whole.online_it_mw(), found.shares, axis=1, method="lower")
    assert np.array_equal(found.online_it_mw, exact)
    assert np.allclose(found.bottleneck_share, whole.bottleneck_share(), atol=1e-12)
    assert found.targets == whole.targets


def test_a_look_does_not_depend_on_those_before_it_or_on_threads(
    meta: ResolvedProgramme, plan: Plan
) -> None:
    slower = with_value(meta, SLOWER_GRID, 60.0)
    fewer = with_value(meta, "design_hold_per_year", 0.2)
    explorer = Explorer(meta, plan, draws=DRAWS, threads=2)
    first = explorer.look()
    explorer.look(fewer)
    after = explorer.look(slower)
    assert same(after, Explorer(slower, plan, draws=DRAWS).look())
    assert same(explorer.look(), first)


def test_only_the_sites_that_a_change_touches_are_worked_out_again(
    meta: ResolvedProgramme, plan: Plan
) -> None:
    # without bridge power, which a slower grid may call
    plain = meta.to_plan()
    explorer = Explorer(plain, plan, draws=DRAWS)
    before = explorer.look()
    assert before.moved == tuple(meta.sites)
    assert explorer.look().moved == ()
    after = explorer.look(with_value(plain, SLOWER_GRID, 60.0))
    assert after.moved == ("hyperion",)
    assert np.all(after.online_it_mw <= before.online_it_mw)
    assert np.any(after.online_it_mw < before.online_it_mw)


def test_a_figure_is_changed_by_its_path_and_nothing_else_is(meta: ResolvedProgramme) -> None:
    project = next(p for p in meta.power.values() if p.stages)
    stage = project.stages[-1]
    path = f"power.{project.name}.stages.{stage.name}.months.p90"
    changed = with_value(meta, path, 99)
    assert changed.power[project.name].stages[-1].months.p90 == 99.0
    assert changed.power[project.name].stages[:-1] == project.stages[:-1]
    assert changed.sites == meta.sites
    assert with_value(meta, "target_it_mw.0", 5.0).target_it_mw[0] == 5.0


def test_what_cannot_be_changed_is_said(meta: ResolvedProgramme, plan: Plan) -> None:
    with pytest.raises(InputError, match="sites has no 'hyperian'"):
        with_value(meta, "sites.hyperian.design_pue", 1.2)
    with pytest.raises(InputError, match=r"sites\.hyperion has no 'pue'"):
        with_value(meta, "sites.hyperion.pue", 1.2)
    with pytest.raises(InputError, match="'much' was given in place of"):
        with_value(meta, "sites.hyperion.design_pue", "much")
    with pytest.raises(InputError, match="nothing is inside"):
        with_value(meta, "sites.hyperion.design_pue.p50", 1.2)
    with pytest.raises(InputError, match="out of order"):
        Explorer(meta, plan, draws=16).look(with_value(meta, SLOWER_GRID, 0.5))
    with pytest.raises(InputError, match="0 draws"):
        Explorer(meta, plan, draws=0)
