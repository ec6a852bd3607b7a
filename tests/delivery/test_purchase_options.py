"""What a programme's options on power are worth: against Black's formula, and what must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from tests.delivery.announced import announced_plan, bundled

from gigaplan.delivery.options.purchase import PurchaseWorth, open_options, purchase_worth
from gigaplan.programme.resolved import MonthsRange, ResolvedProgramme, SupplyFigures

DRAWS = 4000
NONE = MonthsRange(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute")


def _at_once(project: SupplyFigures) -> SupplyFigures:
    """Return a project that is licensed and built the moment it is begun."""
    stages = tuple(replace(stage, months=NONE) for stage in project.stages)
    return replace(project, stages=stages, licence_fail_probability=0.0)


def _worth(meta: ResolvedProgramme, project: SupplyFigures, draws: int = DRAWS) -> PurchaseWorth:
    programme = replace(meta, power={**meta.power, project.name: project}, design_hold_per_year=0.0)
    return purchase_worth(programme, announced_plan(meta), project, draws=draws)


def test_an_option_decided_in_one_month_is_worth_what_blacks_formula_says(
    meta: ResolvedProgramme,
) -> None:
    last = meta.timeline.first + 71
    project = _at_once(replace(meta.power["terrapower-options"], exercise_by=last))
    low, value, high = project.alternative_usd_per_mwh or (0, 0, 0)
    found = _worth(meta, project)
    waits = next(p for p in found.policies if p.policy == "wait for the last step")

    rate, years = meta.discount_fraction, 6.0
    contract = project.contract
    assert contract.kind == "prepayment"
    assert project.units is not None
    up = (1 - project.forced_outage_fraction) * (1 - project.planned_outage_fraction)
    month = (1 + rate) ** (-1 / 12)
    annuity = (1 - month**240) / (1 - month) / 12
    # units come in the month they are announced for, which is after the last month to exercise
    waited = [(1 + rate) ** (-(m - last) / 12) for m in project.announced_months]
    waited += waited[-1:] * (project.units - len(waited))
    energy = project.unit_mw * 8760 * up * annuity * sum(waited)
    prepaid = project.unit_mw * 1000 * contract.prepaid_usd_per_kw
    owed = energy * contract.price_usd_per_mwh + prepaid * sum(waited) + project.exercise_usd
    sigma = np.log(high / low) / (2 * norm.isf(0.1))
    d1 = np.log(energy * value / owed) / sigma + sigma / 2
    black = energy * value * norm.cdf(d1) - owed * norm.cdf(d1 - sigma)
    discount = (1 + rate) ** (-(last / 12 - meta.base_year))
    assert years == (last - meta.timeline.first + 1) / 12
    assert waits.value.mean == pytest.approx(black * discount, abs=3 * waits.value.standard_error)


def test_a_wider_range_of_prices_makes_an_option_worth_more(meta: ResolvedProgramme) -> None:
    project = meta.power["terrapower-options"]
    narrow = replace(project, alternative_usd_per_mwh=(85.0, 91.0, 97.0))
    wide = replace(project, alternative_usd_per_mwh=(60.0, 91.0, 130.0))
    known = replace(project, alternative_usd_per_mwh=(91.0, 91.0, 91.0))
    worth = [_worth(meta, p, 1000).worth.value.mean for p in (known, narrow, wide)]
    assert worth[0] <= worth[1] < worth[2]


def test_nobody_with_less_foresight_gets_more(meta: ResolvedProgramme) -> None:
    found = _worth(meta, meta.power["terrapower-options"], 1000)
    least, most = found.policies[0].value, found.policies[-1].value
    for policy in found.policies:
        spread = 3 * policy.value.standard_error
        assert policy.value.mean <= most.mean + spread
    assert most.mean > least.mean
    assert found.worth.value.mean >= -3 * found.worth.value.standard_error


def test_the_boundary_falls_as_the_last_month_comes(meta: ResolvedProgramme) -> None:
    # waiting is worth something, so an early exercise takes a higher price than a late one
    rule = _worth(meta, meta.power["terrapower-options"]).rule.rule
    assert rule.slope_per_step >= 0
    assert rule.threshold > 85


def test_what_the_plan_has_of_an_option_does_not_change_its_worth(meta: ResolvedProgramme) -> None:
    project = meta.power["terrapower-options"]
    plan = announced_plan(meta)
    others = tuple(unit for unit in plan.units if unit.project != project.name)
    found = [
        purchase_worth(meta, replace(plan, units=units), project, draws=200)
        for units in (plan.units, others)
    ]
    assert found[0].policies == found[1].policies


def test_an_option_that_has_lapsed_is_not_open(meta: ResolvedProgramme) -> None:
    lapsed = replace(meta.power["terrapower-options"], exercise_by=meta.timeline.first - 1)
    power = {**meta.power, lapsed.name: lapsed}
    assert [p.name for p in open_options(meta)] == ["terrapower-options"]
    assert open_options(replace(meta, power=power)) == []
