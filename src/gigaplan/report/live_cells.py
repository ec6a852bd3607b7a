"""Rows of a sheet with one month a column, and formulas over them by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

FIRST_MONTH = 3  # column of the first month: label, what it is, and nought before the first
HEAD_ROWS = 3  # rows of the head: month, year, number, last of its year


@dataclass
class Months:
    """The rows of sheet ``months`` as they are written: each a key, and a formula of a column.

    A formula is text in which ``{key}`` stands for the cell of another row in the same month,
    ``{key-}`` for that of the month before, ``{key:}`` for the whole row, and ``{key<}`` for all
    months before, with nought first.
    """

    sheet: Any
    count: int
    formats: dict[str, Any]
    rows: dict[str, int] = field(default_factory=dict)
    next_row: int = HEAD_ROWS + 1

    def cell(self, key: str, month: int) -> str:
        """Return the address of a row's cell in a month."""
        return f"{letters(FIRST_MONTH + month)}{self.rows[key] + 1}"

    def line(self, key: str) -> str:
        """Return the address of a whole row, for other sheets too."""
        row = self.rows[key] + 1
        last = letters(FIRST_MONTH + self.count - 1)
        return f"months!${letters(FIRST_MONTH)}${row}:${last}${row}"

    def title(self, words: str) -> None:
        """Write a heading."""
        self.next_row += 1
        self.sheet.write_string(self.next_row, 0, words, self.formats["section"])
        self.next_row += 1

    def given(self, key: str, label: str, values: Sequence[float]) -> str:
        """Write a row of inputs."""
        row = self._begin(key, label, "given")
        for m, value in enumerate(values):
            self.sheet.write_number(row, FIRST_MONTH + m, float(value), self.formats["given"])
        return key

    def follows(self, key: str, label: str, formula: str, first: str | None = None) -> str:
        """Write a row of formulas; `first` is that of the first month, if it is another."""
        row = self._begin(key, label, "formula")
        self.sheet.write_number(row, FIRST_MONTH - 1, 0, self.formats["hidden"])
        for m in range(self.count):
            text = first if m == 0 and first is not None else formula
            self.sheet.write_formula(
                row, FIRST_MONTH + m, "=" + self._at(text, m), self.formats["sum"]
            )
        return key

    def _begin(self, key: str, label: str, what: str) -> int:
        row, self.rows[key] = self.next_row, self.next_row
        self.sheet.write_string(row, 0, label)
        self.sheet.write_string(row, 1, what, self.formats["small"])
        self.next_row += 1
        return row

    def _at(self, formula: str, month: int) -> str:
        def place(match: re.Match[str]) -> str:
            key, which = match.group(1), match.group(2)
            if which == ":":
                return self.line(key).removeprefix("months!")
            if which == "<":
                row = self.rows[key] + 1
                return f"${letters(FIRST_MONTH - 1)}${row}:{letters(FIRST_MONTH + month - 1)}${row}"
            if which == "-":
                # before the first month stands nought: MIN passes over an empty cell
                return f"{letters(FIRST_MONTH + month - 1)}{self.rows[key] + 1}"
            return self.cell(key, month)

        return re.sub(r"\{([^{}]*?)([:<-]?)\}", place, formula)


def letters(column: int) -> str:
    """Return the letters of a column, the first being 0."""
    from xlsxwriter.utility import xl_col_to_name  # only when a workbook is written

    return str(xl_col_to_name(column))


def name_of(owner: str, term: str) -> str:
    """Return the name of an input in the workbook."""
    parts = [re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in (owner, term)]
    return "in_" + "__".join(part for part in parts if part)


def plus(keys: Iterable[str]) -> str:
    """Return cells added, each with its sign."""
    return "".join(f"+{{{key}}}" for key in keys)


def minus(keys: Iterable[str]) -> str:
    """Return cells taken away."""
    return "".join(f"-{{{key}}}" for key in keys)
