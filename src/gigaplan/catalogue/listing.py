"""Figures as lines of text or JSON, for the command line and the report."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from gigaplan.catalogue.entry import title_of
from gigaplan.catalogue.figures import Figure, figures
from gigaplan.catalogue.search import search


def rows(*, text: str | None = None, kind: str | None = None) -> tuple[Figure, ...]:
    """Return the figures to show: one by its id, those of an entry, or those that match words.

    Parameters
    ----------
    text : str, optional
        An id, the start of one (``technology.natrium``), an entry's name, or words.
    kind : str, optional
        Only this kind.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    known = figures(kind=kind)
    if not text or not text.strip():
        return known
    wanted = text.strip()
    exact = tuple(f for f in known if f.id == wanted)
    entry = tuple(f for f in known if f.id.startswith(f"{wanted}.") or f.entry == wanted)
    return exact or entry or search(wanted, kind=kind)


def as_json(shown: Iterable[Figure]) -> list[dict[str, str | float | int | None]]:
    """Return one plain mapping per figure, in the order of the columns."""
    return [
        {
            "id": f.id,
            "name": f.name,
            "value": f.value,
            "low": f.low,
            "high": f.high,
            "unit": f.unit,
            "base_year": f.base_year,
            "as_of": f.as_of,
            "geography": f.geography,
            "mark": f.mark,
            "source_title": f.source_title,
            "source_url": f.source_url,
            "note": f.note,
        }
        for f in shown
    ]


def as_text(shown: Sequence[Figure]) -> str:
    """Return a table of figures by entry.

    One figure alone is shown with its source and note; the whole catalogue as
    its entries, with the number of figures in each.
    """
    if not shown:
        return "No figure of the catalogue matches. Try fewer words, or leave them out for all."
    if len(shown) == 1:
        return _in_full(shown[0])
    if len(shown) == len(figures()):
        return _overview(shown)
    lines: list[str] = []
    heading = ""
    width = max(len(f.field) for f in shown)
    for f in shown:
        title = f"{f.kind}.{f.entry}  {title_of(f.kind, f.entry)}"
        if title != heading:
            heading = title
            lines += ["", title] if lines else [title]
        year = f" ({f.base_year} USD)" if f.base_year is not None else ""
        lines.append(f"  {f.field:<{width}}  {_span(f)} {f.unit}{year}  {f.mark}")
    count = f"{len(shown)} figures. Show one with its source: gigaplan catalogue {shown[0].id}"
    return "\n".join([*lines, "", count])


def _overview(shown: Sequence[Figure]) -> str:
    counts = Counter((f.kind, f.entry) for f in shown)
    width = max(len(f"{kind}.{entry}") for kind, entry in counts)
    lines: list[str] = []
    last = ""
    for (kind, entry), count in counts.items():
        if kind != last:
            lines += ["", kind] if lines else [kind]
            last = kind
        lines.append(f"  {f'{kind}.{entry}':<{width}}  {count:>3}  {title_of(kind, entry)}")
    marks = Counter(f.mark for f in shown)
    total = ", ".join(f"{marks[mark]} {mark}" for mark in ("stated", "derived", "assumed"))
    advice = (
        "List an entry: gigaplan catalogue natrium. Search: gigaplan catalogue transformer lead"
    )
    return "\n".join([*lines, "", f"{len(shown)} figures: {total}.", advice])


def _in_full(f: Figure) -> str:
    year = f", USD of {f.base_year}" if f.base_year is not None else ""
    parts = [
        f.id,
        f.name,
        "",
        f"value   {_span(f)} {f.unit}{year}",
        f"mark    {f.mark}",
        f"as of   {f.as_of}" + (f", {f.geography}" if f.geography else ""),
        f"source  {f.source_title}",
    ]
    if f.source_url:
        parts.append(f"        {f.source_url}")
    if f.note:
        parts += textwrap.wrap(f.note, 88, initial_indent="note    ", subsequent_indent=" " * 8)
    return "\n".join(parts)


def _span(f: Figure) -> str:
    value = _short(f.value)
    if f.low is None and f.high is None:
        return value
    low = "" if f.low is None else _short(f.low)
    high = "" if f.high is None else _short(f.high)
    return f"{value} ({low} to {high})"


def _short(number: float) -> str:
    if number == round(number) and abs(number) < 1e15:
        return f"{number:,.0f}" if abs(number) >= 10000 else f"{number:.0f}"
    return f"{number:.4g}" if abs(number) < 10000 else f"{number:,.0f}"
