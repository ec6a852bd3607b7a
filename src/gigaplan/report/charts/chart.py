"""A chart: a Vega-Lite specification, the rows it draws, and the words around it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader may choose to see: rows whose `field` equals the chosen value.

    Parameters
    ----------
    field : str
        Column that is filtered.
    label : str
        What is asked.
    options : tuple of (str, str)
        Values and their words; the first is shown at the start.
    """

    field: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Chart:
    """One chart of the report.

    Parameters
    ----------
    name : str
        Identifies it in the page.
    title : str
    reading : str
        How to read it, for someone who sees it for the first time.
    spec : dict
        Vega-Lite, its data named by the keys of `rows`.
    rows : mapping of str to packed table
        See `packed`.
    choices : tuple of Choice
        Filters; those with fewer than two options are not shown.
    heights : tuple of int
        Height in pixels on a wide and on a narrow screen.
    group : str
        Charts of one group share their choices.
    """

    name: str
    title: str
    reading: str
    spec: Spec
    rows: dict[str, Any]
    choices: tuple[Choice, ...] = ()
    heights: tuple[int, int] = (300, 260)
    group: str = ""
    half: bool = False
    empty: str = "There is nothing to show for this choice."
    notes: tuple[str, ...] = field(default=())

    def payload(self) -> dict[str, Any]:
        """Return what the page's script needs to draw it."""
        return {
            "spec": self.spec,
            "rows": self.rows,
            "choices": [
                {"field": c.field, "options": [list(option) for option in c.options]}
                for c in self.choices
            ],
            "heights": list(self.heights),
            "group": self.group or self.name,
            "empty": self.empty,
        }


def packed(table: pd.DataFrame, digits: int = 4) -> dict[str, Any]:
    """Return a table by column, small enough to stand in a page.

    Text becomes numbers of a word list where that is shorter; numbers keep
    `digits` significant figures; what is missing is None.
    """
    return {str(name): _column(table[name].tolist(), digits) for name in table.columns}


def _column(values: list[Any], digits: int) -> Any:
    if values and all(isinstance(value, str) or value is None for value in values):
        words = list(dict.fromkeys(values))
        if len(words) < len(values):
            places = {word: i for i, word in enumerate(words)}
            return {"words": words, "at": [places[value] for value in values]}
        return values
    return [_short(value, digits) for value in values]


def _short(value: Any, digits: int) -> Any:
    if value is None or isinstance(value, str | bool | int | dict):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    if number == 0:
        return 0
    places = digits - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, places)
    return int(rounded) if rounded == int(rounded) else rounded


def layered(layers: Iterable[Spec], **more: Any) -> Spec:
    """Return layers over one another, as wide as the page allows."""
    return {
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": list(layers),
        **more,
    }


def colours(series: Sequence[tuple[str, str]], title: str | None = None, **legend: Any) -> Spec:
    """Return a colour channel's scale and legend for (words, colour) pairs in order."""
    return {
        "type": "nominal",
        "scale": {"domain": [w for w, _ in series], "range": [c for _, c in series]},
        "legend": {"title": title, **legend},
    }


def time_axis() -> Spec:
    """Return the channel of a month column; the script gives months as UTC times."""
    return {
        "field": "month",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {"title": None, "format": "%Y", "tickCount": {"interval": "year", "step": 2}},
    }


def year_axis() -> Spec:
    """Return the channel of a year column, one band a year."""
    return {
        "field": "year",
        "type": "ordinal",
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 8},
    }


def amount(field_name: str, title: str, *, shown: str = ",.3~r", **more: Any) -> Spec:
    """Return a vertical quantity channel whose title names the unit."""
    return {
        "field": field_name,
        "type": "quantitative",
        "axis": {"title": title, "format": shown},
        **more,
    }


def tip(field_name: str, title: str, shown: str | None = None) -> Spec:
    """Return one line of a tooltip."""
    line: Spec = {"field": field_name, "title": title}
    if field_name == "month":
        # tooltips tell local time: the middle of a month is in that month wherever one reads
        return {**line, "field": "month_middle", "type": "temporal", "format": "%B %Y"}
    if shown:
        return {**line, "type": "quantitative", "format": shown}
    return {**line, "type": "nominal"}


LEGEND_PICK: Spec = {
    "name": "pick",
    "select": {"type": "point", "fields": ["series"]},
    "bind": "legend",
}
"""Clicking a series in the legend dims the others."""

PICKED_OPACITY: Spec = {"condition": {"param": "pick", "value": 1}, "value": 0.12}


def hover_rule(tips: list[Spec], x: Spec) -> Spec:
    """Return a line that follows the pointer and shows the values there."""
    return {
        "mark": {"type": "rule", "color": "var(--ink-3)", "strokeWidth": 1},
        "params": [
            {
                "name": "hover",
                "select": {
                    "type": "point",
                    "encodings": ["x"],
                    "nearest": True,
                    "on": "pointerover",
                    "clear": "pointerout",
                },
            }
        ],
        "encoding": {
            "x": x,
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 1}, "value": 0},
            "tooltip": tips,
        },
    }


def ranked_bars(field: str, title: str, shown: str, colour: str, tips: list[Spec]) -> list[Spec]:
    """Return horizontal bars, largest first, each with its value beside it."""
    y = {
        "field": "series",
        "type": "nominal",
        "sort": {"field": "order", "op": "min"},
        "axis": {"title": None, "labelLimit": 260},
    }
    return [
        {
            "mark": {"type": "bar", "color": colour, "height": {"band": 0.68}},
            "encoding": {
                "y": y,
                "x": {
                    "field": field,
                    "type": "quantitative",
                    "axis": {"title": title, "format": shown, "tickCount": 5},
                },
                "tooltip": tips,
            },
        },
        {
            "transform": [{"calculate": f"max(datum.{field}, 0)", "as": "end"}],
            "mark": {"type": "text", "align": "left", "dx": 5, "color": "var(--ink-2)"},
            "encoding": {
                "y": y,
                "x": {"field": "end", "type": "quantitative"},
                "text": {"field": field, "type": "quantitative", "format": shown},
            },
        },
    ]


def error_bars(field: str, axis: Spec) -> Spec:
    """Return two standard errors either way of a field, not below nought."""
    return {
        "transform": [
            {"calculate": f"max(0, datum.{field} - 2 * datum.{field}_standard_error)", "as": "low"},
            {"calculate": f"datum.{field} + 2 * datum.{field}_standard_error", "as": "high"},
        ],
        "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.2},
        "encoding": {
            "x": axis,
            "y": {"field": "low", "type": "quantitative"},
            "y2": {"field": "high"},
        },
    }
