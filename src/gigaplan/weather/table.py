"""Reading text tables with the line and column of every fault."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem

MOST_BYTES = 200_000_000
_MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "."})
_MOST_PROBLEMS = 5


@dataclass(frozen=True)
class Table:
    """Numbers of a file, with where each row stood.

    Parameters
    ----------
    file : str
        Path, for messages.
    lines : ndarray
        Line of each row in the file, from 1, shape [row].
    columns : tuple of str
        Header of each column, for messages.
    values : ndarray
        Shape [row, column]; NaN where the file has none.
    """

    file: str
    lines: NDArray[np.int64]
    columns: tuple[str, ...]
    values: NDArray[np.float64]


def read_lines(path: Path) -> list[list[str]]:
    """Return the cells of every line of a comma-separated text file.

    Raises
    ------
    InputError
        If the file is missing, empty, too large, or not UTF-8 (or Latin-1) text.
    """
    file = str(path)
    if not path.exists():
        raise InputError(Problem("there is no such file.", file=file))
    if not path.is_file():
        raise InputError(Problem("this is not a file.", file=file))
    size = path.stat().st_size
    if size == 0:
        raise InputError(Problem("the file is empty.", file=file))
    if size > MOST_BYTES:
        raise InputError(
            Problem(
                f"the file has {size / 1e6:,.0f} MB; up to {MOST_BYTES / 1e6:,.0f} MB are read.",
                file=file,
                hint="Hourly figures of one place need about 1 MB a year.",
            )
        )
    raw = path.read_bytes()
    if b"\0" in raw:
        raise InputError(
            Problem("the file holds binary data; comma-separated text is needed.", file=file)
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # old weather files carry accents of station names so
    try:
        return list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise InputError(
            Problem(f"the file is not comma-separated text ({error}).", file=file)
        ) from None


def column_index(header: Sequence[str], name: str, file: str, line: int) -> int:
    """Return where column `name` stands, matching without regard to case or outer blanks."""
    wanted = name.strip().lower()
    found = [i for i, cell in enumerate(header) if cell.strip().lower() == wanted]
    if len(found) == 1:
        return found[0]
    what = "is there more than once" if found else "is missing"
    raise InputError(
        Problem(
            f"column '{name}' {what}; the file has {', '.join(c.strip() for c in header[:40])}.",
            file=file,
            line=line,
        )
    )


def number(cell: str, missing: Collection[float]) -> float:
    """Return the number in a cell, or NaN for a blank, a word for none, or a missing-data code.

    Raises
    ------
    ValueError
        If the cell is neither.
    """
    try:
        value = float(cell)
    except ValueError:
        if cell.strip().lower() in _MISSING_WORDS:
            return math.nan
        raise
    if value in missing:
        return math.nan
    if math.isinf(value):
        raise ValueError
    return value


def numbers(
    file: str,
    rows: Sequence[Sequence[str]],
    first_line: int,
    columns: Sequence[tuple[int, str]],
    *,
    missing: Sequence[Collection[float]] | None = None,
) -> Table:
    """Return chosen columns of `rows` as numbers.

    Parameters
    ----------
    file : str
        Path, for messages.
    rows : sequence of sequence of str
        Data rows; wholly blank rows are passed over.
    first_line : int
        Line of the first row in the file.
    columns : sequence of (int, str)
        Position and header of each column wanted.
    missing : sequence of collection of float, optional
        Codes that stand for "no value", per column.

    Raises
    ------
    InputError
        If a cell is not a number or a row is too short; up to five faults are listed.
    """
    codes = missing if missing is not None else [()] * len(columns)
    widest = max(i for i, _ in columns)
    values: list[list[float]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    for offset, row in enumerate(rows):
        line = first_line + offset
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= widest:
            problems.append(
                Problem(
                    f"the row has {len(row)} cells; at least {widest + 1} are needed.",
                    file=file,
                    line=line,
                )
            )
        else:
            try:
                values.append(
                    [number(row[i], code) for (i, _), code in zip(columns, codes, strict=True)]
                )
                lines.append(line)
                continue
            except ValueError:
                problems.extend(_bad_cells(file, line, row, columns))
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise InputError(problems[:_MOST_PROBLEMS])
    if not values:
        raise InputError(Problem("the file has a header but no rows.", file=file))
    return Table(
        file,
        np.array(lines, dtype=np.int64),
        tuple(name for _, name in columns),
        np.array(values, dtype=np.float64),
    )


def _bad_cells(
    file: str, line: int, row: Sequence[str], columns: Sequence[tuple[int, str]]
) -> list[Problem]:
    found = []
    for i, name in columns:
        try:
            number(row[i], ())
        except ValueError:
            shown = row[i].strip()[:40]
            found.append(
                Problem(
                    f"found '{shown}'; a number is needed.",
                    file=file,
                    line=line,
                    field=f"column {name}",
                )
            )
    return found


def check_range(
    table: Table, column: int, low: float, high: float, unit: str, converted: NDArray[np.float64]
) -> None:
    """Raise `InputError` at the first value of a column outside `low` to `high`."""
    outside = np.flatnonzero((converted < low) | (converted > high))
    if outside.size:
        row = int(outside[0])
        more = f" ({outside.size:,} values in all)" if outside.size > 1 else ""
        raise InputError(
            Problem(
                f"found {converted[row]:g} {unit}{more}; {low:g} to {high:g} is allowed.",
                file=table.file,
                line=int(table.lines[row]),
                field=f"column {table.columns[column]}",
                hint="Check the unit declared for the column.",
            )
        )
