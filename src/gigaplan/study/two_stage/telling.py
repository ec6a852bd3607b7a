"""A hedge as plain values for machines, and as lines for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gigaplan.core.statistics import Estimate, estimate
from gigaplan.expansion.solution import Build
from gigaplan.expansion.stochastic import Order
from gigaplan.study.two_stage.carried_out import CarriedOut
from gigaplan.study.two_stage.commit import Hedge, Tested

_BILLION = 1e9
_CHIPS = "chip"


def as_json(found: Hedge, carried: Sequence[CarriedOut] = ()) -> dict[str, Any]:
    """Return a hedge as mappings, lists, numbers and texts."""
    committed = found.committed
    return {
        "schema_version": 1,
        "programme": found.programme,
        "decision_year": found.decision_year,
        "scenarios": [
            {"name": s.name, "probability": s.probability, "cost_usd": s.cost_usd}
            for s in committed.scenarios
        ],
        "reduction_error_fraction": found.reduction.error_fraction,
        "gap": committed.gap,
        "bound_usd": committed.bound_usd,
        "perfect_information_usd": committed.perfect_information_usd,
        "plans": [
            {
                "name": tested.name,
                "in_sample_usd": tested.in_sample_usd,
                "fresh_costs_usd": tested.costs_usd.tolist(),
                "fresh_tail_usd": _pair(found.tail(tested)),
                "saved_by_hedging_usd": _pair(found.saved(tested)),
                "commitments": [
                    {"kind": o.kind, "name": o.name, "part": o.part, "year": o.year, "mw": o.mw}
                    for o in commitments_of(found, tested)
                ],
            }
            for tested in found.tested
        ],
        "delivered_and_operated": [
            {
                "name": one.name,
                "missing_it_mw_years": one.missing_it_mw_years.tolist(),
                "capex_usd": one.capex_usd.tolist(),
                "unserved_fraction": [share.mean for share in one.unserved_fraction],
            }
            for one in carried
        ],
    }


def _pair(value: Estimate) -> dict[str, float]:
    return {"mean": value.mean, "standard_error": value.standard_error}


def commitments_of(found: Hedge, tested: Tested) -> list[Build | Order]:
    """Return what a plan orders before the decision year; chips are ordered with their halls."""
    return [
        order
        for order in tested.orders
        if order.kind != _CHIPS
        and order.year - found.lead_years.get(order.name, 0.0) < found.decision_year
    ]


def as_text(found: Hedge, carried: Sequence[CarriedOut] = ()) -> str:
    """Return lines for a terminal."""
    first, last = found.years[0], found.years[-1]
    committed, count = found.committed, found.settings.fresh
    heads = ("fresh futures", "dearest tenth", "hedging saves")
    lines = [
        f"{found.programme}: what to commit before {found.decision_year}, "
        "when the future is known.",
        "",
        f"Cost {first} to {last}, present value, billion USD (± standard error over",
        f"{count} fresh futures).",
        f"  {'plan':<11}{'scenarios':>10}" + "".join(f"{head:>18}" for head in heads),
    ]
    for tested in found.tested:
        mean = estimate(tested.costs_usd)
        saved = "" if tested.name == "hedged" else _shown(found.saved(tested))
        lines.append(
            f"  {tested.name:<11}{tested.in_sample_usd / _BILLION:>10,.1f}{_shown(mean):>18}"
            f"{_shown(found.tail(tested)):>18}{saved:>18}"
        )
    lines += [
        "",
        f"{len(committed.scenarios)} scenarios stand for {found.settings.drawn:,}; "
        f"{found.reduction.error_fraction:.0%} of the distance that one alone leaves is left.",
        f"No commitments do better over the scenarios than "
        f"{committed.bound_usd / _BILLION:,.1f} (gap {committed.gap:.2%});",
        f"were every future known at once: {committed.perfect_information_usd / _BILLION:,.1f}.",
    ]
    lines += _orders(found)
    if carried:
        lines += _carried(carried)
    return "\n".join(lines)


def _shown(value: Estimate) -> str:
    return f"{value.mean / _BILLION:,.1f} ± {value.standard_error / _BILLION:,.1f}"


def _orders(found: Hedge) -> list[str]:
    """Return MW committed by option, where plans differ."""
    by_plan = []
    for tested in found.tested:
        total: dict[str, float] = {}
        for order in commitments_of(found, tested):
            name = f"{order.name} (halls)" if order.kind == "phase" else order.name
            total[name] = total.get(name, 0.0) + order.mw
        by_plan.append(total)
    names = dict.fromkeys(name for total in by_plan for name in total)
    heads = "".join(f"{tested.name:>12}" for tested in found.tested)
    lines = ["", "MW committed, where plans differ:", f"  {'option':<36}{heads}"]
    for name in names:
        amounts = [total.get(name, 0.0) for total in by_plan]
        if max(amounts) - min(amounts) > 1.0:
            lines.append(f"  {name:<36}" + "".join(f"{mw:>12,.0f}" for mw in amounts))
    return lines


def _carried(carried: Sequence[CarriedOut]) -> list[str]:
    draws = len(carried[0].capex_usd)
    lines = [
        "",
        f"Delivered and operated as they stand in {draws:,} fresh worlds, nothing following:",
        f"  {'plan':<11}{'GW-years missing':>20}{'more than hedged':>20}{'capital, billion':>20}",
    ]
    for one in carried:
        missing = estimate(one.missing_it_mw_years / 1e3)
        more = one.more_missing(carried[0])
        capital = estimate(one.capex_usd / _BILLION)
        cells = [
            f"{missing.mean:,.1f} ± {missing.standard_error:.1f}",
            f"{more.mean / 1e3:+,.1f} ± {more.standard_error / 1e3:.1f}",
            f"{capital.mean:,.0f} ± {capital.standard_error:.0f}",
        ]
        if one is carried[0]:
            cells[1] = ""
        lines.append(f"  {one.name:<11}" + "".join(f"{cell:>20}" for cell in cells))
    return lines
