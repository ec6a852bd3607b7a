"""The command line's app, the options that commands share, and how they show what they find."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gigaplan.core.errors import InputError, Problem

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


def settings(draws: int, weather_years: int, seed: int | None, data: Path | None) -> Settings:
    """Return how much is sampled."""
    from gigaplan.study import Settings

    if data is not None and not data.is_dir():
        raise InputError(Problem("there is no such folder.", file=str(data)))
    return Settings(draws=draws, weather_years=weather_years, seed=seed, data=data)


def store(out: Path | None) -> RunStore:
    """Return the store that runs are kept in."""
    from gigaplan.runs import RunStore, default_store

    return RunStore(out or default_store())


@contextlib.contextmanager
def showing(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
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


def print_text(text: str) -> None:
    """Print text for people."""
    sys.stdout.write(text + "\n")


def print_found(room: Any, *found: Any, as_json: bool) -> None:
    """Print what was found as `room` tells it, for machines or for people."""
    if as_json:
        print_json(room.as_json(*found))
    else:
        print_text(room.as_text(*found))


def print_json(value: Any) -> None:
    """Print values for machines."""
    print_text(json.dumps(value, indent=1, allow_nan=False))
