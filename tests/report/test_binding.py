"""What binds, as lines of the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from gigaplan.programme import Worth, worth_in_words
from gigaplan.report import RunView
from gigaplan.report.binding import MOST_OF_A_KIND, binding_lines
from gigaplan.report.html import render


def table(*worths: Worth) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                **dataclasses.asdict(worth),
                "title": worth.place.title(),
                "sentence": worth_in_words(worth, str.title),
            }
            for worth in worths
        ]
    )


def connection(place: str, year: int, value: float) -> Worth:
    return Worth("connection", place, year, value, "usd_per_mw_year", 100.0, 90 * value)


CLEAN = Worth("clean share", "", 2030, 41.3, "usd_per_mwh", 1e6, 4e7)


def test_a_statement_is_told_once_in_its_costliest_year_with_the_others() -> None:
    rows = [connection("abilene", year, 1e5 + year) for year in (2027, 2029, 2030, 2031, 2034)]
    (line,) = binding_lines(table(*rows, connection("abilene", 2028, 3.1e5)))
    assert line == {
        "what": "Grid connection at Abilene",
        "worth": "310,000 USD per MW and year",
        "sentence": "A MW more of grid connection at Abilene in 2028 is worth 310,000 USD a year. "
        "It binds in 2027, 2029 to 2031 and 2034 too.",
    }


def test_the_costliest_come_first_and_no_kind_takes_all_lines() -> None:
    places = [connection(f"site {i}", 2030, 1e6 + i) for i in range(9)]
    lines = binding_lines(table(CLEAN, *places))
    assert [line["what"] for line in lines] == [
        "Grid connection at Site 8",
        "Grid connection at Site 7",
        "Grid connection at Site 6",
        "Clean share",
    ]
    assert len(lines) == MOST_OF_A_KIND + 1
    assert len(binding_lines(table(CLEAN, *places), most=2)) == 2
    assert binding_lines(pd.DataFrame()) == []


def test_the_page_says_what_binds_and_an_older_run_its_shadow_prices(
    make_run: Callable[..., Path],
) -> None:
    folder = make_run(title="with worths")
    older = render(RunView.load(folder))
    assert "Raising the compute target" in older
    assert "What binds, and why" in older
    table(CLEAN).to_parquet(folder / "tables" / "worth.parquet", index=False)
    page = render(RunView.load(folder))
    assert "The clean share of 2030 costs 41.3 USD for each MWh more that must be clean." in page
    assert "Raising the compute target" not in page
