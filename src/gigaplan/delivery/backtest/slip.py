"""Campus slip: what Epoch's December 2025 snapshot promised, against its April 2026 one.

**Date.** For each milestone still to come in the earlier snapshot, the months by which the later
one moves it. A milestone of L MW is reached when the later snapshot shows L MW or, since power is
measured anew and whole campuses changed by a third, when it shows the share of its own last
level that L was of the old last level; each with 5% allowed, so that rounding is no slip.

**MW.** MW that the later snapshot has online on its day, over what the earlier promised for it,
for campuses that promised growth until then.

Both are tested leaving one campus out: there are two snapshots only, so no earlier pair to learn
from. Which of the formulations is used is chosen again within each set of other campuses, so the
campus being tested has no say in that either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from gigaplan.core.errors import require
from gigaplan.delivery.backtest import scoring
from gigaplan.delivery.backtest.model import BackTest, Cases, Scores, score
from gigaplan.delivery.backtest.real_files import Path_, Plan, power_at
from gigaplan.delivery.backtest.scoring import Array, Flags

EARLIER, EARLIER_YEAR = "2025-12", 2025.945
"""First snapshot: taken 12 December 2025."""
LATER, LATER_YEAR = "2026-04", 2026.247
"""Second: April 2026, taken as the first of the month; its latest image is of 2 March."""

_TOLERANCE = 0.05
_DRAWS = 600
_MOVED_MONTHS = 0.1
_PRIOR_WEIGHT, _PRIOR_SPREAD = 4.0, 0.7
"""Spread of the log of a slip before any is seen, and how many slips that belief weighs."""
_PRIOR_SLIP = math.log(3.0)


@dataclass(frozen=True, slots=True)
class Milestones:
    """Promised milestones: months ahead when promised, and months they moved."""

    names: tuple[str, ...]
    campuses: tuple[str, ...]
    lead: Array
    slip: Array
    unfinished: Flags

    @property
    def due(self) -> Flags:
        """Whether they fell due between the two snapshots."""
        return self.lead <= (LATER_YEAR - EARLIER_YEAR) * 12 + 0.05


Model = Callable[[Milestones, Flags, Flags], Array]
"""(milestones, those to learn from, those to forecast) -> slip, shape [milestone, draw]."""


def milestones(plans: tuple[Plan, ...]) -> Milestones:
    """Return the milestones to come in the earlier snapshot, with their slip."""
    rows = [row for plan in plans for row in _of_plan(plan)]
    require(len(rows) > 0, "no milestone of the earlier snapshot lies after its day.")
    names, campuses, lead, slip, late = zip(*rows, strict=True)
    return Milestones(names, campuses, np.array(lead), np.array(slip), np.array(late))


def _of_plan(plan: Plan) -> list[tuple[str, str, float, float, bool]]:
    last = plan.earlier[-1][1]
    rows = []
    before = power_at(plan.earlier, EARLIER_YEAR)
    for when, mw in plan.earlier:
        if when <= EARLIER_YEAR or mw <= before:
            continue
        before = mw
        reached = _reached(plan.later, mw, mw / last)
        late = reached is None
        end = plan.later[-1][0] if reached is None else reached
        slip = 12 * (max(end, EARLIER_YEAR) - when)
        name = f"{plan.name}, {mw:g} MW"
        rows.append((name, plan.name, 12 * (when - EARLIER_YEAR), slip, late))
    return rows


def _reached(path: Path_, mw: float, share: float) -> float | None:
    last = path[-1][1]
    enough = min(mw, share * last) * (1 - _TOLERANCE)
    return next((when for when, found in path if found >= enough), None)


def _mixture(slips: Array, scale: Array) -> Array:
    """Return draws of a slip over its scale: unmoved with some chance, else lognormal.

    Chance by the rule of succession; the logarithm by Student-t, its mean and spread unknown.
    """
    moved = slips[np.abs(slips) > _MOVED_MONTHS]
    unmoved = (slips.size - moved.size + 1) / (slips.size + 2)
    log = np.log(np.maximum(moved / scale[np.abs(slips) > _MOVED_MONTHS], 0.05))
    k, middle = log.size, float(np.median(scale)) if scale.size else 1.0
    centre = (log.sum() + _PRIOR_SLIP - math.log(middle)) / (k + 1)
    freedom = _PRIOR_WEIGHT + k
    squares = ((log - centre) ** 2).sum() + _PRIOR_WEIGHT * _PRIOR_SPREAD**2
    spread = math.sqrt(squares / freedom * (1 + 1 / (k + 1)))
    u = (np.arange(_DRAWS) + 0.5) / _DRAWS
    above = np.clip((u - unmoved) / (1 - unmoved), 0.5 / _DRAWS, 1.0)
    size = np.exp(centre + spread * stdtrit(freedom, np.minimum(above, 1 - 0.25 / _DRAWS)))
    return np.where(u < unmoved, 0.0, size)


def _pooled(m: Milestones, train: Flags, test: Flags) -> Array:
    """One chance and one size of slip for all."""
    slips = m.slip[train]
    return np.tile(_mixture(slips, np.ones(slips.size)), (int(test.sum()), 1))


def _by_due(m: Milestones, train: Flags, test: Flags) -> Array:
    """Milestones due before the later snapshot apart from those still to come."""
    out = np.empty((int(test.sum()), _DRAWS))
    for due in (False, True):
        slips = m.slip[train & (m.due == due)]
        out[m.due[test] == due] = _mixture(slips, np.ones(slips.size))
    return out


def _by_lead(m: Milestones, train: Flags, test: Flags) -> Array:
    """As due or not, with slip in proportion to the time that was left."""
    out = np.empty((int(test.sum()), _DRAWS))
    lead = np.maximum(m.lead, 1.0)
    for due in (False, True):
        learned, asked = train & (m.due == due), test & (m.due == due)
        ratio = _mixture(m.slip[learned], lead[learned])
        out[m.due[test] == due] = ratio * lead[asked][:, None]
    return out


MODELS: dict[str, Model] = {
    "one chance for all": _pooled,
    "due apart from not due": _by_due,
    "slip proportional to lead": _by_lead,
}


def leave_one_out(m: Milestones, model: Model, within: Flags) -> Array:
    """Return forecasts of every milestone `within`, each campus from the others; others zero."""
    campuses = np.array(m.campuses)
    out = np.zeros((campuses.size, _DRAWS))
    for campus in sorted(set(campuses[within])):
        test = within & (campuses == campus)
        out[test] = model(m, within & (campuses != campus), test)
    return out


def chosen_model(m: Milestones, within: Flags) -> str:
    """Return the formulation of least CRPS when each campus is forecast from the others."""

    def loss(name: str) -> float:
        draws = leave_one_out(m, MODELS[name], within)[within]
        return float(scoring.crps(draws, m.slip[within]).mean())

    return min(MODELS, key=loss)


def nested(m: Milestones) -> tuple[Array, dict[str, int]]:
    """Return forecasts whose formulation is chosen without their campus, and how often which."""
    campuses = np.array(m.campuses)
    out, votes = np.zeros((campuses.size, _DRAWS)), dict.fromkeys(MODELS, 0)
    for campus in sorted(set(campuses)):
        others = campuses != campus
        name = chosen_model(m, others)
        votes[name] += 1
        out[~others] = MODELS[name](m, others, ~others)
    return out, votes


def dates_back_test(plans: tuple[Plan, ...], *, seed: int = 0) -> BackTest:
    """Return scores of the dates of milestones."""
    m = milestones(plans)
    draws, votes = nested(m)

    def scored(draws: Array, chosen: Flags) -> Scores:
        zero = np.zeros(len(m.names))
        cases = Cases(m.names, m.campuses, draws, zero, m.slip, m.unfinished)
        return score(cases.where(chosen), seed=seed)

    every = np.ones(len(m.names), bool)
    rows = {
        "due between the snapshots": scored(draws, m.due),
        "not yet due": scored(draws, ~m.due),
        "all milestones": scored(draws, every),
    }
    for name, model in MODELS.items():
        rows[f"due: {name}"] = scored(leave_one_out(m, model, every), m.due)
    picked = ", ".join(f"{name}: {n} of {sum(votes.values())}" for name, n in votes.items())
    return BackTest(
        name="Campus slip, dates",
        question="By how many months did milestones of AI campuses move in four months?",
        unit="months",
        announced="the date of the earlier snapshot",
        rows=rows,
        notes=(
            "Each campus is forecast from the others: two snapshots are all there is.",
            f"Formulation chosen inside each fold: {picked}.",
            "Dates of the later snapshot are themselves Epoch's projections where still to come, "
            "and those not yet due mostly carry over: 4 months teach little about them.",
            "Power is partly measured from imagery: a campus measured anew can look late.",
        ),
    )


def power_back_test(plans: tuple[Plan, ...], *, seed: int = 0) -> BackTest:
    """Return scores of MW online on the later snapshot's day, of campuses that promised growth."""
    growing = tuple(p for p in plans if _promised(p) > power_at(p.earlier, EARLIER_YEAR))
    require(len(growing) > 1, "fewer than two campuses promised growth between the snapshots.")
    still = [p for p in plans if p not in growing]
    names = tuple(p.name for p in growing)
    had = np.array([power_at(p.earlier, EARLIER_YEAR) for p in growing])
    had_anew = np.array([power_at(p.later, EARLIER_YEAR) for p in growing])
    promised = np.array([_promised(p) for p in growing])
    found = np.array([_found(p) for p in growing])
    one = np.ones(len(names))
    rows = {
        "MW online": _power_cases(names, promised, found, promised),
        "share of the promise": _power_cases(names, promised, found, one),
        "MW added, each from own base": _power_cases(
            names, promised - had, found - had_anew, promised - had
        ),
    }
    return BackTest(
        name="Campus slip, MW online",
        question="How much of the power promised for 1 April 2026 was online?",
        unit="MW, or share of the promise",
        announced="MW of the earlier snapshot",
        rows={name: score(cases, seed=seed) for name, cases in rows.items()},
        notes=(
            f"{len(names)} campuses that promised growth by then; {promised.sum():,.0f} MW "
            f"promised, {found.sum():,.0f} MW found. The other {len(still)} were forecast as "
            "announced, and are not scored; they were off by "
            f"{sum(abs(_found(p) - _promised(p)) for p in still):,.0f} MW.",
            f"{int((had_anew < had * (1 - _TOLERANCE)).sum())} of the {len(names)} are shown with "
            "less power on the first snapshot's own day too: part of a shortfall is a new "
            "measurement, or a start that had not happened.",
            "What the later snapshot dates within weeks of its own day (31 March, 1 April) it had "
            "not yet seen either.",
            "Each campus is forecast from the others.",
        ),
    )


def _promised(plan: Plan) -> float:
    return power_at(plan.earlier, LATER_YEAR)


def _found(plan: Plan) -> float:
    return power_at(plan.later, LATER_YEAR)


def _power_cases(names: tuple[str, ...], promised: Array, found: Array, unit: Array) -> Cases:
    """Return forecasts of each campus's share from the others' shares, times a unit."""
    share = found / promised
    n = share.size
    draws = np.stack([_shares(share[np.arange(n) != i]) for i in range(n)])
    late = np.zeros(n, bool)
    return Cases(names, names, draws * unit[:, None], unit, share * unit, late)


def _shares(known: Array) -> Array:
    """Return draws of the share delivered: whole with some chance, else as the others fell short.

    Between the shares seen, and 0 and 1 at the ends, straight in the probability.
    """
    short = np.sort(known[known < 1 - _TOLERANCE])
    whole = (known.size - short.size + 1) / (known.size + 2)
    u = (np.arange(_DRAWS) + 0.5) / _DRAWS
    knots = np.concatenate(([0.0], short, [1.0]))
    inside = np.interp(u / (1 - whole), np.linspace(0, 1, knots.size), knots)
    return np.where(u < 1 - whole, inside, 1.0)
