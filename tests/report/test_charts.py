from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from gigaplan.report import RunView
from gigaplan.report.charts.accounts import account_chart, stated_chart
from gigaplan.report.charts.chart import packed
from gigaplan.report.charts.place import delay_months, label_places, late_class, state_shapes
from gigaplan.report.html import _charts
from gigaplan.report.labels import Names


def unpacked(table: dict[str, Any]) -> pd.DataFrame:
    columns = {
        name: column if isinstance(column, list) else [column["words"][i] for i in column["at"]]
        for name, column in table.items()
    }
    return pd.DataFrame(columns)


def test_a_packed_table_unpacks_to_itself() -> None:
    table = pd.DataFrame({"a": ["x", "y", "x"], "b": [1.0, 2.5, np.nan], "c": [1, 2, 3]})
    back = unpacked(packed(table))
    assert back["a"].tolist() == ["x", "y", "x"]
    assert back["b"].tolist()[:2] == [1.0, 2.5]
    assert packed(table)["b"][2] is None


def test_every_chart_is_valid_vega_lite(view: RunView) -> None:
    names = Names(view.table("entities"), view.table("decisions"), view.inputs)
    for chart in _charts(view, names):
        spec = {**chart.spec, "width": 600, "height": 300, "autosize": "pad"}
        if chart.name == "map":
            rows = {k: v for k, v in chart.rows.items() if k != "states"}
            spec["datasets"] = {k: unpacked(v).to_dict("records") for k, v in rows.items()}
            spec["datasets"]["states"] = [{"feature": f} for f in chart.rows["states"]["feature"]]
        else:
            spec["datasets"] = {
                k: unpacked(v).replace({np.nan: None}).to_dict("records")
                for k, v in chart.rows.items()
            }
        svg = vl_convert.vegalite_to_svg(spec)
        assert svg.count("<path") > 1, chart.name


def test_a_cost_is_shown_above_nought_with_its_low_end_below_its_high(view: RunView) -> None:
    chart = account_chart(view)
    assert chart is not None
    rows = unpacked(chart.rows["rows"])
    assert (rows["low"] <= rows["middle"]).all()
    assert (rows["middle"] <= rows["high"]).all()
    told = view.table("statements")
    free = told[told["line"] == "free cash flow"].set_index("year")["p50"]
    shown = rows[rows["line"] == "Free cash flow"].set_index("year")["middle"]
    assert shown.to_dict() == pytest.approx((free / 1e9).to_dict(), rel=1e-3)


def test_capital_stands_beside_what_was_said_in_the_same_unit(view: RunView) -> None:
    chart = stated_chart(view)
    assert chart is not None
    rows = unpacked(chart.rows["rows"])
    assert rows["high_usd"].tolist() == [135, 600]
    assert rows["share"][0] == "below in 80% of worlds, above in 10%"


@pytest.mark.parametrize("late", [0, 7, 23])
def test_the_delay_of_a_step_is_how_far_it_moved(late: int) -> None:
    months = np.arange(120)
    online = pd.DataFrame(
        {"planned_it_mw": 500.0 * (months >= 40), "p50": 500.0 * (months >= 40 + late)}
    )
    assert delay_months(online) == pytest.approx(late)


def test_two_steps_are_late_by_their_mean() -> None:
    months = np.arange(120)
    online = pd.DataFrame(
        {
            "planned_it_mw": 100.0 * (months >= 10) + 300.0 * (months >= 50),
            "p50": 100.0 * (months >= 14) + 300.0 * (months >= 62),
        }
    )
    assert delay_months(online) == pytest.approx((100 * 4 + 300 * 12) / 400)


def test_a_site_with_nothing_planned_has_no_delay() -> None:
    assert delay_months(pd.DataFrame({"planned_it_mw": [0.0], "p50": [0.0]})) is None


def test_delays_fall_into_the_classes_of_the_legend() -> None:
    assert late_class(5.9) == "Under 6 months"
    assert late_class(6.0) == "6 to 12 months"
    assert late_class(1e9) == "Over 3 years"


def test_the_states_are_wound_as_the_map_wants_them() -> None:
    shapes = {f["properties"]["code"]: f["geometry"]["coordinates"] for f in state_shapes()}
    assert len(shapes) == 51
    ring = max((part[0] for part in shapes["OH"]), key=len)
    x, y = np.array(ring).T
    signed = 0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])
    assert signed < 0  # clockwise, or d3 fills the whole globe but Ohio
    assert np.hypot(x - -82.8, y - 40.2).min() < 2.5
    area_km2 = abs(signed) * 111.2**2 * np.cos(np.radians(40.3))
    assert area_km2 == pytest.approx(116_098, rel=0.03)  # with its part of Lake Erie


def test_names_on_the_map_lie_apart() -> None:
    rows = [
        {"label": "Lebanon", "latitude": 40.05, "longitude": -86.47, "it_mw": 900.0, "radius": 9.0},
        {"label": "Ohio", "latitude": 39.4, "longitude": -83.0, "it_mw": 5e3, "radius": 20.0},
        {"label": "New Albany", "latitude": 40.1, "longitude": -82.8, "it_mw": 1e3, "radius": 10.0},
    ]
    label_places(rows)
    places = {(row["align"], row["dx"], row["dy"]) for row in rows}
    assert len(places) == 3
