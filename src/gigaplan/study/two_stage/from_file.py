"""From a programme file to a hedge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gigaplan import weather
from gigaplan.study.pipeline import Settings, programme_of
from gigaplan.study.two_stage.carried_out import CarriedOut, carry_out
from gigaplan.study.two_stage.commit import CommitSettings, Hedge, hedge


def hedge_programme(
    programme: str | Path,
    settings: Settings,
    committing: CommitSettings,
    *,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> tuple[Hedge, tuple[CarriedOut, ...]]:
    """Return the hedge of a programme, and its plans delivered and operated.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name.
    settings : Settings
        Draws of delivery and operations, weather years, seed, data, threads.
    committing : CommitSettings
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError, InfeasibleError
        As of a run.
    """
    resolved = programme_of(programme, settings).to_plan()
    series = weather.series_for(
        resolved,
        weather_years=settings.weather_years,
        data_dir=settings.data,
        seed=resolved.seed,
    )
    found = hedge(resolved, series, committing, threads=settings.workers, progress=progress)
    carried = carry_out(
        resolved,
        series,
        found,
        draws=settings.draws,
        threads=settings.workers,
        progress=progress,
    )
    return found, carried
