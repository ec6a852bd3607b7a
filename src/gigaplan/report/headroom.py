"""A picture of how much new load areas can take, by the share of its energy that is curtailed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gigaplan.core.errors import InputError, Problem
from gigaplan.report.charts.chart import Spec

FORMATS = (".svg", ".png")
_PER_ROW = 3
_INK, _LINE, _BAND = "#222", "#332288", "#33228833"


def draw_headroom(found: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the rows of `gigaplan headroom --json`, an area in each panel.

    Raises
    ------
    InputError
        If the file's name does not end in .svg or .png.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            Problem(f"found '{path.name}'; a picture's name ends in {' or '.join(FORMATS)}.")
        )
    import vl_convert

    spec = headroom_spec(found)
    if path.suffix.lower() == ".png":
        content = bytes(vl_convert.vegalite_to_png(spec, scale=2))
    else:
        content = str(vl_convert.vegalite_to_svg(spec)).encode("utf-8")
    path.write_bytes(content)


def headroom_spec(found: Sequence[Mapping[str, Any]]) -> Spec:
    """Return the picture as Vega-Lite."""
    rows = [
        {
            "area": row["area"],
            "share": row["rate_fraction"],
            "gw": row["headroom_mw"] / 1000,
            "low": max(row["headroom_mw"] - 2 * (row["error_mw"] or 0.0), 0.0) / 1000,
            "high": (row["headroom_mw"] + 2 * (row["error_mw"] or 0.0)) / 1000,
            "hours": f"{row['hours_per_year']:.0f} h",
        }
        for row in found
    ]
    areas = list(dict.fromkeys(row["area"] for row in rows))
    share: Spec = {
        "field": "share",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False, "padding": 24},
        "axis": {
            "title": "Share of its energy that is curtailed",
            "format": ".2~%",
            "values": sorted({row["share"] for row in rows}),
            "grid": False,
            "labelOverlap": True,
        },
    }
    gw: Spec = {"field": "gw", "type": "quantitative", "axis": {"title": "GW of new load"}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": rows},
        "facet": {"field": "area", "type": "nominal", "sort": areas, "header": {"title": None}},
        "columns": min(_PER_ROW, len(areas)),
        "spec": {
            "width": 560 if len(areas) == 1 else 240,
            "height": 300 if len(areas) == 1 else 170,
            "layer": [
                {
                    "mark": {"type": "area", "color": _BAND},
                    "encoding": {
                        "x": share,
                        "y": {"field": "low", "type": "quantitative"},
                        "y2": {"field": "high"},
                    },
                },
                {
                    "mark": {"type": "line", "color": _LINE, "point": {"color": _LINE}},
                    "encoding": {"x": share, "y": gw},
                },
                {
                    "mark": {"type": "text", "dy": -10, "align": "right", "color": _INK},
                    "encoding": {"x": share, "y": gw, "text": {"field": "hours"}},
                },
            ],
        },
        "spacing": 36,
        "resolve": {"scale": {"y": "independent"}, "axis": {"x": "independent"}},
        "title": {
            "text": "New load an area can take",
            "subtitle": [
                "Line: demand with it stays below the season's own peak. Band: two standard errors",
                "over years. Figures: hours a year with curtailment.",
            ],
            "subtitlePadding": 6,
            "offset": 14,
            "anchor": "start",
        },
        "config": {
            "view": {"stroke": None},
            "font": "DejaVu Sans, sans-serif",
            "axis": {"titleFontWeight": "normal", "gridColor": "#e4e4e4"},
            "header": {"labelFontSize": 12, "labelFontWeight": "bold"},
        },
    }
