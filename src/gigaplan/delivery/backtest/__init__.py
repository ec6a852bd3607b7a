"""Past promises scored against what came."""

from __future__ import annotations

from pathlib import Path

from gigaplan.core.errors import InputError, Problem
from gigaplan.delivery.backtest import cohorts, promises, reactors, slip
from gigaplan.delivery.backtest.build_durations import BuildDurations, Builds, fit
from gigaplan.delivery.backtest.listing import as_json, as_text
from gigaplan.delivery.backtest.model import BackTest, Cases, Scores, score
from gigaplan.delivery.backtest.reading import Promise, read_promises
from gigaplan.delivery.backtest.real_files import read_plans, read_reactors

__all__ = [
    "BackTest",
    "BuildDurations",
    "Builds",
    "Cases",
    "Promise",
    "Scores",
    "as_json",
    "as_text",
    "fit",
    "read_promises",
    "run",
    "score",
]


def run(
    data: Path | None = None, promises_file: Path | None = None, *, seed: int = 0
) -> list[BackTest]:
    """Return every back-test that the files allow.

    Parameters
    ----------
    data : Path, optional
        Folder of real files; without it the back-test of shipped figures only.
    promises_file : Path, optional
        CSV of past promises; alone, only these are scored.
    seed : int
        Seed of the posterior's draws and of the bootstrap.
    """
    tests: list[BackTest] = []
    if promises_file is not None:
        tests += promises.back_tests(read_promises(promises_file), seed=seed)
    if data is not None:
        if not data.is_dir():
            raise InputError(Problem("there is no such folder.", file=str(data)))
        builds, dateless = read_reactors(data)
        tests.append(reactors.back_test(builds, dateless, seed=seed))
        plans = read_plans(data, slip.EARLIER, slip.LATER)
        tests.append(slip.dates_back_test(plans, seed=seed))
        tests.append(slip.power_back_test(plans, seed=seed))
    if data is not None or promises_file is None:
        tests.append(cohorts.back_test(seed=seed))
    return tests
