"""Refuelling spread over a fleet, so that its units are not out together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gigaplan.operations.model import Unit


def stagger(units: Sequence[Unit]) -> list[Unit]:
    """Return the units with the phases of their refuelling spread evenly, in their order."""
    refuelled = [i for i, unit in enumerate(units) if unit.refuelling is not None]
    result = list(units)
    for place, i in enumerate(refuelled):
        refuelling = units[i].refuelling
        assert refuelling is not None
        phase = place / len(refuelled)
        result[i] = replace(units[i], refuelling=replace(refuelling, phase_fraction=phase))
    return result
