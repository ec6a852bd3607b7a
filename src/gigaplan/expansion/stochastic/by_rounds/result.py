"""What commitments come to when scenarios are planned by rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Build
from gigaplan.expansion.stochastic.solution import Order


@dataclass(frozen=True)
class Recourse:
    """One scenario under given commitments, with the best that can follow them.

    Parameters
    ----------
    name : str
    probability : float
    cost_usd, bound_usd : float
        Whole discounted cost, and what no recourse to the same commitments undercuts.
    orders : tuple of Build
        Commitments and recourse, by the year ordered for; recourse may be parts of units.
    online_it_mw, shortfall_it_mw, capex_usd : array [period]
        Compute online and missing; capital by the period it is spent in.
    """

    name: str
    probability: float
    cost_usd: float
    bound_usd: float
    orders: tuple[Build, ...]
    online_it_mw: FloatArray
    shortfall_it_mw: FloatArray
    capex_usd: FloatArray


@dataclass(frozen=True)
class Committed:
    """Commitments for all scenarios, and how far to trust them.

    Parameters
    ----------
    status : {"optimal", "gap left", "time limit"}
    objective_usd, bound_usd, gap : float
        Risk-weighed cost; no commitments, whole or in parts, have a lower one than the bound.
    parts_usd : float
        The same objective where commitments too may be parts of units; within half the gap asked
        for of the bound.
    expected_cost_usd, cvar_usd : float
    perfect_information_usd : float
        What the objective would be if each scenario were known before anything is ordered: at
        least this much, by the scenarios' own bounds.
    first_stage : tuple of Order
        The commitments, in whole units where units are whole.
    scenarios : tuple of Recourse
    rounds : int
        Rounds over all scenarios together.
    rows, columns : int
        Of the last program of all scenarios.
    seconds : float
    """

    status: Literal["optimal", "gap left", "time limit"]
    objective_usd: float
    bound_usd: float
    gap: float
    parts_usd: float
    expected_cost_usd: float
    cvar_usd: float
    perfect_information_usd: float
    first_stage: tuple[Order, ...]
    scenarios: tuple[Recourse, ...]
    rounds: int
    rows: int
    columns: int
    seconds: float
