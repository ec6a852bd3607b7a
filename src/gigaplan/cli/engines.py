"""Commands that run a programme: all of it, or up to one engine."""

from __future__ import annotations

from typing import Annotated

import typer

from gigaplan.cli.options import (
    DataOption,
    DrawsOption,
    JsonOption,
    OutOption,
    ProgrammeArgument,
    SeedOption,
    YearsOption,
    app,
    print_json,
    print_text,
    settings,
    showing,
    store,
)


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

    with showing(quiet=as_json) as progress:
        outcome = study.run(
            programme,
            settings(draws, weather_years, seed, data),
            store=store(out),
            fresh=fresh,
            progress=progress,
            finish=report.add_report,
        )
    if as_json:
        print_text((outcome.folder / "run.json").read_text("utf-8").rstrip())
        return
    view = report.RunView.load(outcome.folder)
    print_text(report.tables_for_terminal(view))
    kept = " (kept from before)" if outcome.kept else ""
    print_text(f"\nRun {outcome.run_id}{kept}. Report: {outcome.folder / 'report.html'}")


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

        with showing(quiet=as_json) as progress:
            result = study.stage(
                programme,
                until,
                settings(draws, weather_years, seed, data),
                store=store(out),
                progress=progress,
            )
        if as_json:
            print_json({"schema_version": study.SCHEMA_VERSION, until: result.summary})
        else:
            print_text(report.stage_for_terminal(until, result.summary, result.tables))

    command.__doc__ = doc
    app.command(until)(command)


_stage_command("plan", "Decide what to build, contract and option, where and when.")
_stage_command("deliver", "Show when it will really be online, and what it will really cost.")
_stage_command("operate", "Run the plan's sites hour by hour.")
_stage_command("finance", "Show how it is paid for and what it must earn.")
