"""Charts of a year's months: hours of shortage, clean share and water."""

from __future__ import annotations

from gigaplan.report.charts.chart import (
    Chart,
    Choice,
    Spec,
    amount,
    colours,
    error_bars,
    layered,
    packed,
    tip,
)
from gigaplan.report.charts.compute import site_choice
from gigaplan.report.labels import MONTHS, Names, sites_in
from gigaplan.report.view import RunView

_HOURLY, _MONTHLY = "By the hour", "By the month"


def month_charts(view: RunView, names: Names) -> list[Chart]:
    """Return energy not served, clean share and water by month, of a chosen site and year."""
    table = view.table("operations_months")
    if table.empty:
        return []
    years = sorted(table["year"].unique().tolist(), reverse=True)
    choices = (
        site_choice(sites_in(table), names),
        Choice("year", "Year", tuple((str(year), str(year)) for year in years)),
    )
    rows = table.assign(
        year=table["year"].astype(str),
        name=table["month"].map(dict(enumerate(MONTHS, start=1))),
        water=table["water_m3"] / 1e6,
        short=table["eue_mwh"] / 1e3,
        short_standard_error=table["eue_mwh_standard_error"] / 1e3,
    )

    def chart(name: str, title: str, reading: str, layers: list[Spec], used: list[str]) -> Chart:
        return Chart(
            name,
            title,
            reading,
            layered(layers, data={"name": "rows"}),
            {"rows": packed(rows[["year", "site", "name", *used]])},
            choices,
            (220, 200),
            group="months",
            half=True,
        )

    return [
        chart(
            "short-months",
            "Energy not served, by month",
            "Mean of all draws; the thin line is two standard errors either way.",
            [
                _bars("short", "GWh a month", "var(--c-rose)", "GWh not served"),
                error_bars("short", _month_axis()),
            ],
            ["short", "short_standard_error"],
        ),
        chart(
            "clean-months",
            "Clean share, by month",
            "By the month: clean energy made over energy used in the month. By the hour: only what "
            "is made in the hour it is used counts.",
            [
                _line("clean_share_monthly", _MONTHLY, [5, 4]),
                _line("clean_share_hourly", _HOURLY, None),
            ],
            ["clean_share_hourly", "clean_share_monthly"],
        ),
        chart(
            "water-months",
            "Water used, by month",
            "For cooling the halls and for power plants.",
            [_bars("water", "Million m³ a month", "var(--c-cyan)", "Million m³")],
            ["water"],
        ),
    ]


def _month_axis() -> Spec:
    return {
        "field": "name",
        "type": "ordinal",
        "sort": list(MONTHS),
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": True},
    }


def _bars(field: str, title: str, colour: str, tip_title: str) -> Spec:
    return {
        "mark": {"type": "bar", "color": colour},
        "encoding": {
            "x": _month_axis(),
            "y": amount(field, title, shown=",.3~r"),
            "tooltip": [tip("name", "Month"), tip(field, tip_title, ",.3~r")],
        },
    }


def _line(field: str, words: str, dash: list[int] | None) -> Spec:
    series = [(_HOURLY, "var(--c-green)"), (_MONTHLY, "var(--c-teal)")]
    mark: Spec = {"type": "line", "strokeWidth": 2.4, "point": {"size": 30}}
    if dash:
        mark["strokeDash"] = dash
    return {
        "mark": mark,
        "encoding": {
            "x": _month_axis(),
            "y": amount(field, "Share", shown=".0%", scale={"domainMin": 0}),
            "color": {**colours(series), "datum": words},
            "tooltip": [tip("name", "Month"), tip(field, words, ".1%")],
        },
    }
