"""Centred optima of linear programs made of blocks that few rows and columns couple."""

from gigaplan.expansion.arrow.solve import ArrowPoint, solve_arrow

__all__ = ["ArrowPoint", "solve_arrow"]
