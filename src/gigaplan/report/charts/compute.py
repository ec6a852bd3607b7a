"""Charts of compute: when it is online, and what holds it back."""

from __future__ import annotations

from gigaplan.report.charts.chart import (
    LEGEND_PICK,
    PICKED_OPACITY,
    Chart,
    Choice,
    amount,
    colours,
    hover_rule,
    layered,
    packed,
    time_axis,
    tip,
)
from gigaplan.report.labels import BOTTLENECK_WORDS, Names, in_order, readable, sites_in
from gigaplan.report.view import RunView

_RANGE, _MIDDLE, _PLAN, _TARGET = (
    "Range P10 to P90",
    "Middle case (P50)",
    "As planned",
    "Target at year's end",
)


def site_choice(sites: list[str], names: Names) -> Choice:
    """Return the choice of a site."""
    return Choice("site", "Site", tuple((site, names.site(site)) for site in sites))


def online_chart(view: RunView, names: Names) -> Chart | None:
    """Return the fan of online compute by month, or None if the run has none."""
    import pandas as pd

    table, targets = view.table("online"), view.table("targets")
    if table.empty:
        return None
    columns = ["planned_it_mw", "p10", "p50", "p90"]
    rows = table[["month", "site", *columns]].copy()
    rows[columns] = rows[columns] / 1e3
    goal = pd.DataFrame({"month": [], "site": [], "target": []})
    if not targets.empty:
        goal = pd.DataFrame(
            {
                "month": [f"{year}-12" for year in targets["year"]],
                "site": "programme",
                "target": targets["target_it_mw"] / 1e3,
                "chance": targets["probability"],
            }
        )
    series = [
        (_RANGE, "var(--accent-soft)"),
        (_MIDDLE, "var(--accent)"),
        (_PLAN, "var(--ink-2)"),
        (_TARGET, "var(--target)"),
    ]
    colour = {**colours(series), "datum": None}
    x, y_title = time_axis(), "GW of IT online"
    tips = [
        tip("month", "Month"),
        tip("planned_it_mw", "Planned (GW)", ",.3~r"),
        tip("p10", "P10 (GW)", ",.3~r"),
        tip("p50", "P50 (GW)", ",.3~r"),
        tip("p90", "P90 (GW)", ",.3~r"),
    ]
    spec = layered(
        [
            {
                "mark": {"type": "area"},
                "encoding": {
                    "x": x,
                    "y": amount("p10", y_title),
                    "y2": {"field": "p90"},
                    "color": {**colour, "datum": _RANGE},
                },
            },
            {
                "mark": {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.8},
                "encoding": {
                    "x": x,
                    "y": amount("planned_it_mw", y_title),
                    "color": {**colour, "datum": _PLAN},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 2.6},
                "encoding": {
                    "x": x,
                    "y": amount("p50", y_title),
                    "color": {**colour, "datum": _MIDDLE},
                },
            },
            {
                "data": {"name": "targets"},
                "mark": {
                    "type": "point",
                    "shape": "diamond",
                    "filled": True,
                    "size": 90,
                    "opacity": 1,
                },
                "encoding": {
                    "x": x,
                    "y": amount("target", y_title),
                    "color": {**colour, "datum": _TARGET},
                    "tooltip": [
                        tip("month", "End of"),
                        tip("target", "Target (GW)", ",.3~r"),
                        tip("chance", "Chance of meeting it", ".0%"),
                    ],
                },
            },
            hover_rule(tips, x),
        ],
        data={"name": "rows"},
    )
    return Chart(
        "online",
        "Compute online by month",
        "The band holds eight of ten simulated worlds: in one of ten less is online, in one of "
        "ten more. Compute counts as online when its hall, its chips and its power are all there.",
        spec,
        {"rows": packed(rows), "targets": packed(goal)},
        (site_choice(sites_in(rows), names),),
        (360, 280),
    )


def bottleneck_chart(view: RunView, names: Names) -> Chart | None:
    """Return the shares of what holds compute back, by quarter."""
    table = view.table("bottlenecks")
    if table.empty:
        return None
    found = in_order(table["bottleneck"].tolist(), BOTTLENECK_WORDS)
    found = [name for name in found if name != "none"] + [n for n in found if n == "none"]
    words = {n: BOTTLENECK_WORDS.get(n, (readable(n), "var(--c-grey)")) for n in found}
    rows = table.copy()
    # a share by quarter is smooth enough for the eye and a third of the page's weight
    year, number = rows["month"].str[:4], rows["month"].str[5:7].astype(int)
    first = 1 + 3 * ((number - 1) // 3)
    rows["month"] = year + "-" + first.astype(str).str.zfill(2)
    keys = ["month", "site", "bottleneck"]
    rows = rows.groupby(keys, sort=False)["share_fraction"].mean().reset_index()
    rows["order"] = rows["bottleneck"].map({name: i for i, name in enumerate(found)})
    rows["series"] = rows["bottleneck"].map({name: word for name, (word, _) in words.items()})
    rows = rows.drop(columns="bottleneck")
    spec = layered(
        [
            {
                "params": [LEGEND_PICK],
                "mark": {"type": "area"},
                "encoding": {
                    "x": time_axis(),
                    "y": amount(
                        "share_fraction",
                        "Share of simulated worlds",
                        shown=".0%",
                        stack="zero",
                        scale={"domain": [0, 1], "nice": False},
                    ),
                    "color": {"field": "series", **colours([words[n] for n in found])},
                    "order": {"field": "order"},
                    "opacity": PICKED_OPACITY,
                    "tooltip": [
                        tip("series", "What is in the way"),
                        tip("month", "Quarter from"),
                        tip("share_fraction", "Share", ".0%"),
                    ],
                },
            }
        ],
        data={"name": "rows"},
    )
    return Chart(
        "bottlenecks",
        "What is in the way",
        "For each site and simulated world, the one thing that keeps planned compute from being "
        "online in that quarter. Click a name to single it out.",
        spec,
        {"rows": packed(rows, 3)},
        (site_choice(sites_in(rows), names),),
        (300, 260),
    )
