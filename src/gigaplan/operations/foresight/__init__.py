"""Dispatch by one who knows the whole year: a bound on what any rule can reach."""

from gigaplan.operations.foresight.best import Foresight, foresee

__all__ = ["Foresight", "foresee"]
