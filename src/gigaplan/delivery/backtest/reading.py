"""Reads a CSV of past promises.

Columns: ``project``, ``made`` (YYYY-MM), ``promised``, ``outcome``, and if you like ``p10``,
``p50``, ``p90`` (all three or none), ``group`` and ``as_of``. What is promised is a month
(2027-03) or a number such as a cost; a row is all months or all numbers. A blank outcome has not
come yet: a promised month was then still open at ``as_of``, by default the latest month in the
file's ``made`` and ``outcome``.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gigaplan.core.errors import InputError, Problem, nearest

_NEEDED = ("project", "made", "promised", "outcome")
_OPTIONAL = ("p10", "p50", "p90", "group", "as_of")
_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-\d{2})?")
_Value = Callable[[str], float]
_MONTH_ALLOWED = "a month such as 2027-03"


@dataclass(frozen=True, slots=True)
class Promise:
    """One past promise; months are counted from the month it was made.

    Parameters
    ----------
    project, group : str
    is_date : bool
        Whether months were promised, not an amount.
    promised : float
    quantiles : tuple of three float, or None
        P10, P50 and P90 given with it.
    outcome : float or None
        None if it has not come and nothing bounds it.
    unfinished : bool
        Whether the outcome is only a lower bound.
    """

    project: str
    group: str
    is_date: bool
    promised: float
    quantiles: tuple[float, float, float] | None
    outcome: float | None
    unfinished: bool


class _Row:
    """One line of the file, that gathers what is wrong with it."""

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        self.file, self.line, self.cells = file, line, cells
        self.problems: list[Problem] = []

    def cell(self, field: str) -> str:
        return (self.cells.get(field) or "").strip()

    def wrong(self, field: str, allowed: str) -> float:
        text = f"found '{self.cell(field)}'; allowed: {allowed}."
        self.problems.append(Problem(text, field=field, file=self.file, line=self.line))
        return math.nan

    def month(self, field: str) -> float:
        """Return months since year 0."""
        found = _MONTH.fullmatch(self.cell(field))
        if not found or not 1 <= int(found[2]) <= 12:
            return self.wrong(field, _MONTH_ALLOWED)
        return 12.0 * int(found[1]) + int(found[2]) - 1

    def amount(self, field: str) -> float:
        try:
            value = float(self.cell(field))
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            return self.wrong(field, "a number above 0, or in every field a month")
        return value


def read_promises(file: Path) -> tuple[Promise, ...]:
    """Return the promises of a file.

    Raises
    ------
    InputError
        With every line, field, finding and what is allowed.
    """
    rows = list(_rows(file))
    latest = max((m for row in rows for m in _months_seen(row)), default=math.nan)
    promises = [_promise(row, latest) for row in rows]
    problems = [p for row in rows for p in row.problems]
    if problems:
        raise InputError(problems)
    return tuple(promises)


def _rows(file: Path) -> Iterator[_Row]:
    if not file.is_file():
        raise InputError(Problem("there is no such file.", file=str(file)))
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem("the file is not UTF-8 text.", file=str(file))) from None
    reader = csv.DictReader(text.splitlines())
    header = [h.strip() for h in reader.fieldnames or ()]
    reader.fieldnames = header
    _check_header(header, str(file))
    empty = True
    for cells in reader:
        empty = False
        row = _Row(str(file), reader.line_num, cells)
        if None in cells:
            message = f"the line has more cells than the {len(header)} columns of the head."
            row.problems.append(Problem(message, file=str(file), line=reader.line_num))
        yield row
    if empty:
        raise InputError(Problem("the file has no promises below its head.", file=str(file)))


def _check_header(header: list[str], file: str) -> None:
    allowed = (*_NEEDED, *_OPTIONAL)
    problems = [
        Problem(f"found no such column; needed: {', '.join(_NEEDED)}.", field=n, file=file, line=1)
        for n in _NEEDED
        if n not in header
    ]
    problems += [
        Problem(
            f"the column is unknown; allowed: {', '.join(allowed)}.",
            field=name,
            file=file,
            line=1,
            hint=nearest(name, allowed),
        )
        for name in header
        if name not in allowed
    ]
    if problems:
        raise InputError(problems)


def _months_seen(row: _Row) -> list[float]:
    found = [_MONTH.fullmatch(row.cell(f)) for f in ("made", "outcome", "as_of")]
    return [12.0 * int(m[1]) + int(m[2]) - 1 for m in found if m]


def _promise(row: _Row, latest: float) -> Promise:
    if not row.cell("project"):
        row.wrong("project", "a name")
    is_date = bool(_MONTH.fullmatch(row.cell("promised")))
    made = row.month("made")

    def value(field: str) -> float:
        if not is_date:
            return row.amount(field)
        months = row.month(field) - made
        return row.wrong(field, "a month after the one it was made in") if months <= 0 else months

    promised = value("promised")
    outcome, unfinished = _outcome(row, value, is_date=is_date, made=made, latest=latest)
    return Promise(
        project=row.cell("project"),
        group=row.cell("group") or row.cell("project"),
        is_date=is_date,
        promised=promised,
        quantiles=_quantiles(row, value),
        outcome=outcome,
        unfinished=unfinished,
    )


def _outcome(
    row: _Row, value: _Value, *, is_date: bool, made: float, latest: float
) -> tuple[float | None, bool]:
    if row.cell("outcome"):
        return value("outcome"), False
    if not is_date:
        return None, True
    so_far = (row.month("as_of") if row.cell("as_of") else latest) - made
    return (so_far, True) if so_far > 0 else (None, True)


def _quantiles(row: _Row, value: _Value) -> tuple[float, float, float] | None:
    given = [f for f in ("p10", "p50", "p90") if row.cell(f)]
    if not given:
        return None
    for absent in {"p10", "p50", "p90"} - set(given):
        row.wrong(absent, "all of p10, p50 and p90, or none")
        return None
    low, middle, high = (value(f) for f in ("p10", "p50", "p90"))
    if low > middle or middle > high:
        row.wrong("p50", "p10, p50 and p90 in rising order")
    return low, middle, high
