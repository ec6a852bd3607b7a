"""A plan operated over full years: the same hours give the same cost, other hours tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.expansion import (
    Campus,
    ExpansionProblem,
    Hours,
    Limits,
    Period,
    PowerPurchase,
    ShedTier,
    Site,
    Storage,
    Supply,
    Zone,
    redispatch,
    solve,
)


def problem(hours: int = 96, *, dip: bool = False, clean: float | None = None) -> ExpansionProblem:
    rng = np.random.default_rng(2)
    hour = np.arange(hours)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    if dip:
        sun = sun * np.where(hour < 48, 0.1, 1.0)
    price = 40 + 25 * np.sin(hour / 5) + rng.uniform(0, 10, hours)
    return ExpansionProblem(
        periods=(Period(2030), Period(2031)),
        hours=Hours(np.full(hours, 8760 / hours), (24,) * (hours // 24)),
        zones=(Zone(name="z", price_usd_per_mwh=price, dirty_fraction=0.6),),
        sites=(
            Site(
                name="here",
                zone="z",
                connection_mw=60.0,
                shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=4000.0),),
            ),
        ),
        supplies=(
            Supply(name="sun", site="here", availability=sun, capex_usd_per_mw=6e5),
            Supply(
                name="plant",
                site="here",
                existing_mw=20.0,
                max_mw=20.0,
                contract=PowerPurchase(70.0, 1.0),
            ),
        ),
        storages=(Storage(name="battery", site="here", duration_hours=4.0, capex_usd_per_mw=4e5),),
        campuses=(Campus(name="it", site="here", existing_it_mw=[100.0, 120.0]),),
        limits=Limits(clean_share_fraction=clean, clean_matching="hourly"),
    )


def test_the_planned_hours_give_the_planned_cost() -> None:
    case = problem()
    found = solve(case)
    years = redispatch(case, case, found, windows=4)
    for year in years:
        assert year.operating_usd == pytest.approx(year.planned_usd, rel=1e-9)
        assert year.operating_error_fraction == pytest.approx(0.0, abs=1e-9)
    weights = np.array([period.weight for period in case.periods])
    # what is paid under take-or-pay is fixed: 20 MW at 70 all year
    fixed = 20 * 70 * 8760 * weights.sum()
    operating = sum(w * year.operating_usd for w, year in zip(weights, years, strict=True))
    parts = found.costs
    assert operating + fixed == pytest.approx(
        parts.energy + parts.market + parts.unserved, rel=1e-9
    )


def test_hours_the_plan_did_not_see_go_unserved() -> None:
    case = problem()
    found = solve(case)
    (last,) = redispatch(problem(dip=True), case, found, years=[2031], windows=4)
    assert last.year == 2031
    assert last.unserved_mwh["here"] > last.planned_unserved_mwh["here"] + 100
    assert last.operating_error_fraction < 0


def test_the_clean_share_is_kept_at_the_plans_price() -> None:
    case = problem(clean=0.9)
    found = solve(case)
    assert found.prices.clean_usd_per_mwh.max() > 0
    for year in redispatch(case, case, found, windows=4):
        assert year.planned_clean_share_fraction == pytest.approx(
            year.clean_share_fraction, abs=0.02
        )


def test_other_periods_are_refused() -> None:
    case = problem()
    found = solve(case)
    with pytest.raises(InputError, match="other periods"):
        redispatch(replace(case, periods=(Period(2040), Period(2041))), case, found)
    with pytest.raises(InputError, match="no period begins in"):
        redispatch(case, case, found, years=[2050])
