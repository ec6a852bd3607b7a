"""One world's money, month by month, with all that its statements are made from.

For those who want to follow and change a world by hand: what delivery, operations and each
instrument's own schedule bring is given by month; terms are given by name; the rest (write-offs,
tax, cash, what is drawn and repaid, the statements) follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.capital_weights import tax_schedule
from gigaplan.finance.instruments import Bond, Equity, JointVenture, Revolver
from gigaplan.finance.money import Money, Paid
from gigaplan.finance.periods import by_period
from gigaplan.finance.statements import statements
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories


@dataclass(frozen=True)
class OneWorld:
    """A world by month, its terms, and its statements by year.

    Parameters
    ----------
    draw, first_month : int
    months : mapping of (kind, owner, line) to ndarray, shape [month]
        ``real`` capital by class and flows, ``given`` nominal flows, ``company`` flows, and
        effects of an instrument (the owner) by ``sources``, ``uses``, ``income``, ``cash_flow``,
        ``assets``, ``debt``, ``liabilities``, ``taxable``, ``capital_paid``, ``capitalised`` and
        ``plant_given``.
    terms : mapping of (owner, term) to float
        Of the programme, of asset classes, and of instruments drawn when cash runs short.
    drawn : tuple of (name, kind)
        Those instruments in the order in which they are drawn: bond, revolver or equity.
    statements : mapping of (statement, line) to ndarray, shape [year]
        The company's with its programme; a venture's own after its name and a colon.
    years : tuple of int
    """

    draw: int
    first_month: int
    months: Mapping[tuple[str, str, str], Array]
    terms: Mapping[tuple[str, str], float]
    drawn: tuple[tuple[str, str], ...]
    statements: Mapping[tuple[str, str], Array]
    years: tuple[int, ...]


def one_world(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    operating: OperatingSummary,
    draw: int,
) -> OneWorld:
    """Return one draw of a programme's money."""
    money = Money.of(programme, plan, trajectories, operating)
    paid = money.paid(slice(draw, draw + 1))
    yearly = statements(by_period(paid.flow, money.years), money.terms)
    return OneWorld(
        draw,
        paid.flow.first_month,
        dict(_months(money, paid)),
        dict(_terms(money, paid)),
        tuple(
            (tool.name, _KINDS[type(tool)])
            for tool in paid.tools
            if isinstance(tool, Bond | Revolver | Equity)
        ),
        {
            (statement, line): values[:, 0]
            for statement in ("income", "cash_flow", "balance_sheet")
            for line, values in getattr(yearly, statement).items()
        }
        | dict(_ventures(money, paid)),
        tuple(int(year) for year in programme.timeline.years),
    )


def _ventures(money: Money, paid: Paid) -> Iterator[tuple[tuple[str, str], Array]]:
    """Yield the books of each venture by year: (its name and statement, line)."""
    for tool in paid.tools:
        if isinstance(tool, JointVenture):
            for (statement, line), values in tool.flows().books().items():
                at_end = statement == "balance_sheet"
                yearly = values[money.years.ends] if at_end else money.years.sums(values)
                yield (f"{tool.name}: {statement}", line), yearly[:, 0]


_KINDS: Mapping[type, str] = {Bond: "bond", Revolver: "revolver", Equity: "equity"}
_EFFECTS = (
    "sources",
    "uses",
    "income",
    "cash_flow",
    "assets",
    "debt",
    "liabilities",
    "capital_paid",
    "capitalised",
)


def _months(money: Money, paid: Paid) -> Iterator[tuple[tuple[str, str, str], Array]]:
    flows, company = paid.flows, paid.flow.company
    yield ("given", "", "price level"), paid.flow.factors
    for name, capital in flows.capex_usd.items():
        yield ("real", "capital", name), capital.values[:, 0]
    real = {"revenue": flows.revenue_usd, "running cost": flows.running_usd}
    for name, flow in (real | {"energy": flows.energy_usd}).items():
        yield (
            ("real", "", name),
            np.zeros(paid.flow.shape[0]) if flow is None else flow.values[:, 0],
        )
    yield ("given", "", "tax credits"), paid.flow.sources["tax credits"][:, 0]
    yield ("company", "", "operating cash flow"), company.operating_cash_usd
    yield ("company", "", "reallocation"), company.reallocated_usd
    yield ("company", "", "other capital"), company.other_capex_usd
    yield ("company", "", "shareholder payments"), company.shareholder_usd
    yield ("company", "", "depreciation"), company.depreciation_usd
    yield ("company", "", "taxable income"), company.taxable_usd
    for owner, effects in paid.flow.effects.items():
        for kind in _EFFECTS:
            for line, values in getattr(effects, kind).items():
                yield (kind, owner, line), values[:, 0]
        for kind in ("taxable", "plant_given"):
            values = getattr(effects, kind)
            if values is not None:
                yield (kind, owner, ""), values[:, 0]


def _terms(money: Money, paid: Paid) -> Iterator[tuple[tuple[str, str], float]]:
    terms, company = money.terms, money.company
    yield ("", "tax rate"), terms.tax_fraction
    yield ("", "interest on cash"), terms.cash_interest_fraction
    yield ("", "loss limit"), terms.loss_limit_fraction
    yield ("", "opening cash"), company.cash_usd
    yield ("", "minimum cash"), company.minimum_cash_usd
    yield ("", "opening plant"), company.plant_usd
    yield ("", "opening debt"), company.debt_usd
    for name, asset in money.sources.assets.items():
        yield (name, "book life months"), float(asset.book_life_months)
        yield (name, "months to service"), float(asset.service_lag_months)
        for number, tax in enumerate(asset.property_tax, start=1):
            yield (name, f"property tax rate {number}"), tax.rate_fraction
            yield (name, f"property tax abated {number}"), tax.abated_fraction
            yield (name, f"months abated {number}"), float(tax.abated_months)
        for year, share in enumerate(tax_schedule(asset), start=1):
            yield (name, f"tax write-off year {year}"), float(share)
    for tool in paid.tools:
        if isinstance(tool, Bond | Revolver | Equity):
            yield (tool.name, "rate"), float(getattr(tool, "rate_fraction", 0.0))
            yield (tool.name, "fee"), tool.fee_fraction
            most = tool.max_usd if isinstance(tool, Revolver) else tool.max_usd_total
            yield (tool.name, "most"), most
            by_year = np.inf if isinstance(tool, Revolver) else tool.max_usd_per_year
            yield (tool.name, "most a year"), min(by_year, 1e18)
            yield (tool.name, "months before"), float(tool.first_month)
            yield (tool.name, "tenor months"), float(getattr(tool, "tenor_months", 1))
