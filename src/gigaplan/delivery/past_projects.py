"""Past projects of a user, from a CSV file: what was planned and what came.

Columns, in any order: project, status (finished, abandoned, open), and two pairs of which one
may be blank in a row: estimated_usd and final_usd, each with its dollar year, and planned_months
and actual_months. Of a project abandoned or open, the final cost and the actual months are those
until then: a lower bound on what it would have come to, not a known end.

Ratios are in the dollars of the estimate's year: final cost over estimated cost is of real
dollars, or inflation would count as an overrun.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.core.money import PriceIndex

Status: TypeAlias = Literal["finished", "abandoned", "open"]
_COST = ("estimated_usd", "final_usd")
_YEARS = ("estimated_dollar_year", "final_dollar_year")
_MONTHS = ("planned_months", "actual_months")
COLUMNS = ("project", "estimated_usd", "estimated_dollar_year", "final_usd",
           "final_dollar_year", "planned_months", "actual_months", "status")  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class PastProject:
    """One project: what was planned and what came; what is not known is None.

    Parameters
    ----------
    project : str
        Name.
    status : {"finished", "abandoned", "open"}
        If not finished, final cost and actual months are those until now.
    estimated_usd, final_usd : float, optional
        Cost as decided on and in the end, each in the dollars of its year.
    estimated_dollar_year, final_dollar_year : int, optional
        Those years.
    planned_months, actual_months : float, optional
        From the decision to operation.
    file, line : str and int
        Where it stands, for messages.
    """

    project: str
    status: Status
    estimated_usd: float | None = None
    estimated_dollar_year: int | None = None
    final_usd: float | None = None
    final_dollar_year: int | None = None
    planned_months: float | None = None
    actual_months: float | None = None
    file: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        problems = [
            *_status_problems(self),
            *_pair_problems(self, _COST),
            *_pair_problems(self, _MONTHS),
            *_year_problems(self),
        ]
        if not any(getattr(self, name) is not None for name in (*_COST, *_MONTHS)):
            problems.append(
                _problem(
                    self,
                    "estimated_usd",
                    "neither cost nor months are given; one pair at least is needed.",
                )
            )
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Final over planned of several projects, with which are lower bounds only.

    Parameters
    ----------
    values : tuple of float
        One per project that has the pair.
    censored : tuple of bool
        True where the project has not ended, so that its ratio is a lower bound.
    projects : tuple of PastProject
        Whose they are.
    messages : tuple of str
        What the reader must know about them.
    """

    values: tuple[float, ...]
    censored: tuple[bool, ...]
    projects: tuple[PastProject, ...]
    messages: tuple[str, ...] = ()


def read_past_projects(path: str | Path) -> tuple[PastProject, ...]:
    """Read past projects from a CSV file; columns as in the module's text, others passed over.

    Raises
    ------
    InputError
        For every fault of the file, with line and column.
    """
    from gigaplan.weather.table import read_lines

    file = str(path)
    lines = read_lines(Path(path))
    header = [cell.strip().lower() for cell in lines[0]]
    _check_header(header, file)
    place = {name: header.index(name) for name in COLUMNS}
    problems: list[Problem] = []
    found: list[PastProject] = []
    for line, row in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in row):
            try:
                _check_width(row, len(header), file, line)
                found.append(_project(row, place, file, line))
            except InputError as error:
                problems += error.problems
    problems += _twice(found)
    if problems:
        raise InputError(problems)
    if not found:
        raise InputError(Problem("the file has a header but no projects.", file=file, line=1))
    return tuple(found)


def cost_ratios(projects: Sequence[PastProject], *, deflator: PriceIndex | None = None) -> Ratios:
    """Return final over estimated cost of the projects that have both.

    Parameters
    ----------
    projects : sequence of PastProject
    deflator : PriceIndex, optional
        Brings the final cost into dollars of the estimate's year, such as
        `gigaplan.catalogue.price_index`. Left out, both must be in dollars of one year.

    Raises
    ------
    InputError
        If two dollar years differ without a deflator.
    """
    values: list[float] = []
    taken: list[PastProject] = []
    problems: list[Problem] = []
    outside = 0
    for each in projects:
        if each.estimated_usd is None or each.final_usd is None:
            continue
        years = (each.final_dollar_year or 0, each.estimated_dollar_year or 0)
        factor = 1.0
        if years[0] != years[1]:
            if deflator is None:
                problems.append(_years_differ(each))
                continue
            factor = deflator.factor(*years)
            outside += sum(year not in deflator.level_by_year for year in years)
        values.append(each.final_usd * factor / each.estimated_usd)
        taken.append(each)
    if problems:
        raise InputError(problems)
    messages = (_beyond_index(deflator, outside),) if deflator is not None and outside else ()
    return _ratios(values, taken, messages)


def month_ratios(projects: Sequence[PastProject]) -> Ratios:
    """Return actual over planned months of the projects that have both."""
    values: list[float] = []
    taken: list[PastProject] = []
    for each in projects:
        if each.planned_months is not None and each.actual_months is not None:
            values.append(each.actual_months / each.planned_months)
            taken.append(each)
    return _ratios(values, taken, ())


def _ratios(
    values: Sequence[float], taken: Sequence[PastProject], messages: tuple[str, ...]
) -> Ratios:
    censored = tuple(each.status != "finished" for each in taken)
    return Ratios(tuple(values), censored, tuple(taken), messages)


def _check_header(header: Sequence[str], file: str) -> None:
    problems = []
    for name in COLUMNS:
        if header.count(name) == 1:
            continue
        what = "is there more than once" if name in header else "is missing"
        problems.append(
            Problem(
                f"column '{name}' {what}; the file has {', '.join(header[:40])}.",
                file=file,
                line=1,
                hint="" if name in header else nearest(name, set(header) - set(COLUMNS)),
            )
        )
    if problems:
        raise InputError(problems)


def _check_width(row: Sequence[str], width: int, file: str, line: int) -> None:
    if any(cell.strip() for cell in row[width:]):
        raise InputError(
            Problem(
                f"the row has {len(row)} cells; the header has {width}.",
                file=file,
                line=line,
                hint="Leave out separators of thousands.",
            )
        )


def _project(row: Sequence[str], place: Mapping[str, int], file: str, line: int) -> PastProject:
    cells = {name: row[i].strip() if i < len(row) else "" for name, i in place.items()}
    problems: list[Problem] = []
    numbers = {
        name: _number(cells[name], name, file, line, problems)
        for name in (*_COST, *_YEARS, *_MONTHS)
    }
    years = {name: _year(numbers[name], name, file, line, problems) for name in _YEARS}
    if problems:
        raise InputError(problems)
    return PastProject(
        cells["project"],
        cells["status"].lower(),  # type: ignore[arg-type]  # checked by the class itself
        numbers["estimated_usd"],
        years["estimated_dollar_year"],
        numbers["final_usd"],
        years["final_dollar_year"],
        numbers["planned_months"],
        numbers["actual_months"],
        file,
        line,
    )


def _number(cell: str, name: str, file: str, line: int, problems: list[Problem]) -> float | None:
    """Return the number in a cell, None for a blank; note what is neither."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    found = cell[:40]
    problems.append(
        Problem(
            f"found '{found}'; a number is needed, or a blank.",
            file=file,
            line=line,
            field=f"column {name}",
            hint="Leave out separators of thousands and signs of currency." if "," in cell else "",
        )
    )
    return None


def _year(
    value: float | None, name: str, file: str, line: int, problems: list[Problem]
) -> int | None:
    if value is None or value == int(value):
        return None if value is None else int(value)
    problems.append(
        Problem(
            f"found {value:g}; a whole year is needed.",
            file=file,
            line=line,
            field=f"column {name}",
        )
    )
    return None


def _status_problems(project: PastProject) -> list[Problem]:
    allowed: tuple[str, ...] = get_args(Status)
    problems = []
    if not project.project:
        problems.append(_problem(project, "project", "found nothing; each needs a name."))
    found: str = project.status
    if found not in allowed:
        problems.append(
            _problem(
                project,
                "status",
                f"found {found!r}; {', '.join(allowed)} are allowed.",
                nearest(found, allowed),
            )
        )
    return problems


def _pair_problems(project: PastProject, pair: tuple[str, str]) -> list[Problem]:
    """Return what is wrong with planned and final: both or neither, and above zero."""
    planned, final = (getattr(project, name) for name in pair)
    if planned is None and final is None:
        return []
    if planned is None or final is None:
        blank, given = pair if planned is None else pair[::-1]
        return [_problem(project, blank, f"found nothing; {given} is given, so it is needed too.")]
    problems = []
    if not (math.isfinite(planned) and planned > 0):
        problems.append(_problem(project, pair[0], f"found {planned:g}; above 0 is allowed."))
    if not (math.isfinite(final) and final >= 0) or (final == 0 and project.status == "finished"):
        allowed = "above 0" if project.status == "finished" else "0 or more"
        problems.append(_problem(project, pair[1], f"found {final:g}; {allowed} is allowed."))
    return problems


def _year_problems(project: PastProject) -> list[Problem]:
    problems = []
    for usd, name in zip(_COST, _YEARS, strict=True):
        year = getattr(project, name)
        if year is None:
            if getattr(project, usd) is not None:
                problems.append(
                    _problem(
                        project, name, f"found nothing; {usd} is given, so its year is needed."
                    )
                )
        elif not _FIRST_YEAR <= year <= _LAST_YEAR:
            problems.append(
                _problem(
                    project, name, f"found {year:g}; {_FIRST_YEAR} to {_LAST_YEAR} is allowed."
                )
            )
    return problems


def _problem(project: PastProject, column: str, message: str, hint: str = "") -> Problem:
    field = f"column {column}" if project.file else f"{project.project}.{column}"
    return Problem(message, field=field, file=project.file, line=project.line, hint=hint)


def _years_differ(project: PastProject) -> Problem:
    return _problem(
        project,
        "final_dollar_year",
        f"found {project.final_dollar_year} beside an estimate in dollars of "
        f"{project.estimated_dollar_year}; without a deflator the same year is allowed.",
        "Give a deflator (gigaplan.catalogue.price_index is one), or dollars of one year.",
    )


def _beyond_index(deflator: PriceIndex, count: int) -> str:
    first, last = min(deflator.level_by_year), max(deflator.level_by_year)
    return (
        f"{count} dollar years lie outside the price index, {first} to {last}; prices there are "
        f"taken to change by {deflator.future_inflation_fraction:.1%} a year."
    )


def _twice(projects: Sequence[PastProject]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for each in projects:
        line = first.setdefault(each.project, each.line)
        if line != each.line:
            problems.append(
                _problem(
                    each,
                    "project",
                    f"found '{each.project}', which is on line {line} already; each counts once.",
                )
            )
    return problems
