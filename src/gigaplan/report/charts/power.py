"""Charts of power: the mix, a week of hours, reliability, clean share, water and carbon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gigaplan.report.charts.chart import (
    LEGEND_PICK,
    PICKED_OPACITY,
    Chart,
    Choice,
    Spec,
    amount,
    colours,
    error_bars,
    layered,
    packed,
    tip,
    year_axis,
)
from gigaplan.report.charts.compute import site_choice
from gigaplan.report.labels import SOURCE_CLASSES, Names, in_order, sites_in
from gigaplan.report.view import RunView

if TYPE_CHECKING:
    import pandas as pd

_WINDOWS = {"typical_week": "A typical week", "worst_event": "The worst event of all draws"}
_MOST_HOURS = 240
_LEAD_HOURS = 24


def with_classes(table: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Return the table with each source's class as ``key``, ``series`` and ``order``."""
    keys = list(SOURCE_CLASSES)
    found = {source: names.source_class(source) for source in table["source"].unique()}
    key = table["source"].map(found)
    return table.assign(
        key=key,
        series=key.map({k: words for k, (words, _) in SOURCE_CLASSES.items()}),
        order=key.map({k: i for i, k in enumerate(keys)}),
    )


def _palette(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [SOURCE_CLASSES[k] for k in in_order(table["key"].unique(), SOURCE_CLASSES)]


def _with_programme(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with rows of all sites under ``programme``, which are summed later."""
    import pandas as pd

    if "programme" in set(table["site"]):
        return table
    return pd.concat([table.assign(site="programme"), table], ignore_index=True)


def mix_chart(view: RunView, names: Names) -> Chart | None:
    """Return energy by source and year, as operated and as planned."""
    import pandas as pd

    parts = [
        _with_programme(table).assign(how=how)
        for how, table in (
            ("operated", view.table("energy")),
            ("planned", view.table("planned_energy")),
        )
        if not table.empty
    ]
    if not parts:
        return None
    table = with_classes(pd.concat(parts, ignore_index=True), names)
    keys = ["how", "site", "year", "key", "series", "order"]
    rows = table.groupby(keys, sort=False)["mwh"].sum().reset_index()
    rows["twh"] = rows["mwh"] / 1e6
    palette = _palette(rows)
    rows = rows[rows["mwh"].abs() > 0.5].drop(columns=["mwh", "key"])
    spec = layered(
        [
            {
                "params": [LEGEND_PICK],
                "mark": {"type": "bar", "cornerRadius": 0},
                "encoding": {
                    "x": year_axis(),
                    "y": amount("twh", "TWh a year", stack="zero"),
                    "color": {"field": "series", **colours(palette)},
                    "order": {"field": "order"},
                    "opacity": PICKED_OPACITY,
                    "tooltip": [
                        tip("series", "Source"),
                        tip("year", "Year"),
                        tip("twh", "TWh", ",.3~r"),
                    ],
                },
            }
        ],
        data={"name": "rows"},
    )
    words = {"operated": "As operated, mean of all draws", "planned": "As planned"}
    hows = tuple((how, words[how]) for how in rows["how"].unique())
    return Chart(
        "mix",
        "Where the energy comes from",
        "Energy used by the campuses each year, by kind of source. The plan's energy is that of "
        "the schedule as hoped for; the operated one is what simulated delays and outages leave.",
        spec,
        {"rows": packed(rows)},
        (Choice("how", "Energy", hows), site_choice(sites_in(rows), names)),
        (330, 280),
    )


def _one_year(part: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of one year of a site's window: the one most is lost in, or the last."""
    short = part[part["source"] == "unserved"].groupby("year")["mw"].sum()
    year = short.idxmax() if short.max() > 0 else part["year"].max()
    return part[part["year"] == year]


def _worst_hours(part: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of one window from 0 on; of a long one, those about its worst stretch."""
    hour = part["hour"] - part["hour"].min()
    part = part.assign(hour=hour)
    if hour.max() < _MOST_HOURS:
        return part
    short = part[part["source"] == "unserved"].sort_values("hour")
    stretch = _MOST_HOURS - 2 * _LEAD_HOURS
    lost = short["mw"].rolling(stretch, min_periods=1).sum()
    last = int(short["hour"].iloc[int(lost.to_numpy().argmax())]) if len(short) else stretch
    first = min(max(0, last - stretch - _LEAD_HOURS), int(hour.max()) + 1 - _MOST_HOURS)
    part = part[(part["hour"] >= first) & (part["hour"] < first + _MOST_HOURS)]
    return part.assign(hour=part["hour"] - first)


def dispatch_chart(view: RunView, names: Names) -> Chart | None:
    """Return a week of hours and the worst event of each site."""
    import pandas as pd

    table = view.table("dispatch")
    if table.empty:
        return None
    window = ["site", "window", "year"]
    windows = table.groupby(["site", "window"], sort=False)
    parts = [_worst_hours(_one_year(part)) for _, part in windows]
    table = pd.concat(parts, ignore_index=True)
    table["gw"] = table["mw"] / 1e3
    load = table[table["source"] == "load"]
    rows = with_classes(table[table["source"] != "load"], names)
    keys = [*window, "hour", "key", "series", "order"]
    rows = rows.groupby(keys, sort=False)["gw"].sum().reset_index()
    rows = rows[rows.groupby("key")["gw"].transform("max") > 0]
    palette = _palette(rows)
    rows = rows[[*window, "hour", "order", "series", "gw"]]
    in_days = {"calculate": "datum.hour / 24", "as": "day"}
    day: Spec = {
        "field": "day",
        "type": "quantitative",
        "axis": {"title": "Day", "tickMinStep": 1, "format": "d"},
        "scale": {"nice": False},
    }
    spec = layered(
        [
            {
                "params": [LEGEND_PICK],
                "mark": {"type": "area", "interpolate": "step-after"},
                "encoding": {
                    "x": day,
                    "y": amount("gw", "GW", stack="zero"),
                    "color": {"field": "series", **colours(palette)},
                    "order": {"field": "order"},
                    "opacity": PICKED_OPACITY,
                    "tooltip": [
                        tip("series", "Source"),
                        tip("hour", "Hour", "d"),
                        tip("gw", "GW", ",.3~r"),
                    ],
                },
            },
            {
                "data": {"name": "load"},
                "transform": [in_days],
                "mark": {
                    "type": "line",
                    "interpolate": "step-after",
                    "strokeWidth": 1.4,
                    "color": "var(--ink)",
                },
                "encoding": {"x": day, "y": amount("gw", "GW")},
            },
            {
                "data": {"name": "load"},
                "transform": [{"aggregate": [{"op": "min", "field": "year", "as": "year"}]}],
                "mark": {"type": "text", "align": "right", "color": "var(--ink-2)"},
                "encoding": {
                    "x": {"value": {"expr": "width"}},
                    "y": {"value": -13},
                    "text": {"field": "year", "type": "quantitative", "format": "d"},
                },
            },
        ],
        data={"name": "rows"},
        transform=[in_days],
    )
    found = in_order(rows["window"].unique(), _WINDOWS)
    return Chart(
        "dispatch",
        "Hour by hour",
        "What serves a campus in each hour; the dark line is what its computers and cooling want. "
        "What is not served is marked as such. A long event is shown about its worst stretch.",
        spec,
        {
            "rows": packed(rows, 3),
            "load": packed(load[[*window, "hour", "gw"]], 3),
        },
        (
            site_choice(sites_in(rows), names),
            Choice("window", "Hours", tuple((w, _WINDOWS.get(w, w)) for w in found)),
        ),
        (320, 280),
        empty="No hour was short of power here in any sampled year.",
    )


def _bars(field: str, title: str, shown: str, colour: str, tip_title: str) -> list[Spec]:
    """Return bars by year with two standard errors about each."""
    return [
        {
            "mark": {"type": "bar", "color": colour},
            "encoding": {
                "x": year_axis(),
                "y": amount(field, title, shown=shown),
                "tooltip": [tip("year", "Year"), tip(field, tip_title, shown)],
            },
        }
    ]


def reliability_charts(view: RunView, names: Names) -> list[Chart]:
    """Return hours short, clean share, water and carbon by year, with one choice of site."""
    table = view.table("operations")
    if table.empty:
        return []
    choice = (site_choice(sites_in(table), names),)
    rows = table.assign(
        water=table["water_m3"] / 1e6,
        carbon=table["co2_t"] / 1e6,
    )
    keep = ["year", "site"]

    def chart(name: str, title: str, reading: str, layers: list[Spec], used: list[str]) -> Chart:
        return Chart(
            name,
            title,
            reading,
            layered(layers, data={"name": "rows"}),
            {"rows": packed(rows[[*keep, *[u for u in used if u in rows]]])},
            choice,
            (220, 200),
            group="operations",
            half=True,
        )

    return [
        chart(
            "short",
            "Hours short of power",
            "Hours a year in which some load is not served. The thin line is two standard errors "
            "either way.",
            [
                *_bars("lolh_hours", "Hours a year", ",.3~r", "var(--c-rose)", "Hours"),
                error_bars("lolh_hours", year_axis()),
            ],
            ["lolh_hours", "lolh_hours_standard_error"],
        ),
        chart(
            "clean",
            "Clean share of energy",
            "By the year: clean energy made over energy used. By the hour: only what is made in "
            "the hour it is used counts.",
            [
                _share_line("clean_share_annual", "By the year", [5, 4]),
                _share_line("clean_share_hourly", "By the hour", None),
            ],
            ["clean_share_hourly", "clean_share_annual"],
        ),
        chart(
            "water",
            "Water used",
            "For cooling the halls and for power plants.",
            _bars("water", "Million m³ a year", ",.3~r", "var(--c-cyan)", "Million m³"),
            ["water"],
        ),
        chart(
            "carbon",
            "Carbon dioxide",
            "From all energy used, bought energy included.",
            _bars("carbon", "Million t a year", ",.3~r", "var(--c-grey)", "Million t"),
            ["carbon"],
        ),
    ]


def _share_line(field: str, words: str, dash: list[int] | None) -> Spec:
    series = [("By the hour", "var(--c-green)"), ("By the year", "var(--c-teal)")]
    mark: Spec = {"type": "line", "strokeWidth": 2.4, "point": {"size": 30}}
    if dash:
        mark["strokeDash"] = dash
    return {
        "mark": mark,
        "encoding": {
            "x": year_axis(),
            "y": amount(field, "Share", shown=".0%", scale={"domainMin": 0}),
            "color": {**colours(series), "datum": words},
            "tooltip": [tip("year", "Year"), tip(field, words, ".1%")],
        },
    }
