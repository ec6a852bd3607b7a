"""Online compute after the planning years, and what stood before the programme.

Delivery lets chips leave at the end of their life, and nothing is planned after the
planning years. From then on chips that wear out are bought again (see
`programme_money.renewed`), so compute is what halls, chips and power allow:
``min(sum_c min(hall_c, chips_c), (connection + generation) / PUE)`` at each site.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import Sources, server_life_months
from gigaplan.finance.worlds._kernels import add_powered, add_ready
from gigaplan.programme.resolved import CampusFigures


def after_planning(sources: Sources) -> int:
    """Return the position of the first month after the planning years."""
    return MONTHS_PER_YEAR * (sources.programme.years[-1] + 1) - sources.first_month


def online_it_mw(sources: Sources, part: slice) -> Array:
    """Return online compute: delivery's, and what is held after the planning years."""
    delivered = sources.trajectories.site_online_it_mw[:, :, part].sum(axis=0, dtype=np.float64)
    out = sources.aligned(delivered, hold=True)
    after = max(after_planning(sources), 0)
    if after < sources.months:
        out[after:] = np.maximum(out[after:], _held_it_mw(sources, part))
    return out


def _held_it_mw(sources: Sources, part: slice) -> Array:
    """Return online compute if chips are replaced after the planning years, in months after."""
    programme, after = sources.programme, max(after_planning(sources), 0)
    draws = sources.trajectories.online_month[0, part].size
    out, ready = np.zeros((2, sources.months - after, draws))
    for site in programme.sites.values():
        campuses = [c for c in programme.campuses.values() if c.site == site.name]
        if campuses:
            ready[:] = 0.0
            for campus in campuses:
                _add_campus(sources, campus, part, ready)
            add_powered(ready, sources.power_mw(site.name, part, after), site.design_pue, out)
    return out


def _add_campus(sources: Sources, campus: CampusFigures, part: slice, ready: Array) -> None:
    """Add IT MW that have a hall and chips, in months after the planning years."""
    after, life = after_planning(sources), server_life_months(sources)
    first = max(after, 0)
    halls = sources.online_mw(sources.entities("phase", campus.name), part, first)
    bought = sources.entities("accelerator", campus.name)
    chips = sources.online_mw(bought, part, first)
    gone = np.zeros(ready.shape[1])
    if after > life:  # what left within the planning years was replaced, or not, by the plan
        gone = sources.online_mw(bought, part, min(after - life, sources.months - 1))[0]
    stood = sum(p.it_mw for p in campus.phases if p.status == "operating")
    add_ready(halls, chips, gone, stood * _left(sources)[first:], ready)


def standing_it_mw(sources: Sources) -> Array:
    """Return IT MW whose chips stood before the programme, by month.

    What they earn and cost is in the company's own cash flow. They are taken as evenly
    aged, as the plan takes them, so they leave evenly over a server's life; chips that
    replace them are bought by the programme, and their compute is the programme's.
    """
    standing = sum(
        phase.it_mw
        for campus in sources.programme.campuses.values()
        for phase in campus.phases
        if phase.status == "operating"
    )
    result: Array = standing * _left(sources)
    return result


def _left(sources: Sources) -> Array:
    """Return the share of chips that stood before the programme and still stand, by month."""
    age = np.arange(sources.months) / server_life_months(sources)
    return np.clip(1 - age, 0.0, 1.0)
