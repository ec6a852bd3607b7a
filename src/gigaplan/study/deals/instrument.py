"""What a source of money is worth: the programme paid for with it and without, all else the same.

How the programme is paid for changes neither what is built nor when, so both share plan, delivery
and operations, draw for draw. What the instrument changes in the company's cash, after tax, is
discounted at what the cheapest other debt that the company can raise costs after tax: worth above
nought is money that is cheaper than that. At the hurdle rate it is set against all other uses of
money.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from gigaplan.core.statistics import Estimate, estimate
from gigaplan.finance import InstrumentCash
from gigaplan.programme.instruments import Bond, Instrument
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.deals.worth import (
    Floats,
    Term,
    Worth,
    compute_price,
    term_by_asking,
)
from gigaplan.study.pipeline import Progress, Results, Settings, cash_of, paid_again, whole_run

PRICED = {
    "bond": ("rate_fraction",),
    "revolver": ("rate_fraction",),
    "project_debt": ("rate_fraction", "share_of_cost_fraction"),
    "construction_loan": ("rate_fraction", "share_of_cost_fraction"),
    "vendor_finance": ("rate_fraction", "tenor_years"),
    "lease": ("rate_fraction",),
    "customer_prepayment": ("it_mw", "delivery_years"),
    "joint_venture": ("equity_return_fraction", "debt_rate_fraction", "equity_fraction"),
    "sculpted_loan": ("rate_fraction", "dscr"),
    "co_investment": ("equity_return_fraction", "share_of_cost_fraction", "price_usd_per_mwh"),
    "tax_equity": ("rate_fraction", "share_of_cost_fraction"),
    "credit_transfer": ("discount_fraction",),
    "reallocation": (),
}
"""The terms of each kind that its worth is told by, the price of its money first."""
BEARS = {
    "bond": "you owe it whatever comes online; lenders bear that the company fails",
    "revolver": "you owe it whatever comes online; lenders bear that the company fails",
    "project_debt": "you owe it whether the plants run or not; lenders bear that you fail",
    "construction_loan": "you repay it at service, and bear that service is late",
    "vendor_finance": "you owe it whatever the servers earn; the vendor bears that you fail",
    "lease": "the lessor bears what the servers are worth at the end, beyond what you guarantee",
    "customer_prepayment": "the customer bears that compute is late; you bear what it costs",
    "joint_venture": "you owe rent from its start and, while the guarantee runs, what the halls "
    "lack in value if you leave; partners bear their value after that",
    "sculpted_loan": "lenders bear what the plants earn beyond their cover; you bear a late start",
    "co_investment": "the partner bears cost, date and output in his share; his return comes first",
    "tax_equity": "the investor bears that credits and output are less: it then flips later",
    "credit_transfer": "the buyer bears nothing but the tax office; you bear output and date",
    "reallocation": "the activity that loses the money bears it",
}


@dataclass(frozen=True)
class InstrumentDeal:
    """What an instrument is worth.

    Parameters
    ----------
    deal, title, contract : str
        Name, title, and kind of instrument.
    worth : Worth
        At `discount_fraction`.
    discount_fraction : float
        Yearly, nominal, after tax.
    discount_of : str
        What costs that.
    at_hurdle_usd : Estimate
        Worth at the hurdle rate.
    cost_fraction : float or None
        What its money costs a year after tax; None if it brings none, or has no single rate.
    brings_usd : Estimate
        The most that it has brought on balance, nominal.
    terms : tuple of Term
    bears : str
        Who bears which risk.
    """

    deal: str
    title: str
    contract: str
    worth: Worth
    discount_fraction: float
    discount_of: str
    at_hurdle_usd: Estimate
    cost_fraction: float | None
    brings_usd: Estimate
    terms: tuple[Term, ...]
    bears: str


def value_instrument(
    programme: ResolvedProgramme, deal: str, settings: Settings, progress: Progress
) -> InstrumentDeal:
    """Return what an instrument of a programme is worth to the company."""
    held = whole_run(programme, settings, progress, "")
    progress("terms", 0.0)
    found = _value(programme, deal, held, settings)
    progress("terms", 1.0)
    return found


def without(programme: ResolvedProgramme, deal: str) -> ResolvedProgramme:
    """Return the programme without an instrument."""
    left = {name: item for name, item in programme.instruments.items() if name != deal}
    return dataclasses.replace(programme, instruments=left)


def alternative(programme: ResolvedProgramme, deal: str) -> tuple[float, str]:
    """Return the after-tax rate that a deal's money is held against, and what has that rate.

    The cheapest bond other than the deal; without one the company's own debt, else the hurdle.
    """
    keep = 1 - programme.finance.tax_rate_fraction
    bonds = [
        (item.rate_fraction, f"'{name}' at {item.rate_fraction:.2%}, after tax")
        for name, item in programme.instruments.items()
        if isinstance(item, Bond) and name != deal
    ]
    if bonds:
        rate, what = min(bonds)
        return keep * rate, what
    company = programme.company
    if company is not None and company.debt_rate_fraction > 0:
        rate = company.debt_rate_fraction
        return keep * rate, f"the company's debt at {rate:.2%}, after tax"
    return programme.finance.hurdle_fraction, "the hurdle rate"


def _value(
    programme: ResolvedProgramme, deal: str, held: Results, settings: Settings
) -> InstrumentDeal:
    assert held.finance is not None
    item = programme.instruments[deal]
    other = paid_again(held, without(programme, deal), settings)
    price = compute_price(programme, other.outcomes)
    rate, what = alternative(programme, deal)
    cash = cash_of(held, programme, deal)

    def in_draws(found: InstrumentCash) -> tuple[Floats, Floats]:
        return found.present_usd(rate), -price * found.gw_years

    def at(term: str, value: float) -> float:
        changed = _with_term(programme, deal, term, value)
        money, compute = in_draws(cash_of(held, changed, deal))
        return float((money + compute).mean())

    gap = held.finance.outcomes.funding_gap_usd - other.outcomes.funding_gap_usd
    return InstrumentDeal(
        deal=deal,
        title=item.title,
        contract=item.kind,
        worth=Worth.of(*in_draws(cash), price, gap),
        discount_fraction=rate,
        discount_of=what,
        at_hurdle_usd=estimate(
            cash.present_usd(programme.finance.hurdle_fraction) - price * cash.gw_years
        ),
        cost_fraction=cash.cost_fraction(),
        brings_usd=estimate(cash.brings_usd()),
        terms=tuple(
            term_by_asking(
                term,
                _unit(term),
                float(getattr(item, term)),
                lambda value, term=term: at(term, value),  # type: ignore[misc]
            )
            for term in _terms(item)
        ),
        bears=BEARS[item.kind],
    )


def _terms(item: Instrument) -> tuple[str, ...]:
    """Return the terms that worth is told by; those of nought have no other value beside them."""
    return tuple(term for term in PRICED[item.kind] if getattr(item, term))


def _unit(term: str) -> str:
    named = {"price_usd_per_mwh": "USD/MWh", "it_mw": "IT MW", "delivery_years": "years"}
    return named.get(term, "years" if term.endswith("_years") else "")


def _with_term(
    programme: ResolvedProgramme, deal: str, term: str, value: float
) -> ResolvedProgramme:
    """Return the programme with another value of a term, no further than terms may go."""
    if term.endswith("_fraction"):
        value = min(value, 1.0 if term.startswith(("share_", "equity_fraction")) else 0.99)
    elif term.endswith("_years"):
        value = min(value, 100.0)
    elif term == "dscr":
        value = max(value, 1.0)
    item = programme.instruments[deal].model_copy(update={term: value})
    return dataclasses.replace(programme, instruments={**programme.instruments, deal: item})
