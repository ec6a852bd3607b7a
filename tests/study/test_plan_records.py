from __future__ import annotations

import json

from gigaplan.programme import (
    AcceleratorPurchase,
    ConnectionBuild,
    PhaseBuild,
    Plan,
    ShadowPrice,
    UnchosenOption,
    UnitBuild,
    Worth,
)
from gigaplan.study.plan_records import plan_from_record, plan_to_record


def test_a_plan_comes_back_from_json_as_it_was() -> None:
    plan = Plan(
        programme="p",
        years=(2027, 2028),
        units=(UnitBuild("gas", 2028, 2.0, 800.0, "own", 1.6e9),),
        phases=(PhaseBuild("c", "one", 2028, 250.0, 3e9),),
        accelerators=(AcceleratorPurchase("c", "gb300", 2028, 250.0, 6e9),),
        connections=(ConnectionBuild("s", 2028, 50.0, 1e7),),
        objective_usd=1.1e10,
        bound_usd=1.09e10,
        gap=0.009,
        status="optimal",
        it_mw_by_year=(0.0, 250.0),
        target_shortfall_it_mw=(0.0, 0.0),
        capex_usd_by_year=(0.0, 1e10),
        shadow_prices=(ShadowPrice("target", "programme", 2028, 4.2, "usd_per_mw"),),
        energy_mwh={"s": {"gas": (0.0, 1.5), "grid": (0.0, 0.1)}},
        notes=("a note",),
        worth=(Worth("connection", "s", 2028, 3e5, "usd_per_mw_year", 50.0, 1.4e7),),
        unchosen=(UnchosenOption("unit", "smr", 2028, 1.2e6, 0.2, 0.0),),
    )
    assert plan_from_record(json.loads(json.dumps(plan_to_record(plan)))) == plan
