"""A run's tables as CSV, Parquet or one Excel workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gigaplan.core.errors import InputError, nearest
from gigaplan.report.amounts import finite
from gigaplan.report.live_sheets import LiveSheets
from gigaplan.report.units import header, number_format
from gigaplan.report.view import RunView

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "parquet", "xlsx"]
_FORMATS = ("csv", "parquet", "xlsx")
_MOST_ROWS = 1_048_575  # an Excel sheet's, less the header
_MOST_NAME = 31
_LIVE = ("one_world", "one_world_terms", "one_world_statements")
"""Tables that a workbook holds as sheets with formulas."""
_WIDEST = 46


def export(view: RunView, to: str, path: Path | str) -> None:
    """Write a run's tables.

    Parameters
    ----------
    view : RunView
        The run.
    to : {'csv', 'parquet', 'xlsx'}
        CSV and Parquet are one file a table in the folder `path`, the figures and their
        sources among them; xlsx is one workbook `path`, the first sheet the summary, and the
        statements of one world by formula in ``inputs``, ``months``, ``accounts``, ``check``.
    path : Path
        Folder or file to write.

    Raises
    ------
    InputError
        If the format is not known, or a table is too long for a sheet.
    """
    if to not in _FORMATS:
        hint = nearest(to, _FORMATS)
        raise InputError(f"'{to}' is no export format; allowed: {', '.join(_FORMATS)}. {hint}")
    path = Path(path)
    if to == "xlsx":
        _write_workbook(view, path)
        return
    path.mkdir(parents=True, exist_ok=True)
    for name, table in _tables(view):
        if to == "csv":
            # 17 digits: what is read back equals what was written
            table.to_csv(path / f"{name}.csv", index=False, float_format="%.17g")
        else:
            table.to_parquet(path / f"{name}.parquet", index=False)


def _tables(view: RunView) -> Iterator[tuple[str, pd.DataFrame]]:
    import pandas as pd

    for name in view.tables:
        yield name, view.tables[name]
    if view.figures:
        yield "figures", pd.DataFrame(view.figures)


def _write_workbook(view: RunView, path: Path) -> None:
    import xlsxwriter

    tables = list(_tables(view))
    for name, table in tables:
        if len(table) > _MOST_ROWS:
            raise InputError(
                f"table '{name}' has {len(table):,} rows; a sheet holds {_MOST_ROWS:,}. "
                "Export to csv or parquet."
            )
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = _Formats(book)
        _write_summary(book.add_worksheet("summary"), view, formats)
        if not view.table("one_world").empty:
            LiveSheets(book, view).write()
        for name, table in tables:
            if name not in ("figures", *_LIVE):
                _write_table(book.add_worksheet(name[:_MOST_NAME]), name, table, formats)


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[str, Any] = {}
        self.head = book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EEF1F4"}
        )
        self.title = book.add_format({"bold": True, "font_size": 15})
        self.section = book.add_format({"bold": True, "font_size": 12, "top": 1})
        self.general = book.add_format({"num_format": "#,##0.####"})

    def number(self, pattern: str) -> Any:
        """Return the format of a number pattern."""
        if pattern not in self._numbers:
            self._numbers[pattern] = self._book.add_format({"num_format": pattern})
        return self._numbers[pattern]


def _write_table(sheet: Any, name: str, table: pd.DataFrame, formats: _Formats) -> None:
    for j, column in enumerate(table.columns):
        words = header(name, str(column))
        values = table[column].tolist()
        shown = formats.number(number_format(name, str(column)))
        sheet.write_string(0, j, words, formats.head)
        longest = 0
        for i, value in enumerate(values, start=1):
            longest = max(longest, _write_cell(sheet, i, j, value, shown))
        sheet.set_column(j, j, min(max(longest + 2, min(len(words), 18) + 1), _WIDEST))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write_cell(sheet: Any, row: int, column: int, value: Any, shown: Any) -> int:
    """Write a value as what it is and return about how wide it is; nothing where it is missing."""
    if isinstance(value, str):
        sheet.write_string(row, column, value)
        return len(value)
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
        return 5
    number = finite(value)
    if number is None:
        return 0
    sheet.write_number(row, column, number, shown)
    return len(f"{number:,.0f}") + 3


def _write_summary(sheet: Any, view: RunView, formats: _Formats) -> None:
    """Write the summary's single figures, then every figure used with its source."""
    sheet.set_column(0, 0, 52)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 8, 18)
    sheet.write_string(0, 0, view.title, formats.title)
    row = 2
    for key, value in _leaves(view.summary):
        sheet.write_string(row, 0, key)
        _write_cell(sheet, row, 1, value, formats.general)
        row += 1
    row += 1
    sheet.write_string(row, 0, "Figures used and their sources", formats.section)
    row += 1
    columns = list(dict.fromkeys(key for figure in view.figures for key in figure))
    for j, column in enumerate(columns):
        sheet.write_string(row, j, column, formats.head)
    for figure in view.figures:
        row += 1
        for j, column in enumerate(columns):
            _write_cell(sheet, row, j, figure.get(column), formats.general)


def _leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return the single values of a mapping by dotted key; lists have sheets of their own."""
    for key, part in value.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(part, dict):
            yield from _leaves(part, name)
        elif isinstance(part, list):
            if part and all(isinstance(item, str) for item in part) and key == "notes":
                yield from ((f"{name}.{i}", item) for i, item in enumerate(part, start=1))
        elif part is not None:
            yield name, part
