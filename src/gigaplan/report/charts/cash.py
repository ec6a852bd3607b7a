"""The chart of cash: where it comes from and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gigaplan.report.charts.chart import (
    LEGEND_PICK,
    PICKED_OPACITY,
    Chart,
    amount,
    colours,
    layered,
    packed,
    tip,
    year_axis,
)
from gigaplan.report.labels import OTHER_COLOUR, SERIES_COLOURS, readable
from gigaplan.report.view import RunView

if TYPE_CHECKING:
    import pandas as pd

_MOST = {"source": 4, "use": 5}  # as many as there are colours
_OTHER = {"source": "Other sources", "use": "Other uses"}
_GAP = "Not covered by any source"
_ITEM_WORDS = {
    "funding gap": _GAP,
    "cash balance": "Taken from cash held",
    "added to cash": "Added to cash held",
    "operating cash flow": "Company's own cash flow",
    "reallocation": "Moved from other spending",
}


def _words(item: str) -> str:
    """Return the words of an item; capital for halls, servers and so on is one."""
    if item.startswith("capital: "):
        return "Capital of the programme"
    return _ITEM_WORDS.get(item, readable(item))


def _named(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Return rows with their series, the small ones as other, and each series' colour."""
    rows = rows.assign(series=[_words(str(item)) for item in rows["item"]])
    tax = (rows["side"] == "use") & (rows["item"] == "tax")
    if rows.loc[tax, "mean"].sum() < 0:  # losses that lower what the company pays elsewhere
        rows["series"] = rows["series"].mask(tax, "Tax relief")
    series: list[tuple[str, str]] = []
    free = iter(SERIES_COLOURS)
    for side in ("source", "use"):
        of_side = rows["side"] == side
        taken = {name for name, _ in series}
        rows["series"] = rows["series"].where(
            ~(of_side & rows["series"].isin(taken)), rows["series"] + " (paid)"
        )
        size = rows[of_side].groupby("series")["mean"].sum().abs().sort_values(ascending=False)
        names = [str(name) for name in size.index]
        kept = [name for name in names if name != _GAP][: _MOST[side]]
        series += [(name, next(free)) for name in kept]
        if _GAP in names:
            kept.append(_GAP)
            series.append((_GAP, "var(--c-alarm)"))
        if len(kept) < len(names):
            small = of_side & ~rows["series"].isin(kept)
            rows["series"] = rows["series"].mask(small, _OTHER[side])
            series.append((_OTHER[side], OTHER_COLOUR))
    return rows, series


def cash_chart(view: RunView) -> Chart | None:
    """Return sources of cash above the line and uses below it, by year."""
    table = view.table("cash")
    if table.empty:
        return None
    rows = table[["year", "side", "item", "mean"]]
    rows = rows[rows["mean"].abs() > 0.5]
    if rows.empty:
        return None
    rows, series = _named(rows)
    rows["billion"] = rows["mean"] * rows["side"].map({"source": 1e-9, "use": -1e-9})
    keys = ["year", "side", "series"]
    rows = rows.groupby(keys, sort=False)["billion"].sum().reset_index()
    rows["order"] = rows["series"].map({name: i for i, (name, _) in enumerate(series)})
    rows["amount"] = rows["billion"].abs()
    rows["side"] = rows["side"].map({"source": "Source", "use": "Use"})
    spec = layered(
        [
            {
                "params": [LEGEND_PICK],
                "mark": {"type": "bar"},
                "encoding": {
                    "x": year_axis(),
                    "y": amount("billion", "Billion USD, uses below the line", stack="zero"),
                    "color": {"field": "series", **colours(series)},
                    "order": {"field": "order"},
                    "opacity": PICKED_OPACITY,
                    "tooltip": [
                        tip("series", "Item"),
                        tip("side", "Side"),
                        tip("year", "Year"),
                        tip("amount", "Billion USD", ",.3~r"),
                    ],
                },
            },
            {
                "mark": {"type": "rule", "color": "var(--ink-2)"},
                "encoding": {"y": {"datum": 0}},
            },
        ],
        data={"name": "rows"},
    )
    return Chart(
        "cash",
        "Where cash comes from and where it goes",
        "Mean of all simulated worlds, in dollars of each year (nominal). Sources stand above the "
        "line, uses below it.",
        spec,
        {"rows": packed(rows)},
        heights=(380, 330),
    )
