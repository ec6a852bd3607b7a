"""Chips by generation: how many are in service, and the FLOP/s that they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import Sources
from gigaplan.finance.worlds._kernels import divide_compute


@dataclass(frozen=True)
class Fleet:
    """Compute of the programme by generation of chips, [month, draw].

    Parameters
    ----------
    it_mw : mapping of accelerator to ndarray
        Online IT MW; all together are the programme's.
    chips : ndarray
        Chips online.
    peak_flops : ndarray
        Dense BF16 FLOP/s of the chips online.
    """

    it_mw: Mapping[str, Array]
    chips: Array
    peak_flops: Array


def fleet_of(sources: Sources, it_mw: Array, part: slice) -> Fleet:
    """Return the fleet of some draws, `it_mw` [month, draw] being the programme's online compute.

    A generation's chips serve for their life, within the planning years; what wears out later is
    bought again, and counts as chips of the same generation. Chips that wait for a hall or power
    are in proportion of every generation.
    """
    figures = sources.programme.accelerators
    online = np.empty((len(figures), *it_mw.shape))
    for row, (name, chip) in zip(online, figures.items(), strict=True):
        row[:] = sources.generation_mw(name, MONTHS_PER_YEAR * chip.life_years, part)
    chips, peak = np.empty_like(it_mw), np.empty_like(it_mw)
    planned = _planned_share(sources)
    divide_compute(
        it_mw,
        # Online compute without chips of the plan is of those that stood before: as its mean.
        np.array([planned[name] for name in figures]),
        np.array([chip.chips_per_it_mw for chip in figures.values()]),
        np.array([chip.bf16_flops_per_it_mw for chip in figures.values()]),
        online,
        chips,
        peak,
    )
    return Fleet(dict(zip(figures, online, strict=True)), chips, peak)


def _planned_share(sources: Sources) -> dict[str, float]:
    figures = sources.programme.accelerators
    bought = dict.fromkeys(figures, 0.0)
    for purchase in sources.plan.accelerators:
        bought[purchase.accelerator] += purchase.it_mw
    total = sum(bought.values())
    if total <= 0:
        return dict.fromkeys(figures, 1 / max(1, len(figures)))
    return {name: mw / total for name, mw in bought.items()}
