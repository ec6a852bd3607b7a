"""The story of each site's worst event, told from the hours about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gigaplan.report import amounts
from gigaplan.report.labels import MONTHS, SOURCE_CLASSES, Names
from gigaplan.report.view import RunView

if TYPE_CHECKING:
    import pandas as pd

MOST_TOLD = 6
LEAST_PART = 0.02
"""A source whose part in the load changed by less than this is not told of."""


@dataclass(frozen=True, slots=True)
class Event:
    """One site's worst event in words."""

    site: str
    when: str
    size: str
    story: str
    mwh: float


def worst_events(view: RunView, names: Names) -> list[Event]:
    """Return the worst event of each site, the largest first; the report shows a few."""
    table = view.table("dispatch")
    if table.empty:
        return []
    worst = table[table["window"] == "worst_event"]
    found = [
        _event(names.site(site), int(str(year)), part, names)
        for (site, year), part in worst.groupby(["site", "year"], sort=False)
    ]
    return sorted((e for e in found if e is not None), key=_by_size)[:MOST_TOLD]


def _by_size(event: Event) -> float:
    return -event.mwh


def _event(site: str, year: int, part: pd.DataFrame, names: Names) -> Event | None:
    hours = part.pivot_table(index="hour", columns="source", values="mw", aggfunc="sum").fillna(0)
    short = hours["unserved"] > 0
    # the longest loss in the window is what the window was cut about
    run = (short != short.shift()).cumsum()[short]
    if run.empty:
        return None
    lost = hours["unserved"].groupby(run).sum()
    event = hours.loc[run[run == lost.idxmax()].index]
    start = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(hours=int(event.index[0]))
    load = float(event["load"].max())
    return Event(
        site,
        f"{start.day} {MONTHS[start.month - 1]} {year}, {start:%H}:00",
        f"{len(event)} h, {amounts.energy(event['unserved'].sum())}; at most "
        f"{amounts.power(event['unserved'].max())} of {amounts.power(load)}",
        _story(event, hours[~short], names),
        float(event["unserved"].sum()),
    )


def _story(event: pd.DataFrame, about: pd.DataFrame, names: Names) -> str:
    """Return which kinds of source gave less than in the hours about the event, and what rose."""
    if about.empty:
        return "The whole window is short."
    load = float(event["load"].mean())
    fell: list[tuple[float, str]] = []
    rose: list[tuple[float, str]] = []
    for key, sources in _by_class(event, names).items():
        now = float(event[sources].sum(axis=1).mean())
        usual = float(about[sources].sum(axis=1).mean())
        told = f"{SOURCE_CLASSES[key][0].lower()}, {amounts.power(usual)} to {amounts.power(now)}"
        if abs(now - usual) > LEAST_PART * load:
            (fell if now < usual else rose).append((-abs(now - usual), told))
    change = load - float(about["load"].mean())
    if change > LEAST_PART * load:
        rose.append((-change, f"the load, by {amounts.power(change)}"))
    out = [
        f"{verb}: " + "; ".join(words for _, words in sorted(found))
        for verb, found in (("Fell", fell), ("Rose", rose))
        if found
    ]
    if not out:
        return "Nothing gave less than in the hours about it: the site lives at its limit."
    return ". ".join(out) + "."


def _by_class(event: pd.DataFrame, names: Names) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for source in event.columns:
        if source not in ("load", "unserved"):
            out.setdefault(names.source_class(source), []).append(source)
    return out
