"""Checks an expansion problem before it is solved; every fault found is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.expansion.model import EitherOr, ExpansionProblem
from gigaplan.expansion.options import NO_LIMIT_MW, Investment, PowerPurchase, Prepayment


class _Faults:
    """Collects faults under dotted field names."""

    def __init__(self, problem: ExpansionProblem) -> None:
        self.found: list[Problem] = []
        self._periods = len(problem.periods)
        self._hours = len(problem.hours)

    def say(self, field: str, message: str, hint: str = "") -> None:
        self.found.append(Problem(message, field=field, hint=hint))

    def number(
        self, field: str, value: float | None, low: float = 0.0, high: float = np.inf
    ) -> None:
        if value is None:
            return
        if not (np.isfinite(value) and low <= value <= high):
            self.say(field, f"found {value:g}; a number {_range(low, high)} is needed.")

    def by_period(
        self,
        field: str,
        value: ArrayLike | None,
        low: float = 0.0,
        high: float = np.inf,
        *,
        infinite: bool = False,
    ) -> None:
        if value is None:
            return
        found = np.asarray(value, dtype=np.float64)
        if found.shape not in ((), (self._periods,)):
            self.say(field, f"has shape {found.shape}; one number or {self._periods} are needed.")
        else:
            self._values(field, found, low, high, infinite=infinite)

    def by_hour(self, field: str, value: ArrayLike, low: float = 0.0, high: float = np.inf) -> None:
        found = np.asarray(value, dtype=np.float64)
        allowed = ((), (self._hours,), (self._periods, self._hours), (self._periods, 1))
        if found.shape not in allowed:
            self.say(
                field,
                f"has shape {found.shape}; one number, {self._hours} hours, or "
                f"{self._periods} periods by {self._hours} hours are needed.",
            )
        else:
            self._values(field, found, low, high, infinite=False)

    def _values(
        self, field: str, found: np.ndarray, low: float, high: float, *, infinite: bool
    ) -> None:
        bad = np.isnan(found) | (found < low) | (found > high)
        if not infinite:
            bad |= np.isinf(found)
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            at = f" at {list(where)}" if where else ""
            self.say(
                field,
                f"found {found[where]:g}{at} ({int(bad.sum())} of {found.size} values are "
                f"wrong); numbers {_range(low, high)} are needed.",
            )

    def name(self, field: str, name: str, allowed: Iterable[str], what: str) -> None:
        known = list(allowed)
        if name not in known:
            self.say(field, f"names the {what} '{name}', which is not given.", nearest(name, known))


def _range(low: float, high: float) -> str:
    if high == np.inf:
        return "" if low == -np.inf else f"of at least {low:g}"
    return f"from {low:g} to {high:g}"


def check_problem(problem: ExpansionProblem) -> None:
    """Raise `InputError` with every fault of `problem`."""
    _check_time(problem)
    faults = _Faults(problem)
    _check_names(problem, faults)
    _check_places(problem, faults)
    for option in (*problem.supplies, *problem.storages, *problem.connections):
        _check_investment(option, faults)
    _check_supplies(problem, faults)
    _check_storages(problem, faults)
    _check_compute(problem, faults)
    _check_limits(problem, faults)
    if faults.found:
        raise InputError(faults.found)


def _check_time(problem: ExpansionProblem) -> None:
    found: list[Problem] = []
    years = [period.year for period in problem.periods]
    if not years or years != sorted(set(years)):
        found.append(Problem(f"years are {years}; at least one, rising.", field="periods"))
    if any(not (period.years > 0 and period.discount_factor > 0) for period in problem.periods):
        found.append(
            Problem("a period's years and discount factor must be above 0.", field="periods")
        )
    hours = problem.hours
    weights = np.asarray(hours.weights)
    if weights.ndim != 1 or not len(weights) or not (np.isfinite(weights) & (weights > 0)).all():
        found.append(Problem("weights must be one row of numbers above 0.", field="hours.weights"))
    elif sum(hours.chain_lengths) != len(weights) or min(hours.chain_lengths, default=0) < 1:
        found.append(
            Problem(
                f"chains of {sum(hours.chain_lengths)} steps in all; there are {len(weights)}.",
                field="hours.chain_lengths",
            )
        )
    if not hours.step_hours > 0:
        found.append(Problem("a step must be longer than 0 hours.", field="hours.step_hours"))
    if not problem.capital_rate_fraction > -1:
        found.append(Problem("must be above -1.", field="capital_rate_fraction"))
    if found:
        raise InputError(found)


def _check_names(problem: ExpansionProblem, faults: _Faults) -> None:
    groups = {
        "sites": [site.name for site in problem.sites],
        "zones": [zone.name for zone in problem.zones],
        "options and campuses": [
            *(option.name for option in problem.supplies),
            *(option.name for option in problem.storages),
            *(option.name for option in problem.connections),
            *(campus.name for campus in problem.campuses),
            *(generation.name for generation in problem.accelerators),
        ],
    }
    for what, names in groups.items():
        for name, count in Counter(names).items():
            if count > 1:
                faults.say(what, f"{count} have the name '{name}'; each needs its own.")
    if not problem.sites:
        faults.say("sites", "there is none; at least one is needed.")


def _check_places(problem: ExpansionProblem, faults: _Faults) -> None:
    zones = [zone.name for zone in problem.zones]
    for zone in problem.zones:
        at = f"zones.{zone.name}"
        faults.by_hour(f"{at}.price_usd_per_mwh", zone.price_usd_per_mwh, -np.inf)
        faults.by_hour(f"{at}.dirty_fraction", zone.dirty_fraction, 0, 1)
        faults.by_hour(f"{at}.co2_t_per_mwh", zone.co2_t_per_mwh)
        faults.number(f"{at}.sale_price_fraction", zone.sale_price_fraction, 0, 1)
        faults.by_period(f"{at}.max_import_mw", zone.max_import_mw)
    for site in problem.sites:
        at = f"sites.{site.name}"
        if site.zone is not None:
            faults.name(f"{at}.zone", site.zone, zones, "zone")
        faults.by_hour(f"{at}.it_load_fraction", site.it_load_fraction, 0, 1)
        faults.by_hour(f"{at}.pue", site.pue, 1, 5)
        faults.by_period(f"{at}.connection_mw", site.connection_mw)
        faults.by_hour(f"{at}.delivery_usd_per_mwh", site.delivery_usd_per_mwh)
        faults.number(f"{at}.export_price_fraction", site.export_price_fraction, 0, 1)
        faults.number(f"{at}.reserve_margin_fraction", site.reserve_margin_fraction, -1)
        faults.number(f"{at}.reserve_mw_per_it_mw", site.reserve_mw_per_it_mw)
        faults.number(f"{at}.connection_credit_fraction", site.connection_credit_fraction, 0, 1)
        faults.by_hour(f"{at}.water_m3_per_it_mwh", site.water_m3_per_it_mwh)
        faults.by_period(f"{at}.max_water_m3", site.max_water_m3)
        faults.number(f"{at}.land_acres", site.land_acres)
        for tier in site.shed:
            faults.number(f"{at}.shed.{tier.name}.load_fraction", tier.load_fraction, 0, 1)
            faults.number(f"{at}.shed.{tier.name}.usd_per_mwh", tier.usd_per_mwh)
        if site.export_price_fraction is not None and site.zone is None:
            faults.say(at, "exports, but has no zone to sell to.")


def _check_investment(option: Investment, faults: _Faults) -> None:
    at = f"options.{option.name}"
    for name in ("capex_usd_per_mw", "fixed_usd_per_mw_year", "existing_mw", "min_mw"):
        faults.by_period(f"{at}.{name}", getattr(option, name))
    faults.by_period(f"{at}.max_build_mw", option.max_build_mw, infinite=True)
    faults.by_period(f"{at}.max_mw", option.max_mw, 0, NO_LIMIT_MW)
    faults.number(f"{at}.life_years", option.life_years, 1e-3)
    faults.number(f"{at}.unit_mw", option.unit_mw, 1e-6)
    faults.number(f"{at}.slots_per_mw", option.slots_per_mw)
    faults.number(f"{at}.acres_per_mw", option.acres_per_mw)
    faults.number(f"{at}.capital_rate_fraction", option.capital_rate_fraction, -0.5)
    shares = option.spend_fractions
    if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        faults.say(f"{at}.spend_fractions", f"found {shares}; shares of 0 or more, of sum 1.")
    for name in ("existing_mw", "min_mw"):
        over = np.asarray(getattr(option, name)) - np.asarray(option.max_mw) * (1 + 1e-9)
        if np.max(over) > 0:
            faults.say(f"{at}.{name}", f"is {float(np.max(over)):g} MW above max_mw.")


def _check_supplies(problem: ExpansionProblem, faults: _Faults) -> None:
    sites = [site.name for site in problem.sites]
    zones = [zone.name for zone in problem.zones]
    for option in problem.supplies:
        at = f"options.{option.name}"
        if option.route == "behind_meter":
            faults.name(f"{at}.site", option.site or "", sites, "site")
        else:
            faults.name(f"{at}.zone", option.zone or "", zones, "zone")
        faults.by_hour(f"{at}.availability", option.availability)
        faults.by_hour(f"{at}.variable_usd_per_mwh", option.variable_usd_per_mwh, -np.inf)
        faults.number(f"{at}.must_run_fraction", option.must_run_fraction, 0, 1)
        faults.number(f"{at}.dirty_fraction", option.dirty_fraction, 0, 1)
        faults.number(f"{at}.co2_t_per_mwh", option.co2_t_per_mwh)
        faults.number(f"{at}.water_m3_per_mwh", option.water_m3_per_mwh)
        faults.number(f"{at}.capacity_credit_fraction", option.capacity_credit_fraction, 0, 1)
        if isinstance(option.contract, PowerPurchase | Prepayment):
            price = option.contract.price_usd_per_mwh
            faults.by_hour(f"{at}.contract.price_usd_per_mwh", price)
        if isinstance(option.contract, PowerPurchase):
            taken = option.contract.take_or_pay_fraction
            faults.number(f"{at}.contract.take_or_pay_fraction", taken, 0, 1)
        if isinstance(option.contract, Prepayment):
            prepaid = option.contract.prepaid_usd_per_mw
            faults.by_period(f"{at}.contract.prepaid_usd_per_mw", prepaid)


def _check_storages(problem: ExpansionProblem, faults: _Faults) -> None:
    sites = [site.name for site in problem.sites]
    for storage in problem.storages:
        at = f"options.{storage.name}"
        faults.name(f"{at}.site", storage.site, sites, "site")
        for name in ("capex_usd_per_mwh", "fixed_usd_per_mwh_year", "existing_mwh"):
            faults.by_period(f"{at}.{name}", getattr(storage, name))
        for name in ("charge_efficiency_fraction", "discharge_efficiency_fraction"):
            faults.number(f"{at}.{name}", getattr(storage, name), 1e-3, 1)
        loss = storage.standing_loss_fraction_per_hour
        faults.number(f"{at}.standing_loss_fraction_per_hour", loss, 0, 1)
        faults.number(f"{at}.duration_hours", storage.duration_hours, 1e-6)
        faults.number(f"{at}.max_mwh", storage.max_mwh, 0, 10 * NO_LIMIT_MW)
        faults.by_hour(f"{at}.variable_usd_per_mwh", storage.variable_usd_per_mwh)
        faults.number(f"{at}.capacity_credit_fraction", storage.capacity_credit_fraction, 0, 1)
    for connection in problem.connections:
        faults.name(f"options.{connection.name}.site", connection.site, sites, "site")


def _check_compute(problem: ExpansionProblem, faults: _Faults) -> None:
    sites = [site.name for site in problem.sites]
    known = [generation.name for generation in problem.accelerators]
    for campus in problem.campuses:
        at = f"campuses.{campus.name}"
        faults.name(f"{at}.site", campus.site, sites, "site")
        for name in campus.accelerators:
            faults.name(f"{at}.accelerators", name, known, "accelerator")
        for name, chips in campus.existing_chip_mw.items():
            faults.name(f"{at}.existing_chip_mw", name, campus.accelerators, "accelerator")
            faults.by_period(f"{at}.existing_chip_mw.{name}", chips)
        faults.by_period(f"{at}.existing_it_mw", campus.existing_it_mw)
        faults.by_period(f"{at}.capex_usd_per_it_mw", campus.capex_usd_per_it_mw)
        faults.by_period(f"{at}.fixed_usd_per_it_mw_year", campus.fixed_usd_per_it_mw_year)
        for phase in campus.phases:
            faults.number(f"{at}.phases.{phase.name}.it_mw", phase.it_mw, 1e-6, NO_LIMIT_MW)
            capex = phase.capex_usd_per_it_mw
            faults.by_period(f"{at}.phases.{phase.name}.capex_usd_per_it_mw", capex)
    for generation in problem.accelerators:
        at = f"accelerators.{generation.name}"
        faults.by_period(f"{at}.capex_usd_per_it_mw", generation.capex_usd_per_it_mw)
        faults.number(f"{at}.exaflops_per_it_mw", generation.exaflops_per_it_mw)
        faults.number(f"{at}.life_years", generation.life_years, 1e-3)
        faults.by_period(f"{at}.max_it_mw", generation.max_it_mw, infinite=True)
    if problem.goal is not None:
        for name in problem.goal.__dataclass_fields__:
            faults.by_period(f"goal.{name}", getattr(problem.goal, name))


def _check_limits(problem: ExpansionProblem, faults: _Faults) -> None:
    limits = problem.limits
    faults.by_period("limits.capex_usd", limits.capex_usd, infinite=True)
    for total in limits.cumulative_capex:
        faults.number(f"limits.cumulative_capex.{total.through_year}", total.usd)
    payable = [o.name for o in (*problem.supplies, *problem.storages, *problem.connections)]
    payable += [campus.name for campus in problem.campuses]
    for fund in limits.funds:
        at = f"limits.funds.{fund.name}"
        faults.by_period(f"{at}.usd", fund.usd, infinite=True)
        if not fund.total_usd >= 0:
            found = f"found {fund.total_usd:g}; a number of at least 0 is needed."
            faults.say(f"{at}.total_usd", found)
        faults.number(f"{at}.share_fraction", fund.share_fraction, 0, 1)
        faults.by_period(f"{at}.cost_fraction", fund.cost_fraction)
        for name in fund.pays_for or ():
            faults.name(f"{at}.pays_for", name, payable, "option or campus")
    if len({fund.name for fund in limits.funds}) < len(limits.funds):
        faults.say("limits.funds", "has a name twice.")
    for name, offered in limits.slots.items():
        faults.by_period(f"limits.slots.{name}", offered, infinite=True)
    faults.by_period("limits.clean_share_fraction", limits.clean_share_fraction, 0, 1)
    faults.by_period("limits.carbon_t", limits.carbon_t)
    faults.by_period("limits.carbon_usd_per_t", limits.carbon_usd_per_t)
    bounded = {
        option.name: float(np.max(option.max_mw))
        for option in (*problem.supplies, *problem.storages, *problem.connections)
    }
    bounded.update((campus.name, 0.0) for campus in problem.campuses)
    for position, rule in enumerate(problem.rules):
        at = f"rules.{position}"
        names = rule.names if isinstance(rule, EitherOr) else (rule.name, rule.requires)
        for name in names:
            faults.name(at, name, bounded, "option or campus")
        for name in names if isinstance(rule, EitherOr) else names[:1]:
            if bounded.get(name, 0.0) >= NO_LIMIT_MW:
                faults.say(at, f"needs a max_mw for '{name}'.")
