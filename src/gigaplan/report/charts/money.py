"""Charts of money: capital, the funding gap, what a GW must earn, and drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gigaplan.programme.trajectories import headline_year
from gigaplan.report.amounts import finite
from gigaplan.report.charts.chart import (
    LEGEND_PICK,
    PICKED_OPACITY,
    Chart,
    Choice,
    Spec,
    amount,
    colours,
    hover_rule,
    layered,
    packed,
    ranked_bars,
    time_axis,
    tip,
    year_axis,
)
from gigaplan.report.labels import (
    CAPEX_WORDS,
    OTHER_COLOUR,
    brief,
    in_order,
    readable,
)
from gigaplan.report.view import RunView
from gigaplan.report.wording import COMPONENT_WORDS, driver_output, factor_words

if TYPE_CHECKING:
    pass

_FIRST_OUTCOMES = ("capex_usd", "required_revenue_usd_per_gw_year", "funding_gap_usd")
_LIMIT, _PLANNED, _BAND = "Spend limit", "Planned total", "P10 to P90 of the total"


def spend_limits(summary: Mapping[str, Any]) -> dict[int, float]:
    """Return the programme's limit of capital by year, USD, for the years that have one."""
    by_year = (summary.get("capex_limit") or {}).get("usd_by_year") or {}
    found = {int(year): finite(limit) for year, limit in by_year.items()}
    return {year: limit for year, limit in found.items() if limit is not None}


def capex_chart(view: RunView) -> Chart | None:
    """Return capital by year and group."""
    import pandas as pd

    table = view.table("capex")
    if table.empty:
        return None
    bands = ["planned_usd", "p10", "p50", "p90", "mean"]
    rows = table[["year", "group", *bands]].copy()
    rows[bands] = rows[bands].astype(float) / 1e9
    total = rows[rows["group"] == "total"].drop(columns="group")
    if total.empty:
        total = rows.groupby("year", as_index=False)[["planned_usd", "mean"]].sum()
    # a year in which nothing is planned has no mark
    total = total.assign(planned_usd=total["planned_usd"].where(total["planned_usd"] > 0))
    limits = spend_limits(view.summary)
    total = total.assign(limit=total["year"].map(limits).astype(float) / 1e9)
    groups = in_order(rows["group"].tolist(), CAPEX_WORDS)
    words = {g: CAPEX_WORDS.get(g, (readable(g), OTHER_COLOUR)) for g in groups if g != "total"}
    rows = rows[rows["group"] != "total"]
    rows["series"] = rows["group"].map({g: w for g, (w, _) in words.items()})
    rows["order"] = rows["group"].map({g: i for i, g in enumerate(words)})
    series = [*words.values(), (_PLANNED, "var(--ink)"), (_LIMIT, "var(--c-alarm)")]
    if not limits:
        series.pop()
    if "p10" in total:
        series.append((_BAND, "var(--ink-2)"))
    colour = colours(series)
    layers: list[Spec] = [
        {
            "params": [LEGEND_PICK],
            "mark": {"type": "bar"},
            "encoding": {
                "x": year_axis(),
                "y": amount("mean", "Billion USD a year", stack="zero"),
                "color": {"field": "series", **colour},
                "order": {"field": "order"},
                "opacity": PICKED_OPACITY,
                "tooltip": [
                    tip("series", "For"),
                    tip("year", "Year"),
                    tip("mean", "Mean (billion USD)", ",.3~r"),
                    tip("p10", "P10", ",.3~r"),
                    tip("p90", "P90", ",.3~r"),
                ],
            },
        }
    ]
    if "p10" in total:
        layers.append(
            {
                "data": {"name": "total"},
                "mark": {"type": "rule", "strokeWidth": 1.4},
                "encoding": {
                    "x": year_axis(),
                    "y": amount("p10", "Billion USD a year"),
                    "y2": {"field": "p90"},
                    "color": {**colour, "datum": _BAND},
                    "tooltip": [
                        tip("year", "Year"),
                        tip("p10", "P10 of the total", ",.3~r"),
                        tip("p90", "P90 of the total", ",.3~r"),
                    ],
                },
            }
        )
    for field, word in (("planned_usd", _PLANNED), *((("limit", _LIMIT),) if limits else ())):
        layers.append(
            {
                "data": {"name": "total"},
                "mark": {"type": "tick", "thickness": 2.5, "opacity": 1},
                "encoding": {
                    "x": year_axis(),
                    "y": amount(field, "Billion USD a year"),
                    "color": {**colour, "datum": word},
                    "tooltip": [tip("year", "Year"), tip(field, word, ",.3~r")],
                },
            }
        )
    year = finite(view.summary.get("base_year"))
    of_year = " of the base year" if year is None else f" of {year:.0f}"
    return Chart(
        "capex",
        "Capital spending by year",
        f"Bars are the mean of all simulated worlds, in dollars{of_year}. Delay moves spending to "
        "later years, overruns raise it, and chips that wear out are bought again.",
        layered(layers, data={"name": "rows"}),
        {
            "rows": packed(rows.drop(columns=["planned_usd", "group"])),
            "total": packed(pd.DataFrame(total)),
        },
        heights=(340, 290),
    )


def gap_chart(view: RunView) -> Chart | None:
    """Return the new funding gap by quarter."""
    table = view.table("funding_gap")
    if table.empty:
        return None
    rows = table[["quarter", "p10", "p50", "p90", "mean"]].copy()
    number = rows["quarter"].str[-1].astype(int)
    rows["month"] = rows["quarter"].str[:4] + "-" + (3 * number - 2).astype(str).str.zfill(2)
    bands = ["p10", "p50", "p90", "mean"]
    rows[bands] = rows[bands] / 1e9
    series = [("Range P10 to P90", "var(--accent-soft)"), ("Mean", "var(--accent)")]
    colour = colours(series)
    x, title = time_axis(), "Billion USD in the quarter"
    tips = [
        tip("month", "Quarter from"),
        tip("mean", "Mean (billion USD)", ",.3~r"),
        tip("p10", "P10", ",.3~r"),
        tip("p50", "P50", ",.3~r"),
        tip("p90", "P90", ",.3~r"),
    ]
    spec = layered(
        [
            {
                "mark": {"type": "area", "interpolate": "step-after"},
                "encoding": {
                    "x": x,
                    "y": amount("p10", title),
                    "y2": {"field": "p90"},
                    "color": {**colour, "datum": "Range P10 to P90"},
                },
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.2},
                "encoding": {
                    "x": x,
                    "y": amount("mean", title),
                    "color": {**colour, "datum": "Mean"},
                },
            },
            hover_rule(tips, x),
        ],
        data={"name": "rows"},
    )
    return Chart(
        "gap",
        "New money that no source covers, by quarter",
        "What would have to be found beyond every instrument in the programme, nominal dollars. "
        "Where no range is seen, fewer than one world in ten lacks money in that quarter.",
        spec,
        {"rows": packed(rows.drop(columns=["p50"]).assign(p50=rows["p50"]))},
        heights=(240, 220),
    )


def cost_chart(view: RunView) -> Chart | None:
    """Return the parts of what a GW of IT must earn in a year."""
    table = view.table("cost_split")
    if table.empty:
        return None
    rows = table.sort_values("usd_per_gw_year", ascending=False).reset_index(drop=True)
    rows = rows.assign(
        series=[COMPONENT_WORDS.get(c, readable(c)) for c in rows["component"]],
        billion=rows["usd_per_gw_year"] / 1e9,
        order=range(len(rows)),
    )
    rows = rows[rows["billion"].abs() > 5e-4]
    tips = [tip("series", "Part"), tip("billion", "Billion USD per GW-year", ",.3~r")]
    spec = layered(
        ranked_bars("billion", "Billion USD per GW of IT and year", ",.3~r", "var(--accent)", tips),
        data={"name": "rows"},
    )
    height = 60 + 27 * len(rows)
    return Chart(
        "cost",
        "What a GW of IT must earn in a year, by what it pays for",
        "Mean parts of the required revenue, in dollars of the base year; they add up to its mean. "
        "What lowers it, such as tax credits, stands left of nought.",
        spec,
        {"rows": packed(rows[["series", "billion", "order"]])},
        heights=(height, height),
    )


def _without_remark(words: str) -> str:
    """Return ``Chips of Next: Iowa: date`` for ``Chips of Next: Iowa (not announced): date``."""
    title, colon, what = words.rpartition(":")
    return f"{brief(title)}{colon}{what}"


def driver_chart(view: RunView) -> Chart | None:
    """Return which uncertain factors drive each output."""
    table = view.table("drivers")
    if table.empty:
        return None
    rows = table.sort_values(["output", "share_fraction"], ascending=[True, False])
    rows = rows.groupby("output", sort=False).head(10)
    rows = rows.assign(
        series=[_without_remark(factor_words(f)) for f in rows["factor"]],
        order=rows.groupby("output").cumcount(),
        share=rows["share_fraction"].clip(lower=0),
    )
    targets = (view.summary.get("delivery") or {}).get("target_probability") or {}
    year = headline_year(int(y) for y in targets)
    outputs = in_order(table["output"].tolist(), (f"online_it_mw_{year}", *_FIRST_OUTCOMES))
    tips = [
        tip("series", "What varies"),
        tip("share", "Share of the variation", ".0%"),
        tip("standard_error", "Standard error", ".1%"),
    ]
    spec = layered(
        ranked_bars("share", "Share of the variation between worlds", ".0%", "var(--accent)", tips),
        data={"name": "rows"},
    )
    most = int(rows.groupby("output").size().max())
    height = 60 + 27 * most
    return Chart(
        "drivers",
        "What the outcome moves with",
        "How much of the difference between simulated worlds goes with each uncertain thing. What "
        "moves together shares its part, so bars need not add up to the whole.",
        spec,
        {"rows": packed(rows[["output", "series", "share", "standard_error", "order"]])},
        (Choice("output", "Outcome", tuple((o, driver_output(o)) for o in outputs)),),
        (height, height),
    )
