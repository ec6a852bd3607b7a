"""Reports of a run: one-file HTML, tables for a terminal, and exports."""

from gigaplan.report.export import export
from gigaplan.report.html import add_report, write_html
from gigaplan.report.terminal import stage_for_terminal, tables_for_terminal
from gigaplan.report.view import RunView

__all__ = [
    "RunView",
    "add_report",
    "export",
    "stage_for_terminal",
    "tables_for_terminal",
    "write_html",
]
