from __future__ import annotations

import pandas as pd
import pytest

from gigaplan.report import RunView
from gigaplan.report.labels import Names
from gigaplan.report.schedule import schedule_of

MONTHS = [f"{y}-{m:02d}" for y in range(2026, 2036) for m in range(1, 13)]


def _view(**changes: object) -> RunView:
    row = {
        "kind": "unit", "owner": "oklo", "name": "1", "title": "Oklo", "site": "ohio",
        "technology": "oklo_aurora", "mw": 75.0, "planned_month": "2030-01",
        "p10_month": "2031-01", "p50_month": "2032-01", "p90_month": None, **changes,
    }  # fmt: skip
    return RunView({"delivery": {"months": MONTHS}}, {"entities": pd.DataFrame([row, row])})


def _only_bar(view: RunView):  # type: ignore[no-untyped-def]
    schedule = schedule_of(view, Names(view.table("entities"), pd.DataFrame()))
    assert schedule is not None
    (place,) = schedule.places
    (bar,) = place.bars
    return bar


def test_units_of_one_date_share_a_line() -> None:
    bar = _only_bar(_view())
    assert bar.detail == "2 units, 150 MW"


def test_dates_stand_where_they_are_in_the_years() -> None:
    bar = _only_bar(_view())
    span = 12 * (2033 - 2030)  # from the first planned year to the last known one
    assert bar.planned is not None
    assert bar.start is not None
    assert bar.middle is not None
    assert bar.start - bar.planned == pytest.approx(bar.middle - bar.start, abs=0.02)
    assert bar.start - bar.planned >= 100 * 12 / (12 * 10) - 0.02
    assert span > 0


def test_a_date_beyond_the_horizon_leaves_the_bar_open() -> None:
    bar = _only_bar(_view())
    assert bar.end is None
    assert "P90 after " in bar.spoken


def test_what_never_comes_has_no_bar() -> None:
    bar = _only_bar(_view(p10_month=None, p50_month=None))
    assert bar.start is None
    assert bar.middle is None
    assert bar.planned is not None
