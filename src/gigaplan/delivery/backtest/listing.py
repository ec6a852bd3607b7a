"""Back-tests as text of 80 columns, and as plain values."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from gigaplan.core.statistics import Estimate
from gigaplan.delivery.backtest.model import BackTest, Scores, scores_as_json

_WIDTH = 80
_NAME = 31
_BLOCKS = " ▁▂▃▄▅▆▇█"
_FULL_BAR = 0.3
"""Share of a PIT tenth that fills its bar; an even one fills a third of it."""

_HEAD = f"{'':<{_NAME}}{'n':>4}{'open':>5} {'P10-P90':>10}  {'CRPS':>7}{'naive':>7}  {'gain':>10}"


def as_text(tests: Sequence[BackTest]) -> str:
    """Return the tables."""
    return "\n\n".join(_one(test) for test in tests)


def as_json(tests: Sequence[BackTest]) -> dict[str, Any]:
    """Return plain values."""
    return {
        "schema_version": 1,
        "backtests": [
            {
                "name": t.name,
                "question": t.question,
                "unit": t.unit,
                "announced": t.announced,
                "rows": {name: scores_as_json(s) for name, s in t.rows.items()},
                "facts": [list(row) for row in t.facts],
                "notes": list(t.notes),
            }
            for t in tests
        ],
    }


def _one(test: BackTest) -> str:
    lines = [test.name, "=" * len(test.name), *_wrapped(test.question)]
    lines += _wrapped(f"CRPS in {test.unit}; naive forecast: {test.announced}.")
    lines += ["", _HEAD]
    for name, scores in test.rows.items():
        lines += _row(name, scores)
    if test.facts:
        lines += ["", *(_facts_row(row) for row in test.facts)]
    lines.append("")
    for note in test.notes:
        lines += _wrapped(note, first="- ", then="  ")
    return "\n".join(lines)


def _row(name: str, s: Scores) -> list[str]:
    figures = (
        f"{s.cases:>4}{s.unfinished:>5} {_percent(s.coverage):>10}  "
        f"{s.crps:>7.3g}{s.crps_announced:>7.3g}  {_percent(s.skill):>10}"
    )
    return [
        f"{textwrap.shorten(name, _NAME - 1, placeholder='…'):<{_NAME}}{figures}".rstrip(),
        f"  PIT |{_bar(s.pit)}| {s.verdict}",
    ]


def _percent(value: Estimate) -> str:
    if not math.isfinite(value.standard_error):
        return f"{value.mean:.0%} ± ?"
    return f"{value.mean:.0%} ± {100 * value.standard_error:.0f}"


def _bar(shares: tuple[float, ...]) -> str:
    top = len(_BLOCKS) - 1
    steps = [math.ceil(round(top * s / _FULL_BAR, 6)) if s > 0 else 0 for s in shares]
    return "".join(_BLOCKS[min(step, top)] for step in steps)


def _facts_row(row: tuple[str, ...]) -> str:
    width = (_WIDTH - _NAME) // max(len(row) - 1, 1)
    return (f"{row[0]:<{_NAME}}" + "".join(f"{cell:>{width}}" for cell in row[1:])).rstrip()


def _wrapped(text: str, first: str = "", then: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=then)
