"""What having a power project brings over the term of its contract, beside a plan without it."""

from __future__ import annotations

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.model import SimulationResult
from gigaplan.delivery.options.model import Floats
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.spend_curve import monthly
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures

_HOURS_PER_YEAR = 8760.0
_KW_PER_MW = 1000.0


class TermMargin:
    """Compares a plan that has a project with one that has not, on common draws.

    Parameters
    ----------
    programme : ResolvedProgramme
    project : SupplyFigures
    base : PreparedDelivery
        The plan without the project.
    drawn : SimulationResult
        What `base.draw` gave.
    threads : int
    """

    def __init__(
        self,
        programme: ResolvedProgramme,
        project: SupplyFigures,
        base: PreparedDelivery,
        drawn: SimulationResult,
        threads: int,
    ) -> None:
        self.programme, self.project, self.threads = programme, project, threads
        self.rate = programme.discount_fraction
        self.spent = _monthly_usd(base, drawn, threads)
        self.online = _online(base, drawn) if project.site is not None else None

    def brings(self, work: PreparedDelivery, month: int, price_usd_per_mwh: Floats) -> Floats:
        """Return what the project brings if it is exercised in a month, in that month's value.

        Parameters
        ----------
        work : PreparedDelivery
            The plan with the project, begun no sooner than that month.
        month : int
            Absolute.
        price_usd_per_mwh : ndarray, shape [draw]
            What such energy costs from elsewhere.
        """
        drawn = work.draw(len(price_usd_per_mwh), threads=self.threads)
        out = self._term_usd(work, drawn, month, price_usd_per_mwh)
        timeline = self.programme.timeline
        after = np.arange(len(timeline)) + timeline.first - month
        factor = (1 + self.rate) ** (-after / MONTHS_PER_YEAR)
        out -= factor @ (_monthly_usd(work, drawn, self.threads) - self.spent)
        if self.online is not None:
            worth = self.programme.shortfall_usd_per_it_mw_year / MONTHS_PER_YEAR
            out += worth * (factor @ (_online(work, drawn) - self.online))
        return out

    def _term_usd(
        self, work: PreparedDelivery, drawn: SimulationResult, month: int, price: Floats
    ) -> Floats:
        """Return the present value of the energy's margin, from each unit's first month on."""
        project, contract = self.project, self.project.contract
        rise = contract.escalation_fraction if contract.kind == "ppa" else 0.0
        gain = price * self._mwh_per_mw_year() * self._years_paid(0.0)
        gain -= self._usd_per_mw_year() * self._years_paid(rise)
        present = np.zeros(drawn.draws)
        for item, row in zip(work.delivered, work.last, strict=True):
            if item.entity.owner == project.name and item.entity.kind == "unit":
                wait = np.maximum(drawn.finish_months[row], month) - month
                present += item.entity.mw * (1 + self.rate) ** (-wait / MONTHS_PER_YEAR)
        return gain * present

    def _years_paid(self, rise_fraction: float) -> float:
        """Return the present value of a dollar a year over the term, paid by month."""
        project = self.project
        owned = project.contract.kind == "own"
        term = project.life_years if owned else project.contract.term_years  # type: ignore[union-attr]
        each = ((1 + rise_fraction) / (1 + self.rate)) ** (1 / MONTHS_PER_YEAR)
        months = term * MONTHS_PER_YEAR
        count = months if each == 1.0 else (1 - each**months) / (1 - each)
        return count / MONTHS_PER_YEAR

    def _mwh_per_mw_year(self) -> float:
        project = self.project
        up = (1 - project.forced_outage_fraction) * (1 - project.planned_outage_fraction)
        return _HOURS_PER_YEAR * up

    def _usd_per_mw_year(self) -> float:
        """Return what the programme pays for a MW and year beside capital."""
        project, contract = self.project, self.project.contract
        mwh = self._mwh_per_mw_year()
        if contract.kind in ("ppa", "prepayment"):
            return contract.price_usd_per_mwh * mwh
        last = len(self.programme.years) - 1
        usd = project.variable_usd_per_mwh(last) * mwh
        usd += self.programme.carbon_usd_per_tonne * project.co2_kg_per_mwh / 1e3 * mwh
        if contract.kind == "tolling":
            return usd + contract.capacity_usd_per_kw_year * _KW_PER_MW
        return usd + project.fixed_om_usd_per_kw_year * _KW_PER_MW


def _monthly_usd(work: PreparedDelivery, drawn: SimulationResult, threads: int) -> Floats:
    """Return capital of all groups by month, shape [month, draw]."""
    change = work.capital(drawn, threads=threads).change_usd.sum(axis=0)
    return monthly(change)


def _online(work: PreparedDelivery, drawn: SimulationResult) -> Floats:
    """Return online compute of all sites by month, shape [month, draw]."""
    months = len(work.programme.timeline)
    total = np.zeros((months, drawn.draws))
    online = np.empty((months, drawn.draws), np.float32)
    code = np.empty((months, drawn.draws), np.int8)
    for site in work.sites:
        site.layout.fill(site.months(drawn.finish_months), online, code)
        total += online
    return total
