"""What moves an outcome: how much of its spread over draws goes with each cause.

First come the causes that many things share (labour, supply chain, the grid ...): the
share of one is its squared rank correlation with the outcome; they are independent. The
share of a thing's own date or cost is that of what the shared causes leave of it (its
squared semi-partial rank correlation), so that nothing is named for moving with the rest.
Own shares of things that wait for each other overlap, so shares need not add up to one;
they say where to look, not what would change. The standard error is that of a squared
correlation of `n` draws, ``2 |r| (1 - r^2) / sqrt(n)`` (delta method on Fisher's variance).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gigaplan.programme import Trajectories
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.plan_tables import Row

_MOST = 12
_WHOLE = 1e-6
"""Share of a factor's variance below which the shared causes explain all of it."""
Floats = NDArray[np.float64]


def driver_rows(
    outcomes: dict[str, Floats], trajectories: Trajectories, programme: ResolvedProgramme
) -> list[Row]:
    """Return the strongest drivers of each outcome.

    Parameters
    ----------
    outcomes : mapping of str to ndarray, shape [draw]
        What is to be explained.
    trajectories : Trajectories
        Dates and costs by draw, the factors.
    programme : ResolvedProgramme
        Names for people.
    """
    from gigaplan.delivery import shared_cause_scores

    factors = _factors(trajectories, programme)
    causes = {
        f"Shared cause: {name.replace('_', ' ')}": _standard(ranks_of(scores))
        for name, scores in shared_cause_scores(
            programme, draws=trajectories.draws, seed=trajectories.seed
        ).items()
    }
    ranks = causes | _left_by(causes, {name: ranks_of(v) for name, v in factors.items()})
    rows: list[Row] = []
    for output, values in outcomes.items():
        if np.ptp(values) == 0:
            continue
        target = ranks_of(values)
        found = []
        for name, rank in ranks.items():
            r = float(np.corrcoef(rank, target)[0, 1])
            error = 2 * abs(r) * (1 - r * r) / math.sqrt(values.size)
            found.append((r, name, error))
        found.sort(key=lambda item: -abs(item[0]))
        rows += [
            {
                "output": output,
                "factor": name,
                "share_fraction": r * r,
                "correlation": r,
                "standard_error": error,
            }
            for r, name, error in found[:_MOST]
        ]
    return rows


def _factors(trajectories: Trajectories, programme: ResolvedProgramme) -> dict[str, Floats]:
    """Return mean dates and costs by project, campus and site; those that vary."""
    groups: dict[str, list[int]] = {}
    for i, entity in enumerate(trajectories.entities):
        groups.setdefault(_label(entity.kind, entity.owner, programme), []).append(i)
    horizon = float(trajectories.timeline.last + 1)
    out: dict[str, Floats] = {}
    for label, members in groups.items():
        dates = np.minimum(trajectories.online_month[members], horizon).mean(axis=0)
        costs = trajectories.cost_multiplier[members].mean(axis=0)
        for what, values in (("date", dates), ("cost", costs)):
            if np.ptp(values) > 0:
                out[f"{label}: {what}"] = values
    return out


def _left_by(causes: dict[str, Floats], ranks: dict[str, Floats]) -> dict[str, Floats]:
    """Return what the causes leave of each factor's ranks; those they explain whole are left out.

    The rest is the residual of least squares on the causes' ranks.
    """
    if not causes:
        return ranks
    base = np.column_stack([np.ones_like(next(iter(causes.values()))), *causes.values()])
    basis, _ = np.linalg.qr(base)
    out = {}
    for name, rank in ranks.items():
        values = _standard(rank)
        rest = values - basis @ (basis.T @ values)
        if np.mean(rest**2) > _WHOLE:
            out[name] = rest
    return out


def _standard(ranks: Floats) -> Floats:
    result: Floats = (ranks - ranks.mean()) / ranks.std()
    return result


def _label(kind: str, owner: str, programme: ResolvedProgramme) -> str:
    if kind == "unit":
        return programme.power[owner].title
    if kind == "connection":
        return f"Connection of {programme.sites[owner].title}"
    title = programme.campuses[owner].title
    return f"Halls of {title}" if kind == "phase" else f"Chips of {title}"


def ranks_of(values: Floats) -> Floats:
    """Return ranks, those of equal values their mean."""
    from scipy.stats import rankdata

    result: Floats = rankdata(values)
    return result
