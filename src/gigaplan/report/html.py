"""The report as one HTML file that loads nothing from anywhere.

A content security policy allows the page's own two scripts by their hashes
and no others, so that a text of the programme can never run as a script, and
no request can leave the page.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gigaplan.report import charts, tables
from gigaplan.report.answer import answer_of, paragraph, tiles
from gigaplan.report.binding import binding_lines
from gigaplan.report.charts import Chart
from gigaplan.report.events import worst_events
from gigaplan.report.labels import KIND_WORDS, Names
from gigaplan.report.schedule import schedule_of
from gigaplan.report.view import RunView
from gigaplan.report.wording import price_sentences, unchosen_sentences

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"


def write_html(view: RunView, path: Path | str) -> None:
    """Write the report of a run as one HTML file.

    Parameters
    ----------
    view : RunView
        The run.
    path : Path
        The file to write.
    """
    Path(path).write_text(render(view), "utf-8")


def add_report(folder: Path) -> None:
    """Write the report of the run in `folder` beside its tables, as ``report.html``."""
    write_html(RunView.load(folder), folder / "report.html")


def render(view: RunView) -> str:
    """Return the report of a run as HTML."""
    names = Names(view.table("entities"), view.table("decisions"), view.inputs)
    found = _charts(view, names)
    answer, notes = answer_of(view), tables.notes_of(view)
    script = (_TEMPLATES / "report.js").read_text("utf-8")
    library = chart_library()
    context = {
        "title": view.title,
        "summary": view.summary,
        "sentences": paragraph(answer),
        "tiles": tiles(answer),
        "charts": {chart.name: chart for chart in found},
        "targets": tables.target_table(view),
        "sites": tables.site_table(view, names),
        "schedule": schedule_of(view, names),
        "kinds": KIND_WORDS,
        "metrics": tables.metric_table(view),
        "statements": tables.statement_tables(view),
        "ventures": tables.venture_tables(view),
        "binding": binding_lines(view.table("worth")),
        "prices": price_sentences(view.table("shadow_prices"), names),
        "unchosen": unchosen_sentences(view.table("unchosen")),
        "events": worst_events(view, names),
        "figures": tables.figure_rows(view),
        "marks": tables.mark_counts(view),
        "facts": tables.run_facts(view),
        "notes": [note for note in notes if not tables.is_of_series(note)],
        "series": [note for note in notes if tables.is_of_series(note)],
        "style": (_TEMPLATES / "report.css").read_text("utf-8"),
        "script": script,
        "library": library,
        "data": _embedded({chart.name: chart.payload() for chart in found}),
        "policy": _policy(library, script),
    }
    return _environment().get_template("report.html.j2").render(context)


def _charts(view: RunView, names: Names) -> list[Chart]:
    found = [
        charts.online_chart(view, names),
        charts.bottleneck_chart(view, names),
        *charts.why_charts(view, names),
        charts.map_chart(view, names),
        charts.mix_chart(view, names),
        charts.dispatch_chart(view, names),
        *charts.reliability_charts(view, names),
        *charts.month_charts(view, names),
        charts.capex_chart(view),
        charts.stated_chart(view),
        charts.account_chart(view),
        charts.rating_chart(view),
        charts.cash_chart(view),
        charts.gap_chart(view),
        charts.fleet_chart(view),
        charts.earn_chart(view),
        charts.cost_chart(view),
        charts.driver_chart(view),
        *charts.option_charts(view, names),
    ]
    return [chart for chart in found if chart is not None]


@lru_cache(maxsize=1)
def chart_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _embedded(value: Any) -> str:
    """Return JSON that can stand in a script element whatever texts it holds."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, escape)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(*scripts: str) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
