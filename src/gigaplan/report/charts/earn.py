"""Chart of what compute must earn, over all worlds."""

from __future__ import annotations

import numpy as np

from gigaplan.report.charts.chart import Chart, Choice, Spec, layered, packed, tip
from gigaplan.report.view import RunView
from gigaplan.report.wording import metric_words

_OUTCOMES = (
    ("required_revenue_usd_per_gw_year", 1e-9, "billion USD"),
    ("cost_usd_per_gpu_hour", 1.0, "USD"),
    ("lcoe_usd_per_mwh", 1.0, "USD per MWh"),
)
_MARKS = (10, 50, 90)


def earn_chart(view: RunView) -> Chart | None:
    """Return the share of worlds in which compute pays at each price."""
    import pandas as pd

    draws = view.table("draws")
    curves, marks, options = [], [], []
    at = np.linspace(0.5, 99.5, 100)
    for name, factor, unit in _OUTCOMES:
        if name not in draws:
            continue
        values = draws[name].to_numpy(np.float64) * factor
        words = f"{metric_words(name)[0]}, {unit}"
        shown = np.percentile(values, at)
        curves.append(pd.DataFrame({"outcome": words, "amount": shown, "share": at / 100}))
        found = np.percentile(values, _MARKS)
        marks.append(
            pd.DataFrame(
                {
                    "outcome": words,
                    "amount": found,
                    "share": np.array(_MARKS) / 100,
                    "words": [f"P{p}: {v:,.3g}" for p, v in zip(_MARKS, found, strict=True)],
                }
            )
        )
        options.append((words, words))
    if not curves:
        return None
    x: Spec = {
        "field": "amount",
        "type": "quantitative",
        "scale": {"zero": False},
        "axis": {"title": None, "format": ",.3~r"},
    }
    y: Spec = {
        "field": "share",
        "type": "quantitative",
        "axis": {"title": "Share of worlds in which it is enough", "format": ".0%"},
        "scale": {"domain": [0, 1]},
    }
    tips = [tip("amount", "Earned", ",.3~r"), tip("share", "Enough in", ".0%")]
    spec = layered(
        [
            {
                "mark": {"type": "area", "color": "var(--accent-soft)"},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "line", "color": "var(--accent)", "strokeWidth": 2.2},
                "encoding": {"x": x, "y": y, "tooltip": tips},
            },
            {
                "data": {"name": "marks"},
                "mark": {"type": "point", "filled": True, "size": 60, "color": "var(--accent)"},
                "encoding": {"x": x, "y": y, "tooltip": tips},
            },
            {
                "data": {"name": "marks"},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 9,
                    "dy": 5,
                    "color": "var(--ink-2)",
                },
                "encoding": {"x": x, "y": y, "text": {"field": "words"}},
            },
        ],
        data={"name": "rows"},
    )
    return Chart(
        "earn",
        "How sure is what it must earn",
        "Each world has its own dates and costs: the curve is the share of worlds in which so much "
        "is enough at the hurdle rate.",
        spec,
        {"rows": packed(pd.concat(curves)), "marks": packed(pd.concat(marks))},
        (Choice("outcome", "What", tuple(options)),),
        (300, 260),
    )
