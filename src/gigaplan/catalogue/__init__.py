"""The figures gigaplan ships: each with value, range, unit, dollar year, date, source and mark.

Look one up with `figure`, a set of them with `technology`, `accelerator`,
`hall`, `market` and the like, and list what a piece of work used with
`recording`. Light to import: no numerical library is needed to read a figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gigaplan.catalogue.accelerators import Accelerator, accelerator
from gigaplan.catalogue.entry import Entry, entry
from gigaplan.catalogue.figures import KINDS, Figure, Mark, entries, figure, figures, find
from gigaplan.catalogue.halls import Cooling, Hall, cooling, hall
from gigaplan.catalogue.markets import Connection, Fuel, Market, connection, fuel, market
from gigaplan.catalogue.recording import FigureLog, recording
from gigaplan.catalogue.reference_classes import ReferenceClass, reference_class
from gigaplan.catalogue.search import search
from gigaplan.catalogue.tables import (
    construction_spend_fractions,
    forced_outage_by_temperature,
    macrs_fractions,
)
from gigaplan.catalogue.tax import Credit, credit
from gigaplan.catalogue.technologies import STAGES, Technology, technology

if TYPE_CHECKING:
    from gigaplan.core.money import PriceIndex

__all__ = [
    "KINDS",
    "STAGES",
    "Accelerator",
    "Connection",
    "Cooling",
    "Credit",
    "Entry",
    "Figure",
    "FigureLog",
    "Fuel",
    "Hall",
    "Mark",
    "Market",
    "ReferenceClass",
    "Technology",
    "accelerator",
    "connection",
    "construction_spend_fractions",
    "cooling",
    "credit",
    "entries",
    "entry",
    "figure",
    "figures",
    "find",
    "forced_outage_by_temperature",
    "fuel",
    "hall",
    "macrs_fractions",
    "market",
    "price_index",
    "recording",
    "reference_class",
    "search",
    "technology",
]


def price_index() -> PriceIndex:
    """Return the US price index that moves money between dollar years."""
    from gigaplan.catalogue import prices  # numpy comes with it, so it waits until asked for

    return prices.price_index()
