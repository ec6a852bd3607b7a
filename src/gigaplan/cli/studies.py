"""Commands that ask one question of a programme, or of data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gigaplan.cli.options import (
    DataOption,
    DrawsOption,
    JsonOption,
    ProgrammeArgument,
    SeedOption,
    YearsOption,
    app,
    print_found,
    print_json,
    print_text,
    settings,
    showing,
)
from gigaplan.core.errors import InputError


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
    with showing(quiet=as_json) as progress:
        found, carried = study.hedge_programme(
            programme,
            settings(draws, weather_years, seed, data),
            committing,
            progress=progress,
        )
    print_found(study, found, carried, as_json=as_json)


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
    print_found(room, tests, as_json=as_json)


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
    with showing(quiet=as_json) as progress:
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
                settings(draws, weather_years, seed, data),
                months=earlier or flexible.MONTHS,
                progress=progress,
            )
            value["connection"] = flexible.as_json(worth)
            text += "\n\n" + flexible.as_text(worth)
    if as_json:
        print_json(value)
    else:
        print_text(text)


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

    with showing(quiet=as_json) as progress:
        found = deals.value_deal(
            programme,
            deal,
            settings(draws, weather_years, seed, data),
            months=earlier or deals.MONTHS,
            progress=progress,
        )
    print_found(deals, found, as_json=as_json)


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

    with showing(quiet=as_json) as progress:
        found = study.afford(
            programme,
            settings(draws, weather_years, seed, data),
            most_broken=most_broken,
            progress=progress,
        )
    print_found(study, found, as_json=as_json)


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

    with showing(quiet=as_json) as progress:
        found = study.fill_gap(
            programme,
            settings(draws, weather_years, seed, data),
            in_worlds=in_worlds,
            progress=progress,
        )
    print_found(study, found, as_json=as_json)


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

    with showing(quiet=as_json) as progress:
        found = ahead.look_ahead(
            programme, draws, settings(operated, weather_years, seed, data), progress=progress
        )
    print_found(ahead, found, as_json=as_json)
