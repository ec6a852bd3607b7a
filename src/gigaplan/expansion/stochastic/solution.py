"""What a two-stage solve returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gigaplan.expansion.solution import Kind, Route, Solution


@dataclass(frozen=True)
class Order:
    """Capacity ordered of one option for one period.

    Parameters
    ----------
    kind, name, part
        As in `gigaplan.expansion.Build`.
    year : int
        First year of the period it is ordered for.
    mw : float
    units : int
        Whole units, 0 where the option has none.
    shared : bool
        Whether it is a commitment, placed before the decision date.
    """

    kind: Kind
    name: str
    part: str
    year: int
    mw: float
    units: int
    shared: bool


@dataclass(frozen=True)
class ScenarioOrder(Order):
    """An order as it turns out in one scenario.

    Parameters
    ----------
    serves_from_year : int, optional
        First year of the first period it stands in; None: later than the horizon.
    capex_usd : float
        Undiscounted capital.
    """

    serves_from_year: int | None
    capex_usd: float


@dataclass(frozen=True)
class ScenarioOutcome:
    """One scenario under the commitments.

    Parameters
    ----------
    cost_usd : float
        Whole discounted cost: capital, delay, operation, shortfall, less value of compute.
    bound_usd : float
        No recourse to the same commitments costs less than this.
    orders : tuple of ScenarioOrder
        Commitments and recourse, by the year ordered for.
    solution : Solution
        Capacity, costs, dispatch, prices. Its builds are what enters service, in the year it
        does; its `capex_usd` is spent as ordered. Prices take the commitments as given.
    """

    name: str
    probability: float
    cost_usd: float
    bound_usd: float
    orders: tuple[ScenarioOrder, ...]
    solution: Solution


@dataclass(frozen=True)
class TwoStageSolution:
    """Commitments, what follows in each scenario, and how far to trust them.

    Parameters
    ----------
    status : {"optimal", "time limit"}
        "optimal": the gap asked for is met.
    objective_usd : float
        ``(1 - weight) * expected cost + weight * CVaR``.
    bound_usd : float
        No plan has a lower objective. Of an evaluation: none with these commitments.
    gap : float
        ``(objective - bound) / |objective|``.
    expected_cost_usd : float
    cvar_usd : float
        Mean cost of the dearest ``1 - cvar_level`` of probability.
    route : str
        How the commitments were found; "given" where they were evaluated, "none" where there
        are none to find because each scenario is known.
    first_stage : tuple of Order
        The commitments.
    scenarios : tuple of ScenarioOutcome
    largest_residual : float
        Worst violation of any row or bound in any scenario, over ``1 + |bound|``.
    rows, columns : int
        Size of the stacked program; of the largest scenario's where none was stacked.
    seconds : float
        Wall time.
    """

    status: Literal["optimal", "time limit"]
    objective_usd: float
    bound_usd: float
    gap: float
    expected_cost_usd: float
    cvar_usd: float
    route: Route | Literal["given", "none"]
    first_stage: tuple[Order, ...]
    scenarios: tuple[ScenarioOutcome, ...]
    largest_residual: float
    rows: int
    columns: int
    seconds: float


@dataclass(frozen=True)
class Worth:
    """A difference between two objectives, and where it must lie.

    Parameters
    ----------
    usd : float
        ``worse - better``; above zero: worth having.
    low_usd, high_usd : float
        The true difference of the two optima is between them, by both solutions' bounds.
    better, worse : TwoStageSolution
        With what is valued, and without it.
    """

    usd: float
    low_usd: float
    high_usd: float
    better: TwoStageSolution
    worse: TwoStageSolution
