"""The map: where sites and power projects are, how large, and how late.

Boundaries are the US Census Bureau's (TIGER/Line, generalised), as the
bokeh-sampledata package ships them; nothing is fetched.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gigaplan.core.timeline import month_index
from gigaplan.report.amounts import finite
from gigaplan.report.charts.chart import Chart, Spec, colours, packed, tip
from gigaplan.report.labels import SOURCE_CLASSES, Names
from gigaplan.report.view import RunView

if TYPE_CHECKING:
    import pandas as pd

_LATE = (
    ("Under 6 months", "var(--d-0)", 6.0),
    ("6 to 12 months", "var(--d-1)", 12.0),
    ("1 to 2 years", "var(--d-2)", 24.0),
    ("2 to 3 years", "var(--d-3)", 36.0),
    ("Over 3 years", "var(--d-4)", math.inf),
)
_SIMPLIFY_DEGREES = 0.02  # a third of a pixel on the widest map
_RING_DEGREES = 1.1


def delay_months(online: pd.DataFrame) -> float | None:
    """Return by how many months a planned MW is late in the middle case, on average.

    The area between the planned and the P50 line over the MW planned: for
    steps this is the mean of their delays. None where nothing is planned.

    Parameters
    ----------
    online : DataFrame
        Rows of one site of the table `online`, in order of month.
    """
    planned = online["planned_it_mw"].to_numpy(dtype=float)
    middle = online["p50"].to_numpy(dtype=float)
    most = float(planned.max(initial=0.0))
    if most <= 0:
        return None
    return float((planned - middle).clip(min=0).sum() / most)


def never_in_time(online: pd.DataFrame) -> bool:
    """Return whether the middle case stays below the plan to the last month."""
    last = online.iloc[-1]
    return bool(last["p50"] < 0.99 * last["planned_it_mw"])


def site_rows(view: RunView, names: Names) -> list[dict[str, Any]]:
    """Return each site with a campus: its place, planned IT MW and delay."""
    entities, online = view.table("entities"), view.table("online")
    if entities.empty or online.empty:
        return []
    places = entities.dropna(subset=["latitude", "longitude"]).drop_duplicates("site")
    at = {r.site: (float(r.latitude), float(r.longitude)) for r in places.itertuples()}
    rows = []
    for site, part in online.groupby("site", sort=False):
        delay = delay_months(part)
        if site == "programme" or delay is None:
            continue
        latitude, longitude = at.get(site, (None, None))
        rows.append(
            {
                "site": str(site),
                "title": names.site(site),
                "latitude": latitude,
                "longitude": longitude,
                "it_mw": float(part["planned_it_mw"].max()),
                "delay_months": delay,
                "at_least": never_in_time(part),
            }
        )
    return rows


def project_rows(view: RunView, names: Names) -> list[dict[str, Any]]:
    """Return power projects that stand at a place, set in a ring around it."""
    entities = view.table("entities")
    if entities.empty:
        return []
    units = entities[entities["kind"] == "unit"].dropna(subset=["latitude", "longitude"])
    rows: list[dict[str, Any]] = []
    for _, at_site in units.groupby("site", sort=False):
        owners = list(at_site.groupby("owner", sort=False))
        for i, (owner, part) in enumerate(owners):
            angle = math.pi * (0.5 - 2 * i / max(len(owners), 3))
            latitude, longitude = float(part["latitude"].iloc[0]), float(part["longitude"].iloc[0])
            wide = _RING_DEGREES / math.cos(math.radians(latitude))
            months = [month_index(m) for m in part["planned_month"] if isinstance(m, str)]
            rows.append(
                {
                    "title": names.project(owner),
                    "series": SOURCE_CLASSES[names.source_class(owner)][0],
                    "latitude": latitude + _RING_DEGREES * math.sin(angle),
                    "longitude": longitude + wide * math.cos(angle),
                    "mw": float(part["mw"].sum()),
                    "first": min(months) // 12 if months else None,
                }
            )
    return rows


@lru_cache(maxsize=1)
def state_shapes() -> tuple[dict[str, Any], ...]:
    """Return the outlines of the US states as GeoJSON features, wound as d3 wants them."""
    import shapely
    from bokeh_sampledata.us_states import records

    features = []
    for record in records():
        shape = shapely.simplify(record["geometry"], _SIMPLIFY_DEGREES)
        parts = shape.geoms if hasattr(shape, "geoms") else [shape]
        rings = []
        for part in parts:
            clockwise = shapely.orient_polygons(part, exterior_cw=True)
            ring = [[round(x, 2), round(y, 2)] for x, y in clockwise.exterior.coords]
            if len(ring) > 3:
                rings.append([ring])
        features.append(
            {
                "type": "Feature",
                "properties": {"code": record["code"]},
                "geometry": {"type": "MultiPolygon", "coordinates": rings},
            }
        )
    return tuple(features)


def in_united_states(row: dict[str, Any]) -> bool:
    """Return whether a place lies in the frame of the US map."""
    latitude, longitude = finite(row["latitude"]), finite(row["longitude"])
    return (
        latitude is not None
        and longitude is not None
        and 18 < latitude < 72
        and -180 < longitude < -66
    )


def late_class(months: float) -> str:
    """Return the words for a delay."""
    return next(words for words, _, most in _LATE if months < most)


def map_chart(view: RunView, names: Names) -> Chart | None:
    """Return the map, or None if no site has a place."""
    import pandas as pd

    sites = [row for row in site_rows(view, names) if finite(row["latitude"]) is not None]
    if not sites:
        return None
    projects = project_rows(view, names)
    inside = all(in_united_states(row) for row in sites)
    for row in sites:
        row["gw"] = row.pop("it_mw") / 1e3
        row["series"] = late_class(row["delay_months"])
        row["late"] = ("at least " if row.pop("at_least") else "") + f"{row['delay_months']:.0f}"
    reading = (
        "Circles are campuses, as large as the IT capacity planned there and coloured by how many "
        "months a planned MW is late in the middle case, on average. "
    )
    if projects:
        reading += "Triangles are power projects that stand at a site, drawn beside it. "
    if not inside:
        reading += "Only the outlines of US states are drawn."
    spec = _spec(pd.DataFrame(projects), us_only=inside)
    rows = {"states": {"feature": list(state_shapes())}, "sites": packed(pd.DataFrame(sites))}
    if projects:
        rows["projects"] = packed(pd.DataFrame(projects))
    return Chart(
        "map", "Where it is built, and how late it runs", reading.strip(), spec, rows,
        heights=(470, 250),
    )  # fmt: skip


def _spec(projects: pd.DataFrame, *, us_only: bool) -> Spec:
    place = {
        "longitude": {"field": "longitude", "type": "quantitative"},
        "latitude": {"field": "latitude", "type": "quantitative"},
    }
    late = colours([(words, colour) for words, colour, _ in _LATE], "Delay in the middle case")
    size = {
        "field": "gw",
        "type": "quantitative",
        "scale": {"range": [60, 1500], "zero": True},
        "legend": None,
    }
    layers: list[Spec] = [
        {
            "data": {"name": "states"},
            "transform": [{"calculate": "datum.feature.geometry", "as": "geometry"}, {"calculate": "'Feature'", "as": "type"}],
            "mark": {"type": "geoshape", "fill": "var(--land)", "stroke": "var(--page)"},
        },
        {
            "data": {"name": "sites"},
            "mark": {"type": "circle", "opacity": 0.85, "stroke": "var(--page)", "strokeWidth": 1},
            "encoding": {
                **place,
                "size": size,
                "color": {"field": "series", **late},
                "tooltip": [
                    tip("title", "Campus"),
                    tip("gw", "IT planned (GW)", ",.3~r"),
                    tip("late", "Delay (months)"),
                ],
            },
        },
    ]  # fmt: skip
    if not projects.empty:
        shown = dict.fromkeys(projects["series"])
        palette = [(words, c) for words, c in SOURCE_CLASSES.values() if words in shown]
        layers.append(
            {
                "data": {"name": "projects"},
                "mark": {"type": "point", "shape": "triangle-up", "filled": True, "size": 60,
                         "stroke": "var(--page)", "strokeWidth": 0.6, "opacity": 1},
                "encoding": {
                    **place,
                    "color": {"field": "series", **colours(palette, "Power at the site")},
                    "tooltip": [
                        tip("title", "Power project"),
                        tip("series", "Kind"),
                        tip("mw", "MW", ",.3~r"),
                        tip("first", "First planned in", "d"),
                    ],
                },
            }
        )  # fmt: skip
    layers.append(
        {
            "data": {"name": "sites"},
            "mark": {"type": "text", "dy": -20, "fontSize": 11, "fontWeight": 600,
                     "color": "var(--ink)", "stroke": None, "name": "map-labels"},
            "encoding": {**place, "text": {"field": "title", "type": "nominal"}},
        }
    )  # fmt: skip
    return {
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "projection": {"type": "albersUsa" if us_only else "equalEarth"},
        "layer": layers,
        "resolve": {"scale": {"color": "independent"}},
    }
