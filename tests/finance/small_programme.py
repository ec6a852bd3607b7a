"""A hand-made programme with one campus, one reactor project and one market, for tests."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import Timeline, month_index
from gigaplan.programme import funding
from gigaplan.programme import instruments as money
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import AcceleratorPurchase, PhaseBuild, Plan, UnitBuild
from gigaplan.programme.resolved import (
    AcceleratorFigures,
    CampusFigures,
    FinanceFigures,
    MonthsRange,
    PhaseFigures,
    ReferenceClassFigures,
    ResolvedProgramme,
    SiteFigures,
    StageFigures,
    SupplyFigures,
)
from gigaplan.programme.site_taxes import SiteTaxFigures
from gigaplan.programme.supply import Contract, Own
from gigaplan.programme.trajectories import Entity, Trajectories

YEARS = tuple(range(2026, 2032))
TIMELINE = Timeline.of("2026-01", "2037-12")
CLASS = ReferenceClassFigures("plain", 0.0, 0.1, None, None, 1.0, 1.0, 0.5)
SPAN = MonthsRange(12, 18, 30)


def supply(name: str, contract: Contract, **changes: Any) -> SupplyFigures:
    plain: dict[str, Any] = {field.name: 0.0 for field in dataclasses.fields(SupplyFigures)} | {
        "name": name,
        "title": name,
        "technology": "reactor",
        "design": "reactor",
        "site": "ohio",
        "zone": "pjm",
        "status": "announced",
        "month": month_index("2029-01"),
        "unit_mw": 200.0,
        "units": 2,
        "max_mw": 400.0,
        "announced_months": (month_index("2029-01"),) * 2,
        "max_units_per_year": {},
        "contract": contract,
        "exercise_by": None,
        "fixed_om_usd_per_kw_year": 120.0,
        "fuel": "",
        "fuel_usd_per_mmbtu": (),
        "life_years": 60.0,
        "forced_outage_fraction": 0.05,
        "planned_outage_fraction": 0.05,
        "clean": True,
        "resource": "firm",
        "stages": (StageFigures("construct", MonthsRange(24, 36, 48), (), "labour", 1.0),),
        "reference_class": CLASS,
        "outside_view_applied": False,
        "macrs_years": 15,
        "credit": "none",
    }
    return SupplyFigures(**(plain | changes))


def site(name: str, **changes: Any) -> SiteFigures:
    plain: dict[str, Any] = {field.name: 0.0 for field in dataclasses.fields(SiteFigures)} | {
        "name": name,
        "title": name,
        "zone": "pjm",
        "connection": (),
        "connection_delay_months": SPAN,
        "design_pue": 1.2,
        "taxes": SiteTaxFigures(),
    }
    return SiteFigures(**(plain | changes))


def company(**changes: Any) -> funding.Company:
    plain: dict[str, Any] = {
        "title": "Owner",
        "cash_usd": 8e9,
        "minimum_cash_usd": 1e9,
        "long_term_debt_usd": 2e9,
        "debt_rate_fraction": 0.05,
        "operating_cash_flow_usd": 9e9,
        "operating_cash_flow_growth_fraction": {2026: 0.05, 2030: 0.02},
        "operating_income_usd": 7e9,
        "depreciation_usd": 1.5e9,
        "property_plant_equipment_usd": 1.2e10,
        "other_capex_usd_by_year": {2026: 1.5e9},
        "shareholder_payments_usd_by_year": {2026: 1e9},
        "cash_tax_rate_fraction": 0.18,
    }
    return funding.Company(**(plain | changes))


def instruments() -> dict[str, money.Instrument]:
    return {
        "line": money.Revolver(title="Line", max_usd=2e9, rate_fraction=0.055, fee_fraction=0.001),
        "moved": money.Reallocation(title="Moved", usd_by_year={2026: 1e8}),
        "bonds": money.Bond(
            title="Bonds",
            max_usd_per_year=6e9,
            max_usd_total=2e10,
            rate_fraction=0.053,
            tenor_years=10,
            fee_fraction=0.006,
            first="2026-01",
        ),
        "venture": money.JointVenture(
            title="Venture",
            campus="lebanon",
            max_usd=4e9,
            company_share_fraction=0.2,
            equity_fraction=0.1,
            debt_rate_fraction=0.0658,
            equity_return_fraction=0.11,
            lease_start="2028-01",
            lease_years=8,
            initial_lease_years=4,
            residual_guarantee_years=6,
            closing="2026-02",
            upfront_distribution_usd=2e8,
        ),
        "reactors": money.ProjectDebt(
            title="Loan",
            projects=["reactor"],
            share_of_cost_fraction=0.6,
            rate_fraction=0.07,
            tenor_years=6,
            max_usd=2e9,
        ),
    }


def programme(**changes: Any) -> ResolvedProgramme:
    campus = CampusFigures(
        "lebanon",
        "Lebanon",
        "ohio",
        "standard",
        tuple(
            PhaseFigures(f"p{i}", 250.0, month_index(f"202{7 + i}-01"), "announced", SPAN)
            for i in range(3)
        ),
        11000.0,
        30.0,
        0.8,
        0.3,
        0.2,
        ("gb200",),
        CLASS,
        outside_view_applied=True,
    )
    chip = AcceleratorFigures(
        "gb200",
        "gb200",
        2.5e7,
        0.0,
        month_index("2025-01"),
        None,
        5.0,
        500.0,
        1e15,
        SPAN,
        1.0,
        1.0,
        0.0,
        SPAN,
        {},
    )
    plain: dict[str, Any] = {
        field.name: MappingProxyType({}) for field in dataclasses.fields(ResolvedProgramme)
    } | {
        "name": "small",
        "title": "Small",
        "base_year": 2025,
        "seed": 1,
        "timeline": TIMELINE,
        "years": YEARS,
        "sites": {"ohio": site("ohio")},
        "campuses": {"lebanon": campus},
        "accelerators": {"gb200": chip},
        "power": {"reactor": supply("reactor", Own())},
        "rules": (),
        "company": company(),
        "instruments": instruments(),
        "finance": FinanceFigures(
            0.09, 0.025, 0.25, 0.6, 400.0, 0.004, 5, 39.0, 5.5, 30.0, None, 0.4, 0.2, 100.0
        ),
        "price_index": PriceIndex({2025: 1.0, 2026: 1.03}, 0.025),
        "folder": Path(),
        "figures": (),
    }
    return ResolvedProgramme(**(plain | changes))


def plan() -> Plan:
    return Plan(
        programme="small",
        years=YEARS,
        units=(UnitBuild("reactor", 2029, 2.0, 400.0, "own", 2.4e9),),
        phases=tuple(PhaseBuild("lebanon", f"p{i}", 2027 + i, 250.0, 2.75e9) for i in range(3)),
        accelerators=tuple(
            AcceleratorPurchase("lebanon", "gb200", 2027 + i, 250.0, 6.25e9) for i in range(3)
        ),
        connections=(),
        objective_usd=1.0,
        bound_usd=1.0,
        gap=0.0,
        status="optimal",
        it_mw_by_year=(0.0, 250.0, 500.0, 750.0, 750.0, 750.0),
        target_shortfall_it_mw=(0.0,) * 6,
        capex_usd_by_year=(0.0,) * 6,
    )


def trajectories(draws: int, seed: int = 1, timeline: Timeline = TIMELINE) -> Trajectories:
    rng = np.random.default_rng(seed)
    months, first = len(timeline), timeline.first
    entities = [
        Entity("phase", "lebanon", f"p{i}", "ohio", 250.0, month_index(f"202{7 + i}-01"))
        for i in range(3)
    ]
    entities += [
        Entity(
            "accelerator",
            "lebanon",
            f"gb200-{2027 + i}",
            "ohio",
            250.0,
            month_index(f"202{7 + i}-01"),
        )
        for i in range(3)
    ]
    entities += [
        Entity("unit", "reactor", f"reactor {i}", "ohio", 200.0, month_index("2029-01"))
        for i in range(2)
    ]
    planned = np.array([entity.planned_month for entity in entities], dtype=float)
    online = planned[:, None] + rng.gamma(2.0, 4.0, (len(entities), draws))
    online[7, ::5] = np.inf
    estimate = np.array([2.75e9] * 3 + [6.25e9] * 3 + [1.2e9] * 2)
    multiplier = rng.lognormal(0.1, 0.2, online.shape)
    capital = estimate[:, None] * multiplier
    capital[7, ::5] = 0.0
    month = np.arange(months)[:, None]
    groups = {"phase": "hall", "accelerator": "servers", "unit": "power"}
    capex = {name: np.zeros((months, draws)) for name in ("hall", "servers", "power", "connection")}
    lengths = {"phase": 18, "accelerator": 3, "unit": 36}
    for i, entity in enumerate(entities):
        end = np.where(np.isfinite(online[i]), np.ceil(online[i]), 0) - first
        length = lengths[entity.kind]
        paying = (month < end) & (month >= end - length)
        count = np.maximum(paying.sum(axis=0), 1)
        capex[groups[entity.kind]] += paying * capital[i] / count
    it_mw = np.zeros((1, months, draws), dtype=np.float32)
    for i in range(3):
        ready = np.maximum(online[i], online[3 + i])
        it_mw[0] += (250.0 * (month >= np.ceil(ready) - first)).astype(np.float32)
    return Trajectories(
        timeline=timeline,
        draws=draws,
        seed=seed,
        entities=tuple(entities),
        online_month=online,
        cost_multiplier=multiplier,
        sites=("ohio",),
        site_online_it_mw=it_mw,
        bottleneck=np.zeros((1, months, draws), dtype=np.int8),
        capex_usd=capex,
        entity_capex_usd=capital,
        targets=(),
    )


def operating(trajectory: Trajectories, *, project: str = "reactor") -> OperatingSummary:
    online = trajectory.online_it_mw()
    calendar = trajectory.timeline.year_of_month
    mean = np.stack([online[calendar == year].mean(axis=0) for year in YEARS])
    load = 1.2 * 8760 * mean
    made = np.minimum(load, 3e6 * (np.array(YEARS) >= 2029)[:, None])
    bought = load - made
    zero = np.zeros_like(load)
    return OperatingSummary(
        years=YEARS,
        project_energy_mwh={project: made},
        project_variable_usd={project: 3.0 * made},
        grid_energy_mwh=bought,
        grid_cost_usd=55.0 * bought,
        export_usd=zero,
        load_mwh=load,
        wanted_it_mwh=8760 * mean,
        served_it_mwh=8760 * mean,
        co2_t=zero,
    )
