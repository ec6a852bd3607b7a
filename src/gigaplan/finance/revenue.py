"""What the programme's compute earns: by capacity, by the hour of a chip, or by the token.

New compute comes to be sold evenly over the ramp, so what is sold is the mean of what was online
over as many months. What a customer has paid for ahead earns nothing else. Capacity is paid
whether used or not; hours and tokens only of the share that is sold and that has power. The price
changes by a rate that is the same in all years of a world.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.random_streams import normals
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array, RealUsd, to_date
from gigaplan.finance.draws import Sources
from gigaplan.finance.programme_metrics import HOURS_PER_MONTH, Compute
from gigaplan.programme.instruments import CustomerPrepayment


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
    amount = amount * _not_paid_ahead(sources, compute.it_mw, part)
    return RealUsd(ramped(amount, round(terms.ramp_months)) * price, programme.base_year)


def paid_ahead_it_mw(sources: Sources, part: slice) -> Array:
    """Return IT MW that customers have paid for before they were there, [month, draw]."""
    month = np.arange(sources.months)[:, None]
    out = np.zeros((sources.months, sources.trajectories.online_month[0, part].size))
    for item in sources.programme.instruments.values():
        if isinstance(item, CustomerPrepayment):
            halls = sources.entities("phase", item.campus)
            age = month - sources.first_service(halls, part)
            last = round(MONTHS_PER_YEAR * item.delivery_years)
            out += item.it_mw * ((age >= 1) & (age <= last))
    return out


def _not_paid_ahead(sources: Sources, it_mw: Array, part: slice) -> Array:
    """Return the share of online compute that customers have not paid for before, [month, draw]."""
    left = np.maximum(it_mw - paid_ahead_it_mw(sources, part), 0.0)
    return np.divide(left, it_mw, out=np.zeros_like(it_mw), where=it_mw > 0)


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
