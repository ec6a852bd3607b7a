"""The arrays that the compiled loops read."""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any  # numba infers the element types


class NetworkArrays(NamedTuple):
    """A schedule in the order it is worked through; months count from the schedule's start.

    Ranges ``x_at[i]:x_at[i + 1]`` of a list belong to item i.
    """

    key: Array  # [activity] uint64, stream of the duration
    fixed: Array  # [activity] months where the duration is known
    table: Array  # [activity] row of `tables`, -1 for a known duration
    tables: Array  # [table, knot] float32
    own: Array  # [activity] float32, weight of the activity's own normal
    load_at: Array  # [activity + 1]
    load_factor: Array  # [loading]
    load_value: Array  # [loading] float32
    link_at: Array  # [activity + 1]
    link_from: Array  # [link] predecessor, in working order
    link_lag: Array  # [link]
    earliest: Array  # [activity]
    out_row: Array  # [activity] row of the results, -1 where not kept
    row: Array  # [activity] row of the ends in memory, shared where none is still needed
    rows: int
    approval: Array  # [activity] row of the approvals, -1 where none
    slots: Array  # [activity] class, -1 where none
    design: Array  # [activity] row of the holds, -1 where none
    stop: Array  # [activity] activity at whose end the work is given up, -1 where none
    is_last: Array  # [activity] bool, nothing of its project follows
    project: Array  # [activity]
    projects: int


class ApprovalArrays(NamedTuple):
    """Outcomes of licences and permits."""

    key: Array  # [approval] uint64
    own: Array  # [approval] float32
    load_at: Array
    load_factor: Array
    load_value: Array
    score_at: Array  # [approval + 1]
    score: Array  # normal score below which each attempt is granted
    delay_key: Array  # [approval] uint64
    delay_fixed: Array  # [approval]
    delay_table: Array  # [approval] row of the network's tables, -1 for a known delay


class SharedArrays(NamedTuple):
    """Factors, their joint tail, slots and holds."""

    factor_key: Array  # [factor] uint64
    factor_root: Array  # [factor, factor] float32, lower triangular
    tail_key: Array  # [0 or 1] uint64, stream of what stretches all scores of a draw
    tail_table: Array  # [knot] float32, the stretch at a normal score; empty if scores are normal
    tail_back: Array  # [knot] float32, the normal score of a stretched one
    slot_at: Array  # [class + 1] places of each class
    slot_hold: Array  # [class] months a place is held, -1 for as long as the work
    hold_key: Array  # [design] uint64
    hold_rate: Array  # [design] per month
    hold_fixed: Array  # [design]
    hold_table: Array  # [design] row of the network's tables
    hold_events: int  # most holds of a design in a draw


class Work(NamedTuple):
    """Room for one block of draws."""

    word: Array  # [draw] int32
    near: Array  # [draw] float32
    z: Array  # [draw] float32
    knot: Array  # [draw] uint32
    delay: Array  # [draw] of the approval
    refused: Array  # [draw] bool
    gone: Array  # [draw] bool, given up
    stretch: Array  # [draw] float32, by which all scores of a draw are stretched
    first: Array  # [draw] when a place in a class of slots is free
    place: Array  # [draw] which one
    factor: Array  # [factor, draw] float32
    start: Array  # [activity, draw], or one row where nobody asks later
    finish: Array  # [row, draw]
    free: Array  # [place, draw]
    begin: Array  # [design, event, draw] of holds
    end: Array  # [design, event, draw]
