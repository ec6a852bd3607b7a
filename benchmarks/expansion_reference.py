"""Times the reference form of expansion: each linear method by size, and the bundled programmes.

    python benchmarks/expansion_reference.py methods --sites 5 --years 5 --days 4
    python benchmarks/expansion_reference.py programmes --days 12 --full

`methods` makes a seeded problem of many sites and years and prints rows, columns and seconds of
dual simplex, IPX and HiPO (both with crossover). `programmes` plans the bundled programmes on
generated weather; `--full` then operates the last year over all 8,760 hours of the first weather
year and prints how far the plan's operating cost was from it.
"""

from __future__ import annotations

import argparse
import time
from typing import get_args

import numpy as np

from gigaplan import expansion
from gigaplan.expansion.formulation import formulate
from gigaplan.expansion.highs import Method, Session


def random_programme(sites: int, years: int, days: int) -> expansion.ExpansionProblem:
    """Return a problem of many sites and years on representative days, from a fixed seed."""
    rng = np.random.default_rng(1)
    hours = 24 * days
    hour = np.arange(hours)
    places, zones, supplies, storages, campuses = [], [], [], [], []
    for number in range(sites):
        name = f"s{number}"
        sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
        zones.append(
            expansion.Zone(
                name=name,
                price_usd_per_mwh=rng.uniform(15, 90, hours),
                dirty_fraction=rng.uniform(0.3, 0.8, hours),
            )
        )
        places.append(
            expansion.Site(
                name=name,
                zone=name,
                connection_mw=rng.uniform(100, 800),
                pue=rng.uniform(1.1, 1.3, hours),
                shed=(expansion.ShedTier(name="all", load_fraction=1.0, usd_per_mwh=9000.0),),
            )
        )
        supplies += [
            expansion.Supply(
                name=f"gas {name}",
                site=name,
                capex_usd_per_mw=2.4e6,
                fixed_usd_per_mw_year=3e4,
                variable_usd_per_mwh=40.0,
                dirty_fraction=1.0,
                slot_class="turbines",
            ),
            expansion.Supply(
                name=f"sun {name}",
                site=name,
                availability=sun * rng.uniform(0.3, 1, hours),
                capex_usd_per_mw=1.1e6,
                max_mw=6000.0,
            ),
            expansion.Supply(
                name=f"wind {name}",
                site=name,
                availability=rng.beta(1.2, 2.0, hours),
                capex_usd_per_mw=1.6e6,
                max_mw=4000.0,
            ),
        ]
        storages.append(
            expansion.Storage(
                name=f"battery {name}",
                site=name,
                capex_usd_per_mw=2.5e5,
                capex_usd_per_mwh=1.9e5,
                life_years=18,
            )
        )
        campuses.append(
            expansion.Campus(
                name=f"it {name}",
                site=name,
                phases=(expansion.Phase(name="all", it_mw=2000.0, whole=False),),
                capex_usd_per_it_mw=12e6,
            )
        )
    growth = 1000.0 * sites * (1 - np.exp(-(np.arange(years) + 0.7) / years * 2.2))
    return expansion.ExpansionProblem(
        periods=tuple(expansion.Period(2030 + y, 1.0, 1.08**-y) for y in range(years)),
        hours=expansion.Hours(np.full(hours, 8760 / hours), (24,) * days),
        zones=tuple(zones),
        sites=tuple(places),
        supplies=tuple(supplies),
        storages=tuple(storages),
        campuses=tuple(campuses),
        goal=expansion.Goal(target_it_mw=growth),
        limits=expansion.Limits(
            slots={"turbines": 150.0 * sites},
            clean_share_fraction=np.linspace(0.3, 0.7, years),
            clean_matching="hourly",
        ),
    )


def time_methods(sites: int, years: int, days: int, limit_s: float) -> None:
    """Print the seconds of each linear method on one problem."""
    form = formulate(random_programme(sites, years, days))
    rows, columns = form.program.matrix.shape
    print(f"{sites} sites, {years} years, {days} days: {rows:,} rows, {columns:,} columns")
    for method in get_args(Method):
        session = Session(form.program, threads=2)
        began = time.perf_counter()
        point = session.solve_linear(method, time_limit_s=limit_s)
        seconds = time.perf_counter() - began
        print(f"  {method:8s} {point.status:10s} {seconds:8.2f} s  {point.objective:.9e}")


def time_programmes(days: int | None, full: bool) -> None:
    """Print seconds, gap and error of the bundled programmes."""
    from gigaplan import weather
    from gigaplan.programme.bundled import locate
    from gigaplan.programme.reading import read_programme
    from gigaplan.programme.resolve import resolve

    for name in ("one-campus", "meta-compute"):
        programme = resolve(read_programme(locate(name)))
        series = weather.series_for(programme, weather_years=3, data_dir=None, seed=1)
        began = time.perf_counter()
        found = expansion.plan_in_full(programme, series, threads=2, days=days)
        seconds = time.perf_counter() - began
        solution = found.solution
        print(
            f"{name}: {seconds:.1f} s, gap {solution.gap:.2%}, {solution.route}, "
            f"{solution.rows:,} rows, {solution.columns:,} columns, "
            f"{_operated(found)}"
        )
        print(f"  {found.plan.notes[1]}")
        if full and found.days is not None:
            print_full_year(found, programme, series)


def _operated(found: expansion.PlannedProgramme) -> str:
    if found.days is None:
        return f"every one of {len(found.problem.hours):,} hours"
    return f"{len(found.days.days)} days of {found.days.step_hours} h steps"


def print_full_year(found: expansion.PlannedProgramme, programme: object, series: object) -> None:
    """Operate the plan's last year over 8,760 hours and print the error of its operating cost."""
    from gigaplan.expansion.from_programme import full_chronology

    began = time.perf_counter()
    chronology = full_chronology(programme, series, weather_years=[0])  # type: ignore[arg-type]
    last = [found.problem.periods[-1].year]
    (year,) = expansion.redispatch(chronology, found.problem, found.solution, years=last)
    unserved = sum(year.unserved_mwh.values())
    print(
        f"  {year.year} over 8,760 h in {time.perf_counter() - began:.1f} s: operating "
        f"{year.operating_usd / 1e6:,.0f} million USD, planned {year.planned_usd / 1e6:,.0f} "
        f"({year.operating_error_fraction:+.1%}); unserved {unserved:,.0f} MWh, planned "
        f"{sum(year.planned_unserved_mwh.values()):,.0f}; clean share "
        f"{year.clean_share_fraction:.1%}, planned {year.planned_clean_share_fraction:.1%}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    methods = commands.add_parser("methods")
    methods.add_argument("--sites", type=int, default=5)
    methods.add_argument("--years", type=int, default=5)
    methods.add_argument("--days", type=int, default=4)
    methods.add_argument("--limit", type=float, default=300.0)
    programmes = commands.add_parser("programmes")
    programmes.add_argument("--days", type=int)
    programmes.add_argument("--full", action="store_true")
    asked = parser.parse_args()
    if asked.command == "methods":
        time_methods(asked.sites, asked.years, asked.days, asked.limit)
    else:
        time_programmes(asked.days, asked.full)
