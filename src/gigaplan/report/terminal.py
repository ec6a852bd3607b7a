"""Short tables for a terminal of 80 columns, in plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gigaplan.programme.trajectories import headline_year
from gigaplan.report import amounts
from gigaplan.report import terminal_why as why
from gigaplan.report.answer import answer_of, paragraph
from gigaplan.report.labels import BOTTLENECK_WORDS, readable
from gigaplan.report.view import RunView
from gigaplan.report.wording import metric_words

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 80
_GAP = 2
_MOST_DECISIONS = 40


def tables_for_terminal(view: RunView) -> str:
    """Return a run's answer and short tables, at most 80 columns wide."""
    parts = [view.title, "=" * min(len(view.title), WIDTH), ""]
    parts += [textwrap.fill(" ".join(paragraph(answer_of(view))), WIDTH), ""]
    for part in (
        _targets(view.table("targets"), view.summary.get("draws")),
        _operations(view.table("operations")),
        _capex(view.table("capex")),
        _metrics(view.table("metrics")),
    ):
        parts += [part, ""] if part else []
    return "\n".join(_clipped(parts)).rstrip()


def stage_for_terminal(until: str, summary: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
    """Return what one engine found, at most 80 columns wide.

    Parameters
    ----------
    until : {'plan', 'deliver', 'operate', 'finance'}
        The engine.
    summary : mapping
        Its part of a run's summary.
    tables : mapping of str to rows or DataFrame
        Its tables.
    """
    import pandas as pd

    frames = {
        name: rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
        for name, rows in tables.items()
    }

    def table(name: str) -> pd.DataFrame:
        return frames.get(name, pd.DataFrame())

    draws = summary.get("draws")
    parts = {
        "plan": lambda: [_plan_line(summary), _decisions(table("decisions"))],
        "deliver": lambda: [
            _targets(table("targets"), draws),
            _bottlenecks(table("bottlenecks")),
            text_table(*why.relief(table("relief"), _year_told(summary))),
            text_table(*why.earlier(table("month_earlier"))),
            text_table(*why.options(table("option_worth"), table("bridges"))),
            _capex(table("capex")),
        ],
        "operate": lambda: [_operations(table("operations"))],
        "finance": lambda: [_metrics(table("metrics")), _cost_split(table("cost_split"))],
    }[until]()
    notes = [
        textwrap.fill(f"- {n}", WIDTH, subsequent_indent="  ") for n in summary.get("notes") or []
    ]
    if notes:
        parts.append("Notes\n" + "\n".join(notes))
    return "\n".join(_clipped("\n\n".join(part for part in parts if part).split("\n")))


def text_table(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1
) -> str:
    """Return a table of words; the first `left` columns stand left, the others right.

    The first column gives way where the lines would be wider than 80 columns.
    """
    if not rows:
        return ""
    widths = [max(len(str(row[j])) for row in (head, *rows)) for j in range(len(head))]
    spare = WIDTH - sum(widths[1:]) - _GAP * (len(widths) - 1)
    widths[0] = max(8, min(widths[0], spare))

    def line(row: Sequence[str]) -> str:
        cells = [
            _fitted(str(cell), wide).ljust(wide) if j < left else str(cell).rjust(wide)
            for j, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        return (" " * _GAP).join(cells).rstrip()

    rule = "-" * min(WIDTH, sum(widths) + _GAP * (len(widths) - 1))
    return "\n".join([title, line(head), rule, *(line(row) for row in rows)])


def _fitted(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 1)] + "…"


def _clipped(lines: Sequence[str]) -> list[str]:
    return [_fitted(line, WIDTH) for part in lines for line in part.split("\n")]


def _year_told(summary: Mapping[str, Any]) -> int | None:
    """Return the year that the delivery is told for."""
    return headline_year(int(year) for year in summary.get("target_probability") or {})


def _targets(table: pd.DataFrame, draws: Any) -> str:
    rows = [
        (
            str(int(r["year"])),
            *(amounts.power(r[k]) for k in ("target_it_mw", "planned_it_mw", "p10", "p50", "p90")),
            amounts.probability(r, draws).split(" (")[0],
        )
        for r in table.to_dict("records")
    ]
    head = ("End of", "Target", "Planned", "P10", "P50", "P90", "Chance")
    return text_table("IT online", head, rows)


def _bottlenecks(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    rows = table[(table["site"] == "programme") & (table["bottleneck"] != "none")]
    rows = rows.assign(year=rows["month"].str[:4])
    shares = rows.pivot_table(
        index="year", columns="bottleneck", values="share_fraction", aggfunc="mean"
    )
    names = [str(name) for name in shares.columns if shares[name].max() > 0.005]
    lines = [
        (str(year), *(amounts.percent(shares.loc[year, name]) for name in names))
        for year in shares.index
    ]
    title = "What is in the way, share of sites and draws"
    head = [BOTTLENECK_WORDS.get(n, (readable(n), ""))[0].split(" ")[0] for n in names]
    return text_table(title, ("Year", *head), lines)


def _operations(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    rows = [
        (
            str(int(r["year"])),
            amounts.energy(r["load_mwh"]),
            " ± ".join(
                amounts.figure(r[k], d)
                for k, d in (("lolh_hours", 2), ("lolh_hours_standard_error", 1))
            ),
            amounts.energy(r["eue_mwh"], 2),
            amounts.percent(r["clean_share_hourly"]),
            amounts.percent(r["clean_share_annual"]),
            amounts.mass(r["co2_t"]),
        )
        for r in table[table["site"] == "programme"].to_dict("records")
    ]
    head = ("Year", "Load", "Hours short", "Not served", "Clean/h", "Clean/y", "CO2")
    return text_table("Operation", head, rows)


def _capex(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    total = table[table["group"] == "total"]
    if total.empty:
        return ""
    rows = [
        (
            str(int(r["year"])),
            *(amounts.usd_short(_whole(r[k])) for k in ("planned_usd", "p10", "p50", "p90")),
        )
        for r in total.to_dict("records")
        if any(_whole(r[k]) for k in ("planned_usd", "p90"))
    ]
    return text_table("Capital, base-year USD", ("Year", "Planned", "P10", "P50", "P90"), rows)


def _whole(value: Any) -> float | None:
    """Return whole dollars: sums of many parts leave dust behind."""
    number = amounts.finite(value)
    return None if number is None else float(round(number))


def _metrics(table: pd.DataFrame) -> str:
    rows = []
    for r in table.to_dict("records"):
        unit = str(r.get("unit") or "")
        shown = amounts.usd_short if "USD" in unit else partial(amounts.in_unit, unit=unit)
        values = [shown(r.get(p)) for p in ("p10", "p50", "p90")]
        rows.append((metric_words(str(r["metric"]))[0], *values))
    said = dict.fromkeys(str(r["reason"]) for r in table.to_dict("records") if r.get("reason"))
    notes = "".join(f"\n{textwrap.fill(reason, 78)}" for reason in said)
    return text_table("Money, USD", ("Figure", "P10", "P50", "P90"), rows) + notes


def _cost_split(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    ranked = table.sort_values("usd_per_gw_year", ascending=False)
    rows = [
        (readable(r["component"]), amounts.usd(r["usd_per_gw_year"]))
        for r in ranked.to_dict("records")
    ]
    return text_table("What a GW of IT must earn in a year, by part", ("Part", "Mean"), rows)


def _plan_line(summary: Mapping[str, Any]) -> str:
    gap = amounts.finite(summary.get("gap"))
    text = (
        f"The plan costs {amounts.usd(summary.get('objective_usd'))} (discounted); no plan can "
        f"cost less than {amounts.usd(summary.get('bound_usd'))}"
    )
    if gap is not None:
        text += f", so it is within {amounts.figure(100 * gap, 2)}% of the best"
    return textwrap.fill(text + ".", WIDTH)


def _decisions(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    rows = [
        (
            str(r["title"]),
            str(int(r["year"])),
            amounts.power(r["mw"]),
            amounts.usd(r["capex_usd"]) if r["capex_usd"] else "bought",
        )
        for r in table.to_dict("records")
    ]
    more = len(rows) - _MOST_DECISIONS
    text = text_table("Decisions", ("What", "Year", "Size", "Capital"), rows[:_MOST_DECISIONS])
    return text + (f"\n… and {more} more; all of them: --json" if more > 0 else "")
