"""Joins the engines: one run is plan, deliver, operate and finance on the same draws."""

from gigaplan.study.checking import check
from gigaplan.study.compare import Comparison, compare
from gigaplan.study.pipeline import Results, Settings
from gigaplan.study.running import SCHEMA_VERSION, Outcome, StageOutcome, run, stage

__all__ = [
    "SCHEMA_VERSION",
    "Comparison",
    "Outcome",
    "Results",
    "Settings",
    "StageOutcome",
    "check",
    "compare",
    "run",
    "stage",
]
