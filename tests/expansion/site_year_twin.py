"""The least cost of a small site-year in plain Python: every state on a grid, every way round.

With whole numbers of MW and MWh, and efficiencies of 1 or 1/2, an optimal path turns at states
that are multiples of 1/2 and at charges that are multiples of 1/4, so the grid misses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

STATE_STEP = 0.5
CHARGE_STEP = 0.25


@dataclass(frozen=True)
class SmallYear:
    """A chain of hours: demand, and offers of (USD per MWh, MW) in each hour."""

    demand_mw: list[float]
    offers: list[list[tuple[float, float]]]
    power_mw: float
    energy_mwh: float
    charge: float
    discharge: float
    wear: float


def stack_cost(offers: list[tuple[float, float]], made: float) -> float:
    """Return the least cost of making so much; infinite if it cannot be made."""
    if made < -1e-12:
        return float("inf")
    cost = 0.0
    for usd, size in sorted(offers):
        take = min(size, made)
        cost += usd * take
        made -= take
    return cost if made <= 1e-12 else float("inf")


def hour_cost(year: SmallYear, hour: int, change: float) -> float:
    """Return the least cost of an hour in which the state changes by so much."""
    best = float("inf")
    for k in range(round(year.power_mw / CHARGE_STEP) + 1):
        charged = k * CHARGE_STEP
        discharged = (charged * year.charge - change) * year.discharge
        if not -1e-12 <= discharged <= year.power_mw + 1e-12:
            continue
        made = year.demand_mw[hour] + charged - discharged
        cost = stack_cost(year.offers[hour], made) + year.wear * discharged
        best = min(best, cost)
    return best


def least_cost(year: SmallYear) -> float:
    """Return the least cost of the chain, with the state at the end what it was before."""
    count = round(year.energy_mwh / STATE_STEP) + 1
    hours = range(len(year.demand_mw))
    by_change = [
        [hour_cost(year, h, (k - count + 1) * STATE_STEP) for k in range(2 * count - 1)]
        for h in hours
    ]
    best = float("inf")
    for start in range(count):
        togo = [0.0 if k == start else float("inf") for k in range(count)]
        for h in reversed(hours):
            togo = [
                min(
                    by_change[h][after - before + count - 1] + togo[after] for after in range(count)
                )
                for before in range(count)
            ]
        best = min(best, togo[start])
    return best
