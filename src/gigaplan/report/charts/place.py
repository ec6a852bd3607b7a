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
from gigaplan.report.labels import SOURCE_CLASSES, Names, brief
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
_RING_DEGREES = 0.55  # from the edge of a campus's circle to its power projects
_PIXELS_PER_DEGREE = 15.0  # of latitude, on the widest map
_MOST_CIRCLE = 1500.0  # square pixels


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
    at = {
        str(row["site"]): (float(row["latitude"]), float(row["longitude"]))
        for row in places.to_dict("records")
    }
    rows = []
    for site, part in online.groupby("site", sort=False):
        delay = delay_months(part)
        if site == "programme" or delay is None:
            continue
        latitude, longitude = at.get(str(site), (None, None))
        rows.append(
            {
                "site": str(site),
                "title": names.site(site),
                "label": brief(names.site(site)),
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
    radius = {row["site"]: row["radius"] for row in _sized(site_rows(view, names))}
    units = entities[entities["kind"] == "unit"].dropna(subset=["latitude", "longitude"])
    rows: list[dict[str, Any]] = []
    for site, at_site in units.groupby("site", sort=False):
        owners = list(at_site.groupby("owner", sort=False))
        ring = _RING_DEGREES + radius.get(site, 0.0) / _PIXELS_PER_DEGREE
        for i, (owner, part) in enumerate(owners):
            angle = -math.pi * (0.15 + 0.7 * (i + 0.5) / len(owners))  # below: names stand above
            latitude, longitude = float(part["latitude"].iloc[0]), float(part["longitude"].iloc[0])
            wide = ring / math.cos(math.radians(latitude))
            months = [month_index(m) for m in part["planned_month"] if isinstance(m, str)]
            rows.append(
                {
                    "title": names.project(owner),
                    "series": SOURCE_CLASSES[names.source_class(owner)][0],
                    "latitude": latitude + ring * math.sin(angle),
                    "longitude": longitude + wide * math.cos(angle),
                    "mw": float(part["mw"].sum()),
                    "first": min(months) // 12 if months else None,
                }
            )
    return rows


def _sized(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with the radius of their circles, pixels on the widest map."""
    most = max((row["it_mw"] for row in rows), default=1.0)
    for row in rows:
        row["radius"] = math.sqrt(_MOST_CIRCLE * row["it_mw"] / most / math.pi)
    return rows


def label_places(rows: list[dict[str, Any]]) -> None:
    """Set ``dx``, ``dy`` and ``align`` of each row's ``label`` so that names lie apart.

    The largest first, each takes the first of above, right, left and below
    that covers no name or circle, or else the one that covers least.
    """
    boxes = []
    for row in rows:
        x, y, r = *_pixel(row), row["radius"]
        boxes.append((x - r, y - r, x + r, y + r))
    for row in sorted(rows, key=lambda r: -r["it_mw"]):
        x, y, r = *_pixel(row), row["radius"]
        wide = 6.6 * len(row["label"])
        places = (
            ("center", 0.0, -r - 6.0, (x - wide / 2, y - r - 14, x + wide / 2, y - r - 2)),
            ("left", r + 4.0, 4.0, (x + r + 4, y - 6, x + r + 4 + wide, y + 6)),
            ("right", -r - 4.0, 4.0, (x - r - 4 - wide, y - 6, x - r - 4, y + 6)),
            ("center", 0.0, r + 26.0, (x - wide / 2, y + r + 14, x + wide / 2, y + r + 26)),
        )
        best = min(places, key=lambda place: sum(_overlap(place[3], box) for box in boxes))
        row["align"], row["dx"], row["dy"] = best[:3]
        boxes.append(best[3])


_Box = tuple[float, float, float, float]


def _pixel(row: dict[str, Any]) -> tuple[float, float]:
    """Return roughly where a place stands on the widest map; good to tell names apart."""
    wide = _PIXELS_PER_DEGREE * math.cos(math.radians(38.0))
    return wide * row["longitude"], -_PIXELS_PER_DEGREE * row["latitude"]


def _overlap(a: _Box, b: _Box) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0


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
    sites.sort(key=lambda row: -row["it_mw"])  # small circles lie on large ones
    label_places(_sized(sites))
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
        "map",
        "Where it is built, and how late it runs",
        reading.strip(),
        spec,
        rows,
        heights=(470, 215),
    )


def _spec(projects: pd.DataFrame, *, us_only: bool) -> Spec:
    place = {
        "longitude": {"field": "longitude", "type": "quantitative"},
        "latitude": {"field": "latitude", "type": "quantitative"},
    }
    late = colours(
        [(words, colour) for words, colour, _ in _LATE], "Delay in the middle case", columns=5
    )
    size = {
        "field": "gw",
        "type": "quantitative",
        "scale": {"range": [0, _MOST_CIRCLE], "zero": True},
        "legend": None,
    }
    layers: list[Spec] = [
        {
            "data": {"name": "states"},
            "transform": [
                {"calculate": "datum.feature.geometry", "as": "geometry"},
                {"calculate": "'Feature'", "as": "type"},
            ],
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
    ]
    if not projects.empty:
        shown = dict.fromkeys(projects["series"])
        palette = [(words, c) for words, c in SOURCE_CLASSES.values() if words in shown]
        layers.append(
            {
                "data": {"name": "projects"},
                "mark": {
                    "type": "point",
                    "shape": "triangle-up",
                    "filled": True,
                    "size": 70,
                    "stroke": "var(--page)",
                    "strokeWidth": 0.6,
                    "opacity": 1,
                },
                "encoding": {
                    **place,
                    "color": {
                        "field": "series",
                        **colours(palette, "Power at the site", orient="bottom", offset=0),
                    },
                    "tooltip": [
                        tip("title", "Power project"),
                        tip("series", "Kind"),
                        tip("mw", "MW", ",.3~r"),
                        tip("first", "First planned in", "d"),
                    ],
                },
            }
        )
    halo = {"color": "var(--land)", "stroke": "var(--land)", "strokeWidth": 3.5}
    layers += [
        {
            "data": {"name": "sites"},
            "mark": {
                "type": "text",
                "name": "map-labels",
                "dx": {"expr": "datum.dx"},
                "dy": {"expr": "datum.dy"},
                "align": {"expr": "datum.align"},
                "fontSize": 11.5,
                "fontWeight": 600,
                **look,
            },
            "encoding": {**place, "text": {"field": "label", "type": "nominal"}},
        }
        for look in (halo, {"color": "var(--ink)"})
    ]
    return {
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "projection": {"type": "albersUsa" if us_only else "equalEarth"},
        "layer": layers,
        "resolve": {"scale": {"color": "independent"}},
    }
