"""What differs between two runs: inputs first, then outputs.

Where both runs have the same seed and number of draws, draw d is the same
world in both, and the mean difference is taken draw by draw: its standard
error is that of the paired differences, far smaller than that of two means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gigaplan.core.statistics import standard_error


@dataclass(frozen=True, slots=True)
class InputDifference:
    """A field that differs; None where a run does not have it."""

    field: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class OutputDifference:
    """An output of both runs; the standard error is None where draws are not paired."""

    output: str
    first_mean: float
    second_mean: float
    difference: float
    standard_error: float | None


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side."""

    first: str
    second: str
    paired: bool
    inputs: tuple[InputDifference, ...]
    outputs: tuple[OutputDifference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for machines."""
        return {
            "schema_version": 1,
            "first": self.first,
            "second": self.second,
            "paired": self.paired,
            "inputs": [
                {"field": d.field, "first": d.first, "second": d.second} for d in self.inputs
            ],
            "outputs": [
                {
                    "output": d.output,
                    "first_mean": d.first_mean,
                    "second_mean": d.second_mean,
                    "difference": d.difference,
                    "standard_error": d.standard_error,
                }
                for d in self.outputs
            ],
        }

    def as_text(self) -> str:
        """Return lines for a terminal of 80 columns."""
        lines = [f"Inputs that differ between {self.first} and {self.second}:"]
        if not self.inputs:
            lines.append("  none")
        for change in self.inputs:
            lines.append(f"  {change.field}")
            lines.append(f"      {_shown(change.first)}  ->  {_shown(change.second)}")
        how = "same draws, paired" if self.paired else "different draws"
        lines += ["", f"Outputs, means over draws ({how}):"]
        lines.append(f"  {'output':<34}{'first':>13}{'second':>13}{'difference':>13}")
        for out in self.outputs:
            error = "" if out.standard_error is None else f" ±{_number(out.standard_error)}"
            lines.append(
                f"  {out.output:<34}{_number(out.first_mean):>13}{_number(out.second_mean):>13}"
                f"{_number(out.difference):>13}{error}"
            )
        return "\n".join(lines)


def compare(first: Path, second: Path) -> Comparison:
    """Compare two run folders.

    Parameters
    ----------
    first, second : Path
        Folders of whole runs.
    """
    before, after = _inputs(first), _inputs(second)
    inputs = tuple(
        InputDifference(field, before.get(field), after.get(field))
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    )
    a, b = _draws(first), _draws(second)
    same = all(before.get(k) == after.get(k) for k in ("settings.seed", "settings.draws"))
    outputs = []
    for name in (n for n in a if n in b and n != "draw"):
        paired = same and a[name].size == b[name].size
        error = float(standard_error(b[name] - a[name])) if paired else None
        mean_a, mean_b = float(np.mean(a[name])), float(np.mean(b[name]))
        outputs.append(OutputDifference(name, mean_a, mean_b, mean_b - mean_a, error))
    return Comparison(first.name, second.name, same, inputs, tuple(outputs))


def _inputs(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "inputs.json").read_text("utf-8"))
    return found


def _draws(folder: Path) -> dict[str, Any]:
    import pandas as pd

    frame = pd.read_parquet(folder / "tables" / "draws.parquet")
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _shown(value: Any) -> str:
    return "(not there)" if value is None else str(value)


def _number(value: float) -> str:
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"
