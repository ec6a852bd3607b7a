"""Charts of options on power: what they are worth, and when to exercise them."""

from __future__ import annotations

from gigaplan.report.charts.chart import (
    Chart,
    Choice,
    Spec,
    amount,
    colours,
    layered,
    packed,
    ranked_bars,
    time_axis,
    tip,
)
from gigaplan.report.labels import POLICY_WORDS, SERIES_COLOURS, Names, brief, readable
from gigaplan.report.view import RunView

_RANGE, _MIDDLE, _AT = (
    "From elsewhere, P10 to P90",
    "Its middle case",
    "Exercise at or above",
)


def option_charts(view: RunView, names: Names) -> list[Chart]:
    """Return what options and bridge power are worth, and when to use them, if there are any."""
    return [*_purchase_charts(view, names), *_bridge_charts(view, names)]


def _bridge_charts(view: RunView, names: Names) -> list[Chart]:
    table = view.table("bridges")
    if table.empty:
        return []
    rows = table.assign(
        series=[brief(names.project(name)) for name in table["project"]],
        billion=table["usd"] / 1e9,
        low=(table["usd"] - 2 * table["standard_error"]) / 1e9,
        high=(table["usd"] + 2 * table["standard_error"]) / 1e9,
        gw_months=table["it_mw_months"] / 1e3,
    )
    series = list(dict.fromkeys(rows["series"]))
    colour = {
        "field": "series",
        **colours(list(zip(series, SERIES_COLOURS, strict=False)), columns=1, labelLimit=520),
    }
    x: Spec = {
        "field": "short_it_mw",
        "type": "quantitative",
        "axis": {"title": "Ordered when so many MW of IT are forecast to lack power"},
    }
    y = amount("billion", "Billion USD", shown=",.2~r")
    tips = [
        tip("series", "Bridge power"),
        tip("short_it_mw", "Ordered at a shortfall of (MW of IT)", ",.0f"),
        tip("billion", "Worth, net (billion USD)", ",.3~r"),
        tip("ordered_fraction", "Ordered in", ".0%"),
        tip("gw_months", "Compute gained (GW-months of IT)", ",.3~r"),
    ]
    line: Spec = {
        "mark": {"type": "line", "strokeWidth": 2.2, "point": {"size": 55}},
        "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
    }
    error: Spec = {
        "mark": {"type": "rule", "strokeWidth": 1.4},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
    }
    stated: Spec = {
        "transform": [{"filter": "datum.stated"}],
        "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 170},
        "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
    }
    columns = ["series", "short_it_mw", "stated", "billion", "low", "high"]
    columns += ["ordered_fraction", "gw_months"]
    return [
        Chart(
            "bridges",
            "What bridge power is worth, by the rule that orders it",
            "Power that is ordered only if halls are forecast to wait for it: the compute it "
            "brings, less rent, fuel and running cost, in the mean of the same worlds. The diamond "
            "is the programme's rule; thin lines are two standard errors either way.",
            layered([error, line, stated], data={"name": "rows"}),
            {"rows": packed(rows[columns])},
            heights=(300, 300),
        )
    ]


def _purchase_charts(view: RunView, names: Names) -> list[Chart]:
    worth, exercise = view.table("option_worth"), view.table("option_exercise")
    if worth.empty or exercise.empty:
        return []
    projects = worth["project"].unique().tolist()
    options = tuple((name, brief(names.project(name))) for name in projects)
    choice = (Choice("project", "Option", options),)
    of = f": {options[0][1]}" if len(options) == 1 else ""
    return [_worth_chart(view, choice, of), _exercise_chart(view, choice, of)]


def _worth_chart(view: RunView, choice: tuple[Choice, ...], of: str) -> Chart:
    table = view.table("option_worth")
    rows = table.assign(
        series=[POLICY_WORDS.get(name, readable(name)) for name in table["policy"]],
        million=table["usd"] / 1e6,
        error=table["standard_error"] / 1e6,
        order=table.groupby("project").cumcount(),
    )
    tips = [
        tip("series", "Policy"),
        tip("million", "Worth (million USD)", ",.3~r"),
        tip("error", "Standard error (million USD)", ",.2~r"),
        tip("exercised_fraction", "Exercised in", ".0%"),
    ]
    columns = ["project", "series", "million", "error", "exercised_fraction", "order"]
    height = 60 + 27 * int(rows.groupby("project").size().max())
    return Chart(
        "option-worth",
        f"What an option is worth{of}",
        "Present value of the right by how it is used. The most to pay for it is what it is worth "
        "to those who decide on what is then known. As a duty, taken at once, it may well lose; "
        "with foresight is what nobody can reach.",
        layered(
            ranked_bars("million", "Million USD", ",.3~r", "var(--accent)", tips),
            data={"name": "rows"},
        ),
        {"rows": packed(rows[columns])},
        choice,
        (height, height),
        group="options",
    )


def _exercise_chart(view: RunView, choice: tuple[Choice, ...], of: str) -> Chart:
    rows = view.table("option_exercise")
    x, title = time_axis(), "USD per MWh"
    x["axis"] = {"title": "Month of decision", "format": "%b %Y", "labelOverlap": "greedy"}
    colour = colours(
        [(_RANGE, "var(--accent-soft)"), (_MIDDLE, "var(--accent)"), (_AT, "var(--target)")]
    )
    tips = [
        tip("month", "Decided in"),
        tip("exercise_at_usd_per_mwh", "Exercise at or above (USD/MWh)", ",.1f"),
        tip("p10_usd_per_mwh", "P10 from elsewhere (USD/MWh)", ",.1f"),
        tip("p50_usd_per_mwh", "P50 from elsewhere (USD/MWh)", ",.1f"),
        tip("p90_usd_per_mwh", "P90 from elsewhere (USD/MWh)", ",.1f"),
        tip("exercised_fraction", "Exercised in this month", ".1%"),
    ]

    def y(field: str) -> Spec:
        return amount(field, title, scale={"zero": False})

    def line(field: str, words: str, **mark: object) -> Spec:
        return {
            "mark": {"type": "line", "strokeWidth": 2.4, "point": {"size": 60}, **mark},
            "encoding": {
                "x": x,
                "y": y(field),
                "color": {**colour, "datum": words},
                "tooltip": tips,
            },
        }

    layers: list[Spec] = [
        {
            "mark": {"type": "area"},
            "encoding": {
                "x": x,
                "y": y("p10_usd_per_mwh"),
                "y2": {"field": "p90_usd_per_mwh"},
                "color": {**colour, "datum": _RANGE},
            },
        },
        line("p50_usd_per_mwh", _MIDDLE),
        line("exercise_at_usd_per_mwh", _AT, strokeDash=[5, 4]),
        {
            "transform": [{"filter": "datum.exercised_fraction >= 0.005"}],
            "mark": {"type": "text", "dy": -14, "color": "var(--ink-2)"},
            "encoding": {
                "x": x,
                "y": y("exercise_at_usd_per_mwh"),
                "text": {
                    "field": "exercised_fraction",
                    "type": "quantitative",
                    "format": ".0%",
                },
            },
        },
    ]
    return Chart(
        "option-exercise",
        f"When to exercise it{of}",
        "Exercise once such energy costs as much from elsewhere as the broken line says; the "
        "figures on it are the shares of worlds that do so in that month. Early on it takes a "
        "higher price: waiting is worth something.",
        layered(layers, data={"name": "rows"}),
        {"rows": packed(rows)},
        choice,
        (300, 280),
        group="options",
    )
