"""A reference class of build durations, by country and era, with its own doubt.

For a build i of country c begun in era k (five years):

    log T = a_k + b_c + s e,   e Student-t with five degrees of freedom

* a_k drifts from era to era as a random walk, so a forecast of builds to come is as doubtful as
  eras have proved to differ;
* b_c ~ N(0, tau^2): a country of few builds is drawn towards the world, one of none is of the
  world;
* builds not finished by the day of the fit enter as "longer than so far", never left out. Left
  out, the last era would hold its quick builds only.

The posterior of all parameters is sampled (Gibbs; the unfinished are drawn anew in each round),
so a forecast holds the doubt of the parameters as well as the spread of builds. Priors are weak:
a_1 ~ N(log 6 years, 1), variances inverse-gamma about 0.1^2 to 0.3^2 with weight of 2 to 4 builds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from gigaplan.core.errors import require
from gigaplan.core.random_streams import normals, uniforms
from gigaplan.delivery.backtest.scoring import Array, Flags

ERA_YEARS = 5.0
FREEDOM = 5.0

_ROUNDS = 900
_BURN_IN = 150
_BUILDS_EACH = 4
"""Builds drawn from each row of parameters: the spread of builds needs more draws than they."""
_FIRST_MEAN = math.log(72.0)


@dataclass(frozen=True, slots=True)
class Builds:
    """Builds as known on one day.

    Parameters
    ----------
    names, countries : tuple of str
    start : array
        Year, with its part.
    months : array
        Duration, or what has passed so far.
    unfinished : array of bool
    """

    names: tuple[str, ...]
    countries: tuple[str, ...]
    start: Array
    months: Array
    unfinished: Flags

    def where(self, chosen: Flags) -> Builds:
        """Return some of the builds."""
        return Builds(
            tuple(n for n, c in zip(self.names, chosen, strict=True) if c),
            tuple(n for n, c in zip(self.countries, chosen, strict=True) if c),
            self.start[chosen],
            self.months[chosen],
            self.unfinished[chosen],
        )

    def as_known(self, year: float) -> Builds:
        """Return what was known at the start of a year: begun by then, perhaps not finished."""
        so_far = (year - self.start) * 12
        known = self.where(so_far > 0)
        so_far = so_far[so_far > 0]
        running = known.months > so_far
        months = np.where(running, so_far, known.months)
        return Builds(known.names, known.countries, known.start, months, running | known.unfinished)


@dataclass(frozen=True, slots=True)
class BuildDurations:
    """The fitted class: one row of parameters a draw."""

    cut: float
    era: Array
    country: dict[str, Array]
    drift: Array
    between: Array
    spread: Array
    seed: int

    def forecast(
        self, countries: tuple[str, ...], start: Array, *, inflation: float = 1.0
    ) -> Array:
        """Return months of builds begun after the fit, shape [build, draw].

        `inflation` multiplies the spread of the logarithm about its median.
        """
        n, draws = len(countries), self.era.size * _BUILDS_EACH
        z = normals(self.seed, "backtest.forecast", "era", 2 * n, draws)
        u = uniforms(self.seed, "backtest.forecast", "build", n, draws)
        ahead = np.maximum((start - self.cut) / ERA_YEARS + 0.5, 0.0)[:, None]
        era, drift, spread, between = (
            np.tile(p, _BUILDS_EACH) for p in (self.era, self.drift, self.spread, self.between)
        )
        log_months = era + np.sqrt(ahead) * drift * z[:n] + spread * stdtrit(FREEDOM, u)
        for i, c in enumerate(countries):
            known = self.country.get(c)
            log_months[i] += between * z[n + i] if known is None else np.tile(known, _BUILDS_EACH)
        middle = np.median(log_months, axis=1, keepdims=True)
        return np.asarray(np.exp(middle + inflation * (log_months - middle)))


@dataclass(slots=True)
class _State:
    """Parameters of one round."""

    era: Array
    country: Array
    drift2: float
    between2: float
    spread2: float


def fit(builds: Builds, cut: float, *, seed: int = 0) -> BuildDurations:
    """Sample the posterior from builds as known at the start of year `cut`."""
    known = builds.as_known(cut)
    require(
        int((~known.unfinished).sum()) >= 10,
        f"{int((~known.unfinished).sum())} builds were finished by {cut:g}; 10 or more are "
        "needed to learn how long builds take.",
    )
    names = sorted(set(known.countries))
    c = np.array([names.index(n) for n in known.countries])
    back = ((cut - known.start) / ERA_YEARS).astype(int)
    k = back.max() - back
    kept = _gibbs(np.log(known.months), known.unfinished, c, k, seed, f"{cut:g}")
    country, era, drift2, between2, spread2 = kept
    return BuildDurations(
        cut=cut,
        era=era[:, -1],
        country={n: country[:, i] for i, n in enumerate(names)},
        drift=np.sqrt(drift2),
        between=np.sqrt(between2),
        spread=np.sqrt(spread2),
        seed=seed,
    )


def _gibbs(
    y: Array, late: Flags, c: Array, k: Array, seed: int, entity: str
) -> tuple[Array, Array, Array, Array, Array]:
    """Return draws of country effects, era effects and the three variances."""
    n, countries, eras = y.size, int(c.max()) + 1, int(k.max()) + 1
    z = normals(seed, "backtest.gibbs.effects", entity, eras + countries, _ROUNDS)
    u = uniforms(seed, "backtest.gibbs.unfinished", entity, int(late.sum()), _ROUNDS)
    gammas = _gammas(seed, entity, n, _ROUNDS)
    state = _State(np.full(eras, _FIRST_MEAN), np.zeros(countries), 0.01, 0.04, 0.09)
    weight, full = np.ones(n), y.copy()
    kept = []
    for r in range(_ROUNDS):
        mean = state.era[k] + state.country[c]
        sd = np.sqrt(state.spread2 / weight)
        full[late] = _beyond(y[late], mean[late], sd[late], u[:, r])
        precision = weight / state.spread2
        _draw_eras(state, full, precision, c, k, z[:eras, r])
        _draw_countries(state, full, precision, c, k, z[eras:, r])
        residual2 = (full - state.era[k] - state.country[c]) ** 2
        weight = gammas[:n, r] * 2 / (FREEDOM + residual2 / state.spread2)
        _draw_variances(state, weight * residual2, seed, entity, r)
        if r >= _BURN_IN:
            kept.append((state.country, state.era, state.drift2, state.between2, state.spread2))
    columns = [np.array(column) for column in zip(*kept, strict=True)]
    return columns[0], columns[1], columns[2], columns[3], columns[4]


def _gammas(seed: int, entity: str, n: int, rounds: int) -> Array:
    """Return draws of Gamma((freedom + 1) / 2), shape [build, round]."""
    from scipy.special import gammaincinv

    u = uniforms(seed, "backtest.gibbs.weights", entity, n, rounds)
    return np.asarray(gammaincinv((FREEDOM + 1) / 2, u))


def _beyond(bound: Array, mean: Array, sd: Array, u: Array) -> Array:
    """Return normals beyond a bound."""
    chance = np.maximum(ndtr((mean - bound) / sd), 1e-300)
    return np.maximum(mean - sd * ndtri(u * chance), bound)


def _draw_eras(s: _State, y: Array, precision: Array, c: Array, k: Array, z: Array) -> None:
    eras = s.era.size
    step = 1 / s.drift2
    of_walk = step * (2 * np.eye(eras) - np.eye(eras, k=1) - np.eye(eras, k=-1))
    of_walk[0, 0] -= step - 1.0
    of_walk[-1, -1] -= step if eras > 1 else 0.0
    total = of_walk + np.diag(np.bincount(k, precision, eras))
    pull = np.bincount(k, precision * (y - s.country[c]), eras)
    pull[0] += _FIRST_MEAN
    lower = np.linalg.cholesky(total)
    s.era = np.linalg.solve(lower.T, np.linalg.solve(lower, pull) + z)


def _draw_countries(s: _State, y: Array, precision: Array, c: Array, k: Array, z: Array) -> None:
    size = s.country.size
    total = np.bincount(c, precision, size) + 1 / s.between2
    pull = np.bincount(c, precision * (y - s.era[k]), size)
    s.country = pull / total + z / np.sqrt(total)


def _draw_variances(s: _State, weighted: Array, seed: int, entity: str, r: int) -> None:
    """Draw the variances from inverse gammas."""
    from scipy.special import gammaincinv

    steps = np.diff(s.era)
    shape = np.array([1.5 + steps.size / 2, 1.5 + s.country.size / 2, 2.0 + weighted.size / 2])
    scale = np.array(
        [
            1.5 * 0.1**2 + (steps**2).sum() / 2,
            1.5 * 0.2**2 + (s.country**2).sum() / 2,
            2.0 * 0.3**2 + weighted.sum() / 2,
        ]
    )
    u = uniforms(seed, "backtest.gibbs.variances", entity, 3, 1, first_draw=r)[:, 0]
    s.drift2, s.between2, s.spread2 = (scale / gammaincinv(shape, u)).tolist()
