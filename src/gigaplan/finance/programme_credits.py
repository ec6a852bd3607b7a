"""Tax credits of a programme's owned power projects: their laws, and what they bring by month."""

from __future__ import annotations

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array
from gigaplan.finance.credits import CreditLaw
from gigaplan.finance.draws import Sources
from gigaplan.finance.programme_money import build_months, unit_energy
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures

_LAST_START_YEAR = 2060
_NOT_INDEXED = frozenset(("45j",))
_OF_STANDING_PLANTS = frozenset(("45u",))


def credit_laws(programme: ResolvedProgramme) -> dict[str, CreditLaw]:
    """Return the law of each credit the programme's projects may earn, from the catalogue.

    A company with income of its own uses credits against its tax; without one they are
    sold at the market's discount.
    """
    from gigaplan import catalogue

    discount = 0.0
    if programme.company is None:
        discount = catalogue.figure("tax.transfer.discount_fraction").value
    laws: dict[str, CreditLaw] = {}
    for name in sorted({project.credit for project in programme.power.values()} - {"", "none"}):
        law = _law(programme, name, discount)
        if law is not None:
            laws[name] = law
    return laws


def _law(programme: ResolvedProgramme, name: str, discount: float) -> CreditLaw | None:
    from gigaplan import catalogue

    entry = catalogue.credit(name)
    share, rate = entry.find("investment_fraction"), entry.find("usd_per_mwh")
    if share is None and rate is None:
        return None
    is_indexed = name not in _NOT_INDEXED

    def per_mwh(figure: catalogue.Figure | None, absent: float) -> float:
        if figure is None:
            return absent
        from_year = figure.base_year or programme.base_year
        level = programme.price_index.factor(from_year, programme.base_year) if is_indexed else 1.0
        return figure.value * level

    last = entry.last_full_start_year
    full = _LAST_START_YEAR if last is None else int(last)
    later = [entry.share_by_start_year(year) for year in range(full + 1, full + 6)]
    return CreditLaw(
        name=name,
        share_fraction=0.0 if share is None else share.value,
        usd_per_mwh=0.0 if share is not None else per_mwh(rate, 0.0),
        # one without a number of years is paid until its last
        years=int(entry.years or (100 if entry.last_year else 10)),
        last_year=int(entry.last_year or 9999),
        full_through_year=full,
        later_fractions=tuple(later),
        transfer_discount_fraction=discount,
        for_standing=name in _OF_STANDING_PLANTS,
        is_indexed=is_indexed,
        threshold_usd_per_mwh=per_mwh(entry.find("revenue_threshold_usd_per_mwh"), np.inf),
        reduction_fraction=entry.reduction_fraction or 0.0,
        most_usd_per_mw_year=entry.most_usd_per_mw_year or np.inf,
    )


def credit_flows(
    sources: Sources, factors: Array, part: slice, projects: tuple[str, ...] | None = None
) -> Array:
    """Return tax credits of owned clean power, of some projects if given, nominal, [month, draw].

    Construction is taken to begin the construction stage's middle length before service.
    """
    out = np.zeros((sources.months, sources.trajectories.online_month[0, part].size))
    for name, project in sources.programme.power.items():
        law = sources.credits.get(project.credit)
        if law is None or (projects is not None and name not in projects):
            continue
        if project.contract.kind != "own":
            continue
        if law.share_fraction > 0:
            _add_investment(out, sources, law, project, factors, part)
        else:
            _add_production(out, sources, law, project, factors, part)
    return out


def _add_investment(
    out: Array,
    sources: Sources,
    law: CreditLaw,
    project: SupplyFigures,
    factors: Array,
    part: slice,
) -> None:
    draws = np.arange(out.shape[1])
    for i in sources.entities("unit", project.name):
        row, earned = _earned(sources, law, project, i, part)
        inside = (row >= 0) & (row < sources.months)
        at = np.clip(row, 0, sources.months - 1)
        paid = law.share_fraction * earned * sources.trajectories.entity_capex_usd[i, part]
        out[at[inside], draws[inside]] += (paid * factors[at])[inside]


def _add_production(
    out: Array,
    sources: Sources,
    law: CreditLaw,
    project: SupplyFigures,
    factors: Array,
    part: slice,
) -> None:
    energy = unit_energy(sources, project.name, part)
    price = sources.programme.zones[project.zone].power_price_usd_per_mwh
    rate = law.nominal_usd_per_mwh(factors, sources.calendar, price)[:, None]
    per_mw = np.minimum(rate * energy, law.most_usd_per_mw_year / MONTHS_PER_YEAR)
    for i in sources.entities("unit", project.name):
        row, earned = _earned(sources, law, project, i, part)
        age = np.arange(sources.months)[:, None] - row
        paying = (age >= 0) & (age < MONTHS_PER_YEAR * law.years)
        out += sources.trajectories.entities[i].mw * earned * paying * per_mw


def _earned(
    sources: Sources, law: CreditLaw, project: SupplyFigures, unit: int, part: slice
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], Array]:
    """Return a unit's first row of service, and the share of the credit that it earns, [draw]."""
    trajectories = sources.trajectories
    online = np.ceil(trajectories.online_month[unit, part])
    built = trajectories.entity_capex_usd[unit, part] > 0
    right = project.status == "operating" if law.for_standing else built
    live = np.isfinite(online) & right
    month = np.where(live, online, 0.0)
    begun = np.floor((month - build_months(project)) / MONTHS_PER_YEAR).astype(np.int64)
    earned = law.kept_fraction(begun) * live
    earned = earned * (month // MONTHS_PER_YEAR >= law.first_service_year)
    return month.astype(np.int64) - sources.first_month, earned
