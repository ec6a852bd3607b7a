"""Reactor build times: fitted before a year, tested on builds begun in the ten years after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gigaplan.delivery.backtest import scoring
from gigaplan.delivery.backtest.build_durations import Builds, fit
from gigaplan.delivery.backtest.model import CLEAR, NOMINAL, BackTest, Cases, score
from gigaplan.delivery.backtest.scoring import Array

CUTS = (1975, 1985, 1995, 2005)
WINDOW_YEARS = 10

_INNER_YEARS = (15, 10, 5)
_INFLATIONS = tuple(round(0.7 + 0.1 * i, 1) for i in range(14))
_FEWEST_FINISHED = 10
_LATEST_US = ("Vogtle-3", "Vogtle-4", "Summer-2", "Summer-3")
_LATEST_US_CUT = 2013

_REGIONS = {
    "North America": ("United States", "Canada", "Mexico"),
    "Western Europe": (
        *("France", "United Kingdom", "Germany", "Sweden", "Spain", "Belgium"),
        *("Switzerland", "Finland", "Italy", "Netherlands"),
    ),
    "Soviet, Eastern Europe": (
        *("Russia", "Ukraine", "Slovakia", "Bulgaria", "Czechia", "Romania", "Lithuania"),
        *("Hungary", "Armenia", "Belarus", "Kazakhstan", "Slovenia"),
    ),
    "China": ("China",),
    "Japan, Korea, Taiwan": ("Japan", "South Korea", "Taiwan"),
}


def region_of(country: str) -> str:
    """Return the region that scores are given by."""
    return next((r for r, members in _REGIONS.items() if country in members), "Elsewhere")


def cases_after(builds: Builds, cut: int, *, inflation: float = 1.0, seed: int = 0) -> Cases:
    """Return forecasts made at the start of `cut` of builds begun in the ten years after.

    The naive forecast is the median of the builds finished in the ten years before: no promised
    dates are in the file.
    """
    fitted = fit(builds, cut, seed=seed)
    chosen = (builds.start >= cut) & (builds.start < cut + WINDOW_YEARS)
    test = builds.where(chosen)
    ended = builds.start + builds.months / 12
    recent = ~builds.unfinished & (ended < cut) & (ended >= cut - WINDOW_YEARS)
    naive = float(np.median(builds.months[recent]))
    return Cases(
        names=test.names,
        groups=test.countries,
        draws=fitted.forecast(test.countries, test.start, inflation=inflation),
        announced=np.full(len(test.names), naive),
        outcome=test.months,
        unfinished=test.unfinished,
    )


def chosen_inflation(builds: Builds, cut: int, *, always: bool = False, seed: int = 0) -> float:
    """Return the factor on the spread that gave 80% in back-tests inside the training years.

    Only what was known at `cut` takes part: cuts 15, 10 and 5 years earlier, and their builds
    as they stood at `cut`. The factor is 1 unless those tests miss 80% by more than two standard
    errors: countries are few, and a factor fitted to their chance is worse than none. `always`
    takes it all the same. Of factors that do equally well, the nearest to 1.
    """
    known = builds.as_known(cut)
    inner = [c for c in (cut - back for back in _INNER_YEARS) if _enough(known, c)]
    if not inner:
        return 1.0
    tests = joined([cases_after(known, c, seed=seed) for c in inner])
    coverage = score(tests, seed=seed).coverage
    if not always and abs(coverage.mean - NOMINAL) <= CLEAR * coverage.standard_error:
        return 1.0
    return min(_INFLATIONS, key=lambda f: (round(_miss(tests, f), 3), abs(f - 1)))


def _enough(known: Builds, cut: int) -> bool:
    at = known.as_known(cut)
    after = bool(np.any((known.start >= cut) & (known.start < cut + WINDOW_YEARS)))
    return after and int((~at.unfinished).sum()) >= _FEWEST_FINISHED


def _miss(tests: Cases, inflation: float) -> float:
    draws = _inflated(tests.draws, inflation)
    low, high = scoring.pit_stretch(draws, tests.outcome, tests.unfinished)
    return float(abs(scoring.share_within(low, high, 0.1, 0.9).mean() - NOMINAL))


def _inflated(draws: Array, inflation: float) -> Array:
    log = np.log(draws)
    middle = np.median(log, axis=1, keepdims=True)
    return np.asarray(np.exp(middle + inflation * (log - middle)))


def joined(parts: list[Cases]) -> Cases:
    """Return cases of several tests as one."""
    return Cases(
        names=tuple(n for p in parts for n in p.names),
        groups=tuple(g for p in parts for g in p.groups),
        draws=np.concatenate([p.draws for p in parts]),
        announced=np.concatenate([p.announced for p in parts]),
        outcome=np.concatenate([p.outcome for p in parts]),
        unfinished=np.concatenate([p.unfinished for p in parts]),
    )


def back_test(builds: Builds, dateless: int = 0, *, seed: int = 0) -> BackTest:
    """Return scores of all held-out builds, by era and by region, with and without calibration."""
    plain = [cases_after(builds, cut, seed=seed) for cut in CUTS]
    factors = [chosen_inflation(builds, cut, seed=seed) for cut in CUTS]
    always = [chosen_inflation(builds, cut, always=True, seed=seed) for cut in CUTS]
    tuned = _tuned(plain, factors)
    every = joined(tuned)
    rows = {"all held-out builds": score(every, seed=seed)}
    for cut, cases in zip(CUTS, tuned, strict=True):
        rows[f"begun {cut}-{cut + WINDOW_YEARS - 1}"] = score(cases, seed=seed)
    regions = np.array([region_of(c) for c in every.groups])
    for region in (*_REGIONS, "Elsewhere"):
        if np.any(regions == region):
            rows[region] = score(every.where(regions == region), seed=seed)
    rows["all, spread as fitted"] = score(joined(plain), seed=seed)
    rows["all, spread always tuned"] = score(joined(_tuned(plain, always)), seed=seed)
    return BackTest(
        name="Reactor build times",
        question="How long from first concrete to commercial operation?",
        unit="months",
        announced="median of builds finished in the ten years before (no promises in the file)",
        rows=rows,
        notes=(
            f"Factor on the spread, chosen inside each training period: {_listed(factors)}; "
            f"taken even where within its error: {_listed(always)}.",
            f"{dateless} finished builds without a date are left out; builds cancelled before "
            "they were widely listed, above all in the US of the 1970s and 80s, are not in the "
            "file, so true delay was worse.",
            "Standard errors resample countries: builds of one country share their causes.",
            "Vogtle was announced for 2016 and 2017. Summer was abandoned in 2017; the file has it "
            "open, and so do we.",
        ),
        facts=_latest_us(builds, seed),
    )


def _latest_us(builds: Builds, seed: int) -> tuple[tuple[str, ...], ...]:
    """Return forecasts made at the start of 2013 of the US reactors begun that year, in years."""
    test = builds.where(np.array([n in _LATEST_US for n in builds.names]))
    if not test.names:
        return ()
    forecast = fit(builds, _LATEST_US_CUT, seed=seed).forecast(test.countries, test.start)
    years = np.quantile(forecast, (0.1, 0.5, 0.9), axis=1) / 12
    rows = [
        (
            f"{name}, as of {_LATEST_US_CUT}",
            *(f"{years[k, i]:.1f}" for k in range(3)),
            f"{'over ' if test.unfinished[i] else ''}{test.months[i] / 12:.1f}",
        )
        for i, name in enumerate(test.names)
    ]
    return (("years", "P10", "P50", "P90", "came"), *rows)


def _tuned(tests: list[Cases], factors: list[float]) -> list[Cases]:
    return [replace(t, draws=_inflated(t.draws, f)) for t, f in zip(tests, factors, strict=True)]


def _listed(factors: list[float]) -> str:
    return ", ".join(f"{cut} {f:g}" for cut, f in zip(CUTS, factors, strict=True))
