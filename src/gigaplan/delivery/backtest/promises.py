"""A user's own past promises, scored.

A promise with P10, P50 and P90 is scored as it was made. One without them is forecast from the
other groups of the file: the logarithm of outcome over promise, Student-t, its mean and spread
unknown. So no promise helps to forecast itself or its group.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri, stdtrit

from gigaplan.core.errors import InputError, Problem
from gigaplan.delivery.backtest.model import BackTest, Cases, Scores, score
from gigaplan.delivery.backtest.reading import Promise
from gigaplan.delivery.backtest.scoring import Array
from gigaplan.delivery.durations import Quantiles

_DRAWS = 1000
_FEWEST = 4
_U = (np.arange(_DRAWS) + 0.5) / _DRAWS


def back_tests(promises: tuple[Promise, ...], *, seed: int = 0) -> list[BackTest]:
    """Return scores of the months promised and of the amounts promised, whichever there are."""
    kinds = [(True, "Your promises, dates"), (False, "Your promises, amounts")]
    found = [_of_kind([p for p in promises if p.is_date is d], n, seed) for d, n in kinds]
    tests = [t for t in found if t is not None]
    if not tests:
        raise InputError(Problem("no promise has an outcome to be scored against."))
    return tests


def _of_kind(promises: list[Promise], name: str, seed: int) -> BackTest | None:
    known = [p for p in promises if p.outcome is not None]
    forecasts = [(p, draws) for p in known if (draws := _forecast(p, known)) is not None]
    if not forecasts:
        return None
    is_date = promises[0].is_date
    rows: dict[str, Scores] = {"all": score(_cases(forecasts), seed=seed)}
    groups = sorted({p.group for p in known})
    if 1 < len(groups) < len(known):
        for group in groups:
            own = [f for f in forecasts if f[0].group == group]
            if len(own) >= _FEWEST:
                rows[group] = score(_cases(own), seed=seed)
    unscored = len(promises) - len(forecasts)
    left = (
        f"Not scored: {unscored}, whose outcome nothing bounds, or that have no P10, P50 and P90 "
        f"where fewer than {_FEWEST} of other groups are finished.",
    )
    learned = sum(p.quantiles is None for p, _ in forecasts)
    return BackTest(
        name=name,
        question="How did what came compare with what was promised?",
        unit="months" if is_date else "share of the amount promised",
        announced="the date promised" if is_date else "the amount promised",
        rows=rows,
        notes=(
            f"{learned} of {len(forecasts)} promises had no P10, P50 and P90: those are forecast "
            "from the other groups of the file.",
            *(left if unscored else ()),
        ),
    )


def _cases(forecasts: list[tuple[Promise, Array]]) -> Cases:
    scale = np.array([1.0 if p.is_date else p.promised for p, _ in forecasts])
    return Cases(
        names=tuple(p.project for p, _ in forecasts),
        groups=tuple(p.group for p, _ in forecasts),
        draws=np.stack([d for _, d in forecasts]) / scale[:, None],
        announced=np.array([p.promised for p, _ in forecasts]) / scale,
        outcome=np.array([p.outcome for p, _ in forecasts], float) / scale,
        unfinished=np.array([p.unfinished for p, _ in forecasts]),
    )


def _forecast(promise: Promise, known: list[Promise]) -> Array | None:
    if promise.quantiles is not None:
        return Quantiles(*promise.quantiles).at_scores(ndtri(_U))
    others = [
        math.log(p.outcome / p.promised)
        for p in known
        if p.outcome is not None and not p.unfinished and p.group != promise.group
    ]
    n = len(others)
    if n < _FEWEST:
        return None
    spread = max(float(np.std(others, ddof=1)), 1e-6) * math.sqrt(1 + 1 / n)
    return np.asarray(promise.promised * np.exp(np.mean(others) + spread * stdtrit(n - 1, _U)))
