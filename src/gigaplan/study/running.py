"""A run: everything computed from one programme, kept in one folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gigaplan.core.errors import InputError
from gigaplan.core.version import VERSION
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import ProgrammeFile, read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.runs import RunStore, code_id, content_id
from gigaplan.study.pipeline import (
    STAGES,
    Progress,
    Results,
    Settings,
    go_on,
    make_plan,
    make_series,
)
from gigaplan.study.plan_records import plan_from_record, plan_to_record
from gigaplan.study.tables import (
    SCHEMA_VERSION,
    all_tables,
    rounded_seconds,
    stage_summary,
    stage_tables,
    summary,
)

__all__ = ["SCHEMA_VERSION", "Outcome", "StageOutcome", "run", "stage"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run: its folder, and whether it was kept from before."""

    run_id: str
    folder: Path
    kept: bool


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """One engine's part of a run's summary and tables."""

    summary: dict[str, Any]
    tables: dict[str, Any]


def _silent(stage: str, share: float) -> None:
    """Show no progress."""


def run(
    programme: str | Path,
    settings: Settings | None = None,
    *,
    store: RunStore,
    fresh: bool = False,
    progress: Progress = _silent,
    finish: Callable[[Path], None] | None = None,
) -> Outcome:
    """Plan, deliver, operate and finance a programme, and keep the run.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name.
    settings : Settings, optional
        How much is sampled.
    store : RunStore
        Where runs are kept.
    fresh : bool
        Compute even if the same run is kept.
    progress : callable
        Called with (stage, share done).
    finish : callable, optional
        Called with the folder before it is put in place, to add to it.

    Raises
    ------
    InputError, InfeasibleError
        If the programme is wrong or cannot be planned.
    """
    settings = settings or Settings()
    file = read_programme(locate(str(programme)))
    resolved = resolve(file, seed=settings.seed)
    inputs = _inputs(file, resolved, settings)
    run_id = content_id(inputs)
    found = store.find(run_id)
    if found is not None and not fresh:
        return Outcome(run_id, found, kept=True)
    results = _planned(resolved, settings, store, inputs, progress, fresh=fresh)
    go_on(results, "finance", settings, progress)
    with store.draft(run_id, replace=fresh) as folder:
        record = summary(run_id, results, settings)
        with results.timed("write", progress):
            _write_json(folder / "run.json", record)
            _write(folder, file, resolved, settings, results)
        with results.timed("report", progress):
            if finish is not None:
                finish(folder)
        _write_json(folder / "run.json", {**record, "seconds": rounded_seconds(results)})
    return Outcome(run_id, store.folder / run_id, kept=False)


def stage(
    programme: str | Path,
    until: str,
    settings: Settings | None = None,
    *,
    store: RunStore,
    progress: Progress = _silent,
) -> StageOutcome:
    """Run the engines up to `until` and return what that one found; nothing is kept but the plan.

    Parameters
    ----------
    until : {'plan', 'deliver', 'operate', 'finance'}
        The last engine to run.
    """
    if until not in STAGES:
        raise InputError(f"'{until}' is no stage; allowed: {', '.join(STAGES)}.")
    settings = settings or Settings()
    file = read_programme(locate(str(programme)))
    resolved = resolve(file, seed=settings.seed)
    inputs = _inputs(file, resolved, settings)
    results = _planned(resolved, settings, store, inputs, progress, fresh=False)
    go_on(results, until, settings, progress)
    return StageOutcome(stage_summary(until, results), stage_tables(until, results))


def _inputs(file: ProgrammeFile, resolved: ResolvedProgramme, settings: Settings) -> dict[str, Any]:
    """Return everything a run's answer depends on."""
    files = [site.weather_file for site in resolved.sites.values()]
    files += [f for z in resolved.zones.values() for f in (z.price_file, z.carbon_file)]  # type: ignore[misc]
    past = [project.reference_class.past_projects for project in resolved.power.values()]
    return {
        "code": code_id(),
        "programme": file.programme.model_dump(mode="json"),
        "figures": [dataclasses.asdict(figure) for figure in resolved.figures],
        "files": [file.folder / found.path for found in files if found is not None]
        + [path for path in past if path is not None],
        "seed": resolved.seed,
        "draws": settings.draws,
        "weather_years": settings.weather_years,
        "data": _data_files(settings.data),
    }


def _data_files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    from gigaplan import weather

    return sorted(weather.data_files(folder))


def _planned(
    resolved: ResolvedProgramme,
    settings: Settings,
    store: RunStore,
    inputs: dict[str, Any],
    progress: Progress,
    *,
    fresh: bool,
) -> Results:
    """Return results with series and plan; the plan is taken from a stopped run if it is there."""
    results = make_series(resolved, settings, progress)
    key = content_id({name: part for name, part in inputs.items() if name != "draws"})
    record = None if fresh else store.read_stage("plan", key)
    if record is not None:
        results.plan = plan_from_record(record["plan"])
        results.seconds["plan"] = float(record["seconds"])
        return results
    plan = make_plan(results, settings, progress)
    store.write_stage(
        "plan", key, {"plan": plan_to_record(plan), "seconds": results.seconds["plan"]}
    )
    return results


def _write(
    folder: Path,
    file: ProgrammeFile,
    resolved: ResolvedProgramme,
    settings: Settings,
    results: Results,
) -> None:
    import pandas as pd

    (folder / "programme.yaml").write_text(file.text, "utf-8")
    _write_json(folder / "figures.json", [dataclasses.asdict(f) for f in resolved.figures])
    _write_json(folder / "inputs.json", _flat_inputs(file, resolved, settings))
    tables = folder / "tables"
    tables.mkdir()
    for name, rows in all_tables(results).items():
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
        frame.to_parquet(tables / f"{name}.parquet", index=False)


def _flat_inputs(
    file: ProgrammeFile, resolved: ResolvedProgramme, settings: Settings
) -> dict[str, Any]:
    """Return every input by its dotted field: what the file says, then what the catalogue adds."""
    from gigaplan.programme.yaml_tree import dotted, leaves

    values = file.programme.model_dump(mode="json", exclude_none=True)
    flat = {dotted(path): value for path, value in leaves(values)}
    for figure in resolved.figures:
        flat.setdefault(figure.field, figure.value)
    flat["settings.seed"] = resolved.seed
    flat["settings.draws"] = settings.draws
    flat["settings.weather_years"] = settings.weather_years
    flat["settings.data"] = settings.data.name if settings.data else None
    flat["settings.gigaplan_version"] = VERSION
    return flat


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, allow_nan=False), "utf-8")
