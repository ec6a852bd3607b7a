"""Every kind of constraint where it binds: a plan by rounds has the reference's answer.

Each kind is a pair of programmes, see `decomposition_kinds`: the constraint binds because the
reference pays more for the second. What a plan by rounds builds is also operated once more as one
program, which must cost what the plan says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import Supply, Zone, solve
from gigaplan.expansion.decomposition import decompose
from gigaplan.expansion.solution import Prices

from .both_ways import LINEAR_GAP, ROUNDING, WHOLE_GAP, encloses
from .decomposition_cases import YEARS, changed, least_cost_of_plan, limited, programme
from .decomposition_kinds import MONEY, POWER

KINDS = {**POWER, **MONEY}
LEAST_SHARE = 1e-3
"""Part of the cost that a constraint must add to count as binding."""

BY_MASTER = (
    "most capacity",
    "most built in a period",
    "earliest year",
    "latest year",
    "connection offered later",
    "land",
)
OPERATED = (
    *(kind for kind in POWER if kind not in BY_MASTER),
    "shed tiers",
    "clean share by year",
    "clean share by hour",
    "carbon cap",
    "price of carbon",
    "budget by period",
    "fund by period",
    "fund that costs",
    "fund for some things",
    "chips that can be had",
)
"""Kinds of which operation sees something, which both ways of operating a site must know."""

HOURLY = {"import cap of a zone": 3, "connection of zone energy": 3}
PARTLY = {"two storages at a site": "a", "standing loss": "b"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_constraint_that_binds_is_planned_as_the_reference_does(kind: str) -> None:
    loose, tight = KINDS[kind]()
    free, reference = solve(loose, gap=1e-6), solve(tight, gap=1e-6)
    added = reference.objective_usd - free.objective_usd
    assert added > LEAST_SHARE * abs(free.objective_usd)
    found = encloses(tight, reference)
    asked = WHOLE_GAP if reference.whole else LINEAR_GAP
    usd = least_cost_of_plan(tight, found)
    assert found.objective_usd == pytest.approx(usd, rel=asked + ROUNDING)
    assert found.objective_usd >= usd - ROUNDING * abs(usd)
    routes = {**found.operated_by}
    routes.pop("sales", None)
    if kind in HOURLY:
        assert routes == {"hourly program": HOURLY[kind]}
    elif kind in PARTLY:
        assert routes == {"storage value": 3, "hourly program": 3}
    else:
        assert routes == {"storage value": 6}


@pytest.mark.parametrize("kind", OPERATED)
def test_sites_operated_as_hourly_programs_know_the_constraint_too(kind: str) -> None:
    tight = KINDS[kind]()[1]
    found = encloses(tight, solve(tight), fast=False)
    assert set(found.operated_by) <= {"hourly program", "sales"}


@pytest.mark.parametrize(
    ("kind", "price"),
    [
        ("compute target", "target_usd_per_it_mw_year"),
        ("budget by period", "budget_usd_per_usd"),
        ("budget in all", "total_budget_usd_per_usd"),
        ("build slots", "slot_usd"),
        ("clean share by year", "clean_usd_per_mwh"),
        ("clean share by hour", "clean_usd_per_mwh"),
        ("carbon cap", "carbon_usd_per_t"),
        ("chips that can be had", "delivery_usd_per_it_mw"),
        ("fund by period", "fund_usd_per_usd"),
        ("fund in all", "fund_total_usd_per_usd"),
        ("latest year", "power_usd_per_mwh"),
    ],
)
def test_what_binds_has_the_references_shadow_price(kind: str, price: str) -> None:
    tight = KINDS[kind]()[1]
    read: Callable[[Prices], Any] = attrgetter(price)
    theirs, ours = (_numbers(read(s.prices)) for s in (solve(tight), decompose(tight, gap=1e-6)))
    size = np.abs(theirs).max()
    assert size > 0
    assert ours == pytest.approx(theirs, rel=0.02, abs=0.005 * size)


def _numbers(price: Any) -> np.ndarray:
    """Return a price of any shape as one row of numbers."""
    entries = price.values() if hasattr(price, "values") else [price]
    return np.concatenate([np.atleast_1d(np.asarray(entry, dtype=np.float64)) for entry in entries])


def test_what_is_built_stands_to_the_end_of_its_life_and_no_longer() -> None:
    bought = POWER["what is built stands"]()[1]
    long = decompose(bought).capacity.supply_mw
    for name, mw in long.items():
        assert (np.diff(mw) >= -1e-6).all(), name
    assert long["gas a"][0] + long["gas b"][0] > 50.0
    signed = decompose(POWER["term of a contract"]()[1]).capacity.supply_mw["contract"]
    assert signed[0] > 10.0
    assert signed[1:] == pytest.approx([0.0, 0.0], abs=1e-6)
    retired = decompose(POWER["existing plant retires"]()[1])
    built = sum(b.mw for b in retired.builds if b.name == "gas a")
    stands = retired.capacity.supply_mw["gas a"]
    assert stands[0] >= 90.0 - 1e-6
    assert stands[2] == pytest.approx(built, abs=1e-6)


def test_the_plan_keeps_to_what_can_be_had() -> None:
    taken = np.zeros(len(YEARS))
    for build in decompose(MONEY["build slots"]()[1]).builds:
        if build.name.startswith("gas"):
            taken[YEARS.index(build.year)] += build.mw
    assert (taken <= np.array([20.0, 20.0, 60.0]) + 1e-6).all()
    assert taken.max() > 19.9
    spent = decompose(MONEY["budget by period"]()[1]).capex_usd
    assert (spent <= np.array([2.6e8, 5e8, 9e8]) * (1 + 1e-9)).all()
    spent = decompose(MONEY["budget in all"]()[1]).capex_usd
    assert spent[:2].sum() == pytest.approx(6.5e8, rel=1e-6)


def test_hours_that_pay_for_use_are_used() -> None:
    paying, free = POWER["negative prices"]()
    more = decompose(paying).energy_mwh["b"]["grid"]
    assert decompose(paying).costs.market < decompose(free).costs.market
    assert (more >= decompose(free).energy_mwh["b"]["grid"] - 1e-6).any()


@pytest.mark.parametrize("fast", [True, False])
def test_a_project_in_a_zone_where_no_site_stands_earns_what_it_sells_for(fast: bool) -> None:
    far = Zone(name="far", price_usd_per_mwh=60.0, sale_price_fraction=1.0)
    farm = Supply(name="farm", zone="far", route="zone", max_mw=100.0, capex_usd_per_mw=1e5)
    base = programme()
    problem = replace(base, zones=(*base.zones, far), supplies=(*base.supplies, farm))
    reference = solve(problem)
    assert reference.objective_usd < 0.9 * solve(base).objective_usd
    encloses(problem, reference, fast=fast)


@pytest.mark.parametrize("seed", [12, 14, 16])
@pytest.mark.parametrize("gap", [1e-4, 2e-5, 1e-6])
@pytest.mark.parametrize(
    "limits", [{"clean_share_fraction": [0.3, 0.6, 0.8], "clean_matching": "hourly"}, {}]
)
def test_the_gap_asked_for_is_left_or_less(seed: int, gap: float, limits: dict[str, Any]) -> None:
    problem = limited(programme(seed), **limits)
    if not limits:
        for name in ("a", "b"):
            problem = changed(problem, name, max_water_m3=5e5)
    found = decompose(problem, gap=gap)
    assert found.gap <= gap
    assert found.status == "optimal"
