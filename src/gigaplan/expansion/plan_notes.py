"""What a plan's reader must know of how it was made: hours, route, error, assumptions."""

from __future__ import annotations

from gigaplan.expansion.programme_places import FIRM_SHED_MULTIPLE
from gigaplan.expansion.redispatch import FullYear
from gigaplan.expansion.representative import RepresentativeDays
from gigaplan.expansion.solution import Solution
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.weather.model import Series

_BLOCKS = {
    "storage value": "by the exact value of its storage",
    "hourly program": "as a linear program over its hours",
    "sales": "as a project that sells all it makes",
}


def notes_on_every_hour(
    programme: ResolvedProgramme, series: Series, solution: Solution
) -> tuple[str, ...]:
    """Return the notes of a plan that is operated over every hour."""
    ways = ", ".join(
        f"{count:,} {_BLOCKS[route]}" for route, count in sorted(solution.operated_by.items())
    )
    years = series.weather_years
    return (
        f"Every plan year is operated over all {8760 * years:,} hours of {years} weather "
        f"{'year' if years == 1 else 'years'} ({_kinds(programme, series)} weather), in "
        f"chronological order.",
        f"Plan and bound met after {solution.rounds} rounds ({solution.route}): no plan of these "
        f"figures costs less than {solution.bound_usd / 1e9:,.1f} billion USD, this one costs "
        f"{solution.objective_usd / 1e9:,.1f} ({solution.gap:.2%} more at most).",
        f"Places and projects in a year were operated {ways}; worst residual of an hour or limit "
        f"{solution.largest_residual:.1g}.",
        *_assumptions(series),
    )


def notes_on_days(
    programme: ResolvedProgramme,
    series: Series,
    days: RepresentativeDays,
    solution: Solution,
    last: FullYear | None,
) -> tuple[str, ...]:
    """Return the notes of a plan that is operated on representative days."""
    return (
        f"Operation is on {len(days.days)} representative days in steps of {days.step_hours} h, "
        f"chosen from {series.weather_years} weather years "
        f"({_kinds(programme, series)} weather).",
        f"Before scaling to their true means, the mean of no series on them was off by more than "
        f"{days.worst_mean_fraction:.1%}; duration curves are off by at most "
        f"{days.worst_duration_curve_fraction:.1%} of their range (root mean square).",
        *([_full_year(last)] if last is not None else []),
        f"Solved as one program of {solution.rows:,} rows and {solution.columns:,} columns "
        f"({solution.route}, {solution.method}); worst residual {solution.largest_residual:.1g}.",
        *_assumptions(series),
    )


def _kinds(programme: ResolvedProgramme, series: Series) -> str:
    return " and ".join(sorted({series.sites[name].kind for name in programme.sites}))


def _full_year(year: FullYear) -> str:
    return (
        f"Operated over all 8,760 hours of the first weather year, {year.year} costs "
        f"{year.operating_usd / 1e6:,.0f} million USD to run; the plan counted "
        f"{year.planned_usd / 1e6:,.0f} ({year.operating_error_fraction:+.1%}). "
        f"{sum(year.unserved_mwh.values()):,.0f} MWh go unserved (planned "
        f"{sum(year.planned_unserved_mwh.values()):,.0f}), and "
        f"{year.clean_share_fraction:.1%} is clean (planned "
        f"{year.planned_clean_share_fraction:.1%})."
    )


def _assumptions(series: Series) -> tuple[str, ...]:
    return (
        "Each year is operated as it stands at its end; chips in operating halls are taken as "
        "evenly aged; surplus of contracts is sold at the zone's price.",
        f"Unserved training costs what missing compute does; firm inference "
        f"{FIRM_SHED_MULTIPLE:g} times that (assumed).",
        *series.notes,
    )
