"""Stacks the programs of scenarios into one that shares some of their columns.

With scenario programs ``min c_s x_s, A_s x_s in rows, x_s in bounds`` of probability p_s, shared
columns z, level a and weight w:

    min  (1 - w) sum p_s c_s x_s + w (eta + sum p_s u_s / (1 - a))
    A_s x_s in rows_s
    x_s[shared] - z = 0                                     [share]
    eta + u_s - c_s x_s >= 0,  u_s >= 0                     [tail, only if w > 0]

``c_s x_s`` is all that a scenario costs, capital included. Rows [tail] are divided by a unit, which
``eta`` and ``u_s`` are counted in. Their bounds follow from the least and most that a scenario can
cost, so every column keeps a finite implied bound if every column of the scenarios has one.

Nothing here knows what the columns are: hourly programs, masters of a decomposition and
textbook problems stack alike. Columns of the scenarios come first, in order, each where it was
plus `column_offset`; then the shared ones, eta and u. Rows likewise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import block_diag, csr_matrix, hstack, vstack

from gigaplan.expansion.assembly import Assembly, IntArray, Key, LinearProgram
from gigaplan.expansion.highs import implied_upper
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.stochastic.risk import Risk

SHARED = -1


@dataclass(frozen=True)
class ScenarioProgram:
    """The program of one scenario.

    Parameters
    ----------
    name : str
    probability : float
    program : LinearProgram
        Its cost is all that the scenario costs, in the same unit for all.
    columns : mapping of tuple to array
        Where each block of columns stands in `program`.
    cost_range : (float, float), optional
        Least and most that the scenario can cost; from the program's implied bounds if None. To
        be given where those are not finite, as of columns that only cuts bound.
    """

    name: str
    probability: float
    program: LinearProgram
    columns: Mapping[Key, IntArray] = field(default_factory=dict)
    cost_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Share:
    """A block of columns that take one value in every scenario.

    Parameters
    ----------
    key : tuple
        Name of the shared block.
    columns : array of int [scenario, item]
        Column of each item in each scenario's program; -1 where a scenario has none, which
        holds the item at zero in all.
    """

    key: Key
    columns: IntArray


@dataclass(frozen=True)
class Stacked:
    """The one program, and where everything went.

    Parameters
    ----------
    program : LinearProgram
    column_block, row_block : array of int
        Scenario that a column or row belongs to; -1 for shared columns, eta, and the rows that
        link scenarios.
    column_offset, row_offset : array of int [scenario]
        What to add to a scenario's own index.
    column_count : array of int [scenario]
        How many columns each scenario's own program has.
    shared : mapping of tuple to array
        Shared columns by the key of their `Share`.
    value_at_risk : array of int
        The column eta; empty if the tail has no weight.
    excess : array of int [scenario]
        The columns u; empty if the tail has no weight.
    """

    program: LinearProgram
    column_block: IntArray
    row_block: IntArray
    column_offset: IntArray
    row_offset: IntArray
    column_count: IntArray
    shared: Mapping[Key, IntArray]
    value_at_risk: IntArray
    excess: IntArray

    def scenario_values(self, values: FloatArray, scenario: int) -> FloatArray:
        """Return the part of a point that is a scenario's own program's point."""
        start = int(self.column_offset[scenario])
        return values[start : start + int(self.column_count[scenario])]

    def shared_values(self, values: FloatArray) -> dict[Key, FloatArray]:
        """Return the shared part of a point, by key."""
        return {key: values[columns] for key, columns in self.shared.items()}


def share_blocks(scenarios: Sequence[ScenarioProgram], keys: Iterable[Key]) -> tuple[Share, ...]:
    """Return shares of whole blocks, equally long in every scenario."""
    return tuple(Share(key, np.stack([part.columns[key] for part in scenarios])) for key in keys)


def cost_range(program: LinearProgram) -> tuple[float, float]:
    """Return the least and most that any feasible point can cost, from bounds alone."""
    upper = implied_upper(program)
    counted = program.cost != 0
    ends = program.cost[counted] * np.stack([program.lower[counted], upper[counted]])
    return float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())


def stack(
    scenarios: Sequence[ScenarioProgram],
    shares: Sequence[Share],
    risk: Risk,
    *,
    tail_unit: float = MILLION,
) -> Stacked:
    """Return the one program of all scenarios.

    Parameters
    ----------
    tail_unit : float
        What ``eta`` and ``u_s`` are counted in, in the programs' unit of cost, so that their rows
        are near unit size: a million where costs are USD, one where they are million USD.

    Returns
    -------
    Stacked
        Whole columns that are shared are whole once, in the shared block; the scenarios' copies
        of them follow.
    """
    programs = [part.program for part in scenarios]
    widths = np.array([len(program.cost) for program in programs])
    heights = np.array([program.matrix.shape[0] for program in programs])
    column_offset = np.concatenate([[0], np.cumsum(widths)[:-1]])
    row_offset = np.concatenate([[0], np.cumsum(heights)[:-1]])
    whole = np.concatenate([program.whole for program in programs])
    tail = risk.cvar_weight > 0

    link = Assembly()
    # columns of the scenarios, so that entries of the linking rows may name them
    link.add_columns(("scenarios",), int(widths.sum()))
    shared = {
        share.key: _add_share(link, share, programs, column_offset, whole) for share in shares
    }
    value_at_risk = excess = np.empty(0, dtype=np.int64)
    if tail:
        value_at_risk, excess = _add_tail(link, scenarios, column_offset, risk, tail_unit)
    if not link.row_count:  # a program of no rows still has its columns
        link.add_rows(("none",), 1, lower=0.0)
    linking = link.program()

    own = csr_matrix(block_diag([program.matrix for program in programs], format="csr"))
    extra = len(linking.cost) - int(widths.sum())
    top = hstack([own, csr_matrix((own.shape[0], extra))], format="csr")
    first = int(widths.sum())
    cost = np.concatenate(
        [(1 - risk.cvar_weight) * part.probability * part.program.cost for part in scenarios]
    )
    number = np.arange(len(scenarios))
    column_block = np.concatenate([np.repeat(number, widths), np.full(extra, SHARED)])
    column_block[excess] = number[: len(excess)]

    def joined(name: str, tail_part: FloatArray) -> FloatArray:
        return np.concatenate([*(getattr(program, name) for program in programs), tail_part])

    return Stacked(
        program=LinearProgram(
            matrix=csr_matrix(vstack([top, linking.matrix], format="csr")),
            cost=np.concatenate([cost, linking.cost[first:]]),
            lower=joined("lower", linking.lower[first:]),
            upper=joined("upper", linking.upper[first:]),
            row_lower=joined("row_lower", linking.row_lower),
            row_upper=joined("row_upper", linking.row_upper),
            whole=np.concatenate([whole, linking.whole[first:]]),
        ),
        column_block=column_block,
        row_block=np.concatenate(
            [np.repeat(number, heights), np.full(len(linking.row_lower), SHARED)]
        ),
        column_offset=column_offset,
        row_offset=row_offset,
        column_count=widths,
        shared=shared,
        value_at_risk=value_at_risk,
        excess=excess,
    )


def _add_share(
    link: Assembly,
    share: Share,
    programs: Sequence[LinearProgram],
    column_offset: IntArray,
    whole: np.ndarray,
) -> IntArray:
    """Add the shared columns and the rows that hold copies to them; copies cease to be whole."""
    count = share.columns.shape[1]
    lower, upper = np.full(count, -np.inf), np.full(count, np.inf)
    is_whole = np.zeros(count, dtype=bool)
    for program, columns in zip(programs, share.columns, strict=True):
        there = columns >= 0
        lower[there] = np.maximum(lower[there], program.lower[columns[there]])
        upper[there] = np.minimum(upper[there], program.upper[columns[there]])
        lower[~there], upper[~there] = np.maximum(lower[~there], 0.0), 0.0
        is_whole[there] |= program.whole[columns[there]]
    # bounds that cross leave no point; the copies' own bounds say so to the solver
    lower = np.minimum(lower, upper)
    shared = np.concatenate(
        [np.empty(0, dtype=np.int64)]
        + [
            link.add_columns(
                (*share.key, item), 1, lower=lower[item], upper=upper[item], whole=is_whole[item]
            )
            for item in range(count)
        ]
    )
    for s, columns in enumerate(share.columns):
        there = columns >= 0
        copies = columns[there] + column_offset[s]
        rows = link.add_rows(("share", s, *share.key), int(there.sum()), lower=0.0, upper=0.0)
        link.add_entries(rows, copies, 1.0)
        link.add_entries(rows, shared[there], -1.0)
        whole[copies] = False
    return shared


def _add_tail(
    link: Assembly,
    scenarios: Sequence[ScenarioProgram],
    column_offset: IntArray,
    risk: Risk,
    unit: float,
) -> tuple[IntArray, IntArray]:
    """Add the value at risk, the excess of each scenario over it, and their rows."""
    ranges = np.array([part.cost_range or cost_range(part.program) for part in scenarios]) / unit
    chance = np.array([part.probability for part in scenarios])
    least, most = float(ranges[:, 0].min()), float(ranges[:, 1].max())
    weight = risk.cvar_weight * unit
    eta = link.add_columns(("value at risk",), 1, cost=weight, lower=least, upper=most)
    excess = link.add_columns(
        ("excess",),
        len(scenarios),
        cost=weight * chance / (1 - risk.cvar_level),
        upper=ranges[:, 1] - least,
    )
    rows = link.add_rows(("tail",), len(scenarios), lower=0.0)
    link.add_entries(rows, eta, 1.0)
    link.add_entries(rows, excess, 1.0)
    for s, part in enumerate(scenarios):
        paid = np.flatnonzero(part.program.cost)
        link.add_entries(rows[s], paid + column_offset[s], -part.program.cost[paid] / unit)
    return eta, excess
