"""Charts of chips and accounts: the fleet, statements by year, capital beside what was said."""

from __future__ import annotations

from gigaplan.report.amounts import percent
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
    tip,
    year_axis,
)
from gigaplan.report.labels import SERIES_COLOURS
from gigaplan.report.view import RunView

_LINES: tuple[tuple[str, str, str, float], ...] = (
    ("cash_flow", "free cash flow", "Free cash flow", 1e-9),
    ("income", "programme depreciation", "Depreciation of the programme", -1e-9),
    ("cash_flow", "capital of the programme", "Capital of the programme", -1e-9),
    ("cash_flow", "cash from operations", "Cash from operations", 1e-9),
    ("balance_sheet", "unfunded need", "Funding gap, to date", 1e-9),
    ("balance_sheet", "cash", "Cash held", 1e-9),
    ("income", "interest", "Interest", -1e-9),
    ("income", "net income", "Net income", 1e-9),
    ("ratios", "debt to EBITDA", "Debt over EBITDA (times)", 1.0),
    (
        "ratios",
        "economic debt to EBITDA",
        "Debt with leases over EBITDA (times)",
        1.0,
    ),
    ("ratios", "EBITDA to interest", "EBITDA over interest (times)", 1.0),
)
"""Statement, its line, words, and what a value is multiplied by."""
_RANGE, _MIDDLE, _MEAN = "Range P10 to P90", "P50", "Mean"
_SAID, _SPENT = "Said", "Spent, P10 to P90"


def fleet_chart(view: RunView) -> Chart | None:
    """Return online compute by generation of chips, by year."""
    table = view.table("fleet")
    if table.empty:
        return None
    rows = table[table["mean"] > 0.5].assign(
        series=table["accelerator"].map(generation),
        gigawatt=table["mean"] / 1e3,
        chips=table["mean_chips"] / 1e6,
        peak=table["mean_peak_exaflops"],
    )
    if rows.empty:
        return None
    names = list(dict.fromkeys(rows["series"]))
    rows["order"] = rows["series"].map({name: i for i, name in enumerate(names)})
    series = [(name, SERIES_COLOURS[i % len(SERIES_COLOURS)]) for i, name in enumerate(names)]
    spec = layered(
        [
            {
                "params": [LEGEND_PICK],
                "mark": {"type": "bar"},
                "encoding": {
                    "x": year_axis(),
                    "y": amount("gigawatt", "GW of IT online", stack="zero"),
                    "color": {"field": "series", **colours(series)},
                    "order": {"field": "order"},
                    "opacity": PICKED_OPACITY,
                    "tooltip": [
                        tip("series", "Chips"),
                        tip("year", "End of"),
                        tip("gigawatt", "GW of IT", ",.3~r"),
                        tip("chips", "Million chips", ",.3~r"),
                        tip("peak", "Peak, 10^18 dense BF16 FLOP/s", ",.4~r"),
                    ],
                },
            }
        ],
        data={"name": "rows"},
    )
    return Chart(
        "fleet",
        "Compute by generation of chips",
        "Mean of all simulated worlds at each year's end, without the chips that stood before. "
        "After the planning years what wears out is bought again, and shown as what it was.",
        spec,
        {"rows": packed(rows[["series", "year", "gigawatt", "chips", "peak", "order"]])},
        heights=(300, 260),
    )


def generation(name: str) -> str:
    """Return the words of an accelerator: ``GB300`` for gb300, ``Next 2028`` for next-2028."""
    words = name.replace("-", " ").replace("_", " ")
    return words.capitalize() if words.startswith("next") else words.upper()


def account_chart(view: RunView) -> Chart | None:
    """Return a chosen line of the statements by year, with its range over all worlds."""
    import pandas as pd

    table = view.table("statements")
    if table.empty:
        return None
    parts, options = [], []
    for statement, line, words, factor in _LINES:
        rows = table[(table["statement"] == statement) & (table["line"] == line)]
        if rows.empty or not rows["mean"].abs().max() > 0:
            continue
        low, high = ("p10", "p90") if factor > 0 else ("p90", "p10")
        parts.append(
            pd.DataFrame(
                {
                    "line": words,
                    "year": rows["year"],
                    "low": rows[low] * factor,
                    "middle": rows["p50"] * factor,
                    "high": rows[high] * factor,
                    "mean": rows["mean"] * factor,
                }
            )
        )
        options.append((words, words))
    if not parts:
        return None
    colour = colours(
        [(_RANGE, "var(--accent-soft)"), (_MIDDLE, "var(--accent)"), (_MEAN, "var(--ink-2)")]
    )
    title = "Billion USD of the year, or times"
    x = year_axis()

    def line_of(field: str, word: str, **mark: object) -> Spec:
        return {
            "mark": {"type": "line", "strokeWidth": 2.2, **mark},
            "encoding": {"x": x, "y": amount(field, title), "color": {**colour, "datum": word}},
        }

    spec = layered(
        [
            {
                "mark": {"type": "area"},
                "encoding": {
                    "x": x,
                    "y": amount("low", title),
                    "y2": {"field": "high"},
                    "color": {**colour, "datum": _RANGE},
                },
            },
            line_of("middle", _MIDDLE),
            line_of("mean", _MEAN, strokeDash=[5, 4], strokeWidth=1.6),
            {"mark": {"type": "rule", "color": "var(--ink-3)"}, "encoding": {"y": {"datum": 0}}},
            hover_rule(
                [
                    tip("year", "Year"),
                    tip("low", "P10 (or P90 of a cost)", ",.3~r"),
                    tip("middle", "P50", ",.3~r"),
                    tip("high", "P90", ",.3~r"),
                    tip("mean", "Mean", ",.3~r"),
                ],
                x,
            ),
        ],
        data={"name": "rows"},
    )
    return Chart(
        "accounts",
        "What it does to the company's accounts",
        "Half of all worlds lie below P50, four in five within the range. Nominal dollars; "
        "costs are shown above nought. Ratios are of the worlds in which they can be formed.",
        spec,
        {"rows": packed(pd.concat(parts))},
        (Choice("line", "Line", tuple(options)),),
        (320, 280),
    )


def stated_chart(view: RunView) -> Chart | None:
    """Return capital in the years of which the company said what it will spend."""
    table = view.table("stated_capital")
    if table.empty:
        return None
    money = ["low_usd", "high_usd", "p10", "p50", "p90"]
    rows = table.copy()
    rows[money] = rows[money].astype(float) / 1e9
    rows["share"] = [
        f"below in {percent(below)} of worlds, above in {percent(above)}"
        for below, above in zip(rows["below_fraction"], rows["above_fraction"], strict=True)
    ]
    tips = [
        tip("title", "Said"),
        tip("low_usd", "From (billion USD)", ",.3~r"),
        tip("high_usd", "To", ",.3~r"),
        tip("p10", "Spent, P10", ",.3~r"),
        tip("p50", "P50", ",.3~r"),
        tip("p90", "P90", ",.3~r"),
        tip("share", "Spent is"),
    ]
    colour = colours([(_SAID, "var(--c-alarm)"), (_SPENT, "var(--accent)")])
    y: Spec = {
        "field": "title",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": 330},
    }

    # room for the words beside what is spent
    most = 1.5 * float(rows["p90"].max())
    scale = {"domain": [0, max(most, 1.02 * float(rows["high_usd"].max()))], "nice": False}

    def across(field: str) -> Spec:
        axis = {"title": "Billion USD, nominal", "format": ",.3~r"}
        return {"field": field, "type": "quantitative", "axis": axis, "scale": scale}

    def span(low: str, high: str, word: str, offset: int, size: float) -> Spec:
        return {
            "mark": {"type": "rule", "strokeWidth": size, "yOffset": offset, "strokeCap": "butt"},
            "encoding": {
                "y": y,
                "x": across(low),
                "x2": {"field": high},
                "color": {**colour, "datum": word},
                "tooltip": tips,
            },
        }

    def tick(field: str, word: str, offset: int) -> Spec:
        return {
            "mark": {"type": "tick", "thickness": 3, "size": 18, "yOffset": offset},
            "encoding": {
                "y": y,
                "x": across(field),
                "color": {**colour, "datum": word},
                "tooltip": tips,
            },
        }

    words: Spec = {
        "mark": {"type": "text", "align": "left", "dx": 8, "yOffset": 10, "color": "var(--ink-2)"},
        "encoding": {"y": y, "x": across("p90"), "text": {"field": "share"}},
    }
    spec = layered(
        [
            span("low_usd", "high_usd", _SAID, -10, 12),
            tick("low_usd", _SAID, -10),
            tick("high_usd", _SAID, -10),
            span("p10", "p90", _SPENT, 10, 8),
            tick("p50", _SPENT, 10),
            words,
        ],
        data={"name": "rows"},
    )
    height = 70 + 62 * len(rows)
    return Chart(
        "stated",
        "Capital beside what the company said it will spend",
        "Nominal dollars: capital of the programme that the company itself pays, with its other "
        "capital. What a joint venture pays is not in it. The mark is P50.",
        spec,
        {"rows": packed(rows[["title", *money, "share"]])},
        heights=(height, height),
    )
