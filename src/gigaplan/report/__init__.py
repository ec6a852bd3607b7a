"""Reports of a run: one-file HTML, tables for a terminal, and exports."""

from gigaplan.report.html import write_html
from gigaplan.report.view import RunView

__all__ = ["RunView", "write_html"]
