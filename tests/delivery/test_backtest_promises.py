from __future__ import annotations

from pathlib import Path

import pytest

from gigaplan.core.errors import InputError
from gigaplan.delivery import backtest

HEAD = "project,made,promised,p10,p50,p90,outcome,group\n"
DATES = HEAD + "".join(f"P{i},2015-0{i + 1},2018-01,,,,20{19 + i % 3}-06,g{i}\n" for i in range(8))


def _write(folder: Path, text: str) -> Path:
    file = folder / "promises.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_late_promises_are_forecast_better_from_the_others(tmp_path: Path) -> None:
    (found,) = backtest.run(promises_file=_write(tmp_path, DATES))
    scores = found.rows["all"]
    assert found.unit == "months"
    assert scores.cases == 8
    assert scores.skill.mean > 0.5


def test_own_quantiles_are_scored_as_made(tmp_path: Path) -> None:
    text = HEAD + "A,2018-01,100,90,120,200,120,\nB,2018-01,10,9,12,20,30,\n"
    (found,) = backtest.run(promises_file=_write(tmp_path, text))
    scores = found.rows["all"]
    assert found.unit == "share of the amount promised"
    assert scores.crps_announced == pytest.approx((0.2 + 2.0) / 2)
    assert scores.coverage.mean == pytest.approx(0.5, abs=0.01)


def test_a_blank_outcome_is_still_open_at_the_last_month_of_the_file(tmp_path: Path) -> None:
    text = DATES + "Late,2015-01,2016-01,,,,,late\n"
    promises = backtest.read_promises(_write(tmp_path, text))
    assert promises[-1].unfinished
    assert promises[-1].outcome == (2021 - 2015) * 12 + 5
    (found,) = backtest.run(promises_file=_write(tmp_path, text))
    assert found.rows["all"].unfinished == 1


def test_amounts_without_an_outcome_are_left_out_and_told(tmp_path: Path) -> None:
    text = HEAD + "A,2018-01,100,90,120,200,120,\nB,2018-01,10,9,12,20,,\n"
    (found,) = backtest.run(promises_file=_write(tmp_path, text))
    assert found.rows["all"].cases == 1
    assert any(note.startswith("Not scored: 1,") for note in found.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "no promises below its head"),
        ("project,mad,promised,outcome\n", "csv:1: mad: the column is unknown.*Did you mean 'ma"),
        (HEAD + "A,2015,2018-01,,,,2019-01,g\n", "csv:2: made: found '2015'; allowed: a month"),
        (HEAD + "A,2015-01,2018-01,,,,12,g\n", "csv:2: outcome: found '12'; allowed: a month"),
        (HEAD + "A,2015-01,9,,,,nan,g\n", "csv:2: outcome: found 'nan'; allowed: a number above"),
        (HEAD + "A,2015-01,2014-01,,,,,g\n", "csv:2: promised: .* allowed: a month after"),
        (HEAD + "A,2015-01,9,1,,3,8,g\n", "csv:2: p50: found ''; allowed: all of p10"),
        (HEAD + "A,2015-01,9,5,4,6,8,g\n", "csv:2: p50: found '4'; allowed: .*rising order"),
        (HEAD + ",2015-01,9,,,,8,g\n", "csv:2: project: found ''; allowed: a name"),
        (HEAD + "A,2015-01,9,,,,8,g,h,i\n", "csv:2: the line has more cells than the 8 columns"),
        (HEAD + "A,2015-01,9,,,,8,g\n", "no promise has an outcome to be scored"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_field(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        backtest.run(promises_file=_write(tmp_path, text))


def test_every_wrong_line_is_told_at_once(tmp_path: Path) -> None:
    text = HEAD + "A,x,9,,,,8,g\nB,2015-01,9,,,,y,g\n"
    with pytest.raises(InputError) as caught:
        backtest.run(promises_file=_write(tmp_path, text))
    assert [p.line for p in caught.value.problems] == [2, 3]


def test_tables_fit_80_columns(tmp_path: Path, shared: Path) -> None:
    tests = backtest.run(shared / "data", _write(tmp_path, DATES))
    assert len(tests) == 5
    assert max(len(line) for line in backtest.as_text(tests).splitlines()) <= 80


def test_without_files_the_shipped_figures_are_scored() -> None:
    (found,) = backtest.run()
    as_json = backtest.as_json([found])
    assert as_json["backtests"][0]["rows"]["all"]["cases"] == 8
