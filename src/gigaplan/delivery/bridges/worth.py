"""What bridge power is worth by the rule that orders it, and the rule that is worth most.

All rules are tried on the same draws, in which only the order differs. Each is worth the compute
it brings, at what the programme says a missing MW costs in a year, less rent or capital, and less
the fuel and running cost of the energy that the compute takes; present value, base-year USD.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate, estimate
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.bridges.rule import BridgeRule
from gigaplan.delivery.model import SimulationResult
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.programme.resolved import SupplyFigures

Floats = NDArray[np.float64]
STEPS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
"""Rules tried, as shares of the bridge's own IT MW."""

_HOURS_PER_MONTH = 730.0
_KW_PER_MW = 1000.0


@dataclass(frozen=True)
class RuleWorth:
    """What one rule is worth.

    Parameters
    ----------
    short_it_mw : float
        Shortfall that is ordered at.
    net_usd : Estimate
    gain_it_mw_months : Estimate
    ordered : Estimate
        Share of draws in which it is ordered.
    """

    short_it_mw: float
    net_usd: Estimate
    gain_it_mw_months: Estimate
    ordered: Estimate


@dataclass(frozen=True)
class BridgeWorth:
    """What a bridge project is worth by rule.

    Parameters
    ----------
    project : str
    stated : RuleWorth
        The programme's own rule.
    tried : tuple of RuleWorth
        By rising shortfall.
    """

    project: str
    stated: RuleWorth
    tried: tuple[RuleWorth, ...]

    @property
    def best(self) -> RuleWorth:
        """Return the rule that is worth most; the stated one if none is worth more."""
        return max((self.stated, *self.tried), key=lambda found: found.net_usd.mean)


def bridge_worth(
    work: PreparedDelivery, rule: BridgeRule, draws: int, *, threads: int = 1
) -> BridgeWorth:
    """Return what a bridge project is worth by rules of other thresholds, all else as it is.

    Parameters
    ----------
    work : PreparedDelivery
    rule : BridgeRule
        One of `work.bridges`.
    draws : int
        Worlds.
    threads : int
        Threads that share them; results do not depend on it.
    """
    require(draws >= 2, f"{draws} draws were asked for; 2 or more are needed.")
    unruled = work.draw(draws, threads=threads, leave_out=rule.project)
    worth = _Worth(work, rule, unruled)
    size = work.programme.power[rule.project].max_mw / rule.site.layout.pue
    tried = [worth.of(share * size) for share in STEPS]
    return BridgeWorth(rule.project, worth.of(rule.short_it_mw), tuple(tried))


class _Worth:
    def __init__(self, work: PreparedDelivery, rule: BridgeRule, unruled: SimulationResult) -> None:
        self.work, self.rule, self.unruled = work, rule, unruled
        self.project: SupplyFigures = work.programme.power[rule.project]
        programme, timeline = work.programme, work.programme.timeline
        month = np.arange(len(timeline)) + timeline.first
        years = month / MONTHS_PER_YEAR - programme.base_year
        self.factor = (1 + programme.discount_fraction) ** -years
        self.without = self._online(np.full(unruled.draws, np.inf))

    def of(self, short_it_mw: float) -> RuleWorth:
        """Return what the rule with this threshold is worth."""
        rule, programme = self.rule, self.work.programme
        ordered = rule.orders(self.unruled, short_it_mw)
        online = ordered + self.unruled.finish_months[rule.row] - rule.site.layout.first_month
        gain = self._online(online) - self.without
        last = len(programme.years) - 1
        energy = self.project.variable_usd_per_mwh(last)
        energy += programme.carbon_usd_per_tonne * self.project.co2_kg_per_mwh / 1e3
        worth = programme.shortfall_usd_per_it_mw_year / MONTHS_PER_YEAR
        worth -= energy * rule.site.layout.pue * _HOURS_PER_MONTH
        net = worth * (self.factor @ gain) - self._paid(ordered, online)
        came = np.isfinite(ordered)
        return RuleWorth(
            short_it_mw,
            estimate(net),
            estimate(gain.sum(axis=0)),
            estimate(came.astype(np.float64)),
        )

    def _online(self, online_month: Floats) -> Floats:
        """Return the site's online compute if the bridge comes in these months, [month, draw]."""
        finish = self.unruled.finish_months.copy()
        finish[self.rule.row] = online_month
        layout = self.rule.site.layout
        out = np.empty((len(self.factor), self.unruled.draws), np.float32)
        code = np.empty(out.shape, np.int8)
        layout.fill(self.rule.site.months(finish), out, code)
        return out.astype(np.float64)

    def _paid(self, ordered: Floats, online: Floats) -> Floats:
        """Return rent over the term, or capital at the order and fixed cost, present value."""
        project, programme = self.project, self.work.programme
        contract = project.contract
        owned = contract.kind == "own"
        years = project.life_years if owned else contract.term_years  # type: ignore[union-attr]
        yearly = project.fixed_om_usd_per_kw_year
        if contract.kind == "tolling":
            yearly = contract.capacity_usd_per_kw_year
        rate, kw = programme.discount_fraction, project.max_mw * _KW_PER_MW
        each = (1 + rate) ** (-1 / MONTHS_PER_YEAR)
        span = years * MONTHS_PER_YEAR
        months = span if each == 1.0 else (1 - each**span) / (1 - each)
        paid = kw * yearly / MONTHS_PER_YEAR * months * self._present(online)
        if owned:
            paid += kw * project.overnight_usd_per_kw * self._present(ordered)
        return paid

    def _present(self, month: Floats) -> Floats:
        """Return the present value of a dollar in these months, nothing for never."""
        programme = self.work.programme
        years = np.where(np.isfinite(month), month, 0.0) / MONTHS_PER_YEAR - programme.base_year
        value = (1 + programme.discount_fraction) ** -years
        return np.where(np.isfinite(month), value, 0.0)
