from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from gigaplan import catalogue
from gigaplan.core.errors import InputError
from gigaplan.core.money import PriceIndex
from gigaplan.delivery import (
    PastProject,
    cost_ratios,
    fit_cost,
    fit_months,
    month_ratios,
    read_past_projects,
)

HEADER = (
    "project,estimated_usd,estimated_dollar_year,final_usd,final_dollar_year,"
    "planned_months,actual_months,status"
)
GOOD = [
    HEADER,
    "Alder,1e9,2020,1.2e9,2020,48,60,finished",
    "Birch,2000000000,2020,3.4e9,2020,60,90,finished",
    "Cedar,5e8,2020,4.6e8,2020,,,finished",
    "Dogwood,,,,,36,40,Finished",
    "",
    "Elm,3e9,2020,1.5e9,2020,72,30,open",
    "Fir,4e9,2020,9e9,2020,60,110,abandoned",
]


def written(folder: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path = folder / "past.csv"
    path.write_text("\n".join(lines), encoding)
    return path


def test_every_project_of_a_file_is_read(tmp_path: Path) -> None:
    found = read_past_projects(written(tmp_path, GOOD))
    assert [p.project for p in found] == ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir"]
    assert [p.line for p in found] == [2, 3, 4, 5, 7, 8]
    assert found[2].planned_months is None
    assert found[3].estimated_usd is None
    assert found[1].estimated_dollar_year == 2020
    cost, months = cost_ratios(found), month_ratios(found)
    assert cost.values == pytest.approx([1.2, 1.7, 0.92, 0.5, 2.25])
    assert cost.censored == (False, False, False, True, True)
    assert months.values == pytest.approx([1.25, 1.5, 40 / 36, 30 / 72, 110 / 60])
    assert months.censored == (False, False, False, True, True)
    assert (fit_cost(found).finished, fit_cost(found).unfinished) == (3, 2)
    assert fit_months(found).finished == 3


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    names = HEADER.split(",")
    rows = [row.split(",") for row in GOOD if row]
    turned = [",".join(["x", *reversed(row)]) for row in rows]
    turned[0] = ",".join(["\ufeffnote", *(n.upper() for n in reversed(names))])
    found = read_past_projects(written(tmp_path, turned))
    assert cost_ratios(found) == cost_ratios(found)
    assert cost_ratios(found).values == pytest.approx([1.2, 1.7, 0.92, 0.5, 2.25])


def test_three_projects_of_a_file_give_a_class_with_its_band_stated(tmp_path: Path) -> None:
    found = fit_cost(read_past_projects(written(tmp_path, GOOD[:4])))
    assert found.messages[0].startswith("3 past projects: P10 to P90 is ")
    # Student's t of 2 degrees, beside the normal of the same spread
    spread = statistics.stdev(math.log(r) for r in (1.2, 1.7, 0.92))
    band = math.log(found.quantile(0.9) / found.quantile(0.1))
    assert band == pytest.approx(2 * 1.885618 * spread * math.sqrt(4 / 3), rel=1e-6)
    assert band > 1.6 * (2 * 1.2816 * spread)


def test_final_cost_is_brought_into_dollars_of_the_estimate_s_year() -> None:
    index = PriceIndex({2010: 1.0, 2011: 1.1, 2012: 1.21}, 0.02)
    project = PastProject("Alder", "finished", 100.0, 2010, 242.0, 2012)
    found = cost_ratios([project], deflator=index)
    assert found.values == pytest.approx([2.0])
    assert found.messages == ()
    late = PastProject("Birch", "finished", 100.0, 2012, 100.0, 2013)
    beyond = cost_ratios([project, late], deflator=index)
    assert beyond.values == pytest.approx([2.0, 1 / 1.02])
    assert beyond.messages == (
        "1 dollar years lie outside the price index, 2010 to 2012; prices there are taken to "
        "change by 2.0% a year.",
    )


def test_the_catalogue_s_price_index_deflates() -> None:
    project = PastProject("Alder", "finished", 100.0, 2010, 150.0, 2020)
    index = catalogue.price_index()
    found = cost_ratios([project], deflator=index).values[0]
    assert found == pytest.approx(1.5 * index.level(2010) / index.level(2020))
    assert found < 1.5


def test_two_dollar_years_without_a_deflator_are_refused(tmp_path: Path) -> None:
    lines = [*GOOD[:2], "Birch,2e9,2012,3e9,2020,,,finished"]
    found = read_past_projects(written(tmp_path, lines))
    with pytest.raises(InputError) as caught:
        fit_cost(found)
    assert str(caught.value) == (
        f"{tmp_path / 'past.csv'}:3: column final_dollar_year: found 2020 beside an estimate in "
        "dollars of 2012; without a deflator the same year is allowed. Give a deflator "
        "(gigaplan.catalogue.price_index is one), or dollars of one year."
    )


def test_a_ratio_out_of_range_is_told_with_its_line(tmp_path: Path) -> None:
    lines = [*GOOD[:3], "Cedar,3.1,2020,4.6e8,2020,,,finished"]
    with pytest.raises(InputError) as caught:
        fit_cost(read_past_projects(written(tmp_path, lines)))
    told = str(caught.value)
    assert f"{tmp_path / 'past.csv'}:4: final over planned of 'Cedar' is 1.48387e+08" in told
    assert told.endswith("Check the units of both, or raise most_ratio.")


BAD_ROWS = {
    ",1e9,2020,1.2e9,2020,48,60,finished": "column project: found nothing; each needs a name.",
    "A,1e9,2020,1.2e9,2020,48,60,built": (
        "column status: found 'built'; finished, abandoned, open are allowed."
    ),
    "A,1e9,2020,1.2e9,2020,48,60,finishd": (
        "column status: found 'finishd'; finished, abandoned, open are allowed. "
        "Did you mean 'finished'?"
    ),
    "A,1e9,2020,1.2e9,2020,48,60": (
        "column status: found ''; finished, abandoned, open are allowed."
    ),
    "A,1e9,2020,,,48,60,finished": (
        "column final_usd: found nothing; estimated_usd is given, so it is needed too."
    ),
    "A,1e9,2020,1.2e9,2020,,60,finished": (
        "column planned_months: found nothing; actual_months is given, so it is needed too."
    ),
    "A,,,,,,,finished": (
        "column estimated_usd: neither cost nor months are given; one pair at least is needed."
    ),
    "A,1e9,,1.2e9,2020,48,60,finished": (
        "column estimated_dollar_year: found nothing; estimated_usd is given, so its year is "
        "needed."
    ),
    "A,1e9,2020.5,1.2e9,2020,48,60,finished": (
        "column estimated_dollar_year: found 2020.5; a whole year is needed."
    ),
    "A,1e9,20,1.2e9,2020,48,60,finished": (
        "column estimated_dollar_year: found 20; 1900 to 2100 is allowed."
    ),
    "A,0,2020,1.2e9,2020,48,60,finished": "column estimated_usd: found 0; above 0 is allowed.",
    "A,1e9,2020,0,2020,48,60,finished": "column final_usd: found 0; above 0 is allowed.",
    "A,1e9,2020,-5,2020,48,60,open": "column final_usd: found -5; 0 or more is allowed.",
    "A,1e9,2020,1.2e9,2020,48,soon,open": (
        "column actual_months: found 'soon'; a number is needed, or a blank."
    ),
    "A,nan,2020,inf,2020,48,60,open": (
        "column estimated_usd: found 'nan'; a number is needed, or a blank."
    ),
    'A,"1,000",2020,1.2e9,2020,48,60,open': (
        "column estimated_usd: found '1,000'; a number is needed, or a blank. "
        "Leave out separators of thousands and signs of currency."
    ),
    "A,1,000,000,2020,1.2e9,2020,48,60,open": (
        "the row has 10 cells; the header has 8. Leave out separators of thousands."
    ),
    "Alder,1e9,2020,1.2e9,2020,48,60,finished": (
        "column project: found 'Alder', which is on line 2 already; each counts once."
    ),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_wrong_row_is_told_with_file_line_and_column(tmp_path: Path, row: str) -> None:
    path = written(tmp_path, [*GOOD[:2], row])
    with pytest.raises(InputError) as caught:
        read_past_projects(path)
    assert str(caught.value.problems[0]) == f"{path}:3: {BAD_ROWS[row]}"


def test_every_wrong_row_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_past_projects(written(tmp_path, [HEADER, *BAD_ROWS]))
    assert {p.line for p in caught.value.problems} == set(range(2, 1 + len(BAD_ROWS)))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([HEADER], "past.csv:1: the file has a header but no projects."),
        (
            [HEADER.replace("status", "state"), *GOOD[1:]],
            "past.csv:1: column 'status' is missing; the file has project, estimated_usd",
        ),
        (
            [HEADER.replace("final_usd", "final_us"), *GOOD[1:]],
            r"column 'final_usd' is missing; .* Did you mean 'final_us'\?",
        ),
        ([HEADER + ",project", *GOOD[1:]], "column 'project' is there more than once"),
        ([], "past.csv: the file is empty."),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_past_projects(written(tmp_path, lines))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv: there is no such file"):
        read_past_projects(tmp_path / "absent.csv")


def test_a_project_written_in_python_is_held_to_the_same() -> None:
    with pytest.raises(InputError, match=r"Alder\.final_dollar_year: found nothing"):
        PastProject("Alder", "finished", 1e9, 2020, 1.2e9)
    with pytest.raises(InputError, match=r"Alder\.final_usd: found nan; above 0"):
        PastProject("Alder", "finished", 1e9, 2020, float("nan"), 2020)
