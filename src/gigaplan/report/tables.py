"""The tables of the report, as rows of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gigaplan.report import amounts
from gigaplan.report.amounts import NONE, finite
from gigaplan.report.charts import site_rows
from gigaplan.report.labels import BOTTLENECK_WORDS, Names, in_order, readable
from gigaplan.report.view import RunView
from gigaplan.report.wording import metric_words

STATEMENT_WORDS = {
    "income": "Income statement",
    "cash_flow": "Cash flow statement",
    "balance_sheet": "Balance sheet",
    "ratios": "Ratios",
}
_TOTALS = (
    "net income",
    "programme ebitda",
    "programme income before tax",
    "cash from operations",
    "free cash flow",
    "change of cash",
    "total assets",
    "total liabilities",
    "equity",
)
_WEATHER_WORDS = {
    "generated": "generated from monthly normals",
    "real": "real files",
    "mixed": "partly real files, partly generated",
}
_UNIT_WORDS = {"nominal USD": "Dollars of each year (nominal)"}
_STAGE_WORDS = {
    "weather": "hourly weather and prices",
    "plan": "planning",
    "deliver": "delivery",
    "operate": "operation",
    "finance": "finance",
    "write": "writing",
    "report": "report",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of words: `head`, `rows`, and which columns hold numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]
    strong: frozenset[int] = frozenset()
    title: str = ""


def target_table(view: RunView) -> Table | None:
    """Return each year's target, what is planned, what is likely and the chance."""
    table = view.table("targets")
    if table.empty:
        return None
    draws = view.summary.get("draws")
    rows = [
        (
            str(int(r["year"])),
            amounts.power(r["target_it_mw"]),
            amounts.power(r["planned_it_mw"]),
            amounts.power(r["p10"]),
            amounts.power(r["p50"]),
            amounts.power(r["p90"]),
            amounts.probability(r, draws),
        )
        for r in table.to_dict("records")
    ]
    head = ("End of", "Target", "Planned", "P10", "P50", "P90", "Chance of the target")
    return Table(head, tuple(rows), frozenset(range(1, 7)))


def site_table(view: RunView, names: Names) -> Table | None:
    """Return the campuses: what is planned, how late it runs, and what is in the way."""
    shares = view.table("bottlenecks")
    rows = []
    for row in sorted(site_rows(view, names), key=lambda r: -r["it_mw"]):
        cause = NONE
        if not shares.empty:
            own = shares[(shares["site"] == row["site"]) & (shares["bottleneck"] != "none")]
            mean = own.groupby("bottleneck")["share_fraction"].mean()
            if not mean.empty and mean.max() > 0.005:
                worst = str(mean.idxmax())
                cause = BOTTLENECK_WORDS.get(worst, (readable(worst), ""))[0]
        late = f"{row['delay_months']:.0f}"
        rows.append(
            (
                row["label"],
                amounts.power(row["it_mw"]),
                f"at least {late}" if row["at_least"] else late,
                cause,
            )
        )
    if not rows:
        return None
    head = ("Campus", "IT planned", "Delay, months", "Most often in the way")
    return Table(head, tuple(rows), frozenset({1, 2}))


def metric_table(view: RunView) -> list[dict[str, str]]:
    """Return every metric in words, or why there is none."""
    table = view.table("metrics")
    out = []
    for row in table.to_dict("records"):
        title, meaning = metric_words(str(row["metric"]))
        unit = str(row.get("unit") or "")
        reason = row.get("reason")
        shown = {p: amounts.in_unit(row.get(p), unit) for p in ("p10", "p50", "p90")}
        words = unit.removeprefix("USD").strip()
        out.append(
            {
                "title": title,
                "meaning": meaning,
                "unit": _UNIT_WORDS.get(unit, words[:1].upper() + words[1:]),
                "reason": reason[:1].upper() + reason[1:] if isinstance(reason, str) else "",
                **shown,
            }
        )
    return out


def statement_tables(view: RunView) -> list[Table]:
    """Return the statements by year: means in billion USD (ratios: the middle case)."""
    table = view.table("statements")
    if table.empty:
        return []
    out = []
    for name in in_order(table["statement"].tolist(), STATEMENT_WORDS):
        column, scale = ("p50", 1.0) if name == "ratios" else ("mean", 1e-9)
        what = "middle case" if name == "ratios" else "billion USD of each year, means"
        title = f"{STATEMENT_WORDS.get(name, readable(name))} ({what})"
        out.append(_lines_by_year(table, name, column, scale, title))
    return out


def venture_tables(view: RunView) -> list[Table]:
    """Return the books of each venture by year, in the world of the middle net present value."""
    table = view.table("one_world_statements")
    if table.empty:
        return []
    out = []
    for name in dict.fromkeys(str(n) for n in table["statement"] if ": " in str(n)):
        venture, _, statement = name.partition(": ")
        words = STATEMENT_WORDS.get(statement, readable(statement)).lower()
        title = f"{readable(venture)}: its {words} (billion USD of each year)"
        out.append(_lines_by_year(table, name, "value", 1e-9, title))
    return out


def _lines_by_year(table: Any, statement: str, column: str, scale: float, title: str) -> Table:
    """Return the lines of a statement, a year a column; totals are strong."""
    years = sorted(int(year) for year in table["year"].unique())
    rows, strong = [], set()
    part = table[table["statement"] == statement]
    for i, (line, values) in enumerate(part.groupby("line", sort=False)):
        by_year = dict(zip(values["year"].astype(int), values[column], strict=True))
        rows.append((readable(line), *(_cell(by_year.get(year), scale) for year in years)))
        if str(line).lower() in _TOTALS:
            strong.add(i)
    head = ("", *(str(year) for year in years))
    return Table(head, tuple(rows), frozenset(range(1, len(head))), frozenset(strong), title)


def _cell(value: Any, scale: float) -> str:
    number = finite(value)
    if number is None:
        return NONE
    # one decimal throughout, so that columns line up and lines can be added by eye
    text = f"{number * scale:,.1f}"
    return "0" if text in ("0.0", "-0.0") else text.replace("-", "\u2212")


def figure_rows(view: RunView) -> list[dict[str, str]]:
    """Return every figure used, with its source; addresses other than http(s) are left out."""
    out = []
    for row in view.figures:
        low, high = amounts.figure(row.get("low"), 4), amounts.figure(row.get("high"), 4)
        url = str(row.get("source_url") or "")
        out.append(
            {
                "field": str(row.get("field") or ""),
                "value": amounts.figure(row.get("value"), 4),
                "unit": amounts.unit_words(str(row.get("unit") or "")),
                "range": "" if NONE in (low, high) else f"{low} to {high}",
                "mark": str(row.get("mark") or ""),
                "origin": str(row.get("origin") or ""),
                "source": str(row.get("source_title") or "") or "no source given",
                "url": url if url.startswith(("https://", "http://")) else "",
                "note": str(row.get("note") or ""),
            }
        )
    return out


def mark_counts(view: RunView) -> list[tuple[str, int]]:
    """Return how many figures are stated, derived and assumed."""
    marks = [str(row.get("mark") or "no mark") for row in view.figures]
    return [(mark, marks.count(mark)) for mark in in_order(marks, ["stated", "derived", "assumed"])]


def run_facts(view: RunView) -> list[tuple[str, str]]:
    """Return how the run was made."""
    summary = view.summary
    plan = summary.get("plan") or {}
    kind = str(summary.get("weather_kind") or "")
    created = str(summary.get("created") or "").replace("T", " ").replace("Z", " UTC")
    years = finite(summary.get("weather_years"))
    weather = _WEATHER_WORDS.get(kind, kind)
    if years is not None:
        weather += f", {years:.0f} years of hours"
    gap = finite(plan.get("gap"))
    facts = [
        ("Run", view.run_id),
        ("Programme", str(summary.get("programme") or "")),
        ("Made", created),
        ("gigaplan version", str(summary.get("gigaplan_version") or "")),
        ("Seed of the random numbers", str(summary.get("seed", NONE))),
        ("Simulated worlds (draws)", f"{int(summary.get('draws') or 0):,}"),
        ("Weather and prices", weather or NONE),
        ("Cost of the plan (discounted)", amounts.usd(plan.get("objective_usd"))),
        ("No plan can cost less than", amounts.usd(plan.get("bound_usd"))),
        (
            "So the plan is within",
            NONE if gap is None else f"{amounts.figure(100 * gap, 2)}% of the best",
        ),
    ]
    seconds = summary.get("seconds") or {}
    if seconds:
        words = [f"{_STAGE_WORDS.get(k, k)} {amounts.figure(v, 2)}" for k, v in seconds.items()]
        facts.append(("Seconds by stage", ", ".join(words)))
    return [(name, value) for name, value in facts if value]


def notes_of(view: RunView) -> list[str]:
    """Return every stage's notes, each once."""
    notes: list[str] = []
    for stage in ("plan", "delivery", "operations", "finance"):
        notes += [str(n) for n in (view.summary.get(stage) or {}).get("notes") or []]
    notes += [str(n) for n in view.summary.get("notes") or []]
    return list(dict.fromkeys(notes))


def is_of_series(note: str) -> bool:
    """Return whether a note says where an hourly series is from."""
    return note.startswith(("weather of ", "price of ", "carbon of "))
