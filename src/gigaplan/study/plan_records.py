"""A plan as plain values and back, so that it can be kept as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

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

_ROWS: dict[str, Any] = {
    "units": UnitBuild,
    "phases": PhaseBuild,
    "accelerators": AcceleratorPurchase,
    "connections": ConnectionBuild,
    "shadow_prices": ShadowPrice,
    "unchosen": UnchosenOption,
    "worth": Worth,
}


def plan_to_record(plan: Plan) -> dict[str, Any]:
    """Return a plan as mappings, lists, numbers and texts."""
    return dataclasses.asdict(plan)


def plan_from_record(record: dict[str, Any]) -> Plan:
    """Return the plan that `plan_to_record` was given."""
    values: dict[str, Any] = {}
    for name, value in record.items():
        if name in _ROWS:
            values[name] = tuple(_ROWS[name](**row) for row in value)
        elif name == "energy_mwh":
            values[name] = {
                site: {source: tuple(mwh) for source, mwh in sources.items()}
                for site, sources in value.items()
            }
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return Plan(**values)
