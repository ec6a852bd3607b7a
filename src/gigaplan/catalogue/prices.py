"""The price index that moves money between dollar years."""

from __future__ import annotations

from gigaplan.catalogue.entry import entry
from gigaplan.core.money import PriceIndex


def price_index() -> PriceIndex:
    """Return the US price index, with the inflation assumed after its last year.

    Levels are those ReEDS deflates with; 2004 is 1.
    """
    table = entry("price_index", "us")
    start = "level_"
    levels = {
        int(field.removeprefix(start)): table.value(field)
        for field in table.by_field
        if field.startswith(start)
    }
    return PriceIndex(levels, table.value("future_inflation_fraction"))
