"""What a back-test is made of: cases, and their scores."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gigaplan.core.errors import require
from gigaplan.core.random_streams import uniforms
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.backtest import scoring
from gigaplan.delivery.backtest.scoring import Array, Flags

NOMINAL = 0.8
"""Share of outcomes that P10 to P90 should hold."""

_RESAMPLES = 2000
CLEAR = 2.0
"""Standard errors beyond which a miss is called one."""
_FEW, _LARGE = 5, 0.1
"""With fewer groups a standard error is itself a guess: only a large miss is named."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Forecasts beside what was announced and what came.

    Parameters
    ----------
    names : tuple of str
    groups : tuple of str
        What cases share, such as a campus: cases of one group are no independent evidence, so
        standard errors come from resampling whole groups.
    draws : array
        Forecast, shape [case, draw].
    announced : array
        The naive forecast, one number a case.
    outcome : array
        What came, or a lower bound of it.
    unfinished : array of bool
        Whether the outcome is only a lower bound.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    draws: Array
    announced: Array
    outcome: Array
    unfinished: Flags

    def __post_init__(self) -> None:
        n = len(self.names)
        require(n > 0, "a back-test needs at least one case with an outcome.")
        shapes = {self.announced.shape, self.outcome.shape, self.unfinished.shape, (n,)}
        require(
            len(shapes) == 1 and len(self.groups) == n and self.draws.shape[0] == n,
            f"a back-test of {n} cases needs as many groups, forecasts and outcomes.",
        )

    def where(self, chosen: Flags) -> Cases:
        """Return some of the cases."""
        return Cases(
            tuple(n for n, c in zip(self.names, chosen, strict=True) if c),
            tuple(g for g, c in zip(self.groups, chosen, strict=True) if c),
            self.draws[chosen],
            self.announced[chosen],
            self.outcome[chosen],
            self.unfinished[chosen],
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """How forecasts did.

    Parameters
    ----------
    cases, unfinished, groups : int
        How many; the unfinished are among the cases.
    coverage : Estimate
        Share of outcomes within P10 to P90; 0.8 if calibrated. An unfinished case counts by the
        chance that its forecast gives it.
    coverage_finished : float
        The same of the finished alone; of all if none is.
    coverage_low, coverage_high : float
        The share if every unfinished case ended where it hurts, or helps, most.
    mean_pit : Estimate
        0.5 if the forecasts lean to neither side; more: outcomes came out higher.
    pit : tuple of float
        Share of outcomes in each tenth of their forecast.
    crps, crps_announced : float
        Mean over cases, in the unit of the outcome.
    pinball : tuple of float
        Mean loss at P10, P50, P90.
    skill : Estimate
        1 - crps / crps_announced, with its standard error by bootstrap over groups.
    """

    cases: int
    unfinished: int
    groups: int
    coverage: Estimate
    coverage_finished: float
    coverage_low: float
    coverage_high: float
    mean_pit: Estimate
    pit: tuple[float, ...]
    crps: float
    crps_announced: float
    pinball: tuple[float, float, float]
    skill: Estimate

    @property
    def _spread(self) -> str:
        miss = self.coverage.mean - NOMINAL
        side = "over-confident" if miss < 0 else "under-confident"
        if self.groups < _FEW:
            return f"looks {side}; few groups" if abs(miss) > _LARGE else "too few groups to judge"
        return (
            side if abs(miss) > CLEAR * self.coverage.standard_error else "calibrated within error"
        )

    @property
    def verdict(self) -> str:
        """Say in a few words whether the spread is right, and which way the forecasts lean."""
        spread = self._spread
        lean = self.mean_pit.mean - 0.5
        if self.groups < 2 or abs(lean) <= CLEAR * self.mean_pit.standard_error:
            return spread
        return f"{spread}; outcomes lean {'above' if lean > 0 else 'below'}"


@dataclass(frozen=True, slots=True)
class BackTest:
    """A named set of scores.

    Parameters
    ----------
    name, question : str
    unit : str
        Unit of the CRPS.
    announced : str
        What the naive forecast is.
    rows : dict
        Scores by row; the first is of all.
    notes : tuple of str
        What to know before believing them.
    facts : tuple of tuple of str
        A small table of its own, its head first; may be empty.
    """

    name: str
    question: str
    unit: str
    announced: str
    rows: dict[str, Scores]
    notes: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = field(default=())


def score(cases: Cases, *, seed: int = 0) -> Scores:
    """Return the scores of cases."""
    y, late = cases.outcome, cases.unfinished
    draws = scoring.capped(cases.draws, y, late)
    ours = scoring.crps(draws, y)
    theirs = np.abs(scoring.capped(cases.announced, y, late) - y)
    low, high = scoring.pit_stretch(cases.draws, y, late)
    inside = scoring.share_within(low, high, 0.1, 0.9)
    quantiles = np.quantile(draws, (0.1, 0.5, 0.9), axis=1)
    losses = [
        float(scoring.pinball(q, p, y).mean())
        for q, p in zip(quantiles, (0.1, 0.5, 0.9), strict=True)
    ]
    sums = _resampled(cases.groups, np.stack((ours, theirs, inside, (low + high) / 2)), seed)
    finished = float(inside[~late].mean()) if not late.all() else float(inside.mean())
    return Scores(
        cases=len(y),
        unfinished=int(late.sum()),
        groups=len(set(cases.groups)),
        coverage=_coverage(inside, sums[2] / sums[4], len(set(cases.groups))),
        coverage_finished=finished,
        coverage_low=float(np.where(late, 0.0, inside).mean()),
        coverage_high=float(np.where(late, low < 0.9, inside).mean()),
        mean_pit=_with_error(float((low + high).mean() / 2), sums[3] / sums[4]),
        pit=tuple(float(v) for v in scoring.pit_histogram(low, high)),
        crps=float(ours.mean()),
        crps_announced=float(theirs.mean()),
        pinball=(losses[0], losses[1], losses[2]),
        skill=_with_error(_skill(ours.sum(), theirs.sum()), _skill_of(sums[0], sums[1])),
    )


def _skill(ours: float, theirs: float) -> float:
    return 1 - ours / theirs if theirs > 0 else 0.0


def _skill_of(ours: Array, theirs: Array) -> Array:
    known = theirs > 0
    return np.asarray(1 - ours[known] / theirs[known])


def _resampled(groups: tuple[str, ...], values: Array, seed: int) -> Array:
    """Return sums of values, and the count, over resampled groups, shape [value, resample]."""
    names = sorted(set(groups))
    member = np.array([names.index(g) for g in groups])
    with_count = np.concatenate((values, np.ones((1, len(groups)))))
    by_group = np.stack([np.bincount(member, v, len(names)) for v in with_count])
    u = uniforms(seed, "backtest.bootstrap", "", len(names), _RESAMPLES)
    chosen = np.minimum((u * len(names)).astype(int), len(names) - 1)
    return np.asarray(by_group[:, chosen].sum(axis=1))


def _coverage(inside: Array, resampled: Array, groups: int) -> Estimate:
    """Return the share inside; if all groups agree, with the error of one more each way.

    Resampling groups that agree gives none, which would make eight of eight a certainty.
    """
    found = _with_error(float(inside.mean()), resampled)
    if groups < 2 or math.isfinite(found.standard_error):
        return found
    share = (found.mean * groups + 1) / (groups + 2)
    return Estimate(found.mean, math.sqrt(share * (1 - share) / groups))


def _with_error(mean: float, resampled: Array) -> Estimate:
    """Return an estimate with the deviation over resamples; infinite if they do not differ."""
    spread = float(np.std(resampled)) if resampled.size > 1 else 0.0
    constant = bool(resampled.size <= 1 or np.ptp(resampled) == 0.0)
    return Estimate(mean, math.inf if constant else spread)


def scores_as_json(scores: Scores) -> dict[str, Any]:
    """Return scores as plain values; a standard error that is unknown is null."""
    return {
        "cases": scores.cases,
        "unfinished": scores.unfinished,
        "groups": scores.groups,
        "coverage_p10_p90": _plain(scores.coverage),
        "coverage_of_finished": scores.coverage_finished,
        "coverage_range": [scores.coverage_low, scores.coverage_high],
        "mean_pit": _plain(scores.mean_pit),
        "pit_histogram": list(scores.pit),
        "crps": scores.crps,
        "crps_announced": scores.crps_announced,
        "pinball_p10_p50_p90": list(scores.pinball),
        "skill": _plain(scores.skill),
        "verdict": scores.verdict,
    }


def _plain(value: Estimate) -> dict[str, float | None]:
    known = math.isfinite(value.standard_error)
    return {"mean": value.mean, "standard_error": value.standard_error if known else None}
