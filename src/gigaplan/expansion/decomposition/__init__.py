"""Plans block by block: cuts and dispatches of site-years, joined by a master program."""

from gigaplan.expansion.decomposition.decompose import decompose

__all__ = ["decompose"]
