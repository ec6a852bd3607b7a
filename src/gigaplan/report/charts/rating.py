"""Chart of a rating's limits: in what share of worlds each is broken, by year."""

from __future__ import annotations

from gigaplan.report.charts.chart import (
    LEGEND_PICK,
    PICKED_OPACITY,
    Chart,
    Spec,
    amount,
    colours,
    layered,
    packed,
    tip,
    year_axis,
)
from gigaplan.report.labels import SERIES_COLOURS
from gigaplan.report.view import RunView

_WORDS = {
    "debt_to_ebitda_max": "Debt over EBITDA above {:g}",
    "economic_debt_to_ebitda_max": "Debt with leases over EBITDA above {:g}",
    "ebitda_to_interest_min": "EBITDA over interest below {:g}",
}


def rating_chart(view: RunView) -> Chart | None:
    """Return the share of worlds in which each limit is broken, by year."""
    table = view.table("rating_limits")
    if table.empty:
        return None
    rows = table[["year", "limit", "value", "broken_fraction"]].assign(
        series=[
            _WORDS[limit].format(value)
            for limit, value in zip(table["limit"], table["value"], strict=True)
        ]
    )
    names = list(dict.fromkeys(rows["series"]))
    colour = colours(list(zip(names, SERIES_COLOURS, strict=False)), labelLimit=330)
    share: Spec = amount("broken_fraction", "Share of worlds", shown=".0%")
    share["scale"] = {"domain": [0, max(0.2, 1.1 * float(rows["broken_fraction"].max()))]}
    spec = layered(
        [
            {
                "mark": {"type": "line", "strokeWidth": 2.2, "point": True},
                "params": [LEGEND_PICK],
                "encoding": {
                    "x": year_axis(),
                    "y": share,
                    "color": {"field": "series", **colour},
                    "opacity": PICKED_OPACITY,
                    "tooltip": [
                        tip("year", "Year"),
                        tip("series", "Limit"),
                        tip("broken_fraction", "Broken in", ".1%"),
                    ],
                },
            }
        ],
        data={"name": "rows"},
    )
    return Chart(
        "rating",
        "Whether the company keeps its rating's limits",
        "Share of worlds in which each limit is broken in a year. What no source covers counts as "
        "debt. To plan within the limits: gigaplan afford.",
        spec,
        {"rows": packed(rows[["year", "series", "broken_fraction"]])},
        heights=(260, 240),
    )
