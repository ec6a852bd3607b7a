"""Why it comes out so, for a terminal: relief, a month earlier, options and bridge power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gigaplan.report import amounts
from gigaplan.report.labels import BOTTLENECK_WORDS, KIND_WORDS, readable

if TYPE_CHECKING:
    import pandas as pd

Lines = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
_MOST = 6


def relief(table: pd.DataFrame, year: int | None) -> Lines:
    """Return title, head and rows of what relieving each thing would bring by a year's end."""
    rows: list[tuple[str, ...]] = []
    if not table.empty:
        of_year = table[table["year"] == (year or int(table["year"].max()))]
        for r in of_year.sort_values("gain_it_mw", ascending=False).to_dict("records"):
            name = str(r["relieved"])
            words = BOTTLENECK_WORDS.get(name, (readable(name), ""))[0]
            gain = f"{amounts.power(r['gain_it_mw'])} ± {amounts.power(r['standard_error'])}"
            rows.append(("All of these" if name == "all" else words, gain))
    title = f"More IT online at the end of {year} if it were never late"
    return title, ("What", "Gain, mean"), rows


def earlier(table: pd.DataFrame) -> Lines:
    """Return title, head and rows of what a month earlier is worth."""
    rows: list[tuple[str, ...]] = [
        (
            f"{KIND_WORDS.get(str(r['kind']), str(r['kind']))}: {readable(r['owner'])}",
            amounts.usd_short(r["usd"]),
            f"± {amounts.usd_short(r['usd_standard_error'])}",
        )
        for r in table.head(_MOST).to_dict("records")
    ]
    return "What a month earlier is worth, USD", ("What", "Worth", ""), rows


def options(worth: pd.DataFrame, bridges: pd.DataFrame) -> Lines:
    """Return title, head and rows of what options and bridge power are worth."""
    rows: list[tuple[str, ...]] = []
    if not worth.empty:
        best = worth[worth["policy"] == "least squares"]
        rows += [_worth(r, "exercised_fraction") for r in best.to_dict("records")]
    if not bridges.empty:
        stated = bridges[bridges["stated"]]
        rows += [_worth(r, "ordered_fraction") for r in stated.to_dict("records")]
    head = ("What", "Worth", "", "Used in")
    return "What options and bridge power are worth, USD", head, rows


def _worth(row: dict[Any, Any], used: str) -> tuple[str, ...]:
    return (
        readable(row["project"]),
        amounts.usd_short(row["usd"]),
        f"± {amounts.usd_short(row['standard_error'])}",
        amounts.percent(row[used]),
    )
