"""Charts of why compute comes when it does: relief, dates and their chains, spread, conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gigaplan.report.charts.chart import (
    Chart,
    Choice,
    Spec,
    colours,
    layered,
    packed,
    ranked_bars,
    tip,
)
from gigaplan.report.labels import (
    BOTTLENECK_WORDS,
    CAUSE_WORDS,
    KIND_WORDS,
    STAGE_WORDS,
    Names,
    brief,
    in_order,
    readable,
)
from gigaplan.report.view import RunView
from gigaplan.report.wording import driver_output

if TYPE_CHECKING:
    import pandas as pd

_NEVER = ("Not within the horizon", "var(--c-grey)")
_RELIEF_WORDS = {
    "permission": "Permission",
    "hall": "Halls",
    "chips": "Chips",
    "connection": "Grid connections",
    "power": "Power plants",
    "all": "All of these",
}
_MET, _MISSED = "Worlds with most compute", "The other worlds"


def why_charts(view: RunView, names: Names) -> list[Chart]:
    """Return the charts that the run has tables for."""
    made = (
        _relief_chart(view),
        _date_chart(view, names),
        _chain_chart(view, names),
        _earlier_chart(view, names),
        _spread_chart(view),
        _condition_chart(view, names),
        _overrun_chart(view, names),
    )
    return [chart for chart in made if chart is not None]


def _row_axis(limit: int = 260) -> Spec:
    return {
        "field": "series",
        "type": "nominal",
        "sort": {"field": "order", "op": "min"},
        "axis": {"title": None, "labelLimit": limit},
    }


def _overrun_chart(view: RunView, names: Names) -> Chart | None:
    """Return what things come to over their estimates, or None if none is uncertain."""
    table = view.table("overruns")
    if table.empty:
        return None
    rows = table[table["p90"] - table["p10"] > 1e-6 * table["estimate_usd"]].head(16)
    if rows.empty:
        return None
    rows = rows.assign(
        series=[
            "All of the programme" if kind == "programme" else _thing(kind, owner, names)
            for kind, owner in zip(rows["kind"], rows["owner"], strict=True)
        ],
        order=range(len(rows)),
        estimate=rows["estimate_usd"] / 1e9,
    )
    quantiles = ["p10", "p50", "p90", "mean"]
    rows[quantiles] = rows[quantiles].div(rows["estimate_usd"], axis=0)
    tips = [
        tip("series", "What is built"),
        tip("estimate", "Estimate (billion USD)", ",.3~r"),
        tip("p10", "P10, times the estimate", ".2f"),
        tip("p50", "P50, times the estimate", ".2f"),
        tip("p90", "P90, times the estimate", ".2f"),
        tip("mean", "Mean, times the estimate", ".2f"),
    ]
    axis = {"title": "Times the estimate", "format": ".1f", "tickCount": 6}
    x: Spec = {"type": "quantitative", "axis": axis, "scale": {"zero": False, "nice": True}}
    layers: list[Spec] = [
        {
            "data": {"name": "one"},
            "mark": {"type": "rule", "color": "var(--ink-2)", "strokeDash": [5, 4]},
            "encoding": {"x": {**x, "field": "at"}},
        },
        {
            "mark": {"type": "bar", "height": 9, "cornerRadius": 4, "color": "var(--accent-soft)"},
            "encoding": {
                "y": _row_axis(),
                "x": {**x, "field": "p10"},
                "x2": {"field": "p90"},
                "tooltip": tips,
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 90, "color": "var(--accent)"},
            "encoding": {"y": _row_axis(), "x": {**x, "field": "p50"}, "tooltip": tips},
        },
        {
            "mark": {"type": "tick", "thickness": 2, "size": 16, "color": "var(--ink)"},
            "encoding": {"y": _row_axis(), "x": {**x, "field": "mean"}, "tooltip": tips},
        },
    ]
    columns = ["series", "order", "estimate", *quantiles]
    return Chart(
        "overruns",
        "What things really cost, beside their estimates",
        "The bar runs from P10 to P90, the dot is the middle case, the tick the mean: few worlds "
        "with large overruns pull it to the right. Below one where something may never be built, "
        "or its estimate is a price that already holds overruns.",
        layered(layers, data={"name": "rows"}),
        {"rows": packed(rows[columns]), "one": {"at": [1]}},
        heights=_height(len(rows)),
    )


def _height(rows: int) -> tuple[int, int]:
    return (60 + 27 * rows, 60 + 27 * rows)


def _relief_chart(view: RunView) -> Chart | None:
    table = view.table("relief")
    if table.empty:
        return None
    rows = table.assign(
        series=[_RELIEF_WORDS.get(name, readable(name)) for name in table["relieved"]],
        gw=table["gain_it_mw"] / 1e3,
        error=table["standard_error"] / 1e3,
        year=table["year"].astype(str),
    )
    rows["last"] = rows["relieved"] == "all"
    rows = rows.sort_values(["year", "last", "gw"], ascending=[True, True, False])
    rows["order"] = rows.groupby("year").cumcount()
    shown = _headline_first(view, rows["year"].unique().tolist())
    tips = [
        tip("series", "What then comes on time"),
        tip("gw", "Gain, mean of all worlds (GW)", ",.3~r"),
        tip("error", "Standard error (GW)", ",.2~r"),
    ]
    return Chart(
        "relief",
        "What it would bring if one thing were never late",
        "Compute gained at the year's end, in the mean of the same simulated worlds, if this kind "
        "of work alone came on time, permission without refusal. Gains do not add up: where two "
        "things are late, relieving one of them may bring nothing.",
        layered(
            ranked_bars("gw", "GW of IT more online", ",.2~r", "var(--accent)", tips),
            data={"name": "rows"},
        ),
        {"rows": packed(rows[["year", "series", "gw", "error", "order"]])},
        (Choice("year", "End of", tuple((year, year) for year in shown)),),
        _height(int(table["relieved"].nunique())),
    )


def _headline_first(view: RunView, years: list[str]) -> list[str]:
    dates = view.table("site_dates")
    first = [] if dates.empty else [str(dates["year"].iloc[0])]
    return in_order(years, first)


def _date_chart(view: RunView, names: Names) -> Chart | None:
    table, dates = view.table("date_causes"), view.table("site_dates")
    if table.empty or dates.empty:
        return None
    words = {**{k: v for k, v in BOTTLENECK_WORDS.items() if k != "none"}, "never": _NEVER}
    likely = dates.set_index("site")
    title = {site: f"{_place(names.site(site))}: {_to(likely.loc[site])}" for site in likely.index}
    place = {name: i for i, name in enumerate(words)}
    rows = table[table["share_fraction"] > 0].assign(
        series=lambda t: t["site"].map(title),
        order=lambda t: t["site"].map({site: i for i, site in enumerate(likely.index)}),
        cause=lambda t: [words[name][0] for name in t["set_by"]],
        turn=lambda t: t["set_by"].map(place),
    )
    found = in_order(rows["set_by"].tolist(), words)
    year = int(dates["year"].iloc[0])
    spec = layered(
        [
            {
                "mark": {"type": "bar", "height": {"band": 0.68}},
                "encoding": {
                    "y": _row_axis(330),
                    "x": {
                        "field": "share_fraction",
                        "type": "quantitative",
                        "stack": "zero",
                        "scale": {"domain": [0, 1], "nice": False},
                        "axis": {"title": "Share of simulated worlds", "format": ".0%"},
                    },
                    "color": {"field": "cause", **colours([words[n] for n in found])},
                    "order": {"field": "turn"},
                    "tooltip": [
                        tip("series", "Site"),
                        tip("cause", "What came last"),
                        tip("share_fraction", "Share of worlds", ".0%"),
                    ],
                },
            }
        ],
        data={"name": "rows"},
    )
    return Chart(
        "dates",
        "What sets each site's date",
        f"The date is that by which nine tenths of the compute planned for the end of {year} is "
        "online: as planned, then in the middle case. The bar says what came last before it.",
        spec,
        {"rows": packed(rows[["series", "order", "cause", "turn", "share_fraction"]])},
        heights=_height(len(likely) + 1),
    )


def _to(date: pd.Series[Any]) -> str:
    middle = date["p50_month"]
    return f"{date['planned_month']} → {middle if isinstance(middle, str) else 'not in time'}"


def _chain_chart(view: RunView, names: Names) -> Chart | None:
    table = view.table("date_chains")
    if table.empty:
        return None
    rows = table.assign(
        series=[
            f"{STAGE_WORDS.get(stage, readable(stage))}, {_place(names.entity(project))}"
            for stage, project in zip(table["stage"], table["project"], strict=True)
        ],
        late=(table["share_fraction"] * table["later_months"]).clip(lower=0.0),
    )
    rows = rows[rows["late"] >= 0.05].sort_values(["site", "late"], ascending=[True, False])
    rows = rows.groupby("site", sort=False).head(6)
    rows["order"] = rows.groupby("site").cumcount()
    if rows.empty:
        return None
    wanted = view.table("site_dates")["site"].tolist()
    sites = in_order(rows["site"].unique().tolist(), wanted)
    tips = [
        tip("series", "Work"),
        tip("late", "Adds, mean of all worlds (months)", ".1f"),
        tip("share_fraction", "Sets the date in", ".0%"),
        tip("months", "Takes then (months)", ".1f"),
        tip("later_months", "Longer than its median (months)", ".1f"),
    ]
    columns = ["site", "series", "late", "share_fraction", "months", "later_months", "order"]
    return Chart(
        "chains",
        "The work that makes it late",
        "Months that each piece of work adds to the site's date, in the mean of all worlds: how "
        "often it is on the chain of work that sets the date, times how much longer than its "
        "median it then takes.",
        layered(ranked_bars("late", "Months", ".1f", "var(--accent)", tips), data={"name": "rows"}),
        {"rows": packed(rows[columns], 3)},
        (Choice("site", "Site", tuple((site, names.site(site)) for site in sites)),),
        _height(int(rows.groupby("site").size().max())),
    )


def _earlier_chart(view: RunView, names: Names) -> Chart | None:
    table = view.table("month_earlier")
    if table.empty:
        return None
    rows = table[table["usd"] > 2 * table["usd_standard_error"]].head(12)
    if rows.empty:
        return None
    rows = rows.assign(
        series=_things(rows, names),
        million=rows["usd"] / 1e6,
        error=rows["usd_standard_error"] / 1e6,
        gw_months=rows["it_mw_months"] / 1e3,
        order=range(len(rows)),
    )
    tips = [
        tip("series", "What comes a month earlier"),
        tip("million", "Worth (million USD)", ",.3~r"),
        tip("error", "Standard error (million USD)", ",.2~r"),
        tip("gw_months", "Compute gained (GW-months of IT)", ",.3~r"),
    ]
    return Chart(
        "earlier",
        "What a month earlier is worth",
        "If all of it is planned a month earlier and all else stays: the compute that is gained, "
        "at what the programme says a missing MW costs in a year; present value.",
        layered(
            ranked_bars("million", "Million USD", ",.3~r", "var(--accent)", tips),
            data={"name": "rows"},
        ),
        {"rows": packed(rows[["series", "million", "error", "gw_months", "order"]])},
        heights=_height(len(rows)),
    )


def _things(rows: pd.DataFrame, names: Names) -> list[str]:
    pairs = zip(rows["kind"], rows["owner"], strict=True)
    return [_thing(kind, owner, names) for kind, owner in pairs]


def _place(title: str) -> str:
    """Return ``Hyperion, Richland Parish, Louisiana`` as ``Hyperion``."""
    return brief(title).split(",")[0]


def _thing(kind: str, owner: str, names: Names) -> str:
    return f"{KIND_WORDS.get(kind, readable(kind))}: {_place(names.entity(owner))}"


def _spread_chart(view: RunView) -> Chart | None:
    table = view.table("spread")
    if table.empty:
        return None
    rows = table[table["shapley"] >= 0.005].assign(
        series=lambda t: [CAUSE_WORDS.get(name, readable(name)) for name in t["cause"]],
        order=lambda t: t.groupby("output").cumcount(),
    )
    outputs = rows["output"].unique().tolist()
    tips = [
        tip("series", "Cause"),
        tip("shapley", "Share (Shapley)", ".0%"),
        tip("shapley_standard_error", "Standard error", ".1%"),
        tip("first_order", "By itself", ".0%"),
        tip("total_effect", "With all it acts through", ".0%"),
    ]
    columns = ["output", "series", "shapley", "shapley_standard_error"]
    columns += ["first_order", "total_effect", "order"]
    return Chart(
        "spread",
        "Where the uncertainty comes from",
        "Shares of the variance between worlds, shared out by Shapley's rule: what causes do "
        "together is divided fairly between them, so the bars add up to the whole.",
        layered(
            ranked_bars("shapley", "Share of the variance", ".0%", "var(--accent)", tips),
            data={"name": "rows"},
        ),
        {"rows": packed(rows[columns], 3)},
        (Choice("output", "Outcome", tuple((o, driver_output(o)) for o in outputs)),),
        _height(int(rows.groupby("output").size().max())),
    )


def _condition_chart(view: RunView, names: Names) -> Chart | None:
    table = view.table("must_go_right")
    if table.empty:
        return None
    rows = table.head(10)
    rows = rows.assign(series=_things(rows, names), order=range(len(rows)))
    first = rows.iloc[0]
    met = "Worlds that meet the target" if first["is_target"] else _MET
    x: Spec = {"type": "quantitative", "scale": {"domain": [0, 1], "nice": False}}
    axis = {"title": "Comes within a year of its plan, share of worlds", "format": ".0%"}
    tips = [
        tip("series", "What comes within a year of its plan"),
        tip("holds_if_met", met, ".0%"),
        tip("holds_if_missed", _MISSED, ".0%"),
    ]
    pair = [(met, "var(--accent)"), (_MISSED, "var(--c-grey)")]

    def dots(field: str, words: str) -> Spec:
        return {
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
            "encoding": {
                "y": _row_axis(),
                "x": {**x, "field": field, "axis": axis},
                "color": {**colours(pair), "datum": words},
                "tooltip": tips,
            },
        }

    line: Spec = {
        "mark": {"type": "rule", "color": "var(--ink-3)", "strokeWidth": 2},
        "encoding": {
            "y": _row_axis(),
            "x": {**x, "field": "holds_if_missed", "axis": axis},
            "x2": {"field": "holds_if_met"},
        },
    }
    columns = ["series", "order", "holds_if_met", "holds_if_missed"]
    layers = [line, dots("holds_if_missed", _MISSED), dots("holds_if_met", met)]
    return Chart(
        "conditions",
        f"What must go right by the end of {first['year']}",
        f"How often each thing comes within a year of its plan {_parted_by(first)}, and in the "
        "others. The farther apart, the more it takes this one to go right.",
        layered(layers, data={"name": "rows"}),
        {"rows": packed(rows[columns], 3)},
        heights=_height(len(rows) + 1),
    )


def _parted_by(row: pd.Series[Any]) -> str:
    amount = f"{row['wanted_it_mw'] / 1e3:.3g} GW of IT"
    if row["is_target"]:
        return f"in worlds that meet the target of {amount}"
    return f"in the tenth of worlds with most compute, {amount} or more"
