"""Commands that write, read, check and look up: programmes, runs, figures, weather."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gigaplan.cli.options import (
    JsonOption,
    OutOption,
    app,
    print_found,
    print_json,
    print_text,
    store,
    weather_app,
)
from gigaplan.core.errors import InputError


class ExportFormat(StrEnum):
    """What a run's tables can be written as."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    source: Annotated[str, typer.Option("--from", help="Bundled programme.")] = "one-campus",
) -> None:
    """Copy a bundled programme into a folder, to be edited."""
    from gigaplan.programme.bundled import copy_bundled

    target = copy_bundled(source, folder)
    print_text(f"Wrote {target}. Edit it, then: gigaplan run {folder}")


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

        print_json(json_schema())
        return
    if programme is None:
        raise InputError("name a programme to check, or give --schema.")
    from gigaplan import study

    found = study.check(programme)
    if as_json:
        print_json(found)
    else:
        counts = "".join(f"\n  {what:<20}{n:>6}" for what, n in found["counts"].items())
        print_text(f"{found['programme']} is a complete programme.{counts}")


@app.command("report")
def report_command(
    name: Annotated[str, typer.Argument(help="Run, or the start of its name, or last.")] = "last",
    out: OutOption = None,
    to: Annotated[Path | None, typer.Option(help="File to write.")] = None,
) -> None:
    """Write a run's report again."""
    from gigaplan import report

    folder = store(out).get(name)
    target = to or folder / "report.html"
    report.write_html(report.RunView.load(folder), target)
    print_text(f"Report: {target}")


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="Run.")],
    second: Annotated[str, typer.Argument(help="Another run.")],
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two runs: inputs first, then outputs."""
    from gigaplan import study

    kept = store(out)
    result = study.compare(kept.get(first), kept.get(second))
    print_found(result, as_json=as_json)


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="Run, or the start of its name, or last.")] = "last",
    to: Annotated[ExportFormat, typer.Option(help="Format.")] = ExportFormat.XLSX,
    path: Annotated[Path | None, typer.Option(help="File or folder to write.")] = None,
    out: OutOption = None,
) -> None:
    """Write a run's tables as CSV, Parquet or Excel."""
    from gigaplan import report

    folder = store(out).get(name)
    view = report.RunView.load(folder)
    ending = ".xlsx" if to is ExportFormat.XLSX else f"-{to.value}"
    target = path or Path(f"gigaplan-{folder.name}{ending}")
    report.export(view, to.value, target)
    print_text(f"Wrote {target}.")


@app.command()
def runs(out: OutOption = None, as_json: JsonOption = False) -> None:
    """List the runs that are kept."""
    kept = store(out)
    records = kept.runs()
    if as_json:
        print_json(
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
        print_text(f"No runs in {kept.folder}. Make one with: gigaplan run one-campus")
    for r in records:
        size = f"{r.draws:>7} draws  {r.megabytes:6.1f} MB"
        print_text(f"{r.run_id}  {r.created[:16]}  {size}  {r.programme}")


@app.command()
def catalogue(
    text: Annotated[str | None, typer.Argument(help="Words to search, or a figure's id.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind, such as technology.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List, search and show the figures gigaplan ships, with their sources."""
    from gigaplan.catalogue import listing

    rows = listing.rows(text=text, kind=kind)
    print_found(listing, rows, as_json=as_json)


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
    print_text(f"Wrote {to}. Name it in a site's weather_file with format: csv.")
