"""What options are worth and when to exercise them, as tables; see docs/run-format.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gigaplan.core.timeline import month_text
from gigaplan.study.plan_tables import Row

if TYPE_CHECKING:
    from gigaplan.delivery.bridges.worth import BridgeWorth
    from gigaplan.delivery.options.purchase import PurchaseWorth

_QUANTILES = (0.1, 0.5, 0.9)


def option_worth_rows(found: Sequence[PurchaseWorth]) -> list[Row]:
    """Return what each option is worth by policy, from the least to the most foresight."""
    return [
        {
            "project": option.project,
            "policy": policy.policy,
            "usd": policy.value.mean,
            "standard_error": policy.value.standard_error,
            "exercised_fraction": policy.exercised_share,
        }
        for option in found
        for policy in option.policies
    ]


def bridge_rows(found: Sequence[BridgeWorth]) -> list[Row]:
    """Return what each bridge project is worth by the shortfall that orders it."""
    return [
        {
            "project": bridge.project,
            "short_it_mw": rule.short_it_mw,
            "stated": rule is bridge.stated,
            "best": rule is bridge.best,
            "usd": rule.net_usd.mean,
            "standard_error": rule.net_usd.standard_error,
            "ordered_fraction": rule.ordered.mean,
            "it_mw_months": rule.gain_it_mw_months.mean,
        }
        for bridge in found
        for rule in sorted((bridge.stated, *bridge.tried), key=lambda rule: rule.short_it_mw)
    ]


def option_exercise_rows(found: Sequence[PurchaseWorth]) -> list[Row]:
    """Return by month of decision the price to exercise at, and how often it is reached."""
    rows: list[Row] = []
    for option in found:
        value = option.rule.value
        low, middle, high = np.quantile(option.price_usd_per_mwh, _QUANTILES, axis=1)
        boundary = option.rule.rule.by_step(len(option.months))
        rows += [
            {
                "project": option.project,
                "month": month_text(month),
                "exercise_at_usd_per_mwh": float(boundary[i]) if np.isfinite(boundary[i]) else None,
                "p10_usd_per_mwh": float(low[i]),
                "p50_usd_per_mwh": float(middle[i]),
                "p90_usd_per_mwh": float(high[i]),
                "exercised_fraction": float(value.exercise_share[i]),
                "exercised_standard_error": float(value.exercise_error[i]),
                "as_a_duty_usd": option.at_once[i].mean,
                "as_a_duty_standard_error": option.at_once[i].standard_error,
            }
            for i, month in enumerate(option.months)
        ]
    return rows
