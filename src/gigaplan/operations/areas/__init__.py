"""Two areas joined by a line that may fail: pipe and bubble."""

from gigaplan.operations.areas.pair import Area, Line, PairAdequacy, assess_pair

__all__ = ["Area", "Line", "PairAdequacy", "assess_pair"]
