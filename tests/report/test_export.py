from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from gigaplan.core.errors import InputError
from gigaplan.report import RunView, export
from gigaplan.report.units import unit_of


@pytest.fixture(scope="module")
def workbook(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> CalamineWorkbook:
    path = tmp_path_factory.mktemp("export") / "run.xlsx"
    export(RunView.load(run_folder), "xlsx", path)
    return CalamineWorkbook.from_path(str(path))


def test_a_workbook_has_a_summary_and_a_sheet_per_table(
    workbook: CalamineWorkbook, view: RunView
) -> None:
    assert workbook.sheet_names == ["summary", *view.tables]


def test_every_number_of_the_workbook_equals_the_tables(
    workbook: CalamineWorkbook, view: RunView
) -> None:
    for name, table in view.tables.items():
        head, *rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        assert [str(h).split(" [")[0] for h in head] == [str(c) for c in table.columns]
        for j, column in enumerate(table.columns):
            read = [row[j] for row in rows]
            for cell, value in zip(read, table[column].tolist(), strict=True):
                if isinstance(value, str):
                    assert cell == value
                elif value is None or value != value:
                    assert cell == ""
                else:
                    assert cell == pytest.approx(float(value), rel=1e-14)


def test_headers_name_the_unit(workbook: CalamineWorkbook) -> None:
    head = workbook.get_sheet_by_name("online").to_python()[0]
    assert "p50 [MW of IT]" in head
    head = workbook.get_sheet_by_name("cash").to_python()[0]
    assert "mean [USD, nominal]" in head


def test_the_first_sheet_holds_the_answer_and_the_sources(
    workbook: CalamineWorkbook, view: RunView
) -> None:
    rows = workbook.get_sheet_by_name("summary").to_python()
    cells = {str(row[0]): row[1] for row in rows if row[0]}
    gap = view.summary["finance"]["funding_gap_usd"]["p50"]
    assert cells["finance.funding_gap_usd.p50"] == pytest.approx(gap, rel=1e-14)
    assert str(view.figures[0]["field"]) in cells
    assert any("https://example.org/atb" in row for row in rows)


def test_a_text_that_looks_like_a_formula_stays_a_text(view: RunView, tmp_path: Path) -> None:
    table = pd.DataFrame({"title": ["=1+1", "@SUM(A1)", "http://example.org"]})
    export(RunView({}, {"entities": table}), "xlsx", tmp_path / "x.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "x.xlsx"))
    rows = book.get_sheet_by_name("entities").to_python()
    assert [row[0] for row in rows[1:]] == table["title"].tolist()


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_files_read_back_as_they_were(to: str, view: RunView, tmp_path: Path) -> None:
    export(view, to, tmp_path / to)
    names = {path.stem for path in (tmp_path / to).iterdir()}
    assert names == {*view.tables, "figures"}
    for name, table in view.tables.items():
        path = tmp_path / to / f"{name}.{to}"
        back = pd.read_csv(path) if to == "csv" else pd.read_parquet(path)
        assert list(back.columns) == list(table.columns)
        for column in table.columns:
            if pd.api.types.is_numeric_dtype(table[column]):
                np.testing.assert_allclose(back[column], table[column], rtol=1e-15)
            else:
                assert back[column].fillna("").tolist() == table[column].fillna("").tolist()


def test_an_unknown_format_is_named_with_the_nearest(view: RunView, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'xlsx'"):
        export(view, "xls", tmp_path / "x")


def test_units_follow_the_names_of_columns() -> None:
    assert unit_of("entities", "planned_usd") == "USD"
    assert unit_of("operations", "eue_mwh_standard_error") == "MWh"
    assert unit_of("operations", "clean_share_hourly") == "fraction"
    assert unit_of("targets", "standard_error") == "fraction"
    assert unit_of("online", "planned_it_mw") == "MW of IT"
    assert unit_of("entities", "title") == ""
