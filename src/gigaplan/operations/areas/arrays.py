"""The arrays that the loop over joined areas reads, and the rows of the tables it writes."""

from __future__ import annotations

from typing import NamedTuple

from gigaplan.operations.arrays import Array

# Rows of a block's table: the whole, then AREA_ROWS for each area and LINE_ROWS for each line.
LOLH, EUE, LOAD, EVENTS = range(4)
SCALARS = 4
AREA_LOLH, AREA_EUE, AREA_LOAD = range(3)
AREA_ROWS = 3
FLOW, USED, FULL = range(3)
LINE_ROWS = 3

LINES_PER_MASK = 50
"""Line i of a group is a unit of 2^i MW: a group's MW tell which of its lines are up."""


class Graph(NamedTuple):
    """Lines as edges: edge 2 i leads from line i's first area to its second, 2 i + 1 back."""

    tail: Array  # [edge] area it leaves
    head: Array  # [edge] area it leads to
    offset: Array  # [area + 1] into leaving
    leaving: Array  # edges that leave each area


class NetworkArrays(NamedTuple):
    """Areas, lines and storage."""

    load_mw: Array  # [area, weather, hour]
    limit_mw: Array  # [weather, hour, edge]
    limits_last: bool  # limits are the same in every hour and weather year
    open_hours: Array  # [line, weather, hour + 1] earlier hours with a limit above nought
    always_up: Array  # [group] MW of lines that never fail
    place: Array  # [source] area of a source, or number of areas + group of lines
    graph: Graph
    stores: Array  # [storage, column] as in `operations.arrays`
    store_area: Array  # [storage]
    tolerance_mw: float
