"""The command line: thin over the functions that Python users call.

Nothing heavy is imported until a command needs it, so that ``--help`` is quick.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gigaplan.core.errors import ExitCode, GigaplanError, InputError, Problem, StoppedError

if TYPE_CHECKING:
    from gigaplan.runs import RunStore
    from gigaplan.study import Settings

app = typer.Typer(
    name="gigaplan",
    help="Plans gigawatt-scale AI infrastructure: compute, power and capital under uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
weather_app = typer.Typer(help="Weather files.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(weather_app, name="weather")


class ExportFormat(StrEnum):
    """What a run's tables can be written as."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


ProgrammeArgument = Annotated[
    str, typer.Argument(help="A programme file, its folder, or a bundled name: meta-compute.")
]
DrawsOption = Annotated[int, typer.Option(min=2, max=1_000_000, help="Sampled worlds.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**32 - 1, help="Replaces the programme's seed.")
]
YearsOption = Annotated[
    int, typer.Option("--weather-years", min=1, max=40, help="Weather years to operate through.")
]
DataOption = Annotated[
    Path | None, typer.Option(help="Folder of real weather, price and grid-mix files.")
]
OutOption = Annotated[
    Path | None, typer.Option(help="Run store for this call [default: $GIGAPLAN_RUNS or ./runs].")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print results for machines.")]


@app.command()
def run(
    programme: ProgrammeArgument,
    draws: DrawsOption = 1000,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    out: OutOption = None,
    fresh: Annotated[bool, typer.Option(help="Compute again even if the run is kept.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Plan, deliver, operate, finance and report a programme."""
    from gigaplan import report, study

    with _progress(quiet=as_json) as progress:
        outcome = study.run(
            programme,
            _settings(draws, weather_years, seed, data),
            store=_store(out),
            fresh=fresh,
            progress=progress,
            finish=report.add_report,
        )
    if as_json:
        _print((outcome.folder / "run.json").read_text("utf-8").rstrip())
        return
    view = report.RunView.load(outcome.folder)
    _print(report.tables_for_terminal(view))
    kept = " (kept from before)" if outcome.kept else ""
    _print(f"\nRun {outcome.run_id}{kept}. Report: {outcome.folder / 'report.html'}")


def _stage_command(until: str, doc: str) -> None:
    """Add the command that runs a programme up to one engine and prints what it found."""

    def command(
        programme: ProgrammeArgument,
        draws: DrawsOption = 1000,
        weather_years: YearsOption = 3,
        seed: SeedOption = None,
        data: DataOption = None,
        out: OutOption = None,
        as_json: JsonOption = False,
    ) -> None:
        from gigaplan import report, study

        with _progress(quiet=as_json) as progress:
            result = study.stage(
                programme,
                until,
                _settings(draws, weather_years, seed, data),
                store=_store(out),
                progress=progress,
            )
        if as_json:
            _print_json({"schema_version": study.SCHEMA_VERSION, until: result.summary})
        else:
            _print(report.stage_for_terminal(until, result.summary, result.tables))

    command.__doc__ = doc
    app.command(until)(command)


_stage_command("plan", "Decide what to build, contract and option, where and when.")
_stage_command("deliver", "Show when it will really be online, and what it will really cost.")
_stage_command("operate", "Run the plan's sites hour by hour.")
_stage_command("finance", "Show how it is paid for and what it must earn.")


@app.command("two-stage")
def two_stage(
    programme: ProgrammeArgument,
    scenarios: Annotated[int, typer.Option(min=1, help="Scenarios that stand for all.")] = 20,
    fresh: Annotated[int, typer.Option(min=2, help="Futures that plans are tested on.")] = 50,
    decision_year: Annotated[
        int | None, typer.Option(help="When the future is known [default: in three years].")
    ] = None,
    cvar_weight: Annotated[
        float, typer.Option(min=0, max=1, help="Weight of the dearest tenth against the mean.")
    ] = 0.0,
    draws: DrawsOption = 400,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what to commit before the future is known, and what hedging is worth."""
    from gigaplan.study import two_stage as study

    committing = study.CommitSettings(
        scenarios=scenarios, fresh=fresh, decision_year=decision_year, cvar_weight=cvar_weight
    )
    with _progress(quiet=as_json) as progress:
        found, carried = study.hedge_programme(
            programme,
            _settings(draws, weather_years, seed, data),
            committing,
            progress=progress,
        )
    if as_json:
        _print_json(study.as_json(found, carried))
    else:
        _print(study.as_text(found, carried))


@app.command()
def backtest(
    data: Annotated[
        Path | None, typer.Option(help="Folder of real files of reactors and campuses.")
    ] = None,
    promises: Annotated[Path | None, typer.Option(help="CSV of your own past promises.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Score past promises and our forecasts against what came."""
    from gigaplan.delivery import backtest as room

    tests = room.run(data, promises, seed=seed)
    if as_json:
        _print_json(room.as_json(tests))
    else:
        _print(room.as_text(tests))


@app.command()
def headroom(
    file: Annotated[Path, typer.Argument(help="CSV of hourly demand in MW: time, then areas.")],
    area: Annotated[
        list[str] | None, typer.Option(help="Column; again for more [default: all].")
    ] = None,
    rate: Annotated[
        list[float] | None,
        typer.Option(help="Share of energy curtailed; again for more [default: 0.001 to 0.05]."),
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Zone of the file's times.")] = "UTC",
    programme: Annotated[
        str | None, typer.Option(help="With --site: what an earlier connection is worth to it.")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Site that would connect in the area.")] = None,
    earlier: Annotated[
        list[float] | None, typer.Option(help="Months earlier; again for more [default: 6 12 24].")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw it into this file, .svg or .png.")
    ] = None,
    draws: DrawsOption = 1000,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how much new load an area can take if it is curtailed near its peaks."""
    from gigaplan.operations import headroom as room

    if (programme is None) != (site is None):
        raise InputError("give --programme and --site together, or neither.")
    with _progress(quiet=as_json) as progress:
        areas = room.read_demand(file, area or (), time_zone=time_zone)
        found = [one for each in areas for one in room.headroom(each, rate or room.RATES)]
        value = room.as_json(found)
        text = room.as_text(found)
        if picture is not None:
            from gigaplan.report.headroom import draw_headroom

            draw_headroom(value["headroom"], picture)
            text += f"\n\nPicture: {picture}"
        if programme is not None and site is not None:
            from gigaplan.study import flexible_connection as flexible

            if len(areas) != 1:
                raise InputError("name the one --area in which the site would connect.")
            worth = flexible.flexible_connection(
                programme,
                site,
                areas[0],
                _settings(draws, weather_years, seed, data),
                months=earlier or flexible.MONTHS,
                progress=progress,
            )
            value["connection"] = flexible.as_json(worth)
            text += "\n\n" + flexible.as_text(worth)
    if as_json:
        _print_json(value)
    else:
        _print(text)


@app.command()
def value(
    programme: ProgrammeArgument,
    deal: Annotated[
        str, typer.Argument(help="A power project, an instrument, or a site to connect earlier.")
    ],
    earlier: Annotated[
        list[int] | None, typer.Option(help="Months, of a site; again for more [default: 6 12 24].")
    ] = None,
    draws: DrawsOption = 1000,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a deal is worth: the programme with it and without, on the same draws."""
    from gigaplan.study import deals

    with _progress(quiet=as_json) as progress:
        found = deals.value_deal(
            programme,
            deal,
            _settings(draws, weather_years, seed, data),
            months=earlier or deals.MONTHS,
            progress=progress,
        )
    if as_json:
        _print_json(deals.as_json(found))
    else:
        _print(deals.as_text(found))


@app.command()
def afford(
    programme: ProgrammeArgument,
    most_broken: Annotated[
        float, typer.Option(min=0, max=1, help="Share of worlds in which a limit may be broken.")
    ] = 0.1,
    draws: DrawsOption = 1000,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Plan what keeps the limits of the company's rating in most worlds."""
    from gigaplan.study import afford as study

    with _progress(quiet=as_json) as progress:
        found = study.afford(
            programme,
            _settings(draws, weather_years, seed, data),
            most_broken=most_broken,
            progress=progress,
        )
    if as_json:
        _print_json(study.as_json(found))
    else:
        _print(study.as_text(found))


@app.command()
def fill(
    programme: ProgrammeArgument,
    in_worlds: Annotated[
        float, typer.Option(min=0, max=1, help="Share of worlds in which no month lacks money.")
    ] = 0.9,
    draws: DrawsOption = 1000,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which sources of money fill the funding gap at least cost."""
    from gigaplan.study import fill as study

    with _progress(quiet=as_json) as progress:
        found = study.fill_gap(
            programme,
            _settings(draws, weather_years, seed, data),
            in_worlds=in_worlds,
            progress=progress,
        )
    if as_json:
        _print_json(study.as_json(found))
    else:
        _print(study.as_text(found))


@app.command()
def outlook(
    programme: ProgrammeArgument,
    draws: Annotated[
        int, typer.Option(min=2, max=50_000_000, help="Sampled worlds of dates and money.")
    ] = 100_000,
    operated: Annotated[
        int, typer.Option(min=2, max=1_000_000, help="Worlds of them that operations runs.")
    ] = 1000,
    weather_years: YearsOption = 3,
    seed: SeedOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what comes online when and what it comes to, over very many worlds."""
    from gigaplan.study import outlook as ahead

    with _progress(quiet=as_json) as progress:
        found = ahead.look_ahead(
            programme, draws, _settings(operated, weather_years, seed, data), progress=progress
        )
    if as_json:
        _print_json(ahead.as_json(found))
    else:
        _print(ahead.as_text(found))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    source: Annotated[str, typer.Option("--from", help="Bundled programme.")] = "one-campus",
) -> None:
    """Copy a bundled programme into a folder, to be edited."""
    from gigaplan.programme.bundled import copy_bundled

    target = copy_bundled(source, folder)
    _print(f"Wrote {target}. Edit it, then: gigaplan run {folder}")


@app.command()
def check(
    programme: Annotated[
        str | None, typer.Argument(help="A programme file, or its folder.")
    ] = None,
    schema: Annotated[bool, typer.Option(help="Print the JSON Schema of a programme.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a programme and list what is wrong with it."""
    if schema:
        from gigaplan.programme.schema import json_schema

        _print_json(json_schema())
        return
    if programme is None:
        raise InputError("name a programme to check, or give --schema.")
    from gigaplan import study

    found = study.check(programme)
    if as_json:
        _print_json(found)
    else:
        counts = "".join(f"\n  {what:<20}{n:>6}" for what, n in found["counts"].items())
        _print(f"{found['programme']} is a complete programme.{counts}")


@app.command("report")
def report_command(
    name: Annotated[str, typer.Argument(help="Run, or the start of its name, or last.")] = "last",
    out: OutOption = None,
    to: Annotated[Path | None, typer.Option(help="File to write.")] = None,
) -> None:
    """Write a run's report again."""
    from gigaplan import report

    folder = _store(out).get(name)
    target = to or folder / "report.html"
    report.write_html(report.RunView.load(folder), target)
    _print(f"Report: {target}")


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="Run.")],
    second: Annotated[str, typer.Argument(help="Another run.")],
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two runs: inputs first, then outputs."""
    from gigaplan import study

    store = _store(out)
    result = study.compare(store.get(first), store.get(second))
    if as_json:
        _print_json(result.as_json())
    else:
        _print(result.as_text())


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="Run, or the start of its name, or last.")] = "last",
    to: Annotated[ExportFormat, typer.Option(help="Format.")] = ExportFormat.XLSX,
    path: Annotated[Path | None, typer.Option(help="File or folder to write.")] = None,
    out: OutOption = None,
) -> None:
    """Write a run's tables as CSV, Parquet or Excel."""
    from gigaplan import report

    folder = _store(out).get(name)
    view = report.RunView.load(folder)
    ending = ".xlsx" if to is ExportFormat.XLSX else f"-{to.value}"
    target = path or Path(f"gigaplan-{folder.name}{ending}")
    report.export(view, to.value, target)
    _print(f"Wrote {target}.")


@app.command()
def runs(out: OutOption = None, as_json: JsonOption = False) -> None:
    """List the runs that are kept."""
    store = _store(out)
    records = store.runs()
    if as_json:
        _print_json(
            [
                {
                    "run_id": r.run_id,
                    "programme": r.programme,
                    "created": r.created,
                    "draws": r.draws,
                    "megabytes": round(r.megabytes, 1),
                    "folder": str(r.folder),
                }
                for r in records
            ]
        )
        return
    if not records:
        _print(f"No runs in {store.folder}. Make one with: gigaplan run one-campus")
    for r in records:
        size = f"{r.draws:>7} draws  {r.megabytes:6.1f} MB"
        _print(f"{r.run_id}  {r.created[:16]}  {size}  {r.programme}")


@app.command()
def catalogue(
    text: Annotated[str | None, typer.Argument(help="Words to search, or a figure's id.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind, such as technology.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List, search and show the figures gigaplan ships, with their sources."""
    from gigaplan.catalogue import listing

    rows = listing.rows(text=text, kind=kind)
    if as_json:
        _print_json(listing.as_json(rows))
    else:
        _print(listing.as_text(rows))


@weather_app.command("get")
def weather_get(
    latitude: Annotated[float, typer.Option(min=-90, max=90, help="Degrees north.")],
    longitude: Annotated[float, typer.Option(min=-180, max=180, help="Degrees east.")],
    to: Annotated[Path, typer.Option(help="CSV file to write.")],
    source: Annotated[str, typer.Option(help="pvgis or nsrdb.")] = "pvgis",
    year: Annotated[int | None, typer.Option(help="Year [default: typical].")] = None,
    key: Annotated[str, typer.Option(help="API key, for nsrdb.")] = "",
    email: Annotated[str, typer.Option(help="E-mail, for nsrdb.")] = "",
) -> None:
    """Fetch a weather year for a place (needs a network)."""
    from gigaplan import weather

    if source not in ("pvgis", "nsrdb"):
        raise InputError(f"found source '{source}'; allowed: pvgis, nsrdb.")
    weather.download(
        latitude,
        longitude,
        "pvgis" if source == "pvgis" else "nsrdb",
        out=to,
        year=year,
        api_key=key,
        email=email,
    )
    _print(f"Wrote {to}. Name it in a site's weather_file with format: csv.")


def _settings(draws: int, weather_years: int, seed: int | None, data: Path | None) -> Settings:
    from gigaplan.study import Settings

    if data is not None and not data.is_dir():
        raise InputError(Problem("there is no such folder.", file=str(data)))
    return Settings(draws=draws, weather_years=weather_years, seed=seed, data=data)


def _store(out: Path | None) -> RunStore:
    from gigaplan.runs import RunStore, default_store

    return RunStore(out or default_store())


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Give a callback (stage, share done): a bar on a terminal, silent elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=min(share, 1.0))

        yield show


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _print_json(value: Any) -> None:
    _print(json.dumps(value, indent=1, allow_nan=False))


def _stop(number: int, frame: object) -> None:
    """End at the user's word; not as KeyboardInterrupt, to which the parser has its own answer."""
    raise StoppedError(
        "Stopped. No run was written; a finished plan is kept: the same command goes on from it."
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; end the process with a documented exit code."""
    # one thread of linear algebra: sums keep their order, so results keep their bits
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app(arguments, standalone_mode=True)
    except GigaplanError as error:
        problems = getattr(error, "problems", None)
        sys.stderr.write("".join(f"{p}\n" for p in problems or [error]))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.DONE)
    except Exception as error:
        with tempfile.NamedTemporaryFile(
            "w", prefix="gigaplan-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            traceback.print_exc(file=log)
        sys.stderr.write(
            f"gigaplan failed inside ({type(error).__name__}); this is a fault of gigaplan, not "
            f"of your input. Details for its developers: {log.name}\n"
        )
        sys.exit(ExitCode.INTERNAL_ERROR)


if __name__ == "__main__":
    main()
