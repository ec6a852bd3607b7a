"""The workbook's own formulas, recalculated by LibreOffice, give what gigaplan found."""

from __future__ import annotations

import csv
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.core.errors import InputError
from gigaplan.finance.money import Money
from gigaplan.programme import funding
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.site_taxes import SiteTaxFigures
from gigaplan.report import RunView
from gigaplan.report.live_cells import letters, name_of
from gigaplan.report.live_sheets import LiveSheets
from gigaplan.study.finance_tables import world_rows, world_statement_rows, world_term_rows

DRAW = 7
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice, which recalculates, is not installed"
)


def poor() -> funding.Company:
    """Return a company that runs short: bonds, line and gap are all drawn."""
    return small.company(operating_cash_flow_usd=1.2e9, operating_income_usd=5e8)


def abated() -> ResolvedProgramme:
    """Return a programme whose halls are taxed less for a time, its servers never."""
    plain = small.programme()
    taxes = SiteTaxFigures(0.07, 1.0, 0.018, 0.021, 0.5, 3.0, 1.0, 35.0)
    return replace(
        plain,
        sites={"ohio": small.site("ohio", taxes=taxes)},
        finance=replace(plain.finance, property_tax_fraction=None),
    )


def _world(
    company: funding.Company | None = None,
) -> tuple[finance.OneWorld, Money]:
    moves = small.trajectories(20)
    programme = abated()
    if company is not None:
        programme = replace(programme, company=company)
    summary = small.operating(moves)
    return (
        finance.one_world(programme, small.plan(), moves, summary, DRAW),
        Money.of(programme, small.plan(), moves, summary),
    )


def _view(world: finance.OneWorld) -> RunView:
    tables = {
        "one_world": world_rows(world),
        "one_world_terms": world_term_rows(world),
        "one_world_statements": world_statement_rows(world),
    }
    return RunView({}, {name: pd.DataFrame(rows) for name, rows in tables.items()})


def _recalculated(view: RunView, folder: Path) -> dict[str, list[list[str]]]:
    """Return the rows of each sheet as LibreOffice reckons them from the formulas alone."""
    path = folder / "one.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        LiveSheets(book, view).write()
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS, "utf-8")
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    command += ["--convert-to", EVERY_SHEET, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    found = {}
    for sheet in folder.glob("one-*.csv"):
        with sheet.open(encoding="utf-8", newline="") as file:
            found[sheet.stem.removeprefix("one-")] = list(csv.reader(file))
    return found


def _row(sheet: list[list[str]], label: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    row = next(row for row in sheet if row[0] == label)
    return np.array([float(cell) for cell in row[3:]])


@needs_office
@pytest.mark.parametrize("company", [None, poor()], ids=["rich", "poor"])
def test_recalculated_statements_equal_gigaplan_s(
    company: funding.Company | None, tmp_path: Path
) -> None:
    world, _ = _world(company)
    sheets = _recalculated(_view(world), tmp_path)
    at: dict[str, list[float]] = {}
    statement = ""
    titles = {"Income statement": "income", "Cash flow statement": "cash_flow"}
    titles["Balance sheet"] = "balance_sheet"
    for row in sheets["accounts"]:
        statement = titles.get(row[0], statement)
        if statement and len(row) > 1 and row[1]:
            at[f"{statement} {row[0]}"] = [float(cell) for cell in row[1:]]
    whole = max(map(abs, world.statements["balance_sheet", "total assets"]))
    assert len(world.statements) >= 40
    own = {key: values for key, values in world.statements.items() if ": " not in key[0]}
    for (kind, line), values in own.items():
        np.testing.assert_allclose(at[f"{kind} {line}"], values, rtol=1e-9, atol=1e-9 * whole)
    assert abs(float(sheets["check"][1][1])) < 1e-9


@needs_office
@pytest.mark.parametrize("company", [None, poor()], ids=["rich", "poor"])
def test_every_month_s_cash_tax_and_debt_equal_the_waterfall_s(
    company: funding.Company | None, tmp_path: Path
) -> None:
    world, money = _world(company)
    flow = money.paid(slice(DRAW, DRAW + 1)).flow
    months = _recalculated(_view(world), tmp_path)["months"]
    told = {
        "Cash": flow.cash,
        "Tax (the change the programme makes)": flow.tax,
        "Interest": flow.interest,
        "Fees on what is issued": flow.fees,
        "Funding gap to date": flow.unfunded,
        "Property tax": flow.uses["property tax"],
    }
    told |= {f"Tax depreciation: {name}": v for name, v in flow.tax_depreciation.items()}
    told |= {f"Book depreciation: {name}": v for name, v in flow.book_depreciation.items()}
    told |= {f"{name}: owed": flow.debt[name] for name, _ in world.drawn if name in flow.debt}
    for label, values in told.items():
        np.testing.assert_allclose(_row(months, label), values[:, 0], rtol=1e-9, atol=1e-2)
    if company is not None:
        assert flow.unfunded.max() > 0  # the hard case is met
        assert all(flow.debt[name].max() > 0 for name, kind in world.drawn if kind != "equity")


@needs_office
def test_a_changed_term_changes_what_follows_as_gigaplan_would(tmp_path: Path) -> None:
    """A higher minimum of cash and a shorter book life in the sheet, and in the programme."""
    world, _ = _world()
    terms = dict(world.terms)
    terms["", "minimum cash"] = 2.5e9
    terms["servers", "book life months"] = 36.0
    changed = finance.OneWorld(
        world.draw, world.first_month, world.months, terms, world.drawn,
        world.statements, world.years,
    )  # fmt: skip
    sheets = _recalculated(_view(changed), tmp_path)
    months = sheets["months"]
    figures = replace(abated().finance, book_life_servers_years=3.0)
    programme = replace(abated(), finance=figures, company=small.company(minimum_cash_usd=2.5e9))
    moves = small.trajectories(20)
    flow = (
        Money.of(programme, small.plan(), moves, small.operating(moves))
        .paid(slice(DRAW, DRAW + 1))
        .flow
    )
    np.testing.assert_allclose(_row(months, "Cash"), flow.cash[:, 0], rtol=1e-9, atol=1e-2)
    np.testing.assert_allclose(
        _row(months, "Book depreciation: servers"),
        flow.book_depreciation["servers"][:, 0],
        rtol=1e-9,
        atol=1e-2,
    )
    # the statements in the workbook were written with the old world's values: they were reckoned
    held = next(row for row in sheets["accounts"] if row[0] == "cash")
    np.testing.assert_allclose([float(cell) for cell in held[1:]], flow.cash[11::12, 0], rtol=1e-9)
    assert abs(float(sheets["check"][1][1])) > 1e-4


def test_instruments_whose_names_a_workbook_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    world, _ = _world()
    terms = dict(world.terms) | {("a-b", "rate"): 0.1, ("a_b", "rate"): 0.2}
    twins = replace(world, terms=terms, drawn=(*world.drawn, ("a-b", "bond"), ("a_b", "bond")))
    with (
        pytest.raises(InputError, match="two instruments have one name"),
        xlsxwriter.Workbook(str(tmp_path / "twins.xlsx")) as book,
    ):
        LiveSheets(book, _view(twins)).write()


def test_columns_have_the_letters_of_a_sheet() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_an_input_s_name_is_one_a_formula_can_hold() -> None:
    assert name_of("hyperion-venture", "tax write-off year 1") == (
        "in_hyperion_venture__tax_write_off_year_1"
    )
