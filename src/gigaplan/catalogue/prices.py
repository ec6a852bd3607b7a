"""The price index that moves money between dollar years."""

from __future__ import annotations

from functools import cache

from gigaplan.catalogue.figures import figures
from gigaplan.core.money import PriceIndex


@cache
def price_index() -> PriceIndex:
    """Return the US price index, with the inflation assumed after its last year.

    Levels are those ReEDS deflates with; 2004 is 1.
    """
    levels: dict[int, float] = {}
    future = 0.0
    for figure in figures(kind="price_index", entry="us"):
        if figure.field.startswith("level_"):
            levels[int(figure.field.removeprefix("level_"))] = figure.value
        elif figure.field == "future_inflation_fraction":
            future = figure.value
    return PriceIndex(levels, future)
