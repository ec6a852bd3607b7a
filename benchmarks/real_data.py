"""How the answers of a programme change when real hourly data replace generated weather.

Runs the programme twice with the same seed and draws: on generated weather alone, and with a
folder of real files (``--data``). Prints a Markdown table of both answers and their difference,
with standard errors where there are any. Draw d is the same world in both runs, so the error of
a difference of means is taken over the draws' own differences where the run keeps them; LOLH and
EUE come without draws, so theirs is the root of both squared errors added.

Without ``--quick`` a second table gives the same answers with one kind of file at a time (linked
into a folder of its own), with posted prices brought to the mean of the generated ones, and on
generated weather alone with twice the weather years: a yardstick of how far the answers move when
nothing but the sample of generated years does.

Run ``python benchmarks/real_data.py --data FOLDER [--programme meta-compute] [--draws 1000]
[--quick] [--json]``.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.runs import RunStore
from gigaplan.study import Settings, run
from gigaplan.weather import Series, series_for

KINDS = {
    "weather": ("weather", "renewables"),
    "prices": ("prices",),
    "grid mix": ("grid_mix",),
    "grid mix and demand": ("grid_mix", "demand"),
}
POWER_OF = {"nuclear_ppa": "nuclear contracts", "nuclear_uprate": "nuclear contracts"}


@dataclass(frozen=True)
class Answer:
    """One figure of a run; draws where the run keeps it by draw."""

    name: str
    unit: str
    value: float
    error: float | None = None
    draws: Any = None


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    unit: str
    generated: float
    generated_error: float | None
    real: float
    real_error: float | None
    difference: float
    difference_error: float | None


class Tables:
    """The tables of a run folder, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))

    def __getitem__(self, name: str) -> Any:
        """Return one table as a pandas DataFrame."""
        import pandas as pd

        return pd.read_parquet(self.folder / "tables" / f"{name}.parquet")


def answers(tables: Tables, series: Series, years: Sequence[int]) -> list[Answer]:
    """Return every figure that is compared."""
    return [
        *_of_plan(tables),
        *_of_delivery(tables, years),
        *_of_operations(tables, years),
        *_of_money(tables),
        *_of_prices(tables, series),
        *_built(tables),
    ]


def _of_plan(tables: Tables) -> Iterator[Answer]:
    plan = tables.summary["plan"]
    yield Answer("plan objective", "billion USD", plan["objective_usd"] / 1e9)
    yield Answer("plan objective, bound", "billion USD", plan["bound_usd"] / 1e9)


def _of_delivery(tables: Tables, years: Sequence[int]) -> Iterator[Answer]:
    targets, draws = tables["targets"].set_index("year"), tables["draws"]
    for year in years:
        yield Answer(f"online IT, end {year}, P50", "MW", float(targets.loc[year, "p50"]))
        online = draws[f"online_it_mw_{year}"].to_numpy()
        yield _mean(f"online IT, end {year}, mean", "MW", online)


def _of_operations(tables: Tables, years: Sequence[int]) -> Iterator[Answer]:
    found = tables["operations"]
    found = found[found.site == "programme"].set_index("year")
    for year in years:
        row = found.loc[year]
        for column, name, unit, scale in (
            ("lolh_hours", "LOLH", "h", 1.0),
            ("eue_mwh", "EUE", "MWh", 1.0),
            ("clean_share_hourly", "clean share by the hour", "%", 100.0),
            ("clean_share_annual", "clean share by the year", "%", 100.0),
        ):
            error = float(row[f"{column}_standard_error"]) * scale
            yield Answer(f"{name} {year}", unit, float(row[column]) * scale, error)
        yield Answer(f"CO2 {year}", "Mt", float(row["co2_t"]) / 1e6)
        yield Answer(f"water {year}", "million m3", float(row["water_m3"]) / 1e6)
        yield Answer(f"load {year}", "TWh", float(row["load_mwh"]) / 1e6)


def _of_money(tables: Tables) -> Iterator[Answer]:
    draws, metrics = tables["draws"], tables["metrics"].set_index("metric")
    for column, name, unit, scale in (
        ("npv_usd", "NPV", "billion USD", 1e9),
        ("required_revenue_usd_per_gw_year", "required revenue", "billion USD per GW-year", 1e9),
        ("capex_usd", "capital, all years", "billion USD", 1e9),
        ("lcoe_usd_per_mwh", "LCOE", "USD/MWh", 1.0),
        ("cost_usd_per_gpu_hour", "cost of a GPU-hour", "USD", 1.0),
    ):
        if column in draws:
            yield _mean(f"{name}, mean", unit, draws[column].to_numpy() / scale)
        elif column in metrics.index and metrics.loc[column, "mean"] is not None:
            row = metrics.loc[column]
            yield Answer(f"{name}, mean", unit, row["mean"] / scale, row["standard_error"] / scale)


def _of_prices(tables: Tables, series: Series) -> Iterator[Answer]:
    for name, zone in sorted(series.zones.items()):
        mean = float(zone.price_usd_per_mwh.mean())
        yield Answer(f"market price, {name}, mean of the year", "USD/MWh", mean)
    prices = tables["shadow_prices"]
    energy = tables["planned_energy"]
    at_work = {
        (site, year)
        for (site, year), mwh in energy.groupby(["site", "year"]).mwh.sum().items()
        if mwh > 1000
    }
    # before a site runs its price of power is of nothing
    runs = [where in at_work for where in zip(prices.entity, prices.year, strict=True)]
    paid = prices[runs]
    paid = paid[paid.kind == "power_price"]
    for site, value in paid.groupby("entity").value.mean().items():
        yield Answer(f"price of power in the plan, {site}", "USD/MWh", float(value))


def _built(tables: Tables) -> Iterator[Answer]:
    decisions, entities = tables["decisions"], tables["entities"]
    technology: dict[str, str] = dict(zip(entities.owner, entities.technology, strict=True))
    units = decisions[decisions.kind == "unit"].copy()
    units["of"] = [POWER_OF.get(t, t) for t in (technology[name] for name in units.name)]
    for of, mw in units.groupby("of").mw.sum().items():
        yield Answer(f"power taken, {of}", "MW", float(mw))
    phases = decisions[decisions.kind == "phase"]
    for site, mw in phases.groupby("site").mw.sum().items():
        yield Answer(f"halls, {site}", "IT MW", float(mw))
    added = decisions[decisions.kind == "connection"]
    yield Answer("connections reinforced", "MW", float(added.mw.sum()))


def _mean(name: str, unit: str, values: Any) -> Answer:
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    return Answer(name, unit, float(values.mean()), error, values)


def compared(generated: Sequence[Answer], real: Sequence[Answer]) -> list[Row]:
    """Return the rows of both runs; what only one of them has is 0 in the other."""
    left, right = ({a.name: a for a in side} for side in (generated, real))
    rows = []
    for name in dict.fromkeys([*left, *right]):
        known = left.get(name) or right[name]
        none = Answer(name, known.unit, 0.0)
        a, b = left.get(name, none), right.get(name, none)
        rows.append(
            Row(
                name,
                known.unit,
                a.value,
                a.error,
                b.value,
                b.error,
                b.value - a.value,
                _error(a, b),
            )
        )
    return rows


def _error(a: Answer, b: Answer) -> float | None:
    if a.draws is not None and b.draws is not None:
        apart = b.draws - a.draws
        return float(apart.std(ddof=1)) / math.sqrt(apart.size)
    if a.error is None or b.error is None:
        return None
    return math.hypot(a.error, b.error)


class Bench:
    """Runs one programme with one seed on whatever data it is given."""

    def __init__(self, programme: str, settings: Settings, scratch: Path, years: tuple[int, ...]):
        self.programme, self.settings, self.scratch, self.years = (
            programme,
            settings,
            scratch,
            years,
        )
        self.inputs: dict[str, Any] = {}
        self.resolved: ResolvedProgramme = resolve(
            read_programme(locate(programme)), seed=settings.seed
        )

    def run(
        self, data: Path | None, weather_years: int | None = None
    ) -> tuple[list[Answer], Tables]:
        """Run, and return the answers and the run's tables."""
        years = weather_years or self.settings.weather_years
        settings = replace(self.settings, data=data, weather_years=years)
        start = time.perf_counter()
        outcome = run(self.programme, settings, store=RunStore(self.scratch / "runs"), fresh=True)
        label = "generated" if data is None else data.name
        print(f"{label}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
        series = series_for(
            self.resolved, weather_years=years, data_dir=data, seed=self.resolved.seed
        )
        tables = Tables(outcome.folder)
        self._same_programme(outcome.folder)
        return answers(tables, series, self.years), tables

    def _same_programme(self, folder: Path) -> None:
        """Stop if anything but the data and the weather years differs from the first run."""
        found = json.loads((folder / "inputs.json").read_text("utf-8"))
        inputs = {k: v for k, v in found.items() if not k.startswith("settings.")}
        self.inputs = self.inputs or inputs
        if inputs != self.inputs:
            sys.exit("the programme or the catalogue changed between two runs; start again")

    def only(self, folder: Path, kind: str) -> Path:
        """Return a folder that holds one kind of a data folder's files."""
        out = self.scratch / kind.replace(" ", "_")
        out.mkdir()
        for part in KINDS[kind]:
            (out / part).symlink_to((folder / part).resolve(), target_is_directory=True)
        return out

    def at_level(self, folder: Path) -> Path:
        """Return a folder of posted prices brought to the mean of the generated ones."""
        made = series_for(self.resolved, seed=self.resolved.seed)
        real = series_for(self.resolved, seed=self.resolved.seed, data_dir=folder)
        factor = next(
            (
                self.resolved.zones[name].power_price_usd_per_mwh
                / float(real.zones[name].price_usd_per_mwh.mean())
                for name in made.zones
                if real.zones[name].price_provenance[0].kind == "real"
            ),
            1.0,
        )
        out = self.scratch / "prices_at_the_programmes_level"
        (out / "prices").mkdir(parents=True)
        for path in sorted((folder / "prices").glob("ercot*.csv")):
            with path.open(newline="") as source, (out / "prices" / path.name).open("w") as sink:
                rows = csv.DictReader(source)
                writer = csv.DictWriter(sink, rows.fieldnames or ())
                writer.writeheader()
                for row in rows:
                    row["usd_per_mwh"] = repr(float(row["usd_per_mwh"]) * factor)
                    writer.writerow(row)
        return out


def figure(value: float, error: float | None = None) -> str:
    """Return a figure with enough digits for its size, and its standard error."""
    size = max(abs(value), abs(error or 0.0))
    places = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3
    text = f"{value:,.{places}f}"
    return text if error is None else f"{text} ± {error:,.{places}f}"


def print_table(rows: Sequence[Row]) -> None:
    """Print the comparison as Markdown."""
    print("| answer | unit | generated | real data | difference |\n|---|---|---|---|---|")
    for r in rows:
        share = f" ({r.difference / r.generated:+.1%})" if r.generated else ""
        print(
            f"| {r.name} | {r.unit} | {figure(r.generated, r.generated_error)} "
            f"| {figure(r.real, r.real_error)} "
            f"| {figure(r.difference, r.difference_error)}{share} |"
        )


def print_parts(
    base: Sequence[Answer], parts: dict[str, Sequence[Answer]], years: Sequence[int]
) -> None:
    """Print the difference that each kind of file makes alone."""
    shown = [f"{q} {y}" for y in years for q in ("LOLH", "EUE", "clean share by the year", "CO2")]
    shown = [
        "plan objective",
        *(f"online IT, end {y}, mean" for y in years),
        *shown,
        f"load {years[-1]}",
        f"water {years[-1]}",
        "required revenue, mean",
        "LCOE, mean",
    ]
    tables = {label: {r.name: r for r in compared(base, part)} for label, part in parts.items()}
    known = {a.name: a for a in base}
    moved = (n for n in known if n.startswith(("halls", "power taken")))
    shown += [n for n in moved if any(abs(t[n].difference) > 1 for t in tables.values())]
    print("| answer | unit | generated | " + " | ".join(tables) + " |")
    print("|---" * (3 + len(tables)) + "|")
    for name in (n for n in shown if n in known):
        cells = [figure(t[name].difference, t[name].difference_error) for t in tables.values()]
        print(
            f"| {name} | {known[name].unit} | {figure(known[name].value)} | "
            + " | ".join(c if c.startswith("-") else f"+{c}" for c in cells)
            + " |"
        )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=beside, help="folder of real files")
    parser.add_argument("--programme", default="meta-compute")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--quick", action="store_true", help="200 draws, no second table")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"there is no folder {asked.data}; name one with --data")
    settings = Settings(draws=200 if asked.quick else asked.draws, seed=asked.seed)
    with tempfile.TemporaryDirectory() as name:
        programme_years = resolve(read_programme(locate(asked.programme))).years
        years = tuple(y for y in (2030, programme_years[-1]) if y in programme_years)
        bench = Bench(asked.programme, settings, Path(name), tuple(dict.fromkeys(years)))
        generated, tables = bench.run(None)
        gaps = [tables.summary["plan"]["gap"]]
        real, tables = bench.run(asked.data)
        gaps.append(tables.summary["plan"]["gap"])
        rows = compared(generated, real)
        parts: dict[str, Sequence[Answer]] = {}
        if not asked.quick:
            for kind in KINDS:
                parts[f"{kind} only"], _ = bench.run(bench.only(asked.data, kind))
            parts["prices only, at the programme's mean"], _ = bench.run(bench.at_level(asked.data))
            twice = 2 * settings.weather_years
            parts[f"generated, {twice} weather years"], _ = bench.run(None, twice)
    notes = [n for n in tables.summary["plan"]["notes"] if " of " in n and ": " in n[:60]]
    if asked.json:
        found = {"gaps": gaps, "rows": [asdict(r) for r in rows], "parts": _plain(parts)}
        print(json.dumps(found, indent=1))
        return
    print(
        f"{settings.draws:,} draws, {settings.weather_years} weather years. A plan is accepted "
        f"within its gap: {gaps[0]:.1%} of its cost on generated weather, {gaps[1]:.1%} on real "
        "data.\n"
    )
    print_table(rows)
    if parts:
        print("\nDifference from generated weather, one kind of file at a time:\n")
        print_parts(generated, parts, bench.years)
    print("\nWhat the run with real data used:\n")
    print("\n".join(f"- {note}" for note in notes))


def _plain(parts: dict[str, Sequence[Answer]]) -> dict[str, list[dict[str, Any]]]:
    return {
        label: [{"name": a.name, "unit": a.unit, "value": a.value, "error": a.error} for a in found]
        for label, found in parts.items()
    }


if __name__ == "__main__":
    main()
