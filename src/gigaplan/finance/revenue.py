"""What the programme's compute earns: by capacity, by the hour of a chip, or by the token.

New compute comes to be sold evenly over the ramp, so what is sold is the mean of what was online
over as many months. Capacity is paid whether used or not; hours and tokens only of the share that
is sold and that has power. The price changes by a rate that is the same in all years of a world.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.random_streams import normals
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array, RealUsd, to_date
from gigaplan.finance.draws import Sources
from gigaplan.finance.programme_metrics import HOURS_PER_MONTH, Compute


def revenue_of(sources: Sources, compute: Compute, part: slice) -> RealUsd | None:
    """Return revenue of some draws, real, [month, draw]; None if no price is stated."""
    programme = sources.programme
    terms = programme.finance.revenue
    if terms is None:
        return None
    amount: Array
    if terms.kind == "capacity":
        amount = compute.it_mw / MONTHS_PER_YEAR
    else:
        assert compute.served_flops is not None
        assert compute.peak_flops is not None
        assert compute.chips is not None
        if terms.kind == "gpu_hour":
            peak = np.where(compute.peak_flops > 0, compute.peak_flops, 1.0)
            amount = compute.chips * HOURS_PER_MONTH * (compute.served_flops / peak)
        else:
            finance = programme.finance
            flop = 2 * finance.active_billion_parameters * 1e9 * 1e6  # of a million tokens
            seconds = 3600 * HOURS_PER_MONTH * finance.inference_flop_utilisation_fraction
            amount = compute.served_flops * (seconds / flop)
        amount = amount * terms.sold_fraction
    price = terms.price_usd * _price(sources, part)
    return RealUsd(ramped(amount, round(terms.ramp_months)) * price, programme.base_year)


def ramped(amount: Array, months: int) -> Array:
    """Return what is sold of compute that comes to be sold evenly over some months."""
    if months <= 1:
        return amount
    total = to_date(amount)
    before = np.zeros_like(total)
    before[months:] = total[:-months]
    result: Array = (total - before) / months
    return result


def _price(sources: Sources, part: slice) -> Array:
    """Return the price over that of the base year, [month, draw]."""
    programme = sources.programme
    terms = programme.finance.revenue
    assert terms is not None
    draws = sources.trajectories.online_month[0, part].size
    change = np.full((1, draws), terms.change_fraction)
    if terms.change_spread > 0:
        first = sources.first_draw + (part.start or 0)
        score = normals(programme.seed, "finance.price", "", 1, draws, first_draw=first)
        change = np.maximum(change + terms.change_spread * score, -0.99)
    years = (sources.first_month + np.arange(sources.months)) / MONTHS_PER_YEAR
    result: Array = (1 + change) ** (years - programme.base_year)[:, None]
    return result
