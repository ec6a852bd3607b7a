"""What is built where: one line per owner and planned date, as bars of the page itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gigaplan.core.timeline import month_index, month_text
from gigaplan.report import amounts
from gigaplan.report.labels import KIND_WORDS, Names, in_order
from gigaplan.report.view import RunView

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the schedule; places are in per cent of the line's width.

    ``end`` is None where P90 lies beyond the last month, ``middle`` where P50 does.
    """

    kind: str
    title: str
    detail: str
    planned: float | None
    start: float | None
    middle: float | None
    end: float | None
    spoken: str


@dataclass(frozen=True, slots=True)
class Place:
    """A site or zone with its lines."""

    name: str
    title: str
    detail: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The whole schedule: places, and the years that are marked on the line."""

    places: tuple[Place, ...]
    ticks: tuple[tuple[int, float], ...]
    last: str


def schedule_of(view: RunView, names: Names) -> Schedule | None:
    """Return the schedule, or None if the run delivers nothing."""
    table = view.table("entities")
    months = (view.summary.get("delivery") or {}).get("months") or []
    table = table.dropna(subset=["planned_month"]) if not table.empty else table
    if table.empty or not months:
        return None
    first = min(month_index(months[0]), *map(month_index, table["planned_month"]))
    known = [m for c in ("planned_month", "p50_month", "p90_month") for m in table[c].dropna()]
    last = min(month_index(months[-1]), max(map(month_index, known)))
    last = max(last, max(map(month_index, table["planned_month"])))
    scale = _Scale(12 * (first // 12), 12 * (last // 12 + 1))
    places = []
    halls = table[table["kind"] == "phase"].groupby("site")["mw"].sum()
    campuses = halls.sort_values(ascending=False).index.tolist()
    for site in in_order(table["site"].tolist(), dict.fromkeys(campuses)):
        of_site = table[table["site"] == site]
        places.append(
            Place(str(site), names.site(site), _size(of_site), _bars(of_site, scale, names))
        )
    return Schedule(tuple(places), scale.ticks(), months[-1])


def _size(table: pd.DataFrame) -> str:
    """Return how much is built at a place: IT of its halls, and MW of its power."""
    sizes = table.groupby("kind")["mw"].sum()
    parts = []
    if "phase" in sizes:
        parts.append(f"{amounts.power(sizes['phase'])} of IT")
    if "unit" in sizes:
        parts.append(f"{amounts.power(sizes['unit'])} of power projects")
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    start: int
    end: int

    def at(self, month: str | None) -> float | None:
        """Return where a month stands on the line, per cent, or None if there is none."""
        if not isinstance(month, str):
            return None
        share = (month_index(month) - self.start) / (self.end - self.start)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def ticks(self) -> tuple[tuple[int, float], ...]:
        """Return up to about eight years and where they stand."""
        first, last = self.start // 12, self.end // 12
        step = max(1, -(-(last - first) // 8))
        years = [y for y in range(first, last) if (y - first) % step == 0]
        return tuple((y, round(100 * (y - first) / (last - first), 2)) for y in years)


def _bars(table: pd.DataFrame, scale: _Scale, names: Names) -> tuple[Bar, ...]:
    batches = table.groupby(["kind", "owner", "planned_month"], sort=False)
    rows = [_batch(str(k), str(o), str(m), part, names) for (k, o, m), part in batches]
    order = {kind: i for i, kind in enumerate(KIND_WORDS)}

    def rank(row: dict[str, Any]) -> tuple[int, str, str, str]:
        return order.get(row["kind"], 9), _first(rows, row), row["title"], row["planned"]

    return tuple(_bar(row, scale) for row in sorted(rows, key=rank))


def _first(rows: list[dict[str, Any]], row: dict[str, Any]) -> str:
    """Return the first date planned for a line's project, which keeps its lines together."""
    same = (r["planned"] for r in rows if (r["kind"], r["title"]) == (row["kind"], row["title"]))
    return str(min(same)) if row["kind"] == "unit" else str(row["planned"])


def _batch(kind: str, owner: str, planned: str, part: pd.DataFrame, names: Names) -> dict[str, Any]:
    """Return one line for what one owner plans for one month."""
    count, mw = len(part), float(part["mw"].sum())
    if kind == "unit":
        title = names.project(owner)
    elif kind == "connection":
        title = "Grid connection"
    else:
        word = "Halls" if kind == "phase" else "Chips"
        title = f"{word} {', '.join(str(n) for n in part['name'].unique()[:3])}"
    it = " of IT" if kind in ("phase", "accelerator") else ""
    detail = amounts.power(mw) + it
    if kind == "unit" and count > 1:
        detail = f"{count} units, {detail}"
    low, middle, high = (
        _ordered(part[c].tolist()) for c in ("p10_month", "p50_month", "p90_month")
    )
    return {
        "kind": kind,
        "title": title,
        "detail": detail,
        "planned": planned,
        "p10": low[0],
        "p50": middle[(len(middle) - 1) // 2],
        "p90": high[-1],
    }


def _ordered(months: list[Any]) -> list[str | None]:
    """Return months in order; those beyond the horizon, which have none, come last."""
    known = sorted(m for m in months if isinstance(m, str))
    return [*known, *[None] * (len(months) - len(known))]


def _bar(row: dict[str, Any], scale: _Scale) -> Bar:
    parts = [f"planned {amounts.month(row['planned'])}"]
    for key, word in (("p10", "P10"), ("p50", "P50"), ("p90", "P90")):
        beyond = "after " + amounts.month(month_text(scale.end - 1))
        parts.append(f"{word} {amounts.month(row[key]) if row[key] else beyond}")
    return Bar(
        kind=row["kind"],
        title=row["title"],
        detail=row["detail"],
        planned=scale.at(row["planned"]),
        start=scale.at(row["p10"]),
        middle=scale.at(row["p50"]),
        end=scale.at(row["p90"]),
        spoken=f"{row['title']}, {row['detail']}: " + ", ".join(parts),
    )
