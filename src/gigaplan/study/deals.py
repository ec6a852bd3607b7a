"""What a deal on power is worth: the programme with it and without, on the same draws.

Both are planned anew, since a plan without the deal does something else instead. Delivery,
operations and finance of both meet the same worlds: draw d is the same in both. A deal changes
what is paid, and when compute comes online; compute is counted at what it must earn without the
deal, unless a revenue is stated.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InfeasibleError, InputError, Problem, nearest
from gigaplan.core.statistics import Estimate, estimate
from gigaplan.finance import FinanceResult, fund
from gigaplan.programme.bundled import locate
from gigaplan.programme.funding import ConstructionLoan, Instrument, ProjectDebt
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.drivers import ranks_of
from gigaplan.study.pipeline import Results, Settings, go_on, make_plan, make_series

Floats = NDArray[np.float64]
PRICED = {
    "ppa": ("price_usd_per_mwh", "USD/MWh"),
    "prepayment": ("price_usd_per_mwh", "USD/MWh"),
    "tolling": ("capacity_usd_per_kw_year", "USD/kW-year"),
}
"""The term of each kind of contract that is a price."""
BEARS = {
    "own": "you bear its cost, its date, its outages and its fuel",
    "ppa": "the seller bears cost, outages and fuel; you bear what the price is beside the market",
    "prepayment": "you bear cost and date up to what you pay ahead, and that it is never built",
    "tolling": "you bear fuel and the market; the owner bears cost and outages",
}
TAKES = {"take_or_pay": "; you pay for the expected output, needed or not"}
TERMS = (0.8, 0.9, 1.1, 1.25)
"""Prices, over the deal's own, at which its worth is told."""


@dataclass(frozen=True)
class AtPrice:
    """What the deal is worth at another price."""

    price: float
    worth_usd: float


@dataclass(frozen=True)
class DealWorth:
    """What a deal is worth; base-year USD at the programme's start, after tax.

    Parameters
    ----------
    deal, title, contract : str
    taken : bool
        Whether the plan takes it; what is not taken is worth nothing.
    worth_usd : Estimate
        Net present value with it less without, compute that it adds or takes counted.
    p10_usd, p90_usd, loses_fraction : float
        Over draws; the last is the share of draws in which it is worth less than nothing.
    cost_usd : Estimate
        The part that is money: net present value with it less without.
    compute_usd : Estimate
        The part that is compute.
    compute_usd_per_gw_year : float
        What a GW-year of compute is counted at.
    price, most_price : float or None
        Its price, and the one at which it is worth nothing, in `price_unit`; None if it has none.
    at_prices : tuple of AtPrice
        Its worth at other prices, its energy as it is.
    funding_gap_usd : Estimate
        Greatest funding gap with it less without, nominal.
    late_correlation : float
        Rank correlation, over draws, of its worth with the month its first unit comes online.
    bears : str
        Who bears which risk, by the kind of contract.
    """

    deal: str
    title: str
    contract: str
    taken: bool
    worth_usd: Estimate
    p10_usd: float
    p90_usd: float
    loses_fraction: float
    cost_usd: Estimate
    compute_usd: Estimate
    compute_usd_per_gw_year: float
    price: float | None
    most_price: float | None
    price_unit: str
    at_prices: tuple[AtPrice, ...]
    funding_gap_usd: Estimate
    late_correlation: float
    bears: str


def value_deal(
    programme: str | Path,
    deal: str,
    settings: Settings | None = None,
    *,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> DealWorth:
    """Return what a deal on power is worth to a programme.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name.
    deal : str
        A power project: a purchase agreement, prepayment, tolled or owned plant, or an option.
    settings : Settings, optional
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If there is no such deal, or there is no plan without it.
    """
    settings = settings or Settings()
    resolved = resolve(read_programme(locate(str(programme))), seed=settings.seed)
    if deal not in resolved.power:
        raise InputError(
            Problem(f"the programme has no deal '{deal}'.", hint=nearest(deal, resolved.power))
        )
    held = _run(resolved, settings, progress, "with it: ")
    try:
        other = _run(without(resolved, deal), settings, progress, "without: ")
    except InfeasibleError as error:
        raise InputError(f"there is no plan without '{deal}': {error}") from error
    return _compare(resolved, deal, held, other, settings)


def without(programme: ResolvedProgramme, deal: str) -> ResolvedProgramme:
    """Return the programme without a power project, and without what names it."""
    instruments: dict[str, Instrument] = {}
    for name, item in programme.instruments.items():
        kept = item
        if isinstance(item, ProjectDebt | ConstructionLoan) and item.projects is not None:
            left = [project for project in item.projects if project != deal]
            if not left:
                continue
            kept = item.model_copy(update={"projects": left})
        instruments[name] = kept
    return dataclasses.replace(
        programme,
        power={name: figures for name, figures in programme.power.items() if name != deal},
        rules=tuple(rule for rule in programme.rules if deal not in (rule.first, rule.second)),
        instruments=instruments,
    )


def _run(
    programme: ResolvedProgramme,
    settings: Settings,
    progress: Callable[[str, float], None],
    which: str,
) -> Results:
    def shown(stage: str, share: float) -> None:
        progress(which + stage, share)

    results = make_series(programme, settings, shown)
    make_plan(results, settings, shown)
    return go_on(results, "finance", settings, shown)


def _gw_years(found: FinanceResult) -> Floats:
    """Return the present value of GW-years of compute by draw, in what pays for them after tax.

    The required revenue is what each must earn for the net present value to be nought.
    """
    outcomes = found.outcomes
    required = outcomes.required_revenue_usd_per_gw_year
    return np.divide(
        -outcomes.npv_usd, required, out=np.zeros_like(required), where=outcomes.defined
    )


def _compare(
    programme: ResolvedProgramme, deal: str, held: Results, other: Results, settings: Settings
) -> DealWorth:
    assert held.plan is not None
    assert held.finance is not None
    assert other.finance is not None
    a, b = held.finance, other.finance
    cost = a.outcomes.npv_usd - b.outcomes.npv_usd
    per_gw_year, gained = 0.0, np.zeros_like(cost)
    if programme.finance.revenue is None:
        with_it, less = _gw_years(a), _gw_years(b)
        everything = float(less.sum())
        per_gw_year = -float(b.outcomes.npv_usd.sum()) / everything if everything > 0 else 0.0
        gained = per_gw_year * (with_it - less)
    worth = cost + gained
    contract = programme.power[deal].contract
    price, most, unit, slope = _price(programme, deal, held, a, float(worth.mean()), settings)
    low, high = np.quantile(worth, (0.1, 0.9))
    return DealWorth(
        deal=deal,
        title=programme.power[deal].title,
        contract=contract.kind,
        taken=any(build.project == deal for build in held.plan.units),
        worth_usd=estimate(worth),
        p10_usd=float(low),
        p90_usd=float(high),
        loses_fraction=float((worth < 0).mean()),
        cost_usd=estimate(cost),
        compute_usd=estimate(gained),
        compute_usd_per_gw_year=per_gw_year,
        price=price,
        most_price=most,
        price_unit=unit,
        at_prices=tuple(
            AtPrice(price * times, float(worth.mean()) + slope * price * (times - 1))
            for times in TERMS
        )
        if price is not None and slope
        else (),
        funding_gap_usd=estimate(a.outcomes.funding_gap_usd - b.outcomes.funding_gap_usd),
        late_correlation=_with_date(held, deal, worth),
        bears=BEARS[contract.kind] + TAKES.get(getattr(contract, "take", ""), ""),
    )


def _price(
    programme: ResolvedProgramme,
    deal: str,
    held: Results,
    found: FinanceResult,
    worth_usd: float,
    settings: Settings,
) -> tuple[float | None, float | None, str, float]:
    """Return the deal's price, the most to pay, their unit and what one more unit of it costs.

    The plan and every hour stay as they are: finance is run again with the price one higher.
    """
    contract = programme.power[deal].contract
    if contract.kind not in PRICED:
        return None, None, "", 0.0
    term, unit = PRICED[contract.kind]
    price = float(getattr(contract, term))
    dearer = dataclasses.replace(
        programme.power[deal], contract=contract.model_copy(update={term: price + 1.0})
    )
    changed = dataclasses.replace(programme, power={**programme.power, deal: dearer})
    assert held.plan is not None
    assert held.trajectories is not None
    assert held.operations is not None
    again = fund(
        changed,
        held.plan,
        held.trajectories,
        held.operations.summary,
        threads=settings.workers,
    )
    slope = float((again.outcomes.npv_usd - found.outcomes.npv_usd).mean())
    return price, price - worth_usd / slope if slope < 0 else None, unit, slope


def _with_date(held: Results, deal: str, worth: Floats) -> float:
    """Return the rank correlation of worth with the month the deal's first unit comes online."""
    moves = held.trajectories
    assert moves is not None
    units = [i for i, e in enumerate(moves.entities) if e.kind == "unit" and e.owner == deal]
    if not units:
        return 0.0
    online = moves.online_month[units].min(axis=0)
    if np.unique(online).size < 2 or np.unique(worth).size < 2:
        return 0.0
    return float(np.corrcoef(ranks_of(online), ranks_of(worth))[0, 1])


def as_text(found: DealWorth) -> str:
    """Return it as text of 80 columns."""

    def money(value: Estimate) -> str:
        return f"{value.mean / 1e6:,.0f} ± {value.standard_error / 1e6:,.0f}"

    rows = [
        ("worth, million USD", money(found.worth_usd)),
        ("  of it money", money(found.cost_usd)),
        ("  of it compute", money(found.compute_usd)),
        ("  P10, million USD", f"{found.p10_usd / 1e6:,.0f}"),
        ("  P90, million USD", f"{found.p90_usd / 1e6:,.0f}"),
        ("draws in which it loses", f"{found.loses_fraction:.0%}"),
        ("funding gap, million USD", money(found.funding_gap_usd)),
    ]
    if found.price is not None:
        rows.append((f"price, {found.price_unit}", f"{found.price:,.2f}"))
    if found.most_price is not None:
        rows.append((f"most to pay, {found.price_unit}", f"{found.most_price:,.2f}"))
    rows += [
        (f"  worth at {at.price:,.2f}, million USD", f"{at.worth_usd / 1e6:,.0f}")
        for at in found.at_prices
    ]
    title = f"{found.title} ({found.contract}): with it less without, on the same draws"
    lines = [*textwrap.wrap(title, 80), ""]
    lines += [f"{name:<44}{value:>34}" for name, value in rows]
    counted = found.compute_usd_per_gw_year / 1e9
    notes = [
        "Net present value at the programme's start, after tax, base-year USD; both are planned "
        "anew." + (f" Compute counts {counted:,.2f} billion USD a GW-year." if counted else ""),
        f"Risk: {found.bears}. Its worth goes with its date by a rank correlation of "
        f"{found.late_correlation:+.2f}.",
    ]
    if not found.taken:
        notes.insert(0, "The plan does not take it on these terms: it is worth nothing to it.")
    for note in notes:
        lines += ["", *textwrap.wrap(note, 80)]
    return "\n".join(lines)


def as_json(found: DealWorth) -> dict[str, Any]:
    """Return plain values."""
    return {"schema_version": 1, "deal": asdict(found)}
